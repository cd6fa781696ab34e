"""A running daemon takes up a changed configuration: SIGHUP, and the command reload.

A changed line file holds for units that open after it; those that are open are finished under the
file that they were opened with. Nothing that is wrong with a configuration changes anything.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE, OTHER = "press-3", "press-4"
ROOT = "defectd/gw-test"
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
    first, second = line(), line(threshold=0.9)
    with harness.Site([first]) as site:
        start(site)
        s = Sender(site)
        s.send("open", "a", 1)
        s.done()
        put(site, second)
        hangup(site)
        s.send("new", "a", 1)
        s.send("new", "b", 2)
        s.send("open", "b", 2)
        s.done()
        rows = wait_rows(site, 2)
        assert rows["open"]["config"] == sha256(first), rows
        assert rows["new"]["config"] == sha256(second), rows
        assert (rows["open"]["x"], rows["open"]["y"]) == (1, 2)
        texts = dict(site.sql("SELECT sha256, text FROM config"))
        assert json.loads(texts[sha256(first)]) == first and json.loads(texts[sha256(second)]) == second
        assert site.sql("SELECT line, config FROM in_force") == [(LINE, sha256(second))]
        assert "reloaded, in force from now on: line \"press-3\"" in site.daemon.log_text()
        assert site.daemon.end() == 0


if __name__ == "__main__":
    harness.run(
        a_threshold_holds_for_units_that_open_after_it,
    )
