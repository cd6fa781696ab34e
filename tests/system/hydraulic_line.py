"""The hydraulic test rig as a line: real sensor data cut into a stream of messages.

Eight sensors with a sample a second, each on a topic of its own; an event where a cycle starts and
one where it ends, with the number of the cycle; the state of the pump, as inspection found it, a
"day" later. A cycle is a unit. What must come out is computed here from the same samples, with
Python's statistics and nothing of ours.

With chaos, messages arrive out of order and twice, ends of cycles are missing, the clock of one
sensor is off for some cycles, and there are messages that cannot be used, each for a known reason.

  hydraulic_line.py FOLDER [--cycles N] [--step-ms MS] [--chaos]

writes recording.jsonl, line.json and expected.csv into FOLDER.
"""

import argparse
import bisect
import csv
import os
import random
import statistics
import sys

sys.path.insert(0, os.path.dirname(__file__))
import harness
import recordings

SENSORS = ["TS1", "TS2", "TS3", "TS4", "VS1", "CE", "CP", "SE"]
TAKES = ["mean", "sd", "min", "max", "slope"]
CYCLES, SAMPLES = 2205, 60
EPOCH_MS = 1_767_600_000_000
DAY_MS = 86_400_000
GOOD, DUBIOUS = 192, 24  # quality
CLOSES = "SE"  # its window ends at max_dwell when the end of the cycle is missing
HIGHEST = 1000  # no sensor says more
UNWANTED = "FS1"  # a sensor that no feature wants


