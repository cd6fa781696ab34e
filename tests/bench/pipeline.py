"""Benchmarks of the whole chain, each beside a yardstick in the same run (DESIGN's budgets).

  pipeline.py throughput   QoS 1 messages a second, full durability, against a subscriber that
                           does nothing; CPU time and bytes written per message; memory
  pipeline.py predictions  the same with a prediction at QoS 1 for every message, against an echo
  pipeline.py latency      last sample in -> alert out at 200 units/s against an echo client, with
                           0 and 20 ms added to every commit. The broker has set_tcp_nodelay:
                           without it both wait for delayed TCP acknowledgements

Runs alternate; medians are printed. Figures are of this machine at this moment: the ratios count.
"""

import os
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


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["throughput", "predictions", "latency"]
    for name in chosen:
        {"throughput": throughput, "predictions": predictions, "latency": latency}[name]()
