"""Benchmarks of the whole chain, each beside a yardstick in the same run (DESIGN's budgets).

  pipeline.py throughput   QoS 1 messages a second, full durability, against a subscriber that
                           does nothing; CPU time and bytes written per message; memory
  pipeline.py predictions  the same with a prediction at QoS 1 for every message, against an echo
  pipeline.py latency      last sample in -> alert out at 200 units/s against an echo client, with
                           0 and 20 ms added to every commit. The broker has set_tcp_nodelay:
                           without it both wait for delayed TCP acknowledgements
  pipeline.py memory       resident memory with 50 features and 1,000 open units, and whether it
                           stays where it is while messages go through
  pipeline.py start        start to READY with 1,000,000 unit rows: after a clean stop, and after
                           SIGKILL with 10,000 open units

Runs alternate; medians are printed. Figures are of this machine at this moment: the ratios count.
"""

import os
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
import harness
import milling
import mqtt

BENCH = os.path.join(harness.BUILD, "tests/bench")
RUNS = int(os.environ.get("RUNS", "5"))
UNITS = int(os.environ.get("UNITS", "30000"))
SECONDS = int(os.environ.get("SECONDS", "20"))
LINE = "mill-1"


def program(name):
    return harness.need(os.path.join(BENCH, name), name)


def packets(path, messages):
    """Ready-made PUBLISH packets; the number of them."""
    count = 0
    with open(path, "wb") as f:
        for topic, payload in messages:
            f.write(mqtt.publish_packet(topic, payload, 1, count % 65535 + 1))
            count += 1
    return count


def load(site, path):
    begun = time.monotonic()
    return begun, subprocess.Popen([program("load"), str(site.broker.port), path])


def yardstick(site, kind, topic, count, path):
    """Seconds from the first message sent until the yardstick has had them all."""
    process = subprocess.Popen(
        [program("subscriber"), kind, str(site.broker.port), topic, str(count)],
        stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    begun, sender = load(site, path)
    assert process.stdout.readline() == "done\n"
    took = time.monotonic() - begun
    process.wait()
    sender.wait()
    return took


def io_bytes(pid):
    with open(f"/proc/{pid}/io") as f:
        return int(next(line for line in f if line.startswith("write_bytes")).split()[1])


def resident_mib(pid, key="VmRSS"):
    with open(f"/proc/{pid}/status") as f:
        return int(next(line for line in f if line.startswith(key)).split()[1]) / 1024


def daemon_run(path, units, lines, train, done):
    """(seconds, CPU seconds, bytes written, MiB) of one daemon that takes all messages."""
    with tempfile.TemporaryDirectory() as folder, harness.Site(lines) as site:
        site.model(train(folder), "m.onnx")
        site.daemon.start()
        site.status()
        cpu, written = site.daemon.cpu_seconds(), io_bytes(site.daemon.process.pid)
        finished = done(site, units)
        begun, sender = load(site, path)
        finished()
        took = time.monotonic() - begun
        sender.wait()
        pid = site.daemon.process.pid
        found = (took, site.daemon.cpu_seconds() - cpu, io_bytes(pid) - written, resident_mib(pid))
        assert site.daemon.end() == 0
        assert site.count(lines[0]["line"]) == units
        return found


def all_rows(site, units):
    return lambda: harness.wait_for(
        lambda: site.count(site_line(site)) >= units, 300, "all rows")


def site_line(site):
    return os.listdir(os.path.join(site.folder, "lines.d"))[0][:-5]


def report(name, yard, own, count):
    rate = [count / t for t in yard]
    mine = [count / r[0] for r in own]
    ratio = statistics.median(mine) / statistics.median(rate)
    print(f"{name}: {statistics.median(mine):,.0f} messages/s, yardstick {statistics.median(rate):,.0f}, "
          f"ratio {ratio:.2f} (runs {', '.join(f'{m / y:.2f}' for m, y in zip(mine, rate))})")
    print(f"  CPU {statistics.median(r[1] for r in own) / count * 1e5:.2f} s per 100,000 messages, "
          f"{statistics.median(r[2] for r in own) / count:.0f} bytes written per message, "
          f"resident {statistics.median(r[3] for r in own):.1f} MiB", flush=True)


def throughput():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "packets")
        count = packets(path, milling.messages(milling.made_up(UNITS)))
        lines = [milling.line(LINE, model="m.onnx")]
        yard, own = [], []
        for _ in range(RUNS):
            with harness.Site(lines) as site:
                yard.append(yardstick(site, "noop", "mill/#", count, path))
            own.append(daemon_run(path, UNITS, lines, milling.train, all_rows))
        report("throughput, 7 messages a unit", yard, own, count)


