"""Recordings and what must come of them.

Each folder beside this file is a case: line.json and recording.jsonl go through `defectctl replay`;
rows.json (the rows of unit_<line>, without `config`) and messages.jsonl must come out. A bug report
is one more folder. `golden.py --write CASE` writes what comes out now: read it before you commit it.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("DEFECTD_BUILD") or os.path.join(HERE, "../../build")
DEFECTCTL = os.path.join(BUILD, "defectctl")


def replay(case, folder):
    """The rows and the lines of messages.jsonl."""
    gateway = {"instance": "gw", "state_dir": "state", "lines": ["line.json"]}
    with open(os.path.join(folder, "defectd.json"), "w") as f:
        json.dump(gateway, f)
    shutil.copy(os.path.join(case, "line.json"), folder)
    os.mkdir(os.path.join(folder, "state"))
    out = os.path.join(folder, "out")
    subprocess.run([DEFECTCTL, "--config", os.path.join(folder, "defectd.json"), "--json", "replay",
                    "--line", "press-3", "--out", out, os.path.join(case, "recording.jsonl")],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    db = sqlite3.connect(os.path.join(out, "defectd.db"))
    db.row_factory = sqlite3.Row
    rows = [dict(r) for r in db.execute("SELECT * FROM unit_press_3 ORDER BY rowid")]
    db.close()
    for row in rows:
        del row["config"]
    with open(os.path.join(out, "messages.jsonl")) as f:
        return rows, f.read().splitlines()


def expected(case):
    with open(os.path.join(case, "rows.json")) as f:
        rows = json.load(f)
    with open(os.path.join(case, "messages.jsonl")) as f:
        return rows, f.read().splitlines()


def write(case, rows, messages):
    with open(os.path.join(case, "rows.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    with open(os.path.join(case, "messages.jsonl"), "w") as f:
        f.write("".join(m + "\n" for m in messages))


def differences(found, wanted):
    for i in range(max(len(found), len(wanted))):
        a = found[i] if i < len(found) else "nothing"
        b = wanted[i] if i < len(wanted) else "nothing"
        if a != b:
            yield f"# {i + 1}: found {a}"
            yield f"# {i + 1}: wanted {b}"


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--write":
        with tempfile.TemporaryDirectory() as folder:
            case = os.path.join(HERE, sys.argv[2])
            write(case, *replay(case, folder))
        return 0
    cases = sorted(n for n in os.listdir(HERE) if os.path.exists(os.path.join(HERE, n, "line.json")))
    failed = 0
    print(f"1..{len(cases)}")
    for number, name in enumerate(cases, 1):
        case = os.path.join(HERE, name)
        with tempfile.TemporaryDirectory() as folder:
            rows, messages = replay(case, folder)
        wanted_rows, wanted_messages = expected(case)
        lines = list(differences(rows, wanted_rows)) + list(differences(messages, wanted_messages))
        failed += bool(lines)
        print("\n".join(lines + [f"{'not ok' if lines else 'ok'} {number} - {name}"]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
