"""Models in use: brought in, tried in the shadow, promoted, taken back, with the daemon running."""

import json
import os
import shutil
import sqlite3
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
from press import LINE, TOPIC, Models, Press, line

MODELS = Models()
SHIMS = os.path.join(harness.BUILD, "tests/system")


def a_challenger_scores_in_the_shadow_of_a_line_that_collects():
    with Press(MODELS) as press:
        press.wait_said("collecting")
        a = press.bring(1)
        assert press.events() == [(a, "challenger", "amy", "test")], press.events()
        units = press.units(30)
        assert {r["reason"] for r in press.site.rows(LINE).values()} == {"no_model"}
        assert set(press.shadows()) == {(u, a) for u in units}
        assert press.check_probabilities() == 30
        # promoted, it scores without a restart
        reply = press.ask("promote", "r1", model="challenger", by="bob", why="good")
        assert (reply["ok"], reply["code"]) == (1, ""), reply
        assert press.roles() == {a: "champion"}
        assert press.events()[-1] == (a, "champion", "bob", "good")
        press.wait_said("scoring", a)
        assert press.said()["threshold"] > 0 and press.said()["reason"] == "", press.said()
        units = press.units(30)
        rows = press.site.rows(LINE)
        assert {rows[u]["model"] for u in units} == {a}
        assert press.check_probabilities() == 60


def the_champion_of_before_goes_on_in_the_shadow():
    with Press(MODELS) as press:
        a, b, c = press.bring(1), None, None
        press.ask("promote", "r1", model=a)
        b = press.bring(2)
        press.ask("promote", "r2", model=b[:4])
        c = press.bring(3)
        units = press.units(20)
        assert set(press.shadows()) == {(u, m) for u in units for m in (a, c)}
        assert {r["model"] for r in press.site.rows(LINE).values()} == {b}
        reply = press.ask("rollback", "r3", by="bob", why="worse")
        assert (reply["ok"], reply["code"]) == (1, ""), reply
        assert press.roles() == {a: "champion", b: "previous", c: "challenger"}
        assert press.events()[-2:] == [(b, "previous", "bob", "worse"),
                                       (a, "champion", "bob", "worse")]
        press.wait_said("scoring", a)
        units = press.units(20)
        assert {(u, m) for u in units for m in (b, c)} <= set(press.shadows())
        # a second one goes forward again; all of it over a restart
        press.ask("rollback", "r4")
        assert press.site.daemon.end() == 0
        press.start()
        units = press.units(20)
        rows = press.site.rows(LINE)
        assert {rows[u]["model"] for u in units} == {b}
        assert {(u, m) for u in units for m in (a, c)} <= set(press.shadows())
        assert press.check_probabilities() == 180


def a_unit_that_lacks_a_value_has_no_shadow_of_a_model_that_wants_it():
    with Press(MODELS) as press:
        press.bring(1)
        press.client = press.connect()
        press.client.publish(*press.message("U0", y=False))
        press.client.publish("p3/U1/a", '{"ts":1795340351000,"y":1.5}')
        press.client.publish(*press.message("U2"))
        press.client.drain()
        harness.wait_for(lambda: press.site.count(LINE) == 1, 10, "the complete one")
        assert {u for u, _ in press.shadows()} == {"U2"}, press.shadows()
        press.check_probabilities()


def what_cannot_be_carried_out_is_answered_and_changes_nothing():
    with Press(MODELS) as press:
        assert press.ask("rollback", "r0")["code"] == "no_previous"
        assert press.ask("promote", "r1", model="challenger")["code"] == "unknown_model"
        a = press.bring(1)
        press.ask("promote", "r2", model=a)
        before = press.site.sql("SELECT * FROM model"), press.events()
        for n, (members, code) in enumerate((
            ({"model": "beef"}, "unknown_model"),
            ({"model": "no such thing"}, "unknown_model"),
            ({"model": a[:3]}, "unknown_model"),
            ({"model": "challenger"}, "unknown_model"),
            ({"model": "previous"}, "no_previous"),
            ({"model": ""}, "bad_command"),
            ({}, "bad_command"),
        )):
            reply = press.ask("promote", f"p{n}", **members)
            assert (reply["ok"], reply["code"]) == (0, code) and reply["text"], (members, reply)
        reply = press.ask("promote", "again", model=a)
        assert (reply["ok"], reply["code"]) == (1, "nothing_to_do"), reply
        assert press.ask("rollback", "r3")["code"] == "no_previous"
        assert (press.site.sql("SELECT * FROM model"), press.events()) == before
        units = press.units(5)
        assert {press.site.rows(LINE)[u]["model"] for u in units} == {a}


