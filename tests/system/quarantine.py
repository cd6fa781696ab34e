"""defectctl quarantine: what could not be used is shown, and published again."""

import atexit
import json
import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE = "press-3"
LONG = '{"serial":{},"y":"' + "x" * 2000 + '"}'  # of no use, and longer than what is kept of one too big
REASONS = {"bad_payload", "bad_id", "unknown_unit", "too_big"}


def line():
    return {
        "line": LINE,
        "sources": {
            "a": {"topic": "p3/{unit}/a", "fields": {"x": "/x"}},
            "b": {"topic": "p3/b", "unit": "/serial", "fields": {"y": "/y"}},
        },
        "unit": {"open": ["a"]},
        "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "b.y"}],
    }


class Site:
    """A daemon that could not use some messages of each kind. Made once."""

    made = None

    @classmethod
    def get(cls):
        if cls.made:
            return cls.made
        site = cls.made = harness.Site([line()], gateway={"limits": {"payload": "4KiB"}})
        atexit.register(site.__exit__, None, None, None)
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        sender.publish("p3/U1/a", b"\xff\x00no JSON")
        sender.publish("p3/b", LONG)
        sender.publish("p3/b", '{"serial":"U9","y":2}')
        sender.publish("p3/U2/a", '{"x":"' + "x" * 5000 + '"}')
        sender.drain()
        harness.wait_for(lambda: len(site.sql("SELECT 1 FROM quarantine")) == 4, 20, "four rows")
        assert site.daemon.end() == 0
        db = sqlite3.connect(site.db)  # a row that the database refused, as the daemon notes it
        db.execute("INSERT INTO quarantine VALUES (5000, ?, '', 'U7', 'row_refused: UNIQUE \x1b[31m')", (LINE,))
        db.commit()
        db.close()
        site.daemon.start()
        site.status()
        return site


def quarantine(*arguments, **how):
    return harness.ctl("quarantine", *arguments, config=Site.get().config, **how)


def listed(*arguments):
    return json.loads(quarantine("--json", "list", *arguments)[1])["messages"]


def ids():
    """{reason: id}"""
    return {m["reason"].split(":")[0]: m["id"] for m in listed()}


def lists_all_of_it_oldest_first():
    found = listed()
    assert {m["reason"].split(":")[0] for m in found} == REASONS | {"row_refused"}, found
    assert [m["id"] for m in found] == sorted(m["id"] for m in found)
    first = found[0]
    assert set(first) == {"id", "line", "topic", "reason", "bytes", "whole", "ts", "ts_ms"}, first
    assert (first["topic"], first["bytes"], first["whole"]) == ("p3/U1/a", 9, 1), first
    assert {m["reason"].split(":")[0]: m["whole"] for m in found} == {
        "bad_payload": 1, "bad_id": 1, "unknown_unit": 1, "too_big": 0, "row_refused": 0}
    _, out, _ = quarantine("list")
    table = out.splitlines()
    assert table[0].split() == ["id", "time", "line", "topic", "reason"] and len(table) == 6, out
    assert table[1].split()[0] == str(first["id"]) and first["ts"] in table[1], table[1]
    assert "\x1b" not in out and "row_refused: UNIQUE \\x1b[31m" in table[5], table[5]


def lists_what_was_asked_for():
    assert [m["reason"].split(":")[0] for m in listed("--reason", "bad_id")] == ["bad_id"]
    assert [m["id"] for m in listed("--last", "2")] == [m["id"] for m in listed()][-2:]
    assert [m["line"] for m in listed("--line", LINE, "--last", "1")] == [LINE]
    assert listed("--line", "press-9") == []
    code, out, err = quarantine("list", "--reason", "bad")
    assert (code, out) == (0, "") and "there is nothing of that kind" in err, err


def shows_a_message_with_its_payload():
    known = ids()
    found = json.loads(quarantine("--json", "show", known["unknown_unit"])[1])
    assert found["payload"] == '{"serial":"U9","y":2}' and found["reason"].startswith("unknown_unit: ")
    found = json.loads(quarantine("--json", "show", known["bad_payload"])[1])
    assert found["payload_b64"] == "/wBubyBKU09O", found
    _, out, _ = quarantine("show", known["too_big"])
    assert "payload  the first 1024 bytes\n\n" in out and out.endswith("x" * 1000 + "\n"), out
    _, out, _ = quarantine("show", known["bad_payload"])
    assert "payload  9 bytes, in Base64\n\n/wBubyBKU09O\n" in out, out
    code, out, err = quarantine("show", 4711, check=False)
    assert (code, out, err) == (
        1, "", "defectctl quarantine: there is no message 4711 in quarantine\n"), err


