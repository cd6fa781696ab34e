"""A broker that speaks MQTT 3.1.1 only (aedes, from npm): the daemon falls back and works."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
import harness
import npm

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "aedes")
LINE = "press-3"


def line():
    return {
        "line": LINE,
        "sources": {"a": {"topic": "p3/{unit}/{tag}"}},
        "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "a.y"}],
        "decide": {"alert_on": ["not_scored"]},
    }


def start_aedes(site):
    process = subprocess.Popen(
        ["node", os.path.join(HERE, "broker.js"), str(site.broker.port)], env=npm.environment("aedes"))
    site.broker.process = process  # so that the site ends it
    harness.wait_for(site.broker._answers, 20, "aedes to answer")


def falls_back_and_assembles_units_and_alerts():
    npm.need("aedes", HERE)
    with harness.Site([line()], start_broker=False) as site:
        start_aedes(site)
        site.daemon.start()
        site.status()
        assert "MQTT 3.1.1" in site.daemon.log_text(), site.daemon.log_text()
        watcher = site.client("watcher", f"defectd/{site.instance}/{LINE}/alert")
        sender = site.client("sender", window=20)
        for n in range(300):
            sender.publish(f"p3/U{n}/x", json.dumps({"value": n}))
            sender.publish(f"p3/U{n}/y", json.dumps({"value": -n}))
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 300, 30, "300 rows")
        watcher.wait(lambda: len(watcher.messages) == 300, 20, "300 alerts")
        harness.wait_for(lambda: not site.sql("SELECT 1 FROM outbox"), 20, "an empty outbox")
        assert site.daemon.end() == 0


if __name__ == "__main__":
    harness.run(falls_back_and_assembles_units_and_alerts)
