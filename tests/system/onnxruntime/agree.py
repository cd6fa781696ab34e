"""Every model that `defectctl train` writes gives the same probabilities in onnxruntime.

The rows are encoded here, from the model's own metadata, and go through onnxruntime; what
`defectctl predict` says of the same file must agree within 1e-5. onnxruntime comes from npm into
the build folder; where node, npm or the registry are out of reach the tests are skipped.
"""

import csv
import io
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import encoding
import harness
import npm

TOLERANCE = 1e-5
def need_onnxruntime():
    npm.need("onnxruntime-node", HERE)


def onnxruntime(folder, model, vectors):
    rows = harness.write(os.path.join(folder, "rows.json"), json.dumps(vectors))
    done = subprocess.run(
        ["node", os.path.join(HERE, "infer.js"), model, rows],
        capture_output=True, text=True, timeout=120, env=npm.environment("onnxruntime-node"))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def predicted(model, data):
    _, out, _ = harness.ctl("predict", "--model", model, "--data", data)
    return [float(r["p_defect"]) for r in csv.DictReader(io.StringIO(out))]


def compare(folder, model, data):
    """The greatest difference; both over one batch and row by row."""
    ours = predicted(model, data)
    vectors = encoding.inputs(model, encoding.table(data))
    theirs = onnxruntime(folder, model, vectors)
    assert len(ours) == len(vectors) == len(theirs["outputs"]) > 0
    worst = max(abs(a - b) for a, b in zip(ours, theirs["outputs"]))
    single = max(abs(a - b) for a, b in zip(ours, theirs["single"]))
    assert max(worst, single) <= TOLERANCE, f"{os.path.basename(data)}: {worst}, row by row {single}"
    assert max(ours) - min(ours) > 0.1, "the model says the same of every row"
    return max(worst, single)


def with_holes(path, out, keep):
    """A copy in which values are missing and texts are new; `keep` columns stay."""
    rng = random.Random(7)
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = list(csv.reader(f))
    keep = {i for i, h in enumerate(rows[0]) if encoding.name_of(h) in keep}
    for row in rows[1:]:
        for i, value in enumerate(row):
            if i not in keep and rng.random() < 0.1:
                try:
                    float(value)
                    row[i] = "" if rng.random() < 0.7 else str(float(value) * 20)
                except ValueError:
                    row[i] = rng.choice(["", "never seen"])
    with open(out, "w", newline="") as f:
        csv.writer(f).writerows(rows)
    return out


def check_seeds(data, label, unit, drop, seeds):
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        holes = with_holes(data, os.path.join(folder, "holes.csv"), [label, unit])
        for seed in seeds:
            model = os.path.join(folder, f"{seed}.onnx")
            drops = ["--drop", drop] if drop else []
            harness.ctl("train", "--data", data, "--label", label, "--unit", unit, *drops,
                        "--seed", seed, "--out", model)
            worst = compare(folder, model, data), compare(folder, model, holes)
            print(f"# seed {seed}: within {worst[0]:.1e}, with holes {worst[1]:.1e}", flush=True)


def models_of_a_simulated_line_agree():
    need_onnxruntime()
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        history = os.path.join(folder, "history.csv")
        harness.ctl("simulate", "--units", 2000, "--seed", 3, "--history", history)
        check_seeds(history, "defect", "unit", None, [1, 2, 3])


def models_of_the_ai4i_data_agree():
    data = harness.need(os.path.join(harness.DATA, "ai4i2020/ai4i2020.csv"), "the AI4I data set")
    need_onnxruntime()
    check_seeds(data, "machine_failure", "product_id", "udi,twf,hdf,pwf,osf,rnf", [1, 2])


if __name__ == "__main__":
    harness.run(models_of_a_simulated_line_agree, models_of_the_ai4i_data_agree)