def an_ambiguous_beginning_is_refused():
    with Press(MODELS) as press:
        a = press.bring(1)
        assert press.site.daemon.end() == 0
        twin = a[:6] + ("0" if a[6] != "0" else "1") + a[7:]
        db = sqlite3.connect(press.site.db)
        db.execute("INSERT INTO model SELECT line, ?, file, 'retired', metrics, by, at_ms, why"
                   " FROM model", (twin,))
        db.commit()
        db.close()
        press.start()
        assert press.ask("promote", "r1", model=a[:6])["code"] == "ambiguous_model"
        assert press.ask("promote", "r2", model=twin)["code"] == "model_refused"
        assert press.ask("promote", "r3", model=a[:7])["code"] == ""


def a_retained_command_is_not_carried_out():
    with Press(MODELS) as press:
        a, b = press.bring(1), None
        press.ask("promote", "r1", model=a)
        b = press.bring(2)
        press.ask("promote", "r2", model=b)
        press.send("rollback", retain=True, req="old")
        press.reply("old")  # to those who are there it is as any other
        assert press.roles() == {a: "champion", b: "previous"}
        assert press.site.daemon.end() == 0
        press.start()
        press.ask("promote", "nothing", model=a)
        assert press.roles() == {a: "champion", b: "previous"}


def a_model_that_does_not_load_or_fit_is_refused_with_a_sentence():
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        misfit = press.order(1, "xz")
        bad = "ab" * 32
        with open(os.path.join(press.incoming, bad + ".onnx"), "w") as f:
            f.write("no model")
        harness.write(os.path.join(press.incoming, bad + ".json"), {"v": 1, "line": LINE})
        gone = press.models.make(2)[1]
        harness.write(os.path.join(press.incoming, gone + ".json"), {"v": 1, "line": LINE})
        other = press.order(3, line="press-9")
        for sha, words in ((misfit, 'wants feature "z"'), (bad, "not what the name says"),
                           (gone, "no such file"), (other, 'line "press-9" is not configured')):
            name = os.path.join(press.incoming, sha + ".failed.json")
            harness.wait_for(lambda: os.path.exists(name), 10, name)
            with open(name) as f:
                refusal = json.load(f)
            assert words in refusal["text"], refusal
            press.site.daemon.wait_log(words)
        harness.wait_for(lambda: len(os.listdir(press.incoming)) == 4, 5, "the orders to go")
        assert press.roles() == {a: "champion"}
        assert sorted(os.listdir(os.path.dirname(press.incoming))) == sorted(
            [a + ".onnx", "incoming"])


def orders_that_came_while_nobody_ran_are_taken_at_the_start():
    with Press(MODELS) as press:
        assert press.site.daemon.end() == 0
        a = press.order(1)
        press.start()
        harness.wait_for(lambda: press.roles() == {a: "challenger"}, 10, "the challenger")
        harness.wait_for(lambda: not os.listdir(press.incoming), 5, "an empty folder")
        # the same again is nothing to do, another retires it
        press.order(1)
        harness.wait_for(lambda: not os.listdir(press.incoming), 5, "an empty folder")
        assert press.events() == [(a, "challenger", "amy", "test")]
        b = press.bring(2)
        assert press.roles() == {a: "retired", b: "challenger"}


def what_a_killed_import_left_goes():
    with Press(MODELS, start=False) as press:
        os.makedirs(press.incoming, exist_ok=True)
        left, fresh = (os.path.join(press.incoming, f".{c * 64}.onnx.new") for c in "ab")
        for path in (left, fresh):
            with open(path, "wb") as f:
                f.write(b"half")
        os.utime(left, (time.time() - 3600,) * 2)
        # an order without a version is of this one
        path, sha = press.models.make(1, "xy")
        shutil.copy(path, os.path.join(press.incoming, sha + ".onnx"))
        harness.write(os.path.join(press.incoming, sha + ".json"), {"line": LINE})
        press.start()
        harness.wait_for(lambda: press.roles() == {sha: "challenger"}, 10, "the challenger")
        assert os.listdir(press.incoming) == [os.path.basename(fresh)], os.listdir(press.incoming)


