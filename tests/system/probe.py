"""defectctl probe: what is heard on a broker or in a recording, and the line file it proposes.

Recordings are made here: a whole line, each payload that gateways and devices of the field send, and
what could go wrong. Every proposal must be one that `check` accepts.
"""

import datetime
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness

NOW = 1767600000000  # 2026-01-05T08:00:00Z
HOUR = 3600000
ROUNDS = 1000 if "--long" in sys.argv else 40
SPREAD = ["mean", "min", "max"]


def iso(ms, zone="Z", ahead_ms=0):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=NOW + ms + ahead_ms)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + zone


def record(folder, messages, name="heard.jsonl"):
    """Writes (ms, topic, payload[, retained]) as a recording, in order of time."""
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        for ms, topic, payload, *retained in sorted(messages, key=lambda m: m[0]):
            text = payload if isinstance(payload, str) else json.dumps(payload)
            line = {"t_ms": NOW + ms, "topic": topic, "qos": 1, "payload": text}
            f.write(json.dumps(dict(line, retain=1) if retained and retained[0] else line) + "\n")
    return path


def probe(path, *arguments):
    return json.loads(harness.ctl("--json", "probe", path, *arguments)[1])


def check(folder, line_file):
    """What `check` says of the proposal: warnings, or a failure."""
    os.makedirs(os.path.join(folder, "lines.d"), exist_ok=True)
    harness.write(os.path.join(folder, "lines.d", "proposed.json"), line_file)
    config = harness.write(os.path.join(folder, "defectd.json"), {"instance": "gw", "state_dir": folder})
    code, _, err = harness.ctl("check", config=config, check=False)
    assert code == 0, err + json.dumps(line_file, indent=1)
    return err


def probed(messages, *arguments):
    """What was found; the line file, where there is one, is one that `check` accepts."""
    with tempfile.TemporaryDirectory() as folder:
        found = probe(record(folder, messages), *arguments)
        if found["line_file"]:
            check(folder, found["line_file"])
        return found


def collected(messages):
    """What was found, and the rows that a replay with the proposal makes of the same messages."""
    with tempfile.TemporaryDirectory() as folder:
        path = record(folder, messages)
        found = probe(path)
        check(folder, found["line_file"])
        line = found["line_file"]["line"]
        harness.ctl("replay", "--line", line, path, "--out", os.path.join(folder, "out"),
                    config=os.path.join(folder, "defectd.json"))
        db = sqlite3.connect(os.path.join(folder, "out", "defectd.db"))
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute(f'SELECT * FROM "unit_{line.replace("-", "_")}"')]
        labels = db.execute("SELECT count(*) FROM label").fetchone()[0]
        db.close()
        return found, rows, labels


def is_filled(found, rows, share=0.5):
    """Every feature has a value in at least this share of the rows."""
    assert rows
    for name, feature in features(found).items():
        takes = feature.get("take", [])
        for column in [f"{name}_{take}" for take in takes] if isinstance(takes, list) and takes else [name]:
            there = sum(row[column] is not None for row in rows)
            assert there >= share * len(rows), (column, there, len(rows))


def template(found, text):
    matching = [t for t in found["templates"] if t["template"] == text]
    assert len(matching) == 1, (text, [t["template"] for t in found["templates"]])
    return matching[0]


def field(found, text, pointer):
    return next(f for f in template(found, text)["fields"] if f["pointer"] == pointer)


def features(found):
    return {f["name"]: f for f in found["line_file"]["features"]}


def source(found, name):
    sources = found["line_file"]["sources"]
    assert name in sources, list(sources)
    return sources[name]


def without_comments(text):
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("//"))


def is_a_stream_of(feature, signal):
    """Is the feature an aggregate of the last minute?"""
    return feature == {"name": feature["name"], "from": signal, "ago": "0s", "over": "60s", "take": SPREAD,
                       "missing": "impute"}


def says_that_the_machine_is_watched(found):
    assert found["line_file"]["unit"] == {"every": "10s"}, found["line_file"]["unit"]


# -- a whole line


def press_line(pieces=50):
    messages = []
    for i in range(pieces):
        piece, at = f"U{i:05d}", i * 3000
        lot = f"R{i // 20:04d}"
        start = {"ts_ms": NOW + at - 4, "material": {"type": "LMH"[i % 3], "lot": lot}, "thickness_mm": 2 + i % 5 / 10}
        messages += [
            (at, f"acme/north/press-3/unit/{piece}/start", start),
            (at + 500, "acme/north/press-3/oven_in", {"serial": piece, "ts": iso(at + 490)}),
            (at + 2500, "acme/north/press-3/oven_out", {"serial": piece, "ts": iso(at + 2490)}),
            (at + 2900, f"acme/north/press-3/qc/{piece}",
             {"result": "NG" if i % 7 == 3 else "OK", "inspector": "kim", "depth": i / 10}),
        ]
        if i % 20 == 0:
            messages.append((at + 100, f"acme/lab/lot/{lot}", {"visc": 118 + i, "h2o": 0.13}))
    for i in range(pieces * 6):
        messages += [(i * 500 + 7, "acme/north/press-3/oven/temp", str(200 + i % 9)),
                     (i * 500 + 9, "acme/north/press-3/oven/humidity", str(40 + i % 3))]
    return messages


