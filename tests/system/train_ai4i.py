"""Real data: how good the models are that train makes, mean of seeds 1 to 5."""

import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import harness

WANTED = {"roc_auc": 0.95, "pr_auc": 0.70, "f1": 0.65}
SECONDS_MAX = 20  # each run; a sanitised build is too slow for it


def reaches_the_figures_on_rows_that_were_held_out():
    data = harness.need(os.path.join(harness.DATA, "ai4i2020", "ai4i2020.csv"), "the data set")
    folder = tempfile.mkdtemp(prefix="defectd-test-")
    try:
        found = [train(data, os.path.join(folder, "m.onnx"), seed) for seed in range(1, 6)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for key, wanted in WANTED.items():
        mean = sum(f[key] for f in found) / len(found)
        print(f"# {key} {mean:.4f}, wanted {wanted}")
        assert mean >= wanted, f"{key} is {mean:.4f}, wanted {wanted}"
    longest = max(f["seconds"] for f in found)
    print(f"# longest run {longest:.1f} s")
    assert longest < SECONDS_MAX


def train(data, model, seed):
    arguments = ["--label", "machine_failure", "--unit", "product_id", "--drop", "udi,twf,hdf,pwf,osf,rnf"]
    _, out, _ = harness.ctl("train", "--json", "--data", data, *arguments, "--seed", seed, "--out", model)
    found = json.loads(out)
    assert found["rows"] == 10000 and found["test_rows"] == 2000 and found["positives"] == 339
    return found


if __name__ == "__main__":
    harness.run(reaches_the_figures_on_rows_that_were_held_out)