def tiny_line(source, **decide):
    return {
        "line": "ping",
        "model": "m.onnx",
        "sources": {"s": source},
        "features": [{"name": "a", "from": "s.a"}, {"name": "b", "from": "s.b"}],
        "decide": decide,
    }


def tiny_model(folder):
    path, out = os.path.join(folder, "tiny.csv"), os.path.join(folder, "tiny.onnx")
    with open(path, "w") as f:
        f.write("a,b,bad\n")
        for n in range(400):
            f.write(f"{n % 20},{n % 7},{int(n % 20 + n % 7 > 18)}\n")
    harness.ctl("train", "--data", path, "--label", "bad", "--out", out)
    return out


def predictions():
    count = UNITS
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "packets")
        packets(path, ((f"ping/U{n}", b'{"a":%d,"b":1.5}' % (n % 20)) for n in range(count)))
        line = tiny_line({"topic": "ping/{unit}"}, prediction_qos=1)
        yard, own = [], []
        for _ in range(RUNS):
            with harness.Site([line]) as site:
                listener = site.client("listener", "echo/#")
                echo = subprocess.Popen(
                    [program("subscriber"), "echo", str(site.broker.port), "ping/#", "0"],
                    stdout=subprocess.PIPE, text=True)
                assert echo.stdout.readline() == "ready\n"
                begun, sender = load(site, path)
                listener.wait(lambda: len(listener.messages) >= count, 300, "all echoes")
                yard.append(time.monotonic() - begun)
                sender.wait()
                echo.kill()
                echo.wait()
            own.append(daemon_run(path, count, [line], tiny_model, all_predictions))
        report("a prediction at QoS 1 for every message (yardstick: echo)", yard, own, count)


def all_predictions(site, units):
    listener = site.client("listener", f"defectd/{site.instance}/ping/prediction")
    return lambda: listener.wait(lambda: len(listener.messages) >= units, 300, "all predictions")


def latency():
    line = tiny_line({"topic": "ping/{unit}/{tag}"}, threshold=0.0)
    for added in (0, 20):
        with tempfile.TemporaryDirectory() as folder, harness.Site([line], broker_extra="set_tcp_nodelay true\n") as site:
            site.model(tiny_model(folder), "m.onnx")
            shim = harness.need(os.path.join(harness.BUILD, "tests/system/libshim_slowsync.so"), "the shim")
            site.daemon = harness.Daemon(site.config, preload=shim, env={"SLOW_SYNC_MS": str(added)})
            site.daemon.start()
            site.status()
            echo = subprocess.Popen(
                [program("subscriber"), "echo", str(site.broker.port), "e/in", "0"],
                stdout=subprocess.PIPE, text=True)
            assert echo.stdout.readline() == "ready\n"
            out = subprocess.run(
                [program("ping"), str(site.broker.port), str(SECONDS), "200", "e/in",
                 f"defectd/{site.instance}/ping/alert"], capture_output=True, text=True, check=True).stdout
            echo.kill()
            echo.wait()
            lines = {row.split()[0]: [float(v) for v in row.split()[1:]] for row in out.splitlines()}
            ratio = lines["alert"][3] / lines["echo"][3]
            print(f"alert latency at 200 units/s, {added} ms added to every sync: p50 {lines['alert'][1]:.0f}, "
                  f"p99 {lines['alert'][3]:.0f} us; echo p50 {lines['echo'][1]:.0f}, p99 {lines['echo'][3]:.0f} us; "
                  f"p99 ratio {ratio:.2f} ({lines['alert'][0]:.0f} alerts)", flush=True)


