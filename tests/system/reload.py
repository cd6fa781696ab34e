"""A running daemon takes up a changed configuration: SIGHUP, and the command reload.

A changed line file holds for units that open after it; those that are open are finished under the
file that they were opened with. Nothing that is wrong with a configuration changes anything.
"""

import hashlib
import json
import math
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../golden"))
import harness
import onnx_file
from fake_broker import FakeBroker

LINE, OTHER = "press-3", "press-4"
ROOT = "defectd/gw-test"
LINE_ROOT = ROOT + "/" + LINE
T0 = int(time.time() * 1000) - 60_000


def line(name=LINE, root="p3", threshold=0.5, **more):
    return {
        "line": name,
        "sources": {
            "a": {"topic": root + "/{unit}/a", "time": "/ts", "fields": {"x": "/x"}},
            "b": {"topic": root + "/{unit}/b", "time": "/ts", "fields": {"y": "/y"}},
        },
        "unit": {"open": ["a"], **more.pop("unit", {})},
        "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "b.y"}],
        "decide": {"threshold": threshold},
        **more,
    }


def sha256(config):
    return hashlib.sha256(json.dumps(config, indent=1).encode()).hexdigest()


def path_of(site, name):
    return os.path.join(site.folder, "lines.d", name + ".json")


def put(site, *lines):
    for one in lines:
        harness.write(path_of(site, one["line"]), one)


def edit_gateway(site, change):
    with open(site.config) as f:
        config = json.load(f)
    change(config)
    harness.write(site.config, config)


def start(site):
    seen = site.daemon.log_text().count("subscriptions granted") if site.daemon.process else 0
    site.daemon.start()
    harness.wait_for(lambda: site.daemon.log_text().count("subscriptions granted") > seen, 30,
                     "the start")


def hangup(site, result="reloaded, in force from now on"):
    seen = site.daemon.log_text().count(result)
    site.daemon.process.send_signal(signal.SIGHUP)
    harness.wait_for(lambda: site.daemon.log_text().count(result) > seen, 20, f'"{result}"')


def command(site, body, retain=False):
    """Sends the command reload; its reply, or None when there is none within 3 s."""
    client = site.client(f"command-{len(site.clients)}", ROOT + "/reply")
    client.publish(ROOT + "/cmd/reload", json.dumps(body), retain=retain)
    client.drain()
    try:
        client.wait(lambda: client.messages, 3 if retain else 20, "a reply")
    except TimeoutError:
        if retain:
            return None
        raise
    return json.loads(client.messages[-1][1])


def retained(site, topic):
    """What a new client finds there, or None."""
    client = site.client(f"retained-{len(site.clients)}", topic)
    try:
        client.wait(lambda: any(m[2] for m in client.messages), 1, "a retained message")
        return json.loads(client.messages[0][1])
    except TimeoutError:
        return None


def stats(site):
    """The gateway's statistics of now."""
    watcher = site.client(f"stats-{len(site.clients)}", ROOT + "/stats")
    watcher.wait(lambda: any(not m[2] for m in watcher.messages), 20, "statistics")
    return json.loads(watcher.messages[-1][1])


def model(threshold=0.5, bias=0.0, features=("x", "y")):
    return onnx_file.model_bytes({
        "inputs": [{"name": f, "from": f, "mean": 0, "sd": 1} for f in features],
        "weights": [1.0] * len(features), "bias": bias, "threshold": threshold})


def probability(bias, *values):
    return 1 / (1 + math.exp(-(sum(values) + bias)))


def write_model(site, name, data):
    with open(os.path.join(site.state, "models", name), "wb") as f:
        f.write(data)
    return hashlib.sha256(data).hexdigest()


class Sender:
    def __init__(self, site):
        self.client = site.client(f"sender-{len(site.clients)}")

    def send(self, unit, part, value, root="p3", ts=None):
        field = {"a": "x", "b": "y", "c": "z"}[part]
        self.client.publish(
            f"{root}/{unit}/{part}", json.dumps({"ts": T0 if ts is None else ts, field: value}))

    def done(self):
        self.client.drain()


