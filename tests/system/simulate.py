"""defectctl simulate and status: the line that feeds demo, tests and benchmarks."""

import csv
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE = "moulding-1"


def made(folder, name, *more):
    paths = {kind: os.path.join(folder, f"{name}.{kind}") for kind in ("csv", "truth", "jsonl")}
    harness.ctl("simulate", "--units", 500, "--history", paths["csv"], "--truth", paths["truth"],
                "--recording", paths["jsonl"], *more)
    return {kind: open(path).read() for kind, path in paths.items()}


def the_same_seed_gives_the_same_bytes_and_another_seed_others():
    with tempfile.TemporaryDirectory() as folder:
        one, again, other = made(folder, "a"), made(folder, "b"), made(folder, "c", "--seed", 2)
        assert one == again and one["csv"] != other["csv"] and one["jsonl"] != other["jsonl"]
        rows = list(csv.DictReader(one["csv"].splitlines()))
        assert len(rows) == 500 and set(rows[0]) >= {"unit", "grade", "melt_temp_c", "defect"}
        # every value of the history is in the messages too
        values = [json.loads(json.loads(line)["payload"]) for line in one["jsonl"].splitlines()]
        melt = {str(v["value"]) for v in values if "value" in v}
        assert all(f"{float(r['melt_temp_c'])}" in melt for r in rows)


def defects_follow_from_the_physics():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "h.csv")
        harness.ctl("simulate", "--units", 8000, "--history", path)
        _, out, _ = harness.ctl("--json", "train", "--data", path, "--label", "defect", "--unit", "unit",
                                "--out", os.path.join(folder, "m.onnx"))
        found = json.loads(out)
        assert 0.03 < found["positives"] / found["rows"] < 0.25, found
        assert found["roc_auc"] > 0.93, found


def a_configuration_that_was_named_must_be_there():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nowhere.json")
        code, out, err = harness.ctl("simulate", "--units", 1, config=path, check=False)
        assert (code, out) == (78, "") and err.startswith(f"{path}: cannot be read"), (code, out, err)


def a_line_file_says_what_it_is_and_no_parts():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "line.json")
        _, out, _ = harness.ctl("simulate", "--line-file", path)
        assert out == f"{path}: line moulding-1, model moulding-1.onnx\n", out


def a_line_is_played_to_the_configured_broker_and_status_tells_of_it():
    with harness.Site([]) as site:
        harness.ctl("simulate", "--line-file", os.path.join(site.folder, "lines.d", f"{LINE}.json"))
        code, out, _ = harness.ctl("status", config=site.config, check=False)
        assert "no status on the broker" in out or "not known" in out, out
        site.daemon.start()
        site.status()
        harness.ctl("simulate", "--units", 50, "--rate", 500, config=site.config)
        harness.wait_for(lambda: site.count(LINE) == 50, 20, "50 rows")
        _, out, _ = harness.ctl("status", config=site.config)
        assert "online" in out and LINE in out and "collecting" in out, out
        _, out, _ = harness.ctl("--json", "status", config=site.config)
        line = json.loads(out)["lines"][0]
        assert line["units"] == 50 and line["not_scored"] == 50, line
        assert line["status"]["reason"].startswith("no_model"), line


def a_broker_that_is_not_there_is_named():
    port = harness.free_port()
    code, _, err = harness.ctl("simulate", "--units", 5, "--host", "127.0.0.1", "--port", port, check=False)
    assert code == 1 and f"cannot connect to 127.0.0.1 port {port}" in err, err


def bad_options_are_refused():
    for options, words in (
        (["--rate", "0"], "--rate"),
        (["--topic", "a/+"], "--topic"),
        (["--units", "many"], "--units"),
        (["--port", "0"], "--port"),
    ):
        code, out, err = harness.ctl("simulate", *options, check=False)
        assert code == 64 and words in err and not out, (options, err)


if __name__ == "__main__":
    harness.run(
        the_same_seed_gives_the_same_bytes_and_another_seed_others,
        defects_follow_from_the_physics,
        a_configuration_that_was_named_must_be_there,
        a_line_file_says_what_it_is_and_no_parts,
        a_line_is_played_to_the_configured_broker_and_status_tells_of_it,
        a_broker_that_is_not_there_is_named,
        bad_options_are_refused,
    )
