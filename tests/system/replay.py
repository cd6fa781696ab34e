"""defectctl replay: what it makes of a recording, and what stays when it fails."""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import harness
import recordings

LINE = "press-3"
AT = 1_795_340_350_000


def line():
    return {
        "line": LINE,
        "sources": {
            "a": {"topic": "p3/{unit}/a", "fields": {"x": "/x"}},
            "b": {"topic": "p3/b", "unit": "/serial", "fields": {"y": "/y"}},
        },
        "unit": {"open": ["a"], "deadline": "1s"},
        "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "b.y"}],
    }


def message(at_ms, topic, payload):
    return json.dumps({"t_ms": AT + at_ms, "topic": topic, "payload": payload, "qos": 1, "retain": 0})


def site(folder, *messages):
    """(configuration, recording, DIR)"""
    config = recordings.configure(folder, line(), limits={"payload": "4KiB"})
    recording = harness.write(os.path.join(folder, "r.jsonl"), "\n".join(messages) + "\n")
    return config, recording, os.path.join(folder, "out")


def replay(config, recording, out, **how):
    return harness.ctl("--json", "replay", "--line", LINE, recording, "--out", out, config=config, **how)


def what_could_not_be_used_is_in_quarantine_as_the_daemon_keeps_it():
    long = "{" + "x" * 3000
    with tempfile.TemporaryDirectory() as folder:
        config, recording, out = site(
            folder,
            message(0, "p3/U1/a", '{"x":1}'),
            message(10, "p3/b", long),
            message(20, "p3/b", "{ another of the same second"),
            message(30, "p3/U2/a", '{"x":"' + "y" * 5000 + '"}'),
            message(40, "elsewhere", "1"),
            message(1000, "p3/b", "{ of the next second"),
        )
        replay(config, recording, out)
        db = os.path.join(out, "defectd.db")
        found = [dict(r) for r in recordings.select(db, "SELECT * FROM quarantine ORDER BY _rowid_")]
        assert [(r["at_ms"] - AT, r["line"], r["topic"], r["reason"].split(": ")[0]) for r in found] == [
            (10, LINE, "p3/b", "bad_payload"),
            (30, LINE, "p3/U2/a", "too_big"),
            (40, "", "elsewhere", "unmatched"),
            (1000, LINE, "p3/b", "bad_payload"),
        ], found
        payloads = [bytes(r["payload"], "utf-8") if isinstance(r["payload"], str) else r["payload"] for r in found]
        assert payloads[0] == long.encode() and len(payloads[1]) == 1024, payloads
        assert len(found[0]["reason"]) > len("bad_payload: "), found[0]
        assert list(recordings.rows(db, LINE)) == ["U1"]


def a_replay_that_fails_leaves_nothing():
    with tempfile.TemporaryDirectory() as folder:
        good = message(0, "p3/U1/a", '{"x":1}')
        config, recording, out = site(folder, good, "no message")
        code, said, err = replay(config, recording, out, check=False)
        assert (code, said) == (1, "") and "r.jsonl" in err, (code, err)
        assert not os.path.exists(out), os.listdir(out)
        os.mkdir(out)
        kept = harness.write(os.path.join(out, "notes"), "mine")
        assert replay(config, recording, out, check=False)[0] == 1
        assert os.listdir(out) == ["notes"], os.listdir(out)
        harness.write(recording, good + "\n")
        replay(config, recording, out)
        assert {"defectd.db", "messages.jsonl", "notes"} <= set(os.listdir(out)), os.listdir(out)
        assert open(kept).read() == "mine"


def what_is_there_already_is_not_written_over():
    for name in ("defectd.db", "messages.jsonl"):
        with tempfile.TemporaryDirectory() as folder:
            config, recording, out = site(folder, message(0, "p3/U1/a", '{"x":1}'))
            os.mkdir(out)
            kept = harness.write(os.path.join(out, name), "mine")
            code, said, err = replay(config, recording, out, check=False)
            assert (code, said) == (1, "") and f"{kept} is there already" in err, (code, err)
            assert os.listdir(out) == [name] and open(kept).read() == "mine"


if __name__ == "__main__":
    harness.run(
        what_could_not_be_used_is_in_quarantine_as_the_daemon_keeps_it,
        a_replay_that_fails_leaves_nothing,
        what_is_there_already_is_not_written_over,
    )
