"""TLS to the broker: a real mosquitto with certificates made here, and everything that can be wrong
with them, each in words that say what to mend."""

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import warnings

sys.path.insert(0, os.path.dirname(__file__))
import ack_gate
import durability
import fake_broker
import harness
import milling
import pki
import tls_proxy

LINE = "press-3"


def line():
    return {
        "line": LINE,
        "sources": {"s": {"topic": "p3/{unit}", "fields": {"x": "/x", "y": "/y"}}},
        "features": [{"name": "x", "from": "s.x"}, {"name": "y", "from": "s.y"}],
        "decide": {"alert_on": ["not_scored"]},
    }


@contextlib.contextmanager
def authority(name="ca"):
    with tempfile.TemporaryDirectory() as folder:
        yield pki.Authority(os.path.join(folder, name))


def listener(port, certificate, *more):
    return "\n".join([f"listener {port} 127.0.0.1", f"certfile {certificate[0]}", f"keyfile {certificate[1]}", *more, ""])


def secured(ca, host="localhost", client=None, more=(), **how):
    """What a Site needs so that the daemon talks TLS and the test's own clients do not."""
    port = harness.free_port()
    tls = {"ca_file": ca.file}
    if client:
        tls.update(cert_file=client[0], key_file=client[1])
    return dict(how, gateway={"broker": {"host": host, "port": port, "tls": tls}},
                broker_extra=listener(port, ca.server(), *more))


def configure(site, **broker):
    """Changes keys of "broker"; what it is then."""
    with open(site.config) as f:
        config = json.load(f)
    config["broker"].update(broker)
    harness.write(site.config, config)
    return config["broker"]


def send(site, first, last, name="sender"):
    sender = site.client(name)
    for n in range(first, last + 1):
        sender.publish(f"p3/U{n}", '{"x":%d,"y":%d}' % (n, -n))
    sender.drain()


def units_go_in_and_alerts_out_over_tls():
    with authority() as ca:
        how = secured(ca, client=ca.client(), more=[f"cafile {ca.file}", "require_certificate true"])
        with harness.Site([line()], **how) as site:
            site.daemon.start()
            site.status()
            assert site.daemon.log_text().count("MQTT 5, TLS") == 2, site.daemon.log_text()
            watcher = site.client("watcher", f"defectd/{site.instance}/{LINE}/alert")
            send(site, 1, 500)
            watcher.wait(lambda: len(watcher.messages) == 500, 20, "500 alerts")
            harness.wait_for(lambda: site.count(LINE) == 500, 20, "500 rows")
            assert all(r["x"] == -r["y"] for r in site.rows(LINE).values())
            assert site.daemon.end() == 0


def the_other_commands_use_the_same_tls():
    with authority() as ca:
        how = secured(ca, host="127.0.0.1", client=ca.client(),
                      more=[f"cafile {ca.file}", "require_certificate true"])
        with harness.Site([line()], **how) as site:
            site.daemon.start()
            site.status()
            recording = os.path.join(site.folder, "all.jsonl")
            recorder = subprocess.Popen(
                [harness.DEFECTCTL, "--config", site.config, "record", "--seconds", "3", "--out", recording],
                stdout=subprocess.DEVNULL)
            time.sleep(1)
            send(site, 1, 20)
            assert recorder.wait(20) == 0
            with open(recording) as f:
                assert f.read().count("p3/U") == 20
            harness.wait_for(lambda: site.count(LINE) == 20, 20, "20 rows")
            _, said, _ = harness.ctl("--json", "status", config=site.config)
            assert '"online"' in said, said
            again = os.path.join(site.folder, "again.jsonl")
            with open(recording) as f, open(again, "w") as g:
                g.write(f.read().replace("p3/U", "p3/V"))
            harness.ctl("play", again, "--speed", "0", config=site.config)
            harness.wait_for(lambda: site.count(LINE) == 40, 20, "40 rows")
            harness.ctl("label", "--line", LINE, "U1", "--defect", config=site.config)
            assert site.sql("SELECT count(*) FROM label") == [(1,)]
            harness.ctl("probe", "--seconds", "1", "--topic", "defectd/#", config=site.config)
            # and refuse what the daemon refuses
            configure(site, tls={})
            status, _, said = harness.ctl("probe", "--seconds", "1", config=site.config, check=False)
            assert status == 1 and "the broker's certificate is not accepted: " in said, said


def killed_again_and_again_behind_tls_nothing_is_lost():
    products = 1500
    with authority() as ca, tempfile.TemporaryDirectory() as folder:
        model = milling.train(folder)
        calm, calm_alerts = durability.pass_through(model, products, 0, 0)
        rough, alerts = durability.pass_through(model, products, 6, 2, **secured(ca))
        durability.compare_rows(calm, rough, "TLS")
        assert alerts == calm_alerts, f"{len(calm_alerts - alerts)} alerts missing"
        print(f"# {len(rough)} rows equal, {len(alerts)} alerts")


