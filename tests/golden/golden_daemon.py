"""Cases of this folder through a real broker and the real daemon: the same rows, labels and views.

Chosen are those whose rows hang on the times in the messages, not on the clock of the wall. They run
as lines of one gateway, each below a topic of its own, first undisturbed, then with SIGKILLs in
between. What users of comparable systems complain about and a recording cannot tell comes after:
context lost in a power cut, a broker that forgot us, new topics behind an old session.
"""

import base64
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../system")]
import cases
import harness
from cases import Case

CASES = [Case(name) for name in (
    "each_array each_units example_smt label_belongs_by_time label_combine_worst label_list"
    " lot_at_station_delay lot_loaded message_for_several_sources payload_cfx payload_neuron"
    " payload_opcua_pubsub poison_messages samples_repeated sparse_topics_meet station_both"
    " station_events_out_of_order station_exit_alone station_repeated_events take_all take_hold"
    " time_zone_autumn unit_again when window_ago_over window_at_station window_newest").split()]
# A deadline of a second may pass between two messages when the daemon is killed there.
UNDISTURBED_ONLY = {"when"}
KILLS = 4


def line_of(case):
    """The case's line with all topics below the case's name."""
    document = json.loads(json.dumps(case.document))
    for source in document["sources"].values():
        source["topic"] = f"{case.name}/{source['topic']}"
    return document


def send(sender, case, messages):
    for m in messages:
        payload = base64.b64decode(m["payload_b64"]) if "payload_b64" in m else m["payload"]
        sender.publish(f"{case.name}/{m['topic']}", payload, m["qos"])


def by_unit(rows):
    return sorted(rows, key=lambda r: (r["started_ms"], r["unit"]))


def wrong_in(site, case):
    """Sentences; recordings are played in no time, so that what the wall says is left out."""
    wrong = list(cases.row_differences(
        by_unit(cases.unit_rows(site.db, case)), by_unit(case.wanted("rows.json")), cases.OF_THE_WALL))
    for name in cases.TABLES:
        wanted = case.wanted(name)
        if wanted is not None:
            wrong += cases.differences(cases.table_rows(site.db, case, name), wanted, name)
    return wrong


def settled(site, chosen, timeout=60):
    """Waits until nothing is wrong; else what is."""
    for case in chosen:
        try:
            harness.wait_for(lambda: not wrong_in(site, case), timeout, "")
        except TimeoutError:
            timeout = 1  # the others had their time by now
    return {c.name: wrong_in(site, c) for c in chosen}


def gateway(chosen):
    # recordings come from all times, also from ahead of a clock that is wrong
    return harness.Site([line_of(c) for c in chosen], gateway={"future_limit": "10y"})


def say(wrong):
    assert not wrong, "\n".join(wrong)


class Undisturbed:
    """One run for all cases; each asks for its own part of it."""

    wrong = None

    @classmethod
    def of(cls, case):
        if cls.wrong is None:
            cls.wrong = {}
            with gateway(CASES) as site:
                site.daemon.start()
                site.status()
                sender = site.client("sender")
                for c in CASES:
                    send(sender, c, c.messages())
                sender.drain()
                cls.wrong = settled(site, CASES)
        return cls.wrong[case.name]


def test_of(case):
    def test():
        say(Undisturbed.of(case))

    test.__name__ = case.name
    return test


def kills_change_no_row():
    """Each part of the messages arrives while the daemon is down, and waits in the broker."""
    chosen = [c for c in CASES if c.name not in UNDISTURBED_ONLY]
    with gateway(chosen) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        for part in range(KILLS + 1):
            if part:
                site.daemon.kill()
            for c in chosen:
                messages = c.messages()
                size = -(-len(messages) // (KILLS + 1))
                send(sender, c, messages[part * size:(part + 1) * size])
            sender.drain()
            if part:
                site.daemon.start()
                online_again(site, part)
        wrong = settled(site, chosen)
        assert site.daemon.end() == 0
        assert site.sql("PRAGMA integrity_check") == [("ok",)]
    say([f"{name}: {sentence}" for name, sentences in wrong.items() for sentence in sentences])


def online_again(site, starts):
    """The status from before the kill may still be there: the log counts the starts."""
    harness.wait_for(lambda: site.daemon.log_text().count("subscriptions granted") > starts, 20,
                     "the subscriptions to be granted again")


def until(case, unit):
    """Messages up to the last that names the unit, and the rest."""
    messages = case.messages()
    last = max(i for i, m in enumerate(messages) if f'"{unit}"' in m["payload"])
    return messages[:last + 1], messages[last + 1:]


def a_power_cut_empties_no_context():
    """Node-RED #2723. The lot now loaded, what is known of lots, samples and open units are all from
    before; what comes behind finds them."""
    chosen = [Case("lot_loaded"), Case("take_hold"), Case("sparse_topics_meet")]
    with gateway(chosen) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        parts = {c.name: until(c, "U2") for c in chosen}
        for c in chosen:
            send(sender, c, parts[c.name][0])
        sender.drain()
        harness.wait_for(lambda: site.count("lot_loaded") == 2 and site.count("take_hold") == 2, 20,
                         "the first rows")
        site.daemon.kill()
        site.daemon.start()
        online_again(site, 1)
        for c in chosen:
            send(sender, c, parts[c.name][1])
        sender.drain()
        wrong = settled(site, chosen)
    say([f"{name}: {sentence}" for name, sentences in wrong.items() for sentence in sentences])


def a_broker_that_forgot_the_session_is_subscribed_to_again():
    """StreamPipes #4157, eKuiper #1347: connected again, and deaf."""
    case = Case("station_both")
    with gateway([case]) as site:
        site.daemon.start()
        site.status()
        assert site.broker.end() == 0
        os.unlink(os.path.join(site.folder, "broker", "mosquitto.db"))
        site.broker.start()
        online_again(site, 1)
        sender = site.client("sender")
        send(sender, case, case.messages())
        sender.drain()
        wrong = settled(site, [case])
    say(wrong[case.name])


def a_new_topic_is_heard_although_the_session_is_old():
    """Telegraf #9703: the session on the broker knows the old topics only."""
    case = Case("window_ago_over")
    with gateway([case]) as site:
        site.daemon.start()
        site.status()
        assert site.daemon.end() == 0
        moved = line_of(case)
        moved["sources"]["temp"]["topic"] = "elsewhere/temp"
        harness.write(os.path.join(site.folder, "lines.d", case.line + ".json"), moved)
        site.daemon.start()
        online_again(site, 1)
        sender = site.client("sender")
        for m in case.messages():
            topic = "elsewhere/temp" if m["topic"] == "oven/temp" else f"{case.name}/{m['topic']}"
            sender.publish(topic, m["payload"], m["qos"])
        sender.drain()
        wrong = settled(site, [case])
    say(wrong[case.name])


if __name__ == "__main__":
    harness.run(
        *map(test_of, CASES),
        kills_change_no_row,
        a_power_cut_empties_no_context,
        a_broker_that_forgot_the_session_is_subscribed_to_again,
        a_new_topic_is_heard_although_the_session_is_old,
    )