def a_file_that_goes_under_the_daemon_is_no_harm_until_a_restart():
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        b = press.bring(2)
        os.remove(press.copy(a))
        with open(press.copy(b), "r+b") as f:
            f.write(b"changed")
        units = press.units(5)
        assert {press.site.rows(LINE)[u]["model"] for u in units} == {a}
        reply = press.ask("promote", "r2", model=b)
        assert (reply["ok"], reply["code"]) == (0, "model_refused"), reply
        press.check_probabilities()
        assert press.site.daemon.end() == 0
        press.start()
        press.wait_said("collecting")
        assert press.said()["reason"].startswith("model_refused: "), press.said()
        units = press.units(5)
        assert {press.site.rows(LINE)[u]["reason"] for u in units} == {"model_refused"}
        c = press.bring(3)
        assert press.ask("promote", "r3", model=c)["ok"] == 1
        press.wait_said("scoring", c)
        assert press.said()["reason"] == ""
        assert press.roles() == {a: "previous", b: "retired", c: "champion"}
        assert press.ask("rollback", "r4")["code"] == "model_refused"
        press.units(5)
        press.check_probabilities()


def a_champion_that_no_longer_fits_is_replaced_without_a_restart():
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        b = press.bring(1, "x")
        press.ask("promote", "r2", model=b)
        press.ask("rollback", "r3")
        assert press.site.daemon.end() == 0
        short = line()
        del short["features"][1]
        harness.write(os.path.join(press.site.folder, "lines.d", LINE + ".json"), short)
        press.start()
        press.wait_said("collecting")
        assert press.said()["reason"].startswith("model_misfit: "), press.said()
        assert press.ask("promote", "r4", model=a)["code"] == "model_misfit"
        assert press.ask("rollback", "r5")["ok"] == 1
        press.wait_said("scoring", b)


def kill_around(command, **members):
    """Kills with the command's commit under way, and again once it has been answered."""
    shim = harness.need(os.path.join(SHIMS, "libshim_slowsync.so"), "the shim")
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        b = press.bring(2)
        press.ask("promote", "r2", model=b)
        c = press.bring(3)
        assert press.site.daemon.end() == 0
        press.site.daemon = harness.Daemon(
            press.site.config, preload=shim, env={"SLOW_SYNC_MS": "1500"})
        press.start()
        events = press.events()
        new = {"promote": c, "rollback": a}[command]
        watcher = press.site.client("watcher", f"{TOPIC}/prediction")
        names = []
        for n in range(20):
            if n == 10:
                press.send(command, req="now", **members)
            topic, payload = press.message()
            names.append(topic.split("/")[1])
            press.client.publish(topic, payload)
        press.client.drain()

        def predictions():
            return {p["unit"]: p["model"] for p in
                    (json.loads(m[1]) for m in list(watcher.messages))}

        harness.wait_for(lambda: new in predictions().values(), 20, "the new model's prediction")
        assert press.events() == events, "committed too early for this test"
        press.site.daemon.kill()
        press.site.daemon = harness.Daemon(press.site.config)
        press.start()
        harness.wait_for(lambda: press.site.count(LINE) == 20, 20, "all rows")
        press.reply("now")
        rows = press.site.rows(LINE)
        assert [rows[u]["model"] for u in names] == [b] * 10 + [new] * 10
        after = press.events()
        assert len(after) - len(events) == {"promote": 3, "rollback": 2}[command], after
        press.site.daemon.kill()
        press.start()
        units = press.units(5)
        assert {press.site.rows(LINE)[u]["model"] for u in units} == {new}
        assert press.events() == after
        press.check_probabilities()


def in_parts(**unit):
    """A unit comes in two messages, one for each value."""
    return {
        "sources": {"a": {"topic": "p3/{unit}/a"}, "b": {"topic": "p3/{unit}/b"}},
        "features": [{"name": "x", "from": "a.x"}, {"name": "y", "from": "b.y"}],
        "unit": {"deadline": "3s", **unit},
    }


def what_waited_for_more_than_the_new_model_wants_is_scored_at_once():
    with Press(MODELS, **in_parts(deadline="300s")) as press:
        both, one = press.bring(1), None
        press.ask("promote", "r1", model=both)
        one = press.bring(1, "x")
        press.client.publish("p3/U1/a", '{"x":1}')
        press.client.publish("p3/U2/a", '{"x":2}')
        press.client.publish("p3/U2/b", '{"y":2}')
        press.client.drain()
        harness.wait_for(lambda: press.site.count(LINE) == 1, 10, "the unit that is complete")
        press.ask("promote", "r2", model=one)
        harness.wait_for(lambda: press.site.count(LINE) == 2, 10, "the unit that waited")
        rows = press.site.rows(LINE)
        assert {u: r["model"] for u, r in rows.items()} == {"U2": both, "U1": one}