def proxied(ca, proxies):
    def through(port):
        proxies.append(tls_proxy.TlsProxy(port, *ca.server()))
        return {"host": "localhost", "port": proxies[-1].port, "tls": {"ca_file": ca.file}}

    return through


def no_message_is_acknowledged_before_its_commit():
    with authority() as ca:
        proxies = []
        acks = ack_gate.acknowledgements("libshim_slowsync.so", through=proxied(ca, proxies))
        early = [n for n, safe in acks if not safe]
        assert sorted(n for n, _ in acks) == list(range(1, ack_gate.MESSAGES + 1)), "each exactly once"
        assert not early, f"acknowledged before the commit: {early}"
        acks = ack_gate.acknowledgements(
            "libshim_slowsync.so", "libshim_nogate.so", through=proxied(ca, proxies))
        assert [n for n, safe in acks if not safe], "without the gate this test sees nothing"
        for proxy in proxies:
            proxy.close()


def what_lies_in_one_record_is_read_to_its_end():
    """The proxy puts hundreds of messages into one record; the daemon must not wait for more to
    come on the socket, with a small window (it pauses in mid-record) no more than with a large."""
    for window in (5000, 3):
        with authority() as ca, harness.Site([line()]) as site:
            proxy = tls_proxy.TlsProxy(site.broker.port, *ca.server())
            configure(site, port=proxy.port, receive_maximum=window, tls={"ca_file": ca.file})
            site.daemon.start()
            site.status()
            for burst in range(5):
                proxy.open.clear()
                send(site, burst * 400 + 1, burst * 400 + 400, f"sender-{burst}")
                proxy.open.set()
                harness.wait_for(
                    lambda: site.count(LINE) == burst * 400 + 400, 15, f"{burst * 400 + 400} rows")
            proxy.close()


def the_broker_is_told_by_which_name_it_was_called():
    """Behind one address there may be several brokers (SNI); an address is no such name."""
    for host, name in (("localhost", "localhost"), ("127.0.0.1", None)):
        with authority() as ca, harness.Site([line()]) as site:
            proxy = tls_proxy.TlsProxy(site.broker.port, *ca.server())
            configure(site, host=host, port=proxy.port, tls={"ca_file": ca.file})
            site.daemon.start()
            site.status()
            assert proxy.names == [name, name], proxy.names
            proxy.close()


def a_broker_that_knows_mqtt_3_1_1_only_is_served_behind_tls():
    """It closes the connection on a CONNECT of MQTT 5, which OpenSSL reports like any trouble."""
    fake = fake_broker.FakeBroker(versions=(4,))
    with authority() as ca:
        proxies = []
        gateway = {"broker": proxied(ca, proxies)(fake.port)}
        with harness.Site([line()], start_broker=False, gateway=gateway) as site:
            site.daemon.start()
            fake.wait_subscribed()
            assert site.daemon.log_text().count("MQTT 3.1.1, TLS") >= 1, site.daemon.log_text()
            fake.send("p3/U1", b'{"x":1,"y":-1}', 1)
            harness.wait_for(lambda: site.count(LINE) == 1, 10, "a row")
            fake.wait(lambda: 1 in fake.acknowledged, 10, "the acknowledgement")
            assert site.daemon.end() == 0
        proxies[0].close()
    fake.close()


def plain_text(server):
    """Answers every connection like a web server that was asked for something strange."""
    while True:
        try:
            sock, _ = server.accept()
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            time.sleep(0.1)
            sock.close()
        except OSError:
            return


def old_tls(certificate, version, ca=None):
    """A server that knows no TLS after `version`, and wants a client certificate of `ca`."""
    warnings.simplefilter("ignore", DeprecationWarning)  # of old versions, which are the point here
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    context.load_cert_chain(*certificate)
    if ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(ca.file)
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                sock, _ = server.accept()
            except OSError:
                return
            try:
                context.wrap_socket(sock, server_side=True).close()
            except OSError:
                sock.close()

    threading.Thread(target=serve, daemon=True).start()
    return server


