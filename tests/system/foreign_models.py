"""Models that other programs trained and exported, from the file to the prediction of the daemon. The
other program (exporters/*.py) leaves cases.json: rows, and for each file what it makes of them."""

import csv
import json
import os
import subprocess
import tempfile

import harness

LINE = "mill-1"
TOLERANCE = 1e-5
PYTHON = "/usr/bin/python3"  # Debian's, whose packages are Debian's
EXPORTERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exporters")


def need(*modules):
    """Skips, with the reason, where Debian's Python cannot import one of them."""
    harness.need(PYTHON, "Debian's Python")
    for module in modules:
        done = subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, text=True)
        if done.returncode:
            raise harness.Skip(f"{PYTHON} has no {module}: {done.stderr.strip().splitlines()[-1]}")


def made_by(exporter, folder):
    """What exporters/<exporter>.py leaves in the folder."""
    done = subprocess.run([PYTHON, os.path.join(EXPORTERS, exporter), folder],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    with open(os.path.join(folder, "cases.json")) as f:
        made = json.load(f)
    harness.write(os.path.join(folder, "inputs.json"), {"inputs": made["inputs"], "threshold": 0.4})
    with open(os.path.join(folder, "rows.csv"), "w", newline="") as f:
        csv.writer(f).writerows([made["columns"], *made["rows"]])
    made["folder"] = folder
    return made


def label(case):
    return os.path.basename(case["file"])


def assert_close(found, wanted, what):
    assert len(found) == len(wanted), f"{what}: {len(found)} values, {len(wanted)} are meant"
    for n, (a, b) in enumerate(zip(found, wanted)):
        assert abs(a - b) <= TOLERANCE * max(1, abs(b)), f"{what}: value {n} is {a}, {b} is meant"


def predicted(made, *arguments):
    """The columns behind the first of `defectctl predict`, row by row."""
    data = os.path.join(made["folder"], "rows.csv")
    _, out, _ = harness.ctl("predict", "--data", data, *arguments)
    return list(csv.DictReader(out.splitlines()))


def check_raw(made, case):
    """The file as it is: what the graph gives, before anything is known of columns and classes."""
    rows = predicted(made, "--raw", "--model", case["file"])
    found = [float(v) for row in rows for key, v in row.items() if key != "row"]
    assert_close(found, [v for row in case["raw"] for v in row], f"predict --raw {label(case)}")


def check_imported(made, case):
    """With what is missing attached: a model that `predict` takes. An output that need not be a
    probability (no "p") is told apart."""
    out = case["file"].replace(".onnx", ".imported.onnx")
    done, _, said = harness.ctl(
        "model", "import", case["file"], "--inputs", os.path.join(made["folder"], "inputs.json"),
        *case["how"], "--out", out, check=False)
    if case["p"] is None:
        assert done == 1 and "so it is no probability" in said, said
        return
    assert done == 0, said
    rows = predicted(made, "--model", out)
    assert_close([float(r["p_defect"]) for r in rows], case["p"], f"predict {label(case)}")
    if case["in_use"]:
        check_raw(made, dict(case, file=out))


def line(columns):
    return {
        "line": LINE,
        "sources": {"part": {"topic": "mill/{unit}", "fields": {c: "/" + c for c in columns}}},
        "features": [{"name": c, "from": "part." + c} for c in columns],
    }


class Mill:
    """A daemon and its clients, through which one model after another goes."""

    def __init__(self, site, made):
        self.site, self.made = site, made
        self.watcher = site.client("watcher", f"defectd/{site.instance}/{LINE}/prediction")
        self.sender = site.client("sender")
        self.used = []  # sha256 of each champion so far

    def put_in_use(self, case):
        ctl = lambda *arguments: harness.ctl(*arguments, config=self.site.config)
        ctl("model", "import", case["file"], "--inputs", os.path.join(self.made["folder"], "inputs.json"),
            *case["how"], "--line", LINE)
        ctl("model", "promote", "challenger", "--line", LINE)
        (champion,), = self.site.sql("SELECT sha256 FROM model WHERE role = 'champion'")
        assert champion not in self.used, f"{label(case)}: {champion} is in use still"
        self.used.append(champion)

    def score(self, case):
        """Sends every row as a unit of its own; messages and rows must say what the exporter's
        program said."""
        name, before = label(case), len(self.watcher.messages)
        rows = self.made["rows"]
        for n, row in enumerate(rows):
            self.sender.publish(f"mill/{name}-{n}", json.dumps(dict(zip(self.made["columns"], row))))
        self.sender.drain()
        self.watcher.wait(lambda: len(self.watcher.messages) >= before + len(rows), 20,
                          f"{len(rows)} predictions of {name}")
        said = {m["unit"]: m for m in (json.loads(p) for _, p, *_ in self.watcher.messages[before:])}
        units = [f"{name}-{n}" for n in range(len(rows))]
        assert_close([said[u]["p_defect"] for u in units], case["p"], f"predictions of {name}")
        harness.wait_for(lambda: set(units) <= set(self.site.rows(LINE)), 20, f"the rows of {name}")
        kept = self.site.rows(LINE)
        assert_close([kept[u]["p_defect"] for u in units], case["p"], f"rows of {name}")
        for u in units:
            assert {said[u]["model"], kept[u]["model"]} == {self.used[-1]}, f"{u}: scored by another model"
            assert said[u]["threshold"] == 0.4 and said[u]["verdict"] == kept[u]["verdict"]
            assert (said[u]["verdict"] == "defect") == (said[u]["p_defect"] >= 0.4), said[u]


def check_in_use(made):
    """The cases in use go through the broker and a daemon that is never stopped."""
    cases = [c for c in made["cases"] if c["in_use"]]
    with harness.Site([line(made["columns"])]) as site:
        site.daemon.start()
        site.status()
        mill = Mill(site, made)
        for case in cases:
            mill.put_in_use(case)
            mill.score(case)
        assert site.daemon.end() == 0
    print(f"# {len(cases)} models in use, {len(made['cases'])} files")


def main(exporter, *modules):
    """The tests of what the exporter makes."""
    with tempfile.TemporaryDirectory() as folder:
        made = {}

        def files_as_exported_give_what_their_program_gives():
            need(*modules)
            made.update(made_by(exporter, folder))
            for case in made["cases"]:
                check_raw(made, case)

        def imported_they_give_the_same_probabilities():
            if not made:
                raise harness.Skip("nothing was exported")
            for case in made["cases"]:
                check_imported(made, case)

        def through_broker_and_daemon_too_swapped_while_it_runs():
            if not made:
                raise harness.Skip("nothing was exported")
            check_in_use(made)

        harness.run(
            files_as_exported_give_what_their_program_gives,
            imported_they_give_the_same_probabilities,
            through_broker_and_daemon_too_swapped_while_it_runs,
        )
