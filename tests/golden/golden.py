"""Recordings and what must come of them, through `defectctl replay`.

Each folder beside this file is a case; cases.py says what is in it. A bug report is one more
folder. `golden.py CASE ...` runs some, `golden.py --show CASE` prints what comes out now: what a
case wants is worked out from the rules, never copied from here.
The files of config/examples are looked at too: `check` takes each, and each has a case.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import cases
from cases import Case

EXAMPLES = os.path.join(cases.SOURCE, "config/examples")
REASONS = ("unmatched too_big bad_payload bad_id bad_time future retained duplicate unknown_unit late"
           " no_value outdated quality repeated label_value").split()


def ctl(config, *arguments):
    """(what is said on stdout, sentences about what went wrong)"""
    done = subprocess.run([cases.DEFECTCTL, "--config", config, "--json", *arguments], text=True,
                          capture_output=True, timeout=60)
    if done.returncode == 0:
        return done.stdout, []
    return "", [f"{arguments[0]}: exit status {done.returncode}"] + done.stderr.splitlines()


def count_differences(summary, wanted):
    for key, value in (wanted or {}).items():
        if summary.get(key) != value:
            yield f"count {key} is {summary.get(key)}, wanted {value}"
    refused = sum(summary.get(r, 0) for r in REASONS)
    if summary["messages"] != summary["used"] + refused:
        yield (f"{summary['messages']} messages, but {summary['used']} used"
               f" and {refused} refused under a reason")


def run_case(case):
    """Sentences about what is not as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        config = case.prepare(folder)
        _, wrong = ctl(config, "check")
        if wrong:
            return wrong
        out = os.path.join(folder, "out")
        summary, wrong = ctl(config, "replay", "--line", case.line, "--out", out, case.recording)
        if wrong:
            return wrong
        database = os.path.join(out, "defectd.db")
        wrong = [] if case.has("WHY") else ["there is no WHY"]
        wrong += cases.row_differences(cases.unit_rows(database, case), case.wanted("rows.json"))
        for name in cases.TABLES:
            wanted = case.wanted(name)
            if wanted is not None:
                wrong += cases.differences(cases.table_rows(database, case, name), wanted, name)
        if case.has("messages.jsonl"):
            with open(os.path.join(out, "messages.jsonl")) as f, open(case.path("messages.jsonl")) as g:
                found, wanted = ([{"line": m} for m in x.read().splitlines()] for x in (f, g))
            wrong += cases.differences(found, wanted, "message")
        return wrong + list(count_differences(json.loads(summary), case.wanted("counts.json")))


def examples():
    return sorted(n for n in os.listdir(EXAMPLES) if n.endswith(".json"))


def examples_are_accepted_together():
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "defectd.json")
        with open(config, "w") as f:
            json.dump({"instance": "gw", "state_dir": "state", "lines": [EXAMPLES + "/*.json"]}, f)
        said, wrong = ctl(config, "check")
        if wrong:
            return wrong
        return [f"{p['file']}: {p['where']}: {p['text']}" for p in json.loads(said)["problems"]]


def examples_have_a_case_each():
    played = {c.line_file for c in cases.all_cases()}
    return [f"no case plays {n}" for n in examples() if os.path.join(EXAMPLES, n) not in played]


def examples_are_installed():
    with open(os.path.join(cases.SOURCE, "config/meson.build")) as f:
        listed = set(re.findall(r"'examples/([^']+)'", f.read()))
    beside = set(os.listdir(os.path.join(cases.SOURCE, "config/lines.d")))
    return [f"config/meson.build does not install {n}" for n in examples() if n not in listed] + \
        [f"{n} is in config/lines.d too" for n in examples() if n in beside]


def show(case):
    with tempfile.TemporaryDirectory() as folder:
        config = case.prepare(folder)
        out = os.path.join(folder, "out")
        summary, wrong = ctl(config, "replay", "--line", case.line, "--out", out, case.recording)
        print("\n".join(wrong) or summary, end="")
        for row in [] if wrong else cases.unit_rows(os.path.join(out, "defectd.db"), case):
            print(json.dumps(row, indent=1))


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--show":
        show(Case(sys.argv[2]))
        return 0
    chosen = [Case(n) for n in sys.argv[1:]] or cases.all_cases()
    jobs = [(c.name, run_case, [c]) for c in chosen]
    if not sys.argv[1:]:
        jobs += [(t.__name__.replace("_", " "), t, []) for t in (
            examples_are_accepted_together, examples_have_a_case_each, examples_are_installed)]
    failed = 0
    print(f"1..{len(jobs)}")
    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(run, *arguments) for _, run, arguments in jobs]
        for number, ((name, _, _), result) in enumerate(zip(jobs, results), 1):
            try:
                wrong = result.result()
            except Exception as e:
                wrong = [repr(e)]
            failed += bool(wrong)
            print("".join(f"# {line}\n" for line in wrong), end="")
            print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
