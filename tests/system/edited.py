"""Line files that were edited between SIGKILL and the next start.

What the journal holds happened under the line files of its time: no unit may be lost, none scored
twice. The oracle is a daemon that is stopped cleanly before the same edit: its rows must be the
same but for latency_us, scored_ms and gap_ms.
"""

import copy
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE, OTHER = "press-3", "press-4"
UNITS = 20
NOT_COMPARED = {"latency_us", "scored_ms", "gap_ms"}
T0 = int(time.time() * 1000) - 60_000


def line(name=LINE, root="p3"):
    return {
        "line": name,
        "sources": {
            "a": {"topic": root + "/{unit}/a", "time": "/ts", "fields": {"x": "/x"}},
            "b": {"topic": root + "/{unit}/b", "time": "/ts", "fields": {"y": "/y"}},
            "in": {"topic": root + "/{unit}/in", "time": "/ts"},
            "out": {"topic": root + "/{unit}/out", "time": "/ts"},
            "temp": {"topic": root + "/temp", "time": "/ts", "fields": {"v": "/v"}},
        },
        "stations": {"oven": {"enter": "in", "exit": "out", "max_dwell": "60s"}},
        "unit": {"open": ["a", "in"]},
        "features": [
            {"name": "x", "from": "a.x"},
            {"name": "y", "from": "b.y"},
            {"name": "temp", "from": "temp.v", "during": "oven", "take": ["mean", "count"]},
        ],
    }


class Sender:
    def __init__(self, site):
        self.client = site.client(f"sender-{len(site.clients)}")

    def unit(self, name, *parts, at=0, root="p3"):
        """One message per part: in, a, out (5 s later), b."""
        bodies = {
            "in": {"ts": T0 + at}, "out": {"ts": T0 + at + 5000},
            "a": {"ts": T0 + at, "x": at}, "b": {"ts": T0 + at + 1, "y": at + 1},
            "c": {"ts": T0 + at + 2, "z": at + 2},
        }
        for part in parts:
            self.client.publish(f"{root}/{name}/{part}", json.dumps(bodies[part]))

    def temps(self, root="p3"):
        for n in range(60):
            self.client.publish(f"{root}/temp", json.dumps({"ts": T0 + n * 500, "v": n}))


def before(site, sender, root="p3", name=LINE):
    """Some units are complete, most are open, each in its own way; all of it is committed."""
    sender.temps(root)
    for n in range(UNITS):
        sender.unit(f"done-{n}", "in", "a", "out", "b", at=n * 100, root=root)
        sender.unit(f"inside-{n}", "in", "a", "b", at=n * 100, root=root)
        sender.unit(f"no-b-{n}", "in", "a", "out", at=n * 100, root=root)
    sender.unit("last", "in", "a", "out", "b", root=root)
    sender.client.drain()
    harness.wait_for(lambda: "last" in rows_of(site, name), 20, "the last unit of before")


def after(site, sender, root="p3", name=LINE):
    for n in range(UNITS):
        sender.unit(f"inside-{n}", "out", at=n * 100, root=root)
        sender.unit(f"no-b-{n}", "b", at=n * 100, root=root)
        sender.unit(f"new-{n}", "in", "a", "out", "b", at=n * 100, root=root)
    sender.client.drain()
    harness.wait_for(lambda: site.count(name) >= 4 * UNITS + 1, 30, f"{4 * UNITS + 1} rows")
    time.sleep(0.5)
    assert site.count(name) == 4 * UNITS + 1, site.count(name)


def rows_of(site, name):
    return site.rows(name) if site.count(name) else {}


def stats(site, name):
    """The line's statistics of now."""
    watcher = site.client("stats", f"defectd/{site.instance}/{name}/stats")
    watcher.wait(lambda: any(not m[2] for m in watcher.messages), 20, "statistics")
    return json.loads(watcher.messages[-1][1])


def write_lines(site, lines):
    folder = os.path.join(site.folder, "lines.d")
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
    for one in lines:
        harness.write(os.path.join(folder, one["line"] + ".json"), one)


def start(site):
    granted = site.daemon.log_text().count("subscriptions granted") if site.daemon.process else 0
    site.daemon.start()
    harness.wait_for(
        lambda: site.daemon.log_text().count("subscriptions granted") > granted, 20, "the start")


