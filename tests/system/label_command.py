"""The command `label` as the daemon carries it out: kept, answered, idempotent, checked."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE = "press-3"
TOPIC = f"defectd/gw-test/{LINE}"
AT = 1_795_340_350_041
TS = "2026-11-22T09:39:10.041Z"
LABEL = "SELECT line, unit, at_ms, defect, class, source, by, why FROM label ORDER BY _rowid_"


def line():
    return {
        "line": LINE,
        "sources": {"a": {"topic": "p3/{unit}/a", "time": "/ts", "fields": {"x": "/x"}}},
        "features": [{"name": "x", "from": "a.x"}],
    }


class Line:
    """A site with one unit recorded, and a client that sends commands and reads replies."""

    def __init__(self, retained=None):
        self.retained = retained

    def __enter__(self):
        self.site = harness.Site([line()])
        self.client = self.site.client("commander", f"{TOPIC}/reply")
        if self.retained:
            self.send(self.retained, retain=True)
        self.site.daemon.start()
        self.site.status()
        self.client.publish("p3/U1/a", json.dumps({"x": 1, "ts": AT - 1000}))
        self.client.drain()
        harness.wait_for(lambda: self.site.count(LINE) == 1, 10, "the row")
        return self

    def __exit__(self, *trace):
        self.site.__exit__(*trace)

    def send(self, payload, retain=False):
        self.client.publish(f"{TOPIC}/cmd/label", json.dumps(payload), retain=retain)
        self.client.drain()

    def reply(self, req, timeout=10):
        def found():
            for topic, payload, _, _ in list(self.client.messages):
                if topic.endswith("/reply") and json.loads(payload)["req"] == req:
                    return json.loads(payload)

        return harness.wait_for(found, timeout, f"the reply to {req}")

    def ask(self, req, **members):
        self.send({"req": req, "unit": "U1", "defect": 1, "class": "", "by": "amy", "why": "",
                   "ts": TS, **members})
        return self.reply(req)


def a_label_is_in_the_database_when_the_reply_comes():
    with Line() as at:
        reply = at.ask("r1", **{"class": "crack", "why": "sample"})
        rows = at.site.sql(LABEL)
        assert reply["v"] == 1 and reply["ok"] == 1 and reply["code"] == "", reply
        assert reply["text"] and set(reply) == {"v", "req", "ok", "code", "text"}, reply
        assert rows == [(LINE, "U1", AT, 1, "crack", "command", "amy", "sample")], rows
        assert at.site.sql("SELECT unit, label_defect FROM training_press_3") == [("U1", 1)]


def the_same_again_is_nothing_to_do_and_another_word_a_correction():
    with Line() as at:
        at.ask("r1")
        reply = at.ask("r2")
        assert (reply["ok"], reply["code"]) == (1, "nothing_to_do"), reply
        assert at.site.sql("SELECT count(*) FROM label_history") == [(0,)]
        reply = at.ask("r3", defect=0, by="bob")
        assert (reply["ok"], reply["code"]) == (1, ""), reply
        assert at.site.sql(LABEL) == [(LINE, "U1", AT, 0, "", "command", "bob", "")]
        assert at.site.sql("SELECT defect, by FROM label_history") == [(1, "amy")]


def what_is_no_label_is_refused_and_answered():
    with Line() as at:
        for n, wrong in enumerate(({"unit": ""}, {"unit": None}, {"defect": 2}, {"defect": None},
                                   {"ts": "yesterday"})):
            reply = at.ask(f"r{n}", **wrong)
            assert reply["ok"] == 0 and reply["code"] and reply["text"], (wrong, reply)
        assert not at.site.sql("SELECT * FROM label")


def a_retained_command_is_not_carried_out():
    with Line(retained={"req": "old", "unit": "U1", "defect": 1, "ts": TS}) as at:
        at.ask("new", unit="U2")
        assert [r[1] for r in at.site.sql(LABEL)] == ["U2"], at.site.sql(LABEL)


def a_label_survives_a_kill_right_after_its_reply():
    with Line() as at:
        at.ask("r1")
        at.site.daemon.kill()
        at.site.daemon.start()
        at.site.status()
        assert [r[1:4] for r in at.site.sql(LABEL)] == [("U1", AT, 1)]


def defectctl_label_speaks_to_the_daemon():
    with Line() as at:
        _, out, _ = harness.ctl("label", "--line", LINE, "U1", "--defect", "--class", "crack",
                                "--by", "amy", "--why", "sample", "--at", AT,
                                config=at.site.config)
        assert out.strip(), "says nothing"
        assert at.site.sql(LABEL) == [(LINE, "U1", AT, 1, "crack", "command", "amy", "sample")]
        _, out, _ = harness.ctl("--json", "label", "--line", LINE, "U1", "--defect",
                                "--class", "crack", "--by", "amy", "--why", "sample", "--at", AT,
                                config=at.site.config)
        assert json.loads(out)["code"] == "nothing_to_do", out


if __name__ == "__main__":
    harness.run(
        a_label_is_in_the_database_when_the_reply_comes,
        the_same_again_is_nothing_to_do_and_another_word_a_correction,
        what_is_no_label_is_refused_and_answered,
        a_retained_command_is_not_carried_out,
        a_label_survives_a_kill_right_after_its_reply,
        defectctl_label_speaks_to_the_daemon,
    )