def wait_rows(site, count, name=LINE):
    harness.wait_for(lambda: site.count(name) >= count, 20, f"{count} rows of {name}")
    return site.rows(name)


def a_threshold_holds_for_units_that_open_after_it():
    first, second = line(model="m.onnx"), line(model="m.onnx", threshold=0.9)
    with harness.Site([first]) as site:
        write_model(site, "m.onnx", model())
        start(site)
        s = Sender(site)
        s.send("open", "a", 0.5)
        s.done()
        put(site, second)
        hangup(site)
        for unit in ("new", "open"):
            s.send(unit, "a", 0.5)
            s.send(unit, "b", 0.5)
        s.done()
        rows = wait_rows(site, 2)
        assert (rows["open"]["config"], rows["open"]["threshold"]) == (sha256(first), 0.5), rows
        assert (rows["new"]["config"], rows["new"]["threshold"]) == (sha256(second), 0.9), rows
        assert rows["open"]["verdict"] == "defect" and rows["new"]["verdict"] == "pass", rows
        texts = dict(site.sql("SELECT sha256, text FROM config"))
        assert json.loads(texts[sha256(first)]) == first
        assert json.loads(texts[sha256(second)]) == second
        assert site.sql("SELECT line, config FROM in_force") == [(LINE, sha256(second))]
        assert 'reloaded, in force from now on: line "press-3"' in site.daemon.log_text()
        assert retained(site, LINE_ROOT + "/status")["threshold"] == 0.9
        assert site.daemon.end() == 0


def with_c(**more):
    long = line(**more)
    long["sources"]["c"] = {"topic": "p3/{unit}/c", "time": "/ts", "fields": {"z": "/z"}}
    long["features"].append({"name": "z", "from": "c.z"})
    return long


def a_feature_more_or_less_is_waited_for_by_units_that_open_after_it():
    with harness.Site([line()]) as site:
        start(site)
        s = Sender(site)
        s.send("short", "a", 1)
        s.done()
        put(site, with_c())
        hangup(site)
        for unit in ("short", "long"):
            s.send(unit, "a", 1)
            s.send(unit, "c", 3)
            s.send(unit, "b", 2)
        s.send("long again", "a", 1)
        s.done()
        rows = wait_rows(site, 2)
        assert (rows["short"]["y"], rows["short"]["z"]) == (2, None), rows["short"]
        assert (rows["long"]["y"], rows["long"]["z"]) == (2, 3), rows["long"]
        put(site, line())
        hangup(site)
        s.send("short again", "a", 1)
        for unit in ("long again", "short again"):
            s.send(unit, "b", 2)
        s.done()
        rows = wait_rows(site, 3)
        assert rows["short again"]["z"] is None and "long again" not in rows, rows
        s.send("long again", "c", 3)
        s.done()
        assert wait_rows(site, 4)["long again"]["z"] == 3


def another_topic_of_a_source_holds_for_units_that_open_after_it():
    other = line()
    other["sources"]["b"]["topic"] = "q3/{unit}/b"
    with harness.Site([line()]) as site:
        start(site)
        s = Sender(site)
        s.send("old", "a", 1)
        s.done()
        put(site, other)
        hangup(site)
        s.send("new", "a", 1)
        s.done()
        time.sleep(1.5)  # the filters of the file of before are still wanted
        s.send("old", "b", 5, root="q3")  # not where the old one looks
        s.send("new", "b", 5)  # not where the new one looks
        s.send("old", "b", 2)
        s.send("new", "b", 3, root="q3")
        s.done()
        rows = wait_rows(site, 2)
        assert rows["old"]["y"] == 2 and rows["new"]["y"] == 3, rows
        time.sleep(2.5)  # then nobody listens there any more
        s.send("late", "b", 1)
        s.done()
        counts = stats(site)
        assert (counts["received"], counts["used"], counts["unmatched"]) == (6, 4, 2), counts
        assert site.daemon.end() == 0
        with open(os.path.join(site.state, "subscriptions")) as f:
            assert "p3/+/b" not in f.read().split()


