"""Lots that a stream tells: which bar is loaded now, which coolant is in the tank.

Products of the AI4I set, one after the other, overlapping: they start, are washed some time later,
and end. The bar is the one that was loaded at the start, less the time from the magazine to the
spindle; the coolant is the one in the tank when the washing began. Both change while products are
inside, their messages come late. The laboratory says what a bar is made of, sometimes before its
first product, mostly after its last one, once never. The generator knows what is true.

Short form: 400 products; `--long`: 10,000 and more kills.
"""

import bisect
import json
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import harness
import milling
import recordings

LONG = "--long" in sys.argv
PRODUCTS, KILLS = (10_000, 50) if LONG else (400, 8)
SEED = int(os.environ.get("SEED", "1"))
LINE = "mill-1"
EACH_MS = 200  # a product starts
DELAY_MS = 1500  # from the magazine to the spindle
DEADLINE_S = 30
NEVER = 1  # this bar (by number) the laboratory never sees


def line():
    own = {"time": "/ts"}
    return {
        "line": LINE,
        "sources": {
            "start": {"topic": "mill/start/{unit}", **own},
            "wash": {"topic": "mill/wash/{unit}", **own},
            "washed": {"topic": "mill/washed/{unit}", **own},
            "value": {"topic": "mill/unit/{unit}/{tag}", **own},
            "magazine": {"topic": "mill/magazine", **own, "fields": {"bar": "/bar/id"}},
            "tank": {"topic": "mill/tank", **own, "fields": {"coolant": "/coolant"}},
            "lab": {"topic": "mill/lab/bar/{lot}", **own},
            "supplier": {"topic": "mill/coolant/{lot}", **own},
        },
        "stations": {
            "milling": {"enter": "start", "exit": "wash", "max_dwell": "10s"},
            "washing": {"enter": "wash", "exit": "washed", "max_dwell": "10s"},
        },
        "lots": {
            "bar": {"bind": "magazine.bar", "delay": f"{DELAY_MS}ms"},
            "coolant": {"bind": "tank.coolant", "at": "washing"},
        },
        "unit": {"deadline": f"{DEADLINE_S}s", "open": ["start"]},
        "features": [
            {"name": "bar", "from": "lot.bar"},
            {"name": "coolant", "from": "lot.coolant"},
            {"name": "type", "from": "lab.type", "lot": "bar", "type": "text"},
            {"name": "hardness", "from": "lab.hardness", "lot": "bar", "missing": "impute"},
            {"name": "acidity", "from": "supplier.ph", "lot": "coolant"},
        ] + [{"name": v, "from": f"value.{v}"} for v in milling.VALUES],
    }


