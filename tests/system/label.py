"""defectctl label: asks the daemon while one runs, writes the row itself while none does."""

import contextlib
import fcntl
import getpass
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE = "press-3"
TOPIC = f"defectd/gw-test/{LINE}"
AT = 1_795_340_350_041
LABEL = "SELECT line, unit, at_ms, defect, class, source, by, why FROM label ORDER BY _rowid_"


def line():
    return {
        "line": LINE,
        "sources": {"a": {"topic": "p3/{unit}/a", "time": "/ts", "fields": {"x": "/x"}}},
        "features": [{"name": "x", "from": "a.x"}],
    }


@contextlib.contextmanager
def recorded_site():
    """One whose daemon has run: unit U1 stands in the database."""
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        sender.publish("p3/U1/a", json.dumps({"x": 1, "ts": AT - 1000}))
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 1, 10, "the row")
        assert site.daemon.end() == 0
        yield site


class FakeDaemon:
    """Holds the lock and answers commands as it is told."""

    def __init__(self, site, answer):
        self.lock = open(os.path.join(site.state, "lock"), "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.client = site.client(f"fake-{len(site.clients)}", f"{TOPIC}/cmd/#")
        self.answer, self.ends = answer, False
        self.thread = threading.Thread(target=self._work)
        self.thread.start()

    def _work(self):
        seen = 0
        while not self.ends:
            for topic, payload, retain, _ in self.client.messages[seen:]:
                seen += 1
                for reply in self.answer(json.loads(payload)):
                    self.client.publish(f"{TOPIC}/reply", json.dumps(reply))
            self.client.flush()
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ends = True
        self.thread.join()
        self.lock.close()


def label(site, *arguments, **how):
    return harness.ctl("label", "--line", LINE, *arguments, config=site.config, **how)


def refused(site, status, words, *arguments):
    code, out, err = label(site, *arguments, check=False)
    assert (code, out) == (status, "") and words in err, (code, out, err)


def asks_the_daemon_and_prints_what_it_says():
    def answer(command):
        yield {"v": 1, "req": "another", "ok": 0, "code": "x", "text": "to another"}
        yield {"v": 1, "req": command["req"], "ok": 1, "code": "", "text": "U7 is a defect"}
        yield {"v": 1, "req": command["req"], "ok": 0, "code": "x", "text": "too late"}

    with harness.Site([line()]) as site, FakeDaemon(site, answer) as daemon:
        given = ("--defect", "--class", "crack", "--by", "amy", "--why", 'a "sample"')
        _, out, err = label(site, "U7", *given, "--at", "2026-11-22T10:00:00.5+01:00")
        assert (out, err) == ("U7 is a defect\n", ""), (out, err)
        ((topic, payload, retain, _),) = daemon.client.messages
        command = json.loads(payload)
        assert topic == f"{TOPIC}/cmd/label" and not retain and daemon.client.qos == [1]
        assert command.pop("req").startswith("defectctl-")
        assert command == {"unit": "U7", "defect": 1, "class": "crack", "by": "amy",
                           "why": 'a "sample"', "ts": "2026-11-22T09:00:00.500Z"}, command
        assert not os.path.exists(site.db)
        begun = time.time()
        _, out, _ = label(site, "--json", "U8", "--good")
        assert json.loads(out) == {"ok": 1, "code": "", "text": "U7 is a defect"}, out
        command = json.loads(daemon.client.messages[-1][1])
        assert (command["unit"], command["defect"], command["class"]) == ("U8", 0, ""), command
        said = time.strptime(command["ts"][:19], "%Y-%m-%dT%H:%M:%S")
        assert command["ts"].endswith("Z") and abs(begun - time.mktime(said) + time.timezone) < 60
        assert command["by"] == getpass.getuser(), command


def a_refusal_of_the_daemon_is_exit_status_1():
    def answer(command):
        yield {"v": 1, "req": command["req"], "ok": 0, "code": "bad_id", "text": "the id is bad"}

    with harness.Site([line()]) as site, FakeDaemon(site, answer):
        code, out, err = label(site, "U7", "--good", check=False)
        assert (code, out, err) == (1, "", "defectctl label: the id is bad\n"), (code, out, err)
        code, out, _ = label(site, "--json", "U7", "--good", check=False)
        assert code == 1 and json.loads(out) == {"ok": 0, "code": "bad_id", "text": "the id is bad"}


def a_daemon_that_does_not_answer_is_waited_for_10_s():
    with harness.Site([line()]) as site, FakeDaemon(site, lambda command: ()):
        begun = time.monotonic()
        refused(site, 1, f'no reply on "{TOPIC}/reply" within 10 s', "U7", "--good")
        assert time.monotonic() - begun >= 10


def without_a_daemon_it_writes_the_row_itself():
    with recorded_site() as site:
        _, out, _ = label(site, "U1", "--defect", "--class", "crack", "--by", "amy",
                          "--why", "sample", "--at", AT)
        assert out == "unit U1 is labelled a defect\n", out
        assert site.sql(LABEL) == [(LINE, "U1", AT, 1, "crack", "command", "amy", "sample")]
        assert site.sql("SELECT unit, x, label_defect FROM training_press_3") == [("U1", 1, 1)]
        # the very same once more, then a correction
        _, out, _ = label(site, "--json", "U1", "--defect", "--class=crack", "--by=amy",
                          "--why=sample", "--at", AT)
        assert json.loads(out)["code"] == "nothing_to_do", out
        assert site.sql("SELECT count(*) FROM label_history") == [(0,)]
        label(site, "U1", "--good", "--by", "bob", "--at", "2026-11-22T09:39:10.041Z")
        assert site.sql(LABEL) == [(LINE, "U1", AT, 0, "", "command", "bob", "")]
        ((defect, by, replaced),) = site.sql("SELECT defect, by, replaced_ms FROM label_history")
        assert (defect, by) == (1, "amy") and abs(replaced / 1000 - time.time()) < 60
        # of a unit that nobody has seen yet, by whoever sits here, now
        label(site, "U2", "--good")
        *_, (_, unit, at, _, _, _, by, _) = site.sql(LABEL)
        assert (unit, by) == ("U2", getpass.getuser()) and abs(at / 1000 - time.time()) < 60
        # the lock is free again
        site.daemon.start()
        site.status()


def without_a_database_there_is_nothing_to_write_to():
    with harness.Site([line()]) as site:
        refused(site, 1, "the daemon makes the database when it first runs", "U1", "--good")
        assert sorted(os.listdir(site.state)) == ["models"]


def what_makes_no_sense_is_refused():
    with harness.Site([line()]) as site:
        refused(site, 64, "one of --defect and --good is wanted", "U1")
        refused(site, 64, "one of --defect and --good is wanted", "U1", "--good", "--defect")
        refused(site, 64, "UNIT is missing", "--good")
        refused(site, 64, "UNIT wants a text of 1 to 128 bytes", "", "--good")
        refused(site, 64, "UNIT wants a text of 1 to 128 bytes", "x" * 129, "--good")
        refused(site, 64, "at most 1000 bytes", "U1", "--good", "--why", "x" * 1001)
        for time_text in ("yesterday", "2026-11-22T10:00:00", "-5"):
            refused(site, 64, "wanted is a time with its zone", "U1", "--good", "--at", time_text)
        code, out, err = harness.ctl(
            "label", "--line", "press-9", "U1", "--good", config=site.config, check=False)
        assert (code, out) == (1, ""), (code, out)
        assert err == (f'defectctl label: line "press-9" is not configured in {site.config}; '
                       f"there is {LINE}\n"), err


def the_only_line_need_not_be_named():
    with recorded_site() as site:
        _, out, _ = harness.ctl("label", "U1", "--good", config=site.config)
        assert site.sql("SELECT line, unit, defect FROM label") == [(LINE, "U1", 0)], out
        harness.write(os.path.join(site.folder, "lines.d/press-4.json"), dict(line(), line="press-4"))
        code, out, err = harness.ctl("label", "U1", "--good", config=site.config, check=False)
        assert (code, out) == (64, "") and "--line is missing: there are press-3, press-4\n" in err, err


def warnings_about_the_configuration_are_told_by_check_alone():
    with harness.Site([], start_broker=False) as site:
        code, out, err = harness.ctl("label", "U1", "--good", config=site.config, check=False)
        assert (code, out, err) == (1, "", f"defectctl label: no line is configured in {site.config}\n"), err
        _, out, err = harness.ctl("check", config=site.config, check=False)
        assert "warning: " in out + err and "no line file was found" in out + err, (out, err)


if __name__ == "__main__":
    harness.run(
        asks_the_daemon_and_prints_what_it_says,
        a_refusal_of_the_daemon_is_exit_status_1,
        a_daemon_that_does_not_answer_is_waited_for_10_s,
        without_a_daemon_it_writes_the_row_itself,
        without_a_database_there_is_nothing_to_write_to,
        what_makes_no_sense_is_refused,
        the_only_line_need_not_be_named,
        warnings_about_the_configuration_are_told_by_check_alone,
    )
