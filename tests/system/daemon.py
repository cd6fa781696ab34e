"""The daemon as a citizen: redelivery, sessions, subscriptions, draining, passwords, stopping,
the service manager. Kills, outages and full disks have files of their own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
from fake_broker import FakeBroker

LINE = "press-3"
SHIMS = os.path.join(harness.BUILD, "tests/system")


def line(**more):
    return {
        "line": LINE,
        "sources": {
            "a": {"topic": "p3/{unit}/a", "fields": {"x": "/x"}},
            "b": {"topic": "p3/{unit}/b", "fields": {"y": "/y"}},
        },
        "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "b.y"}],
        **more,
    }


def send(site, *messages):
    sender = site.client(f"sender-{len(site.clients)}")
    for topic, payload in messages:
        sender.publish(topic, json.dumps(payload))
    sender.drain()


def stats(site, condition, timeout=25):
    """The gateway's statistics once they fit; they come every 10 s."""
    watcher = site.client(f"stats-{len(site.clients)}", f"defectd/{site.instance}/stats")

    def found():
        for message in reversed(list(watcher.messages)):
            counts = json.loads(message[1])
            if condition(counts):
                return counts

    return harness.wait_for(found, timeout, "statistics that fit")


def with_fake(fake, lines=None):
    return harness.Site(
        lines or [line()], start_broker=False, gateway={"broker": {"port": fake.port}})


def what_is_sent_again_is_counted_and_not_applied():
    fake = FakeBroker(session_present=True)
    with with_fake(fake) as site:
        site.daemon.start()
        fake.wait_subscribed()
        fake.send("p3/U1/a", b'{"x":1}', 7)
        fake.send("p3/U1/b", b'{"y":2}', 8)
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")
        fake.wait(lambda: {7, 8} <= set(fake.acknowledged), 10, "acknowledgements")
        fake.acknowledged.clear()
        fake.drop()
        # a message that is new under a known packet id must not be taken for the old one
        fake.marker_returns = False
        fake.wait_subscribed(times=2)
        fake.send("p3/U1/a", b'{"x":1}', 7, dup=True)
        fake.send("p3/U1/b", b'{"y":2}', 8, dup=True)
        fake.send("p3/U2/a", b'{"x":1}', 7)
        fake.send("p3/U2/b", b'{"y":2}', 8)
        fake.wait(lambda: fake.acknowledged.count(7) == 2, 10, "acknowledgements of all")
        harness.wait_for(lambda: site.count(LINE) == 2, 10, "the second row")
        fake.wait(lambda: b'"duplicate":2' in fake.last("gw-test/stats"), 15, "two duplicates")
        counts = json.loads(fake.last("gw-test/stats"))
        assert counts["received"] == 6 and counts["used"] == 4 and counts["late"] == 0, counts
    fake.close()


def what_is_sent_again_is_recognised_after_a_kill():
    fake = FakeBroker(session_present=True)
    with with_fake(fake) as site:
        site.daemon.start()
        fake.wait_subscribed()
        fake.send("p3/U1/a", b'{"x":1}', 7)
        fake.wait(lambda: 7 in fake.acknowledged, 10, "the acknowledgement")
        site.daemon.kill()
        fake.marker_returns = False
        site.daemon.start()
        fake.wait_subscribed(times=2)
        fake.send("p3/U1/a", b'{"x":1}', 7, dup=True)
        fake.send("p3/U1/b", b'{"y":2}', 8)
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")
        fake.wait(lambda: b'"duplicate":1' in fake.last("gw-test/stats"), 15, "a duplicate")
    fake.close()


def what_is_sent_again_before_its_commit_is_acknowledged_after_it():
    shim = harness.need(os.path.join(SHIMS, "libshim_slowsync.so"), "the shim")
    fake = FakeBroker(session_present=True)
    with with_fake(fake) as site:
        site.daemon = harness.Daemon(site.config, preload=shim, env={"SLOW_SYNC_MS": "1000"})
        site.daemon.start()
        fake.wait(lambda: fake.answered, 30, "subscriptions")
        fake.on_acknowledged = lambda: site.count(LINE)
        fake.marker_returns = False
        fake.send("p3/U1/a", b'{"x":1}', 7)
        fake.send("p3/U1/b", b'{"y":2}', 8)
        time.sleep(0.2)
        fake.drop()
        fake.wait_subscribed(times=2)
        fake.send("p3/U1/a", b'{"x":1}', 7, dup=True)
        fake.send("p3/U1/b", b'{"y":2}', 8, dup=True)
        fake.wait(lambda: 8 in fake.acknowledged, 20, "the acknowledgement")
        assert fake.seen_at_acknowledgement[8] == 1, "acknowledged before the commit"
    fake.close()


