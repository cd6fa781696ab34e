"""defectctl export: the units of a line as CSV, and a model trained from them."""

import atexit
import csv
import io
import json
import os
import random
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
import harness

LINE = "press-3"
AT = 1_795_340_350_041
OWN = ["type", "thickness"]
LABEL = [f"label_{name}" for name in ("defect", "class", "at_ms", "source", "by", "why")]
UNITS = 400


def line():
    return {
        "line": LINE,
        "sources": {"a": {"topic": "p3/{unit}/a", "time": "/ts", "fields": {"t": "/t", "x": "/x"}}},
        "unit": {"deadline": "2s"},
        "features": [{"name": "type", "from": "a.t", "type": "text"},
                     {"name": "thickness", "from": "a.x", "missing": "impute"}],
    }


def send(sender, first, last):
    """Units whose id, text and number all need care in CSV; some have no number."""
    rng = random.Random(first)
    for n in range(first, last + 1):
        body = {"t": rng.choice(["K", "L", 'a, "b"\n', " c"]), "x": rng.random() * 2,
                "ts": AT + (n * 7919) % 1000}
        if n % 2:
            body["x"] *= 10 ** rng.randint(-25, 25)
        elif n % 20 == 0:
            body["x"] = None
        sender.publish(f'p3/U"{n}/a', json.dumps(body))
    sender.drain()


def label(db, rows):
    """Inspection's word on each unit that has an even number: thick ones are bad."""
    db.executemany(
        "INSERT INTO label VALUES (?, ?, ?, ?, '', 'qc', 'amy', '')",
        [(LINE, r["unit"], r["started_ms"] + 1, int((r["thickness"] or 0) > 1))
         for r in rows if int(r["unit"][2:]) % 2 == 0])
    db.commit()


def digits(number):
    return number.lower().split("e")[0].replace(".", "").strip("-0")


def read(text):
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return rows[0], [dict(zip(rows[0], row)) for row in rows[1:]]


class Site:
    """A line with units and labels, and a daemon that runs. Made once."""

    made = None

    @classmethod
    def get(cls):
        if not cls.made:
            site = cls.made = harness.Site([line()])
            atexit.register(site.__exit__, None, None, None)
            site.daemon.start()
            site.status()
            send(site.client("sender"), 1, UNITS)
            harness.wait_for(lambda: site.count(LINE) == UNITS, 30, "the rows")
            db = sqlite3.connect(site.db, timeout=10)
            label(db, site.rows(LINE).values())
            db.close()
        return cls.made


def export(*arguments, **how):
    return harness.ctl("export", "--line", LINE, *arguments, config=Site.get().config, **how)


def has_all_columns_and_rows_while_the_daemon_runs():
    site = Site.get()
    assert site.daemon.alive
    _, out, err = export()
    header, rows = read(out)
    columns = [name for _, name, *_ in site.sql("PRAGMA table_info('unit_press_3')")]
    assert header == columns + LABEL and header[-8:-6] == OWN, header
    assert err == "" and "\r" not in out
    assert [(int(r["started_ms"]), r["unit"]) for r in rows] == sorted(
        (r["started_ms"], r["unit"]) for r in site.rows(LINE).values())


def values_read_back_to_the_same():
    site = Site.get()
    wanted = site.rows(LINE)
    _, rows = read(export()[1])
    assert len(rows) == UNITS
    for row in rows:
        for name, value in wanted[row["unit"]].items():
            text = row[name]
            if value is None:
                assert text == "", (name, text)
            elif isinstance(value, float):
                assert float(text) == value, (name, text, value)
                assert digits(text) == digits(repr(value)), f"{text} for {value!r}"
            else:
                assert text == str(value), (name, text, value)


def each_unit_has_its_label_or_nothing():
    _, rows = read(export()[1])
    for row in rows:
        n = int(row["unit"][2:])
        found = [row[name] for name in LABEL]
        if n % 2:
            assert found == [""] * 6, row
        else:
            bad = float(row["thickness"] or 0) > 1
            assert found == [str(int(bad)), "", str(int(row["started_ms"]) + 1), "qc", "amy", ""], row
    _, labelled = read(export("--labelled")[1])
    assert labelled == [row for row in rows if row["label_defect"]], len(labelled)


