"""What must hold when things go wrong together: nothing lost, nothing twice, alerts first.

Short form: one trouble at a time. `--long`: kills, broker restarts and slow disks at once, in
several configurations; the rows must be those of an undisturbed run.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
import milling
import mqtt
from fake_broker import FakeBroker

LINE, OTHER = "press-3", "press-4"
MILL = "mill-1"
NOT_COMPARED = {"latency_us", "scored_ms", "gap_ms", "config"}


def shim(name):
    return harness.need(
        os.path.join(harness.BUILD, f"tests/system/libshim_{name}.so"), f"the shim {name}")


def line(name=LINE, root="p3", **more):
    return {
        "line": name,
        "sources": {
            "a": {"topic": root + "/{unit}/a", "fields": {"x": "/x"}},
            "b": {"topic": root + "/{unit}/b", "fields": {"y": "/y"}},
        },
        "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "b.y"}],
        **more,
    }


def alerting(name=LINE, root="p3", **more):
    """Without a model each unit is an alert."""
    return line(name, root, decide={"alert_on": ["not_scored"]}, **more)


def unit(sender, name, root="p3"):
    sender.publish(f"{root}/{name}/a", '{"x":1}')
    sender.publish(f"{root}/{name}/b", '{"y":2}')


def on_shaky_disk(site):
    site.trouble = os.path.join(site.folder, "trouble")
    site.daemon = harness.Daemon(
        site.config, preload=shim("disk"),
        env={"DISK_ROOT": site.state, "DISK_TROUBLE": site.trouble})


def stats(site, condition=lambda s: True):
    """The gateway's statistics once they fit, none that were retained from before."""
    watcher = site.client(f"stats-{len(site.clients)}", f"defectd/{site.instance}/stats")

    def found():
        for message in reversed(list(watcher.messages)):
            counts = json.loads(message[1])
            if not message[2] and condition(counts):
                return counts

    return harness.wait_for(found, 30, "statistics that fit")


def stop(site):
    begun = time.monotonic()
    status = site.daemon.end()
    took = time.monotonic() - begun
    assert status == 0 and took < 10, f"exit status {status} after {took:.1f} s"
    assert "Sanitizer" not in site.daemon.log_text()


class SlowBroker(FakeBroker):
    """Keeps the outlet waiting: for its confirmations, or without reading at all."""

    def __init__(self):
        super().__init__()
        self.confirms, self.reads, self.waiting = True, True, []
        self.server.setsockopt(mqtt.socket.SOL_SOCKET, mqtt.socket.SO_RCVBUF, 8192)
        self.packet_id = 0

    def _handle(self, sock, is_intake, v5, kind, flags, body):
        while not is_intake and not self.reads:
            time.sleep(0.01)
        if kind == mqtt.PUBLISH and not is_intake and not self.confirms:
            topic, rest, qos, packet_id, _ = mqtt.parse_publish(flags, body)
            self.published.append((topic, rest[1 + rest[0] :] if v5 else rest))
            if qos:
                self.waiting.append((sock, packet_id))
            return
        super()._handle(sock, is_intake, v5, kind, flags, body)

    def confirm_all(self):
        self.confirms = True
        for sock, packet_id in self.waiting:
            sock.sendall(mqtt.packet(mqtt.PUBACK, 0, struct.pack(">H", packet_id)))

    def publish(self, topic, payload):
        """As a client's, so that unit() takes it."""
        self.packet_id = self.packet_id % 50000 + 1
        self.send(topic, payload.encode(), self.packet_id)

    def count(self, ending):
        return sum(t.endswith(ending) for t, _ in list(self.published))


def with_slow(fake, lines, **gateway):
    site = harness.Site(
        lines, start_broker=False, gateway={"broker": {"port": fake.port}, **gateway})
    site.daemon.start()
    return site


def predicting_and_alerting():
    return [
        line(LINE, "p3", decide={"prediction_qos": 1, "alert_on": []}),
        alerting(OTHER, "p4"),
    ]


