"""A disk that is full or read-only: clear words, a daemon that stays, nothing lost."""

import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE = "press-3"
SHIM = os.path.join(harness.BUILD, "tests/system/libshim_disk.so")


def line():
    return {
        "line": LINE,
        "sources": {"a": {"topic": "p3/{unit}/a", "fields": {"x": "/x"}}},
        "features": [{"name": "x", "from": "a.x"}],
    }


def site_with_shim():
    site = harness.Site([line()])
    site.trouble = os.path.join(site.folder, "trouble")
    site.daemon = harness.Daemon(
        site.config,
        preload=harness.need(SHIM, "the disk shim"),
        env={"DISK_ROOT": site.state, "DISK_TROUBLE": site.trouble},
    )
    return site


def line_status(watcher):
    found = [json.loads(m[1]) for m in watcher.messages if m[0].endswith(f"/{LINE}/status")]
    return found[-1] if found else {"state": "", "reason": ""}


def stays_up_and_catches_up(kind, words):
    with site_with_shim() as site:
        site.daemon.start()
        site.status()
        watcher = site.client("watcher", f"defectd/{site.instance}/{LINE}/status")
        sender = site.client("sender")
        sender.publish("p3/U0/a", '{"x":0}')
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 1, 20, "the first row")

        harness.write(site.trouble, kind)
        for n in range(1, 2001):
            sender.publish(f"p3/U{n}/a", json.dumps({"x": n, "pad": "p" * 500}))
        sender.drain()
        harness.wait_for(lambda: line_status(watcher)["state"] == "degraded", 30, "degraded")
        reason = line_status(watcher)["reason"]
        assert words in reason, f"status says {reason!r}"
        site.daemon.wait_log(words)
        assert site.daemon.alive
        os.remove(site.trouble)
        harness.wait_for(lambda: site.count(LINE) == 2001, 60, "2,001 rows")
        harness.wait_for(lambda: line_status(watcher)["state"] == "collecting", 30, "collecting")
        assert site.daemon.end() == 0
        assert site.sql("PRAGMA integrity_check") == [("ok",)]


def a_full_disk_is_said_and_nothing_is_lost():
    stays_up_and_catches_up("ENOSPC", "full")


def a_disk_with_errors_is_said_and_nothing_is_lost():
    stays_up_and_catches_up("EIO", "I/O error")


def a_read_only_state_folder_at_the_start_is_named():
    with site_with_shim() as site:
        harness.write(site.trouble, "EROFS")
        site.daemon.start()
        status = site.daemon.wait(20)
        log = site.daemon.log_text()
        assert status == 1, f"exit status {status}"
        assert site.state in log and "Read-only file system" in log, log


def a_full_disk_at_the_start_is_named():
    with site_with_shim() as site:
        harness.write(site.trouble, "ENOSPC")
        site.daemon.start()
        status = site.daemon.wait(20)
        log = site.daemon.log_text()
        assert status == 1, f"exit status {status}"
        assert site.state in log and "No space left on device" in log, log


def the_state_folder_and_its_models_folder_are_made():
    with harness.Site([line()]) as site:
        shutil.rmtree(site.state)
        site.daemon.start()
        site.status()
        for name in (site.state, os.path.join(site.state, "models")):
            mode = os.stat(name).st_mode & 0o777
            assert mode == 0o750, f"{name}: {mode:o}"


def a_second_daemon_on_the_same_folder_is_refused():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        other = harness.Daemon(site.config).start()
        assert other.wait(20) == 1
        assert "lock" in site.daemon.log_text()
        assert site.daemon.alive


def a_corrupt_database_is_set_aside_and_a_new_one_begun():
    with harness.Site([line()]) as site:
        with open(site.db, "wb") as f:
            f.write(b"this is no database" * 400)
        site.daemon.start()
        site.status()
        aside = [n for n in os.listdir(site.state) if n.startswith("defectd.db.bad-")]
        assert aside, os.listdir(site.state)
        sender = site.client("sender")
        sender.publish("p3/U1/a", '{"x":1}')
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) == 1, 20, "a row in the new database")
        assert "set aside" in site.daemon.log_text()


if __name__ == "__main__":
    harness.run(
        a_full_disk_is_said_and_nothing_is_lost,
        a_disk_with_errors_is_said_and_nothing_is_lost,
        a_read_only_state_folder_at_the_start_is_named,
        a_full_disk_at_the_start_is_named,
        the_state_folder_and_its_models_folder_are_made,
        a_second_daemon_on_the_same_folder_is_refused,
        a_corrupt_database_is_set_aside_and_a_new_one_begun,
    )
