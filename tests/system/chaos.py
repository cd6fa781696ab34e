"""The rig when everything goes wrong at once; the rows are those of an undisturbed run.

Messages are shuffled within two seconds, one in a hundred comes twice, one end of a cycle in a
hundred is missing, a sensor's clock is off for some cycles, other messages cannot be used at all;
and the daemon is killed and the broker restarted again and again. What must come out is known from
the samples themselves, so the undisturbed runs are not trusted either.

Short form: 60 cycles, twenty times as fast, 8 kills, 1 restart; `--long`: 2,205 cycles, 50 kills and
3 restarts. SEED picks when.
"""

import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
import hydraulic_line
import recordings

LONG = "--long" in sys.argv
KILLS, RESTARTS = (50, 3) if LONG else (8, 1)
SEED = int(os.environ.get("SEED", "1"))
LINE = "rig-1"


class Run:
    """The messages, the truth and the rows of an undisturbed daemon. Made once."""

    made = None

    def __init__(self):
        self.rig = (hydraulic_line.Rig(chaos=hydraulic_line.Chaos()) if LONG
                    else hydraulic_line.small(chaos=True))
        self.expected = self.rig.expected()
        self.rows = None
        # every window is closed by then, the last cycle's too, whatever is missing
        self.last_s = (self.rig.max_dwell_ms + self.rig.reorder_ms) / 1000

    @classmethod
    def get(cls):
        if not cls.made:
            cls.made = cls()
        return cls.made

    def check(self, rows, what):
        recordings.none_wrong(recordings.wrong_values(rows, self.expected), what)
        for unit, (enter, left) in self.rig.units.items():
            row, missing = rows[unit], {}
            if row["detail"]:
                missing = {f: d["missing"] for f, d in json.loads(row["detail"]).items()
                           if d.get("missing")}
            expected = {} if left else {
                f: "no_exit" for f, v in self.expected[unit].items() if v is None}
            assert row["started_ms"] == enter, f"{what}: unit {unit} began {row['started_ms']}"
            assert missing == expected, f"{what}: unit {unit}: missing {missing}"
        print(f"# {what}: {len(rows)} rows, "
              f"{sum(left is None for _, left in self.rig.units.values())} without an exit")


def check_reasons(run, counts, what):
    """Every message that was not used is counted under the reason that the generator knows."""
    for reason in recordings.reasons():
        found, expected = counts.get(reason, 0), run.rig.refused.get(reason, 0)
        assert found == expected, f"{what}: {reason}: counted {found}, expected {expected}"
    unknown = set(run.rig.refused) - set(recordings.reasons())
    assert not unknown, f"{what}: no counter is called {unknown}"
    found = counts["value_out_of_range"]
    assert found == run.rig.out_of_range, f"{what}: value_out_of_range: counted {found}"
    used = run.rig.sent - sum(run.rig.refused.values())
    assert counts["used"] == used, f"{what}: used: counted {counts['used']}, expected {used}"


def wait_all(site, run):
    recordings.wait_rows(site, LINE, len(run.expected), run.last_s + (900 if LONG else 120))


def an_undisturbed_daemon_makes_the_best_of_it():
    run = Run.get()
    with harness.Site([run.rig.line(LINE)]) as site:
        site.daemon.start()
        site.status()
        statistics = recordings.Statistics(site)
        begun = time.monotonic()
        recordings.publish(site, (m for block in run.rig.blocks for m in block))
        wait_all(site, run)
        took = time.monotonic() - begun
        recordings.publish(site, run.rig.tail)
        counts = statistics.wait(LINE, lambda s: s["received"] >= run.rig.sent)
        recordings.stop(site)
        run.rows = recordings.rows(site.db, LINE)
    run.check(run.rows, "undisturbed daemon")
    assert counts["received"] == run.rig.sent, counts
    check_reasons(run, counts, "undisturbed daemon")
    for said in statistics.all():
        assert recordings.balance(said) == 0, said
    print(f"# {run.rig.sent} messages in {took:.0f} s; not used: {run.rig.refused}")


def replay_gives_the_same_rows_and_counters():
    run = Run.get()
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        recording = os.path.join(folder, "recording.jsonl")
        recordings.write(recording, (m for block in run.rig.blocks + [run.rig.tail] for m in block))
        config = recordings.configure(folder, run.rig.line(LINE))
        rows, counts, _ = recordings.replay(config, LINE, recording, os.path.join(folder, "out"))
    run.check(rows, "replay")
    assert counts["messages"] == run.rig.sent, counts
    check_reasons(run, counts, "replay")
    if run.rows is None:
        raise harness.Skip("there are no rows of the daemon to compare with")
    recordings.none_wrong(recordings.differing_rows(rows, run.rows), "replay against daemon")


def killed_and_cut_off_again_and_again_it_gives_the_same_rows():
    run = Run.get()
    with harness.Site([run.rig.line(LINE)]) as site:
        site.daemon.start()
        site.status()
        statistics = recordings.Statistics(site)
        recordings.disturb(site, run.rig.blocks, KILLS, RESTARTS, SEED, statistics)
        wait_all(site, run)
        statistics.wait(LINE, lambda s: s["open_units"] == 0)
        said = statistics.all()
        recordings.stop(site)
        rows = recordings.rows(site.db, LINE)
        labelled = recordings.labelled(site.db, LINE)
    run.check(rows, "disturbed daemon")
    if run.rows is not None:
        wrong = recordings.differing_rows(rows, run.rows)
        recordings.none_wrong(wrong, "disturbed against undisturbed daemon")
    assert {u: (r["label_defect"], r["label_at_ms"], r["label_by"]) for u, r in labelled.items()} \
        == run.rig.labels, "labels differ"
    # counters begin at 0 at each start; whenever they are said, nothing is missing in them
    for counts in said:
        assert recordings.balance(counts) == 0, counts
    print(f"# {KILLS} kills, {RESTARTS} restarts of the broker, {len(said)} statistics add up")


if __name__ == "__main__":
    harness.run(
        an_undisturbed_daemon_makes_the_best_of_it,
        replay_gives_the_same_rows_and_counters,
        killed_and_cut_off_again_and_again_it_gives_the_same_rows,
    )
