"""defectctl trace: why a unit came out as it did, from the database alone."""

import atexit
import hashlib
import json
import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE = "press-3"
AT = 1_795_340_350_041  # 2026-11-22T09:39:10.041Z
FEATURES = ["type", "thickness", "viscosity", "oven_mean", "oven_max", "humidity", "lot_id", "old"]


def line():
    """What the daemon reads: it makes the table."""
    return {
        "line": LINE,
        "sources": {
            "start": {"topic": "p3/unit/{unit}/start", "time": "/ts",
                      "fields": {"type": "/material/type", "thickness": "/t", "resin_lot": "/lot"}},
            "lab": {"topic": "lab/lot/{lot}", "fields": {"viscosity": "/visc"}},
        },
        "lots": {"resin": {"bind": "start.resin_lot"}},
        "unit": {"deadline": "1s"},
        "features": [
            {"name": "type", "from": "start.type", "type": "text"},
            {"name": "thickness", "from": "start.thickness", "max": 50},
            {"name": "viscosity", "from": "lab.viscosity", "lot": "resin", "missing": "impute"},
            {"name": "lot_id", "from": "lot.resin", "type": "text"},
        ],
    }


# a line file as a later version reads it, with all that a feature can be made of
THEN = """{ // what was in force then
  "line": "press-3",
  "sources": {
    "start": { "topic": "p3/unit/{unit}/start", "fields": { "type": "/material/type", "thickness": "/t" } },
    "lab": { "topic": "lab/{lot}", "lot": "{lot}" },
    "oven": { "topic": "p3/oven/{tag}", "format": "number" },
    "air": { "topic": "p3/air/{name}", "tag": "{name}", "value": "/v" },
    "plc": { "topic": "plc/{cell}/data", "unit": "{/order}-{cell}", "fields": { "old": "/o" } }
  },
  "lots": { "resin": { "bind": "start.resin_lot" } },
  "features": [
    { "name": "oven", "from": "oven.temp", "during": "oven", "take": ["mean", "max"] },
    { "name": "type", "from": "start.type", "type": "text" },
    { "name": "thickness", "from": "start.thickness" },
    { "name": "viscosity", "from": "lab.viscosity", "lot": "resin" },
    { "name": "humidity", "from": "air.humidity", "ago": "5s", "over": "60s", "take": "last", "hold": "10min" },
    { "name": "old", "from": "plc.old" },
    { "name": "lot_id", "from": "lot.resin", "type": "text" }
  ]
}"""
SHA = hashlib.sha256(THEN.encode()).hexdigest()
DETAIL = {
    "oven_mean": {"n": 12, "from": AT, "to": AT + 35_000},
    "oven_max": {"n": 12, "from": AT, "to": AT + 35_000},
    "type": {"n": 1, "from": AT, "to": AT},
    "thickness": {"n": 0, "missing": "out_of_range", "refused": 75.25},
    "viscosity": {"n": 0, "missing": "no_lot"},
    "humidity": {"n": 0, "from": AT - 65_000, "to": AT - 5_000, "held": 1},
    "old": {"n": 1, "from": AT - 86_400_000, "to": AT},
    "lot_id": {"n": 1, "from": AT, "to": AT},
}


def put(site, unit, started_ms, **columns):
    row = {
        "unit": unit, "started_ms": started_ms, "scored_ms": started_ms + 300_000, "verdict": "pass",
        "p_defect": 0.1, "class": "", "threshold": 0.65, "model": "3f9c", "reason": "", "imputed": "[]",
        "reasons": "[]", "lots": '{"resin":"R1"}', "config": SHA, "latency_us": 147, "gap_ms": 0, **columns}
    db = sqlite3.connect(site.db)
    have = {name for _, name, *_ in db.execute("PRAGMA table_info('unit_press_3')")}
    for name in FEATURES:
        if name not in have:
            db.execute(f"ALTER TABLE unit_press_3 ADD COLUMN {name} REAL")
    db.execute("INSERT OR IGNORE INTO config VALUES (?, ?, ?, 0)", (SHA, LINE, THEN))
    db.execute(f"INSERT INTO unit_press_3 ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
               tuple(row.values()))
    db.commit()
    db.close()


class Site:
    """A daemon that scored two units and stopped; rows of a later version beside them. Made once."""

    made = None

    @classmethod
    def get(cls):
        if cls.made:
            return cls.made
        site = cls.made = harness.Site([line()])
        atexit.register(site.__exit__, None, None, None)
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        sender.publish("lab/lot/R1", '{"visc":3.5}')
        sender.publish("p3/unit/real/start", json.dumps({"material": {"type": "L"}, "t": 2.5, "lot": "R1", "ts": AT}))
        sender.publish("p3/unit/thick/start", json.dumps({"material": {"type": "L"}, "t": 75, "ts": AT}))
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 2, 20, "two rows")
        assert site.daemon.end() == 0
        put(site, "U7", AT, verdict="not_scored", p_defect=None, detail=json.dumps(DETAIL), gap_ms=12,
            reason="missing thickness: out_of_range", imputed='["viscosity"]', reasons='["oven_mean 231.4 (+2.8 sd)"]',
            type="L", oven_mean=231.4, oven_max=240, humidity=45, old=1e-7, lot_id="R1")
        put(site, "U8", AT, verdict="defect", p_defect=0.75)
        put(site, "U8", AT + 1000, p_defect=0.5)
        put(site, "U8", AT - 1000, verdict="unsure")
        put(site, "lost", AT, config="0" * 64, thickness=3)
        put(site, "evil\x1b[2J", AT)
        return site


