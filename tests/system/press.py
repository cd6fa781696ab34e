"""A press for tests of models: a unit is one message with x and y; models are trained on made-up
rows, each seed another one, and are judged by what `defectctl predict` says."""

import csv
import hashlib
import io
import json
import os
import random
import shutil
import tempfile

import harness

LINE = "press-3"
TOPIC = f"defectd/gw-test/{LINE}"


def line(**more):
    return {
        "line": LINE,
        "sources": {"a": {"topic": "p3/{unit}/a", "time": "/ts"}},
        "features": [{"name": "x", "from": "a.x"},
                     {"name": "y", "from": "a.y", "missing": "impute"}],
        **more,
    }


class Models:
    """Trains models once per program and asks them."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="defectd-models-")
        self.made = {}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def make(self, seed, columns="xy"):
        """(path, sha256) of a model of these columns."""
        if (seed, columns) in self.made:
            return self.made[seed, columns]
        rng, table = random.Random(seed), os.path.join(self.folder, f"{columns}{seed}.csv")
        with open(table, "w") as f:
            f.write(",".join(columns) + ",defect\n")
            for _ in range(200):
                values = [rng.uniform(-2, 2) for _ in columns]
                bad = sum(values) + rng.gauss(0, 0.5) > 1
                f.write(",".join(f"{v:.4f}" for v in values) + f",{int(bad)}\n")
        path = os.path.join(self.folder, f"{columns}{seed}.onnx")
        harness.ctl("train", "--data", table, "--label", "defect", "--seed", seed, "--out", path)
        with open(path, "rb") as f:
            sha = hashlib.sha256(f.read()).hexdigest()
        self.made[seed, columns] = path, sha
        return path, sha

    def path(self, sha):
        return next(p for p, s in self.made.values() if s == sha)

    def predict(self, sha, rows):
        """What the model says of rows of (x, y); None is a missing value."""
        table = os.path.join(self.folder, "rows.csv")
        with open(table, "w") as f:
            f.write("x,y\n")
            for row in rows:
                f.write(",".join("" if v is None else repr(v) for v in row) + "\n")
        _, out, _ = harness.ctl("predict", "--model", self.path(sha), "--data", table)
        return [float(r["p_defect"]) for r in csv.DictReader(io.StringIO(out))]


class Press:
    """A site with a running daemon and one who sends units and commands."""

    def __init__(self, models, start=True, **more):
        self.models = models
        self.site = harness.Site([line(**more)])
        self.sent = {}  # unit: (x, y)
        self.client = None
        self.rng = random.Random(7)
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, *trace):
        self.site.__exit__(*trace)

    def start(self):
        self.site.daemon.start()
        self.site.status()

    def connect(self):
        if not self.client:
            self.client = self.site.client("commander", f"{TOPIC}/reply", f"{TOPIC}/status")
        return self.client

    # models

    @property
    def incoming(self):
        return os.path.join(self.site.state, "models", "incoming")

    def copy(self, sha):
        return os.path.join(self.site.state, "models", sha + ".onnx")

    def order(self, seed, columns="xy", **more):
        """Brings a model as `defectctl` does; returns its sha256 at once."""
        path, sha = self.models.make(seed, columns)
        shutil.copy(path, os.path.join(self.incoming, sha + ".onnx"))
        name = os.path.join(self.incoming, sha + ".json")
        order = {"v": 1, "line": LINE, "by": "amy", "why": "test", **more}
        os.rename(harness.write(name + ".tmp", order), name)
        return sha

    def bring(self, seed, columns="xy"):
        """A new challenger, in the registry."""
        sha = self.order(seed, columns)
        harness.wait_for(
            lambda: self.roles().get(sha) == "challenger"
            and not os.path.exists(os.path.join(self.incoming, sha + ".json")),
            10, f"the challenger {sha}")
        return sha

    def roles(self):
        return dict(self.site.sql("SELECT sha256, role FROM model WHERE line = ?", LINE))

    def events(self):
        return self.site.sql("SELECT sha256, role, by, why FROM model_event ORDER BY id")

    # commands

    def send(self, name, retain=False, **members):
        self.connect().publish(f"{TOPIC}/cmd/{name}", json.dumps(members), retain=retain)
        self.client.drain()

    def reply(self, req, timeout=20):
        def found():
            for topic, payload, _, _ in list(self.connect().messages):
                if topic.endswith("/reply") and json.loads(payload)["req"] == req:
                    return json.loads(payload)

        return harness.wait_for(found, timeout, f"the reply to {req}")

    def ask(self, name, req, **members):
        self.send(name, req=req, **members)
        return self.reply(req)

    def said(self):
        """The newest status of the line."""
        found = [json.loads(m[1]) for m in list(self.connect().messages)
                 if m[0] == f"{TOPIC}/status"]
        return found[-1] if found else {"state": "", "reason": "", "model": None}

    def wait_said(self, state, model=""):
        harness.wait_for(
            lambda: (self.said()["state"], self.said()["model"]) == (state, model),
            15, f"the status {state} {model[:12]}")

    # units

    def message(self, unit=None, y=True):
        unit = unit or f"U{len(self.sent)}"
        values = (round(self.rng.uniform(-2, 2), 4),
                  round(self.rng.uniform(-2, 2), 4) if y else None)
        self.sent[unit] = values
        body = {"ts": 1_795_340_350_000 + len(self.sent), "x": values[0]}
        if y:
            body["y"] = values[1]
        return f"p3/{unit}/a", json.dumps(body)

    def units(self, count):
        """Sends units and waits for their rows; their names."""
        before, names = self.site.count(LINE), []
        for _ in range(count):
            topic, payload = self.message()
            names.append(topic.split("/")[1])
            self.connect().publish(topic, payload)
        self.client.drain()
        harness.wait_for(lambda: self.site.count(LINE) == before + count, 20, f"{count} rows")
        return names

    # what must hold

    def shadows(self):
        """{(unit, model): p}"""
        return {(unit, model): p for unit, model, p in self.site.sql(
            "SELECT unit, model, p_defect FROM shadow WHERE line = ?", LINE)}

    def check_probabilities(self):
        """Every row's and every shadow's is what `predict` says for its model."""
        wanted = {}
        for unit, row in self.site.rows(LINE).items():
            if row["model"]:
                wanted.setdefault(row["model"], []).append((unit, row["p_defect"]))
        for (unit, model), p in self.shadows().items():
            wanted.setdefault(model, []).append((unit, p))
        for model, found in wanted.items():
            expected = self.models.predict(model, [self.sent[unit] for unit, _ in found])
            for (unit, p), e in zip(found, expected):
                assert abs(p - e) <= 1e-9, f"{unit} under {model[:12]}: {p}, predict says {e}"
        return sum(map(len, wanted.values()))
