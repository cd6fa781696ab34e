"""Run with the Python that has PyTorch: trains nets of many kinds for a moment and exports each with
torch.onnx. Writes FOLDER/*.onnx and FOLDER/cases.json: the rows, and what PyTorch makes of them."""

import json
import os
import sys
import warnings

import numpy
import parts
import torch
from torch import nn

OPSETS = range(11, 17)


class Scaled(nn.Module):
    """The scaler is in the net, as buffers."""

    def __init__(self, net, x):
        super().__init__()
        self.register_buffer("mean", torch.tensor(x.mean(axis=0), dtype=torch.float32))
        self.register_buffer("sd", torch.tensor(x.std(axis=0), dtype=torch.float32))
        self.net = net

    def forward(self, x):
        return self.net((x - self.mean) / self.sd)


class Residual(nn.Module):
    def __init__(self, width, activation):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.activation = activation

    def forward(self, x):
        return x + self.second(self.activation(self.first(x)))


class Gated(nn.Module):
    """Two readings of the same row, one opening the other; the columns split and put together."""

    def __init__(self, inputs, width):
        super().__init__()
        self.value, self.gate = nn.Linear(inputs, width), nn.Linear(inputs, width)
        self.out = nn.Linear(width + 2, 1)

    def forward(self, x):
        inside = torch.tanh(self.value(x)) * torch.sigmoid(self.gate(x))
        return torch.sigmoid(self.out(torch.cat([inside, x[:, 1:3]], dim=1))).squeeze(-1)


def nets(x):
    """name: (net, how many outputs mean what)"""
    n = x.shape[1]
    return {
        "mlp": Scaled(nn.Sequential(nn.Linear(n, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(),
                                    nn.Linear(16, 1), nn.Sigmoid()), x),
        "batchnorm": nn.Sequential(nn.BatchNorm1d(n), nn.Linear(n, 24), nn.BatchNorm1d(24), nn.Tanh(),
                                   nn.Dropout(0.2), nn.Linear(24, 1), nn.Sigmoid()),
        "residual": Scaled(nn.Sequential(nn.Linear(n, 16), Residual(16, nn.SiLU()), Residual(16, nn.ReLU()),
                                         nn.Linear(16, 2), nn.Softmax(dim=-1)), x),
        "gelu": Scaled(nn.Sequential(nn.Linear(n, 24), nn.GELU(), nn.LayerNorm(24), nn.Linear(24, 1),
                                     nn.Sigmoid()), x),
        "logits": Scaled(nn.Sequential(nn.Linear(n, 16), nn.LeakyReLU(0.1), nn.Linear(16, 8), nn.ELU(0.7),
                                       nn.Linear(8, 1)), x),
        "classes": Scaled(nn.Sequential(nn.Linear(n, 16), nn.SELU(), nn.Linear(16, 3), nn.Softmax(dim=1)), x),
        "class_logits": Scaled(nn.Sequential(nn.Linear(n, 16), nn.Softplus(), nn.Linear(16, 3)), x),
        "gated": Scaled(Gated(n, 12), x),
        "activations": Scaled(nn.Sequential(nn.Linear(n, 16), nn.Mish(), nn.Linear(16, 16), nn.Hardswish(),
                                            nn.Linear(16, 8), nn.PReLU(), nn.Linear(8, 1), nn.Sigmoid()), x),
    }


CLASSES = ["--classes", "good,worn,hot", "--defect-classes", "worn,hot"]
HOW = {"logits": ["--logits"], "classes": CLASSES, "class_logits": ["--logits", *CLASSES]}


def train(name, net, x, defective, kind, steps=40):
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    rows = torch.tensor(x, dtype=torch.float32)
    wanted = torch.tensor(kind if "class" in name else defective.astype(int))
    for _ in range(steps):
        out = net(rows)
        if name == "logits":
            loss = nn.functional.binary_cross_entropy_with_logits(out[:, 0], wanted.float())
        elif name == "class_logits":
            loss = nn.functional.cross_entropy(out, wanted)
        elif out.dim() == 2 and out.shape[1] > 1:
            loss = nn.functional.nll_loss(torch.log(out + 1e-7), wanted)
        else:
            loss = nn.functional.binary_cross_entropy(out.reshape(-1), wanted.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()


def probability(name, raw):
    """Of a defect, as whoever trained the net would say it."""
    if name == "logits":
        return torch.sigmoid(raw[:, 0])
    if name == "class_logits":
        raw = torch.softmax(raw, dim=1)
    if raw.dim() == 1 or raw.shape[1] == 1:
        return raw.reshape(-1)
    return raw[:, 1:].sum(dim=1)


def export(net, path, opset, fixed):
    """With `fixed`, as torch.onnx does unless told otherwise: for one row."""
    axes = None if fixed else {"x": {0: "n"}, "y": {0: "n"}}
    torch.onnx.export(net, torch.zeros(1 if fixed else 2, len(parts.COLUMNS)), path, opset_version=opset,
                      input_names=["x"], output_names=["y"], dynamic_axes=axes)


def main(folder):
    warnings.simplefilter("ignore")
    torch.manual_seed(1)
    torch.set_num_threads(1)
    x, defective, kind = parts.table()
    rows, cases = parts.rows_to_score(), []
    for number, (name, net) in enumerate(nets(x).items()):
        train(name, net, x, defective, kind)
        with torch.no_grad():
            raw = net(torch.tensor(numpy.array(rows, dtype=numpy.float32)))
            p = probability(name, raw)
        for opset in OPSETS:
            fixed = opset == 13 and name not in ("gated",)
            path = os.path.join(folder, f"{name}_{opset}.onnx")
            export(net, path, opset, fixed)
            cases.append({
                "name": name, "file": path, "how": HOW.get(name, []),
                "raw": raw.reshape(len(rows), -1).tolist(), "p": p.tolist(),
                "in_use": opset == OPSETS[number % len(OPSETS)],  # the others with predict alone
            })
    with open(os.path.join(folder, "cases.json"), "w") as f:
        json.dump({"columns": parts.COLUMNS, "rows": rows, "inputs": parts.inputs(), "cases": cases}, f)


main(sys.argv[1])