def without_a_session_nothing_counts_as_sent_again():
    fake = FakeBroker(session_present=False)
    with with_fake(fake) as site:
        site.daemon.start()
        fake.wait_subscribed()
        fake.send("p3/U1/a", b'{"x":1}', 7)
        fake.wait(lambda: 7 in fake.acknowledged, 10, "the acknowledgement")
        fake.drop()
        fake.marker_returns = False
        fake.wait_subscribed(times=2)
        fake.send("p3/U1/a", b'{"x":1}', 7)
        fake.wait(lambda: fake.acknowledged.count(7) == 2, 10, "the second acknowledgement")
        fake.wait(lambda: b'"used":2' in fake.last("gw-test/stats"), 15, "both used")
        assert json.loads(fake.last("gw-test/stats"))["duplicate"] == 0
    fake.close()


def alerts_that_nobody_confirmed_are_sent_after_a_kill():
    fake = FakeBroker(session_present=True)
    fake.confirms = False
    alerts = lambda: [json.loads(p) for t, p in list(fake.published) if t.endswith("/alert")]
    with with_fake(fake, [line(decide={"alert_on": ["not_scored"]})]) as site:
        site.daemon.start()
        fake.wait_subscribed()
        for n in range(50):
            fake.send(f"p3/U{n}/a", b'{"x":1}', 2 * n + 1)
            fake.send(f"p3/U{n}/b", b'{"y":2}', 2 * n + 2)
        fake.wait(lambda: set(range(1, 101)) <= set(fake.acknowledged), 10, "acknowledgements")
        assert site.count(LINE) == 50
        first = alerts()
        assert 0 < len(first) <= 20, f"{len(first)} unconfirmed alerts were sent"
        site.daemon.kill()
        fake.confirms = True
        site.daemon.start()
        fake.wait(lambda: len({a["alert_id"] for a in alerts()}) == 50, 10, "all 50 alerts")
        again = alerts()[len(first):]
        assert [a["unit"] for a in again] == [f"U{n}" for n in range(50)], "in order"
        assert {a["unit"]: a["alert_id"] for a in first}.items() <= {
            a["unit"]: a["alert_id"] for a in again}.items(), "a repeat has the same id"
        harness.wait_for(lambda: not site.sql("SELECT 1 FROM outbox"), 10, "an empty outbox")
    fake.close()


def a_broker_of_mqtt_311_is_spoken_to_in_its_own_way():
    fake = FakeBroker(versions=(4,))
    with with_fake(fake) as site:
        site.daemon.start()
        fake.wait_subscribed()
        fake.wait(lambda: fake.last("gw-test/status"), 10, "the status")
        assert ("gw-test-in", 5) in fake.connects and ("gw-test-in", 4) in fake.connects
        fake.send("p3/U1/a", b'{"x":1}', 1)
        fake.send("p3/U1/b", b'{"y":1}', 2)
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")
        site.daemon.wait_log("MQTT 3.1.1")
    fake.close()


def a_refused_subscription_is_named():
    fake = FakeBroker(granted=0x87)
    with with_fake(fake) as site:
        site.daemon.start()
        fake.wait_subscribed()
        site.daemon.wait_log('subscription to "p3/+/a" refused: Not authorized')
        fake.wait(lambda: b'"degraded"' in fake.last(f"{LINE}/status"), 10, "degraded")
        assert "p3/+/a" in json.loads(fake.last(f"{LINE}/status"))["reason"]
    fake.close()


def each_filter_is_asked_for_once_and_covered_ones_not_at_all():
    fake = FakeBroker()
    wide = line(line="wide")
    wide["sources"] = {"all": {"topic": "p3/{unit}/#"}}
    wide["features"] = [{"name": "x", "from": "all.x"}]
    with with_fake(fake, [line(), wide]) as site:
        site.daemon.start()
        fake.wait_subscribed()
        assert sorted(fake.filters) == [
            "defectd/gw-test/cmd/+", "defectd/gw-test/marker", "defectd/gw-test/press-3/cmd/+",
            "defectd/gw-test/wide/cmd/+", "p3/+/#"], fake.filters
    fake.close()


def a_message_for_two_lines_counts_once():
    with harness.Site([line(), line(line="press-4")]) as site:
        site.daemon.start()
        site.status()
        send(site, ("p3/U1/a", {"x": 1}), ("p3/U1/b", {"y": 2}))
        for name in (LINE, "press-4"):
            harness.wait_for(lambda: site.count(name) == 1, 10, f"a row of {name}")
        counts = stats(site, lambda s: s["received"] >= 2)
        assert counts["received"] == 2 and counts["used"] == 2, counts