def a_line_more_and_a_line_less():
    with harness.Site([line()]) as site:
        start(site)
        s = Sender(site)
        s.send("open", "a", 1)
        s.done()
        put(site, line(OTHER, "p4"))
        hangup(site, 'line "press-4" is new')
        s.send("first", "a", 1, root="p4")
        s.send("first", "b", 2, root="p4")
        s.done()
        wait_rows(site, 1, OTHER)
        topic = f"{ROOT}/{LINE}/status"
        watcher = site.client("watcher", topic)
        os.remove(path_of(site, LINE))
        hangup(site, 'line "press-3" is gone')
        # what was open is scored as at its deadline, and nothing is left of the line
        assert wait_rows(site, 1)["open"]["x"] == 1
        harness.wait_for(lambda: retained(site, topic) is None, 10, "the retained status to go")
        said = [json.loads(m[1]) for m in watcher.messages if m[1]]
        assert said[-1]["state"] == "stopped" and said[-1]["reason"] == "no longer configured"
        assert watcher.messages[-1][1] == b""
        assert retained(site, f"{ROOT}/status")["lines"] == 1
        s.send("second", "a", 1, root="p4")
        s.send("second", "b", 2, root="p4")
        s.done()
        wait_rows(site, 2, OTHER)
        # it may come back
        put(site, line())
        hangup(site, 'line "press-3" is new')
        s.send("again", "a", 1)
        s.send("again", "b", 2)
        s.done()
        assert set(wait_rows(site, 2)) == {"open", "again"}
        assert retained(site, topic)["state"] == "collecting"
        assert site.daemon.end() == 0


def what_is_wrong_is_said_all_of_it_and_changes_nothing():
    with harness.Site([line()]) as site:
        start(site)
        s = Sender(site)
        s.send("open", "a", 1)
        s.done()
        wrong = line(threshold=7)
        wrong["features"][0]["from"] = "nobody.x"
        put(site, wrong)
        harness.write(path_of(site, OTHER), "{ no JSON")
        _, _, said = harness.ctl("check", config=site.config, check=False)
        assert len(said.splitlines()) >= 3, said
        hangup(site, "the configuration is refused, keeping the one in force")
        log = site.daemon.log_text()
        for text in said.splitlines():
            assert text in log, f"{text!r} is not in the log"
        reply = command(site, {"by": "me", "req": 17})
        assert (reply["ok"], reply["code"], reply["req"]) == (0, "refused", "17"), reply
        assert "errors, the first: " in reply["text"] and said.splitlines()[0] in reply["text"]
        s.send("open", "b", 2)
        s.done()
        assert wait_rows(site, 1)["open"]["config"] == sha256(line())
        assert site.sql("SELECT line, config FROM in_force") == [(LINE, sha256(line()))]
        assert retained(site, f"{ROOT}/{LINE}/status")["state"] == "collecting"
        # and once it is right it is taken
        os.remove(path_of(site, OTHER))
        put(site, line(threshold=0.25))
        assert command(site, {})["ok"] == 1
        assert site.daemon.end() == 0


def what_needs_a_restart_is_refused_by_name():
    with harness.Site([line()]) as site:
        start(site)

        def other(config):
            config.update(instance="gw-other", state_dir=site.state + "-other")

        edit_gateway(site, other)
        reply = command(site, {})
        assert (reply["ok"], reply["code"]) == (0, "refused"), reply
        for key in ("instance", "publish", "state_dir"):
            assert f'"{key}" is ' in reply["text"], reply
        assert reply["text"].endswith("which needs a restart"), reply
        assert not os.path.exists(site.state + "-other")


