"""Random graphs of what exporters write for tables, as ONNX files. Arguments: FOLDER FIRST COUNT.
Leaves FOLDER/<seed>.onnx and FOLDER/graphs.json: for each graph its file, the rows that go in and
the axis of the batch in what comes out. Needs python3-onnx.

Each operation takes a value that is there, and adds one or none. The batch is an axis of ROWS."""

import json
import os
import random
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

ROWS = 7  # no other dim is as long
WIDTH = 200  # columns of a value at most
OPSETS = [9, 10, 11, 12, 13, 15, 17, 18, 20, 21]
LAST = 2**31 - 1


class Value:
    def __init__(self, name, dims, batch):
        self.name, self.dims, self.batch = name, list(dims), batch

    def free(self):
        return [i for i in range(len(self.dims)) if i != self.batch]


class Graph:
    def __init__(self, seed):
        self.random, self.numbers = random.Random(seed), np.random.default_rng(seed)
        self.opset = self.random.choice(OPSETS)
        self.nodes, self.constants, self.values, self.inputs = [], [], [], []
        for i in range(self.random.choice([1, 1, 2])):
            dims = [ROWS] + [self.random.randint(1, 5) for _ in range(self.random.choice([1, 1, 2]))]
            self.inputs.append(Value(f"input_{i}", dims, 0))
        self.values += self.inputs

    # ---- making parts ----

    def floats(self, *dims):
        return self.numbers.standard_normal(dims).astype(np.float32)

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def ints(self, *numbers):
        return self.constant(np.array(numbers, dtype=np.int64))

    def node(self, op, *inputs, outputs=1, domain="", **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def add(self, name, dims, batch):
        columns = int(np.prod([d for i, d in enumerate(dims) if i != batch]))
        if 0 < columns <= WIDTH and len(dims) <= 5:
            self.values.append(Value(name, dims, batch))

    def axes(self, op, since, name, *axes, **attributes):
        """A node with axes: an operand from opset `since` on, before that an attribute."""
        if self.opset >= since:
            return self.node(op, name, self.ints(*axes), **attributes)
        return self.node(op, name, axes=list(axes), **attributes)

    # ---- operations ----

    def map(self, x):
        first = {"Celu": 12, "HardSwish": 14, "Mish": 18, "Gelu": 20}
        ops = ("Abs Neg Relu Sigmoid Tanh LeakyRelu Elu Selu Softplus Softsign Erf Sign Floor Ceil "
               "HardSigmoid ThresholdedRelu Sin Cos Identity Atan Celu HardSwish Mish Gelu").split()
        op = self.random.choice([o for o in ops if first.get(o, 0) <= self.opset])
        self.add(self.node(op, x.name), x.dims, x.batch)

    def pair_with_constant(self, x):
        op = self.random.choice("Add Sub Mul Div Max Min PRelu".split())
        first = self.random.randint(0, len(x.dims))
        dims = [1 if i == x.batch or self.random.random() < 0.3 else x.dims[i]
                for i in range(first, len(x.dims))]
        c = self.floats(*dims)
        if op == "Div":
            c = np.where(c < 0, c - 0.5, c + 0.5).astype(np.float32)
        operands = [x.name, self.constant(c)]
        if op in ("Add", "Sub", "Mul") and self.random.random() < 0.5:
            operands.reverse()
        self.add(self.node(op, *operands), x.dims, x.batch)

    def pair(self, x):
        fitting = [v for v in self.values if len(v.dims) - v.batch == len(x.dims) - x.batch]
        y = self.random.choice(fitting)
        try:
            dims = list(np.broadcast_shapes(x.dims, y.dims))
        except ValueError:
            return
        op = self.random.choice("Add Sub Mul Max Min".split())
        self.add(self.node(op, x.name, y.name), dims, len(dims) - (len(x.dims) - x.batch))

    def multiply(self, x):
        if len(x.dims) < 2 or x.batch == len(x.dims) - 1:
            return
        n = self.random.randint(1, 6)
        w = self.constant(0.6 * self.floats(x.dims[-1], n))
        self.add(self.node("MatMul", x.name, w), x.dims[:-1] + [n], x.batch)

    def multiply_from_the_left(self, x):
        if x.batch >= len(x.dims) - 2:
            return
        n = self.random.randint(1, 4)
        w = self.constant(0.6 * self.floats(n, x.dims[-2]))
        self.add(self.node("MatMul", w, x.name), x.dims[:-2] + [n, x.dims[-1]], x.batch)

    def layer(self, x):
        if len(x.dims) != 2 or x.batch != 0:
            return
        n, turned = self.random.randint(1, 6), self.random.randint(0, 1)
        w = 0.6 * self.floats(x.dims[1], n)
        operands = [x.name, self.constant(w.T.copy() if turned else w)]
        if self.opset < 11 or self.random.random() < 0.7:
            operands.append(self.constant(self.floats(*self.random.choice([(n,), (1, n), (1,), ()]))))
        self.add(self.node("Gemm", *operands, transB=turned, alpha=0.5, beta=1.5), [ROWS, n], 0)

    def reduce(self, x):
        if not x.free():
            return
        axes = self.random.sample(x.free(), self.random.randint(1, len(x.free())))
        op = self.random.choice(("ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin "
                                 "ReduceProd ReduceSum ReduceSumSquare").split())
        keep = self.random.randint(0, 1)
        y = self.axes(op, 13 if op == "ReduceSum" else 18, x.name, *axes, keepdims=keep)
        if keep:
            self.add(y, [1 if i in axes else d for i, d in enumerate(x.dims)], x.batch)
        else:
            self.add(y, [d for i, d in enumerate(x.dims) if i not in axes],
                     x.batch - sum(a < x.batch for a in axes))

    def softmax(self, x):
        axes = [a for a in x.free() if a > x.batch or self.opset >= 13]
        if axes:
            op = self.random.choice(["Softmax", "LogSoftmax"])
            self.add(self.node(op, x.name, axis=self.random.choice(axes)), x.dims, x.batch)

    def concat(self, x):
        if not x.free():
            return
        axis = self.random.choice(x.free())
        fitting = [v for v in self.values if len(v.dims) == len(x.dims) and v.batch == x.batch and
                   all(i == axis or a == b for i, (a, b) in enumerate(zip(v.dims, x.dims)))]
        parts = [x] + [self.random.choice(fitting) for _ in range(self.random.randint(1, 2))]
        dims = list(x.dims)
        dims[axis] = sum(p.dims[axis] for p in parts)
        self.add(self.node("Concat", *[p.name for p in parts], axis=axis), dims, x.batch)

    def slice(self, x):
        if not x.free():
            return
        axis, dims = self.random.choice(x.free()), list(x.dims)
        first = self.random.randint(-dims[axis], dims[axis] - 1)
        last = self.random.choice([self.random.randint(-dims[axis], dims[axis]), LAST])
        step = self.random.choice([1, 1, 2, -1]) if self.opset >= 10 else 1
        dims[axis] = len(range(dims[axis])[first:last:step])
        if dims[axis] == 0:
            return
        if self.opset >= 10:
            y = self.node("Slice", x.name, *(self.ints(n) for n in (first, last, axis, step)))
        else:
            y = self.node("Slice", x.name, axes=[axis], starts=[first], ends=[last])
        self.add(y, dims, x.batch)

    def gather(self, x):
        if not x.free():
            return
        axis = self.random.choice(x.free())
        shape = self.random.choice([(), (self.random.randint(1, 4),), (2, 2)])
        places = self.numbers.integers(0, x.dims[axis], shape).astype(np.int64)
        dims = x.dims[:axis] + list(shape) + x.dims[axis + 1:]
        y = self.node("Gather", x.name, self.constant(places), axis=axis)
        self.add(y, dims, x.batch if x.batch < axis else x.batch + len(shape) - 1)

    def split(self, x):
        axes = [a for a in x.free() if x.dims[a] > 1]
        if not axes:
            return
        axis = self.random.choice(axes)
        sizes = [1, x.dims[axis] - 1]
        parts = (self.node("Split", x.name, self.ints(*sizes), outputs=2, axis=axis)
                 if self.opset >= 13 else
                 self.node("Split", x.name, outputs=2, axis=axis, split=sizes))
        for part, size in zip(parts, sizes):
            self.add(part, [size if i == axis else d for i, d in enumerate(x.dims)], x.batch)

    def transpose(self, x):
        order = list(range(len(x.dims)))
        self.random.shuffle(order)
        self.add(self.node("Transpose", x.name, perm=order), [x.dims[i] for i in order],
                 order.index(x.batch))

    def reshape(self, x):
        """To other dims of as many columns; the batch said by -1, 0, or worked out."""
        if x.batch != 0:
            return
        columns = int(np.prod(x.dims[1:]))
        part = self.random.choice([d for d in range(1, columns + 1) if columns % d == 0])
        dims = self.random.choice([[columns], [part, columns // part]])
        how = self.random.randint(0, 2)
        if how == 2:
            batch = self.node("Gather", self.node("Shape", x.name), self.ints(0), axis=0)
            shape = self.node("Concat", batch, self.ints(*dims), axis=0)
        else:
            shape = self.ints(how - 1, *dims)
        self.add(self.node("Reshape", x.name, shape), [ROWS] + dims, 0)

    def squeeze(self, x):
        axes = [a for a in x.free() if x.dims[a] == 1]
        if axes:
            y = self.axes("Squeeze", 13, x.name, *axes)
            self.add(y, [d for i, d in enumerate(x.dims) if i not in axes],
                     x.batch - sum(a < x.batch for a in axes))

    def unsqueeze(self, x):
        axis = self.random.randint(0, len(x.dims))
        y = self.axes("Unsqueeze", 13, x.name, axis)
        self.add(y, x.dims[:axis] + [1] + x.dims[axis:], x.batch + (axis <= x.batch))

    def clip(self, x):
        low, high = sorted(float(v) for v in self.floats(2))
        if self.opset < 11:
            y = self.node("Clip", x.name, min=low, max=high)
        else:
            y = self.node("Clip", x.name, *(self.constant(np.float32(v)) for v in (low, high)))
        self.add(y, x.dims, x.batch)

    def where(self, x):
        limit = self.constant(self.floats()[()])
        holds = self.node(self.random.choice(["Less", "Greater"]), x.name, limit)
        self.add(self.node("Where", holds, self.node("Neg", x.name), x.name), x.dims, x.batch)

    def normalise(self, x):
        if len(x.dims) < 2 or x.batch == 1 or len(x.dims) > 4:
            return
        n = x.dims[1]
        of = [self.floats(n), self.floats(n), self.floats(n), np.abs(self.floats(n)) + np.float32(0.2)]
        y = self.node("BatchNormalization", x.name, *map(self.constant, of))
        self.add(y, x.dims, x.batch)

    def by_a_dim(self, x):
        """A number that is worked out of the shape."""
        if not x.free():
            return
        place = self.constant(np.int64(self.random.choice(x.free())))
        dim = self.node("Cast", self.node("Gather", self.node("Shape", x.name), place, axis=0), to=1)
        self.add(self.node("Div", x.name, dim), x.dims, x.batch)

    def scikit(self, x):
        if len(x.dims) != 2 or x.batch != 0:
            return
        n, ml = x.dims[1], "ai.onnx.ml"
        op = self.random.choice(["Scaler", "Normalizer", "Imputer", "ArrayFeatureExtractor"])
        if op == "Scaler":
            y = self.node(op, x.name, domain=ml, offset=self.floats(n).tolist(),
                          scale=self.floats(n).tolist())
        elif op == "Normalizer":
            y = self.node(op, x.name, domain=ml, norm=self.random.choice(["L1", "L2"]))
        elif op == "Imputer":
            y = self.node(op, x.name, domain=ml, imputed_value_floats=[0.5], replaced_value_float=0.0)
        else:
            places = self.ints(*self.numbers.integers(0, n, 2).tolist())
            self.add(self.node(op, x.name, places, domain=ml), [ROWS, 2], 0)
            return
        self.add(y, x.dims, 0)

    # ---- the whole ----

    def grow(self, operations):
        kinds = [self.map, self.pair_with_constant, self.pair, self.multiply,
                 self.multiply_from_the_left, self.layer, self.reduce, self.softmax, self.concat,
                 self.slice, self.gather, self.split, self.transpose, self.reshape, self.squeeze,
                 self.unsqueeze, self.clip, self.where, self.normalise, self.by_a_dim, self.scikit]
        for _ in range(operations):
            # mostly what was made last, so that graphs become deep
            recent = self.values[-4:] if self.random.random() < 0.8 else self.values
            self.random.choice(kinds)(self.random.choice(recent))
        return self.values[-1]

    def save(self, path, result):
        ports = [helper.make_tensor_value_info(v.name, 1, ["batch"] + v.dims[1:])
                 for v in self.inputs]
        self.nodes.append(helper.make_node("Identity", [result.name], ["result"]))
        output = helper.make_tensor_value_info("result", 1, None)
        graph = helper.make_graph(self.nodes, "random", ports, [output], self.constants)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("ai.onnx.ml", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def main(folder, first, count):
    told = []
    for seed in range(int(first), int(first) + int(count)):
        graph = Graph(seed)
        result = graph.grow(graph.random.randint(3, 25))
        path = os.path.join(folder, f"{seed}.onnx")
        graph.save(path, result)
        inputs = {v.name: {"dims": v.dims, "data": graph.floats(*v.dims).flatten().tolist()}
                  for v in graph.inputs}
        told.append({"model": path, "batch": result.batch, "inputs": inputs})
    with open(os.path.join(folder, "graphs.json"), "w") as f:
        json.dump(told, f)


if __name__ == "__main__":
    main(*sys.argv[1:])
