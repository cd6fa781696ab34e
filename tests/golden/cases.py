"""The cases beside this file: what is in their folders, and how results are compared.

A case is a folder with
  WHY              the rule, where it stands, what a wrong implementation would do
  line.json        the line file; or LINE, which holds the relative path of one in config/examples
  recording.jsonl  what comes in
  rows.json        the rows of unit_<line> that must come out, in the order they were scored
and, where they matter,
  messages.jsonl   what is published, compared whole
  labels.json, label_history.json, training.json   rows of those tables and the view
  counts.json      counters of `replay --json`, those that are named
  defectd.json     keys of the gateway's file ("limits", "future_limit")
  model.json       a model (see onnx_file.py), under the name that the line's "model" has
Only keys that are there are compared; a row names at least unit, started_ms, scored_ms, verdict,
reason and every feature. In `detail` too only what is named is compared.

Times in the cases count from 10:00:00 UTC of 2026-11-22, which is 1795341600000, where nothing
else is said.
"""

import json
import os
import re
import sqlite3

from onnx_file import model_bytes

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("DEFECTD_SOURCE") or os.path.abspath(os.path.join(HERE, "../.."))
BUILD = os.path.abspath(os.environ.get("DEFECTD_BUILD") or os.path.join(HERE, "../../build"))
DEFECTCTL = os.path.join(BUILD, "defectctl")

FIXED = ("unit started_ms scored_ms verdict p_defect class threshold model reason imputed reasons"
         " detail lots config latency_us gap_ms").split()
ALWAYS = {"unit", "started_ms", "scored_ms", "verdict", "reason"}
# What hangs on the clock of the wall, not on the recording.
OF_THE_WALL = {"scored_ms", "latency_us", "gap_ms"}
P_TOLERANCE = 1e-6  # the network is in float32
TABLES = {
    "labels.json": "SELECT * FROM label WHERE line = :line ORDER BY at_ms, unit, source",
    "label_history.json": "SELECT * FROM label_history WHERE line = :line ORDER BY at_ms, unit, _rowid_",
    "training.json": 'SELECT * FROM "training_{0}" ORDER BY started_ms, unit',
}


def without_comments(text):
    """Line files have // comments; texts may hold // too."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda m: m.group(1) or "", text)


def read_json(path):
    with open(path) as f:
        return json.loads(without_comments(f.read()))


class Case:
    def __init__(self, name):
        self.name = name
        self.folder = os.path.join(HERE, name)
        self.line_file = self.path("line.json")
        if self.has("LINE"):
            with open(self.path("LINE")) as f:
                self.line_file = os.path.normpath(self.path(f.read().strip()))
        self.recording = self.path("recording.jsonl")
        self.document = read_json(self.line_file)
        self.line = self.document["line"]
        self.table = self.line.replace("-", "_")

    def path(self, name):
        return os.path.join(self.folder, name)

    def has(self, name):
        return os.path.exists(self.path(name))

    def wanted(self, name):
        return read_json(self.path(name)) if self.has(name) else None

    def prepare(self, folder):
        """defectd.json, the model's file; the path of the former."""
        gateway = {"instance": "gw", "state_dir": "state", "lines": [self.line_file]}
        models = os.path.join(folder, "state", "models")
        os.makedirs(models)
        if self.has("model.json"):
            with open(os.path.join(models, self.document["model"]), "wb") as f:
                f.write(model_bytes(self.wanted("model.json")))
        path = os.path.join(folder, "defectd.json")
        with open(path, "w") as f:
            json.dump({**gateway, **(self.wanted("defectd.json") or {})}, f)
        return path

    def messages(self):
        with open(self.recording) as f:
            return [json.loads(line) for line in f if line.strip()]


def all_cases():
    return [Case(n) for n in sorted(os.listdir(HERE))
            if os.path.exists(os.path.join(HERE, n, "recording.jsonl"))]


def select(database, query, **names):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    db.row_factory = sqlite3.Row
    try:
        return [dict(r) for r in db.execute(query, names)]
    finally:
        db.close()


def unit_rows(database, case):
    rows = select(database, f'SELECT * FROM "unit_{case.table}" ORDER BY rowid')
    for row in rows:
        del row["config"]
    return rows


def table_rows(database, case, name):
    query = TABLES[name].format(case.table)
    return select(database, query, **({"line": case.line} if ":line" in query else {}))


def is_within(found, wanted):
    """Is all that `wanted` names in `found`? For the objects of `detail`."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            k in found and is_within(found[k], v) for k, v in wanted.items())
    return is_same("", found, wanted)


def is_same(column, found, wanted):
    if column in ("detail", "lots", "imputed", "reasons") and not isinstance(wanted, str):
        found = None if found is None else json.loads(found)
        return is_within(found, wanted) if column == "detail" else found == wanted
    is_number = lambda v: isinstance(v, (int, float)) and not isinstance(v, bool)
    if is_number(found) and is_number(wanted):
        allowed = P_TOLERANCE if column == "p_defect" else 1e-9 * max(abs(wanted), 1e-3)
        return abs(found - wanted) <= (0 if isinstance(wanted, int) and abs(wanted) > 1e9 else allowed)
    return type(found) is type(wanted) and found == wanted


def differences(found, wanted, what, left_out=frozenset()):
    """Sentences; rows are compared in order, by the keys that `wanted` has."""
    for i in range(max(len(found), len(wanted))):
        if i >= len(wanted):
            yield f"{what} {i + 1}: nothing is wanted, found {found[i]}"
        elif i >= len(found):
            yield f"{what} {i + 1}: wanted {wanted[i]}, there is none"
        else:
            for key, value in wanted[i].items():
                if key in left_out:
                    continue
                if key not in found[i]:
                    yield f"{what} {i + 1}: there is no {key}"
                elif not is_same(key, found[i][key], value):
                    yield f"{what} {i + 1}: {key} is {found[i][key]!r}, wanted {value!r}"


def row_differences(found, wanted, left_out=frozenset()):
    yield from differences(found, wanted, "row", left_out)
    for i, (a, b) in enumerate(zip(found, wanted), 1):
        unsaid = ALWAYS - set(b) | {k for k in a if k not in FIXED} - set(b)
        if unsaid:
            yield f"row {i}: rows.json does not say {', '.join(sorted(unsaid))}"