def a_start_takes_nothing_again_under_the_model_that_came_after():
    """Under the one of before these units were done with x; under the new one they would be open
    again, and be scored a second time."""
    with Press(MODELS, **in_parts()) as press:
        one, both = press.bring(1, "x"), None
        press.ask("promote", "r1", model=one)
        both = press.bring(1)
        for n in range(5):
            press.client.publish(f"p3/U{n}/a", '{"x":1}')
        press.client.drain()
        harness.wait_for(lambda: press.site.count(LINE) == 5, 10, "five rows")
        press.ask("promote", "r2", model=both)
        press.site.daemon.kill()
        watcher = press.site.client("watcher", f"{TOPIC}/prediction")
        press.start()
        press.client.publish("p3/U5/a", '{"x":1}')
        press.client.publish("p3/U5/b", '{"y":1}')
        press.client.drain()
        harness.wait_for(lambda: press.site.count(LINE) == 6, 10, "the sixth")
        time.sleep(4)  # the deadline of what should not be open
        assert [json.loads(m[1])["unit"] for m in watcher.messages] == ["U5"], watcher.messages
        assert not press.site.sql("SELECT * FROM quarantine")
        models = [press.site.rows(LINE)[f"U{n}"]["model"] for n in range(6)]
        assert models == [one] * 5 + [both]


def a_model_that_is_gone_at_a_start_brings_no_unit_back():
    """A kill, and the file is gone: what it was done with stays done, once."""
    with Press(MODELS, **in_parts()) as press:
        one = press.bring(1, "x")
        press.ask("promote", "r1", model=one)
        for n in range(5):
            press.client.publish(f"p3/U{n}/a", '{"x":1}')
        press.client.drain()
        harness.wait_for(lambda: press.site.count(LINE) == 5, 10, "five rows")
        press.site.daemon.kill()
        os.rename(press.copy(one), press.copy(one) + ".away")
        press.start()
        press.wait_said("collecting")
        press.client.publish("p3/U5/a", '{"x":1}')
        press.client.drain()
        time.sleep(1)
        press.site.daemon.kill()
        os.rename(press.copy(one) + ".away", press.copy(one))
        press.start()
        harness.wait_for(lambda: press.site.count(LINE) == 6, 10, "the sixth")
        time.sleep(4)  # the deadline
        rows = press.site.rows(LINE)
        assert [rows[f"U{n}"]["model"] for n in range(6)] == [one] * 6
        assert press.said()["units"] == 6 and not press.site.sql("SELECT * FROM quarantine")


def a_promotion_is_whole_or_not_at_all_over_a_kill():
    kill_around("promote", model="challenger")


def a_rollback_is_carried_out_once_over_a_kill():
    kill_around("rollback")


def a_full_disk_while_a_model_comes_leaves_nothing_half_written():
    with Press(MODELS, start=False) as press:
        trouble = os.path.join(press.site.folder, "trouble")
        press.site.daemon = harness.Daemon(
            press.site.config,
            preload=harness.need(os.path.join(SHIMS, "libshim_disk.so"), "the shim"),
            env={"DISK_ROOT": press.site.state, "DISK_TROUBLE": trouble})
        press.start()
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        harness.write(trouble, "ENOSPC")
        b = press.order(2)
        press.site.daemon.wait_log("cannot be taken now")
        assert "No space left on device" in press.site.daemon.log_text()
        assert sorted(os.listdir(press.incoming)) == [b + ".json", b + ".onnx"]
        files = sorted(os.listdir(os.path.dirname(press.incoming)))
        assert files == sorted([a + ".onnx", "incoming"]), files
        assert press.roles() == {a: "champion"}
        os.remove(trouble)
        press.order(2)  # a new look at once; else it comes each minute
        harness.wait_for(lambda: press.roles().get(b) == "challenger", 10, "the challenger")
        harness.wait_for(lambda: not os.listdir(press.incoming), 5, "an empty folder")
        press.ask("promote", "r2", model=b)
        press.units(5)
        press.check_probabilities()


