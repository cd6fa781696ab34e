"""Models of other programs made ready with `model import`: the line's replay gives the probabilities
that their own programs gave. What cannot be used is refused in words, and nothing stays behind."""

import json
import math
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import exports
import harness

LINE = "press-3"
SHIM = os.path.join(harness.BUILD, "tests/system/libshim_disk.so")


def line(width, **more):
    return {
        "line": LINE,
        "sources": {"a": {"topic": "p3/{unit}/a", "time": "/ts"}},
        "features": [{"name": f"f{i}", "from": f"a.f{i}"} for i in range(width)],
        **more,
    }


def told(name):
    path = os.path.join(harness.need(exports.FOLDER, "the folder of model files"), name + ".onnx")
    with open(path[:-5] + ".json") as f:
        return path, json.load(f)


def plain_inputs(width):
    # "location" is what external data of an ONNX file has, too
    return [{"from": f"f{i}", "mean": 0.5, "min": -2, "max": 2, "unit": "location"}
            for i in range(width)]


def write_inputs(folder, inputs):
    return harness.write(os.path.join(folder, "inputs.json"), inputs)


def record(site, rows):
    """A recording with a unit per row."""
    path = os.path.join(site.folder, "recording.jsonl")
    with open(path, "w") as f:
        for i, row in enumerate(rows):
            t_ms = 1_795_340_350_000 + 1000 * i
            payload = {"ts": t_ms, **{f"f{c}": v for c, v in enumerate(row)}}
            f.write(json.dumps({"t_ms": t_ms, "topic": f"p3/U{i}/a", "qos": 1,
                                "payload": json.dumps(payload)}) + "\n")
    return path


def replay(site, rows, number=[0]):
    """The rows of unit_<line> after a replay, in order."""
    number[0] += 1
    out = os.path.join(site.folder, f"replay-{number[0]}")
    harness.ctl("replay", "--line", LINE, record(site, rows), "--out", out, config=site.config)
    site.db = os.path.join(out, "defectd.db")
    found = site.rows(LINE)
    return [found[f"U{i}"] for i in range(len(rows))]


def site_of(width, **more):
    return harness.Site([line(width, **more)], start_broker=False)


def import_and_promote(site, model, inputs, *options):
    """Into the registry without a daemon; what the import says."""
    path = write_inputs(site.folder, inputs)
    _, out, notes = harness.ctl(
        "--json", "model", "import", model, "--inputs", path, *options, config=site.config)
    told_of = json.loads(out)
    assert told_of["line"] == LINE and told_of["notes"] == notes.splitlines(), out
    harness.ctl("model", "promote", "challenger", config=site.config)
    return told_of


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def defects(outputs):
    """Of one column itself, of two the second."""
    return [row[-1] if isinstance(row, list) else row for row in outputs]


def gives(name, wanted, *options, classes=None):
    """The file imported, promoted and replayed gives `wanted(outputs)`."""
    model, tell = told(name)
    rows = [r for r in tell["inputs"] if None not in r]
    width = len(rows[0])
    with site_of(width) as site:
        imported = import_and_promote(site, model, plain_inputs(width), *options)
        found = replay(site, rows)
        wanted = wanted(tell["outputs"])
        for row, p in zip(found, wanted):
            assert abs(row["p_defect"] - p) <= tell.get("tolerance", 1e-5), f"{name}: {row} {p}"
            assert row["model"] == imported["sha256"]
            assert row["verdict"] == ("defect" if row["p_defect"] >= 0.5 else "pass")
        if classes:
            assert [row["class"] for row in found] == classes(tell["outputs"])
        return imported


def networks_of_every_program_give_its_probabilities_on_the_line():
    for name in ("torch_seed_default", "torch2_layernorm_dynamo", "keras3_seed_saved_model_opset17",
                 "keras2_bn_dropout", "skl_seed_nozipmap_opset15", "skl_string_labels",
                 "skl19_columntransformer_passthrough", "jax_nnx_gelu", "hm_constant_nodes",
                 "branches/keras3_residual_2blocks", "keras3_functional_2inputs"):
        gives(name, defects)


