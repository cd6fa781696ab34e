"""Rows through networks: every kernel set beside the machine's limit and onnxruntime, in one run.

Each network is written as ONNX and goes through bench_row and onnxruntime (npm, one thread) in
turns; the best of all rounds is printed, in ns for a row, and in brackets how many times the least
that the machine needs with the instructions of that set (tools/measure.h). The yardstick of loads
reads narrow vectors one after the other; where the weights do not fit the second cache that is not
the fastest way to get them, and a figure may come out a little less than 1. A call of onnxruntime
costs some us by itself; so there is a second figure, less what a call costs for a network of one
input and one output. Where npm is out of reach its columns are left out. Figures are of this machine
at this moment: the ratios count.
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../system"), os.path.join(HERE, "../golden")]
import harness
import npm
import onnx_file

NETWORKS = ["8-64-64-1", "32-64-64-1", "128-64-64-1", "590-64-64-1", "590-512-256-1"]
BATCHES = [1, 16, 64]
ROUNDS = int(os.environ.get("ROUNDS", "3"))
PACKAGE = "onnxruntime-node"
CALL, NET = "onnxruntime", "less its call"


def ours(network, path):
    """(kernels, batch, ns a row, limit) of each line."""
    program = harness.need(os.path.join(harness.BUILD, "tests/bench/bench_row"), "bench_row")
    done = subprocess.run([program, network, path], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        _, kernels, batch, ns, limit = line.split()
        yield kernels, int(batch), float(ns), float(limit)


def theirs(path):
    """{batch: ns a row}"""
    done = subprocess.run(
        ["node", os.path.join(HERE, "row.js"), path],
        capture_output=True, text=True, env=npm.environment(PACKAGE), check=True)
    return {figure["batch"]: figure["row_ns"] for figure in json.loads(done.stdout)}


def write_least(folder):
    path = os.path.join(folder, "least.onnx")
    with open(path, "wb") as f:
        f.write(onnx_file.model_bytes({"inputs": [{"name": "x"}], "weights": [1], "bias": 0, "threshold": 0.5}))
    return path


def measure(network, folder, has_onnxruntime):
    """{(column, batch): ns a row} and {(kernels, batch): limit}, the best of all rounds."""
    path = os.path.join(folder, network + ".onnx")
    best, limits, least = {}, {}, {}

    def keep(into, key, value):
        into[key] = min(value, into.get(key, value))

    for _ in range(ROUNDS):
        for kernels, batch, ns, limit in ours(network, path):
            keep(best, (kernels, batch), ns)
            keep(limits, (kernels, batch), limit)
        if has_onnxruntime:
            for batch, ns in theirs(path).items():
                keep(best, (CALL, batch), ns)
            for batch, ns in theirs(write_least(folder)).items():
                keep(least, batch, ns)
    for batch, ns in least.items():
        best[NET, batch] = max(best[CALL, batch] - ns, 0)
    return best, limits


def names(best):
    return list(dict.fromkeys(name for name, _ in best))


def width(name):
    return 14 if name in (CALL, NET) else 20


def print_rows(network, best, limits):
    first = names(best)[0]  # kernel sets come best first
    for batch in BATCHES:
        cells = []
        for name in names(best):
            # without vectors the yardstick is that of the best set
            ns, limit = best[name, batch], limits.get((first if name == "scalar" else name, batch), 0)
            text = f"{ns:,.0f}" + (f" ({ns / limit:5.2f})" if limit else "")
            cells.append(f"{text:>{width(name)}}")
        if (NET, batch) in best:
            cells += [f"{best[name, batch] / best[first, batch]:7.2f}" for name in (CALL, NET)]
        print(f"{network:14}{batch:5} {limits[first, batch]:9,.0f}{''.join(cells)}", flush=True)


def print_head(best):
    first = names(best)[0]
    ratios = f"   both / {first}" if CALL in names(best) else ""
    print(f"{'network':14}{'batch':>5} {'limit':>9}" + "".join(f"{n:>{width(n)}}" for n in names(best)) + ratios)


def main():
    has_onnxruntime = True
    try:
        npm.need(PACKAGE, os.path.join(HERE, "../system/onnxruntime"))
    except harness.Skip as why:
        has_onnxruntime = False
        print(f"without onnxruntime: {why}")
    with tempfile.TemporaryDirectory(prefix="defectd-bench-") as folder:
        for network in NETWORKS:
            best, limits = measure(network, folder, has_onnxruntime)
            if network == NETWORKS[0]:
                print_head(best)
            print_rows(network, best, limits)


if __name__ == "__main__":
    main()