def a_file_appears_whole_and_is_counted():
    site = Site.get()
    path = os.path.join(site.folder, "units.csv")
    _, out, _ = export("--out", path)
    assert out == f"{path}: {UNITS} units of {LINE}, {UNITS // 2} with a label\n", out
    with open(path, newline="") as f:
        assert f.read() == export()[1]
    _, out, _ = export("--json", "--labelled", "--out", path)
    assert json.loads(out) == {"line": LINE, "out": path, "units": UNITS // 2, "labelled": UNITS // 2}
    assert len(read(open(path, newline="").read())[1]) == UNITS // 2
    code, out, err = export("--out", os.path.join(site.folder, "nowhere", "u.csv"), check=False)
    assert (code, out) == (1, "") and "No such file or directory" in err, err
    assert not [n for n in os.listdir(site.folder) if n.startswith("units.csv.")]


def a_model_is_trained_from_it():
    site = Site.get()
    path, model = (os.path.join(site.folder, n) for n in ("train.csv", "m.onnx"))
    export("--labelled", "--out", path)
    header, _ = read(open(path, newline="").read())
    drop = [n for n in header if n not in OWN + ["unit", "label_defect"]]
    _, out, _ = harness.ctl("--json", "train", "--data", path, "--label", "label_defect",
                            "--unit", "unit", "--drop", ",".join(drop), "--out", model)
    found = json.loads(out)
    assert found["rows"] == UNITS // 2 and found["roc_auc"] > 0.9, found
    # all units, those without a label are left out
    export("--out", path)
    _, out, _ = harness.ctl("--json", "train", "--data", path, "--label", "label_defect",
                            "--unit", "unit", "--drop", ",".join(drop), "--out", model)
    assert json.loads(out)["rows"] == UNITS // 2, out
    # and what the model says of the exported rows
    _, out, _ = harness.ctl("predict", "--model", model, "--data", path)
    assert len(read(out)[1]) == UNITS


def memory_does_not_grow_with_the_rows():
    with harness.Site([line()]) as site:
        site.daemon.start()
        site.status()
        assert site.daemon.end() == 0

        def peak(rows):
            db = sqlite3.connect(site.db)
            db.executemany(
                "INSERT INTO unit_press_3 (unit, started_ms, scored_ms, verdict, threshold, model, reason,"
                " class, imputed, reasons, lots, config, type, thickness)"
                " VALUES (?, ?, ?, 'pass', 0, '', '', '', '[]', '[]', '{}', '', 'L', ?)",
                ((f"{rows}-{n}", n, n, n * 0.1) for n in range(rows)))
            db.commit()
            db.close()
            code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
                    "stdout=subprocess.DEVNULL); "
                    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
            done = subprocess.run(
                [sys.executable, "-c", code, harness.DEFECTCTL, "--config", site.config, "export",
                 "--line", LINE], capture_output=True, text=True, check=True,
                # the sanitizer's own memory is not ours
                env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1:thread_local_quarantine_size_kb=64"))
            return int(done.stdout)

        few, many = peak(1000), peak(200_000)
        print(f"# {few} KiB with 1,000 rows, {many} KiB with 200,000")
        assert many < few + 6000, (few, many)


def what_makes_no_sense_is_refused():
    site = Site.get()
    code, out, err = export("--json", check=False)
    assert (code, out) == (64, "") and "--out is missing" in err, err
    code, out, err = harness.ctl("export", "--line", "x", config=site.config, check=False)
    assert (code, out) == (1, "") and 'line "x" is not configured' in err, err
    with harness.Site([line()]) as empty:
        code, out, err = harness.ctl("export", "--line", LINE, config=empty.config, check=False)
        assert (code, out) == (1, "") and "the daemon makes the database when it first runs" in err, err


if __name__ == "__main__":
    harness.run(
        has_all_columns_and_rows_while_the_daemon_runs,
        values_read_back_to_the_same,
        each_unit_has_its_label_or_nothing,
        a_file_appears_whole_and_is_counted,
        a_model_is_trained_from_it,
        memory_does_not_grow_with_the_rows,
        what_makes_no_sense_is_refused,
    )
