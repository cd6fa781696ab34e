"""Hot swaps, promotions and rollbacks in random order while 200 units/s go through and the daemon is
killed now and then: every unit is scored once, by the very model that was in use at its place in the
order, and each probability is what `defectctl predict` gives for that model.

Short form: 30 commands and 4 kills. `--long`: 125 commands, at least 100 of which change the model,
and 12 kills.
"""

import collections
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
from press import LINE, TOPIC, Models, Press

LONG = "--long" in sys.argv
SWAPS, KILLS = (125, 12) if LONG else (30, 4)
UNITS_PER_S = 200
MODELS = Models()


class Sender:
    """Units at their pace, and between them the commands it is given: one order for the daemon."""

    def __init__(self, press):
        self.press, self.order, self.waiting = press, [], collections.deque()
        self.client = press.site.client("sender")
        self.going = True
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def command(self, name, **members):
        self.waiting.append((name, members))

    def _work(self):
        begun, count = time.monotonic(), 0
        while self.going or self.waiting:
            if self.waiting:
                name, members = self.waiting.popleft()
                self.order.append((name, members))
                self.client.publish(f"{TOPIC}/cmd/{name}", json.dumps(members))
            while count < (time.monotonic() - begun) * UNITS_PER_S:
                topic, payload = self.press.message()
                self.order.append(("unit", topic.split("/")[1]))
                self.client.publish(topic, payload)
                count += 1
            self.client.flush()
            time.sleep(0.005)
        self.client.drain()

    def end(self):
        self.going = False
        self.thread.join(60)
        assert not self.thread.is_alive(), "the broker does not take the messages"


def kill_and_start(press, rng):
    time.sleep(rng.uniform(0, 0.5))
    assert press.site.daemon.alive, "the daemon ended by itself"
    press.site.daemon.kill()
    time.sleep(rng.uniform(0, 0.3))
    press.site.daemon.start()


def swap(press, sender, known, rng, number):
    """One change; models that are new come while units and kills go on."""
    kind = rng.choice(("sha", "sha", "sha", "previous", "rollback", "rollback", "challenger"))
    if kind == "challenger":
        known.append(press.bring(len(known) + 1))
        model = {"model": "challenger", "is": known[-1]}
    elif kind == "sha":
        # of what was retired the newest files are there
        sha = rng.choice(known[-15:])
        model = {"model": sha[: rng.choice((8, 64))], "is": sha}
    else:
        model = {"model": "previous"}
    if kind == "rollback":
        sender.command("rollback", req=f"r{number}", by="amy")
    else:
        sender.command("promote", req=f"r{number}", by="amy", **model)
    if kind == "challenger":  # before another one is that
        harness.wait_for(
            lambda: press.roles().get(known[-1]) == "champion", 20, "the promotion")


def expected_models(order):
    """Champion and previous model of each unit by the order of messages; the champions one by one."""
    champion = previous = ""
    units, champions = {}, []
    for what, of in order:
        if what == "unit":
            units[of] = champion, previous
            continue
        new = previous if what == "rollback" else of.get("is", previous)
        if new and new != champion:
            champion, previous = new, champion
            champions.append(new)
    return units, champions


def check(press, order):
    units, champions = expected_models(order)
    rows = press.site.rows(LINE)
    assert set(rows) == set(units), f"{len(set(units) - set(rows))} units are lost"
    wrong = [(u, rows[u]["model"][:8], m[:8])
             for u, (m, _) in units.items() if rows[u]["model"] != m]
    assert not wrong, f"{len(wrong)} units have another model: {wrong[:5]}"
    found = [sha for sha, role, _, _ in press.events() if role == "champion"]
    assert not LONG or len(champions) >= 100, f"{len(champions)} swaps are too few"
    assert found == champions, "each swap is carried out once, in order"
    shadows = press.shadows()
    assert all(m != rows[u]["model"] for u, m in shadows)
    lost = [u for u, (_, previous) in units.items() if previous and (u, previous) not in shadows]
    assert not lost, f"{len(lost)} units have no score of the previous model: {lost[:5]}"
    scores = press.check_probabilities()
    print(f"# {len(units)} units under {len({m for m, _ in units.values()})} models, {len(champions)} swaps,"
          f" {len(shadows)} scores in the shadow; {scores} probabilities compared")


def every_unit_is_scored_by_the_model_of_its_place():
    rng = random.Random(5)
    with Press(MODELS, decide={"unsure": 0.0}) as press:
        known = [press.bring(seed) for seed in (1, 2, 3)]
        kills = sorted(rng.sample(range(2, SWAPS), KILLS))
        sender = Sender(press)
        begun = time.monotonic()
        for number in range(SWAPS):
            swap(press, sender, known, rng, number)
            if number in kills:
                kill_and_start(press, rng)
            time.sleep(rng.uniform(0.1, 0.5))
        sender.end()
        took = time.monotonic() - begun
        harness.wait_for(lambda: press.site.count(LINE) == len(press.sent), 60, "all rows")
        print(f"# {len(press.sent) / took:.0f} units/s for {took:.0f} s, {KILLS} kills")
        assert press.site.daemon.end() == 0
        check(press, sender.order)
        assert press.site.sql("PRAGMA integrity_check") == [("ok",)]


if __name__ == "__main__":
    try:
        harness.run(every_unit_is_scored_by_the_model_of_its_place)
    finally:
        MODELS.close()
