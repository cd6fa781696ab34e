"""Messages in hand: written as a recording, replayed, fed to a broker; rows read and compared.

A message is (t_ms, topic, payload) or (t_ms, topic, payload, retain); payloads are texts. A block
is a list of messages after which the sender may wait as long as it likes: nothing that comes later
belongs to a window that has been left before.
"""

import json
import os
import random
import sqlite3
import threading
import time

import harness
import mqtt

# What differs between runs that saw the same: when and how fast.
OF_THE_RUN = {"scored_ms", "latency_us", "gap_ms", "config"}
CHUNK = 500


def write(path, messages, qos=1):
    """The recording; the number of its messages."""
    count = 0
    with open(path, "w") as f:
        for t_ms, topic, payload, *retain in messages:
            more = ', "retain": 1' if retain and retain[0] else ""
            f.write(
                f'{{"t_ms": {t_ms}, "topic": "{topic}", "qos": {qos}, '
                f'"payload": {json.dumps(payload)}{more}}}\n')
            count += 1
    return count


def configure(folder, line, **gateway):
    """A gateway's folder for replay alone; the path of its configuration."""
    os.makedirs(os.path.join(folder, "lines.d"), exist_ok=True)
    os.makedirs(os.path.join(folder, "state/models"), exist_ok=True)
    harness.write(os.path.join(folder, "lines.d", line["line"] + ".json"), line)
    return harness.write(
        os.path.join(folder, "defectd.json"),
        {"instance": "gw-replay", "state_dir": os.path.join(folder, "state"), **gateway})


def replay(config, line, recording, out, timeout=3600):
    """(rows, counters, database) of `defectctl replay`; rows as Site.rows gives them."""
    _, said, _ = harness.ctl(
        "--json", "replay", "--line", line, "--out", out, recording, config=config, timeout=timeout)
    db = os.path.join(out, "defectd.db")
    return rows(db, line), json.loads(said), db


def rows(db, line):
    """unit_<line> as {unit: {column: value}}; fails when a unit has two rows."""
    found = {}
    for row in select(db, f'SELECT * FROM "unit_{line.replace("-", "_")}"'):
        assert row["unit"] not in found, f"two rows of unit {row['unit']}"
        found[row["unit"]] = dict(row)
    return found


def labelled(db, line):
    """training_<line> as {unit: {column: value}}."""
    table = f'"training_{line.replace("-", "_")}"'
    return {row["unit"]: dict(row) for row in select(db, f"SELECT * FROM {table}")}


def select(db, query):
    connection = sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def is_close(found, expected):
    """Within 1e-9, relative to the larger of the value and 1e-3; other things must be equal."""
    if isinstance(expected, float) and isinstance(found, (int, float)):
        return abs(found - expected) <= 1e-9 * max(abs(expected), 1e-3)
    return found == expected


def wrong_values(found, expected):
    """Sentences on {unit: {feature: value}} against the rows that were found."""
    wrong = []
    for unit, values in expected.items():
        if unit not in found:
            wrong.append(f"unit {unit}: no row")
            continue
        for name, value in values.items():
            if not is_close(found[unit][name], value):
                wrong.append(
                    f"unit {unit}: {name}: found {found[unit][name]!r}, expected {value!r}")
    wrong += [f"unit {unit}: a row of nobody" for unit in found if unit not in expected]
    return wrong


def differing_rows(found, wanted, but=OF_THE_RUN):
    """Sentences on rows that should be the same. `detail` is kept of each 100th pass only, and
    which one that is depends on the order in which units were scored."""
    wrong = [f"unit {unit}: no row" for unit in wanted if unit not in found]
    wrong += [f"unit {unit}: a row of nobody" for unit in found if unit not in wanted]
    for unit, row in wanted.items():
        left_out = but | ({"detail"} if row["verdict"] == "pass" else set())
        for column in row.keys() - left_out if unit in found else ():
            if found[unit][column] != row[column]:
                wrong.append(
                    f"unit {unit}: {column}: found {found[unit][column]!r}, "
                    f"expected {row[column]!r}")
    return wrong


def none_wrong(wrong, what):
    if wrong:
        for sentence in wrong[:20]:
            print(f"# {sentence}")
        raise AssertionError(f"{what}: {len(wrong)} wrong, the first: {wrong[0]}")


def balance(counts):
    """The counter of messages that are neither used nor refused for a reason; 0 when all are."""
    return counts["received"] - counts["used"] - sum(counts.get(r, 0) for r in reasons())


def reasons():
    """The counters of messages that were not used, as the schema of the statistics lists them."""
    with open(os.path.join(harness.SOURCE, "config/schema/stats.schema.json")) as f:
        known = json.load(f)["properties"]
    return [k for k, v in known.items() if v.get("description", "").startswith("Messages not used")]


def publish(site, messages):
    """Everything at full speed, acknowledged by the broker."""
    sender = site.client(f"sender-{len(site.clients)}")
    count = 0
    for _, topic, payload, *retain in messages:
        sender.publish(topic, payload, retain=bool(retain and retain[0]))
        count += 1
    sender.drain()
    return count


