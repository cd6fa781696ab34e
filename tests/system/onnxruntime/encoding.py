"""Raw features to inputs, written a second time from the model file alone: a check of the encoder
of lib/model, not a copy of it."""

import csv
import json
import re

METADATA_PROPS = 14  # field of ModelProto


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(field number, value) of a protobuf message; bytes for length-delimited ones."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(tag & 7)
            if size is None:
                size, at = varint(data, at)
            value = data[at : at + size]
            at += size
        yield tag >> 3, value


def metadata(path):
    """metadata_props of an ONNX file as {key: text}."""
    with open(path, "rb") as f:
        entries = [dict(fields(v)) for number, v in fields(f.read()) if number == METADATA_PROPS]
    return {e[1].decode(): e[2].decode() for e in entries}


def name_of(header):
    """A CSV header as a feature name."""
    return re.sub("[^a-z0-9]+", "_", header.lower()).strip("_")


def table(path):
    """The rows of a CSV as {feature: text}."""
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = list(csv.reader(f))
    names = [name_of(h) for h in rows[0]]
    return [dict(zip(names, row)) for row in rows[1:]]


def encode(value, how):
    if "one_hot" in how:
        texts = how["one_hot"] if isinstance(how["one_hot"], list) else [how["one_hot"]]
        return 1.0 if value in texts else 0.0
    if how.get("is_missing"):
        return 0.0 if value else 1.0
    if value:
        return float(value)
    missing = how.get("missing", "mean")
    return how["mean"] if missing == "mean" else missing


def inputs(model, rows):
    """The vectors that go into the graph."""
    how = json.loads(metadata(model)["defectd.inputs"])
    return [[encode(row[h["from"]], h) for h in how] for row in rows]
