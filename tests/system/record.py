"""defectctl record and play: what comes by on the broker becomes a file, and goes back."""

import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
from fake_broker import FakeBroker

OWN = "defectd/gw-test"
MARK = "p3/mark/a"  # retained: comes as soon as a recorder is subscribed


def lines():
    return [
        {
            "line": name,
            "sources": {
                "a": {"topic": f"{root}/{{unit}}/a", "fields": {"x": "/x"}},
                "all": {"topic": f"{root}/{{unit}}/#", "fields": {"y": "/y"}},
            },
            "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "all.y"}],
        }
        for name, root in (("press-3", "p3"), ("press-4", "p4"))
    ]


def read(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


class Recorder(harness.Process):
    """defectctl record, subscribed when `with` begins."""

    name = "defectctl record"

    def __init__(self, site, *arguments):
        self.site, self.arguments = site, [str(a) for a in arguments]
        self.path = os.path.join(site.folder, f"r{len(os.listdir(site.folder))}.jsonl")

    def __enter__(self):
        marker = self.site.client(f"marker-{len(self.site.clients)}")
        marker.publish(MARK, "mark", retain=True)
        marker.drain()
        self.process = subprocess.Popen(
            [harness.need(harness.DEFECTCTL, "defectctl"), "--config", self.site.config, "record",
             "--out", self.path, *self.arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        harness.wait_for(lambda: os.path.exists(self.path) and os.path.getsize(self.path), 20, "the mark")
        return self

    def __exit__(self, *_):
        if self.alive:
            self.kill()
        self.process.stdout.close()
        self.process.stderr.close()

    def messages(self):
        """Without the mark."""
        found = read(self.path)
        assert found[0]["topic"] == MARK and found[0]["retain"] == 1, found[0]
        return [m for m in found[1:] if m["topic"] != MARK or m["retain"]]

    def wait_count(self, count):
        harness.wait_for(lambda: sum(1 for _ in open(self.path)) > count, 60, f"{count} messages")


def write(site, name, messages):
    return harness.write(os.path.join(site.folder, name), "".join(json.dumps(m) + "\n" for m in messages))


def records_what_the_lines_read_each_message_once():
    with harness.Site(lines()) as site, Recorder(site) as recorder:
        sender, begun = site.client("sender"), int(time.time() * 1000)
        sender.publish("p3/U1/a", '{"x":1}', qos=1)
        sender.publish("p4/U1/a", b"\xff\x00", qos=0)
        sender.publish("p4/U1/b/c", '"\u00fc\\n"', qos=1, retain=True)
        sender.publish("p5/U1/a", "not ours")
        sender.publish("p3/U2/a", b"")
        sender.drain()
        recorder.wait_count(4)
        assert recorder.end(signal.SIGINT) == 0
        found = recorder.messages()
        assert all(begun - 5 <= m["t_ms"] <= time.time() * 1000 + 5 for m in found), found
        assert [{k: v for k, v in m.items() if k != "t_ms"} for m in found] == [
            {"topic": "p3/U1/a", "qos": 1, "retain": 0, "payload": '{"x":1}'},
            {"topic": "p4/U1/a", "qos": 0, "retain": 0, "payload_b64": "/wA="},
            {"topic": "p4/U1/b/c", "qos": 1, "retain": 0, "payload": '"\u00fc\\n"'},
            {"topic": "p3/U2/a", "qos": 1, "retain": 0, "payload": ""},
        ], found
        said = recorder.process.stdout.read()
        assert said.startswith(f"{recorder.path}: 5 messages in "), said
        assert recorder.process.stderr.read() == ""


def filters_that_overlap_give_each_message_once():
    with harness.Site(lines()) as site, \
            Recorder(site, "--topic", "o/+/c", "--topic", "o/b/+", "--topic", MARK) as recorder:
        sender = site.client("sender")
        for topic in ("o/b/c", "o/x/c", "o/x/y", "o/b/y"):
            sender.publish(topic, "1")
        sender.drain()
        recorder.wait_count(3)
        assert recorder.end(signal.SIGINT) == 0
        assert [m["topic"] for m in recorder.messages()] == ["o/b/c", "o/x/c", "o/b/y"]


def records_one_line_where_it_is_named():
    with harness.Site(lines()) as site, Recorder(site, "--line", "press-3") as recorder:
        sender = site.client("sender")
        sender.publish("p4/U1/a", "1")
        sender.publish("p3/U1/a", "2")
        sender.drain()
        recorder.wait_count(1)
        assert recorder.end(signal.SIGTERM) == 0
        assert [m["topic"] for m in recorder.messages()] == ["p3/U1/a"]


def our_own_topics_are_recorded_only_when_asked_for():
    own = lines()
    own[0]["publish"] = "p3/gateway/press-3"
    with harness.Site(own) as site, Recorder(site) as plain, \
            Recorder(site, "--topic", "p3/+/+/alert", "--topic", "p3/#") as asked, \
            Recorder(site, "--line", "press-3", "--topic", "p3/gateway/press-3/alert") as both:
        sender = site.client("sender")
        for topic in ("p3/gateway/press-3/alert", "p3/gateway/press-3/status", "p3/gateway/press-3/other",
                      f"{OWN}/status", "p3/end/a"):
            sender.publish(topic, "x")
        sender.drain()
        for recorder, wanted in (
            (plain, ["p3/gateway/press-3/other", "p3/end/a"]),
            (asked, ["p3/gateway/press-3/alert", "p3/gateway/press-3/status", "p3/gateway/press-3/other", "p3/end/a"]),
            (both, ["p3/gateway/press-3/alert", "p3/gateway/press-3/other", "p3/end/a"]),
        ):
            harness.wait_for(lambda: any(m["topic"] == "p3/end/a" for m in recorder.messages()), 20, "the end")
            assert recorder.end(signal.SIGINT) == 0
            assert [m["topic"] for m in recorder.messages()] == wanted, recorder.messages()


def ends_after_the_seconds_it_was_given():
    with harness.Site(lines()) as site:
        path, begun = os.path.join(site.folder, "r.jsonl"), time.monotonic()
        _, out, _ = harness.ctl("--json", "record", "--seconds", 2, "--out", path, config=site.config)
        took = time.monotonic() - begun
        found = json.loads(out)
        assert (found["out"], found["messages"]) == (path, 0) and 2 <= found["seconds"] <= took, found
        assert read(path) == []
        sender = site.client("sender")
        sender.publish(MARK, "x", retain=True)
        sender.drain()
        _, out, err = harness.ctl("record", "--seconds", 1, "--out", "-", config=site.config)
        assert [m["topic"] for m in map(json.loads, out.splitlines())] == [MARK], out
        assert err.startswith("standard output: 1 message in "), err


def a_recording_is_not_written_over():
    with harness.Site(lines()) as site:
        path = write(site, "r.jsonl", [{"t_ms": 1, "topic": "a", "payload": "x"}])
        code, out, err = harness.ctl("record", "--seconds", 1, "--out", path, config=site.config, check=False)
        assert (code, out) == (1, "") and err == (
            f"defectctl record: {path} is there already and is not written over\n"), err
        assert len(read(path)) == 1


def keeps_what_it_has_when_the_broker_goes_away():
    with harness.Site(lines()) as site, Recorder(site) as recorder:
        sender = site.client("sender")
        for n in range(100):
            sender.publish(f"p3/U{n}/a", "{}")
        sender.drain()
        recorder.wait_count(100)
        site.broker.end()
        assert recorder.wait() == 1
        assert len(recorder.messages()) == 100
        assert "the broker closed the connection" in recorder.process.stderr.read()
        assert "101 messages" in recorder.process.stdout.read()


def a_full_disk_is_named():
    with harness.Site(lines()) as site:
        sender = site.client("sender")
        sender.publish(MARK, "x", retain=True)
        sender.drain()
        code, _, err = harness.ctl("record", "--seconds", 5, "--out", "/dev/full", config=site.config, check=False)
        assert code == 1 and "/dev/full: cannot be written: No space left on device" in err, err


def a_broker_that_speaks_mqtt_311_only_is_recorded_too():
    fake = FakeBroker(versions=(4,))
    with harness.Site(lines(), start_broker=False, gateway={"broker": {"port": fake.port}}) as site:
        path = os.path.join(site.folder, "r.jsonl")
        harness.ctl("record", "--seconds", 1, "--out", path, config=site.config)
        assert [version for _, version in fake.connects] == [5, 4, 5, 4], fake.connects
        assert sorted(fake.filters) == ["p3/+/#", "p4/+/#"], fake.filters
    fake.close()


def a_refused_subscription_is_named():
    fake = FakeBroker(granted=0x87)
    with harness.Site(lines(), start_broker=False, gateway={"broker": {"port": fake.port}}) as site:
        code, _, err = harness.ctl("record", "--seconds", 1, "--out", "/dev/null", config=site.config, check=False)
        assert code == 1 and 'refuses the subscription to "p3/+/#"' in err, err
    fake.close()


def plays_everything_as_it_was_recorded():
    messages = [
        {"t_ms": 1000, "topic": "p3/U1/a", "qos": 1, "payload": '{"x":1}'},
        {"t_ms": 1001, "topic": "p3/U1/b", "qos": 0, "payload_b64": "/wA="},
        {"t_ms": 1001, "topic": "p3/U1/c", "qos": 1, "payload": "kept", "retain": 1},
        {"t_ms": 1002, "topic": "p3/U1/d", "qos": 2, "payload": ""},
        {"t_ms": 1003, "topic": "p3/U1/e", "payload": "bare"},
    ]
    with harness.Site(lines()) as site:
        watcher = site.client("watcher", "p3/#")
        path = write(site, "r.jsonl", messages)
        _, out, err = harness.ctl("play", path, config=site.config)
        assert out.startswith("5 messages in 0.") and err == "", (out, err)
        watcher.wait(lambda: len(watcher.messages) == 5, 10, "five messages")
        assert [(m[0][-1], m[1]) for m in watcher.messages] == [
            ("a", b'{"x":1}'), ("b", b"\xff\x00"), ("c", b"kept"), ("d", b""), ("e", b"bare")]
        assert watcher.qos == [1, 0, 1, 1, 0], watcher.qos
        late = site.client("late", "p3/#")
        late.wait(lambda: late.messages, 10, "what is retained")
        assert [(m[0], m[1], m[2]) for m in late.messages] == [("p3/U1/c", b"kept", True)]


def plays_at_the_pace_of_the_recording_or_another():
    messages = [{"t_ms": t, "topic": "p3/U1/a", "qos": 1, "payload": str(t)}
                for t in (10_000, 10_300, 10_301, 4_000, 4_300, 12_000)]  # the clock was set back
    gaps = [300, 1, 0, 300, 7700]
    with harness.Site(lines()) as site:
        path = write(site, "r.jsonl", messages)
        for speed, factor in (("10", 0.1), ("20", 0.05), (None, None)):
            if factor is None:  # at its own pace, the first part of it
                path, speed, factor = write(site, "s.jsonl", messages[:5]), "1", 1
            watcher = site.client(f"watcher-{speed}", "p3/#")
            begun = time.monotonic()
            harness.ctl("play", path, "--speed", speed, config=site.config)
            took, count = time.monotonic() - begun, 5 if speed == "1" else 6
            watcher.wait(lambda: len(watcher.messages) == count, 10, "all")
            assert took >= sum(gaps[: count - 1]) * factor / 1000, took
            assert factor == 1 or took < sum(gaps) / 1000, "no faster than it was recorded"
            for n, gap in enumerate(gaps[: count - 1]):
                seen = (watcher.messages[n + 1][3] - watcher.messages[n][3]) * 1000
                # what comes late is followed up; nothing comes early by more than the noise
                assert seen >= gap * factor - 60, (speed, n, seen)


def as_fast_as_it_goes_nothing_is_lost_or_out_of_order():
    count = 20_000
    messages = [{"t_ms": 1000 * n, "topic": f"p3/U{n % 7}/a", "qos": n % 2, "payload": str(n)}
                for n in range(count)]
    for speed in ("max", "0"):
        with harness.Site(lines()) as site, Recorder(site) as recorder:
            path = write(site, "p.jsonl", messages)
            _, out, _ = harness.ctl("--json", "play", path, "--speed", speed, config=site.config)
            found = json.loads(out)
            assert found["messages"] == count and found["seconds"] < 60, found
            print(f"# {count / found['seconds']:.0f} messages/s played while they were recorded")
            recorder.wait_count(count)
            assert recorder.end(signal.SIGINT) == 0
            got = recorder.messages()
            # one QoS overtakes the other in the broker, none overtakes itself
            for qos in (0, 1):
                assert [(m["topic"], m["payload"]) for m in got if m["qos"] == qos] == [
                    (m["topic"], m["payload"]) for m in messages if m["qos"] == qos], qos


def a_recording_of_a_recording_is_the_same():
    with harness.Site(lines()) as site:
        with Recorder(site) as first:
            sender = site.client("sender")
            for n in range(300):
                sender.publish(f"p3/U{n}/a", bytes([n % 256]) * (n % 5), qos=1)
            sender.drain()
            first.wait_count(300)
            assert first.end(signal.SIGINT) == 0
        with Recorder(site) as second:
            harness.ctl("play", first.path, "--speed", "max", config=site.config)
            second.wait_count(301)  # the mark is played too
            assert second.end(signal.SIGINT) == 0
        without_time = [[{k: v for k, v in m.items() if k != "t_ms"} for m in recorder.messages()]
                        for recorder in (first, second)]
        assert without_time[0] == without_time[1]


def ctrl_c_ends_a_play_and_says_how_far_it_came():
    with harness.Site(lines()) as site:
        path = write(site, "p.jsonl", [{"t_ms": 60_000 * n, "topic": "p3/U1/a", "qos": 1, "payload": "x"}
                                       for n in range(3)])
        watcher = site.client("watcher", "p3/#")
        process = subprocess.Popen([harness.DEFECTCTL, "--config", site.config, "play", path],
                                   stdout=subprocess.PIPE, text=True)
        watcher.wait(lambda: watcher.messages, 20, "the first message")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 0 and out.startswith("1 message in "), (process.returncode, out)


def what_makes_no_sense_is_refused():
    with harness.Site(lines()) as site:
        for status, words, arguments in (
            (64, "--out is missing", ["record"]),
            (64, "is no topic filter", ["record", "--out", "-", "--topic", "a+"]),
            (64, "need a file of their own", ["record", "--json", "--out", "-"]),
            (1, 'line "x" is not configured', ["record", "--line", "x", "--out", "/dev/null"]),
            (64, "RECORDING is missing", ["play"]),
            (64, '--speed is "-1"', ["play", "r", "--speed", "-1"]),
            (64, '--speed is "fast"', ["play", "r", "--speed", "fast"]),
            (1, "No such file", ["play", "/nonexistent"]),
            (1, "r.jsonl:2:", ["play", write(site, "r.jsonl", [{"t_ms": 1, "topic": "p9/x", "payload": ""}, 7])]),
        ):
            code, out, err = harness.ctl(*arguments, config=site.config, check=False)
            assert (code, out) == (status, "") and words in err, (arguments, code, out, err)
        site.broker.end()
        for arguments in (["record", "--out", "/dev/null"], ["play", "/dev/null"]):
            code, out, err = harness.ctl(*arguments, config=site.config, check=False)
            assert code == 1 and "onnect" in err and not out, (code, err)


if __name__ == "__main__":
    harness.run(
        records_what_the_lines_read_each_message_once,
        filters_that_overlap_give_each_message_once,
        records_one_line_where_it_is_named,
        our_own_topics_are_recorded_only_when_asked_for,
        ends_after_the_seconds_it_was_given,
        a_recording_is_not_written_over,
        keeps_what_it_has_when_the_broker_goes_away,
        a_full_disk_is_named,
        a_broker_that_speaks_mqtt_311_only_is_recorded_too,
        a_refused_subscription_is_named,
        plays_everything_as_it_was_recorded,
        plays_at_the_pace_of_the_recording_or_another,
        as_fast_as_it_goes_nothing_is_lost_or_out_of_order,
        a_recording_of_a_recording_is_the_same,
        ctrl_c_ends_a_play_and_says_how_far_it_came,
        what_makes_no_sense_is_refused,
    )