def our_own_topics_are_never_input():
    greedy = line()
    greedy["sources"]["b"]["topic"] = "+/{unit}/#"
    with harness.Site([greedy]) as site:
        site.daemon.start()
        site.status()
        send(site, ("p3/U1/a", {"x": 1}), ("p3/U1/b", {"y": 2}))
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")
        time.sleep(11)  # statistics and status went out meanwhile
        counts = stats(site, lambda s: s["received"] >= 2)
        assert counts["received"] == 2, counts
        assert not site.sql("SELECT * FROM quarantine")


def a_flood_of_refused_messages_at_qos_0_does_not_stop_the_reading():
    with harness.Site([line()], gateway={"broker": {"receive_maximum": 100}}) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        for n in range(1000):
            sender.publish(f"p3/U{n}/a", b"no JSON", qos=0)
        sender.flush()
        send(site, ("p3/U1/a", {"x": 1}), ("p3/U1/b", {"y": 2}))
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")
        assert stats(site, lambda s: s["received"] >= 1002)["bad_payload"] == 1000


def a_database_that_becomes_corrupt_is_set_aside_and_the_work_goes_on():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        sender.publish("p3/open/a", '{"x":1}')
        for n in range(5000):
            sender.publish(f"p3/U{n}/a", '{"x":1}')
            sender.publish(f"p3/U{n}/b", '{"y":2}')
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 5000, 30, "5,000 rows")
        for name in (site.db, site.db + "-wal"):
            with open(name, "r+b") as f:
                size = f.seek(0, 2)
                f.seek(4096)
                f.write(b"\xa5" * (size - 4096))
        for n in range(5000, 10000):
            sender.publish(f"p3/U{n}/a", '{"x":1}')
            sender.publish(f"p3/U{n}/b", '{"y":2}')
        sender.drain()
        site.daemon.wait_log("the file is set aside and a new one begun", 30)
        harness.wait_for(
            lambda: [n for n in os.listdir(site.state) if n.startswith("defectd.db.bad-")],
            5, "the file set aside")
        sender.publish("p3/V1/a", '{"x":1}')
        sender.publish("p3/V1/b", '{"y":2}')
        sender.drain()
        harness.wait_for(lambda: "V1" in site.rows(LINE), 20, "a row in the new database")
        assert site.sql("SELECT line FROM in_force") == [(LINE,)]
        # the state of the engine went over: the unit opened before is completed after a kill
        site.daemon.kill()
        site.daemon.start()
        sender.publish("p3/open/b", '{"y":2}')
        sender.drain()
        harness.wait_for(lambda: "open" in site.rows(LINE), 20, "the unit opened before")
        assert site.rows(LINE)["open"]["x"] == 1
        assert site.daemon.end() == 0
        assert site.sql("PRAGMA integrity_check") == [("ok",)]


def what_is_no_longer_configured_is_unsubscribed():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        assert site.daemon.end() == 0
        other = line()
        other["sources"]["a"]["topic"] = "q3/{unit}/a"
        other["sources"]["b"]["topic"] = "q3/{unit}/b"
        harness.write(os.path.join(site.folder, "lines.d", LINE + ".json"), other)
        site.daemon.start()
        site.status()
        send(site, ("p3/U1/a", {"x": 1}), ("q3/U1/a", {"x": 1}), ("q3/U1/b", {"y": 1}))
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")
        counts = stats(site, lambda s: s["received"] >= 2)
        assert counts["received"] == 2 and counts["unmatched"] == 0, counts
        assert site.daemon.end() == 0
        with open(os.path.join(site.state, "subscriptions")) as f:
            assert sorted(f.read().split()) == [
                "defectd/gw-test/cmd/+", "defectd/gw-test/marker",
                "defectd/gw-test/press-3/cmd/+", "q3/+/a", "q3/+/b"]


def a_wrong_password_is_said_once_and_tried_again():
    tool = shutil.which("mosquitto_passwd")
    if not tool:
        raise harness.Skip("mosquitto_passwd is not there")
    with harness.Site([line()], start_broker=False) as site:
        users = os.path.join(site.folder, "users")
        secret = harness.write(os.path.join(site.folder, "secret"), "wrong\n")
        subprocess.run([tool, "-c", "-b", users, "gateway", "right"], check=True)
        site.broker.extra = f"password_file {users}\nallow_anonymous false\n"
        with open(site.config) as f:
            config = json.load(f)
        config["broker"].update(username="gateway", password_file=secret)
        harness.write(site.config, config)
        site.broker.start()
        site.daemon.start()
        site.daemon.wait_log("intake: 127.0.0.1 port")
        time.sleep(2)
        log = site.daemon.log_text()
        assert log.count("the broker refuses the connection") == 2, log  # intake and outlet
        assert "right" not in log and "wrong" not in log
        assert site.daemon.end() == 0
        harness.write(secret, "right\n")
        site.daemon.start()
        site.daemon.wait_log("subscriptions granted")