def numbers_in_a_file_beside_it_are_packed_in():
    model, tell = told("torch2_seed_dynamo_external")
    imported = gives("torch2_seed_dynamo_external", defects)
    assert imported["bytes"] > os.path.getsize(model)
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        alone = os.path.join(folder, "alone.onnx")
        harness.ctl("model", "import", model, "--out", alone, "--inputs",
                    write_inputs(folder, plain_inputs(6)))
        data = exports.write_rows(os.path.join(folder, "rows.csv"), tell["inputs"])
        with open(data) as f:
            text = f.read().replace("c", "f", 6)
        harness.write(data, text)
        _, out, _ = harness.ctl("predict", "--model", alone, "--data", data, "--raw")
        assert exports.distance(exports.read_raw(out), tell["outputs"]) <= exports.TOLERANCE


def logits_become_probabilities():
    gives("torch_logits", lambda outputs: [sigmoid(z) for (z,) in outputs], "--logits")


def softmax(row):
    e = [math.exp(z - max(row)) for z in row]
    return [v / sum(e) for v in e]


NAMES = ["good", "scratch", "dent", "fine"]


def side(row):
    """The most probable class on the verdict's side, scratch and dent being defects."""
    is_defect = row[1] + row[2] >= 0.5
    return NAMES[max((1, 2) if is_defect else (0, 3), key=lambda i: row[i])]


def classes_are_added_up_and_named():
    options = ("--classes", ",".join(NAMES), "--defect-classes", "scratch,dent")
    for name in ("jax_nnx_silu_softmax4", "keras2_softmax4_opset11", "skl19_double_multiclass"):
        gives(name, lambda outputs: [r[1] + r[2] for r in outputs], *options,
              classes=lambda outputs: [side(r) for r in outputs])
    gives("torch2_logits4_argmax_label",
          lambda outputs: [sum(softmax(r)[1:3]) for r in outputs], "--logits", *options,
          classes=lambda outputs: [side(softmax(r)) for r in outputs])


def one_input_per_column_is_bound_by_name():
    model, tell = told("hm_one_input_per_column")
    _, shown, _ = harness.ctl("--json", "model", "show", model)
    names = [p["name"] for p in json.loads(shown)["graph_inputs"]]
    assert len(names) == 8, names
    # the list in another order than the graph's
    inputs = [{"name": n, "from": f"f{i}", "mean": 0} for i, n in enumerate(names)]
    with site_of(8) as site:
        import_and_promote(site, model, inputs[::-1])
        for row, p in zip(replay(site, tell["inputs"]), defects(tell["outputs"])):
            assert abs(row["p_defect"] - p) <= 1e-5


def scaling_and_derived_inputs_are_done_before_the_graph():
    """The file wants scaled inputs; the line has them raw, and one of them in two parts."""
    model, tell = told("hm_metadata_scaler_in_props")
    inputs = [{"from": f"f{i}", "mean": i - 3, "sd": i + 1, "scale": True} for i in range(7)]
    inputs.append({"name": "volt", "derive": "f7 * f8 + pow(f9, 2)", "mean": 0})
    rows = [[x * (i + 1) + i - 3 for i, x in enumerate(r[:7])] + [r[7] - 4, 1.0, 2.0]
            for r in tell["inputs"]]
    with site_of(10) as site:
        told_of = import_and_promote(site, model, inputs)
        assert [n.split(" is left out")[0] for n in told_of["notes"]] == [
            f"the file's own defectd.{key}" for key in ("features", "scaler", "classes")]
        for row, p in zip(replay(site, rows), defects(tell["outputs"])):
            assert abs(row["p_defect"] - p) <= 1e-5, (row, p)


def another_models_metadata_can_be_taken():
    model, _ = told("torch_seed_default")
    other, tell = told("skl_seed_nozipmap_opset15")
    with site_of(8) as site:
        first = os.path.join(site.folder, "first.onnx")
        inputs = write_inputs(site.folder, {"inputs": plain_inputs(8), "threshold": 0.25})
        harness.ctl("model", "import", model, "--inputs", inputs, "--out", first)
        _, out, notes = harness.ctl(
            "--json", "model", "import", other, "--like", first, config=site.config)
        assert json.loads(out)["threshold"] == 0.25 and notes == "", out + notes
        harness.ctl("model", "promote", "challenger", config=site.config)
        for row, p in zip(replay(site, tell["inputs"]), defects(tell["outputs"])):
            assert abs(row["p_defect"] - p) <= 1e-5
            assert row["verdict"] == ("defect" if p >= 0.25 else "pass")