def data(cycles):
    """[(texts of the samples by sensor, pump leak)], evenly spread over the whole set."""
    table = {}
    for name in SENSORS + ["profile"]:
        path = os.path.join(harness.DATA, f"hydraulic/{name}.txt")
        with open(harness.need(path, "the hydraulic data set")) as f:
            table[name] = [row.split() for row in f]
        assert len(table[name]) == CYCLES, f"{path}: {len(table[name])} rows"
    picked = [i * CYCLES // cycles for i in range(cycles)]
    return [({s: table[s][i] for s in SENSORS}, int(table["profile"][i][2])) for i in picked]


class Chaos:
    """What goes wrong, and how much of it."""

    def __init__(self, seed=1, shuffle_ms=2000, twice=0.01, no_exit=0.01, off_ms=30_000,
                 off_cycles=100, noise=5):
        self.seed, self.shuffle_ms, self.twice, self.no_exit = seed, shuffle_ms, twice, no_exit
        self.off_ms, self.off_cycles = off_ms, off_cycles  # by so much TS3 is late
        self.noise = noise  # useless messages of each kind for 100 cycles


class Rig:
    """The messages in blocks, and the truth about them."""

    def __init__(self, cycles=CYCLES, step_ms=1000, label_after_ms=DAY_MS, chaos=None):
        self.step_ms, self.cycle_ms, self.chaos = step_ms, SAMPLES * step_ms, chaos
        self.label_after_ms = label_after_ms
        self.max_dwell_ms = self.cycle_ms * 3 // 2 + step_ms // 2
        self.reorder_ms = chaos.off_ms + chaos.shuffle_ms + 1000 if chaos else 0
        self.rng = random.Random(chaos.seed if chaos else 0)
        self.samples = {s: {} for s in SENSORS}  # {(time, value)}, as an ordered set
        self.units = {}  # {unit: (enter, exit or None)}
        self.labels = {}  # {unit: (defect, at_ms, by)}
        self.refused = {}  # {reason: messages}
        self.out_of_range = 0
        self.sent = 0
        self.due = []  # labels that wait for their time
        self.off = range(0)
        if chaos:
            self.off = range(cycles // 3, cycles // 3 + chaos.off_cycles)
        cut = self._cut(data(cycles))
        self.blocks = [self._block(*block) for block in cut]
        self.blocks.append(self._labels_until(None))
        self.tail = self._tail() if chaos else []  # to be sent when all units are scored
        self.sent = sum(map(len, self.blocks)) + len(self.tail)

    def line(self, name="rig-1", **more):
        station = {"enter": "in", "exit": "out", "max_dwell": f"{self.max_dwell_ms}ms"}
        if self.reorder_ms:
            station["reorder"] = f"{self.reorder_ms}ms"
        return {
            "line": name,
            "sources": {
                "in": {"topic": "rig/1/cycle/start", "unit": "/cycle", "time": "/ts"},
                "out": {"topic": "rig/1/cycle/end", "unit": "/cycle", "time": "/ts"},
                "sensor": {"topic": "rig/1/sensor/{tag}", "time": "/ts",
                           "quality": {"at": "/q", "good": [GOOD]}},
                "qc": {"topic": "rig/1/qc", "unit": "/cycle", "time": "/ts",
                       "when": {"/state": "final"}, "fields": {"leak": "/leak", "by": "/by"}},
            },
            "stations": {"rig": station, "run": {**station, "no_exit": "close"}},
            "unit": {"open": ["in"], "again": "30d"},
            "features": [
                {"name": s.lower(), "from": f"sensor.{s}", "take": TAKES, "max": HIGHEST,
                 "during": "run" if s == CLOSES else "rig"} for s in SENSORS],
            "label": {"from": "qc.leak", "defect": [1, 2], "good": [0], "by": "qc.by"},
            **more,
        }

    def expected(self):
        """{unit: {feature: value}}"""
        times, values = {}, {}
        for s in SENSORS:
            ordered = sorted(self.samples[s])
            times[s], values[s] = [t for t, _ in ordered], [v for _, v in ordered]
        found = {}
        for unit, (enter, left) in self.units.items():
            row = found[unit] = {}
            for s in SENSORS:
                end = left
                if left is None and s == CLOSES:
                    end = enter + self.max_dwell_ms
                if end is None:
                    row.update({f"{s.lower()}_{t}": None for t in TAKES})
                    continue
                first = bisect.bisect_left(times[s], enter)
                last = bisect.bisect_right(times[s], end)
                seconds = [(t - enter) / 1000 for t in times[s][first:last]]
                row.update(aggregates(s.lower(), seconds, values[s][first:last]))
        return found

    # What follows makes the messages.

    def _cut(self, table):
        """[(first cycle, rows, cycles without an end)]; a block is one after which the sender may
        wait: no window reaches beyond it."""
        missing = set()
        if self.chaos:
            missing = {n for n in range(len(table)) if self.rng.random() < self.chaos.no_exit}
        blocks, begin = [], 0
        for n in range(1, len(table) + 1):
            may_end = n == len(table) or (n - begin >= 10 and n not in self.off)
            if may_end:
                missing.discard(n - 1)
                blocks.append((begin, table[begin:n], missing))
                begin = n
        return blocks

    def _block(self, first, rows, missing):
        begin = EPOCH_MS + first * self.cycle_ms
        end = begin + len(rows) * self.cycle_ms
        made = []  # (arrival, topic, payload)
        for n, (texts, leak) in enumerate(rows, first):
            made += self._cycle(n, texts, leak, n in missing)
        if self.chaos:
            made = self._disorder(made, end) + self._noise(len(rows), begin, end)
        made += self._labels_until(end)
        made.sort(key=lambda m: m[0])
        return made

    def _cycle(self, n, texts, leak, has_no_end):
        unit, begin = str(n + 1), EPOCH_MS + n * self.cycle_ms
        left = begin + (SAMPLES - 1) * self.step_ms
        self.units[unit] = (begin, None if has_no_end else left)
        labelled, by = left + self.label_after_ms, f"inspector-{n % 3}"
        self.labels[unit] = (int(leak > 0), labelled, by)
        self.due.append((labelled + 30, "rig/1/qc", f'{{"cycle": {unit}, "ts": {labelled}, '
                         f'"state": "final", "leak": {leak}, "by": "{by}"}}'))
        yield begin, "rig/1/cycle/start", f'{{"cycle": {unit}, "ts": {begin}}}'
        for k in range(SAMPLES):
            at = begin + k * self.step_ms
            for s in SENSORS:
                said = at - self.chaos.off_ms if s == "TS3" and n in self.off else at
                self.samples[s][said, float(texts[s][k])] = None
                yield (at, f"rig/1/sensor/{s}",
                       f'{{"value": {texts[s][k]}, "q": {GOOD}, "ts": {said}}}')
        if not has_no_end:
            yield left, "rig/1/cycle/end", f'{{"cycle": {unit}, "ts": {left}}}'

    def _labels_until(self, end):
        ready = [m for m in self.due if end is None or m[0] < end]
        self.due = [m for m in self.due if end is not None and m[0] >= end]
        return ready

    def _disorder(self, made, end):
        """Late by up to shuffle_ms, but within the block; some of them twice."""
        late, again = [], []
        for at, topic, payload in made:
            delay = self.rng.randrange(self.chaos.shuffle_ms)
            late.append((min(at + delay, end - 1), topic, payload))
            if self.rng.random() < self.chaos.twice:
                delay = self.rng.randrange(self.chaos.shuffle_ms)
                again.append((min(at + delay, end - 1), topic, payload))
        self._count_repeats(made + again)
        return late + again

    def _count_repeats(self, made):
        """An event that comes again is `repeated`; a sample of a time and value that came before
        is a `duplicate`, be it because of the clock that is off (no block begins with that)."""
        seen = set()
        for _, topic, payload in made:
            if (topic, payload) in seen:
                self._refused("duplicate" if "/sensor/" in topic else "repeated")
            seen.add((topic, payload))

    def _refused(self, reason, count=1):
        self.refused[reason] = self.refused.get(reason, 0) + count

    def _noise(self, cycles, begin, end):
        made = []
        for _ in range(max(1, cycles * self.chaos.noise // 100)):
            at = self.rng.randrange(begin, end)
            for reason, topic, payload in self._useless(at):
                # not before its time, and not after the window it lies in is final
                late = min(end, at + self.chaos.shuffle_ms)
                made.append((self.rng.randrange(at, late), topic, payload))
                if reason:
                    self._refused(reason)
        return made

    def _useless(self, at):
        n = self.rng.randrange(10**9)
        sample = f'"value": 50.5, "q": {GOOD}'
        yield "bad_payload", "rig/1/sensor/TS1", f'{{{sample}, "ts": {at}'
        yield "bad_time", "rig/1/sensor/TS2", f"{{{sample}}}"
        yield "bad_time", "rig/1/cycle/start", '{"cycle": 7, "ts": "yesterday"}'
        yield "bad_id", "rig/1/cycle/start", f'{{"cycle": "", "ts": {at}}}'
        yield "bad_id", "rig/1/cycle/start", f'{{"cycle": 1.5, "ts": {at}}}'
        yield "no_value", f"rig/1/sensor/{UNWANTED}", f'{{{sample}, "ts": {at}}}'
        yield "no_value", "rig/1/sensor/CE", f'{{"valve": 50.5, "q": {GOOD}, "ts": {at}}}'
        yield "quality", "rig/1/sensor/CP", f'{{"value": 50.5, "q": {DUBIOUS}, "ts": {at}}}'
        yield "quality", "rig/1/sensor/VS1", f'{{"value": 50.5, "ts": {at}}}'
        yield "unknown_unit", "rig/1/cycle/end", f'{{"cycle": "nobody-{n}", "ts": {at}}}'
        yield ("unmatched", "rig/1/qc",
               f'{{"cycle": 1, "ts": {at}, "state": "preliminary", "leak": 1, "by": "x"}}')
        yield ("label_value", "rig/1/qc",
               f'{{"cycle": 1, "ts": {at}, "state": "final", "leak": 7, "by": "x"}}')
        yield "too_big", "rig/1/sensor/SE", f'{{{sample}, "ts": {at}, "pad": "{"x" * 70_000}"}}'
        # used, but for no window: the value is impossible
        self.out_of_range += 1
        yield None, "rig/1/sensor/TS4", f'{{"value": {HIGHEST}.5, "q": {GOOD}, "ts": {at}}}'

    def _tail(self):
        """Events of units that were scored long ago."""
        last = self.blocks[-1][-1][0] + 10 * (self.max_dwell_ms + self.reorder_ms)
        made = []
        for unit, (enter, left) in list(self.units.items())[:5]:
            at = left or enter + self.step_ms
            made.append((last, "rig/1/cycle/start", f'{{"cycle": {unit}, "ts": {enter}}}'))
            made.append((last, "rig/1/cycle/end", f'{{"cycle": {unit}, "ts": {at}}}'))
        self._refused("late", len(made))
        return made


def aggregates(name, seconds, values):
    slope = None
    if len(set(seconds)) > 1:
        slope = statistics.linear_regression(seconds, values).slope
    found = {
        "mean": statistics.mean(values) if values else None,
        "sd": statistics.stdev(values) if len(values) > 1 else None,
        "min": min(values, default=None),
        "max": max(values, default=None),
        "slope": slope,
    }
    return {f"{name}_{take}": value for take, value in found.items()}


def small(chaos=False, cycles=60):
    """For the ordinary run: twenty times as fast, with more trouble per cycle."""
    trouble = Chaos(shuffle_ms=1000, twice=0.03, no_exit=0.05, off_ms=1500, off_cycles=10)
    return Rig(cycles, step_ms=50, label_after_ms=90_000, chaos=trouble if chaos else None)


def main():
    parser = argparse.ArgumentParser(description="writes the rig's recording, line and truth")
    parser.add_argument("folder")
    parser.add_argument("--cycles", type=int, default=CYCLES)
    parser.add_argument("--step-ms", type=int, default=1000)
    parser.add_argument("--chaos", action="store_true")
    given = parser.parse_args()
    os.makedirs(given.folder, exist_ok=True)
    rig = Rig(given.cycles, given.step_ms, chaos=Chaos() if given.chaos else None)
    messages = [m for block in rig.blocks for m in block] + rig.tail
    path = os.path.join(given.folder, "recording.jsonl")
    print(f"{path}: {recordings.write(path, messages)} messages")
    harness.write(os.path.join(given.folder, "line.json"), rig.line())
    with open(os.path.join(given.folder, "expected.csv"), "w", newline="") as f:
        out, rows = csv.writer(f), rig.expected()
        out.writerow(["unit", *rows["1"]])
        for unit, values in rows.items():
            out.writerow([unit, *("" if v is None else repr(v) for v in values.values())])
    print(f"{len(rows)} units, {len(rows['1'])} features")
    for reason, count in sorted(rig.refused.items()):
        print(f"{count:8} {reason}")


if __name__ == "__main__":
    main()
