"""The same parts as messages and as rows: replay and predict must not disagree by a bit.

A made-up line is played to a recording and to a CSV file; the recording goes through replay, the
CSV through predict. Also: what replay refuses, and that it leaves state_dir alone.
"""

import csv
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("DEFECTD_BUILD") or os.path.join(os.path.dirname(__file__), "../../build"))
DEFECTCTL = os.path.join(BUILD, "defectctl")
LINE = "moulding-1"
PARTS = 600


def ctl(*arguments, status=0):
    """stdout, or stderr when another status than 0 is wanted."""
    done = subprocess.run([DEFECTCTL, "--config", "defectd.json", *arguments], text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == status, f"{arguments}: {done.returncode}: {done.stderr}"
    return done.stderr if status else done.stdout


def prepare():
    os.makedirs("state/models")
    with open("defectd.json", "w") as f:
        json.dump({"instance": "gw", "state_dir": "state", "lines": ["line.json"]}, f)
    ctl("simulate", "--seed", "3", "--units", "1500", "--history", "history.csv", "--line-file",
        "line.json")
    ctl("simulate", "--seed", "4", "--units", str(PARTS), "--history", "parts.csv", "--recording",
        "parts.jsonl")
    ctl("train", "--data", "history.csv", "--label", "defect", "--unit", "unit", "--seed", "1",
        "--out", f"state/models/{LINE}.onnx")


def rows():
    db = sqlite3.connect("out/defectd.db")
    found = {u: (p, v) for u, p, v in db.execute("SELECT unit, p_defect, verdict FROM unit_moulding_1")}
    db.close()
    return found


def messages(kind):
    with open("out/messages.jsonl") as f:
        for m in map(json.loads, f):
            if m["topic"] == f"defectd/gw/{LINE}/{kind}":
                yield m, json.loads(m["payload"])


def replay_gives_what_predict_gives():
    before = sorted(os.listdir("state")) + sorted(os.listdir("state/models"))
    summary = json.loads(ctl("--json", "replay", "--line", LINE, "parts.jsonl", "--out", "out"))
    assert summary["units"] == PARTS and summary["not_scored"] == 0 and summary["refused"] == 0, summary
    found = rows()
    predicted = csv.DictReader(ctl("predict", "--model", f"state/models/{LINE}.onnx", "--data",
                                   "parts.csv").splitlines())
    wanted = {r["unit"]: (float(r["p_defect"]), r["verdict"]) for r in predicted}
    assert found == wanted, [(u, found.get(u), wanted[u]) for u in wanted if found.get(u) != wanted[u]][:3]
    assert sorted(os.listdir("state")) + sorted(os.listdir("state/models")) == before


def every_unit_has_a_prediction_and_every_defect_an_alert():
    found = rows()
    predictions = list(messages("prediction"))
    assert sorted(p["unit"] for _, p in predictions) == sorted(found)
    assert all(found[p["unit"]] == (p["p_defect"], p["verdict"]) for _, p in predictions)
    assert [p["seq"] for _, p in predictions] == list(range(1, PARTS + 1))
    assert all((m["qos"], m["retain"], m["t_ms"]) == (0, 0, p["ts_ms"]) for m, p in predictions)
    alerts = list(messages("alert"))
    defects = sorted(u for u, (_, verdict) in found.items() if verdict == "defect")
    assert defects and sorted(a["unit"] for _, a in alerts) == defects
    assert all((m["qos"], m["retain"]) == (1, 0) for m, _ in alerts)
    assert len({a["alert_id"] for _, a in alerts}) == len(alerts)


def replay_repeats_itself():
    ctl("replay", "--line", LINE, "parts.jsonl", "--out", "again")
    with open("out/messages.jsonl") as a, open("again/messages.jsonl") as b:
        first, again = a.read(), b.read()
    assert first == again
    assert ctl("replay", "--line", LINE, "parts.jsonl") == first


def replay_uses_the_champion_of_the_registry():
    """A database as a daemon leaves it: its champion counts, not the line's file."""
    sha256 = next(messages("prediction"))[1]["model"]
    os.rename(f"state/models/{LINE}.onnx", f"state/models/{sha256}.onnx")
    db = sqlite3.connect("out/defectd.db")
    db.execute("INSERT INTO model (line, sha256, file, role, metrics, by, at_ms, why)"
               " VALUES (?, ?, '', 'champion', '', '', 0, '')", (LINE, sha256))
    db.commit()
    db.execute("VACUUM INTO 'state/defectd.db'")
    db.close()
    with open("state/defectd.db", "rb") as f:
        before = f.read()
    summary = json.loads(ctl("--json", "replay", "--line", LINE, "parts.jsonl"))
    assert (summary["model"], summary["units"], summary["not_scored"]) == (sha256, PARTS, 0), summary
    with open("state/defectd.db", "rb") as f:
        assert f.read() == before


def replay_refuses_with_one_sentence():
    def refusal(*arguments):
        return ctl("replay", *arguments, status=1)

    assert refusal("--line", LINE, "parts.jsonl", "--out", "out") == \
        "defectctl replay: out/defectd.db is there already, a replay writes new files alone\n"
    assert refusal("--line", "press-9", "parts.jsonl") == \
        'defectctl replay: line "press-9" is not configured in defectd.json; there is ' + LINE + "\n"
    assert refusal("--line", LINE, "nothing.jsonl") == \
        "defectctl replay: nothing.jsonl: No such file or directory\n"
    with open("bad.jsonl", "w") as f:
        f.write('{"t_ms":1,"topic":"a","payload":""}\n{"t_ms":2}\n')
    assert refusal("--line", LINE, "bad.jsonl") == 'defectctl replay: bad.jsonl:2: "topic" is missing\n'
    assert refusal("--line", LINE, "parts.jsonl", "--out", "no/such/folder") == \
        "defectctl replay: no/such/folder: No such file or directory\n"
    assert "usage: defectctl replay" in ctl("replay", "parts.jsonl", status=64)


TESTS = [
    replay_gives_what_predict_gives,
    every_unit_has_a_prediction_and_every_defect_an_alert,
    replay_repeats_itself,
    replay_uses_the_champion_of_the_registry,
    replay_refuses_with_one_sentence,
]


def main():
    failed = 0
    print(f"1..{len(TESTS)}")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        prepare()
        for number, test in enumerate(TESTS, 1):
            try:
                test()
                print(f"ok {number} - {test.__name__}", flush=True)
            except Exception as e:
                failed += 1
                print("# " + repr(e)[:2000].replace("\n", "\n# "))
                print(f"not ok {number} - {test.__name__}", flush=True)
        os.chdir("/")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
