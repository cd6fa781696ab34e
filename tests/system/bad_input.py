"""Bad messages, bad configurations, bad models: a counted reason or a clear sentence each."""

import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
import milling

LINE = "press-3"


def line(**more):
    return {
        "line": LINE,
        "sources": {
            "start": {"topic": "p3/start/{unit}", "time": "/ts", "fields": {"x": "/x", "kind": "/kind"}},
            "late": {"topic": "p3/late/{unit}", "fields": {"z": "/z"}},
            "temp": {"topic": "p3/temp/{unit}", "format": "number"},
        },
        "features": [
            {"name": "x", "from": "start.x", "min": 0, "max": 100, "missing": "impute"},
            {"name": "temp", "from": "temp.value"},
            {"name": "z", "from": "late.z", "missing": "impute"},
        ],
        "unit": {"deadline": "2s", "open": ["start", "temp"]},
        **more,
    }


def stats(watcher, condition, timeout=40):
    def found():
        for message in reversed(list(watcher.messages)):
            if message[0].endswith("/stats") and condition(json.loads(message[1])):
                return json.loads(message[1])

    return harness.wait_for(found, timeout, "stats that fit")


def every_bad_message_is_counted_under_its_reason_and_quarantined():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        watcher = site.client("watcher", f"defectd/{site.instance}/stats", f"defectd/{site.instance}/{LINE}/stats")
        sender = site.client("sender")
        bad = [
            ("p3/start/A", b'{"ts": 1, "x": 1', "bad_payload"),
            ("p3/start/B", b'{"ts": 1, "x": 1e999}', "bad_payload"),
            ("p3/start/C", b'{"ts": 1, "x": NaN}', "bad_payload"),
            ("p3/start/D", b'{"ts": 1, "ts": 2, "x": 1}', "bad_payload"),
            ("p3/start/E", b"", "bad_payload"),
            ("p3/temp/F", b"warm", "bad_payload"),
            ("p3/temp/G", b"nan", "bad_payload"),
            ("p3/temp/H", b"1e999", "bad_payload"),
            ("p3/start/I", b'{"ts": "soon", "x": 1}', "bad_time"),
            ("p3/start/J", b'{"x": 1}', "bad_time"),
            ("p3/start/" + "K" * 200, b'{"ts": 1, "x": 1}', "bad_id"),
            ("p3/temp/L", b"1" * 10_000_000, "too_big"),
            ("p3/late/M", b'{"z": 1}', "unknown_unit"),
        ]
        want = {}
        for topic, payload, reason in bad:
            sender.publish(topic, payload)
            sender.drain()
            want[reason] = want.get(reason, 0) + 1
            time.sleep(1.1)  # quarantine keeps one of a reason a second
        # x out of range: imputed; a start long ago would make a second unit of the temperature
        sender.publish("p3/start/U1", '{"ts": %d, "x": 5000}' % (time.time() * 1000))
        sender.publish("p3/temp/U1", "20.5")
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) >= 1, 20, "the good unit's row")
        total = len(bad) + 2
        got = stats(watcher, lambda s: s.get("received", 0) >= total)
        for reason, count in want.items():
            assert got[reason] == count, f"{reason}: {got[reason]}, expected {count}: {got}"
        assert got["received"] == got["used"] + sum(want.values()), got
        assert site.daemon.alive

        reasons = [r for (r,) in site.sql("SELECT reason FROM quarantine ORDER BY rowid")]
        for reason in want:
            assert any(r.startswith(reason + ":") for r in reasons), (reason, reasons)
        assert any('duplicate key "ts"' in r for r in reasons), reasons
        assert any("1e999" in r for r in reasons), reasons
        heads = site.sql("SELECT length(payload) FROM quarantine WHERE reason LIKE 'too_big%'")
        assert heads and heads[0][0] <= 65536, heads
        row = site.rows(LINE)["U1"]
        assert row["x"] is None and row["temp"] == 20.5, row
        assert row["verdict"] == "not_scored" and row["reason"] == "no_model"


def wrong_types_count_as_not_sent():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        sender.publish("p3/start/U1", '{"ts": 1000, "x": "five"}')
        sender.publish("p3/start/U2", '{"ts": 1000, "x": {"a": 1}}')
        sender.publish("p3/start/U3", '{"ts": 1000, "x": 7}')
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 3, 20, "rows at the deadline")
        rows = site.rows(LINE)
        assert rows["U1"]["x"] is None and rows["U2"]["x"] is None and rows["U3"]["x"] == 7