def of_retired_models_the_newest_twenty_files_stay():
    with Press(MODELS) as press:
        shas = [press.bring(seed) for seed in range(1, 25)]
        wanted = set(shas[-21:])
        harness.wait_for(
            lambda: {n[:64] for n in os.listdir(os.path.dirname(press.incoming))}
            == wanted | {"incoming"}, 15, "the oldest files to go")
        assert len(press.roles()) == 24
        reply = press.ask("promote", "r1", model=shas[0])
        assert (reply["ok"], reply["code"]) == (0, "model_refused"), reply
        assert press.ask("promote", "r2", model=shas[5])["ok"] == 1
        # it may be brought again
        press.bring(1)
        assert press.ask("promote", "r3", model=shas[0])["ok"] == 1
        press.units(3)
        press.check_probabilities()


def roles_or_none(press):
    try:
        return press.roles()
    except sqlite3.Error:  # the new file has no tables yet
        return None


def a_database_begun_anew_knows_the_models_in_use():
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        b = press.bring(2)
        press.ask("promote", "r2", model=b)
        c = press.bring(3)
        roles = press.roles()
        press.units(3000)
        for name in (press.site.db, press.site.db + "-wal"):
            with open(name, "r+b") as f:
                size = f.seek(0, 2)
                f.seek(4096)
                f.write(b"\xa5" * (size - 4096))
        for _ in range(3000):
            press.client.publish(*press.message())
        press.client.drain()
        press.site.daemon.wait_log("the file is set aside and a new one begun", 30)
        press.client.publish(*press.message())
        press.client.drain()
        harness.wait_for(lambda: roles_or_none(press) == roles, 15, "the same roles")
        assert press.site.sql("SELECT DISTINCT by FROM model") == [("defectd",)]
        assert press.ask("rollback", "r3")["ok"] == 1
        assert press.roles() == {a: "champion", b: "previous", c: "challenger"}


def a_database_of_the_version_before_is_brought_up():
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        assert press.site.daemon.end() == 0
        db = sqlite3.connect(press.site.db)
        db.executescript("DROP TABLE shadow; PRAGMA user_version = 2;")
        db.close()
        press.start()
        b = press.bring(2)
        units = press.units(5)
        assert set(press.shadows()) == {(u, b) for u in units}
        press.check_probabilities()


def without_a_daemon_defectctl_does_the_same():
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        b = press.bring(2)
        # an open unit lives through it
        press.client.publish("p3/open/a", '{"ts":1795340350000,"y":1}')
        press.client.drain()
        harness.wait_for(lambda: press.site.sql("SELECT 1 FROM journal"), 10, "the journal")
        press.site.daemon.kill()
        config = press.site.config
        _, out, _ = harness.ctl("model", "promote", b[:5], "--by", "bob", "--why", "offline",
                                config=config)
        assert b[:12] in out, out
        assert press.events()[-2:] == [(a, "previous", "bob", "offline"),
                                       (b, "champion", "bob", "offline")]
        assert press.site.sql("SELECT count(*) FROM journal") == [(0,)]
        _, out, _ = harness.ctl("--json", "model", "promote", b, config=config)
        assert json.loads(out)["code"] == "nothing_to_do", out
        status, out, said = harness.ctl("model", "promote", "beef", config=config, check=False)
        assert status == 1 and not out and "beef" in said, said
        harness.ctl("model", "rollback", config=config)
        harness.ctl("model", "rollback", "--line", LINE, config=config)
        assert press.roles() == {a: "previous", b: "champion"}
        press.start()
        press.client.publish("p3/open/a", '{"ts":1795340350001,"x":1}')
        press.client.drain()
        press.sent["open"] = (1.0, 1.0)
        harness.wait_for(lambda: press.site.count(LINE) == 1, 10, "the open unit")
        assert press.site.rows(LINE)["open"]["model"] == b
        press.check_probabilities()
        # with the daemon through its commands
        _, out, _ = harness.ctl("model", "rollback", "--by", "eve", config=config)
        assert a[:12] in out, out
        assert press.events()[-1][:3] == (a, "champion", "eve")
        status, _, said = harness.ctl("model", "promote", "beef", config=config, check=False)
        assert status == 1 and "beef" in said, said