def an_alert_does_not_stand_in_line_behind_predictions():
    fake = SlowBroker()
    with with_slow(fake, predicting_and_alerting()) as site:
        fake.wait_subscribed()
        fake.wait(lambda: fake.last(f"{LINE}/status"), 10, "the status")
        fake.confirms = False
        for n in range(100):
            unit(fake, f"U{n}")
        harness.wait_for(lambda: site.count(LINE) == 100, 10, "100 rows")
        unit(fake, "A", "p4")
        # no prediction is confirmed, so all that may be under way is
        fake.wait(lambda: fake.last(f"{OTHER}/alert"), 10, "the alert")
        assert fake.count(f"{LINE}/prediction") <= 20, fake.count(f"{LINE}/prediction")
        fake.confirm_all()
        fake.wait(lambda: fake.count(f"{LINE}/prediction") == 100, 10, "the predictions")
        stop(site)
        assert not site.sql("SELECT * FROM outbox")
    fake.close()


def a_full_outbox_gives_up_predictions_before_alerts():
    fake = SlowBroker()
    with with_slow(fake, predicting_and_alerting(), limits={"outbox": 50}) as site:
        fake.wait_subscribed()
        fake.wait(lambda: fake.last(f"{LINE}/status"), 10, "the status")
        fake.confirms = False
        for n in range(30):
            unit(fake, f"U{n}")
        for n in range(30):
            unit(fake, f"A{n}", "p4")
        for n in range(30, 130):
            unit(fake, f"U{n}")
        harness.wait_for(lambda: site.count(LINE) == 130, 10, "130 rows")
        site.daemon.wait_log("the outbox is full (50 messages)")
        # over a kill, too
        harness.wait_for(lambda: site.sql(
            "SELECT count(*) FROM outbox WHERE topic LIKE '%/alert'") == [(30,)], 10, "30 alerts")
        fake.confirms = True
        site.daemon.kill()
        fake.published.clear()
        site.daemon.start()
        fake.wait(lambda: fake.count(f"{OTHER}/alert") == 30, 10, "30 alerts")
        first = [t for t, _ in fake.published if not t.endswith(("/status", "/stats", "/marker"))]
        assert all(t.endswith("/alert") for t in first[:30]), first[:30]
        stop(site)
    fake.close()


def a_broker_that_does_not_read_costs_no_memory_without_end():
    fake, names = SlowBroker(), [f"press-{n}" for n in range(3, 11)]
    with with_slow(fake, [line(name) for name in names]) as site:
        fake.wait_subscribed()
        fake.wait(lambda: fake.last(f"{names[-1]}/status"), 10, "the status")
        fake.reads = False
        units = 4000
        for n in range(units):
            unit(fake, f"U{n}")
            if n % 100 == 0:
                harness.wait_for(lambda: len(fake.acknowledged) >= 2 * n - 2000, 20, "PUBACKs")
        harness.wait_for(lambda: site.count(names[-1]) == units, 30, f"{units} rows")
        fake.reads = True
        fake.wait(lambda: b'"dropped":' in fake.last("gw-test/stats"), 30, "statistics")
        harness.wait_for(lambda: json.loads(fake.last("gw-test/stats"))["dropped"] > 0, 15,
                         "predictions that were dropped")
        dropped = json.loads(fake.last("gw-test/stats"))["dropped"]
        fake.wait(lambda: fake.count("/prediction") + dropped == units * len(names), 10,
                  "all others")
        print(f"# {dropped} of {units * len(names)} predictions dropped")
        stop(site)
    fake.close()


def deadlines_stand_still_while_a_full_disk_stops_the_reading():
    few = {"broker": {"receive_maximum": 10}}
    with harness.Site([line(unit={"deadline": "2s"})], gateway=few) as site:
        on_shaky_disk(site)
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        sender.publish("p3/U1/a", '{"x":1}')
        sender.drain()
        harness.wait_for(lambda: site.sql("SELECT 1 FROM journal"), 10, "the first message")
        harness.write(site.trouble, "ENOSPC")
        for n in range(100):
            sender.publish(f"p3/V{n}/a", '{"x":1,"pad":"%s"}' % ("p" * 500))
        sender.publish("p3/U1/b", '{"y":2}')
        sender.drain()
        time.sleep(4)
        os.remove(site.trouble)
        harness.wait_for(lambda: site.count(LINE) == 101, 30, "101 rows")
        row = site.rows(LINE)["U1"]
        assert row["x"] == 1 and row["y"] == 2, f"scored without what waited in the broker: {row}"
        stop(site)


