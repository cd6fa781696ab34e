"""The demonstration behind tools/demo: one simulated moulding line through the real daemon."""

import argparse
import csv
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

LINE = "moulding-1"
BUILD = "build-demo"
COLOURS = {"defect": "31;1", "unsure": "33", "not_scored": "35", "pass": "32"}


def paint(text, colour):
    return f"\033[{colour}m{text}\033[0m" if sys.stdout.isatty() and colour else text


def headline(text):
    print("\n" + paint(text, "1"), flush=True)


def program(name):
    return os.path.join(BUILD, name)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Site:
    """The private broker and the daemon in a folder of their own."""

    def __init__(self, folder):
        self.folder, self.port, self.started = folder, free_port(), []
        self.config = os.path.join(folder, "defectd.json")
        self.state = os.path.join(folder, "state")
        for name in ("lines.d", "state/models"):
            os.makedirs(os.path.join(folder, name))

    def path(self, name):
        return os.path.join(self.folder, name)

    def configure(self):
        subprocess.run([program("defectctl"), "simulate", "--line-file", self.path(f"lines.d/{LINE}.json")],
                       check=True, stdout=subprocess.DEVNULL)
        gateway = {"instance": "demo", "broker": {"host": "127.0.0.1", "port": self.port},
                   "state_dir": self.state}
        with open(self.config, "w") as f:
            json.dump(gateway, f, indent=2)

    def start(self, *command, log):
        with open(self.path(log), "ab") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        self.started.append(process)
        return process

    def start_broker(self):
        with open(self.path("mosquitto.conf"), "w") as f:
            f.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        mosquitto = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
        self.start(mosquitto, "-c", self.path("mosquitto.conf"), log="mosquitto.log")
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit(f"The broker did not start; see {self.path('mosquitto.log')}")

    def start_daemon(self):
        """Waits for the retained status to say online."""
        daemon = self.start(program("defectd"), "--config", self.config, log="defectd.log")
        for _ in range(40):
            if daemon.poll() is not None:
                break
            said = subprocess.run(
                ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.port), "-t", "defectd/demo/status",
                 "-C", "1", "-W", "1"], capture_output=True, text=True).stdout
            if said and json.loads(said)["online"]:
                return daemon
        raise SystemExit(f"The daemon did not come up; see {self.path('defectd.log')}")

    def end(self):
        for process in reversed(self.started):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(12)
                except subprocess.TimeoutExpired:
                    process.kill()


def train(site):
    headline("A history of 8,000 parts, and a model trained on it")
    history, model = site.path("history.csv"), os.path.join(site.state, "models", f"{LINE}.onnx")
    subprocess.run([program("defectctl"), "simulate", "--units", "8000", "--seed", "11",
                    "--history", history], check=True)
    subprocess.run([program("defectctl"), "train", "--data", history, "--label", "defect", "--unit", "unit",
                    "--seed", "1", "--out", model], check=True)


