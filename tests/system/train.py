"""train, evaluate and predict on the command line: results, texts, exit codes."""

import csv
import hashlib
import io
import json
import os
import random
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import harness

FIGURES = {
    "threshold",
    "accuracy",
    "balanced_accuracy",
    "roc_auc",
    "pr_auc",
    "f1",
    "brier",
    "majority_accuracy",
    "confusion",
}
folder = tempfile.mkdtemp(prefix="defectd-test-")
DATA = os.path.join(folder, "line.csv")
MODEL = os.path.join(folder, "line.onnx")
BASIC = ("--data", DATA, "--label", "Bad", "--unit", "Serial", "--drop", "note,Source", "--out", MODEL)


def make_data():
    """600 units; a defect is what is of type L and has a high torque."""
    rng = random.Random(3)
    with open(DATA, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["Serial", "Type", "Torque [Nm]", "Wear", "Const", "Note", "Source", "Bad"])
        for i in range(600):
            kind, torque = rng.choice("KLM"), rng.gauss(40, 10)
            wear = "" if i % 10 == 3 else f"{rng.random() * 100:.1f}"
            bad = "" if i % 200 == 7 else int(kind == "L" and torque > 42)
            out.writerow([f'S"{i}', kind, f"{torque:.2f}", wear, 7, f"note {i}", i, bad])


def train(*more, **how):
    return harness.ctl("train", *BASIC, *more, **how)


def refused(status, sentence, *arguments):
    """The command ends with `status`, says `sentence` on stderr and nothing on stdout."""
    code, out, err = harness.ctl(*arguments, check=False)
    assert code == status, f"{code} instead of {status}: {err}"
    assert err.splitlines()[0] == sentence, f"said: {err}"
    assert out == "", f"stdout: {out}"


def prints_one_json_object_with_the_figures():
    code, out, err = train("--json")
    found = json.loads(out)
    assert set(found) >= FIGURES | {"rows", "train_rows", "test_rows", "positives", "epochs", "seconds", "out"}
    assert found["rows"] == 597 and found["train_rows"] + found["test_rows"] == 597
    assert found["out"] == MODEL and found["f1"] > 0.8 and found["roc_auc"] > 0.95
    assert sum(found["confusion"].values()) == found["test_rows"]
    assert set(found["confusion"]) == {"tp", "fp", "tn", "fn"}
    lines = err.splitlines()
    assert len(lines) == 6 and lines[0].startswith("fold 1 of 5: "), err
    assert "\r" not in err and "\033" not in err


def tells_people_what_was_done():
    _, out, _ = train()
    for words in (
        "597 rows, ",
        "3 rows left out: no label",
        "5 inputs",
        "  type               3 texts, an input each",
        "  const              left out: the same value in all rows",
        "rows: the mean stands in",
        "  serial             names the unit",
        "  left out by --drop: note, Source",
        "majority class",
        f"{MODEL}: ",
    ):
        assert words in out, f"{words!r} is not in:\n{out}"


