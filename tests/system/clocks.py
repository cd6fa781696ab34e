"""The wall clock is set while the daemon runs (a shim adds to what it says): deadlines stay, units
by the clock neither flood nor repeat."""

import datetime
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE, TIMED = "press-3", "pump-1"
HOUR_MS = 3_600_000


def line(deadline):
    return {
        "line": LINE,
        "sources": {
            "a": {"topic": "p3/{unit}/a", "fields": {"x": "/x"}},
            "b": {"topic": "p3/{unit}/b", "fields": {"y": "/y"}},
        },
        "unit": {"deadline": deadline},
        "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "b.y"}],
    }


def timed():
    """A unit each second, of what came in the ten before it."""
    return {
        "line": TIMED,
        "sources": {"s": {"topic": "pump/{tag}"}},
        "unit": {"every": "1s"},
        "features": [{"name": "n", "from": "s.v", "over": "10s", "take": "count"}],
    }


class Site(harness.Site):
    def __init__(self, *lines):
        super().__init__(list(lines))
        shim = os.path.join(harness.BUILD, "tests/system/libshim_clock.so")
        self.wall = harness.write(os.path.join(self.folder, "wall"), "0")
        self.daemon = harness.Daemon(
            self.config, preload=harness.need(shim, "the shim"), env={"WALL_CLOCK": self.wall})
        self.ahead_ms, self.jumps = 0, 0

    def start(self):
        self.daemon.start()
        self.status()

    def set_clock(self, ahead_ms):
        """Sets the wall clock, and waits until the daemon has seen it."""
        self.ahead_ms = ahead_ms
        self.jumps += 1
        harness.write(self.wall, str(ahead_ms))
        harness.wait_for(
            lambda: self.daemon.log_text().count("the wall clock has jumped") >= self.jumps, 5,
            f"jump {self.jumps} of the wall clock in the log")

    def now_ms(self):
        return int(time.time() * 1000) + self.ahead_ms

    def started(self):
        """When the units by the clock began, in order; each is there once and named after it."""
        found = self.rows(TIMED) if self.count(TIMED) else {}
        for name, row in found.items():
            at = datetime.datetime.fromtimestamp(row["started_ms"] / 1000, datetime.timezone.utc)
            assert name == f"{TIMED}-{at:%Y-%m-%dT%H:%M:%S}.000Z", (name, row["started_ms"])
        return sorted(row["started_ms"] for row in found.values())

    def wait_units(self, more, timeout=20):
        wanted = self.count(TIMED) + more
        harness.wait_for(lambda: self.count(TIMED) >= wanted, timeout, f"{wanted} timed units")

    def end(self):
        assert self.daemon.end() == 0
        log = self.daemon.log_text()
        assert "the database refuses" not in log, "a unit came twice"
        assert "Sanitizer" not in log


def steps(times):
    return [b - a for a, b in zip(times, times[1:])]


def deadlines_do_not_follow_the_wall_clock():
    with Site(line("4s"), timed()) as site:
        site.start()
        sender = site.client("sender")
        for ahead_ms in (HOUR_MS, -HOUR_MS):
            name = f"U{ahead_ms}"
            sender.publish(f"p3/{name}/a", '{"x":1}')
            sender.drain()
            opened = time.monotonic()
            site.set_clock(ahead_ms)
            assert time.monotonic() - opened < 3.5
            assert name not in site.rows(LINE), "the jump of the clock ended the wait"
            harness.wait_for(lambda: name in site.rows(LINE), 10, "the row at its deadline")
            waited = time.monotonic() - opened
            assert waited > 3, f"the deadline came after {waited:.1f} s"
            site.set_clock(0)
        site.end()


def set_forward_no_unit_is_made_up_for_hours_that_never_were():
    with Site(timed()) as site:
        site.start()
        site.wait_units(3)
        before = site.started()
        site.set_clock(5 * HOUR_MS)
        jumped = time.monotonic()
        site.wait_units(4)
        passed = time.monotonic() - jumped
        times = site.started()
        assert len(times) <= len(before) + passed + 3, f"{len(times) - len(before)} new units"
        wide = [s for s in steps(times) if s != 1000]
        assert len(wide) == 1 and abs(wide[0] - 5 * HOUR_MS) <= 3000, wide
        assert abs(times[-1] - site.now_ms()) < 3000
        skipped = site.client("stats", f"defectd/{site.instance}/{TIMED}/stats")
        skipped.wait(lambda: any(not m[2] for m in skipped.messages), 15, "statistics")
        assert json.loads(skipped.messages[-1][1])["every_skipped"] == 0
        site.end()


def set_back_a_little_no_time_gets_a_second_unit():
    with Site(timed()) as site:
        site.start()
        site.wait_units(3)
        site.set_clock(-4000)
        before = site.started()
        # the four seconds have had their units
        site.wait_units(4)
        assert set(steps(site.started())) == {1000}, steps(site.started())
        assert len(site.started()) >= len(before) + 4
        site.end()


def set_back_by_much_the_machine_is_not_left_alone():
    with Site(timed()) as site:
        site.start()
        site.wait_units(3)
        site.set_clock(-HOUR_MS)
        begun = time.monotonic()
        site.wait_units(3)
        assert time.monotonic() - begun < 15
        newest = site.started()[:3]  # an hour before the others
        assert all(abs(t - site.now_ms()) < 10_000 for t in newest), (newest, site.now_ms())
        site.end()


def killed_after_a_jump_it_goes_on_by_the_clock_as_it_is_now():
    with Site(timed()) as site:
        site.start()
        for ahead_ms in (2 * HOUR_MS, 2 * HOUR_MS - 3000, 0, HOUR_MS * 4):
            site.wait_units(2 if ahead_ms != HOUR_MS * 4 else 0)
            site.set_clock(ahead_ms)
            if ahead_ms:
                site.wait_units(2)
            site.daemon.kill()
            site.start()
        site.wait_units(3)
        times = site.started()
        assert abs(times[-1] - site.now_ms()) < 3000
        # two of the jumps went forward; what the daemon was down for is made up
        assert len([s for s in steps(times) if s > 60_000]) == 2, steps(times)
        assert len(times) < 60, f"{len(times)} units"
        site.end()


if __name__ == "__main__":
    harness.run(
        deadlines_do_not_follow_the_wall_clock,
        set_forward_no_unit_is_made_up_for_hours_that_never_were,
        set_back_a_little_no_time_gets_a_second_unit,
        set_back_by_much_the_machine_is_not_left_alone,
        killed_after_a_jump_it_goes_on_by_the_clock_as_it_is_now,
    )