def imported(press, seed, **how):
    """(exit status, what it says) of `defectctl model import`."""
    path, sha = press.models.make(seed, how.pop("columns", "xy"))
    status, out, said = harness.ctl("model", "import", path, "--line", LINE,
                                    config=press.site.config, check=False, **how)
    return status, (out + said).strip(), sha


def defectctl_model_import_brings_a_challenger():
    with Press(MODELS) as press:
        status, said, a = imported(press, 1)
        assert status == 0 and a[:12] in said and "challenger" in said, said
        assert press.roles() == {a: "challenger"} and not os.listdir(press.incoming)
        status, said, _ = imported(press, 1)
        assert status == 0 and "already" in said, said
        assert len(press.events()) == 1, press.events()
        press.ask("promote", "r1", model="challenger")
        status, said, _ = imported(press, 1, columns="xz")
        assert status == 1 and 'wants feature "z"' in said, said
        assert press.roles() == {a: "champion"}
        assert os.listdir(press.incoming) == []
        press.units(3)
        # and where none runs
        assert press.site.daemon.end() == 0
        status, said, b = imported(press, 2)
        assert status == 0 and b[:12] in said, said
        status, said, _ = imported(press, 2)
        assert status == 0 and "already" in said, said
        status, said, _ = imported(press, 3, columns="xz")
        assert status == 1 and 'wants feature "z"' in said, said
        assert press.roles() == {a: "champion", b: "challenger"}
        assert sorted(os.listdir(os.path.dirname(press.incoming))) == sorted(
            [a + ".onnx", b + ".onnx", "incoming"])
        press.start()
        units = press.units(5)
        assert {(u, b) for u in units} <= set(press.shadows())
        press.check_probabilities()


def an_import_brings_back_files_that_are_gone():
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        b = press.bring(2)
        press.ask("promote", "r2", model=b)
        os.remove(press.copy(a))
        with open(press.copy(b), "r+b") as f:
            f.write(b"changed")
        status, said, _ = imported(press, 1)
        assert status == 0 and "previous" in said and "there again" in said, said
        press.ask("rollback", "r3")
        assert press.roles() == {a: "champion", b: "previous"}
        # the champion's, gone at a start
        assert press.site.daemon.end() == 0
        os.remove(press.copy(a))
        press.start()
        press.wait_said("collecting")
        press.units(2)
        status, said, _ = imported(press, 1)
        assert status == 0 and "champion" in said and "there again" in said, said
        press.wait_said("scoring", a)
        units = press.units(3)
        assert {press.site.rows(LINE)[u]["model"] for u in units} == {a}
        # and where no daemon runs
        assert press.site.daemon.end() == 0
        os.remove(press.copy(a))
        status, out, said = harness.ctl("check", config=press.site.config, check=False)
        assert status == 78 and "the champion in the registry: " in out + said, out + said
        status, said, _ = imported(press, 1)
        assert status == 0 and "is in force again" in said, said
        status, said, _ = imported(press, 2)
        assert status == 0 and "already" in said, said
        press.start()
        press.wait_said("scoring", a)
        press.units(3)
        assert press.roles() == {a: "champion", b: "previous"}
        press.check_probabilities()


def a_list_before_the_first_start_says_what_is_missing():
    with Press(MODELS, start=False) as press:
        status, out, said = harness.ctl("model", "list", config=press.site.config, check=False)
        assert status == 1 and not out, out
        assert "the daemon makes the database when it first runs" in said, said


def an_import_before_the_first_start_is_there_after_it():
    with Press(MODELS, start=False) as press:
        status, said, a = imported(press, 1)
        assert status == 0, said
        harness.ctl("model", "promote", a[:6], config=press.site.config)
        press.start()
        press.wait_said("scoring", a)
        press.units(3)
        press.check_probabilities()


def an_import_onto_a_full_disk_leaves_nothing():
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a)
        trouble = os.path.join(press.site.folder, "trouble")
        shim = harness.need(os.path.join(SHIMS, "libshim_disk.so"), "the shim")
        env = {"DISK_ROOT": press.site.state, "DISK_TROUBLE": trouble, "LD_PRELOAD": shim,
               "ASAN_OPTIONS": "verify_asan_link_order=0"}
        press.models.make(2)
        for has_daemon in (True, False):
            if not has_daemon:
                assert press.site.daemon.end() == 0
            harness.write(trouble, "ENOSPC")
            status, said, b = imported(press, 2, env=env)
            assert status == 1 and ("No space left" in said or "full" in said), said
            os.remove(trouble)
            assert os.listdir(press.incoming) == []
            assert sorted(os.listdir(os.path.dirname(press.incoming))) == sorted(
                [a + ".onnx", "incoming"])
            assert press.roles() == {a: "champion"}
        press.start()
        assert imported(press, 2)[0] == 0
        press.units(3)
        press.check_probabilities()


