"""Model files of other programs through `predict --raw`: each gives what its program gave, or is
refused in words, as the JSON beside it says. One process per file."""

import csv
import io
import json
import math
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness

FOLDER = os.environ.get("DEFECTD_ONNX") or os.path.join(harness.SOURCE, "../shared/onnx")
TOLERANCE = 1e-5


def told_files(folder):
    """(model, what is told of it) of a folder, in order of names."""
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            with open(os.path.join(folder, name)) as f:
                yield os.path.join(folder, name[:-5] + ".onnx"), json.load(f)


def all_files():
    harness.need(FOLDER, "the folder of model files")
    return list(told_files(FOLDER)) + list(told_files(os.path.join(FOLDER, "branches")))


def write_rows(path, rows):
    """Columns without meaning; what is no number is an empty cell."""
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(f"c{i}" for i in range(len(rows[0])))
        out.writerows(["" if v is None else repr(v) for v in row] for row in rows)
    return path


def flat(value):
    return [v for part in value for v in flat(part)] if isinstance(value, list) else [value]


def read_raw(text):
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["row"] + [f"y_{i}" for i in range(len(rows[0]) - 1)], rows[0]
    assert [row[0] for row in rows[1:]] == [str(i + 1) for i in range(len(rows) - 1)]
    return [[float(v) for v in row[1:]] for row in rows[1:]]


def distance(got, wanted):
    """The greatest difference; infinite where the shapes differ."""
    wanted = [math.nan if v is None else v for v in flat(wanted)]
    got = flat(got)
    if len(got) != len(wanted):
        return math.inf
    gaps = [0 if a == b or (a != a and b != b) else abs(a - b) for a, b in zip(got, wanted)]
    return max(math.inf if gap != gap else gap for gap in gaps)


def judge(model, told, folder):
    """What is wrong with it, "" when it is as it should be; and whether it loaded."""
    data = write_rows(os.path.join(folder, "rows.csv"), told["inputs"])
    status, out, text = harness.ctl(
        "predict", "--model", model, "--data", data, "--raw", check=False)
    if status != 0:
        if told["verdict"] == "load":
            return f"must load: {text}", False
        if status != 1 or text.count("\n") != 1 or f"{model}: " not in text or out:
            return f"is not refused with one sentence: {status} {text} {out}", False
        return "", False
    if told["verdict"] == "refuse":
        return "must be refused", True
    gap = distance(read_raw(out), told["outputs"])
    if gap > told.get("tolerance", TOLERANCE):
        return f"is off by {gap:.2g}", True
    return "", True


def every_file_gives_what_its_program_gave_or_is_refused():
    files, wrong, may, loaded = all_files(), [], 0, 0
    assert files
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        for model, told in files:
            what, is_loaded = judge(model, told, folder)
            if what:
                wrong.append(f"{os.path.basename(model)} {what}")
            if told["verdict"] == "either":
                may += 1
                loaded += is_loaded
    print(f"# {len(files)} files; of {may} that may be refused {loaded} load")
    assert not wrong, "\n".join(wrong)
    assert loaded >= 0.9 * may


def hostile_files_are_refused_with_one_sentence():
    folder = os.path.join(harness.need(FOLDER, "the folder of model files"), "reject")
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as own:
        data = write_rows(os.path.join(own, "rows.csv"), [[1, 2]])
        for model in sorted(f for f in os.listdir(folder) if f.endswith(".onnx")):
            path = os.path.join(folder, model)
            for command in (["predict", "--model", path, "--data", data, "--raw"],
                            ["model", "show", path],
                            ["model", "import", path, "--out", os.path.join(own, "m.onnx")]):
                status, out, text = harness.ctl(*command, check=False)
                assert status == 1 and not out, f"{model}: exit {status}: {text} {out}"
                assert text.count("\n") == 1 and f"{path}: " in text, f"{model}: {text}"
        assert os.listdir(own) == ["rows.csv"]


def a_table_of_another_width_is_refused_with_both_numbers():
    model = os.path.join(harness.need(FOLDER, "the folder of model files"),
                         "keras3_functional_2inputs.onnx")
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        data = write_rows(os.path.join(folder, "rows.csv"), [[1, 2, 3]])
        status, out, text = harness.ctl(
            "predict", "--model", model, "--data", data, "--raw", check=False)
        assert (status, out) == (1, ""), text
        assert text == (f"defectctl predict: {data}: the file has 3 columns, the graph wants 8: "
                        "material 3, process 5\n"), text


def json_says_the_same():
    model = os.path.join(harness.need(FOLDER, "the folder of model files"), "torch_softmax3.onnx")
    with open(model[:-5] + ".json") as f:
        told = json.load(f)
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        data = write_rows(os.path.join(folder, "rows.csv"), told["inputs"] + [[None] * 8])
        _, text, _ = harness.ctl("predict", "--model", model, "--data", data, "--raw")
        _, document, _ = harness.ctl(
            "--json", "predict", "--model", model, "--data", data, "--raw")
        rows = json.loads(document)["rows"]
        assert [r["row"] for r in rows] == list(range(1, len(told["inputs"]) + 2))
        assert [r["y"] for r in rows[:-1]] == read_raw(text)[:-1]
        assert rows[-1]["y"] == ["nan"] * 3 and text.endswith(",nan,nan,nan\n"), text


if __name__ == "__main__":
    harness.run(
        every_file_gives_what_its_program_gave_or_is_refused,
        hostile_files_are_refused_with_one_sentence,
        a_table_of_another_width_is_refused_with_both_numbers,
        json_says_the_same,
    )