def run(first, second, kills, work):
    """Rows per line of a run whose line files are `second` from some point on."""
    with harness.Site(first) as site:
        start(site)
        sender = Sender(site)
        for one in first:
            before(site, sender, "p3" if one["line"] == LINE else "p4", one["line"])
        if kills:
            site.daemon.kill()
        else:
            assert site.daemon.end() == 0
        write_lines(site, second)
        for _ in range(kills):  # the later kills find the new ones in force
            start(site)
            site.daemon.kill()
        start(site)
        assert site.daemon.log_text().count("line files have changed") == 1
        work(site, sender)
        rows = {one["line"]: site.rows(one["line"]) for one in second}
        assert site.daemon.end() == 0
        log = site.daemon.log_text()
        assert "the database refuses" not in log, "a unit was scored twice"
        assert "Sanitizer" not in log
        return rows


def compare(first, second, work=after, kills=2):
    calm, rough = run(first, second, 0, work), run(first, second, kills, work)
    assert set(calm) == set(rough)
    for name, rows in calm.items():
        assert set(rows) == set(rough[name]), f"{name}: {set(rows) ^ set(rough[name])}"
        for unit, row in rows.items():
            for column in set(row) - NOT_COMPARED:
                assert rough[name][unit][column] == row[column], \
                    f"{name}, unit {unit}, {column}: {rough[name][unit][column]!r}, " \
                    f"stopped before the edit {row[column]!r}"
    return rough


def a_feature_less_loses_no_unit():
    short = line()
    short["features"] = [f for f in short["features"] if f["name"] != "y"]
    rows = compare([line()], [short])[LINE]
    # those that lacked nothing else are complete by the new file
    assert rows["done-0"]["y"] == 1 and rows["no-b-0"]["y"] is None
    assert rows["done-0"]["config"] != rows["no-b-0"]["config"]


def a_feature_more_scores_no_unit_twice():
    long = line()
    long["sources"]["c"] = {"topic": "p3/{unit}/c", "time": "/ts"}
    long["features"].append({"name": "z", "from": "c.z"})

    def work(site, sender):
        for n in range(UNITS):
            for name in ("inside", "no-b", "new"):
                sender.unit(f"{name}-{n}", "a", "c", at=n * 100)
        after(site, sender)
        # one that is scored already and open again would wait for its deadline
        assert stats(site, LINE)["open_units"] == 0

    rows = compare([line()], [long], work)[LINE]
    assert rows["done-0"]["z"] is None and rows["no-b-0"]["z"] == 2 and rows["new-0"]["z"] == 2


def another_dwell_holds_for_those_still_inside():
    quick = line()
    quick["stations"]["oven"]["max_dwell"] = "3s"

    def late(site, sender):
        after(site, sender)  # out comes 5 s after in: too late by the new file

    rows = compare([line()], [quick], late, kills=1)[LINE]
    assert rows["done-0"]["temp_count"] == 11, rows["done-0"]
    assert rows["inside-0"]["temp_count"] is None and rows["new-0"]["temp_count"] is None
    assert "no_exit" in rows["inside-0"]["detail"]


def a_line_more_gets_nothing_of_before():
    rows = compare([line()], [line(), line(OTHER, "p3")])
    assert set(rows[OTHER]) == {f"new-{n}" for n in range(UNITS)}, set(rows[OTHER])


def a_line_less_leaves_the_others_alone():
    def work(site, sender):
        log = site.daemon.log_text()
        assert f'{2 * UNITS} open units of line "{LINE}" are dropped' in log, log
        after(site, sender, "p4", OTHER)

    compare([line(), line(OTHER, "p4")], [line(OTHER, "p4")], work)


def a_comment_changes_nothing_but_the_name_of_the_file():
    same = copy.deepcopy(line())
    same["unit"]["deadline"] = "300s"  # what it is anyway
    rows = compare([line()], [same])[LINE]
    assert rows["no-b-0"]["y"] == 1


def without_a_new_line_file_a_start_is_as_ever():
    with harness.Site([line()]) as site:
        start(site)
        sender = Sender(site)
        before(site, sender)
        site.daemon.kill()
        start(site)
        assert "line files have changed" not in site.daemon.log_text()
        after(site, sender)
        assert site.daemon.end() == 0


if __name__ == "__main__":
    harness.run(
        a_feature_less_loses_no_unit,
        a_feature_more_scores_no_unit_twice,
        another_dwell_holds_for_those_still_inside,
        a_line_more_gets_nothing_of_before,
        a_line_less_leaves_the_others_alone,
        a_comment_changes_nothing_but_the_name_of_the_file,
        without_a_new_line_file_a_start_is_as_ever,
    )
