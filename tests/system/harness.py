"""What the system tests share: a private broker, the real daemon, the command line tool.

Everything listens on 127.0.0.1 on a free port and lives in a temporary folder of the test's own;
only processes started here are ended, by pid. Tests are functions; run() prints TAP for meson.
A test whose surroundings are missing raises Skip with the reason.
"""

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
import traceback

import mqtt

SOURCE = os.environ.get("DEFECTD_SOURCE") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("DEFECTD_BUILD") or os.path.join(SOURCE, "build")
DATA = os.environ.get("DEFECTD_DATA") or os.path.join(SOURCE, "../shared/data")
DEFECTD = os.path.join(BUILD, "defectd")
DEFECTCTL = os.path.join(BUILD, "defectctl")


class Skip(Exception):
    pass


def need(path, what):
    if not os.path.exists(path):
        raise Skip(f"{what} is not there ({path})")
    return path


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, timeout, what):
    """The first true value of condition(); TimeoutError naming `what` otherwise."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {timeout} s for {what}")
        time.sleep(0.02)


def write(path, content):
    with open(path, "w") as f:
        f.write(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


class Process:
    def end(self, sig=signal.SIGTERM, timeout=20):
        """Sends the signal and returns the exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(sig)
        return self.wait(timeout)

    def wait(self, timeout=20):
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end within {timeout} s")
        return status

    def kill(self):
        self.end(signal.SIGKILL)

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None


class Broker(Process):
    """A private mosquitto that keeps its queues over restarts."""

    name = "mosquitto"

    def __init__(self, folder, extra=""):
        self.folder, self.port, self.extra, self.process = folder, free_port(), extra, None
        self.program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        need(self.program, "mosquitto")

    def start(self):
        store = os.path.join(self.folder, "broker")
        os.makedirs(store, exist_ok=True)
        conf = write(
            os.path.join(store, "mosquitto.conf"),
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {store}/\nmax_queued_messages 0\n"
            f"autosave_interval 3600\nlog_dest file {store}/log\n"
            # as root, mosquitto would become the user mosquitto, who may not enter our folder
            f"user root\n{self.extra}",
        )
        self.process = subprocess.Popen([self.program, "-c", conf], stderr=subprocess.DEVNULL)
        wait_for(self._answers, 10, "the broker to answer")
        return self

    def _answers(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self, client_id, **how):
        return mqtt.Client(self.port, client_id, **how)


class Daemon(Process):
    """The real daemon on a configuration of the test's."""

    name = "defectd"

    def __init__(self, config, env=None, preload=None):
        self.config, self.process = config, None
        self.env = dict(os.environ, **(env or {}))
        self.log = os.path.join(os.path.dirname(config), "defectd.log")
        if preload:
            # a sanitised daemon wants its runtime first; the order does not matter to the shims
            self.env["ASAN_OPTIONS"] = "verify_asan_link_order=0"
            self.env["LD_PRELOAD"] = preload

    def start(self):
        self.process = subprocess.Popen(
            [need(DEFECTD, "defectd"), "--config", self.config],
            stdout=subprocess.DEVNULL,
            stderr=open(self.log, "ab"),
            env=self.env,
        )
        return self

    def log_text(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def wait_log(self, words, timeout=20):
        wait_for(lambda: words in self.log_text(), timeout, f'"{words}" in the log of defectd')

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Site:
    """A gateway in a temporary folder: broker, configuration, daemon. Use with `with`."""

    def __init__(self, lines, instance="gw-test", gateway=None, broker_extra="", start_broker=True):
        self.folder = tempfile.mkdtemp(prefix="defectd-test-")
        self.instance = instance
        self.broker = Broker(self.folder, broker_extra)
        if start_broker:
            self.broker.start()
        self.state = os.path.join(self.folder, "state")
        self.db = os.path.join(self.state, "defectd.db")
        os.makedirs(os.path.join(self.folder, "lines.d"))
        os.makedirs(os.path.join(self.state, "models"))
        config = {
            "instance": instance,
            "broker": {"host": "127.0.0.1", "port": self.broker.port},
            "state_dir": self.state,
        }
        for key, value in (gateway or {}).items():
            config[key] = dict(config[key], **value) if isinstance(config.get(key), dict) else value
        self.config = write(os.path.join(self.folder, "defectd.json"), config)
        for line in lines:
            write(os.path.join(self.folder, "lines.d", line["line"] + ".json"), line)
        self.daemon = Daemon(self.config)
        self.clients = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for client in self.clients:
            client.close()
        for process in (self.daemon, self.broker):
            if process.alive:
                process.kill()
        if kind and os.path.exists(self.daemon.log):
            lines = self.daemon.log_text().splitlines()[-40:]
            print("\n".join("# defectd: " + line for line in lines))
        if not (kind and os.environ.get("DEFECTD_KEEP")):
            shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, client_id, *filters, **how):
        client = self.broker.client(client_id, **how)
        self.clients.append(client)
        if filters:
            client.subscribe(*filters)
        return client

    def model(self, path, name):
        shutil.copy(path, os.path.join(self.state, "models", name))

    def status(self, timeout=20, state="online"):
        """Waits until the gateway's retained status says so."""
        topic = f"defectd/{self.instance}/status"

        def says():
            try:
                client = self.broker.client("status-reader")
            except OSError:
                return None
            try:
                client.subscribe(topic)
                client.wait(lambda: client.messages, 2, "status")
                found = json.loads(client.messages[-1][1])
                return found if found["state"] == state else None
            except TimeoutError:
                return None
            finally:
                client.close()

        return wait_for(says, timeout, f"{topic} to say {state}")

    def sql(self, query, *args):
        connection = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(query, args).fetchall()
        finally:
            connection.close()

    def rows(self, line):
        """unit_<line> as {unit: {column: value}}; fails when a unit has two rows."""
        connection = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            found = {}
            for row in connection.execute(f'SELECT * FROM "unit_{line.replace("-", "_")}"'):
                assert row["unit"] not in found, f"two rows of unit {row['unit']}"
                found[row["unit"]] = dict(row)
            return found
        finally:
            connection.close()

    def count(self, line):
        try:
            return self.sql(f'SELECT count(*) FROM "unit_{line.replace("-", "_")}"')[0][0]
        except sqlite3.OperationalError:
            return 0


def ctl(*arguments, config=None, check=True, env=None, timeout=300):
    """Runs defectctl; (exit status, stdout, stderr)."""
    head = [need(DEFECTCTL, "defectctl")] + (["--config", config] if config else [])
    done = subprocess.run(
        head + [str(a) for a in arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=dict(os.environ, **(env or {})),
    )
    if check and done.returncode != 0:
        raise AssertionError(f"defectctl {' '.join(map(str, arguments))}: {done.returncode}\n{done.stderr}")
    return done.returncode, done.stdout, done.stderr


def interrupted(*_):
    raise KeyboardInterrupt("ended from outside")


def run(*tests):
    """Runs the tests and prints TAP; names are the functions' own, read as sentences."""
    signal.signal(signal.SIGTERM, interrupted)  # a time limit: brokers and daemons must not stay
    print(f"1..{len(tests)}", flush=True)
    failed = False
    for number, test in enumerate(tests, 1):
        name, begun = test.__name__.replace("_", " "), time.monotonic()
        try:
            test()
            print(f"ok {number} - {name}", flush=True)
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}", flush=True)
        except BaseException as why:
            failed = True
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            print(f"not ok {number} - {name}", flush=True)
            if isinstance(why, KeyboardInterrupt):
                break
        print(f"# {time.monotonic() - begun:.1f} s", flush=True)
    sys.exit(1 if failed else 0)
