"""The broker goes away and comes back; the daemon stays calm and loses nothing."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE = "press-3"
AWAY_S = 30


def line():
    return {
        "line": LINE,
        "sources": {
            "a": {"topic": "p3/{unit}/a", "fields": {"x": "/x"}},
            "b": {"topic": "p3/{unit}/b", "fields": {"y": "/y"}},
        },
        "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "b.y"}],
    }


def send(site, sender, first, last):
    for n in range(first, last + 1):
        sender.publish(f"p3/U{n}/a", '{"x":%d}' % n)
        sender.publish(f"p3/U{n}/b", '{"y":%d}' % n)
    sender.drain()


def starts_before_the_broker_and_connects_when_it_comes():
    with harness.Site([line()], start_broker=False) as site:
        site.daemon.start()
        time.sleep(3)
        assert site.daemon.alive
        cpu = site.daemon.cpu_seconds()
        assert cpu < 1.5, f"{cpu} s of CPU time in 3 s without a broker"
        site.broker.start()
        found = site.status(40)
        assert found["online"] == 1 and found["lines"] == 1 and found["boot"] == 1
        send(site, site.client("sender"), 1, 50)
        harness.wait_for(lambda: site.count(LINE) == 50, 20, "50 rows")


def after_a_restart_of_the_broker_nothing_is_lost():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        send(site, site.client("sender"), 1, 200)
        harness.wait_for(lambda: site.count(LINE) == 200, 20, "200 rows")
        site.broker.end()
        site.broker.start()
        # the queue of our session is kept by the broker even before the daemon is back
        send(site, site.client("sender2"), 201, 400)
        harness.wait_for(lambda: site.count(LINE) == 400, 60, "400 rows")
        site.status(40)
        rows = site.rows(LINE)
        assert set(rows) == {f"U{n}" for n in range(1, 401)}


def a_broker_that_forgot_the_session_is_subscribed_to_again():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        site.broker.kill()
        os.path.exists(f"{site.folder}/broker/mosquitto.db") and os.remove(
            f"{site.folder}/broker/mosquitto.db")
        site.broker.start()
        site.status(40)
        send(site, site.client("sender"), 1, 50)
        harness.wait_for(lambda: site.count(LINE) == 50, 20, "50 rows")


def away_for_30_seconds_it_waits_without_a_busy_loop():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        send(site, site.client("sender"), 1, 20)
        harness.wait_for(lambda: site.count(LINE) == 20, 20, "20 rows")
        site.broker.end()
        before = site.daemon.cpu_seconds()
        time.sleep(AWAY_S)
        used = site.daemon.cpu_seconds() - before
        assert used < AWAY_S * 0.03, f"{used} s of CPU time in {AWAY_S} s without a broker"
        assert site.daemon.alive
        site.broker.start()
        site.status(45)
        send(site, site.client("sender2"), 21, 40)
        harness.wait_for(lambda: site.count(LINE) == 40, 30, "40 rows")
        print(f"# {used:.2f} s of CPU time while the broker was away for {AWAY_S} s")


def a_clean_stop_says_offline_and_a_crash_too():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        assert site.daemon.end() == 0
        assert site.status(5, "offline")["reason"] == "shutdown"
        site.daemon.start()
        assert site.status()["boot"] == 2
        site.daemon.kill()
        found = site.status(20, "offline")
        assert found["reason"] == "connection-lost" and found["online"] == 0


def what_arrived_while_the_daemon_was_down_is_not_lost():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        for n in range(1, 101):
            sender.publish(f"p3/U{n}/a", '{"x":%d}' % n)
        sender.drain()
        time.sleep(0.5)
        assert site.daemon.end() == 0
        for n in range(1, 101):
            sender.publish(f"p3/U{n}/b", '{"y":%d}' % n)
        sender.drain()
        site.daemon.start()
        harness.wait_for(lambda: site.count(LINE) == 100, 30, "100 rows")
        assert all(r["x"] == r["y"] for r in site.rows(LINE).values())


if __name__ == "__main__":
    harness.run(
        starts_before_the_broker_and_connects_when_it_comes,
        after_a_restart_of_the_broker_nothing_is_lost,
        a_broker_that_forgot_the_session_is_subscribed_to_again,
        away_for_30_seconds_it_waits_without_a_busy_loop,
        a_clean_stop_says_offline_and_a_crash_too,
        what_arrived_while_the_daemon_was_down_is_not_lost,
    )