def the_command_is_answered_and_a_retained_one_is_ignored():
    with harness.Site([line()]) as site:
        start(site)
        reply = command(site, {"by": "me", "req": "r1"})
        assert (reply["v"], reply["ok"], reply["code"], reply["req"]) == \
            (1, 1, "nothing_to_do", "r1"), reply
        put(site, line(threshold=0.25))
        reply = command(site, {"by": "me", "req": "r2"})
        assert (reply["ok"], reply["code"], reply["req"]) == (1, "", "r2"), reply
        assert reply["text"] == 'in force from now on: line "press-3"', reply
        assert 'the command reload of "me"' in site.daemon.log_text()
        assert site.sql("SELECT config FROM in_force") == [(sha256(line(threshold=0.25)),)]
        put(site, line(threshold=0.75))
        site.daemon.kill()
        client = site.client("old")
        client.publish(ROOT + "/cmd/reload", "{}", retain=True)
        client.drain()
        put(site, line(threshold=0.25))
        start(site)
        put(site, line(threshold=0.75))
        time.sleep(1)
        assert site.sql("SELECT config FROM in_force") == [(sha256(line(threshold=0.25)),)]


def many_at_once_are_answered_each():
    with harness.Site([line()]) as site:
        start(site)
        client = site.client("many", ROOT + "/reply")
        for n in range(20):
            put(site, line(threshold=(n + 1) / 100))
            client.publish(ROOT + "/cmd/reload", json.dumps({"req": n}))
            client.flush()
        client.wait(lambda: len(client.messages) == 20, 20, "20 replies")
        assert [json.loads(m[1])["req"] for m in client.messages] == [str(n) for n in range(20)]
        assert {json.loads(m[1])["code"] for m in client.messages} <= {"", "nothing_to_do", "refused"}
        assert command(site, {})["ok"] == 1
        assert site.sql("SELECT config FROM in_force") == [(sha256(line(threshold=0.2)),)]


def units_of_several_files_are_open_at_a_time():
    files = [line(threshold=t) for t in (0.1, 0.2, 0.3)]
    with harness.Site([files[0]]) as site:
        start(site)
        s = Sender(site)
        for n, one in enumerate(files):
            if n:
                put(site, one)
                hangup(site)
            for k in range(3):
                s.send(f"U{n}-{k}", "a", n)
            s.done()
        for k in range(3):  # each at another moment of the daemon's life
            for n in (2, 0, 1):
                s.send(f"U{n}-{k}", "b", k)
            s.done()
            if k == 0:
                wait_rows(site, 3)
                site.daemon.kill()
                start(site)
            elif k == 1:
                wait_rows(site, 6)
                assert site.daemon.end() == 0
                start(site)
        rows = wait_rows(site, 9)
        for n, one in enumerate(files):
            for k in range(3):
                row = rows[f"U{n}-{k}"]
                assert (row["config"], row["x"], row["y"]) == (sha256(one), n, k), row
        assert site.daemon.end() == 0


def a_start_under_edited_files_leaves_those_of_before_a_reload_alone():
    files = [line(threshold=t) for t in (0.1, 0.2, 0.3)]
    with harness.Site([files[0]]) as site:
        start(site)
        s = Sender(site)
        s.send("before the reload", "a", 1)
        s.done()
        put(site, files[1])
        hangup(site)
        s.send("before the start", "a", 1)
        s.done()
        site.daemon.kill()
        put(site, files[2])
        start(site)
        s.send("after", "a", 1)
        for unit in ("before the reload", "before the start", "after"):
            s.send(unit, "b", 2)
        s.done()
        rows = wait_rows(site, 3)
        assert rows["before the reload"]["config"] == sha256(files[0])
        assert rows["before the start"]["config"] == sha256(files[2])
        assert rows["after"]["config"] == sha256(files[2])