class Line:
    """The messages in order of receipt, and the truth about every unit."""

    def __init__(self, count, seed=1):
        self.rng, self.made, self.expected, self.began = random.Random(seed), [], {}, {}
        self.changes = {"bar": [], "coolant": []}  # [(time, id)], in order
        products = self._products(count)
        begin = milling.EPOCH_MS
        end = begin + len(products) * EACH_MS
        self._bars(begin, end)
        self._coolants(begin, end)
        for n, product in enumerate(products):
            self._product(begin + n * EACH_MS, product)
        self.made.sort(key=lambda m: m[0])
        self.blocks = [self.made[at : at + 500] for at in range(0, len(self.made), 500)]

    def _products(self, count):
        """Real ones, where the data set is there."""
        try:
            rows = milling.ai4i()[1]
            rows = [rows[i * len(rows) // count] for i in range(count)]
        except harness.Skip:
            rows = list(milling.made_up(count))
        return rows

    def _say(self, at, topic, payload, late_ms=0):
        """One message, `late_ms` and some network behind its event."""
        self.made.append((at + late_ms + self.rng.randrange(5, 40), topic, json.dumps(payload)))

    def _bars(self, begin, end):
        """A change each 15 to 35 products, at any moment; the message up to 1 s late. Sometimes
        the rest of an earlier bar is loaded."""
        self.bars, at, number = {}, begin - 10_000, 0
        while at < end:
            until = at + self.rng.randrange(15, 35) * EACH_MS + self.rng.randrange(EACH_MS)
            if number == 0:
                until = begin + 7 * EACH_MS
            if number > 5 and self.rng.random() < 0.2:
                bar = self.rng.choice([b for b, known in self.bars.items() if known])
            else:
                bar = f"B-{self.rng.randrange(10**6):06d}-{number}"
                made_of = {"type": self.rng.choice("LLLMMH"),
                           "hardness": self.rng.randrange(900) / 4}
                self.bars[bar] = None if number == NEVER else made_of
                self._laboratory(bar, self.bars[bar], at, until)
            self.changes["bar"].append((at, bar))
            self._say(at, "mill/magazine", {"bar": {"id": bar, "slot": number % 8}, "ts": at},
                      self.rng.randrange(1000))
            at, number = until, number + 1

    def _laboratory(self, bar, made_of, at, until):
        if made_of is None:
            return
        when = at - 500 if self.rng.random() < 0.25 else until + DELAY_MS + 3000
        self._say(when, f"mill/lab/bar/{bar}", {**made_of, "ts": when})

    def _coolants(self, begin, end):
        """Known before it is in the tank. Names are numbers, sometimes written as texts."""
        self.coolants, at, number = {}, begin - 10_000, 4700
        while at < end + 5000:
            self.coolants[str(number)] = ph = 7 + self.rng.randrange(100) / 128
            self.changes["coolant"].append((at, str(number)))
            self._say(at - 100, f"mill/coolant/{number}", {"ph": ph, "ts": at - 100})
            named = number if self.rng.random() < 0.5 else str(number)
            self._say(at, "mill/tank", {"coolant": named, "ts": at}, self.rng.randrange(1000))
            at, number = at + self.rng.randrange(5, 25) * EACH_MS + 1, number + 1

    def _loaded(self, what, at):
        """The newest change at or before that time."""
        return self.changes[what][bisect.bisect_right(self.changes[what], (at, "~")) - 1][1]

    def _product(self, start, product):
        unit = product["product_id"]
        wash = start + self.rng.randrange(500, 1200)
        if self.rng.random() < 0.1:  # right at a change
            wash = self._at_a_change("coolant", wash)
        if self.rng.random() < 0.1:
            start = self._at_a_change("bar", start, DELAY_MS)
            wash = max(wash, start + 100)
        washed = wash + self.rng.randrange(100, 300)
        self._say(start, f"mill/start/{unit}", {"ts": start})
        self._say(wash, f"mill/wash/{unit}", {"ts": wash})
        self._say(washed, f"mill/washed/{unit}", {"ts": washed})
        last = max(start, wash) + 2000  # after any message of a change that matters
        for k, name in enumerate(milling.VALUES):
            at = last if k == 4 else start + 50 * (k + 1)
            self._say(at, f"mill/unit/{unit}/{name}", {"value": float(product[name]), "ts": at})
        bar, coolant = self._loaded("bar", start - DELAY_MS), self._loaded("coolant", wash)
        made_of = self.bars[bar] or {"type": None, "hardness": None}
        self.began[unit] = start
        self.expected[unit] = {
            "bar": bar, "coolant": coolant, "type": made_of["type"],
            "hardness": made_of["hardness"], "acidity": self.coolants[coolant],
            "started_ms": start, "lots": {"bar": bar, "coolant": coolant},
            **{v: float(product[v]) for v in milling.VALUES},
        }

    def _at_a_change(self, what, at, delay=0):
        """The moment of the next change, as the unit sees it; `at` where none is near."""
        for changed, _ in self.changes[what]:
            if at <= changed + delay < at + 1000:
                return changed + delay - self.rng.randrange(2)
        return at


class Run:
    """The line and its rows in an undisturbed daemon. Made once."""

    made = None

    def __init__(self):
        self.line, self.rows = Line(PRODUCTS), None

    @classmethod
    def get(cls):
        if not cls.made:
            cls.made = cls()
        return cls.made

    def check(self, rows, what):
        found = {u: {**row, "lots": json.loads(row["lots"])} for u, row in rows.items()}
        recordings.none_wrong(recordings.wrong_values(found, self.line.expected), what)
        unknown = [u for u, e in self.line.expected.items() if e["type"] is None]
        for unit in unknown:
            detail = json.loads(rows[unit]["detail"])
            assert detail["type"]["missing"] == "not_sent", f"{what}: unit {unit}: {detail}"
        bars = {e["bar"] for e in self.line.expected.values()}
        print(f"# {what}: {len(rows)} units of {len(bars)} bars, {len(unknown)} of a bar that the "
              "laboratory never saw")


def through_the_daemon(run, send):
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        send(site)
        recordings.wait_rows(site, LINE, len(run.line.expected), DEADLINE_S + 300)
        recordings.stop(site)
        return recordings.rows(site.db, LINE)


def every_unit_has_the_lots_that_were_loaded_for_it():
    run = Run.get()
    run.rows = through_the_daemon(run, lambda site: recordings.publish(site, run.line.made))
    run.check(run.rows, "undisturbed daemon")


def replay_gives_the_same_rows():
    run = Run.get()
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        recording = os.path.join(folder, "recording.jsonl")
        recordings.write(recording, run.line.made)
        config = recordings.configure(folder, line())
        rows, counts, _ = recordings.replay(config, LINE, recording, os.path.join(folder, "out"))
    run.check(rows, "replay")
    assert counts["used"] == counts["messages"] == len(run.line.made), counts
    if run.rows is None:
        raise harness.Skip("there are no rows of the daemon to compare with")
    recordings.none_wrong(recordings.differing_rows(rows, run.rows), "replay against daemon")


def what_is_loaded_is_known_after_a_kill():
    run = Run.get()
    rows = through_the_daemon(
        run, lambda site: recordings.disturb(site, run.line.blocks, KILLS, 2, SEED))
    run.check(rows, "killed daemon")
    if run.rows is not None:
        wrong = recordings.differing_rows(rows, run.rows)
        recordings.none_wrong(wrong, "killed against undisturbed daemon")


def a_retained_message_tells_what_was_loaded_before_we_came():
    with harness.Site([line()]) as site:
        before = site.client("before")
        at = milling.EPOCH_MS
        for topic, payload in (
            ("mill/magazine", {"bar": {"id": "B-1"}, "ts": at - 90_000_000}),
            ("mill/tank", {"coolant": 4711, "ts": at - 80_000_000}),
            ("mill/lab/bar/B-1", {"type": "H", "hardness": 51.5, "ts": at - 95_000_000}),
            ("mill/coolant/4711", {"ph": 7.5, "ts": at - 95_000_000}),
        ):
            before.publish(topic, json.dumps(payload), retain=True)
        before.drain()
        site.daemon.start()
        site.status()
        product(before, "U1", at)
        recordings.wait_rows(site, LINE, 1, 20)
        # a newer one is not forgotten for what the broker says again at the next start
        before.publish("mill/magazine", json.dumps({"bar": {"id": "B-2"}, "ts": at + 10_000}))
        before.publish("mill/lab/bar/B-2", '{"type":"L","hardness":48.25,"ts":%d}' % (at + 10_000))
        before.drain()
        site.daemon.kill()
        site.daemon.start()
        site.status()
        product(before, "U2", at + 20_000)
        recordings.wait_rows(site, LINE, 2, 20)
        recordings.stop(site)
        rows = site.rows(LINE)
    expected = {
        "U1": {"bar": "B-1", "coolant": "4711", "type": "H", "hardness": 51.5, "acidity": 7.5},
        "U2": {"bar": "B-2", "coolant": "4711", "type": "L", "hardness": 48.25, "acidity": 7.5},
    }
    recordings.none_wrong(recordings.wrong_values(rows, expected), "retained lots")


def product(sender, unit, at):
    for name in ("start", "wash", "washed"):
        sender.publish(f"mill/{name}/{unit}", '{"ts": %d}' % at)
    for name in milling.VALUES:
        sender.publish(f"mill/unit/{unit}/{name}", '{"value": 1.5, "ts": %d}' % at)
    sender.drain()


if __name__ == "__main__":
    harness.run(
        every_unit_has_the_lots_that_were_loaded_for_it,
        replay_gives_the_same_rows,
        what_is_loaded_is_known_after_a_kill,
        a_retained_message_tells_what_was_loaded_before_we_came,
    )