def deadlines_stand_still_while_the_process_does():
    with harness.Site([line(unit={"deadline": "3s"})]) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        sender.publish("p3/U1/a", '{"x":1}')
        sender.drain()
        harness.wait_for(lambda: site.sql("SELECT 1 FROM journal"), 10, "the first message")
        site.daemon.process.send_signal(signal.SIGSTOP)
        sender.publish("p3/U1/b", '{"y":2}')
        sender.drain()
        time.sleep(4)
        site.daemon.process.send_signal(signal.SIGCONT)
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")
        row = site.rows(LINE)["U1"]
        assert row["y"] == 2, f"scored without what waited in the socket: {row}"


def a_stop_under_load_leaves_nothing_to_repeat():
    with harness.Site([alerting()]) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        watcher = site.client("watcher", f"defectd/{site.instance}/{LINE}/alert")
        going, sent = [True], [0]

        def work():
            while going[0]:
                for _ in range(20):
                    unit(sender, f"U{sent[0]}")
                    sent[0] += 1
                sender.flush()
                time.sleep(0.005)
            sender.drain()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        for _ in range(3):
            time.sleep(0.7)
            stop(site)
            for table in ("outbox", "journal"):
                assert site.sql(f"SELECT count(*) FROM {table}") == [(0,)], table
            site.daemon.start()
            site.status()
        going[0] = False
        thread.join(60)
        harness.wait_for(lambda: site.count(LINE) == sent[0], 60, f"{sent[0]} rows")
        harness.wait_for(lambda: len(watcher.messages) >= sent[0], 30, "the alerts")
        ids = [json.loads(m[1])["alert_id"] for m in watcher.messages]
        assert len(ids) == len(set(ids)) == sent[0], f"{len(ids)} alerts of {sent[0]} units"
        stop(site)


def what_is_confirmed_during_the_stop_is_not_sent_again():
    fake = SlowBroker()
    with with_slow(fake, [alerting()]) as site:
        fake.wait_subscribed()
        fake.wait(lambda: fake.last(f"{LINE}/status"), 10, "the status")
        fake.confirms = False
        for n in range(10):
            unit(fake, f"U{n}")
        harness.wait_for(lambda: site.count(LINE) == 10, 10, "10 rows")
        site.daemon.process.send_signal(signal.SIGTERM)
        fake.wait(lambda: b'"offline"' in fake.last("gw-test/status"), 10, "offline")
        fake.confirm_all()
        assert site.daemon.wait() == 0
        assert site.sql("SELECT count(*) FROM outbox") == [(0,)]
    fake.close()


def stopped_without_a_broker_it_keeps_its_alerts():
    with harness.Site([alerting()]) as site:
        on_shaky_disk(site)
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        # so that the alerts are committed after the broker has gone
        harness.write(site.trouble, "ENOSPC")
        for n in range(50):
            unit(sender, f"U{n}")
        sender.drain()
        site.broker.process.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        os.remove(site.trouble)
        site.broker.process.send_signal(signal.SIGCONT)
        site.broker.end()
        harness.wait_for(lambda: site.count(LINE) == 50, 10, "50 rows")
        stop(site)
        site.broker.start()
        watcher = site.client("watcher", f"defectd/{site.instance}/{LINE}/alert")
        kept = site.sql("SELECT count(*) FROM outbox")[0][0]
        site.daemon.start()
        site.status(30)
        harness.wait_for(lambda: len(watcher.messages) >= kept, 10, f"{kept} alerts")
        harness.wait_for(lambda: not site.sql("SELECT 1 FROM outbox"), 10, "an empty outbox")
        stop(site)