def a_scored_unit_stays_scored_whatever_file_it_had():
    with harness.Site([line()]) as site:
        start(site)
        s = Sender(site)
        s.send("done", "a", 1)
        s.send("done", "b", 2)
        s.send("open", "a", 1)
        s.done()
        wait_rows(site, 1)
        put(site, line(threshold=0.25))
        hangup(site)
        s.send("open", "b", 2)
        for unit in ("done", "open"):  # all that comes now is late
            s.send(unit, "a", 8)
            s.send(unit, "b", 9)
        s.done()
        rows = wait_rows(site, 2)
        time.sleep(0.5)
        assert site.rows(LINE) == rows and rows["open"]["y"] == 2, rows


def a_model_that_a_line_file_newly_names_comes_into_force_with_it():
    first = line(model="first.onnx")
    second = with_c(model="second.onnx")
    with harness.Site([first]) as site:
        was = write_model(site, "first.onnx", model())
        start(site)
        s = Sender(site)
        s.send("old", "a", 0.5)
        s.done()
        put(site, second)
        now = write_model(site, "second.onnx", model(bias=1, features=("x", "z")))
        assert command(site, {})["ok"] == 1
        s.send("new", "a", 0.5)
        s.send("new", "c", 0.25)
        s.send("old", "b", 0.5)
        s.done()
        rows = wait_rows(site, 2)
        # what the new model wants the old file does not have: its units keep the model they had
        assert rows["old"]["model"] == was and rows["new"]["model"] == now, rows
        assert abs(rows["old"]["p_defect"] - probability(0, 0.5, 0.5)) < 1e-5
        assert abs(rows["new"]["p_defect"] - probability(1, 0.5, 0.25)) < 1e-5
        assert site.sql("SELECT sha256, role, by FROM model ORDER BY role") == [
            (now, "champion", "line file"), (was, "previous", "line file")]
        assert os.path.exists(os.path.join(site.state, "models", now + ".onnx"))
        # both over a kill
        s.send("new-2", "a", 0.5)
        s.done()
        site.daemon.kill()
        start(site)
        s.send("new-2", "c", 0.25)
        s.done()
        assert wait_rows(site, 3)["new-2"]["model"] == now


def a_model_that_fits_both_files_is_the_model_of_both():
    first = line(model="m.onnx")
    with harness.Site([first]) as site:
        write_model(site, "m.onnx", model())
        start(site)
        s = Sender(site)
        s.send("old", "a", 0.5)
        s.done()
        put(site, with_c(model="n.onnx"))
        now = write_model(site, "n.onnx", model(bias=2))
        hangup(site)
        s.send("old", "b", 0.5)
        s.done()
        row = wait_rows(site, 1)["old"]
        assert row["model"] == now and row["config"] == sha256(first), row
        assert abs(row["p_defect"] - probability(2, 0.5, 0.5)) < 1e-5


def new_contents_of_a_model_alone_are_something_to_do():
    with harness.Site([line(model="m.onnx")]) as site:
        write_model(site, "m.onnx", model())
        start(site)
        now = write_model(site, "m.onnx", model(bias=2))
        reply = command(site, {})
        assert (reply["ok"], reply["code"]) == (1, ""), reply
        assert command(site, {})["code"] == "nothing_to_do"
        assert retained(site, f"{ROOT}/{LINE}/status")["model"] == now
        write_model(site, "m.onnx", b"no model")
        assert command(site, {})["code"] == "refused"
        assert retained(site, f"{ROOT}/{LINE}/status")["model"] == now


def a_filter_that_the_broker_refuses_after_a_reload_is_said():
    fake = FakeBroker()
    with harness.Site([line()], start_broker=False,
                      gateway={"broker": {"port": fake.port}}) as site:
        site.daemon.start()
        fake.wait_subscribed()
        site.daemon.wait_log("subscriptions granted")
        fake.granted = 0x87
        fake.filters.clear()
        other = line()
        other["sources"]["b"]["topic"] = "secret/{unit}/b"
        put(site, other)
        hangup(site)
        assert fake.filters == ["secret/+/b"], fake.filters  # what is there already is not asked for
        site.daemon.wait_log('subscription to "secret/+/b" refused: Not authorized')
        topic = f"{LINE}/status"
        fake.wait(lambda: b'"degraded"' in fake.last(topic), 10, "degraded")
        assert "secret/+/b" in json.loads(fake.last(topic))["reason"]
    fake.close()


