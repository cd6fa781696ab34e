"""SIGKILL at random moments: rows and alerts as if nothing had happened.

Short form: 10 kills; `--long`: at least 100 kills while 400,000 QoS 1 messages arrive. The same
messages go first through a daemon that nobody disturbs; the rows must be equal but for
latency_us, scored_ms and gap_ms, and no alert may be missing.
"""

import json
import os
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
import milling

LINE = "mill-1"
LONG = "--long" in sys.argv
PRODUCTS, KILLS = (66_600, 100) if LONG else (5_000, 10)
NOT_COMPARED = {"latency_us", "scored_ms", "gap_ms"}


def send(site, kills, done):
    """Publishes all messages in a thread, spread over the kills: after each 500 it waits until
    as many kills are done as fit to what is sent."""
    messages = list(milling.messages(milling.made_up(PRODUCTS)))

    def work():
        sender = site.client("sender")
        for n, (topic, payload) in enumerate(messages):
            if n % 500 == 0:
                sender.flush()
                while done[0] < kills * n // len(messages):
                    time.sleep(0.01)
            sender.publish(topic, payload)
        sender.drain()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, len(messages)


def kill_and_start(site, rng):
    """SIGKILL at a random moment: mostly in full work, sometimes while the daemon comes up."""
    if rng.random() < 0.7:
        granted = granted_so_far(site)
        try:
            harness.wait_for(lambda: granted_so_far(site) > granted, 2, "")
        except TimeoutError:
            pass
    time.sleep(rng.uniform(0, 0.3))
    assert site.daemon.alive, "the daemon ended by itself"
    site.daemon.kill()
    site.granted = granted_so_far(site)
    site.daemon.start()


def granted_so_far(site):
    return site.daemon.log_text().count("subscriptions granted")


def pass_through(model, kills, seed):
    """(rows, alerts, number of messages) of one run."""
    rng = random.Random(seed)
    with harness.Site([milling.line(LINE, model="mill.onnx")]) as site:
        site.model(model, "mill.onnx")
        site.granted = 0
        site.daemon.start()
        site.status()
        watcher = site.client("watcher", f"defectd/{site.instance}/{LINE}/alert")
        done = [0]
        thread, sent = send(site, kills, done)
        while done[0] < kills:
            kill_and_start(site, rng)
            done[0] += 1
        thread.join(900)
        assert not thread.is_alive(), "publishing did not end"
        harness.wait_for(lambda: site.count(LINE) >= PRODUCTS, 300, f"{PRODUCTS} rows")
        harness.wait_for(
            lambda: not site.sql("SELECT 1 FROM outbox LIMIT 1"), 60, "an empty outbox")
        # a daemon that is not up yet has nothing to end cleanly
        harness.wait_for(lambda: granted_so_far(site) > site.granted, 20, "the last start")
        assert site.daemon.end() == 0
        assert site.sql("PRAGMA integrity_check") == [("ok",)]
        return site.rows(LINE), [json.loads(m[1]) for m in watcher.messages], sent


def killed_again_and_again_it_gives_the_rows_of_an_undisturbed_run():
    with tempfile.TemporaryDirectory() as folder:
        model = milling.train(folder)
        calm, calm_alerts, sent = pass_through(model, 0, 0)
        rough, rough_alerts, _ = pass_through(model, KILLS, int(os.environ.get("SEED", "1")))
    assert len(calm) == PRODUCTS, f"{len(calm)} rows without a kill"
    missing = set(calm) - set(rough)
    assert not missing, f"{len(missing)} units are missing, {sorted(missing)[:3]} among them"
    for unit, row in calm.items():
        for column, value in row.items():
            if column not in NOT_COMPARED:
                other = rough[unit][column]
                assert other == value, f"unit {unit}: {column} is {other!r}, undisturbed {value!r}"
    ids = {a["alert_id"]: a["unit"] for a in calm_alerts}
    again = {a["alert_id"]: a["unit"] for a in rough_alerts}
    assert len(ids) == len(calm_alerts), "an undisturbed run repeated an alert"
    assert again == ids, f"{len(set(ids) - set(again))} alerts are missing of {len(ids)}"
    print(f"# {sent} messages, {KILLS} kills, {len(rough)} rows equal, {len(ids)} alerts, "
          f"{len(rough_alerts) - len(ids)} repeats with the same id")


if __name__ == "__main__":
    harness.run(killed_again_and_again_it_gives_the_rows_of_an_undisturbed_run)