def publishes_again_what_is_whole():
    site, known = Site.get(), ids()
    watcher = site.client("watcher", "p3/#")
    _, out, err = quarantine("replay", known["unknown_unit"], known["bad_payload"])
    assert (out, err) == ("2 messages published\n", ""), (out, err)
    watcher.wait(lambda: len(watcher.messages) == 2, 10, "two messages")
    assert [m[:3] for m in watcher.messages] == [
        ("p3/b", b'{"serial":"U9","y":2}', False), ("p3/U1/a", b"\xff\x00no JSON", False)]
    assert watcher.qos == [1, 1]
    watcher.messages.clear()
    _, out, _ = quarantine("--json", "replay", "--reason", "bad_id", "--line", LINE)
    assert json.loads(out) == {"published": 1, "skipped": []}, out
    watcher.wait(lambda: watcher.messages, 10, "one message")
    assert watcher.messages[0][1] == LONG.encode()


def says_what_it_does_not_publish():
    site, known = Site.get(), ids()
    watcher = site.client("watcher-2", "p3/#")
    code, out, err = quarantine("replay", known["too_big"], known["row_refused"], 4711,
                                known["unknown_unit"], check=False)
    assert code == 1 and out == "1 message published\n", (code, out)
    assert err == (
        f"defectctl quarantine: {known['too_big']} is not published: only the head of its payload was kept\n"
        f"defectctl quarantine: {known['row_refused']} is not published: it is a row that the database "
        "refused, not a message\n"
        "defectctl quarantine: 4711 is not published: there is none of this id\n"), err
    watcher.wait(lambda: watcher.messages, 10, "one message")
    assert [m[0] for m in watcher.messages] == ["p3/b"]
    code, out, _ = quarantine("--json", "replay", "--reason", "too_big", check=False)
    assert code == 1 and json.loads(out)["skipped"] == [
        {"id": known["too_big"], "why": "only the head of its payload was kept"}], out
    code, out, err = quarantine("replay", "--reason", "late", check=False)
    assert (code, out) == (1, "0 messages published\n") and "nothing of that kind" in err, err


def what_a_repaired_line_file_can_use_becomes_a_unit():
    def reads(pointer):
        return {"line": LINE, "sources": {"a": {"topic": "p3/a", "unit": pointer, "fields": {"x": "/x"}}},
                "features": [{"name": "x", "from": "a.x"}]}

    with harness.Site([reads("/serial")]) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        sender.publish("p3/a", '{"sn":"U1","x":5}')
        sender.drain()
        harness.wait_for(lambda: site.sql("SELECT 1 FROM quarantine"), 20, "a row")
        assert site.daemon.end() == 0
        harness.write(os.path.join(site.folder, "lines.d", f"{LINE}.json"), reads("/sn"))
        site.daemon.start()
        site.status()
        harness.ctl("quarantine", "replay", "--reason", "bad_id", config=site.config)
        harness.wait_for(lambda: site.count(LINE) == 1, 20, "the unit")
        assert site.rows(LINE)["U1"]["x"] == 5


def what_makes_no_sense_is_refused():
    for words, arguments in (
        ("wanted is one of list, show and replay", []),
        ("wanted is one of list, show and replay", ["delete"]),
        ("ID is missing", ["show"]),
        ('ID is "x"', ["show", "x"]),
        ('ID is "0"', ["replay", "1", "0"]),
        ("either ids or a --reason", ["replay"]),
        ("either ids or a --reason", ["replay", "1", "--reason", "late"]),
        ("--line goes with --reason", ["replay", "1", "--line", LINE]),
    ):
        code, out, err = quarantine(*arguments, check=False)
        assert (code, out) == (64, "") and words in err, (arguments, code, err)
    site = Site.get()
    site.broker.kill()
    code, out, err = quarantine("replay", ids()["bad_id"], check=False)
    assert (code, out) == (1, "") and "onnect" in err, (code, err)


if __name__ == "__main__":
    harness.run(
        lists_all_of_it_oldest_first,
        lists_what_was_asked_for,
        shows_a_message_with_its_payload,
        publishes_again_what_is_whole,
        says_what_it_does_not_publish,
        what_a_repaired_line_file_can_use_becomes_a_unit,
        what_makes_no_sense_is_refused,
    )