def a_whole_line_is_understood():
    found = probed(press_line())
    assert [t["template"] for t in found["templates"]] == [
        "acme/lab/lot/{lot}", "acme/north/press-3/oven/{tag}", "acme/north/press-3/oven_in",
        "acme/north/press-3/oven_out", "acme/north/press-3/qc/{unit}", "acme/north/press-3/unit/{unit}/start"]
    line = found["line_file"]
    assert line["line"] == "press-3"
    assert source(found, "oven_in") == {"topic": "acme/north/press-3/oven_in", "unit": "/serial", "time": "/ts",
                                        "time_format": "iso"}
    assert source(found, "oven") == {"topic": "acme/north/press-3/oven/{tag}", "format": "number"}
    assert source(found, "start") == {
        "topic": "acme/north/press-3/unit/{unit}/start", "time": "/ts_ms",
        "fields": {"type": "/material/type", "lot": "/material/lot", "thickness_mm": "/thickness_mm"}}
    assert line["stations"] == {"oven": {"enter": "oven_in", "exit": "oven_out", "max_dwell": "60s"}}
    assert line["lots"] == {"lot": {"bind": "start.lot"}}
    assert line["label"] == {"from": "qc.result", "defect": ["NG"], "good": ["OK"]}
    assert line["unit"] == {"deadline": "300s"}
    assert features(found) == {
        "type": {"name": "type", "from": "start.type", "type": "text", "missing": "impute"},
        "thickness_mm": {"name": "thickness_mm", "from": "start.thickness_mm", "missing": "impute"},
        "visc": {"name": "visc", "from": "lot_data.visc", "lot": "lot", "missing": "impute"},
        "h2o": {"name": "h2o", "from": "lot_data.h2o", "lot": "lot", "missing": "impute"},
        "humidity": {"name": "humidity", "from": "oven.humidity", "during": "oven", "take": SPREAD,
                     "missing": "impute"},
        "temp": {"name": "temp", "from": "oven.temp", "during": "oven", "take": SPREAD, "missing": "impute"},
    }, features(found)


def tables_say_how_much_how_often_and_what():
    with tempfile.TemporaryDirectory() as folder:
        _, out, _ = harness.ctl("probe", record(folder, press_line()))
    lines = out.splitlines()
    assert lines[0] == "803 messages on 107 topics in 150 s", lines[0]
    row = next(line for line in lines if line.startswith("acme/north/press-3/oven/{tag}"))
    assert row.split() == "acme/north/press-3/oven/{tag} 2 600 4 0.5 s, regular 1 0 % number".split(), row
    row = next(line for line in lines if line.lstrip().startswith("/ts "))
    assert "time (iso), 10 ms before the receipt" in row, row
    row = next(line for line in lines if line.lstrip().startswith("{unit}"))
    assert "50  U00000, U00001, U00002, .." in row and "each comes once" in row, row
    assert "The proposed line file:" in lines


# -- payloads seen in the wild


def every_second(topic, payload, after_ms=3):
    return [(i * 1000 + after_ms, topic, payload(i)) for i in range(60)]