def trace(*arguments, **how):
    return harness.ctl("trace", "--line", LINE, *arguments, config=Site.get().config, **how)


def traced(*arguments):
    return json.loads(trace("--json", *arguments)[1])


def features(*arguments):
    return {f["name"]: f for f in traced(*arguments)["features"]}


def tells_of_a_unit_that_the_daemon_scored():
    found = traced("real")
    assert (found["line"], found["unit"], found["started_ms"]) == (LINE, "real", AT), found
    assert (found["verdict"], found["reason"], found["p_defect"]) == ("not_scored", "no_model", None), found
    assert found["lots"] == {"resin": "R1"} and found["detail_kept"] == found["line_file_kept"] == 1, found
    have = {f["name"]: f for f in found["features"]}
    assert list(have) == ["type", "thickness", "viscosity", "lot_id"], list(have)
    assert have["type"] == {
        "name": "type", "value": "L", "n": 1, "from_ms": AT, "to_ms": AT, "missing": "", "refused": None,
        "held": 0, "imputed": 0, "from": "start.type", "rule": "", "topic": "p3/unit/real/start",
        "pointer": "/material/type", "lot": "", "lot_id": ""}, have["type"]
    assert have["viscosity"]["value"] == 3.5 and have["viscosity"]["topic"] == "lab/lot/R1", have["viscosity"]
    assert have["lot_id"]["pointer"] == "/lot" and have["lot_id"]["value"] == "R1", have["lot_id"]


def tells_what_was_missing_or_refused_and_why():
    have = features("thick")
    assert have["thickness"]["value"] is None, have["thickness"]
    assert (have["thickness"]["missing"], have["thickness"]["refused"]) == ("out_of_range", 75.0)
    assert (have["viscosity"]["missing"], have["viscosity"]["imputed"]) == ("no_lot", 1), have["viscosity"]
    # without a lot its topic is not known
    assert (have["viscosity"]["topic"], have["viscosity"]["lot_id"]) == ("lab/lot/{lot}", "")
    _, out, _ = trace("thick")
    row = next(r for r in out.splitlines() if r.startswith("thickness "))
    assert row.split()[:2] == ["thickness", "-"] and "out_of_range, refused 75 " in row, row
    assert "no_lot, imputed" in trace("U7")[1]


def says_where_each_kind_of_feature_comes_from():
    found = traced("U7")
    assert [f["name"] for f in found["features"]] == [
        "oven_mean", "oven_max", "type", "thickness", "viscosity", "humidity", "old", "lot_id"]
    have = {f["name"]: f for f in found["features"]}
    wanted = {  # rule, topic, pointer, lot, lot id
        "oven_mean": ("mean during oven", "p3/oven/temp", "", "", ""),
        "oven_max": ("max during oven", "p3/oven/temp", "", "", ""),
        "type": ("", "p3/unit/U7/start", "/material/type", "", ""),
        "viscosity": ("", "lab/R1", "/viscosity", "resin", "R1"),
        "humidity": ("last over 60s, 5s before start", "p3/air/humidity", "/v", "", ""),
        "old": ("", "plc/{cell}/data", "/o", "", ""),
        "lot_id": ("", "p3/unit/U7/start", "", "resin", "R1"),
    }
    for name, want in wanted.items():
        got = tuple(have[name][key] for key in ("rule", "topic", "pointer", "lot", "lot_id"))
        assert got == want, (name, got)
    assert (have["oven_mean"]["n"], have["oven_mean"]["to_ms"] - have["oven_mean"]["from_ms"]) == (12, 35_000)
    assert (have["humidity"]["held"], have["humidity"]["n"]) == (1, 0), have["humidity"]
    assert found["gap_ms"] == 12 and found["reasons"] == ["oven_mean 231.4 (+2.8 sd)"], found


def people_get_a_table():
    _, out, err = trace("U7")
    assert err == ""
    head, table = out.split("\n\n")
    assert head.splitlines() == [
        "unit       U7 of line press-3: not_scored, missing thickness: out_of_range",
        f"started    2026-11-22T09:39:10.041Z ({AT})",
        f"scored     2026-11-22T09:44:10.041Z ({AT + 300_000})",
        "p_defect   -, threshold 0.65",
        "model      3f9c",
        "reasons    oven_mean 231.4 (+2.8 sd)",
        "imputed    viscosity",
        "lots       resin R1",
        "gap        12 ms without input",
    ], head
    rows = table.splitlines()
    assert rows[0].split() == ["feature", "value", "n", "time", "or", "window", "remark", "from", "topic", "and", "pointer"]
    assert len(rows) == 9 and rows[1].startswith("oven_mean  231.4"), table
    assert "2026-11-22T09:39:10.041Z to 09:39:45.041Z " in rows[1], rows[1]
    assert "oven.temp, mean during oven " in rows[1] and rows[1].endswith(" p3/oven/temp"), rows[1]
    assert "held from before the window" in rows[6] and rows[6].endswith("p3/air/humidity /v"), rows[6]
    assert "2026-11-21T09:39:10.041Z to 2026-11-22T09:39:10.041Z" in rows[7] and " 1e-07 " in rows[7], rows[7]
    assert "lab.viscosity of resin R1" in rows[5], rows[5]