def wrong(ca, other, folder):
    """name: (host, tls, (port, listener of the broker), what the log must say)"""
    held = [socket.socket() for _ in range(30)]  # so that no port is drawn twice
    for sock in held:
        sock.bind(("127.0.0.1", 0))
    nobody = held.pop()

    def port():
        with held.pop() as sock:
            return sock.getsockname()[1]

    def behind(certificate, *more):
        p = port()
        return p, listener(p, certificate, *more)

    ours, good = {"ca_file": ca.file}, ca.server()
    wants_client = (f"cafile {ca.file}", "require_certificate true")
    expired = ca.server(begin="20200101000000Z", end="20210101000000Z")
    future = ca.server(begin="20400101000000Z", end="20410101000000Z")

    def client(certificate, key=None):
        return dict(ours, cert_file=certificate[0], key_file=key or certificate[1])

    junk = harness.write(os.path.join(folder, "junk.pem"), "no certificate at all\n")
    web = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=plain_text, args=(web,), daemon=True).start()
    tls_1_2 = old_tls(good, ssl.TLSVersion.TLSv1_2, ca)
    tls_1_1 = old_tls(good, ssl.TLSVersion.TLSv1_1)
    cases = {
        "another CA": ("localhost", {"ca_file": other.file}, behind(good),
                       "the broker's certificate is not accepted: unable to get local issuer certificate: "),
        "the system's CAs": ("localhost", {}, behind(good),
                             "the broker's certificate is not accepted: unable to get local issuer certificate: "),
        "expired": ("localhost", ours, behind(expired),
                    "the broker's certificate is not accepted: certificate has expired: /CN=broker ended at "
                    "2021-01-01 00:00 UTC"),
        "not yet valid": ("localhost", ours, behind(future),
                          "certificate is not yet valid: /CN=broker begins at 2040-01-01 00:00 UTC "
                          "(is our clock right?)"),
        "another host": ("localhost", ours, behind(ca.server("DNS:other.plant, DNS:*.example.org")),
                         "the broker's certificate is not accepted: hostname mismatch: it is for other.plant, "
                         '*.example.org, not for "localhost"'),
        "another address": ("127.0.0.1", ours, behind(ca.server("DNS:localhost, IP:10.0.0.7")),
                            "IP address mismatch: it is for localhost, 10.0.0.7, not for \"127.0.0.1\""),
        "no TLS there": ("localhost", ours, (p := port(), f"listener {p} 127.0.0.1\n"),
                         "the broker closed the connection during the TLS handshake; is there TLS on that port?"),
        "a web server": ("localhost", ours, (web.getsockname()[1], ""),
                         "what answers on that port does not speak TLS (wrong version number)"),
        "nobody there": ("127.0.0.1", ours, (nobody.getsockname()[1], ""), "no connection: Connection refused"),
        "no client certificate": ("localhost", ours, behind(good, *wants_client),
                                  "the broker ends TLS (certificate required): it wants a client certificate"),
        "none, TLS 1.2": ("localhost", ours, (tls_1_2.getsockname()[1], ""),
                          "the broker ends TLS (handshake failure): it may want a client certificate, or "
                          "takes none of our ciphers"),
        "TLS 1.1": ("localhost", ours, (tls_1_1.getsockname()[1], ""),
                    "the broker ends TLS (protocol version): it takes no version of TLS from 1.2 on"),
        "client of another CA": ("localhost", client(other.client()), behind(good, *wants_client),
                                 "the broker ends TLS (unknown CA): it does not accept our client certificate"),
        "client expired": ("localhost", client(ca.client(begin="20200101000000Z", end="20210101000000Z")),
                           behind(good, *wants_client),
                           "the broker ends TLS (certificate expired): it does not accept our client certificate"),
        "no file": ("localhost", {"ca_file": os.path.join(folder, "none.pem")}, behind(good),
                    "none.pem: No such file or directory"),
        "junk": ("localhost", {"ca_file": junk}, behind(good),
                 "junk.pem: holds no CA certificate in PEM form (no certificate or crl found)"),
        "another key": ("localhost", client(ca.client(), ca.client()[1]), behind(good),
                        "does not belong to the certificate in"),
    }
    return cases, [web, nobody, tls_1_1, tls_1_2]


def whatever_is_wrong_with_a_certificate_is_said_and_costs_no_cpu():
    """All cases at once: a broker with a listener for each, and a daemon for each."""
    with authority() as ca, authority("other") as other, tempfile.TemporaryDirectory() as folder:
        cases, sockets = wrong(ca, other, folder)
        broker = harness.Broker(folder, "".join(where[1] for _, _, where, _ in cases.values())).start()
        daemons = {}
        try:
            for n, (name, (host, tls, (port, _), _)) in enumerate(cases.items()):
                home = os.path.join(folder, str(n))
                os.makedirs(os.path.join(home, "state"))
                config = harness.write(os.path.join(home, "defectd.json"), {
                    "instance": f"gw-{n}", "state_dir": "state", "lines": [],
                    "broker": {"host": host, "port": port, "tls": tls}})
                daemons[name] = harness.Daemon(config).start()
            for name, (_, _, _, words) in cases.items():
                try:
                    daemons[name].wait_log(words, 30)
                except TimeoutError:
                    raise AssertionError(f"{name}: no \"{words}\" in\n{daemons[name].log_text()}")
            begun = {name: d.cpu_seconds() for name, d in daemons.items()}
            time.sleep(4)
            for name, daemon in daemons.items():
                used = daemon.cpu_seconds() - begun[name]
                assert daemon.alive and used < 1, f"{name}: {used} s of CPU time in 4 s"
                assert "connected to" not in daemon.log_text(), f"{name}: connected all the same"
        finally:
            for daemon in daemons.values():
                daemon.process.terminate()
            ended = {name: daemon.wait() for name, daemon in daemons.items()}
            broker.kill()
            for sock in sockets:
                sock.close()
        assert not any(ended.values()), ended


