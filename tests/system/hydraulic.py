"""A real rig through broker and daemon at full speed, and the same through `defectctl replay`.

Every feature of every cycle must be what Python's statistics make of the samples. Short form: 60
cycles; `--long`: all 2,205, 1.06 million messages.
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
LINE = "rig-1"


class Run:
    """The messages, the truth and the rows of the daemon. Made once."""

    made = None

    def __init__(self):
        self.rig = hydraulic_line.Rig() if LONG else hydraulic_line.small()
        self.messages = [m for block in self.rig.blocks for m in block]
        self.expected = self.rig.expected()
        self.rows = self.labelled = None

    @classmethod
    def get(cls):
        if not cls.made:
            cls.made = cls()
        return cls.made

    def through_the_daemon(self, send):
        """(rows, training rows) of a daemon that gets the messages by send(site)."""
        with harness.Site([self.rig.line(LINE)]) as site:
            site.daemon.start()
            site.status()
            statistics = recordings.Statistics(site)
            begun = time.monotonic()
            send(site)
            recordings.wait_rows(site, LINE, len(self.expected), 900)
            took = time.monotonic() - begun
            # every message has its transaction, labels too
            counts = statistics.wait(LINE, lambda s: s["received"] >= len(self.messages))
            assert counts["used"] == counts["received"] == len(self.messages), counts
            recordings.stop(site)
            print(f"# {len(self.messages)} messages, {len(self.messages) / took:,.0f} a second")
            return recordings.rows(site.db, LINE), recordings.labelled(site.db, LINE)


def the_recording_holds_what_the_data_set_says():
    run = Run.get()
    table = hydraulic_line.data(len(run.expected))
    found = {}
    for _, topic, payload in run.messages:
        said = json.loads(payload)
        if "/sensor/" in topic:
            at = said["ts"] - hydraulic_line.EPOCH_MS
            cycle, within = divmod(at, run.rig.cycle_ms)
            key = (cycle, topic.rsplit("/", 1)[1], within // run.rig.step_ms)
            assert key not in found, f"two samples for {key}"
            found[key] = said["value"]
    sensors, samples = hydraulic_line.SENSORS, hydraulic_line.SAMPLES
    assert len(found) == len(table) * samples * len(sensors), len(found)
    for (cycle, sensor, k), value in found.items():
        assert value == float(table[cycle][0][sensor][k]), (cycle, sensor, k)
    assert len(run.messages) == len(table) * (samples * len(sensors) + 3)


def every_feature_of_every_cycle_is_what_statistics_say():
    run = Run.get()
    run.rows, run.labelled = run.through_the_daemon(
        lambda site: recordings.publish(site, run.messages))
    recordings.none_wrong(recordings.wrong_values(run.rows, run.expected), "features")
    for unit, row in run.rows.items():
        assert row["started_ms"] == run.rig.units[unit][0], row
    print(f"# {len(run.rows)} rows of {len(run.expected['1'])} features")


def labels_that_come_a_day_later_are_joined_to_their_cycles():
    run = Run.get()
    if run.labelled is None:
        raise harness.Skip("there are no rows")
    check_labels(run, run.labelled)


def check_labels(run, labelled):
    expected = {
        unit: dict(zip(("label_defect", "label_at_ms", "label_by", "label_source"), (*label, "qc")))
        for unit, label in run.rig.labels.items()}
    recordings.none_wrong(recordings.wrong_values(labelled, expected), "labels")
    recordings.none_wrong(recordings.wrong_values(labelled, run.expected), "training rows")


def replay_gives_the_same_rows():
    run = Run.get()
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        recording = os.path.join(folder, "recording.jsonl")
        recordings.write(recording, run.messages)
        config = recordings.configure(folder, run.rig.line(LINE))
        begun = time.monotonic()
        rows, counts, db = recordings.replay(config, LINE, recording, os.path.join(folder, "out"))
        took = time.monotonic() - begun
        recordings.none_wrong(recordings.wrong_values(rows, run.expected), "replayed features")
        check_labels(run, recordings.labelled(db, LINE))
    assert counts["messages"] == counts["used"] == len(run.messages), counts
    print(f"# replay: {len(run.messages) / took:,.0f} messages a second")
    if run.rows is None:
        raise harness.Skip("there are no rows of the daemon to compare with")
    recordings.none_wrong(recordings.differing_rows(rows, run.rows), "replay against daemon")


def played_by_defectctl_it_gives_the_same_rows():
    run = Run.get()
    if not recordings.command_exists("play"):
        raise harness.Skip("defectctl cannot play yet")
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as folder:
        recording = os.path.join(folder, "recording.jsonl")
        recordings.write(recording, run.messages)
        rows, labelled = run.through_the_daemon(lambda site: harness.ctl(
            "play", recording, "--speed", "0", config=site.config, timeout=900))
    recordings.none_wrong(recordings.wrong_values(rows, run.expected), "played features")
    check_labels(run, labelled)


if __name__ == "__main__":
    harness.run(
        the_recording_holds_what_the_data_set_says,
        every_feature_of_every_cycle_is_what_statistics_say,
        labels_that_come_a_day_later_are_joined_to_their_cycles,
        replay_gives_the_same_rows,
        played_by_defectctl_it_gives_the_same_rows,
    )