def what_a_restarted_broker_sends_again_is_not_applied():
    with harness.Site([alerting()]) as site:
        site.daemon = harness.Daemon(
            site.config, preload=shim("slowsync"), env={"SLOW_SYNC_MS": "150"})
        site.daemon.start()
        site.status(30)
        sent = 0
        for turn in range(3):
            sender = site.client(f"sender-{turn}")
            for n in range(1000):
                unit(sender, f"U{turn}-{n}")
                sent += 2
            sender.drain()
            # acknowledgements are still held back by the disk
            site.broker.end()
            site.broker.start()
        harness.wait_for(lambda: site.count(LINE) == sent // 2, 60, f"{sent // 2} rows")
        counts = stats(site, lambda s: s["used"] >= sent)
        assert counts["used"] == sent, counts
        assert counts["received"] == counts["used"] + counts["duplicate"], counts
        print(f"# {counts['duplicate']} of {counts['received']} messages were sent again")
        stop(site)


def alerts_go_on_while_the_disk_is_full():
    some = {"broker": {"receive_maximum": 200}}
    with harness.Site([alerting()], gateway=some) as site:
        on_shaky_disk(site)
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        watcher = site.client("watcher", f"defectd/{site.instance}/{LINE}/alert")
        harness.write(site.trouble, "ENOSPC")
        for n in range(500):
            unit(sender, f"U{n}")
        sender.drain()
        harness.wait_for(lambda: len(watcher.messages) >= 50, 10, "alerts")
        time.sleep(1)
        assert len(watcher.messages) <= 300, f"{len(watcher.messages)} alerts: reading did not stop"
        assert site.count(LINE) == 0
        os.remove(site.trouble)
        harness.wait_for(lambda: site.count(LINE) == 500, 30, "500 rows")
        harness.wait_for(lambda: len({json.loads(m[1])["alert_id"] for m in watcher.messages}) == 500,
                         10, "500 alerts")
        stop(site)


def units_beyond_the_limit_are_scored_and_survive_a_kill():
    with harness.Site([line()], gateway={"limits": {"open_units": 100}}) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        for n in range(2000):
            sender.publish(f"p3/U{n}/a", '{"x":1}')
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 1900, 30, "1,900 rows")
        site.daemon.kill()
        site.daemon.start()
        for n in range(1900, 2000):
            sender.publish(f"p3/U{n}/b", '{"y":2}')
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 2000, 30, "2,000 rows")
        assert site.sql("SELECT count(*) FROM unit_press_3 WHERE y = 2") == [(100,)]
        stop(site)


def a_flood_of_large_messages_is_counted_and_let_go():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        for n in range(10):
            sender.publish(f"p3/U{n}/a", b"x" * (8 << 20))
        for n in range(500):
            sender.publish(f"p3/U{n}/a", b'{"x":"' + b"y" * 70000 + b'"}')
        unit(sender, "good")
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 1, 60, "the row of the good one")
        counts = stats(site, lambda s: s["too_big"] == 510)
        assert counts["used"] == 2 and counts["received"] == 512, counts
        rows = site.sql("SELECT count(*), max(length(payload)) FROM quarantine")
        assert 1 <= rows[0][0] <= 30 and rows[0][1] <= 1024, rows
        stop(site)


def a_table_without_room_for_more_columns_is_not_set_aside():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        unit(site.client("sender"), "U1")
        site.clients[-1].drain()
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")
        stop(site)
        db = sqlite3.connect(site.db)
        db.execute("BEGIN")
        for n in range(2000):
            try:
                db.execute(f'ALTER TABLE unit_press_3 ADD COLUMN "old_{n}" REAL')
            except sqlite3.OperationalError:
                break
        db.commit()
        db.close()
        more = line()
        more["sources"]["a"]["fields"]["z"] = "/z"
        more["features"].append({"name": "z", "from": "a.z"})
        harness.write(os.path.join(site.folder, "lines.d", LINE + ".json"), more)
        site.daemon.start()
        assert site.daemon.wait(20) == 1
        assert "too many columns" in site.daemon.log_text()
        assert not [n for n in os.listdir(site.state) if ".bad-" in n], os.listdir(site.state)
        assert site.count(LINE) == 1