class Hanging:
    """Three ways of not getting on: TCP never connects; nobody says a word; half a word."""

    def __init__(self):
        self.kept = []
        self.full = self._listen()
        self.full.listen(0)
        for _ in range(8):  # fills the queue: whoever comes now gets no answer to its SYN
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(self.full.getsockname())
            self.kept.append(sock)
        self.silent, self.halting = self._listen(), self._listen()
        for server, words in ((self.silent, b""), (self.halting, b"\x16\x03\x03\x20\x00\x02\x00")):
            server.listen(16)
            threading.Thread(target=self._accept, args=(server, words), daemon=True).start()

    def _listen(self):
        server = socket.socket()
        server.bind(("127.0.0.1", 0))
        return server

    def _accept(self, server, words):
        while True:
            try:
                sock, _ = server.accept()
                self.kept.append(sock)
                sock.sendall(words)
            except OSError:
                return

    def close(self):
        for sock in [self.full, self.silent, self.halting, *self.kept]:
            sock.close()


def while_a_connection_hangs_it_waits_and_gives_up_in_time():
    hanging = Hanging()
    cases = {
        "TCP": (hanging.full, "no connection: no TCP connection within 15 s"),
        "silence": (hanging.silent, "no connection: no TLS handshake within 15 s"),
        "half a word": (hanging.halting, "no connection: no TLS handshake within 15 s"),
    }
    with authority() as ca, contextlib.ExitStack() as stack:
        sites = {}
        for name, (server, _) in cases.items():
            gateway = {"broker": {"port": server.getsockname()[1], "tls": {"ca_file": ca.file}}}
            sites[name] = stack.enter_context(
                harness.Site([line()], gateway=gateway, start_broker=False))
            sites[name].daemon.start()
        for site in sites.values():
            site.daemon.wait_log("version", 20)
        time.sleep(1)
        begun = {name: site.daemon.cpu_seconds() for name, site in sites.items()}
        for name, (_, words) in cases.items():
            sites[name].daemon.wait_log(words, 30)
        for name, site in sites.items():
            used = site.daemon.cpu_seconds() - begun[name]
            assert used < 1, f"{name}: {used} s of CPU time"
            assert site.daemon.end(timeout=10) == 0, f"{name}: no clean stop"
        hanging.close()


def a_new_certificate_of_the_broker_and_a_new_ca_need_no_restart():
    with authority() as ca, authority("other") as other:
        how = secured(ca)
        with harness.Site([line()], **how) as site:
            trusted = os.path.join(site.folder, "trusted.pem")
            shutil.copy(ca.file, trusted)
            # relative to the configuration
            port = configure(site, tls={"ca_file": "trusted.pem"})["port"]
            site.daemon.start()
            site.status()
            send(site, 1, 50)
            site.broker.end()
            site.broker.extra = listener(port, ca.server())
            site.broker.start()
            send(site, 51, 100, "sender2")
            harness.wait_for(lambda: site.count(LINE) == 100, 40, "100 rows")
            site.broker.end()
            site.broker.extra = listener(port, other.server())
            site.broker.start()
            site.daemon.wait_log("the broker's certificate is not accepted", 40)
            send(site, 101, 150, "sender3")
            shutil.copy(other.file, trusted)
            harness.wait_for(lambda: site.count(LINE) == 150, 60, "150 rows")
            site.status(40)
            assert site.daemon.end() == 0


if __name__ == "__main__":
    harness.run(
        units_go_in_and_alerts_out_over_tls,
        the_other_commands_use_the_same_tls,
        killed_again_and_again_behind_tls_nothing_is_lost,
        no_message_is_acknowledged_before_its_commit,
        what_lies_in_one_record_is_read_to_its_end,
        the_broker_is_told_by_which_name_it_was_called,
        a_broker_that_knows_mqtt_3_1_1_only_is_served_behind_tls,
        whatever_is_wrong_with_a_certificate_is_said_and_costs_no_cpu,
        while_a_connection_hangs_it_waits_and_gives_up_in_time,
        a_new_certificate_of_the_broker_and_a_new_ca_need_no_restart,
    )
