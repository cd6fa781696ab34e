"""Benchmark of streams: 200 signals at 10 Hz for an hour of line time, through `defectctl replay`.

Ten units a second enter a station, leave it ten seconds later, and stay open until a last message
comes: 10 s after the enter (100 units are open) or 1,000 s after it (10,000 are). Each unit has a
mean of every signal in its window. Printed: messages a second, resident memory by the minute of
line time, and what a message costs with 10,000 open units against 100. Without --out the messages
go to stdout (here: nowhere); with it, rows and messages are written.

  streams.py [MINUTES]     default: 60
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
import harness
import recordings

MINUTES = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("MINUTES", "60"))
SIGNALS, HZ, UNITS_PER_S = 200, 10, 10
INSIDE_S = 10
EPOCH_MS = 1_767_600_000_000
LINE = "wide-1"


def line():
    return {
        "line": LINE,
        "sources": {
            "in": {"topic": "w/in/{unit}", "time": "/ts"},
            "out": {"topic": "w/out/{unit}", "time": "/ts"},
            "last": {"topic": "w/last/{unit}", "time": "/ts"},
            "s": {"topic": "w/s/{tag}", "time": "/ts", "qos": 0},
        },
        "stations": {"press": {"enter": "in", "exit": "out", "max_dwell": "60s", "reorder": "1s"}},
        "unit": {"deadline": "2h"},
        "features": [{"name": "weight", "from": "last.weight"}]
        + [{"name": f"f{n}", "from": f"s.s{n}", "during": "press", "take": "mean"}
           for n in range(SIGNALS)],
    }


def recording(open_s):
    """The lines of the recording, a text for each tenth of a second of line time, with its time."""
    wait_ms = open_s * 1000
    sample = "".join(
        f'{{"t_ms": %(t)d, "topic": "w/s/s{n}", "qos": 0, "payload": '
        f'"{{\\"value\\": %(v)d.{n}, \\"ts\\": %(t)d}}"}}\n' for n in range(SIGNALS))
    event = '{"t_ms": %d, "topic": "w/%s/U%d", "qos": 1, "payload": "{\\"ts\\": %d%s}"}\n'
    for tick in range(MINUTES * 60 * HZ):
        t = EPOCH_MS + tick * 1000 // HZ
        text = sample % {"t": t, "v": (tick * 7919) % 1000}
        # one unit a tick, since as many enter in a second as there are ticks
        text += event % (t + 1, "in", tick, t + 1, "")
        if tick >= INSIDE_S * UNITS_PER_S:
            text += event % (t + 2, "out", tick - INSIDE_S * UNITS_PER_S, t + 2, "")
        if tick > open_s * UNITS_PER_S:
            gone = tick - open_s * UNITS_PER_S - 1
            text += event % (t + 3, "last", gone, t + 3, ', \\"weight\\": 1.5')
        yield tick, text


def messages_in(open_s):
    ticks = MINUTES * 60 * HZ
    return ticks * (SIGNALS + 1) + max(0, ticks - INSIDE_S * UNITS_PER_S) + max(
        0, ticks - open_s * UNITS_PER_S - 1)


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(next(row for row in f if row.startswith("VmRSS")).split()[1]) / 1024


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(open_s, with_rows):
    """(messages a second, CPU us a message in the second half, {minute: MiB})"""
    with tempfile.TemporaryDirectory(prefix="defectd-bench-") as folder:
        config = recordings.configure(folder, line(), limits={"open_units": 20_000})
        pipe = os.path.join(folder, "recording.jsonl")
        os.mkfifo(pipe)
        arguments = ["--config", config, "replay", "--line", LINE, pipe]
        if with_rows:
            arguments += ["--out", os.path.join(folder, "out")]
        process = subprocess.Popen(
            [harness.need(harness.DEFECTCTL, "defectctl"), *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            memory, half = {}, None
            begun = time.monotonic()
            with open(pipe, "w", buffering=1 << 16) as out:
                for tick, text in recording(open_s):
                    if tick % (60 * HZ) == 0:
                        memory[tick // (60 * HZ)] = resident_mib(process.pid)
                    if half is None and tick >= MINUTES * 30 * HZ:
                        half = cpu_seconds(process.pid)
                    out.write(text)
                out.flush()
                memory[MINUTES] = resident_mib(process.pid)
                second_half = cpu_seconds(process.pid) - half
            took = time.monotonic() - begun
            said = process.communicate(timeout=3600)[1].decode()
        finally:
            process.kill()
        assert process.returncode == 0, said
        count = messages_in(open_s)
        return count / took, second_half / (count / 2) * 1e6, memory


def main():
    print(f"{SIGNALS} signals at {HZ} Hz, {UNITS_PER_S} units a second with {SIGNALS} windows of "
          f"{INSIDE_S} s, {MINUTES} minutes of line time", flush=True)
    cost = {}
    for with_rows in (False, True):
        for open_s in (10, 1000):
            rate, cost[open_s], memory = run(open_s, with_rows)
            later = {m: v for m, v in memory.items() if m * 60 >= open_s + 120}
            shown = ", ".join(f"{m}: {v:.0f}" for m, v in memory.items() if m % 5 == 0 or m < 3)
            print(f"{'with' if with_rows else 'without'} --out, {open_s * UNITS_PER_S:6,} open "
                  f"units: {rate:,.0f} messages/s, {cost[open_s]:.2f} us of CPU time a message; "
                  f"{messages_in(open_s):,} messages")
            print(f"  resident MiB by minute: {shown}")
            if len(later) > 1:
                first = statistics.median(list(later.values())[:3])
                print(f"  from minute {min(later)} on {min(later.values()):.1f} to "
                      f"{max(later.values()):.1f} MiB, growth {memory[MINUTES] - first:+.1f} MiB")
            sys.stdout.flush()
        print(f"  a message with 10,000 open units costs {cost[1000] / cost[10]:.2f} x one with "
              f"100", flush=True)


if __name__ == "__main__":
    main()