def a_file_that_rots_under_the_daemon_costs_no_alert():
    fake = SlowBroker()
    bulk = line(decide={"alert_on": []})
    with with_slow(fake, [bulk, alerting(OTHER, "p4")]) as site:
        fake.wait_subscribed()
        fake.wait(lambda: fake.last(f"{OTHER}/status"), 10, "the status")
        # more than the page cache holds, in no order
        rng, units = random.Random(1), 20_000
        for n in range(units):
            unit(fake, f"{rng.getrandbits(60):x}")
            if n % 500 == 0:
                harness.wait_for(lambda: len(fake.acknowledged) >= 2 * n - 2000, 20, "PUBACKs")
        harness.wait_for(lambda: site.count(LINE) == units, 20, f"{units} rows")
        fake.confirms = False
        for n in range(10):
            unit(fake, f"A{n}", "p4")
        harness.wait_for(lambda: site.sql("SELECT count(*) FROM outbox") == [(10,)], 10, "10 alerts")
        with open(site.db, "r+b") as f:
            f.seek(40960)
            f.write(b"\xa5" * (os.path.getsize(site.db) - 40960))
        for n in range(2000):
            unit(fake, f"{rng.getrandbits(60):x}")
        for n in range(10, 20):
            unit(fake, f"A{n}", "p4")
        site.daemon.wait_log("is malformed, the file is set aside and a new one begun")
        # those of the old file are in the new one, too
        harness.wait_for(lambda: outbox_count(site) == 20, 10, "20 alerts in the new file")
        fake.confirms = True
        site.daemon.kill()
        fake.published.clear()
        site.daemon.start()
        fake.wait(lambda: fake.count("/alert") == 20, 10, "20 alerts")
        stop(site)
    fake.close()


def outbox_count(site):
    try:
        return site.sql("SELECT count(*) FROM outbox")[0][0]
    except sqlite3.DatabaseError:
        return -1


# The long form.


def publish_all(site, messages, pace):
    """In a thread; each 500 messages are sent again when the broker goes away under them."""

    def work():
        sender = None
        for at in range(0, len(messages), 500):
            while True:
                try:
                    sender = sender or mqtt.Client(site.broker.port, f"sender-{time.time()}")
                    for topic, payload in messages[at : at + 500]:
                        sender.publish(topic, payload)
                    sender.drain(20)
                    break
                except (OSError, TimeoutError, EOFError):
                    sender = None
                    time.sleep(0.2)
            while pace() < at / len(messages):
                time.sleep(0.01)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def pass_through(model, products, kills, restarts, decide=None, slow_ms=0, **site):
    """(rows, alerts) of one run with so many kills of the daemon and restarts of the broker, on a
    harness.Site made as `site` says."""
    rng = random.Random(products * kills + restarts)
    mill = milling.line(MILL, model="mill.onnx", **({"decide": decide} if decide else {}))
    alerts = []
    with harness.Site([mill], **site) as site:
        if slow_ms:
            site.daemon = harness.Daemon(
                site.config, preload=shim("slowsync"), env={"SLOW_SYNC_MS": str(slow_ms)})
        site.model(model, "mill.onnx")
        site.daemon.start()
        site.status(30)
        topic = f"defectd/{site.instance}/{MILL}/alert"
        watcher = site.client("watcher", topic, clean=False)
        events = ["kill"] * kills + ["restart"] * restarts
        rng.shuffle(events)
        done = [0]
        thread = publish_all(site, list(milling.messages(milling.made_up(products))),
                             lambda: (done[0] + 1) / len(events) if events else 1)
        for event in events:
            time.sleep(rng.uniform(0.05, 0.5))
            if event == "kill":
                assert site.daemon.alive, "the daemon ended by itself"
                site.daemon.kill()
                site.daemon.start()
            else:
                site.broker.end()
                time.sleep(rng.uniform(0, 0.5))
                site.broker.start()
                alerts += watcher.messages
                watcher = site.client("watcher", topic, clean=False)
            done[0] += 1
        thread.join(600)
        assert not thread.is_alive(), "publishing did not end"
        harness.wait_for(lambda: site.count(MILL) >= products, 120, f"{products} rows")
        site.status(60)
        harness.wait_for(lambda: not site.sql("SELECT 1 FROM outbox LIMIT 1"), 60, "an empty outbox")
        stop(site)
        assert site.sql("PRAGMA integrity_check") == [("ok",)]
        alerts += watcher.messages
        return site.rows(MILL), {json.loads(m[1])["alert_id"] for m in alerts}