def classes_of_another_model_go_with_as_many_columns_only():
    four, _ = told("jax_nnx_silu_softmax4")
    one, _ = told("torch2_seed_dynamo_opset18")
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        first, second = os.path.join(folder, "1.onnx"), os.path.join(folder, "2.onnx")
        inputs = {"inputs": plain_inputs(6), "threshold": 0.5, "classes": NAMES,
                  "defect_classes": ["dent"]}
        harness.ctl("model", "import", four, "--inputs", write_inputs(folder, inputs),
                    "--out", first)
        _, _, notes = harness.ctl("model", "import", four, "--like", first, "--out", second)
        assert notes == "", notes
        with open(first, "rb") as a, open(second, "rb") as b:
            assert a.read() == b.read()
        _, _, notes = harness.ctl("model", "import", one, "--like", first, "--out", second)
        assert notes == (f"the classes of {first} are not taken: they are 4, the output has 1 "
                         "column\n"), notes


def what_lacks_metadata_scores_nothing():
    model, tell = told("torch_seed_default")
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        data = exports.write_rows(os.path.join(folder, "rows.csv"), tell["inputs"])
        for command in (["predict"], ["evaluate", "--label", "c0"]):
            status, out, said = harness.ctl(
                *command, "--model", model, "--data", data, check=False)
            assert status == 1 and not out and said == (
                f'defectctl {command[0]}: {model}: the file has no metadata "defectd.inputs", '
                'which says how raw features become inputs; "defectctl model import" attaches '
                "it\n"), said


def what_the_file_says_stays_unless_an_option_replaces_it():
    model, _ = told("torch_seed_default")
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        first, second, third = (os.path.join(folder, f"{n}.onnx") for n in "123")
        inputs = write_inputs(folder, plain_inputs(8))
        _, _, notes = harness.ctl("model", "import", model, "--inputs", inputs, "--out", first)
        assert notes == "nothing says a threshold: 0.5 is taken\n", notes
        _, _, notes = harness.ctl("model", "import", first, "--out", second)
        assert notes == "", notes
        with open(first, "rb") as a, open(second, "rb") as b:
            assert a.read() == b.read()
        _, out, notes = harness.ctl(
            "--json", "model", "import", first, "--threshold", "0.7", "--out", third)
        assert notes == "the file's own defectd.threshold is replaced\n", notes
        assert json.loads(out)["threshold"] == 0.7


def show_tells_what_a_file_is_made_of():
    model, _ = told("torch_logits")
    _, text, _ = harness.ctl("model", "show", model)
    assert "producer  pytorch 1.13.0, opset" in text, text
    assert 'usable    no: the file has no metadata "defectd.inputs"' in text, text
    assert "\n  1  affine" in text, text
    with site_of(8) as site:
        told_of = import_and_promote(site, model, plain_inputs(8), "--logits")
        for name in ("champion", told_of["sha256"][:6], told_of["sha256"]):
            _, out, _ = harness.ctl("--json", "model", "show", name, config=site.config)
            shown = json.loads(out)
            assert shown["sha256"] == told_of["sha256"] and shown["usable"] and shown["logits"]
            assert [i["from"] for i in shown["inputs"]] == [f"f{i}" for i in range(8)]
            assert shown["selftest_rows"] == 3 and shown["threshold"] == 0.5
        status, _, words = harness.ctl(
            "model", "show", "challenger", config=site.config, check=False)
        assert (status, words) == (1, f'defectctl model show: line "{LINE}" has no model '
                                      '"challenger", and there is no such file\n'), words


def changed(model, folder, find, put):
    """A copy with other bytes in one place."""
    with open(model, "rb") as f:
        content = f.read()
    assert content.count(find) == 1
    path = os.path.join(folder, "changed.onnx")
    with open(path, "wb") as f:
        f.write(content.replace(find, put))
    return path