def wide_line():
    """50 features of two sources; a unit is two messages."""
    names = [f"f{n:02d}" for n in range(50)]
    return {
        "line": "wide",
        "model": "m.onnx",
        "sources": {"a": {"topic": "wide/{unit}/a", "time": "/ts"}, "b": {"topic": "wide/{unit}/b", "time": "/ts"}},
        "features": [{"name": n, "from": ("a." if n < "f25" else "b.") + n} for n in names],
        "unit": {"deadline": "1h"},
    }


def wide_model(folder):
    path, out = os.path.join(folder, "wide.csv"), os.path.join(folder, "wide.onnx")
    rng = random.Random(1)
    with open(path, "w") as f:
        f.write(",".join(f"f{n:02d}" for n in range(50)) + ",bad\n")
        for _ in range(2000):
            row = [rng.gauss(0, 1) for _ in range(50)]
            f.write(",".join(f"{v:.3f}" for v in row) + f",{int(row[0] + row[30] > 1.5)}\n")
    harness.ctl("train", "--data", path, "--label", "bad", "--out", out)
    return out


def wide_message(unit, half):
    first = 0 if half == "a" else 25
    values = ",".join(f'"f{n:02d}":{n}.125' for n in range(first, first + 25))
    return f"wide/{unit}/{half}", f'{{"ts":{milling.EPOCH_MS},{values}}}'.encode()


def memory():
    with tempfile.TemporaryDirectory() as folder, harness.Site([wide_line()]) as site:
        site.model(wide_model(folder), "m.onnx")
        site.daemon.start()
        site.status()
        pid = site.daemon.process.pid
        print(f"resident after the start {resident_mib(pid):.1f} MiB")
        sender = site.client("sender")
        for n in range(1000):
            sender.publish(*wide_message(f"open{n}", "a"))
        sender.drain()
        time.sleep(2)
        print(f"with 50 features and 1,000 open units {resident_mib(pid):.1f} MiB")
        for round_number in range(5):
            for n in range(UNITS):
                sender.publish(*wide_message(f"r{round_number}u{n}", "a"))
                sender.publish(*wide_message(f"r{round_number}u{n}", "b"))
            sender.drain()
            harness.wait_for(lambda: site.count("wide") >= (round_number + 1) * UNITS, 120, "rows")
            print(f"after {(round_number + 1) * 2 * UNITS:,} messages more {resident_mib(pid):.1f} MiB", flush=True)


def ready_after(site):
    """Seconds from exec to READY=1."""
    path = os.path.join(site.folder, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(60)
        site.daemon.env["NOTIFY_SOCKET"] = path
        begun = time.monotonic()
        site.daemon.start()
        while b"READY=1" not in s.recv(4096):
            pass
        took = time.monotonic() - begun
    os.remove(path)
    return took


def start():
    with harness.Site([wide_line()]) as site:
        site.daemon.start()
        site.status()
        sender = site.client("sender")
        sender.publish(*wide_message("first", "a"))
        sender.publish(*wide_message("first", "b"))
        sender.drain()
        harness.wait_for(lambda: site.count("wide") == 1, 20, "a row")
        site.daemon.end()
        db = sqlite3.connect(site.db)
        names = [c[1] for c in db.execute("PRAGMA table_info(unit_wide)") if c[1] not in ("unit", "started_ms")]
        columns = ",".join(f'"{n}"' for n in names)
        db.execute(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
                   f"INSERT INTO unit_wide(unit, started_ms, {columns}) SELECT 'P' || i, i, {columns} "
                   f"FROM n, (SELECT * FROM unit_wide LIMIT 1)")
        db.commit()
        db.close()
        clean = []
        for _ in range(RUNS):
            clean.append(ready_after(site))
            site.status()
            assert site.daemon.end() == 0
        killed = []
        for run in range(RUNS):
            ready_after(site)
            site.status()
            for n in range(10000):
                sender.publish(*wide_message(f"k{run}u{n}", "a"))
            sender.drain()
            time.sleep(1)
            site.daemon.kill()
            killed.append(ready_after(site))
            site.daemon.end()
        print(f"start to READY with 1,000,000 unit rows: after a clean stop {statistics.median(clean) * 1e3:.0f} ms, "
              f"after SIGKILL with 10,000 open units {statistics.median(killed) * 1e3:.0f} ms (medians of {RUNS})")


ALL = {"throughput": throughput, "predictions": predictions, "latency": latency, "memory": memory, "start": start}

if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        ALL[name]()
