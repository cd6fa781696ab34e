"""What an outsider sees: the keys and types of every message, the tables, the files' readability.

Every payload is checked against the JSON Schema of its topic (config/schema). Beyond what a schema
says, the tokens themselves are looked at: a real has a decimal point, a count never has one.
"""

import atexit
import hashlib
import json
import os
import re
import sqlite3
import sys
import time
from decimal import Decimal

sys.path.insert(0, os.path.dirname(__file__))
import harness
import milling

SCHEMAS = os.path.join(harness.SOURCE, "config/schema")
LINE, BARE = "press-3", "bare-4"
ROOT = "plant/p3/defectd"  # of LINE; BARE has the default
GOOD = dict(zip(milling.VALUES, (300.1, 310.2, 1540, 40.0, 10)))
BAD = dict(GOOD, torque_nm=70.0, tool_wear_min=240)
STATES = {"stopped": 0, "scoring": 1, "collecting": 2, "draining": 3, "degraded": 4}
FIXED = [
    ("unit", "TEXT"), ("started_ms", "INTEGER"), ("scored_ms", "INTEGER"), ("verdict", "TEXT"),
    ("p_defect", "REAL"), ("class", "TEXT"), ("threshold", "REAL"), ("model", "TEXT"),
    ("reason", "TEXT"), ("imputed", "TEXT"), ("reasons", "TEXT"), ("detail", "TEXT"),
    ("lots", "TEXT"), ("config", "TEXT"), ("latency_us", "INTEGER"), ("gap_ms", "INTEGER"),
]


def schema(name):
    with open(os.path.join(SCHEMAS, name + ".schema.json")) as f:
        return json.load(f)