def refused_configuration(tmp, gateway_text, line_text, *words):
    os.makedirs(os.path.join(tmp, "lines.d"), exist_ok=True)
    config = harness.write(os.path.join(tmp, "defectd.json"), gateway_text)
    harness.write(os.path.join(tmp, "lines.d", "a.json"), line_text)
    daemon = harness.Daemon(config).start()
    status = daemon.wait(20)
    log = daemon.log_text()
    assert status == 78, f"exit status {status}\n{log}"
    code, _, err = harness.ctl("check", config=config, check=False)
    assert code == 78, f"check: {code}"
    for word in words:
        assert word in log, f"{word!r} is not in the log:\n{log}"
        assert word in err, f"{word!r} is not in what check says:\n{err}"


def a_bad_configuration_is_refused_with_all_its_errors():
    import tempfile

    with tempfile.TemporaryDirectory() as tmp:
        good_gateway = json.dumps({"instance": "x", "state_dir": tmp + "/state"})
        refused_configuration(
            tmp, good_gateway, '{"line": "a", "line": "b"}', 'a.json:1:15: duplicate key "line"')
    with tempfile.TemporaryDirectory() as tmp:
        bad = line()
        bad["unit"] = {"deadlin": "5s"}
        bad["features"].append({"name": "y", "from": "strt.x"})
        bad["alarms"] = {}
        refused_configuration(
            tmp,
            json.dumps({"instance": "x", "state_dir": tmp + "/state", "future_limit": "soon"}),
            json.dumps(bad),
            'did you mean "deadline"',
            'did you mean "start"',
            "/alarms",
            "/future_limit",
        )


def collecting(site, reason, timeout=20):
    watcher = site.client("status-watcher", f"defectd/{site.instance}/{LINE}/status")

    def says():
        for m in reversed(list(watcher.messages)):
            found = json.loads(m[1])
            if found["state"] == "collecting" and reason in found["reason"]:
                return found

    return harness.wait_for(says, timeout, f"status collecting with {reason}")


def one_unit(site):
    sender = site.client("sender")
    sender.publish("p3/start/U1", '{"ts": 1000, "x": 5}')
    sender.publish("p3/temp/U1", "20.5")
    sender.drain()
    harness.wait_for(lambda: site.count(LINE) == 1, 20, "a row")
    return site.rows(LINE)["U1"]


def without_its_model_file_a_line_collects_and_says_so():
    with harness.Site([line(model="absent.onnx")]) as site:
        site.daemon.start()
        site.status()
        collecting(site, "no_model")
        assert "absent.onnx" in site.daemon.log_text()
        assert one_unit(site)["reason"] == "no_model"


def a_hostile_model_is_refused_and_the_line_collects():
    reject = os.environ.get("DEFECTD_ONNX") or os.path.join(harness.SOURCE, "../shared/onnx")
    hostile = harness.need(os.path.join(reject, "reject/nested_20000.onnx"), "the hostile models")
    with harness.Site([line(model="bad.onnx")]) as site:
        shutil.copy(hostile, os.path.join(site.state, "models/bad.onnx"))
        site.daemon.start()
        site.status()
        collecting(site, "model_refused")
        assert "bad.onnx" in site.daemon.log_text()
        assert one_unit(site)["reason"] == "model_refused"


def a_model_that_does_not_fit_the_line_is_named_and_the_line_collects():
    with harness.Site([line(model="mill.onnx")]) as site:
        site.model(milling.train(site.folder), "mill.onnx")
        site.daemon.start()
        site.status()
        collecting(site, "model_misfit")
        assert "torque_nm" in site.daemon.log_text() or "type" in site.daemon.log_text()
        assert one_unit(site)["reason"] == "model_misfit"
        code, _, err = harness.ctl("check", config=site.config, check=False)
        assert code == 78 and "mill.onnx" in err, err


def a_feature_whose_type_changed_is_refused_for_good():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        assert site.daemon.end() == 0
        changed = line()
        changed["features"][0] = {"name": "x", "from": "start.kind", "type": "text"}
        harness.write(os.path.join(site.folder, "lines.d", LINE + ".json"), changed)
        site.daemon.start()
        assert site.daemon.wait(20) == 78, "a restart cannot cure it"
        assert 'column "x"' in site.daemon.log_text()


if __name__ == "__main__":
    harness.run(
        every_bad_message_is_counted_under_its_reason_and_quarantined,
        wrong_types_count_as_not_sent,
        a_bad_configuration_is_refused_with_all_its_errors,
        without_its_model_file_a_line_collects_and_says_so,
        a_hostile_model_is_refused_and_the_line_collects,
        a_model_that_does_not_fit_the_line_is_named_and_the_line_collects,
        a_feature_whose_type_changed_is_refused_for_good,
    )