def settings_of_the_broker_make_other_connections():
    with harness.Site([line()]) as site:
        start(site)
        s = Sender(site)
        s.send("U1", "a", 1)
        s.done()
        edit_gateway(site, lambda c: c["broker"].update(keepalive="20s", receive_maximum=100))
        seen = site.daemon.log_text().count("intake: connected")
        hangup(site, "in force from now on: broker")
        harness.wait_for(lambda: site.daemon.log_text().count("intake: connected") > seen, 20,
                         "another connection")
        s.send("U1", "b", 2)
        for n in range(300):
            s.send(f"V{n}", "a", n)
            s.send(f"V{n}", "b", n)
        s.done()
        assert len(wait_rows(site, 301)) == 301
        # another broker: what was sent to it is taken, the one of before says that we are gone
        second = harness.Broker(os.path.join(site.folder, "second"))
        os.makedirs(second.folder)
        second.start()
        try:
            edit_gateway(site, lambda c: c["broker"].update(port=second.port))
            hangup(site, "in force from now on: broker")
            harness.wait_for(lambda: (retained(site, ROOT + "/status") or {}).get("state") ==
                             "offline", 20, "the last will")
            client = second.client("sender")
            site.clients.append(client)
            harness.wait_for(lambda: site.daemon.log_text().count("subscriptions granted") >= 3, 20,
                             "the second broker")
            client.publish("p3/W/a", json.dumps({"ts": T0, "x": 1}))
            client.publish("p3/W/b", json.dumps({"ts": T0, "y": 1}))
            client.drain()
            wait_rows(site, 302)
            assert site.daemon.end() == 0
        finally:
            second.kill()


def units_by_the_clock_begin_and_end_with_their_file():
    every = line(unit={"every": "500ms"})
    every["sources"] = {"t": {"topic": "p3/t", "time": "/ts"}}
    every["features"] = [{"name": "t", "from": "t.v"}]
    del every["unit"]["open"], every["decide"]
    with harness.Site([line()]) as site:
        start(site)
        s = Sender(site)
        s.send("old", "a", 1)
        s.done()
        put(site, every)
        hangup(site)
        harness.wait_for(lambda: site.count(LINE) >= 3, 8, "units by the clock")
        s.send("old", "b", 2)
        s.done()
        harness.wait_for(lambda: "old" in site.rows(LINE), 10, "the unit opened before")
        site.daemon.kill()
        start(site)
        put(site, line())
        hangup(site)
        count = site.count(LINE)
        s.send("new", "a", 1)
        s.send("new", "b", 1)
        s.done()
        time.sleep(1.5)
        rows = site.rows(LINE)
        assert len(rows) == count + 1 and rows["old"]["y"] == 2, rows
        starts = sorted(r["started_ms"] for u, r in rows.items() if u.startswith(LINE))
        assert {b - a for a, b in zip(starts, starts[1:])} == {500}, starts
        assert site.daemon.end() == 0


