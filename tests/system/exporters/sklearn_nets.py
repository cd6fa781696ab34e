"""Run with the Python that has scikit-learn and onnx: trains MLPClassifiers for a moment and writes each
in the form that skl2onnx gives it, from coefs_ and intercepts_. Writes FOLDER/*.onnx and
FOLDER/cases.json: the rows, and what scikit-learn makes of them."""

import json
import os
import sys
import warnings

import numpy
import onnx
import parts
from onnx import TensorProto, helper, numpy_helper
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid"}
FLOAT, DOUBLE, INT64, STRING = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.STRING


class Graph:
    """Nodes and initializers by the names that skl2onnx gives them."""

    def __init__(self, double=False):
        self.nodes, self.initializers = [], []
        self.type, self.dtype = (DOUBLE, numpy.float64) if double else (FLOAT, numpy.float32)

    def constant(self, name, value, dtype=None):
        array = numpy.asarray(value, dtype=dtype or self.dtype)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def strings(self, name, values):
        self.initializers.append(helper.make_tensor(name, STRING, [len(values)], [v.encode() for v in values]))
        return name

    def add(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def write(self, path, outputs, opset):
        shape = [None, len(parts.COLUMNS)]
        graph = helper.make_graph(
            self.nodes, "pipeline", [helper.make_tensor_value_info("X", self.type, shape)], outputs,
            self.initializers)
        opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 1)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="skl2onnx", ir_version=7)
        onnx.save(model, path)


def scaled(g, scaler, form):
    """The scaler in one of the forms it is met in."""
    if isinstance(scaler, MinMaxScaler):
        product = g.add("Mul", ["X", g.constant("Mu_Mulcst", scaler.scale_)], "Mu_C0")
        moved = g.add("Add", [product, g.constant("Ad_Addcst", scaler.min_)], "Ad_C0")
        bounds = [g.constant("Cl_Clipcst", 0), g.constant("Cl_Clipcst1", 1)]
        return g.add("Clip", [moved, *bounds], "variable")
    if form == "Scaler":
        return g.add("Scaler", ["X"], "variable", domain="ai.onnx.ml", offset=scaler.mean_.astype("f").tolist(),
                     scale=(1 / scaler.scale_).astype("f").tolist())
    moved = g.add("Sub", ["X", g.constant("Su_Subcst", scaler.mean_)], "Su_C0")
    return g.add("Div", [moved, g.constant("Di_Divcst", scaler.scale_)], "variable")


def layers(g, net, x):
    """MatMul and Add for each layer, the activation between them; the last one's sums."""
    x = g.add("Cast", [x], "cast_input", to=g.type)
    for i, (weights, bias) in enumerate(zip(net.coefs_, net.intercepts_)):
        n = str(i) if i else ""
        x = g.add("MatMul", [x, g.constant("coefficient" + n, weights)], "mul_result" + n)
        x = g.add("Add", [x, g.constant("intercepts" + n, bias.reshape(1, -1))], "add_result" + n)
        if i + 1 < len(net.coefs_) and net.activation != "identity":
            x = g.add(ACTIVATIONS[net.activation], [x], "next_activations" + n)
    return x


def probabilities(g, net, x):
    if net.out_activation_ == "softmax":
        out = g.add("Softmax", [x], "out_activations_result", axis=1)
        return g.add("Identity", [out], "probabilities")
    p = g.add("Sigmoid", [x], "out_activations_result")
    other = g.add("Sub", [g.constant("unity", 1), p], "negative_class_proba")
    return g.add("Concat", [other, p], "probabilities", axis=1)


def labelled(g, net, output):
    """The label beside the probabilities; its value info."""
    is_text = net.classes_.dtype.kind == "U"
    classes = g.strings("classes", net.classes_) if is_text else g.constant("classes", net.classes_, numpy.int32)
    best = g.add("ArgMax", ["probabilities"], "argmax_output", axis=1)
    picked = g.add("ArrayFeatureExtractor", [classes, best], "array_feature_extractor_result", domain="ai.onnx.ml")
    shape = g.constant("shape_tensor", [-1], numpy.int64)
    if is_text:
        g.add("Reshape", [picked, shape], output)
    else:
        g.add("Cast", [g.add("Reshape", [picked, shape], "reshaped_result")], output, to=INT64)
    return helper.make_tensor_value_info(output, STRING if is_text else INT64, [None])