def no_twice(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key stands twice: {keys}"
    return dict(pairs)


def parse(payload):
    """Reals are Decimals, counts are ints; a real without a point is neither."""

    def real(token):
        assert "." in token, f"{token} is a real without a decimal point"
        return Decimal(token)

    return json.loads(payload, parse_float=real, object_pairs_hook=no_twice)


KINDS = {"string": str, "integer": int, "number": Decimal, "object": dict}
KNOWN = {
    "$schema", "$id", "title", "description", "type", "properties", "required", "enum", "const",
    "minimum", "maximum", "pattern", "additionalProperties",
}


def check(value, rule, where="payload"):
    """The keywords that the schemas of messages use, and no others."""
    assert not set(rule) - KNOWN, f"{where}: the checker does not know {set(rule) - KNOWN}"
    if "type" in rule:
        assert type(value) is KINDS[rule["type"]], f"{where} is {value!r}, not {rule['type']}"
    if "const" in rule:
        assert type(value) is type(rule["const"]) and value == rule["const"], f"{where} is {value!r}"
    if "enum" in rule:
        assert value in rule["enum"], f"{where} is {value!r}, not of {rule['enum']}"
    if "minimum" in rule:
        assert value >= rule["minimum"], f"{where} is {value}"
    if "maximum" in rule:
        assert value <= rule["maximum"], f"{where} is {value}"
    if "pattern" in rule:
        assert re.search(rule["pattern"], value), f"{where} is {value!r}"
    for key in rule.get("required", []):
        assert key in value, f"{where} lacks {key!r}"
    if isinstance(value, dict):
        for key, member in value.items():
            inside = rule.get("properties", {}).get(key, rule.get("additionalProperties", {}))
            assert inside is not False, f"{where} has the key {key!r}, which no schema knows"
            check(member, inside, f"{where}/{key}") if inside is not True else None


def topics(instance):
    """Topic: (schema, QoS, retained)."""
    gateway = f"defectd/{instance}"
    found = {f"{gateway}/status": ("status", 1, True), f"{gateway}/stats": ("stats", 0, True)}
    for root, qos in ((ROOT, 1), (f"{gateway}/{BARE}", 0)):
        found[f"{root}/status"] = ("line-status", 1, True)
        found[f"{root}/stats"] = ("line-stats", 0, True)
        found[f"{root}/prediction"] = ("prediction", qos, False)
        found[f"{root}/alert"] = ("alert", 1, False)
    return found


def lines():
    scoring = milling.line(
        LINE, model="m.onnx", publish=ROOT, unit={"deadline": "2s"},
        decide={"unsure": 0.05, "max_imputed": 1, "prediction_qos": 1,
                "alert_on": ["defect", "unsure", "not_scored"]},
    )
    for feature in scoring["features"]:
        if feature["name"] in ("torque_nm", "tool_wear_min"):
            feature["missing"] = "impute"
    return [scoring, milling.line(BARE, unit={"deadline": "2s"})]


def feed(sender, unit, lot, values, at, but=()):
    sender.publish(f"mill/start/{unit}", json.dumps({"lot": lot, "ts": at}))
    for n, (name, value) in enumerate(values.items()):
        if name not in but:
            sender.publish(f"mill/unit/{unit}/{name}", json.dumps({"value": value, "ts": at + n + 1}))


class Run:
    """One daemon, some units of every kind, everything that was published. Made once."""

    made = None

    def __init__(self):
        self.site = harness.Site(lines())
        atexit.register(self.site.__exit__, None, None, None)
        self.site.model(milling.train(self.site.folder), "m.onnx")
        self.watcher = self.site.client("watcher", "#")
        self.site.daemon.start()
        self.site.status()
        self.send()
        harness.wait_for(lambda: self.site.count(LINE) == 6, 20, "six rows")
        harness.wait_for(lambda: self.site.count(BARE) == 6, 20, "six rows without a model")
        harness.wait_for(self.has_stats, 25, "stats with everything in them")

    def send(self):
        sender, at = self.site.client("sender"), int(time.time() * 1000)
        sender.publish("mill/lot/L1", json.dumps({"type": "L", "ts": at - 5000}))
        sender.publish("mill/lot/4711", json.dumps({"type": "\u00fc", "ts": at - 5000}))
        feed(sender, "good", "L1", GOOD, at)
        feed(sender, "bad", "L1", BAD, at + 100)
        feed(sender, "new \u00e4\"1", 4711, GOOD, at + 200)  # a category nobody trained on
        feed(sender, "gone", "L1", GOOD, at + 300, but=("air_temperature_k",))
        feed(sender, "holes", "L1", GOOD, at + 400, but=("torque_nm", "tool_wear_min"))
        feed(sender, "hole", "L1", GOOD, at + 500, but=("tool_wear_min",))
        feed(sender, "ahead", "L1", GOOD, at + 3_600_000)
        sender.publish("mill/start/x", b"{")
        sender.publish("mill/unit/x/torque_nm", b'{"value": 1}')
        sender.drain()
        self.sent = 2 + 6 * 6 - 4 + 6 + 2

    def of(self, topic):
        return [parse(m[1]) for m in list(self.watcher.messages) if m[0] == topic]

    def has_stats(self):
        found = self.of(f"{ROOT}/stats")
        return found and found[-1]["received"] >= self.sent

    @classmethod
    def get(cls):
        if not cls.made:
            cls.made = cls()
        return cls.made


def every_payload_is_what_its_schema_says():
    run, seen = Run.get(), set()
    known = topics(run.site.instance)
    for n, (topic, payload, _, _) in enumerate(list(run.watcher.messages)):
        if topic.startswith("mill/") or topic.endswith("/marker"):
            continue
        assert topic in known, f"{topic}: nothing is said of this topic"
        name, qos, _ = known[topic]
        check(parse(payload), schema(name), topic)
        assert run.watcher.qos[n] == qos, f"{topic}: QoS {run.watcher.qos[n]}"
        seen.add(topic)
    assert set(known) - seen == {f"defectd/{run.site.instance}/{BARE}/alert"}, set(known) - seen


def states_are_retained_and_events_are_not():
    run = Run.get()
    late = run.site.client("late", "#")
    late.wait(lambda: len(late.messages) >= 6, 10, "what is retained")
    time.sleep(0.3)
    kept = {m[0] for m in late.messages if m[2]}
    assert kept == {t for t, (_, _, r) in topics(run.site.instance).items() if r}, kept


def predictions_say_what_became_of_each_unit():
    run = Run.get()
    found = {p["unit"]: p for p in run.of(f"{ROOT}/prediction")}
    assert len(run.of(f"{ROOT}/prediction")) == 6, found.keys()
    want = {
        "good": ("pass", 0, 0, ""),
        "bad": ("defect", 1, 0, ""),
        "new \u00e4\"1": ("unsure", 2, 0, "new category \"\u00fc\" of type"),
        "gone": ("not_scored", 3, 0, "missing air_temperature_k: not_sent"),
        "holes": ("not_scored", 3, 2, "imputed 2 of at most 1"),
        "hole": ("pass", 0, 1, ""),
    }
    for unit, (verdict, number, imputed, reason) in want.items():
        p = found[unit]
        got = (p["verdict"], p["verdict_n"], p["imputed"], p["reason"])
        assert got == (verdict, number, imputed, reason), p
        assert (p["p_defect"] == -1) == (verdict == "not_scored"), p
        assert p["line"] == LINE and p["threshold"] > 0 and len(p["model"]) == 64
    assert sorted(p["seq"] for p in found.values()) == [1, 2, 3, 4, 5, 6]
    for p in run.of(f"defectd/{run.site.instance}/{BARE}/prediction"):
        assert (p["verdict"], p["reason"], p["model"]) == ("not_scored", "no_model", ""), p
        assert p["p_defect"] == -1 and p["threshold"] == 0


def alerts_are_predictions_with_an_id_a_severity_and_a_text():
    run = Run.get()
    alerts = {a["unit"]: a for a in run.of(f"{ROOT}/alert")}
    predictions = {p["unit"]: p for p in run.of(f"{ROOT}/prediction")}
    severity = {"defect": ("high", 2), "unsure": ("low", 0), "not_scored": ("medium", 1)}
    assert set(alerts) == {u for u, p in predictions.items() if p["verdict"] != "pass"}
    for unit, a in alerts.items():
        assert all(a[k] == v for k, v in predictions[unit].items()), (a, predictions[unit])
        name = f"{LINE}\n{unit}\n{a['started_ms']}".encode()
        assert a["alert_id"] == hashlib.sha256(name).hexdigest()[:16], a
        assert (a["severity"], a["severity_n"]) == severity[a["verdict"]], a
        assert unit in a["text"], a


def every_message_is_counted_once():
    run = Run.get()
    reasons = {
        k for k, v in schema("stats")["properties"].items()
        if v.get("description", "").startswith("Messages not used")
    }
    for topic in (f"defectd/{run.site.instance}/stats", f"{ROOT}/stats"):
        s = run.of(topic)[-1]
        assert s["received"] == run.sent, (s["received"], run.sent)
        assert s["received"] == s["used"] + sum(s[k] for k in reasons), s
        assert (s["future"], s["bad_payload"], s["bad_time"]) == (6, 1, 1), s


def states_have_their_numbers():
    run = Run.get()
    for root in (ROOT, f"defectd/{run.site.instance}/{BARE}"):
        for s in run.of(f"{root}/status"):
            assert s["state_n"] == STATES[s["state"]], s
    last = run.of(f"{ROOT}/status")[-1]
    assert last["state"] == "scoring" and len(last["model"]) == 64 and last["threshold"] > 0
    bare = run.of(f"defectd/{run.site.instance}/{BARE}/status")[-1]
    assert bare["state"] == "collecting" and bare["reason"].startswith("no_model"), bare


def types(site, table):
    return [(name, kind) for _, name, kind, *_ in site.sql(f"PRAGMA table_info('{table}')")]


def tables_have_their_columns():
    site = Run.get().site
    own = [("type", "TEXT")] + [(v, "REAL") for v in milling.VALUES]
    assert types(site, "unit_press_3") == FIXED + own, types(site, "unit_press_3")
    view = [name for name, _ in types(site, "training_press_3")]
    assert view[: len(FIXED + own)] == [name for name, _ in FIXED + own], view
    for table, columns in {
        "quarantine": "at_ms line topic payload reason",
        "label": "line unit at_ms defect class source by why",
        "outbox": "id topic payload at_ms",
        "model": "line sha256 file role metrics by at_ms why",
        "config": "sha256 line text at_ms",
    }.items():
        assert [n for n, _ in types(site, table)] == columns.split(), types(site, table)
    assert types(site, "journal") and types(site, "snapshot") and types(site, "model_event")


def rows_say_the_same_as_predictions():
    run = Run.get()
    rows = run.site.rows(LINE)
    for p in run.of(f"{ROOT}/prediction"):
        row = rows[p["unit"]]
        for key in ("started_ms", "verdict", "reason", "model", "class", "latency_us"):
            assert row[key] == p[key], (key, row, p)
        assert row["scored_ms"] == p["ts_ms"] and row["threshold"] == float(p["threshold"])
        assert row["p_defect"] == (None if p["p_defect"] == -1 else float(p["p_defect"]))
        assert len(json.loads(row["imputed"])) == p["imputed"]
        assert (row["detail"] is None) == (row["verdict"] == "pass"), row
        ((text,),) = run.site.sql("SELECT text FROM config WHERE sha256 = ?", row["config"])
        assert hashlib.sha256(text.encode()).hexdigest() == row["config"]
    assert json.loads(rows["new \u00e4\"1"]["lots"]) == {"material": "4711"}
    assert json.loads(rows["holes"]["imputed"]) == ["torque_nm", "tool_wear_min"]
    assert json.loads(rows["gone"]["detail"])["air_temperature_k"]["missing"] == "not_sent"
    assert rows["good"]["torque_nm"] == 40.0 and rows["good"]["type"] == "L"
    ((role, sha256, events),) = run.site.sql(
        "SELECT role, sha256, (SELECT count(*) FROM model_event) FROM model")
    assert (role, sha256, events) == ("champion", rows["good"]["model"], 1)
    assert os.path.exists(os.path.join(run.site.state, "models", sha256 + ".onnx"))


def the_outbox_is_empty_once_the_broker_has_everything():
    site = Run.get().site
    harness.wait_for(lambda: site.sql("SELECT count(*) FROM outbox") == [(0,)], 10, "empty outbox")


def defectctl_status_shows_what_was_said_and_what_is_held():
    run = Run.get()
    shown = parse(harness.ctl("--json", "status", config=run.site.config)[1])
    assert shown["instance"] == run.site.instance, shown
    assert (shown["broker_trouble"], shown["store_trouble"], shown["outbox"]) == ("", "", 0), shown
    check(shown["status"], schema("status"))
    held = {one["line"]: one for one in shown["lines"]}
    check(held[LINE]["status"], schema("line-status"))
    check(held[BARE]["status"], schema("line-status"))
    counts = [held[LINE][k] for k in ("units", "defects", "not_scored")]
    assert counts == [6, 1, 2], counts
    table = harness.ctl("status", config=run.site.config)[1]
    assert "online" in table and "scoring" in table and "collecting" in table, table


def a_clean_stop_and_a_kill_say_so_and_leave_a_readable_file():
    run = Run.get()
    assert run.site.daemon.end() == 0
    said = run.site.status(5, "offline")
    check(parse(json.dumps(said)), schema("status"))
    assert (said["online"], said["reason"], said["boot"]) == (0, "shutdown", 1), said
    last = run.of(f"{ROOT}/status")[-1]
    assert (last["state"], last["state_n"]) == ("stopped", 0), last
    assert run.site.count(LINE) == 6
    with sqlite3.connect(run.site.db) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    run.site.daemon.start()
    assert run.site.status()["boot"] == 2
    run.site.daemon.kill()
    said = run.site.status(10, "offline")
    check(parse(json.dumps(said)), schema("status"))
    assert (said["online"], said["reason"], said["boot"]) == (0, "connection-lost", 2), said
    assert run.site.count(LINE) == 6


if __name__ == "__main__":
    harness.run(
        every_payload_is_what_its_schema_says,
        states_are_retained_and_events_are_not,
        predictions_say_what_became_of_each_unit,
        alerts_are_predictions_with_an_id_a_severity_and_a_text,
        every_message_is_counted_once,
        states_have_their_numbers,
        tables_have_their_columns,
        rows_say_the_same_as_predictions,
        the_outbox_is_empty_once_the_broker_has_everything,
        defectctl_status_shows_what_was_said_and_what_is_held,
        a_clean_stop_and_a_kill_say_so_and_leave_a_readable_file,
    )