def a_database_begun_anew_knows_the_files_of_before():
    with harness.Site([line()]) as site:
        start(site)
        s = Sender(site)

        def whole(first, last):
            for n in range(first, last):
                for part in "abc":
                    s.send(f"U{n}", part, n)
            s.done()

        s.send("old", "a", 1)
        s.done()
        put(site, with_c())
        hangup(site)
        s.send("new", "a", 1)
        whole(0, 3000)
        wait_rows(site, 3000)
        for name in (site.db, site.db + "-wal"):
            with open(name, "r+b") as f:
                size = f.seek(0, 2)
                f.seek(4096)
                f.write(b"\xa5" * (size - 4096))
        whole(3000, 6000)
        site.daemon.wait_log("the file is set aside and a new one begun", 30)
        whole(6000, 6001)
        harness.wait_for(lambda: site.count(LINE) and "U6000" in site.rows(LINE), 20, "a new row")
        site.daemon.kill()
        start(site)
        s.send("old", "b", 2)
        s.send("new", "b", 2)
        s.send("new", "c", 3)
        s.done()
        harness.wait_for(lambda: {"old", "new"} <= set(site.rows(LINE)), 20, "both")
        rows = site.rows(LINE)
        assert (rows["old"]["config"], rows["old"]["z"]) == (sha256(line()), None), rows["old"]
        assert (rows["new"]["config"], rows["new"]["z"]) == (sha256(with_c()), 3), rows["new"]
        assert site.daemon.end() == 0


def of_too_many_files_the_oldest_has_its_units_scored():
    with harness.Site([line()]) as site:
        start(site)
        s = Sender(site)
        for n in range(20):
            s.send(f"U{n}", "a", n)
            s.done()
            put(site, line(threshold=(n + 1) / 100))
            hangup(site)
        rows = wait_rows(site, 4)
        assert set(rows) == {"U0", "U1", "U2", "U3"}, set(rows)  # 16 of before stay
        site.daemon.kill()
        start(site)
        for n in range(4, 20):
            s.send(f"U{n}", "b", n)
        s.done()
        rows = wait_rows(site, 20)
        assert rows["U19"]["y"] == 19 and rows["U0"]["y"] is None
        assert site.daemon.end() == 0


def store_and_limits_hold_at_once():
    with harness.Site([line()]) as site:
        start(site)
        edit_gateway(site, lambda c: c.update(
            limits={"open_units": 5, "payload": "1KiB"}, store={"commit_every": "50ms"}))
        hangup(site, "in force from now on: store, limits")
        s = Sender(site)
        for n in range(20):
            s.send(f"U{n}", "a", n)
        s.client.publish("p3/V/a", json.dumps({"ts": T0, "x": 1, "more": "m" * 2000}))
        s.done()
        rows = wait_rows(site, 15)
        assert set(rows) == {f"U{n}" for n in range(15)}, set(rows)
        harness.wait_for(lambda: site.sql("SELECT reason FROM quarantine"), 10, "the large one")
        assert site.sql("SELECT reason FROM quarantine")[0][0].startswith("too_big")


def the_service_manager_hears_of_it():
    from daemon import ServiceManager

    with harness.Site([line()]) as site:
        manager = ServiceManager(site.folder)
        site.daemon = harness.Daemon(site.config, env={"NOTIFY_SOCKET": manager.path})
        start(site)
        manager.heard("READY=1")
        manager.said.clear()
        put(site, line(threshold=0.25))
        begun = time.clock_gettime(time.CLOCK_MONOTONIC)
        hangup(site)
        manager.heard("RELOADING=1")
        manager.heard("READY=1")
        stamp = [int(x.split("=")[1]) for x in manager.said if x.startswith("MONOTONIC_USEC=")]
        assert len(stamp) == 1 and abs(stamp[0] / 1e6 - begun) < 5, manager.said
        harness.write(path_of(site, LINE), "{")
        manager.said.clear()
        hangup(site, "the configuration is refused")
        manager.heard("RELOADING=1")
        manager.heard("READY=1")


FILES = [with_c(model="m.onnx", threshold=t) for t in (0.3, 0.4, 0.5, 0.6, 0.7)]
for short in FILES[::2]:
    short["features"].pop()


