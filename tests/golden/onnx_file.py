"""A model small enough to compute by hand, as ONNX bytes: one Gemm and a Sigmoid.

`model.json` of a case says {"inputs": [...], "weights": [...], "bias": b, "threshold": t}; inputs are
those of `defectd.inputs` (DESIGN 6). p = 1 / (1 + exp(-(sum of weight x input + bias))).
Written byte by byte after onnx.proto, so that a case needs neither a library nor our own trainer.
"""

import json
import struct

FLOAT = 1


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def number(field, n):
    return varint(field << 3) + varint(n)


def part(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def node(kind, inputs, output, attributes=b""):
    return part(1, b"".join(part(1, i) for i in inputs) + part(2, output) + part(3, output)
                + part(4, kind) + attributes)


def tensor(name, dims, values):
    return part(5, b"".join(number(1, d) for d in dims) + number(2, FLOAT) + part(8, name)
                + part(9, struct.pack(f"<{len(values)}f", *values)))


def row(field, name, width):
    shape = part(1, part(2, "batch")) + part(1, number(1, width))
    return part(field, part(1, name) + part(2, part(1, number(1, FLOAT) + part(2, shape))))


def metadata(key, value):
    return part(14, part(1, key) + part(2, value))


def model_bytes(model):
    width = len(model["inputs"])
    transposed = part(5, part(1, "transB") + number(3, 1) + number(20, 2))
    graph = (node("Gemm", ["x", "w", "b"], "logit", transposed) + node("Sigmoid", ["logit"], "p")
             + part(2, "golden") + tensor("w", [1, width], model["weights"])
             + tensor("b", [1], [model["bias"]]) + row(11, "x", width) + row(12, "p", 1))
    return (number(1, 8) + part(2, "golden") + part(7, graph) + part(8, number(2, 13))
            + metadata("defectd.inputs", json.dumps(model["inputs"]))
            + metadata("defectd.threshold", repr(float(model["threshold"]))))