class Successor:
    """A second model: tried in the shadow from a third of the parts on, put in use at two thirds."""

    def __init__(self, site, units):
        self.site, self.file = site, site.path("second.onnx")
        self.turns = {units // 3: self.bring, 2 * units // 3: self.promote}
        subprocess.run([program("defectctl"), "train", "--data", site.path("history.csv"), "--label", "defect",
                        "--unit", "unit", "--seed", "2", "--out", self.file],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def model(self, what, *arguments):
        headline(f"{what}: defectctl model {' '.join(os.path.basename(a) for a in arguments)}")
        subprocess.run([program("defectctl"), "--config", self.site.config, "model", *arguments, "--line", LINE],
                       check=True)

    def bring(self):
        self.model("A second model is tried beside the first", "import", self.file)

    def promote(self):
        self.model("It takes over, the line does not stop", "promote", "challenger")

    def at(self, seen):
        if seen in self.turns:
            self.turns.pop(seen)()


class View:
    """Prints predictions and alerts, one line a unit, as mosquitto_sub hands them over."""

    def __init__(self, site, units, successor):
        self.units, self.seen, self.alerts, self.successor = units, 0, set(), successor
        topics = [f"defectd/demo/{LINE}/{kind}" for kind in ("prediction", "alert")]
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(site.port), "-q", "1",
             "-t", topics[0], "-t", topics[1], "-F", "%t %p"],
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        site.started.append(self.process)
        time.sleep(0.3)

    def follow(self, until):
        """Ends when `until` (a process) has ended and all units are seen, or nothing came for 5 s."""
        last = time.monotonic()

        def look(*_):
            if until.poll() is not None and (self.seen >= self.units or time.monotonic() - last > 5):
                self.process.terminate()

        # the process may end after the last message: a look at every message would miss that
        signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
        for line in self.process.stdout:
            last = time.monotonic()
            topic, payload = line.split(" ", 1)
            self.show(topic.rsplit("/", 1)[1], json.loads(payload))
        signal.setitimer(signal.ITIMER_REAL, 0)

    def show(self, kind, m):
        if kind == "alert":
            self.alerts.add(m["alert_id"])
            print(paint(f"  ALERT {m['severity']}: {m['text']}", COLOURS["defect"]), flush=True)
            return
        self.seen += 1
        bar = "#" * round(max(m["p_defect"], 0) * 20)
        note = f"  {m['reason']}" if m["reason"] else ""
        print(f"  {m['unit']}  p {m['p_defect']:6.3f} {bar:20} "
              + paint(f"{m['verdict']:10}", COLOURS[m["verdict"]]) + f" {m['latency_us']:6d} us{note}",
              flush=True)
        self.successor.at(self.seen)


def rows_of(site):
    db = sqlite3.connect(f"file:{os.path.join(site.state, 'defectd.db')}?mode=ro", uri=True)
    try:
        found = db.execute('SELECT unit, verdict, latency_us FROM "unit_moulding_1"').fetchall()
    finally:
        db.close()
    return {unit: (verdict, latency) for unit, verdict, latency in found}


def scores_of(site):
    """(how many rows each model scored, how many the models beside it)"""
    db = sqlite3.connect(f"file:{os.path.join(site.state, 'defectd.db')}?mode=ro", uri=True)
    try:
        rows = db.execute('SELECT count(*) FROM "unit_moulding_1" GROUP BY model ORDER BY min(scored_ms)')
        return [n for n, in rows], db.execute("SELECT count(*) FROM shadow").fetchone()[0]
    finally:
        db.close()


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0


def summary(site, view):
    rows = rows_of(site)
    with open(site.path("truth.csv"), newline="") as f:
        truth = {r["unit"]: r["defect"] == "1" for r in csv.DictReader(f)}
    bad = {u for u in rows if truth[u]}
    called = {u for u, (verdict, _) in rows.items() if verdict == "defect"}
    times = [latency for _, latency in rows.values() if latency is not None]
    headline("Summary")
    print(f"  units in the database   {len(rows)} of {view.units}")
    print(f"  defective in truth      {len(bad)}: {len(bad & called)} found, {len(bad - called)} missed")
    print(f"  false alarms            {len(called - bad)} of {len(rows) - len(bad)} good units")
    print(f"  alerts received         {len(view.alerts)}")
    rows_by_model, shadow = scores_of(site)
    print(f"  scored by each model    {' and '.join(str(n) for n in rows_by_model)}, and {shadow} times in the shadow")
    print(f"  last value to prediction  p50 {percentile(times, .5)} us, p99 {percentile(times, .99)} us")
    print(f"  files                   {site.folder}: state/defectd.db (try: sqlite3), the model in")
    print("                          state/models, defectd.json, lines.d, the logs, history.csv, truth.csv")
    return len(rows) == view.units and len(view.alerts) == len(called)


def explain(site):
    """What an auditor asks: the newest alert, from the database alone."""
    called = [u for u, (verdict, _) in rows_of(site).items() if verdict == "defect"]
    if not called:
        return
    headline(f"Why was {called[-1]} called defective? (defectctl trace)")
    subprocess.run([program("defectctl"), "--config", site.config, "trace", "--line", LINE, called[-1]],
                   check=True)


def play(site, units, rate):
    headline(f"A private broker on port {site.port}, the daemon, and {units} parts at {rate:g} a second")
    site.configure()
    site.start_broker()
    site.start_daemon()
    view = View(site, units, Successor(site, units))
    line = site.start(program("defectctl"), "simulate", "--units", str(units), "--rate", str(rate),
                      "--seed", "13", "--host", "127.0.0.1", "--port", str(site.port),
                      "--truth", site.path("truth.csv"), log="simulate.log")
    try:
        view.follow(line)
    except KeyboardInterrupt:
        line.terminate()
        line.wait()
        view.units = view.seen
        print("\n  stopped")
    return view


def main():
    parser = argparse.ArgumentParser(prog="tools/demo", description=__doc__)
    parser.add_argument("--units", type=int, default=300, help="parts to make (default 300)")
    parser.add_argument("--rate", type=float, default=20, help="parts a second (default 20)")
    args = parser.parse_args()
    site = Site(tempfile.mkdtemp(prefix="defectd-demo-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        train(site)
        view = play(site, args.units, args.rate)
        time.sleep(0.5)
    finally:
        site.end()
    explain(site)
    if not summary(site, view):
        raise SystemExit(f"Something is missing; see the logs in {site.folder}")


if __name__ == "__main__":
    main()
