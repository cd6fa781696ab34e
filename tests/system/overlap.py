"""Topics of sources that overlap without one covering the other: a message counts once.

The samples have no times of their own and all the same value, so nothing but the count tells
whether one came twice: `n` of a unit must be the number of messages sent before it, to the one.
"""

import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
from fake_broker import FakeBroker

ONE, TWO = "oven-1", "oven-2"
BOTH = "plant/oven/temp"  # what both sources take
TEMPS = {"topic": "plant/+/temp", "format": "number"}
OVEN = {"topic": "plant/oven/{tag}", "format": "number"}


def line(name, sources, qos=1):
    """Units hold how many samples each source had: n_<source>."""
    signals = {"temps": "temps.value", "oven": "oven.temp"}
    return {
        "line": name,
        "sources": {
            **{s: {**how, "qos": qos} for s, how in sources.items()},
            "done": {"topic": f"{name}/{{unit}}/done", "fields": {"x": "/x"}},
        },
        "features": [{"name": "x", "from": "done.x"}] + [
            {"name": f"n_{s}", "from": signals[s], "over": "1h", "take": "count"} for s in sources
        ],
    }


def one_line(qos=1):
    return [line(ONE, {"temps": TEMPS, "oven": OVEN}, qos)]


def two_lines(qos=1):
    return [line(ONE, {"temps": TEMPS}, qos), line(TWO, {"oven": OVEN}, qos)]


def counted(site, lines, unit):
    """What each source of each line had before this unit."""
    def rows():
        found = {}
        for one in lines:
            row = site.rows(one["line"]).get(unit) if site.count(one["line"]) else None
            if not row:
                return None
            found.update({(one["line"], k): v for k, v in row.items() if k.startswith("n_")})
        return found

    return harness.wait_for(rows, 30, f"unit {unit}")


def ask(site, lines, sender, unit):
    for one in lines:
        sender.publish(f"{one['line']}/{unit}/done", '{"x": 1}')
    sender.drain()
    return counted(site, lines, unit)


def granted(site):
    return site.daemon.log_text().count("subscriptions granted")


def start(site):
    before = granted(site) if os.path.exists(site.daemon.log) else 0
    site.daemon.start()
    harness.wait_for(lambda: granted(site) > before, 30, "the subscriptions")


def stats(site, condition):
    watcher = site.client(f"stats-{len(site.clients)}", f"defectd/{site.instance}/stats")

    def found():
        for message in reversed(list(watcher.messages)):
            counts = json.loads(message[1])
            if not message[2] and condition(counts):
                return counts

    return harness.wait_for(found, 30, "statistics that fit")


def count_over_ends(lines, qos, protocol):
    """Samples while it runs, with a stop and a kill in between; at QoS 1 also while it is away."""
    gateway = {"broker": {"protocol": protocol}}
    name = f"{len(lines)} lines, QoS {qos}, MQTT {protocol}"
    # mosquitto 2.0 removes such repeats for clients of 3.1.1 by itself, others do not
    broker = "allow_duplicate_messages true\n"
    with harness.Site(lines, gateway=gateway, broker_extra=broker) as site:
        sent = 0
        start(site)
        sender = site.client("sender")
        for n, end in enumerate(["stop", "kill", "kill", None]):
            for _ in range(200):
                sender.publish(BOTH, "21.5", qos=qos)
                sent += 1
            found = ask(site, lines, sender, f"U{n}")
            assert set(found.values()) == {sent}, f"{name}, unit U{n}: {found}, sent {sent}"
            if end == "stop":
                assert site.daemon.end() == 0
            elif end == "kill":
                site.daemon.kill()
            if end and qos:
                for _ in range(100):
                    sender.publish(BOTH, "21.5", qos=qos)
                    sent += 1
                sender.drain()
            if end:
                start(site)
        assert site.daemon.end() == 0


def a_message_of_two_sources_counts_once():
    for protocol in ("5", "3.1.1"):
        for lines in (one_line, two_lines):
            for qos in (1, 0):
                count_over_ends(lines(qos), qos, protocol)


def killed_under_load_it_counts_each_message_once():
    for protocol in ("5", "3.1.1"):
        lines, rng, total = two_lines(), random.Random(1), 6000
        with harness.Site(lines, gateway={"broker": {"protocol": protocol}},
                          broker_extra="allow_duplicate_messages true\n") as site:
            start(site)
            sender, done = site.client("sender"), [0]

            def work():
                for n in range(total):
                    while done[0] < 6 * n // total:
                        time.sleep(0.01)
                    sender.publish(BOTH, "21.5")
                sender.drain()

            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            for _ in range(6):
                time.sleep(rng.uniform(0.05, 0.4))
                site.daemon.kill()
                start(site)
                done[0] += 1
            thread.join(120)
            found = ask(site, lines, site.client("last"), "U")
            assert set(found.values()) == {total}, f"MQTT {protocol}: {found}, sent {total}"


def what_nobody_wants_is_acknowledged_and_not_counted():
    lines = one_line()
    with harness.Site(lines, gateway={"broker": {"receive_maximum": 20}}) as site:
        start(site)
        assert '"plant/+/+" is subscribed to' in site.daemon.log_text()
        sender = site.client("sender")
        for n in range(500):  # many windows full
            sender.publish(f"plant/press/pressure-{n}", "1")
        sender.publish("plant/press/temp", "2")
        sender.publish(BOTH, "21.5")
        found = ask(site, lines, sender, "U")
        assert found == {(ONE, "n_temps"): 2, (ONE, "n_oven"): 1}, found
        counts = stats(site, lambda s: s["received"] >= 3)
        assert counts["received"] == counts["used"] == 3, counts
        assert counts["unwanted"] == 500 and counts["unmatched"] == 0, counts
        assert not site.sql("SELECT * FROM quarantine")


def the_broker_is_asked_for_filters_that_do_not_meet():
    fake = FakeBroker()
    lines = one_line() + [line(TWO, {"temps": TEMPS}, qos=0)]
    with harness.Site(lines, start_broker=False, gateway={"broker": {"port": fake.port}}) as site:
        site.daemon.start()
        fake.wait_subscribed()
        assert sorted(f for f in fake.filters if f.startswith(("plant", "oven"))) == [
            "oven-1/+/done", "oven-2/+/done", "plant/+/+"], fake.filters
    fake.close()


def the_narrow_filters_of_before_are_unsubscribed():
    apart = [line(ONE, {"temps": TEMPS})]
    with harness.Site(apart) as site:
        start(site)
        site.daemon.kill()  # a clean stop has nothing to remember
        lines = one_line()
        harness.write(os.path.join(site.folder, "lines.d", ONE + ".json"), lines[0])
        start(site)
        site.status()
        sender = site.client("sender")
        for _ in range(100):
            sender.publish(BOTH, "21.5")
        assert set(ask(site, lines, sender, "U").values()) == {100}
        assert site.daemon.end() == 0
        with open(os.path.join(site.state, "subscriptions")) as f:
            asked = f.read().split()
        assert "plant/+/+" in asked and "plant/+/temp" not in asked, asked


if __name__ == "__main__":
    harness.run(
        a_message_of_two_sources_counts_once,
        killed_under_load_it_counts_each_message_once,
        what_nobody_wants_is_acknowledged_and_not_counted,
        the_broker_is_asked_for_filters_that_do_not_meet,
        the_narrow_filters_of_before_are_unsubscribed,
    )