def expect_whole(rows, count):
    """No unit lost or scored by half a file: threshold and values belong to the file named."""
    by_sha = {sha256(f): f for f in FILES}
    assert set(rows) == {f"U{n}" for n in range(count)}, \
        f"{len(rows)} rows, missing {sorted(set(f'U{n}' for n in range(count)) - set(rows))[:5]}"
    for n in range(count):
        row = rows[f"U{n}"]
        one = by_sha[row["config"]]
        assert row["threshold"] == one["decide"]["threshold"], row
        assert (row["x"], row["y"]) == (n % 7 / 10, n % 5 / 10), row
        assert row["z"] == (n % 3 if len(one["features"]) == 3 else None), row
        assert abs(row["p_defect"] - probability(0, row["x"], row["y"])) < 1e-5, row
        assert row["verdict"] == ("defect" if row["p_defect"] >= row["threshold"] else "pass")


def under_load(seconds, kills):
    with harness.Site([FILES[0]]) as site:
        write_model(site, "m.onnx", model())
        start(site)
        chance = random.Random(20261125 + kills)
        s, count, begun, files = Sender(site), 0, time.monotonic(), 0
        pending = []

        def finish(n):
            s.send(f"U{n}", "c", n % 3)
            s.send(f"U{n}", "b", n % 5 / 10)

        while time.monotonic() - begun < seconds:
            s.send(f"U{count}", "a", count % 7 / 10, ts=T0 + count)
            # c before a unit opens opens nothing, so it follows; some are open over reloads
            pending.append(count)
            count += 1
            while pending and (len(pending) > 400 or chance.random() < 0.5):
                finish(pending.pop(chance.randrange(len(pending))))
            s.client.flush()
            time.sleep(max(0, begun + count / 200 - time.monotonic()))
            if count % 60 == 0:
                files += 1
                put(site, FILES[files % len(FILES)])
                site.daemon.process.send_signal(signal.SIGHUP)
                if kills and chance.random() < 0.5:
                    time.sleep(chance.random() * 0.05)
                    site.daemon.kill()
                    start(site)
        while pending:
            finish(pending.pop())
        s.done()
        wait_rows(site, count)
        time.sleep(0.5)
        rows = site.rows(LINE)
        expect_whole(rows, count)
        configs = {row["config"] for row in rows.values()}
        assert len(configs) >= 3, f"{len(configs)} files in force"
        log = site.daemon.log_text()
        assert "the database refuses" not in log and "Sanitizer" not in log, log[-3000:]
        assert "is refused" not in log
        assert site.daemon.end() == 0


def reloads_under_load_lose_and_mix_nothing():
    under_load(15, 0)


def kills_around_reloads_lose_and_mix_nothing():
    under_load(20, 1)


if __name__ == "__main__":
    harness.run(
        a_threshold_holds_for_units_that_open_after_it,
        a_feature_more_or_less_is_waited_for_by_units_that_open_after_it,
        another_topic_of_a_source_holds_for_units_that_open_after_it,
        a_line_more_and_a_line_less,
        what_is_wrong_is_said_all_of_it_and_changes_nothing,
        what_needs_a_restart_is_refused_by_name,
        the_command_is_answered_and_a_retained_one_is_ignored,
        many_at_once_are_answered_each,
        units_of_several_files_are_open_at_a_time,
        a_start_under_edited_files_leaves_those_of_before_a_reload_alone,
        a_scored_unit_stays_scored_whatever_file_it_had,
        a_model_that_a_line_file_newly_names_comes_into_force_with_it,
        a_model_that_fits_both_files_is_the_model_of_both,
        new_contents_of_a_model_alone_are_something_to_do,
        a_filter_that_the_broker_refuses_after_a_reload_is_said,
        settings_of_the_broker_make_other_connections,
        units_by_the_clock_begin_and_end_with_their_file,
        a_database_begun_anew_knows_the_files_of_before,
        of_too_many_files_the_oldest_has_its_units_scored,
        store_and_limits_hold_at_once,
        the_service_manager_hears_of_it,
        reloads_under_load_lose_and_mix_nothing,
        kills_around_reloads_lose_and_mix_nothing,
    )