def zipped(g, net, zipmap):
    """The probabilities as output: as they are, as a sequence of maps, or a column for each class."""
    count = len(net.classes_)
    if zipmap is None:
        return [helper.make_tensor_value_info("probabilities", g.type, [None, count])]
    if zipmap == "columns":
        outputs = []
        for i in range(count):
            name = f"i{net.classes_[i]}"
            bounds = [g.constant(f"{name}_{k}", [v], numpy.int64) for k, v in (("from", i), ("to", i + 1), ("axis", 1))]
            column = g.add("Slice", ["probabilities", *bounds], name + "_column")
            g.add("Reshape", [column, g.constant(name + "_shape", [-1], numpy.int64)], name)
            outputs.append(helper.make_tensor_value_info(name, g.type, [None]))
        return outputs
    if net.classes_.dtype.kind == "U":
        keys, kind = {"classlabels_strings": list(net.classes_)}, STRING
    else:
        keys, kind = {"classlabels_int64s": [int(c) for c in net.classes_]}, INT64
    g.add("ZipMap", ["probabilities"], "output_probability", domain="ai.onnx.ml", **keys)
    pairs = onnx.TypeProto()
    pairs.sequence_type.elem_type.map_type.key_type = kind
    pairs.sequence_type.elem_type.map_type.value_type.tensor_type.elem_type = g.type
    return [helper.make_value_info("output_probability", pairs)]


def write_classifier(path, pipeline, opset, form="Scaler", double=False, zipmap=None):
    scaler, net = pipeline[0], pipeline[-1]
    g = Graph(double)
    probabilities(g, net, layers(g, net, scaled(g, scaler, form)))
    label = labelled(g, net, "output_label" if zipmap else "label")
    g.write(path, [label, *zipped(g, net, zipmap)], opset)


def write_regressor(path, pipeline, opset):
    g = Graph()
    out = layers(g, pipeline[-1], scaled(g, pipeline[0], "Scaler"))
    g.add("Reshape", [out, g.constant("shape_tensor", [-1, 1], numpy.int64)], "variable1")
    g.write(path, [helper.make_tensor_value_info("variable1", FLOAT, [None, 1])], opset)


# name: (scaler, activation, hidden layers, text classes?, how it is written)
CLASSIFIERS = {
    "seed_default": (StandardScaler, "relu", (32, 32), False, dict(opset=14)),
    "zipmap": (StandardScaler, "relu", (16,), False, dict(opset=15, zipmap="maps")),
    "zipmap_columns": (StandardScaler, "tanh", (16,), False, dict(opset=14, zipmap="columns")),
    "sub_div": (StandardScaler, "logistic", (16, 8), False, dict(opset=13, form="Sub")),
    "double": (StandardScaler, "tanh", (24,), False, dict(opset=14, form="Sub", double=True)),
    "minmax_clip": (MinMaxScaler, "relu", (16,), False, dict(opset=16)),
    "identity": (StandardScaler, "identity", (8,), False, dict(opset=11)),
    "opset9": (StandardScaler, "relu", (16,), False, dict(opset=9)),
    "classes": (StandardScaler, "relu", (24,), True, dict(opset=14)),
    "classes_zipmap": (StandardScaler, "tanh", (16, 16), True, dict(opset=12, zipmap="maps")),
    "classes_double": (StandardScaler, "tanh", (16, 8), True, dict(opset=15, form="Sub", double=True)),
}


def main(folder):
    warnings.simplefilter("ignore")  # they are not trained to the end
    x, defective, kind = parts.table()
    rows, cases = parts.rows_to_score(), []
    words = numpy.array(["good", "worn", "hot"])[kind]

    def case(name, raw, p, how):
        cases.append({"name": name, "file": os.path.join(folder, name + ".onnx"), "how": how,
                      "raw": raw.reshape(len(rows), -1).tolist(), "p": p if p is None else p.tolist(),
                      "in_use": p is not None})
        return cases[-1]["file"]

    for name, (scaler, activation, hidden, has_words, how) in CLASSIFIERS.items():
        made = scaler(clip=True) if scaler is MinMaxScaler else scaler()
        pipeline = make_pipeline(made, MLPClassifier(
            hidden, activation=activation, max_iter=12, batch_size=200, learning_rate_init=0.01, random_state=1))
        pipeline.fit(x, words if has_words else defective.astype(int))
        raw = pipeline.predict_proba(numpy.array(rows))
        classes = list(pipeline[-1].classes_)
        p = 1 - raw[:, classes.index("good")] if has_words else raw[:, 1]
        told = ["--classes", ",".join(classes), "--defect-classes", "worn,hot"] if has_words else []
        write_classifier(case(name, raw, p, told), pipeline, **how)
    pipeline = make_pipeline(StandardScaler(), MLPRegressor((16,), max_iter=12, random_state=1))
    pipeline.fit(x, x[:, 3])
    write_regressor(case("regressor", pipeline.predict(numpy.array(rows)), None, []), pipeline, 16)
    with open(os.path.join(folder, "cases.json"), "w") as f:
        json.dump({"columns": parts.COLUMNS, "rows": rows, "inputs": parts.inputs(), "cases": cases}, f)


main(sys.argv[1])