def the_same_seed_gives_the_same_file():
    def digest(*more):
        train(*more)
        with open(MODEL, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()

    first = digest("--seed", 5)
    assert digest("--seed=5") == first
    assert digest("--seed", 6) != first


def predict_writes_a_row_for_each_row():
    train()
    _, out, _ = harness.ctl("predict", "--model", MODEL, "--data", DATA)
    assert out.startswith("row,unit,p_defect,verdict\n")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [int(r["row"]) for r in rows] == list(range(1, 601))
    assert rows[7]["unit"] == 'S"7'
    assert {r["verdict"] for r in rows} == {"pass", "defect"}
    threshold = json.loads(evaluate("--json"))["threshold"]
    for r in rows:
        assert r["verdict"] == ("defect" if float(r["p_defect"]) >= threshold else "pass")
        assert len(r["p_defect"]) <= len(repr(float(r["p_defect"]))) + 2  # the shortest form
    _, out, _ = harness.ctl("predict", "--model", MODEL, "--data", DATA, "--unit", "source")
    assert out.splitlines()[2].startswith("2,1,")
    _, out, _ = harness.ctl("--json", "predict", "--model", MODEL, "--data", DATA)
    found = json.loads(out)["rows"]
    assert [f["p_defect"] for f in found] == [float(r["p_defect"]) for r in rows]


def predict_leaves_the_unit_empty_where_there_is_none():
    path = os.path.join(folder, "no-unit.csv")
    harness.write(path, "type,torque_nm,wear,other\nL,70,5,x\nK,,,y\nQ,70,5,z\n")
    _, out, _ = harness.ctl("predict", "--model", MODEL, "--data", path)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [r["unit"] for r in rows] == ["", "", ""]
    assert [r["verdict"] for r in rows] == ["defect", "pass", "unsure"], out


def evaluate(*more):
    return harness.ctl("evaluate", "--model", MODEL, "--data", DATA, "--label", "bad", *more)[1]


def evaluate_gives_the_same_figures():
    train()
    found = json.loads(evaluate("--json"))
    assert set(found) == FIGURES | {"rows", "positives"} and found["rows"] == 597
    assert sum(found["confusion"].values()) == 597
    text = evaluate()
    assert f"ROC AUC              {found['roc_auc']:.4f}           0.5000" in text, text
    positive = json.loads(evaluate("--json", "--positive", "0"))
    assert positive["positives"] == 597 - found["positives"]


def global_options_may_stand_anywhere():
    one = harness.ctl("evaluate", "--json", "--model", MODEL, "--data", DATA, "--label", "bad")[1]
    two = harness.ctl("--json", "evaluate", "--model", MODEL, "--data", DATA, "--label", "bad")[1]
    assert one == two
    assert harness.ctl("train", "--help")[1].startswith("usage: defectctl train --data FILE.csv")
    assert "  train " in harness.ctl("--help")[1]
    assert harness.ctl("--version")[1].startswith("defectctl ")


def refuses_wrong_usage():
    refused(64, "defectctl train: --data is missing", "train")
    refused(64, "defectctl train: --out is missing", "train", "--data", DATA, "--label", "bad")
    refused(64, "defectctl train: there is no option --dta", "train", "--dta", "x")
    refused(64, "defectctl train: --label wants a value", "train", "--label")
    refused(64, "defectctl train: --label is given twice", "train", "--label=a", "--label", "b")
    refused(64, 'defectctl train: "x" is one argument too many', "train", "x")
    refused(
        64,
        'defectctl train: --seed is "-1", allowed are whole numbers from 0 to 2^53',
        *("train", "--seed", "-1"),
    )
    refused(64, "defectctl evaluate: --label is missing", "evaluate", "--model", MODEL, "--data", DATA)
    refused(64, "defectctl predict: --model is missing", "predict", "--data", DATA)
    hint = '; "defectctl --help" lists commands and options'
    refused(64, "defectctl: there is no command tran" + hint, "tran")
    refused(64, "defectctl: a command is missing" + hint)


def says_what_this_version_does_not_have():
    for option in ("--group", "--time", "--derive", "--holdout", "--test", "--refit", "--report", "--line"):
        refused(64, f"defectctl train: this version does not have {option} yet", "train", option, "x")
    sentence = "defectctl train: this version does not have the recipe ramps yet"
    refused(64, sentence, "train", *BASIC, "--recipe", "ramps")
    sentence = 'defectctl train: there is no recipe "forest", allowed is classic'
    refused(64, sentence, "train", *BASIC, "--recipe", "forest")


def refuses_data_it_cannot_learn_from():
    columns = "serial, type, torque_nm, wear, const, note, source, bad"
    cases = [
        ("label", f'--label: there is no column "label"; there are {columns}', ()),
        ("bad", f'--unit: there is no column "id"; there are {columns}', ("--unit", "id")),
        (
            "bad",
            "column serial has 478 different texts, allowed are 200: it looks like an id; "
            "leave it out with --drop serial, or name it with --unit",
            ("--drop", "note"),
        ),
        (
            "type",
            "column type has neither 1 nor true for a defect; say with --positive which of its "
            'values means one: "L", "K", "M"',
            (),
        ),
        (
            "bad",
            'column bad never has the value "NG" that --positive names; its values are "1", "0"',
            ("--positive", "NG"),
        ),
    ]
    out = os.path.join(folder, "never.onnx")
    for label, sentence, more in cases:
        what = sorted_values(sentence)
        refused(1, f"defectctl train: {DATA}: {what}", "train", "--data", DATA, "--label", label, "--out", out, *more)
    assert not os.path.exists(out)


def sorted_values(sentence):
    """Values are listed in the order in which the file has them."""
    with open(DATA) as f:
        rows = list(csv.DictReader(f))
    for column, found in (("Type", '"L", "K", "M"'), ("Bad", '"1", "0"')):
        order = dict.fromkeys(r[column] for r in rows if r[column])
        sentence = sentence.replace(found, ", ".join(f'"{v}"' for v in order))
    return sentence


def refuses_files_it_cannot_read_or_write():
    missing = os.path.join(folder, "nowhere.csv")
    why = "No such file or directory"
    label = ("--label", "bad", "--out")
    refused(1, f"defectctl train: {missing}: {why}", "train", "--data", missing, *label, MODEL)
    bad = os.path.join(folder, "nowhere", "m.onnx")
    why = f"there is no folder {os.path.dirname(bad)}"
    refused(1, f"defectctl train: {bad}: cannot be written: {why}", "train", "--data", DATA, *label, bad)
    refused(1, f"defectctl train: {folder}: is a folder, wanted is a file", "train", "--data", DATA, *label, folder)
    ragged = harness.write(os.path.join(folder, "ragged.csv"), "a,b\n1,2\n1\n")
    sentence = f"defectctl predict: {ragged}: line 3: 1 field, the header has 2"
    refused(1, sentence, "predict", "--model", MODEL, "--data", ragged)
    other = harness.write(os.path.join(folder, "other.csv"), "type,wear\nL,1\n")
    sentence = f"defectctl predict: {other}: there is no column torque_nm, which the model wants"
    refused(1, sentence, "predict", "--model", MODEL, "--data", other)


def a_refused_training_leaves_the_old_model():
    with open(MODEL, "rb") as f:
        before = f.read()
    code, _, _ = train("--positive", "NG", check=False)
    assert code == 1
    with open(MODEL, "rb") as f:
        assert f.read() == before
    left = [name for name in os.listdir(folder) if name.startswith("line.onnx.")]
    assert not left, left


def a_full_standard_output_is_an_error():
    if not os.path.exists("/dev/full"):
        raise harness.Skip("/dev/full is not there")
    status = os.system(f"{harness.DEFECTCTL} predict --model {MODEL} --data {DATA} >/dev/full 2>{folder}/said")
    assert os.waitstatus_to_exitcode(status) == 1
    with open(f"{folder}/said") as f:
        assert f.read() == "defectctl: standard output: No space left on device\n"


if __name__ == "__main__":
    make_data()
    try:
        harness.run(
            prints_one_json_object_with_the_figures,
            tells_people_what_was_done,
            the_same_seed_gives_the_same_file,
            predict_writes_a_row_for_each_row,
            predict_leaves_the_unit_empty_where_there_is_none,
            evaluate_gives_the_same_figures,
            global_options_may_stand_anywhere,
            refuses_wrong_usage,
            says_what_this_version_does_not_have,
            refuses_data_it_cannot_learn_from,
            refuses_files_it_cannot_read_or_write,
            a_refused_training_leaves_the_old_model,
            a_full_standard_output_is_an_error,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