class Statistics:
    """Every stats message of the gateway and its lines, over restarts of the broker."""

    def __init__(self, site):
        self.site, self.seen, self.watcher = site, [], None
        self.watch()

    def watch(self):
        if self.watcher:
            self.seen += self.watcher.messages
        self.watcher = self.site.client(
            f"stats-{len(self.site.clients)}", f"defectd/{self.site.instance}/+/stats",
            f"defectd/{self.site.instance}/stats")

    def all(self, ending="/stats"):
        """What was said, in order, nothing that was retained from before."""
        messages = self.seen + list(self.watcher.messages)
        return [json.loads(m[1]) for m in messages if m[0].endswith(ending) and not m[2]]

    def wait(self, line, condition, timeout=60):
        """The newest statistics of a line that fit."""

        def fitting():
            return [s for s in self.all(f"/{line}/stats")[-1:] if condition(s)]

        try:
            return harness.wait_for(fitting, timeout, f"statistics of {line} that fit")[0]
        except TimeoutError:
            print(f"# the last statistics: {self.all(f'/{line}/stats')[-1:]}")
            raise


class Feeder:
    """Publishes the blocks at QoS 1 in a thread. Between two blocks it waits until as many
    troubles have begun as fit to what is sent. When the broker goes away, the messages that it
    has not acknowledged, CHUNK at most, are sent again."""

    def __init__(self, site, blocks, troubles):
        self.site, self.blocks, self.troubles = site, blocks, troubles
        self.begun, self.sent, self.total = 0, 0, sum(len(block) for block in blocks)
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        sender = None
        for block in self.blocks:
            while self.begun < self.troubles * self.sent // self.total:
                time.sleep(0.01)
            for at in range(0, len(block), CHUNK):
                sender = send_chunk(self.site, sender, block[at : at + CHUNK])
                self.sent += len(block[at : at + CHUNK])
        sender.close()

    def trouble_begins(self):
        """Waits until so much is sent that the next trouble is due."""
        due = self.begun * self.total // self.troubles
        harness.wait_for(lambda: self.sent >= due or not self.thread.is_alive(), 600, "the sender")
        self.begun += 1

    def finish(self):
        self.begun = self.troubles
        self.thread.join(1800)
        assert not self.thread.is_alive(), "publishing did not end"
        assert self.sent == self.total, "publishing ended early"


def send_chunk(site, sender, chunk):
    while True:
        try:
            sender = sender or mqtt.Client(site.broker.port, f"feeder-{time.monotonic_ns()}")
            for _, topic, payload, *_ in chunk:
                sender.publish(topic, payload)
            sender.drain(30)
            return sender
        except (OSError, TimeoutError, EOFError):
            sender = None
            time.sleep(0.1)


def granted_so_far(site):
    return site.daemon.log_text().count("subscriptions granted")


def kill_and_start(site, rng):
    """SIGKILL at a random moment: mostly in full work, sometimes while the daemon comes up."""
    if rng.random() < 0.7:
        try:
            harness.wait_for(lambda: granted_so_far(site) > site.granted, 3, "")
        except TimeoutError:
            pass
    time.sleep(rng.uniform(0, 0.3))
    assert site.daemon.alive, "the daemon ended by itself"
    site.daemon.kill()
    site.granted = granted_so_far(site)
    site.daemon.start()


def restart_broker(site, rng, statistics=None):
    site.broker.end()
    time.sleep(rng.uniform(0, 0.5))
    site.broker.start()
    if statistics:
        statistics.watch()


def disturb(site, blocks, kills, restarts=0, seed=1, statistics=None):
    """Feeds the blocks to a running daemon while it is killed and the broker restarted; returns
    when everything is in the broker's hands and the daemon that was started last works."""
    rng = random.Random(seed)
    troubles = ["kill"] * kills + ["restart"] * restarts
    rng.shuffle(troubles)
    site.granted = 0
    feeder = Feeder(site, blocks, len(troubles) + 1)
    for trouble in troubles:
        feeder.trouble_begins()
        time.sleep(rng.uniform(0.02, 0.3))
        if trouble == "kill":
            kill_and_start(site, rng)
        else:
            restart_broker(site, rng, statistics)
    feeder.finish()
    harness.wait_for(lambda: granted_so_far(site) > site.granted, 60, "the last start")


def stop(site):
    """A clean stop, after which the file is whole and nothing waits in it."""
    assert site.daemon.end(timeout=30) == 0, "the daemon did not stop cleanly"
    assert "Sanitizer" not in site.daemon.log_text()
    assert site.sql("PRAGMA integrity_check") == [("ok",)]


def wait_rows(site, line, count, timeout):
    harness.wait_for(lambda: site.count(line) >= count, timeout, f"{count} rows of {line}")


def command_exists(name):
    """Has defectctl this command?"""
    code, _, said = harness.ctl(name, "--no-such-option", check=False)
    return not (code == 64 and "there is no command" in said)