def first_weight(model):
    """Bytes of a weight that is there once: from the plain file's raw data."""
    with open(model, "rb") as f:
        content = f.read()
    at = content.rindex(b"\x4a\x80\x10")  # TensorProto.raw_data, 2,048 bytes
    return content[at + 3 : at + 7]


def refused(words, model, inputs, *options, width=8):
    """With --out and with --line: one sentence with these words, and nothing is left behind."""
    with site_of(width) as site:
        path = write_inputs(site.folder, inputs)
        out = os.path.join(site.folder, "out")
        os.mkdir(out)
        for place in (["--out", os.path.join(out, "m.onnx")], ["--line", LINE]):
            status, text, said = harness.ctl("model", "import", model, "--inputs", path, *options,
                                             *place, config=site.config, check=False)
            assert status == 1 and not text, f"{status} {text} {said}"
            assert said.count("\n") == 1 and words in said, said
        assert os.listdir(out) == []
        assert not any(files for _, _, files in os.walk(os.path.join(site.state, "models")))
        _, listed, _ = harness.ctl("--json", "model", "list", config=site.config, check=False)
        assert listed in ("", "[]\n"), listed


def what_cannot_be_used_is_refused_in_words():
    model, _ = told("torch_seed_default")
    eight = plain_inputs(8)
    refused("inputs.json has 7 inputs, the graph wants 8 columns (input 8)", model, eight[:7])
    refused("inputs.json has 9 inputs, the graph wants 8 columns (input 8)", model,
            eight + [{"from": "g", "mean": 0}])
    refused('inputs.json: inputs/2: unknown key "means", allowed are name, from, derive, mean, sd,',
            model, eight[:2] + [{"from": "f2", "means": 0}] + eight[3:])
    refused('inputs.json: unknown key "treshold", allowed are inputs, threshold, classes and '
            'defect_classes', model, {"inputs": eight, "treshold": 0.5})
    refused('inputs.json: "threshold" is no number from 0 to 1', model,
            {"inputs": eight, "threshold": 5})
    refused('inputs.json: defectd.inputs/7: "derive": at character 6 the text ends', model,
            eight[:7] + [{"name": "g", "derive": "f7 * ", "mean": 0}])
    refused('there is a scaler in both places: the input "f0" has "scale", and the graph scales '
            "its inputs itself (node", told("torch_scaler_inside")[0],
            [{"from": f"f{i}", "mean": 0, "sd": 1, "scale": True} for i in range(8)])
    refused('the graph\'s output "output" is not shown to lie in 0 to 1', told("torch_logits")[0],
            eight)
    refused("so which are defects is not known; import it with --classes and --defect-classes",
            told("torch_softmax3")[0], eight)
    refused("defectd.classes has 2 classes, the graph's output has 3 columns",
            told("torch_softmax3")[0], eight, "--classes", "a,b", "--defect-classes", "b")
    refused("a constant that is not finite (nan at place", told("reject/nan_weight")[0], eight)


def infinite_weights_are_refused():
    model, _ = told("torch_seed_default")
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        bad = changed(model, folder, first_weight(model), struct.pack("<f", math.inf))
        refused("a constant that is not finite (inf at place", bad, plain_inputs(8))


def a_model_for_other_features_is_refused_by_the_line():
    model, _ = told("torch_seed_default")
    with site_of(7) as site:
        path = write_inputs(site.folder, plain_inputs(8))
        status, _, said = harness.ctl(
            "model", "import", model, "--inputs", path, config=site.config, check=False)
        assert status == 1 and said == (
            f'defectctl model import: {model}: the model wants feature "f7", which the line does '
            "not have\n"), said
        _, listed, _ = harness.ctl("--json", "model", "list", config=site.config, check=False)
        assert listed in ("", "[]\n"), listed


def wrong_use_is_exit_64():
    model, _ = told("torch_seed_default")
    two_lines = [line(8), dict(line(8), line="press-4")]
    with harness.Site(two_lines, start_broker=False) as site:
        inputs = write_inputs(site.folder, plain_inputs(8))
        for options, words in (
            ([], "--line is missing: there are press-3, press-4"),
            (["--line", LINE, "--out", "x.onnx"], "--line and --out do not go together"),
            (["--like", model], "--inputs and --like do not go together"),
            (["--classes", "a,b"], "--classes and --defect-classes go together"),
            (["--threshold", "2", "--out", "x.onnx"], "--threshold is 2, allowed is 0 to 1"),
        ):
            status, _, said = harness.ctl("model", "import", model, "--inputs", inputs, *options,
                                          config=site.config, check=False)
            assert status == 64 and words in said, f"{status} {said}"