TROUBLES = {
    "a broker that restarts": dict(kills=0, restarts=8),
    "kills and restarts": dict(kills=10, restarts=6),
    "MQTT 3.1.1": dict(kills=8, restarts=4, gateway={"broker": {"protocol": "3.1.1"}}),
    "20 ms per commit": dict(kills=8, restarts=4, slow_ms=20),
    "100 ms per commit": dict(kills=5, restarts=2, slow_ms=100),
    "predictions at QoS 1": dict(kills=8, restarts=4, decide={"prediction_qos": 1}),
    "a window of 20": dict(kills=8, restarts=4, gateway={"broker": {"receive_maximum": 20}}),
    "commits each 200 ms": dict(kills=8, restarts=4, gateway={"store": {"commit_every": "200ms"}}),
    "64 KiB unacknowledged": dict(
        kills=8, restarts=4, gateway={"limits": {"unacknowledged_bytes": "64KiB"}}),
}


def compare_rows(calm, rough, name):
    assert set(rough) == set(calm), f"{name}: {len(set(calm) - set(rough))} units missing"
    for unit_id, row in calm.items():
        for column in set(row) - NOT_COMPARED:
            assert rough[unit_id][column] == row[column], \
                f"{name}: unit {unit_id}, {column}: {rough[unit_id][column]!r}, " \
                f"undisturbed {row[column]!r}"


def troubles_together_leave_the_rows_of_an_undisturbed_run():
    products = 5000
    with tempfile.TemporaryDirectory() as folder:
        model = milling.train(folder)
        calm, calm_alerts = pass_through(model, products, 0, 0)
        for name, how in TROUBLES.items():
            rough, alerts = pass_through(model, products, **how)
            compare_rows(calm, rough, name)
            assert alerts == calm_alerts, f"{name}: {len(calm_alerts - alerts)} alerts missing"
            print(f"# {name}: {len(rough)} rows equal, {len(alerts)} alerts", flush=True)


def two_daemons_with_one_client_id_do_no_harm():
    """Each takes the session from the other: a mistake, but neither spins nor ends."""
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        folder = os.path.join(site.folder, "other")
        os.makedirs(os.path.join(folder, "state/models"))
        shutil.copytree(os.path.join(site.folder, "lines.d"), os.path.join(folder, "lines.d"))
        with open(site.config) as f:
            config = dict(json.load(f), state_dir=os.path.join(folder, "state"))
        other = harness.Daemon(harness.write(os.path.join(folder, "defectd.json"), config)).start()
        try:
            time.sleep(15)
            assert site.daemon.alive and other.alive
            assert site.daemon.cpu_seconds() < 2 and other.cpu_seconds() < 2
            assert site.daemon.log_text().count("\n") < 200
        finally:
            assert other.end() == 0
        site.daemon.wait_log("subscriptions granted", 60)
        stop(site)


if __name__ == "__main__":
    if "--long" in sys.argv:
        harness.run(
            troubles_together_leave_the_rows_of_an_undisturbed_run,
            two_daemons_with_one_client_id_do_no_harm,
        )
    harness.run(
        an_alert_does_not_stand_in_line_behind_predictions,
        a_full_outbox_gives_up_predictions_before_alerts,
        a_broker_that_does_not_read_costs_no_memory_without_end,
        deadlines_stand_still_while_a_full_disk_stops_the_reading,
        deadlines_stand_still_while_the_process_does,
        a_stop_under_load_leaves_nothing_to_repeat,
        what_is_confirmed_during_the_stop_is_not_sent_again,
        stopped_without_a_broker_it_keeps_its_alerts,
        what_a_restarted_broker_sends_again_is_not_applied,
        alerts_go_on_while_the_disk_is_full,
        units_beyond_the_limit_are_scored_and_survive_a_kill,
        a_flood_of_large_messages_is_counted_and_let_go,
        a_table_without_room_for_more_columns_is_not_set_aside,
        a_file_that_rots_under_the_daemon_costs_no_alert,
    )