def a_marker_that_never_comes_back_is_waited_for_10_s_and_named():
    fake = FakeBroker()
    fake.marker_returns = False
    with with_fake(fake) as site:
        begun = time.monotonic()
        site.daemon.start()
        fake.wait_subscribed()
        fake.wait(lambda: b'"draining"' in fake.last(f"{LINE}/status"), 5, "draining")
        for _ in range(4):  # while messages come it is not over
            time.sleep(1)
            fake.send("p3/U1/a", b'{"x":1}', 5)
        site.daemon.wait_log("no marker came back", 20)
        assert time.monotonic() - begun > 13
        log = site.daemon.log_text()
        assert "ACL" in log and "max_queued_messages" in log, log
        fake.wait(lambda: b'"collecting"' in fake.last(f"{LINE}/status"), 5, "collecting")
        markers = [p for t, p in fake.published if t.endswith("/marker")]
        assert len(markers) >= 8 and len(set(markers)) == 1, markers
    fake.close()


def a_broker_that_hangs_up_on_the_marker_is_served_without_one():
    with harness.Site([line()], start_broker=False) as site:
        acl = harness.write(
            os.path.join(site.folder, "acl"), "topic p3/#\ntopic defectd/gw-test/status\n"
            "topic defectd/gw-test/stats\ntopic defectd/gw-test/press-3/#\n")
        site.broker.extra = f"acl_file {acl}\n"  # with max_queued_messages 0 it hangs up
        site.broker.start()
        site.daemon.start()
        site.daemon.wait_log("no marker came back", 25)
        send(site, ("p3/U1/a", {"x": 1}), ("p3/U1/b", {"y": 2}))
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")


def deadlines_stand_still_while_the_broker_is_away():
    with harness.Site([line(unit={"deadline": "2s"})]) as site:
        site.daemon.start()
        site.status()
        send(site, ("p3/U1/a", {"x": 1}))
        time.sleep(0.5)
        site.broker.end()
        time.sleep(4)
        site.broker.start()
        send(site, ("p3/U1/b", {"y": 2}))
        harness.wait_for(lambda: site.count(LINE) == 1, 40, "the row")
        row = site.rows(LINE)["U1"]
        assert row["x"] == 1 and row["y"] == 2, row
        send(site, ("p3/U2/a", {"x": 1}))
        harness.wait_for(lambda: site.count(LINE) == 2, 10, "a row at the deadline")
        assert site.rows(LINE)["U2"]["y"] is None


def a_broker_that_hangs_does_not_hold_up_the_stop():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        send(site, ("p3/U1/a", {"x": 1}), ("p3/U1/b", {"y": 2}))
        site.broker.process.send_signal(signal.SIGSTOP)
        try:
            begun = time.monotonic()
            assert site.daemon.end() == 0
            assert time.monotonic() - begun < 10
        finally:
            site.broker.process.send_signal(signal.SIGCONT)
        assert site.count(LINE) == 1


def a_disk_that_hangs_does_not_hold_up_the_stop():
    shim = harness.need(os.path.join(SHIMS, "libshim_slowsync.so"), "the shim")
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        assert site.daemon.end() == 0
        site.daemon = harness.Daemon(site.config, preload=shim, env={"SLOW_SYNC_MS": "4000"})
        site.daemon.start()
        # the start itself commits a few times
        harness.wait_for(lambda: site.status(60), 60, "online")
        send(site, ("p3/U1/a", {"x": 1}), ("p3/U1/b", {"y": 2}))
        time.sleep(0.5)
        site.daemon.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        status = site.daemon.wait(30)
        assert time.monotonic() - begun < 10, f"{time.monotonic() - begun:.1f} s, status {status}"


def stopped_under_load_it_loses_nothing_and_repeats_nothing():
    with harness.Site([line()]) as site:
        sender = None
        for turn in range(3):
            site.daemon.start()
            site.status()
            sender = sender or site.client("sender")
            for n in range(turn * 2000, turn * 2000 + 2000):
                sender.publish(f"p3/U{n}/a", '{"x":1}')
                sender.publish(f"p3/U{n}/b", '{"y":2}')
            sender.drain()
            assert site.daemon.end() == 0
            assert not site.sql("SELECT * FROM journal"), "no snapshot at the stop"
        site.daemon.start()
        harness.wait_for(lambda: site.count(LINE) == 6000, 30, "6,000 rows")
        assert all(r["x"] == 1 and r["y"] == 2 for r in site.rows(LINE).values())
        assert site.daemon.end() == 0


