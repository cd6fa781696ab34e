"""Random graphs give in `defectctl predict --raw` what they give in onnxruntime.

They are made of what exporters write for tables (random_graphs.py, by Debian's python3-onnx). All
of them must run: what of it cannot be carried out is a gap that the tables of operators do not
show. GRAPHS and FIRST in the environment make others."""

import json
import math
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import exports
import foreign_models
import harness
import npm

COUNT, FIRST = os.environ.get("GRAPHS", "100"), os.environ.get("FIRST", "1")
TOLERANCE = 1e-4  # of deep graphs whose numbers may be large; relative beyond 1


def theirs(folder):
    done = subprocess.run(
        ["node", os.path.join(HERE, "graphs.js"), os.path.join(folder, "graphs.json")],
        capture_output=True, text=True, timeout=300, env=npm.environment("onnxruntime-node"))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def by_row(tensor, batch):
    """The columns of each row, in order: what comes before the batch's axis is outermost."""
    dims, data = tensor["dims"], [float(v) for v in tensor["data"]]
    outer, rows, inner = math.prod(dims[:batch]), dims[batch], math.prod(dims[batch + 1:])
    return [[data[(o * rows + r) * inner + i] for o in range(outer) for i in range(inner)]
            for r in range(rows)]


def ours(graph, folder):
    inputs = [by_row(tensor, 0) for tensor in graph["inputs"].values()]
    rows = [sum(parts, []) for parts in zip(*inputs)]
    data = exports.write_rows(os.path.join(folder, "rows.csv"), rows)
    _, out, _ = harness.ctl("predict", "--model", graph["model"], "--data", data, "--raw")
    return exports.read_raw(out)


def is_close(a, b):
    return a == b or (a != a and b != b) or abs(a - b) <= TOLERANCE * max(1, abs(b))


def random_graphs_agree():
    foreign_models.need("onnx")
    npm.need("onnxruntime-node", HERE)
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        subprocess.run([foreign_models.PYTHON, os.path.join(HERE, "random_graphs.py"), folder,
                        FIRST, COUNT], check=True)
        with open(os.path.join(folder, "graphs.json")) as f:
            graphs = json.load(f)
        for graph, tensor in zip(graphs, theirs(folder), strict=True):
            found, meant = ours(graph, folder), by_row(tensor, graph["batch"])
            name = os.path.basename(graph["model"])
            assert [len(r) for r in found] == [len(r) for r in meant], f"{name}: other columns"
            for n, (a, b) in enumerate(zip(sum(found, []), sum(meant, []))):
                assert is_close(a, b), f"{name}: number {n} is {a}, onnxruntime says {b}"
        print(f"# {len(graphs)} graphs", flush=True)


if __name__ == "__main__":
    harness.run(random_graphs_agree)
