"""A milling line for tests: products of the AI4I kind, cut into messages.

A product is a unit; its `type` is a property of a lot of material, 50 products to a lot; a start
message names the lot; every process value comes on a topic of its own.
"""

import csv
import json
import os
import random

import harness

VALUES = ["air_temperature_k", "process_temperature_k", "rotational_speed_rpm", "torque_nm", "tool_wear_min"]
LEAKING = "udi,twf,hdf,pwf,osf,rnf"
EPOCH_MS = 1_767_600_000_000  # the products' own times begin here


def line(name="mill-1", model=None, own_times=True, **more):
    """The line file. With own_times, every message carries the time of its event."""
    time = {"time": "/ts"} if own_times else {}
    value = (
        {"topic": "mill/unit/{unit}/{tag}", **time}
        if own_times
        else {"topic": "mill/unit/{unit}/{tag}", "format": "number"}
    )
    config = {
        "line": name,
        "sources": {
            "mat": {"topic": "mill/lot/{lot}", "fields": {"type": "/type"}, **time},
            "start": {"topic": "mill/start/{unit}", "fields": {"material": "/lot"}, **time},
            "value": value,
        },
        "lots": {"material": {"bind": "start.material"}},
        "features": [{"name": "type", "from": "mat.type", "lot": "material", "type": "text"}]
        + [{"name": v, "from": f"value.{v}"} for v in VALUES],
        **more,
    }
    if model:
        config["model"] = model
    return config


def ai4i():
    """The 10,000 rows of the data set, names as defectctl makes them."""
    path = harness.need(os.path.join(harness.DATA, "ai4i2020/ai4i2020.csv"), "the AI4I data set")
    names = ["udi", "product_id", "type"] + VALUES
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = list(csv.reader(f))
    return path, [dict(zip(names, row)) for row in rows[1:]]


def made_up(count, seed=1):
    """Products nobody measured, for tests that need many."""
    rng = random.Random(seed)
    for n in range(count):
        yield {
            "product_id": f"P{n:06d}",
            "type": rng.choice("LLLMMH"),
            "air_temperature_k": f"{rng.gauss(300, 2):.1f}",
            "process_temperature_k": f"{rng.gauss(310, 1.5):.1f}",
            "rotational_speed_rpm": str(int(rng.gauss(1540, 180))),
            "torque_nm": f"{rng.gauss(40, 10):.1f}",
            "tool_wear_min": str(rng.randrange(0, 250)),
        }


def messages(products, interleaved=200, seed=1, own_times=True):
    """(topic, payload) of every message, those of `interleaved` products in random order. A lot's
    message may come after its first products; what opens a unit need not be its start."""
    rng = random.Random(seed)
    lots, pool = {}, []
    for n, product in enumerate(products):
        kind = product["type"]
        if kind not in lots or lots[kind][1] == 50:
            lots[kind] = (f"{kind}-{n}", 0)
            made = {"type": kind, "ts": EPOCH_MS + n * 1000} if own_times else {"type": kind}
            pool.append((f"mill/lot/{lots[kind][0]}", made))
        lot, used = lots[kind]
        lots[kind] = (lot, used + 1)
        unit, at = product["product_id"], EPOCH_MS + n * 1000
        start = {"lot": lot, "ts": at} if own_times else {"lot": lot}
        pool.append((f"mill/start/{unit}", start))
        for k, name in enumerate(VALUES):
            number = float(product[name])
            payload = {"value": number, "ts": at + 10 * (k + 1)} if own_times else number
            pool.append((f"mill/unit/{unit}/{name}", payload))
        if (n + 1) % interleaved == 0:
            rng.shuffle(pool)
            yield from ((t, json.dumps(p).encode()) for t, p in pool)
            pool = []
    rng.shuffle(pool)
    yield from ((t, json.dumps(p).encode()) for t, p in pool)


def train(folder, path=None, seed=1):
    """A model of the AI4I data (or of a made-up table) in `folder`; its path."""
    out = os.path.join(folder, "model.onnx")
    if path is None:
        path = history(os.path.join(folder, "history.csv"))
    harness.ctl(
        "train", "--data", path, "--label", "machine_failure", "--unit", "product_id",
        "--drop", LEAKING if "ai4i" in path else "udi", "--seed", seed, "--out", out,
    )
    return out


def history(path, count=3000, seed=7):
    """A training table with the products' columns, whose label follows from torque and wear."""
    rng = random.Random(seed)
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["udi", "product_id", "type", *VALUES, "machine_failure"])
        for n, p in enumerate(made_up(count, seed)):
            strain = float(p["torque_nm"]) * (100 + float(p["tool_wear_min"]))
            bad = strain + rng.gauss(0, 600) > 13000
            out.writerow([n, p["product_id"], p["type"], *(p[v] for v in VALUES), int(bad)])
    return path
