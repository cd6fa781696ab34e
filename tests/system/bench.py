"""defectctl bench: what it prints, and that it leaves nothing behind."""

import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import harness

NETWORKS = ["8-64-64-1", "32-64-64-1", "128-64-64-1", "590-64-64-1", "590-512-256-1"]
folder = tempfile.mkdtemp(prefix="defectd-test-")


def refused(status, sentence, *arguments):
    """The command ends with `status`, says `sentence` on stderr and nothing on stdout."""
    code, out, err = harness.ctl(*arguments, check=False)
    assert code == status, f"{code} instead of {status}: {err}"
    assert err.splitlines()[0] == sentence, f"said: {err}"
    assert out == "", f"stdout: {out}"


def prints_one_json_object_with_a_key_for_each_part():
    found = json.loads(harness.ctl("bench", "--json", "--dir", folder)[1])
    assert list(found) == ["kernels", "store", "pipeline"], found
    assert "scalar" in [k["name"] for k in found["kernels"]], found
    for kernels in found["kernels"]:
        assert kernels["training_s"] > 0, kernels
        assert [(r["network"], r["batch"]) for r in kernels["rows"]] == [
            (network, batch) for network in NETWORKS for batch in (1, 16, 64)], kernels
        for row in kernels["rows"]:
            limit = row["limit_ns"]
            assert row["row_ns"] > 0, row
            assert row["ratio"] == (row["row_ns"] / limit if limit else 0), row
    assert [t["rows"] for t in found["store"]["transactions"]] == [1, 100, 1000], found
    assert found["store"]["syncs_per_s"] > 0, found
    assert found["pipeline"]["units"] == 20000, found
    assert found["pipeline"]["messages"] == 20000 * 8 + 20000 // 50, found
    assert os.listdir(folder) == [], "the temporary folder is gone"


def prints_a_table_of_one_part():
    out = harness.ctl("bench", "--dir", folder, "pipeline")[1]
    assert out.startswith("pipeline: decode, assemble, score in memory"), out
    assert "store:" not in out and "kernels:" not in out, out


def says_what_is_no_part_and_no_folder():
    refused(64, 'defectctl bench: "disk" is no part, allowed are kernels, store and pipeline', "bench", "disk")
    missing = os.path.join(folder, "missing")
    code, out, err = harness.ctl("bench", "--dir", missing, check=False)
    assert code == 1 and out == "", (code, out)
    assert err.startswith(f"defectctl bench: {missing}/defectd-bench-"), err
    assert err.endswith(": No such file or directory\n"), err


if __name__ == "__main__":
    try:
        harness.run(
            prints_one_json_object_with_a_key_for_each_part,
            prints_a_table_of_one_part,
            says_what_is_no_part_and_no_folder,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