def root_writes_as_the_owner_of_the_state_folder():
    if os.geteuid() != 0:
        raise harness.Skip("only root can give itself out as another")
    with Press(MODELS) as press:
        a = press.bring(1)
        assert press.site.daemon.end() == 0
        os.chmod(press.site.folder, 0o755)
        for folder, _, files in os.walk(press.site.state):
            for name in [folder] + [os.path.join(folder, f) for f in files]:
                os.chown(name, 65534, 65534)
        # who changed its user cannot look for leaks
        env = {"ASAN_OPTIONS": "detect_leaks=0"}
        status, said, b = imported(press, 2, env=env)
        assert status == 0, said
        harness.ctl("model", "promote", b, config=press.site.config, env=env)
        for folder, _, files in os.walk(press.site.state):
            for name in [folder] + [os.path.join(folder, f) for f in files]:
                assert os.stat(name).st_uid == 65534, name


def defectctl_model_list_shows_what_there_is():
    with Press(MODELS) as press:
        a = press.bring(1)
        press.ask("promote", "r1", model=a, by="bob", why="best so far")
        b = press.bring(2)
        _, out, _ = harness.ctl("model", "list", config=press.site.config)
        lines = [row.split() for row in out.splitlines()]
        assert lines[0][:5] == ["line", "role", "model", "since", "by"], out
        assert lines[1][:3] == [LINE, "champion", a[:12]] and "best so far" in out, out
        assert lines[2][:3] == [LINE, "challenger", b[:12]], out
        _, out, _ = harness.ctl("--json", "model", "list", "--line", LINE, config=press.site.config)
        rows = json.loads(out)
        assert [(r["sha256"], r["role"]) for r in rows] == [(a, "champion"), (b, "challenger")]
        assert rows[0]["by"] == "bob" and rows[0]["metrics"]["rows"] == 200, rows[0]
        assert rows[0]["file"] == press.copy(a)
        for arguments in (["model"], ["model", "nothing"], ["model", "list", "--x"],
                          ["model", "promote"], ["model", "rollback", "x"]):
            status, out, said = harness.ctl(*arguments, config=press.site.config, check=False)
            assert status == 64 and not out and "usage: defectctl model" in said, said


if __name__ == "__main__":
    try:
        harness.run(
            a_challenger_scores_in_the_shadow_of_a_line_that_collects,
            the_champion_of_before_goes_on_in_the_shadow,
            a_unit_that_lacks_a_value_has_no_shadow_of_a_model_that_wants_it,
            what_cannot_be_carried_out_is_answered_and_changes_nothing,
            an_ambiguous_beginning_is_refused,
            a_retained_command_is_not_carried_out,
            a_model_that_does_not_load_or_fit_is_refused_with_a_sentence,
            orders_that_came_while_nobody_ran_are_taken_at_the_start,
            what_a_killed_import_left_goes,
            a_file_that_goes_under_the_daemon_is_no_harm_until_a_restart,
            a_champion_that_no_longer_fits_is_replaced_without_a_restart,
            what_waited_for_more_than_the_new_model_wants_is_scored_at_once,
            a_start_takes_nothing_again_under_the_model_that_came_after,
            a_model_that_is_gone_at_a_start_brings_no_unit_back,
            a_promotion_is_whole_or_not_at_all_over_a_kill,
            a_rollback_is_carried_out_once_over_a_kill,
            a_full_disk_while_a_model_comes_leaves_nothing_half_written,
            of_retired_models_the_newest_twenty_files_stay,
            a_database_begun_anew_knows_the_models_in_use,
            a_database_of_the_version_before_is_brought_up,
            without_a_daemon_defectctl_does_the_same,
            defectctl_model_import_brings_a_challenger,
            an_import_brings_back_files_that_are_gone,
            a_list_before_the_first_start_says_what_is_missing,
            an_import_before_the_first_start_is_there_after_it,
            an_import_onto_a_full_disk_leaves_nothing,
            root_writes_as_the_owner_of_the_state_folder,
            defectctl_model_list_shows_what_there_is,
        )
    finally:
        MODELS.close()