def wild_streams():
    """A minute of each, as it is sent; by the names that probe knows them by."""
    def neuron(**values):
        return lambda i: dict(values, timestamp=NOW + i * 1000, node="modbus", group="grp")

    return {
        "umh": [m for tag in ("temp", "speed") for m in every_second(
            f"umh/v1/acme/plant/line/_historian/{tag}", lambda i: {"timestamp_ms": NOW + i * 1000, "value": 42.5 + i})],
        "neuron": every_second("/neuron/modbus/grp", neuron(
            values={"tag0": 123, "tag2": 1.5}, errors={"tag1": 2014}, metas={})),
        "neuron-tags": every_second("/neuron/modbus/grp", neuron(
            tags=[{"name": "tag0", "value": 123}, {"name": "tag2", "value": 5}])),
        "kepware": every_second("iotgateway", lambda i: {"timestamp": NOW + i * 1000 + 2, "values": [
            {"id": f"Ch1.Dev1.Tag{k}", "v": 42 + i, "q": True, "t": NOW + i * 1000} for k in (1, 2)]}),
        "opcua-pubsub": every_second("opcua/json/data/p1/wg1", lambda i: {
            "MessageId": str(i), "MessageType": "ua-data", "PublisherId": "p1",
            "Messages": [{"DataSetWriterId": 101, "SequenceNumber": i, "Timestamp": iso(i * 1000), "Payload": {
                "Temperature": {"Value": 25.5 + i, "SourceTimestamp": iso(i * 1000 - 20)},
                "Speed": {"Value": 100 + i, "SourceTimestamp": iso(i * 1000 - 20)}}}]}),
        "sitewise": [m for name in ("temperature", "pressure") for m in every_second("sitewise/data", lambda i, n=name: {
            "propertyAlias": f"site1/line1/comp1/{n}",
            "propertyValues": [{"quality": "GOOD", "timestamp": {"timeInSeconds": NOW // 1000 + i, "offsetInNanos": 0},
                                "value": {"doubleValue": 23.5 + i}}]})],
        "shelly": every_second("shellypro4pm-08f9e0fe4f78/events/rpc", lambda i: {
            "src": "shellypro4pm-08f9e0fe4f78", "method": "NotifyStatus",
            "params": {"ts": NOW / 1000 + i + 0.04, "switch:0": {"id": 0, "apower": 8.9 + i},
                       "switch:1": {"id": 1, "apower": 1.5 * i}}}, 50),
        "tasmota": every_second("tele/tasmota_1/SENSOR", lambda i: {
            "Time": iso(i * 1000, "", HOUR)[:-4], "AM2301": {"Temperature": 24.6 + i % 5, "Humidity": 58.2}}, 300),
    }


def wild(name, topic):
    """What is found in the one with this name, which must be known by it."""
    found = probed(wild_streams()[name])
    assert template(found, topic)["known_as"] == name, template(found, topic)["known_as"]
    says_that_the_machine_is_watched(found)
    return found


def scalars_are_values_by_the_name_of_their_topic():
    found = probed([(i * 1000 + k, f"plant/l1/oven/{tag}", value)
                    for i in range(60)
                    for k, (tag, value) in enumerate({"temp": f"{218 + i % 7}.4", "humidity": "41"}.items())])
    assert source(found, "oven") == {"topic": "plant/l1/oven/{tag}", "format": "number"}
    assert is_a_stream_of(features(found)["temp"], "oven.temp")
    says_that_the_machine_is_watched(found)
    found = probed([(i * 1000 + k, f"plant/l1/oven/{tag}", value)
                    for i in range(60)
                    for k, (tag, value) in enumerate({"temp": f"{218 + i % 7}.4", "on": "true", "mode": '"ON"'}.items())])
    assert source(found, "oven") == {"topic": "plant/l1/oven/{tag}"}  # json: a scalar is one too
    assert set(features(found)) == {"temp", "on"}


def words_that_are_no_json_are_text():
    found = probed([(i * 1000, "plant/l1/oven/state", "ON" if i % 3 else "OFF") for i in range(60)])
    assert source(found, "state") == {"topic": "plant/l1/oven/state", "format": "text"}
    feature = found["line_file"]["features"][0]
    assert feature["type"] == "text" and feature["take"] == "last", feature


def united_manufacturing_hub_is_known():
    topic = "umh/v1/acme/plant/line/_historian/{tag}"
    found = wild("umh", topic)
    assert source(found, "line") == {"topic": topic, "time": "/timestamp_ms"}
    assert is_a_stream_of(features(found)["temp"], "line.temp")


def neuron_is_known_in_both_forms():
    topic = "/neuron/modbus/grp"
    found = wild("neuron", topic)
    assert template(found, topic)["each"] == "/values"
    assert source(found, "grp") == {"topic": topic, "each": "/values", "tag": "{key}", "time": "#/timestamp"}
    assert set(features(found)) == {"tag0", "tag2"}  # tag1 is in error
    found = wild("neuron-tags", topic)
    assert source(found, "grp") == {"topic": topic, "each": "/tags", "tag": "/name", "time": "#/timestamp"}
    assert is_a_stream_of(features(found)["tag0"], "grp.tag0")


def kepware_is_known():
    found = wild("kepware", "iotgateway")
    assert source(found, "iotgateway") == {
        "topic": "iotgateway", "each": "/values", "tag": "/id", "value": "/v", "time": "/t",
        "quality": {"at": "/q", "good": [True]}}
    assert is_a_stream_of(features(found)["ch1_dev1_tag1"], "iotgateway.Ch1.Dev1.Tag1")
    assert field(found, "iotgateway", "/values/*/t")["time"]["delay_ms"] == 3


def opc_ua_pubsub_is_known():
    found = wild("opcua-pubsub", "opcua/json/data/p1/wg1")
    assert source(found, "wg1") == {
        "topic": "opcua/json/data/p1/wg1", "each": "/Messages", "when": {"#/MessageType": "ua-data"},
        "time": "/Timestamp", "time_format": "iso",
        "fields": {"temperature": "/Payload/Temperature/Value", "speed": "/Payload/Speed/Value"}}
    assert set(features(found)) == {"temperature", "speed"}


def sitewise_is_known():
    found = wild("sitewise", "sitewise/data")
    assert source(found, "sitewise") == {
        "topic": "sitewise/data", "each": "/propertyValues", "tag": "#/propertyAlias", "value": "/value/doubleValue",
        "time": "/timestamp/timeInSeconds", "time_format": "s", "quality": {"at": "/quality", "good": ["GOOD"]}}
    assert is_a_stream_of(features(found)["site1_line1_comp1_temperature"],
                          "sitewise.site1/line1/comp1/temperature")


def shelly_is_known():
    topic = "shellypro4pm-08f9e0fe4f78/events/rpc"
    found = wild("shelly", topic)
    [read] = found["line_file"]["sources"].values()
    assert read == {"topic": topic, "when": {"/method": ["NotifyStatus", "NotifyFullStatus"]}, "time": "/params/ts",
                    "time_format": "s", "fields": {"apower": "/params/switch:0/apower",
                                                   "switch_1_apower": "/params/switch:1/apower"}}


def tasmota_is_known_and_its_zone_is_missed():
    topic = "tele/tasmota_1/SENSOR"
    found = wild("tasmota", topic)
    when = field(found, topic, "/Time")["time"]
    assert when["zone_min"] == 60 and not when["has_zone"] and when["usable"], when
    assert source(found, "tasmota_1") == {
        "topic": topic, "time": "/Time", "time_format": "iso", "time_zone": "+01:00",
        "fields": {"temperature": "/AM2301/Temperature", "humidity": "/AM2301/Humidity"}}


def cfx_messages(panels=40):
    messages = []
    for i in range(panels):
        for at, name, more in ((0, "WorkStarted", {"Lane": 1}), (1500, "WorkCompleted", {"Result": "Completed"})):
            body = {"TransactionID": f"2c24{i:04x}", "Units": [{"UnitIdentifier": f"PANEL{34543535 + i}",
                                                                "PositionNumber": 1}]}
            messages.append((i * 2000 + at, "cfx/cell1", {
                "MessageName": f"CFX.Production.{name}", "TimeStamp": iso(i * 2000 + at, "+01:00", HOUR),
                "MessageBody": dict(body, **more)}))
    return messages


def ipc_cfx_is_known_and_its_work_is_a_station():
    found = probed(cfx_messages())
    assert template(found, "cfx/cell1")["known_as"] == "ipc-cfx"
    common = {"topic": "cfx/cell1", "each": "/MessageBody/Units", "unit": "/UnitIdentifier", "time": "#/TimeStamp",
              "time_format": "iso"}
    for name, event in (("cell1_work_started", "WorkStarted"), ("cell1_work_completed", "WorkCompleted")):
        read = source(found, name)
        assert dict(read, fields=None) == dict(
            common, when={"#/MessageName": f"CFX.Production.{event}"}, fields=None), read
    assert found["line_file"]["stations"] == {
        "cell1": {"enter": "cell1_work_started", "exit": "cell1_work_completed", "max_dwell": "60s"}}
    assert "deadline" in found["line_file"]["unit"]


# -- guesses


def a_stay_between_two_topics_of_a_piece_is_measured():
    found = probed([(i * 120000 + at, f"rig/cycle/{i}/{what}", dict(fields, t=NOW + i * 120000 + at))
                    for i in range(100, 130) for at, what, fields in (
                        (0, "start", {"load": i % 7}), (100000, "end", {"force": i % 9}))])
    assert found["line_file"]["stations"]["rig"]["max_dwell"] == "300s", found["line_file"]


def events_that_are_named_in_the_payload_make_a_station():
    messages = []
    for i in range(30):
        for at, event in ((0, "enter"), (4000, "exit")):
            messages.append((i * 5000 + at, "plant/paint/events", {
                "event": event, "serial": f"A{i:05d}", "ts": NOW + i * 5000 + at, "colour_l": 40 + i % 9}))
    found = probed(messages)
    assert source(found, "paint_enter") == {
        "topic": "plant/paint/events", "when": {"/event": "enter"}, "unit": "/serial", "time": "/ts",
        "fields": {"colour_l": "/colour_l"}}
    assert found["line_file"]["stations"] == {
        "paint": {"enter": "paint_enter", "exit": "paint_exit", "max_dwell": "60s"}}
    assert features(found)["colour_l"]["from"] == "paint_enter.colour_l"


def a_deadline_is_longer_than_a_stay():
    found = probed([(i * 60000 + at, f"cell/oven_{way}", {"serial": f"A{i:05d}"})
                    for i in range(30) for at, way in ((0, "in"), (400000, "out"))])
    assert found["line_file"] is None  # nothing to make a feature of
    found = probed([(i * 60000 + at, f"cell/oven_{way}", {"serial": f"A{i:05d}", "temp": i % 9})
                    for i in range(30) for at, way in ((0, "in"), (400000, "out"))])
    assert found["line_file"]["stations"]["oven"]["max_dwell"] == "1200s"
    assert found["line_file"]["unit"] == {"deadline": "2400s"}


def serial_among_tags():
    return every_second("plant/m4/kepware", lambda i: {"timestamp": NOW + i * 1000, "values": [
        {"id": "M4.Press.Pressure", "v": 900 + i % 9, "q": True, "t": NOW + i * 1000},
        {"id": "M4.Press.CycleNo", "v": 17 + i // 5, "q": True, "t": NOW + i * 1000}]})


def an_id_that_is_a_tag_among_others_opens_units():
    """PLCs have a tag for the serial number in work, or for the number of the cycle."""
    found = probed(serial_among_tags())
    assert source(found, "m4_press_cycle_no") == {
        "topic": "plant/m4/kepware", "each": "/values", "when": {"/id": "M4.Press.CycleNo", "/q": [True]},
        "unit": "/v", "time": "/t"}
    assert found["line_file"]["stations"] == {
        "m4_press_cycle_no": {"enter": "m4_press_cycle_no", "max_dwell": "600s"}}
    assert [f["from"] for f in found["line_file"]["features"]] == ["kepware.M4.Press.Pressure"]

    found = probed([(i * 1000 + 3, "neuron/s7/press", {
        "timestamp": NOW + i * 1000, "node": "s7", "group": "press",
        "values": {"force": 10 + i % 7, "serial": f"S{i // 5:05d}"}}) for i in range(60)])
    assert source(found, "serial") == {"topic": "neuron/s7/press", "unit": "/values/serial", "time": "/timestamp"}
    assert list(features(found)) == ["force"]

    found = probed([(i * 1000 + 30 + k, "sitewise/data", {
        "propertyAlias": f"site1/line1/comp1/{name}",
        "propertyValues": [{"quality": "GOOD", "timestamp": {"timeInSeconds": NOW // 1000 + i, "offsetInNanos": 0},
                            "value": value}]})
        for i in range(60)
        for k, (name, value) in enumerate((("temperature", {"doubleValue": 20.5 + i}),
                                           ("serial", {"stringValue": f"S{i // 5:05d}"})))])
    read = source(found, "site1_line1_comp1_serial")
    assert read["unit"] == "/value/stringValue" and read["when"] == {
        "#/propertyAlias": "site1/line1/comp1/serial", "/quality": ["GOOD"]}, read

    found = probed([(i * 1000 + k, f"plant/oven/{tag}", value) for i in range(60)
                    for k, (tag, value) in enumerate((("temp", str(200 + i % 7)), ("serial", f'"S{i // 5:05d}"')))])
    assert source(found, "serial") == {"topic": "plant/oven/serial", "unit": ""}
    assert list(features(found)) == ["temp"]


def a_unit_in_some_elements_only_is_read_by_itself():
    """OPC UA: one writer is the oven, another the reader that sees the parts come by."""
    def data_set(writer, ms, **payload):
        return {"DataSetWriterId": writer, "Timestamp": iso(ms), "Payload": {
            name: {"Value": value, "SourceTimestamp": iso(ms)} for name, value in payload.items()}}

    found = probed([(i * 1000 + 30, "opcua/json/data/line1", {"MessageType": "ua-data", "Messages": [
        data_set(101, i * 1000, Temperature=25.5 + i % 5)] + (
            [data_set(102, i * 1000, Serial=f"S{i:05d}", Weight=2.5 + i % 3)] if i % 5 == 0 else [])})
        for i in range(60)])
    oven, parts = source(found, "line1"), source(found, "line1_2")
    assert "unit" not in oven and oven["fields"] == {"temperature": "/Payload/Temperature/Value"}, oven
    assert parts["unit"] == "/Payload/Serial/Value" and parts["fields"] == {"weight": "/Payload/Weight/Value"}, parts


def a_scan_alone_becomes_a_station_so_that_units_open():
    messages = [(i * 3000, "plant/press/scan", {"barcode": f"B{i:06d}"}) for i in range(30)]
    messages += [(i * 500, "plant/press/temp", str(200 + i % 7)) for i in range(180)]
    found = probed(messages)
    assert found["line_file"]["stations"] == {"scan": {"enter": "scan", "max_dwell": "600s"}}, found["line_file"]
    assert features(found)["temp"]["during"] == "scan"


def inspection_in_the_same_message_is_read_twice():
    found = probed([(i * 3000, f"cell/part/P{i:05d}", {"torque": 3 + i % 5, "angle": 90.5, "result": "OK" if i % 4 else "NOK"})
                    for i in range(40)])
    line = found["line_file"]
    assert line["label"] == {"from": "inspection.result", "defect": ["NOK"], "good": ["OK"]}
    assert line["sources"]["inspection"]["topic"] == line["sources"]["part"]["topic"] == "cell/part/{unit}"
    assert "result" not in features(found) and {"torque", "angle"} <= set(features(found))
    assert all(f["from"].startswith("part.") for f in features(found).values())


def what_inspection_measures_is_no_feature():
    messages = [(i * 3000, f"cell/part/P{i:05d}/start", {"torque": 3 + i % 5}) for i in range(40)]
    messages += [(i * 3000 + 900, f"cell/qc/P{i:05d}", {"leak": i % 7}) for i in range(40)]
    found = probed(messages)
    assert list(features(found)) == ["torque"] and "label" not in found["line_file"]
    assert any("cell/qc/{unit}, where inspection seems to speak" in note for note in found["notes"]), found["notes"]
    found = probed([(ms, topic, dict(payload, ok=bool(ms % 7)) if "qc" in topic else payload)
                    for ms, topic, payload in messages])
    assert found["line_file"]["label"] == {"from": "qc.ok", "defect": [False], "good": [True]}


def no_station_is_called_start():
    """Windows are anchored at "start", and at "<station>.enter"."""
    found = probed([(i * 3000 + at, f"start/unit/U{i:05d}/{event}", {"x": 1.5})
                    for i in range(20) for at, event in ((0, "in"), (900, "out"))])
    assert list(found["line_file"]["stations"]) == ["start_2"], found["line_file"]["stations"]


def a_lot_is_bound_by_its_values_whatever_the_field_is_called():
    messages = [(i * 1000, f"cell/part/P{i:05d}/start", {"batch": f"X{i // 9:04d}", "granulate": f"G{i // 20:04d}",
                                                          "wall": 2.2}) for i in range(60)]
    messages += [(i * 20000 + 5, f"store/batch/G{i:04d}", {"mfi": 12.5, "colour": "red"}) for i in range(3)]
    found = probed(messages)
    assert found["line_file"]["lots"] == {"granulate": {"bind": "start.granulate"}, "batch": {"bind": "start.batch"}}
    assert features(found)["mfi"]["lot"] == "granulate"
    assert features(found)["colour"] == {"name": "colour", "from": "batch.colour", "type": "text", "lot": "granulate",
                                         "missing": "impute"}


def a_lot_that_is_loaded_is_bound_from_the_stream():
    messages = [(i * 1000, f"cell/part/P{i:05d}/start", {"wall": 2.2}) for i in range(60)]
    messages += [(i * 1000 + 1, "cell/hopper", {"lot": f"G{i // 20:04d}", "level": 50 - i / 2}) for i in range(60)]
    messages += [(i * 20000 + 5, f"store/batch/G{i:04d}", {"mfi": 12.5}) for i in range(3)]
    found = probed(messages)
    assert found["line_file"]["lots"] == {"lot": {"bind": "hopper.lot"}}, found["line_file"]
    assert features(found)["mfi"]["lot"] == "lot"


def a_serial_number_of_the_device_is_no_unit():
    found = probed([(i * 1000, "plant/press", {"serial": "SN1234567", "unit": "degC", "temp": 200 + i % 7})
                    for i in range(60)])
    says_that_the_machine_is_watched(found)
    assert list(features(found)) == ["temp"]


def machines_get_a_source_each():
    found = probed([(i * 250, f"plant/press-{i % 4}/state", {"temp": 200 + i % 7, "force": i % 11}) for i in range(240)])
    assert template(found, "plant/{press}/state")["levels"][0]["different"] == 4
    assert sorted(s["topic"] for s in found["line_file"]["sources"].values()) == [
        f"plant/press-{k}/state" for k in range(4)]
    assert len(features(found)) == 8
    found = probed([(i * 250, f"plant/press-{i % 4}/oven/{('temp', 'hum')[i // 4 % 2]}", str(i % 9)) for i in range(240)])
    assert source(found, "oven") == {"topic": "plant/{press}/oven/{tag}", "format": "number", "tag": "{press}_{tag}"}
    assert features(found)["press_0_hum"]["from"] == "oven.press-0_hum"


def a_list_that_is_not_known_is_taken_apart():
    found = probed([(i * 1000, "plant/gw", {"ts": NOW + i * 1000, "readings": [
        {"sensor": "t1", "val": i % 7}, {"sensor": "t2", "val": i % 5}]}) for i in range(60)])
    assert source(found, "gw") == {"topic": "plant/gw", "each": "/readings", "tag": "/sensor", "value": "/val",
                                   "time": "#/ts"}
    found = probed([(i * 1000, "plant/gw", {"ts": NOW + i * 1000, "order": "O1234", "parts": [
        {"serial": f"S{i:04d}{k}", "weight": k + i % 7} for k in range(3)]}) for i in range(60)])
    part = source(found, "gw")
    assert part["each"] == "/parts" and part["unit"] == "/serial" and part["time"] == "#/ts", part
    assert part["fields"]["weight"] == "/weight" and part["fields"]["order"] == "#/order", part


def seldom_values_are_taken_as_the_newest():
    messages = [(i * 1000, f"cell/part/P{i:05d}/start", {"wall": 2.2}) for i in range(200)]
    messages += [(i * 40000, "cell/shift_report", {"crew_size": 4 + i % 2}) for i in range(5)]
    found = probed(messages)
    assert features(found)["crew_size"] == {"name": "crew_size", "from": "shift_report.crew_size", "ago": "0s",
                                            "take": "last", "missing": "impute"}


def times_are_judged_by_the_time_of_receipt():
    def one(**more):
        return probed([(i * 1000, "m/a", {"temp": i % 7, **{k: f(i * 1000) for k, f in more.items()}})
                       for i in range(60)])

    found = one(ts=lambda ms: (NOW + ms - 20) * 1000)
    assert source(found, "a")["time_format"] == "us"
    found = one(stamp=lambda ms: NOW + ms - 20)  # the name says nothing, its values do
    assert source(found, "a")["time"] == "/stamp"
    found = one(ts=lambda ms: NOW + ms + 2 * HOUR)
    assert source(found, "a") == {"topic": "m/a", "time": "/ts", "shift": "-120min", "fields": {"temp": "/temp"}}
    found = one(ts=lambda ms: iso(ms, ""))
    assert source(found, "a")["time_zone"] == "UTC"
    found = one(ts=lambda ms: NOW + ms - 400 * 24 * HOUR)  # old values: not the time of the event
    assert "time" not in source(found, "a") and list(features(found)) == ["temp"]
    assert field(found, "m/a", "/ts")["time"]["usable"] is False


def retained_messages_are_no_live_values():
    found = probed([(i, f"plant/cfg/zone{i}", str(i), True) for i in range(5)] +
                   [(i * 1000, "plant/oven/temp", str(i % 7)) for i in range(60)])
    kept = next(t for t in found["templates"] if t["template"].startswith("plant/cfg"))
    assert kept["retained"] == kept["messages"] == 5 and kept["per_second"] == 0.0, kept
    assert list(features(found)) == ["temp"]


# -- what must not happen


def nothing_from_outside_breaks_the_tables_or_the_file():
    nasty = 'a"b\\c\n// "x": \x1b[31m\u2028{unit}'
    messages = [(i * 1000, "m/a", {nasty: i, "t\u0007": 3.5, "/~": i % 3, "text": nasty}) for i in range(60)]
    messages += [(i * 1000, "m/{unit}/b\x1b", str(i)) for i in range(60)]
    messages += [(5, "m/deep", "[" * 60 + "]" * 60), (6, "m/big", "x" * 70000), (7, "m/not", '{"a":1,"a":2}')]
    with tempfile.TemporaryDirectory() as folder:
        path, out = record(folder, messages), os.path.join(folder, "line.json")
        found = probe(path, "--out", out)
        with open(out) as f:
            text = f.read()
        assert json.loads(without_comments(text)) == found["line_file"]
        _, tables, _ = harness.ctl("probe", path)
        assert not [c for c in tables + text if (c < " " and c not in "\n\t") or c == "\x7f"]
        assert "m/+/b\x1b" in [s["topic"] for s in found["line_file"]["sources"].values()]


def limits_are_kept_and_said():
    with tempfile.TemporaryDirectory() as folder:
        path = record(folder, [(i, f"m/x{i}y/z", {"a": 1}) for i in range(10050)] +
                      [(20000 + i, "m/x1y/z", {f"k{i}": i}) for i in range(600)])
        found = probe(path)
        assert found["topics"] == 10000 and found["messages_over"] == 50, found["messages_over"]
        assert found["values_over"] > 0
        code, out, _ = harness.ctl("probe", path)
        assert "50 messages were on topics beyond the first 10000" in out


def without_anything_to_learn_from_no_file_is_written():
    with tempfile.TemporaryDirectory() as folder:
        out = harness.write(os.path.join(folder, "line.json"), "mine")
        path = record(folder, [(i * 1000, "m/a", "") for i in range(5)])
        code, tables, err = harness.ctl("probe", path, "--out", out, check=False)
        assert code == 1 and f"{out} is not written: no line file can be proposed" in err, err
        assert open(out).read() == "mine"
        code, tables, err = harness.ctl("probe", path)
        assert "No line file can be proposed:" in tables
        code, _, err = harness.ctl("probe", record(folder, [], "none.jsonl"), check=False)
        assert code == 1 and "none.jsonl holds no message" in err, err
        code, _, err = harness.ctl("probe", path, "--out", os.path.join(folder, "no", "l.json"), check=False)
        assert code == 1 and "there is no folder" in err, err


def wrong_options_are_refused():
    for arguments, words in (
            (["--topic", "a/#/b"], "--topic: topic \"a/#/b\" goes on after #"),
            (["--topic"], "--topic wants a value"),
            (["--seconds", "1", "--seconds", "2"], "--seconds is given twice"),
            (["--line", "Press"], "--line is \"Press\", allowed is"),
            (["--seconds", "0"], "--seconds wants 1 to 86400"),
            (["--port", "70000"], "--port wants 1 to 65535"),
            (["a.jsonl", "b.jsonl"], "one argument too many")):
        code, out, err = harness.ctl("probe", *arguments, check=False)
        assert code == 64 and words in err and not out, (arguments, err)


def whatever_is_heard_the_proposal_is_accepted():
    """Topics and payloads put together at random, from words that mean something and words that
    do not."""
    words = ["plant", "press-1", "press-2", "oven", "unit", "part", "lot", "batch", "value", "start", "end", "in",
             "out", "qc", "data", "", "temp", "x", "U00017", "4711", "a b", "\u00e4\u00f6", "{unit}", "7", "select"]
    names = ["ts", "timestamp_ms", "value", "v", "id", "serial", "unit", "lot", "result", "ok", "event", "type",
             "temp", "Temp C", "unit_ms", "started_ms", "rowid", "values", "parts", "a/b", "~", "", "p_defect",
             "x" * 60, "temp_mean", "\u00e4", "MessageName", "each", "1"]

    def scalar(rng, at):
        return rng.choice([lambda: rng.random() * 100, lambda: rng.randrange(5), lambda: rng.random() < 0.5,
                           lambda: f"U{rng.randrange(50):05d}", lambda: rng.choice(["OK", "NG", "enter", "exit", "L"]),
                           lambda: NOW + at, lambda: (NOW + at) // 1000, lambda: iso(at, rng.choice(["", "Z"])),
                           lambda: None, lambda: "", lambda: 1e300, lambda: -1])()

    def value(rng, at, depth=0):
        kind = rng.random()
        if depth < 3 and kind < 0.3:
            return {rng.choice(names): value(rng, at, depth + 1) for _ in range(rng.randrange(6))}
        if depth < 3 and kind < 0.45:
            return [value(rng, at, depth + 1) for _ in range(rng.randrange(4))]
        return scalar(rng, at)

    for seed in range(ROUNDS):
        rng = random.Random(seed)
        topics = ["/".join(rng.choice(words) for _ in range(rng.randrange(1, 6))) or "t" for _ in range(rng.randrange(1, 20))]
        shapes = {t: rng.random() for t in topics}
        messages = []
        for i in range(rng.randrange(5, 200)):
            topic, at = rng.choice(topics), i * 700
            if "U00017" in topic:
                topic = topic.replace("U00017", f"U{i // 4:05d}")
            # mostly a topic keeps the shape of what it sends
            fixed = random.Random(shapes.get(topic, 0)) if rng.random() < 0.8 else rng
            messages.append((at, topic, value(fixed, at) if rng.random() < 0.95 else rng.choice(["", "ON", "\x01", "{"]),
                             rng.random() < 0.05))
        try:
            probed(messages)
        except AssertionError as why:
            raise AssertionError(f"seed {seed}: {why}")


# -- a broker


def a_broker_is_listened_to_but_for_our_own_topics():
    with harness.Site([]) as site:
        client = site.client("machine")
        client.publish("plant/oven/temp", "1", retain=True)
        client.publish("defectd/gw-test/status", "{}", retain=True)
        client.publish("defectd/gw-test/alarm/store", "{}", retain=True)
        client.flush()
        running = subprocess.Popen([harness.DEFECTCTL, "--config", site.config, "--json", "probe", "--seconds", "60"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            end = time.monotonic() + 4
            while time.monotonic() < end:
                client.publish("plant/oven/temp", "2", qos=0)
                client.publish("plant/oven/humidity", "3", qos=1)
                client.flush()
                time.sleep(0.1)
            running.send_signal(signal.SIGINT)  # long before the minute is over
            out, err = running.communicate(timeout=20)
        finally:
            running.kill()
        assert running.returncode == 0, err
        found = json.loads(out)
        assert [t["template"] for t in found["templates"]] == ["plant/oven/{tag}"], found["templates"]
        heard = found["templates"][0]
        assert heard["retained"] == 1 and heard["qos0"] > 0 and heard["qos1"] > 0, heard
        assert found["own_messages"] == 2 and 2 < found["seconds"] < 30, found["seconds"]


def topics_can_be_narrowed():
    with harness.Site([]) as site:
        client = site.client("machine")
        for topic in ("a/x", "b/y", "c/z"):
            client.publish(topic, "1", retain=True)
        client.flush()
        host = ["--host", "127.0.0.1", "--port", site.broker.port, "--seconds", 1]
        _, out, _ = harness.ctl("--json", "probe", *host, "--topic", "a/#", "--topic=b/+")
        assert [t["template"] for t in json.loads(out)["templates"]] == ["a/x", "b/y"]
        code, _, err = harness.ctl("probe", *host, "--topic", "nothing/here", check=False)
        assert code == 1 and "no message came within 1 s" in err, err


def recordings_are_narrowed_the_same_way():
    found = probed([(i, topic, "1") for i in range(3) for topic in ("a/x", "b/y", "$SYS/load", "defectd/gw/status")])
    assert [t["template"] for t in found["templates"]] == ["a/x", "b/y"] and found["own_messages"] == 3
    found = probed([(i, topic, "1") for i in range(3) for topic in ("a/x", "b/y")], "--topic", "b/#")
    assert [t["template"] for t in found["templates"]] == ["b/y"]


# -- what becomes of the proposal


def moulding(folder, units):
    path = os.path.join(folder, "moulding.jsonl")
    harness.ctl("simulate", "--units", units, "--recording", path)
    return path


def a_whole_line_is_collected_with_it():
    found, rows, labels = collected(press_line())
    assert len(rows) == 50 and {r["unit"] for r in rows} == {f"U{i:05d}" for i in range(50)}
    is_filled(found, rows, 0.95)
    assert labels == 50, labels


def machine_condition_is_collected_with_it():
    for name, messages in wild_streams().items():
        found, rows, _ = collected(messages)
        assert len(rows) >= 5, (name, len(rows))
        is_filled(found, rows, 0.8)


def events_are_collected_with_it():
    found, rows, _ = collected(cfx_messages())
    assert {r["unit"] for r in rows} == {f"PANEL{34543535 + i}" for i in range(40)}
    is_filled(found, rows)
    found, rows, _ = collected(serial_among_tags())
    assert len(rows) == 12 and all(r["m4_press_pressure_mean"] is not None for r in rows[:-1]), rows


def a_proposal_is_accepted_and_replayed():
    with harness.Site([]) as site:
        path = moulding(site.folder, 60)
        line = os.path.join(site.folder, "lines.d", "moulding.json")
        _, tables, _ = harness.ctl("probe", path, "--out", line, "--line", "moulding-x")
        assert f"The proposed line file is {line}" in tables
        code, out, err = harness.ctl("check", config=site.config, check=False)
        assert code == 0 and "warning" not in err, err
        _, out, _ = harness.ctl("--json", "replay", "--line", "moulding-x", path, "--out",
                                os.path.join(site.folder, "replayed"), config=site.config)
        assert json.loads(out)["units"] == 60, out


def a_daemon_collects_with_it():
    with harness.Site([]) as site:
        path = moulding(site.folder, 40)
        harness.ctl("probe", path, "--out", os.path.join(site.folder, "lines.d", "moulding.json"))
        site.daemon.start()
        site.status()
        client = site.client("machine")
        for line in open(path):
            message = json.loads(line)
            client.publish(message["topic"], message["payload"])
        client.flush()
        harness.wait_for(lambda: site.count("moulding-1") == 40, 30, "40 rows")
        rows = site.rows("moulding-1")
        assert all(r["reason"] == "no_model" and r["melt_temp_c"] > 0 and r["viscosity"] > 0 and r["grade"]
                   for r in rows.values()), next(iter(rows.values()))


harness.run(
    a_whole_line_is_understood,
    tables_say_how_much_how_often_and_what,
    scalars_are_values_by_the_name_of_their_topic,
    words_that_are_no_json_are_text,
    united_manufacturing_hub_is_known,
    neuron_is_known_in_both_forms,
    kepware_is_known,
    opc_ua_pubsub_is_known,
    sitewise_is_known,
    shelly_is_known,
    tasmota_is_known_and_its_zone_is_missed,
    ipc_cfx_is_known_and_its_work_is_a_station,
    a_stay_between_two_topics_of_a_piece_is_measured,
    events_that_are_named_in_the_payload_make_a_station,
    a_deadline_is_longer_than_a_stay,
    an_id_that_is_a_tag_among_others_opens_units,
    a_unit_in_some_elements_only_is_read_by_itself,
    a_scan_alone_becomes_a_station_so_that_units_open,
    inspection_in_the_same_message_is_read_twice,
    what_inspection_measures_is_no_feature,
    no_station_is_called_start,
    a_lot_is_bound_by_its_values_whatever_the_field_is_called,
    a_lot_that_is_loaded_is_bound_from_the_stream,
    a_serial_number_of_the_device_is_no_unit,
    machines_get_a_source_each,
    a_list_that_is_not_known_is_taken_apart,
    seldom_values_are_taken_as_the_newest,
    times_are_judged_by_the_time_of_receipt,
    retained_messages_are_no_live_values,
    nothing_from_outside_breaks_the_tables_or_the_file,
    whatever_is_heard_the_proposal_is_accepted,
    limits_are_kept_and_said,
    without_anything_to_learn_from_no_file_is_written,
    wrong_options_are_refused,
    a_broker_is_listened_to_but_for_our_own_topics,
    topics_can_be_narrowed,
    recordings_are_narrowed_the_same_way,
    a_whole_line_is_collected_with_it,
    machine_condition_is_collected_with_it,
    events_are_collected_with_it,
    a_proposal_is_accepted_and_replayed,
    a_daemon_collects_with_it,
)