def limited():
    """What is written may have 4,096 bytes: the file has no room, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def a_full_disk_leaves_the_file_of_before():
    model, _ = told("torch_seed_default")
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        inputs = write_inputs(folder, plain_inputs(8))
        out = os.path.join(folder, "out")
        os.mkdir(out)
        old = harness.write(os.path.join(out, "m.onnx"), "old")
        done = subprocess.run(
            [harness.DEFECTCTL, "model", "import", model, "--inputs", inputs, "--out", old],
            preexec_fn=limited, capture_output=True, text=True)
        assert done.returncode == 1 and not done.stdout, done
        assert done.stderr == f"defectctl model import: {old}: File too large\n", done.stderr
        with open(old) as f:
            assert f.read() == "old"
        assert os.listdir(out) == ["m.onnx"]


def a_full_disk_leaves_the_registry_of_before():
    model, _ = told("torch_seed_default")
    with site_of(8) as site:
        path = write_inputs(site.folder, plain_inputs(8))
        trouble = harness.write(os.path.join(site.folder, "trouble"), "ENOSPC")
        env = {
            "ASAN_OPTIONS": "verify_asan_link_order=0",
            "LD_PRELOAD": harness.need(SHIM, "the disk shim"),
            "DISK_ROOT": site.state,
            "DISK_TROUBLE": trouble,
        }
        status, text, said = harness.ctl("model", "import", model, "--inputs", path,
                                         config=site.config, env=env, check=False)
        assert status == 1 and not text and said.count("\n") == 1, said
        assert "No space left on device" in said or "full" in said, said
        assert not any(files for _, _, files in os.walk(os.path.join(site.state, "models")))
        os.remove(trouble)
        harness.ctl("model", "import", model, "--inputs", path, config=site.config)
        _, listed, _ = harness.ctl("--json", "model", "list", config=site.config)
        assert [m["role"] for m in json.loads(listed)] == ["challenger"]


def a_line_file_may_name_a_finished_foreign_model():
    model, tell = told("jax_nnx_silu_softmax4")
    with site_of(6, model="theirs.onnx") as site:
        bare = os.path.join(site.state, "models", "theirs.onnx")
        shutil.copy(model, bare)
        status, _, said = harness.ctl("check", config=site.config, check=False)
        assert status == 78 and f'{bare}: the file has no metadata "defectd.inputs"' in said, said
        inputs = {"inputs": plain_inputs(6), "threshold": 0.5, "classes": NAMES,
                  "defect_classes": ["scratch", "dent"]}
        harness.ctl("model", "import", model, "--out", bare, "--inputs",
                    write_inputs(site.folder, inputs))
        harness.ctl("check", config=site.config)
        for row, outputs in zip(replay(site, tell["inputs"]), tell["outputs"]):
            assert abs(row["p_defect"] - outputs[1] - outputs[2]) <= 1e-5
            assert row["class"] == side(outputs)


if __name__ == "__main__":
    harness.run(
        networks_of_every_program_give_its_probabilities_on_the_line,
        numbers_in_a_file_beside_it_are_packed_in,
        logits_become_probabilities,
        classes_are_added_up_and_named,
        one_input_per_column_is_bound_by_name,
        scaling_and_derived_inputs_are_done_before_the_graph,
        another_models_metadata_can_be_taken,
        classes_of_another_model_go_with_as_many_columns_only,
        what_lacks_metadata_scores_nothing,
        what_the_file_says_stays_unless_an_option_replaces_it,
        show_tells_what_a_file_is_made_of,
        what_cannot_be_used_is_refused_in_words,
        infinite_weights_are_refused,
        a_model_for_other_features_is_refused_by_the_line,
        wrong_use_is_exit_64,
        a_full_disk_leaves_the_file_of_before,
        a_full_disk_leaves_the_registry_of_before,
        a_line_file_may_name_a_finished_foreign_model,
    )