def of_several_units_of_one_id_the_newest_is_shown_and_others_are_named():
    found = traced("U8")
    assert found["started_ms"] == AT + 1000 and found["p_defect"] == 0.5, found
    assert found["others"] == [{"started_ms": AT, "verdict": "defect"},
                               {"started_ms": AT - 1000, "verdict": "unsure"}], found["others"]
    assert f"another    started 2026-11-22T09:39:10.041Z ({AT}): defect\n" in trace("U8")[1]
    found = traced("U8", "--started", AT)
    assert (found["verdict"], found["p_defect"], len(found["others"])) == ("defect", 0.75, 2), found
    assert traced("U8", "--started", "2026-11-22T09:39:09.041Z")["verdict"] == "unsure"
    code, out, err = trace("U8", "--started", 5, check=False)
    assert (code, out) == (1, "") and err == (
        f'defectctl trace: line press-3 has no unit "U8" that started at 5; there are {AT + 1000}, {AT}, '
        f"{AT - 1000}\n"), err


def says_when_no_detail_was_kept():
    found = traced("U8")
    assert found["detail_kept"] == 0
    assert all(f["n"] is None and f["from_ms"] is None for f in found["features"]), found
    assert found["features"][2]["topic"] == "p3/unit/U8/start"
    assert "detail     not kept for this unit: " in trace("U8")[1]


def says_when_the_line_file_is_not_known():
    found = traced("lost")
    assert found["line_file_kept"] == 0 and found["config"] == "0" * 64
    have = {f["name"]: f for f in found["features"]}
    assert set(have) == set(FEATURES) and have["thickness"]["value"] == 3 and have["thickness"]["topic"] == ""
    assert f"line file  {'0' * 64} is not in the database" in trace("lost")[1]


def a_unit_that_is_not_there_is_one_sentence_with_what_is_near():
    code, out, err = trace("U9", check=False)
    assert (code, out) == (1, "") and len(err.splitlines()) == 1, err
    assert err.startswith('defectctl trace: line press-3 has no unit "U9" (it is not scored yet, '), err
    assert '"U8"' in err and '"evil' in err, err
    _, _, err = trace("raal", check=False)
    assert 'near it are "real", ' in err, err
    with harness.Site([line()]) as site:
        code, _, err = harness.ctl("trace", "--line", LINE, "U9", config=site.config, check=False)
        assert code == 1 and "the daemon makes the database when it first runs" in err, err
        site.daemon.start()
        site.status()
        code, _, err = harness.ctl("trace", "--line", LINE, "U9", config=site.config, check=False)
        assert code == 1 and err == 'defectctl trace: line press-3 has no unit "U9", nor any other yet\n', err


def control_characters_do_not_reach_the_terminal():
    _, out, _ = trace("evil\x1b[2J")
    assert "\x1b" not in out and "unit       evil\\x1b[2J of line press-3" in out, out


def what_makes_no_sense_is_refused():
    for status, words, arguments in (
        (64, "UNIT is missing", ["--line", LINE]),
        (64, "--started is", ["--line", LINE, "U7", "--started", "now"]),
        (1, 'line "x" is not configured', ["--line", "x", "U7"]),
    ):
        code, out, err = harness.ctl("trace", *arguments, config=Site.get().config, check=False)
        assert (code, out) == (status, "") and words in err, (arguments, code, err)


def the_only_line_need_not_be_named():
    config = Site.get().config
    assert harness.ctl("trace", "--json", "U7", config=config) == harness.ctl(
        "trace", "--json", "--line", LINE, "U7", config=config)
    with harness.Site([line(), dict(line(), line="press-4")], start_broker=False) as site:
        code, out, err = harness.ctl("trace", "U7", config=site.config, check=False)
        assert (code, out) == (64, "") and "--line is missing: there are press-3, press-4\n" in err, err


if __name__ == "__main__":
    harness.run(
        tells_of_a_unit_that_the_daemon_scored,
        tells_what_was_missing_or_refused_and_why,
        says_where_each_kind_of_feature_comes_from,
        people_get_a_table,
        of_several_units_of_one_id_the_newest_is_shown_and_others_are_named,
        says_when_no_detail_was_kept,
        says_when_the_line_file_is_not_known,
        a_unit_that_is_not_there_is_one_sentence_with_what_is_near,
        control_characters_do_not_reach_the_terminal,
        what_makes_no_sense_is_refused,
        the_only_line_need_not_be_named,
    )