class ServiceManager:
    """The other end of sd_notify."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.2)
        self.said = []

    def heard(self, words, timeout=10):
        def listen():
            try:
                self.said += self.socket.recv(65536).decode().split("\n")
            except TimeoutError:
                pass
            return any(s.startswith(words) for s in self.said)

        harness.wait_for(listen, timeout, f"{words} among {self.said}")


def the_service_manager_hears_what_it_must():
    with harness.Site([line()], start_broker=False) as site:
        manager = ServiceManager(site.folder)
        site.daemon = harness.Daemon(
            site.config, env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "1000000"})
        site.daemon.start()
        manager.heard("READY=1")  # the broker may come later
        manager.heard("WATCHDOG=1")
        manager.heard("STATUS=press-3 is degraded")
        site.broker.start()
        manager.heard("STATUS=press-3 is collecting", 30)
        site.daemon.process.send_signal(signal.SIGTERM)
        manager.heard("STOPPING=1")
        assert site.daemon.wait() == 0


def a_store_that_hangs_starves_the_watchdog():
    shim = harness.need(os.path.join(SHIMS, "libshim_slowsync.so"), "the shim")
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        assert site.daemon.end() == 0
        manager = ServiceManager(site.folder)
        site.daemon = harness.Daemon(site.config, preload=shim, env={
            "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "1000000", "SLOW_SYNC_MS": "3000"})
        site.daemon.start()
        harness.wait_for(lambda: site.status(60), 60, "online")
        manager.heard("WATCHDOG=1", 30)
        send(site, ("p3/U1/a", {"x": 1}), ("p3/U1/b", {"y": 2}))
        time.sleep(0.7)
        manager.heard("", 1)
        manager.said.clear()
        time.sleep(1)
        try:
            while True:
                manager.said += manager.socket.recv(65536).decode().split("\n")
        except TimeoutError:
            pass
        # what was sent before the call began to hang may still have been in the socket
        assert manager.said.count("WATCHDOG=1") <= 2, manager.said


def options_are_as_the_manual_has_them():
    def run(*arguments):
        done = subprocess.run([harness.need(harness.DEFECTD, "defectd"), *arguments],
            capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout, done.stderr

    code, out, _ = run("--version")
    assert code == 0 and out.startswith("defectd ")
    assert run("--colour")[0] == 64 and run("here")[0] == 64
    code, _, err = run("--config", "/nonexistent/defectd.json")
    assert code == 78 and "/nonexistent/defectd.json" in err, err
    assert run("--check", "--config", "/nonexistent/defectd.json")[0] == 78
    with harness.Site([line()], start_broker=False) as site:
        assert run("--check", "--config", site.config)[0] == 0
        assert not os.path.exists(site.db), "--check wrote a database"


if __name__ == "__main__":
    harness.run(
        what_is_sent_again_is_counted_and_not_applied,
        what_is_sent_again_is_recognised_after_a_kill,
        what_is_sent_again_before_its_commit_is_acknowledged_after_it,
        without_a_session_nothing_counts_as_sent_again,
        alerts_that_nobody_confirmed_are_sent_after_a_kill,
        a_broker_of_mqtt_311_is_spoken_to_in_its_own_way,
        a_refused_subscription_is_named,
        each_filter_is_asked_for_once_and_covered_ones_not_at_all,
        a_message_for_two_lines_counts_once,
        our_own_topics_are_never_input,
        a_flood_of_refused_messages_at_qos_0_does_not_stop_the_reading,
        a_database_that_becomes_corrupt_is_set_aside_and_the_work_goes_on,
        what_is_no_longer_configured_is_unsubscribed,
        a_wrong_password_is_said_once_and_tried_again,
        a_marker_that_never_comes_back_is_waited_for_10_s_and_named,
        a_broker_that_hangs_up_on_the_marker_is_served_without_one,
        deadlines_stand_still_while_the_broker_is_away,
        a_broker_that_hangs_does_not_hold_up_the_stop,
        a_disk_that_hangs_does_not_hold_up_the_stop,
        stopped_under_load_it_loses_nothing_and_repeats_nothing,
        the_service_manager_hears_what_it_must,
        a_store_that_hangs_starves_the_watchdog,
        options_are_as_the_manual_has_them,
    )
