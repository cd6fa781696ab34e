"""No PUBACK leaves before the commit: a broker made for this test watches the socket.

The fake broker speaks MQTT 5 to the intake. It sends QoS 1 messages and, for every PUBACK that
comes, looks into the database at once: the message must be in a committed row by then. Commits
are slowed down by a preloaded shim, so that an early acknowledgement has all the time it wants.
The same test with the gate taken out (another shim makes libmosquitto write whenever it likes)
must see early acknowledgements: a test that cannot fail proves nothing.
"""

import os
import socket
import sqlite3
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import harness
import mqtt

SHIMS = os.environ.get("DEFECTD_SHIMS", os.path.join(harness.BUILD, "tests/system"))
MESSAGES = 60


class FakeBroker:
    """Accepts the intake and the outlet; `publish` sends to the intake."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.intake, self.subscribed = None, threading.Event()
        self.acks = []  # (packet id, units with a committed row at that moment)
        self.committed = lambda: set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.server.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        stream, v5, intake = mqtt.Stream(sock), False, False
        try:
            while True:
                kind, flags, body = stream.packet()
                if kind == mqtt.CONNECT:
                    v5 = body[6] == 5
                    intake = self._client_id(body, v5).endswith("-in")
                    if intake:
                        self.intake = sock
                    sock.sendall(mqtt.packet(mqtt.CONNACK, 0, b"\0\0" + (b"\0" if v5 else b"")))
                elif kind == mqtt.SUBSCRIBE:
                    granted = self._count_filters(body, v5)
                    head = body[:2] + (b"\0" if v5 else b"")
                    sock.sendall(mqtt.packet(mqtt.SUBACK, 0, head + b"\1" * granted))
                    self.subscribed.set()
                elif kind == mqtt.UNSUBSCRIBE:
                    sock.sendall(mqtt.packet(mqtt.UNSUBACK, 0, body[:2] + (b"\0\0" if v5 else b"")))
                elif kind == mqtt.PINGREQ:
                    sock.sendall(mqtt.packet(mqtt.PINGRESP, 0, b""))
                elif kind == mqtt.PUBLISH:
                    self._confirm(sock, flags, body, v5, intake)
                elif kind == mqtt.PUBACK and intake:
                    self.acks.append((struct.unpack_from(">H", body)[0], self.committed()))
                elif kind == mqtt.DISCONNECT:
                    return
        except (EOFError, OSError):
            pass

    def _client_id(self, body, v5):
        at = 10
        if v5:
            at += 1 + body[10]  # properties, shorter than 128 bytes
        n = struct.unpack_from(">H", body, at)[0]
        return body[at + 2 : at + 2 + n].decode()

    def _count_filters(self, body, v5):
        at, count = 2 + (1 + body[2] if v5 else 0), 0
        while at < len(body):
            at += 2 + struct.unpack_from(">H", body, at)[0] + 1
            count += 1
        return count

    def _confirm(self, sock, flags, body, v5, intake):
        topic, rest, qos, packet_id, _ = mqtt.parse_publish(flags, body)
        if qos:
            sock.sendall(mqtt.packet(mqtt.PUBACK, 0, struct.pack(">H", packet_id)))
        if intake and topic.endswith("/marker"):  # its own marker comes back to it
            payload = rest[1 + rest[0] :] if v5 else rest
            sock.sendall(mqtt.publish_packet(topic, payload, 1, 60000, v5=v5))

    def publish(self, topic, payload, packet_id):
        self.intake.sendall(mqtt.publish_packet(topic, payload, 1, packet_id, v5=True))

    def close(self):
        self.server.close()


def acknowledgements(*shims, through=None):
    """Sends MESSAGES messages, one unit each; [(packet id, was its unit committed)]. `through` may
    put something between the daemon and the broker on the port given: the "broker" to configure."""
    broker = FakeBroker()
    line = {
        "line": "gate",
        "sources": {"s": {"topic": "gate/{unit}", "fields": {"x": "/x"}}},
        "features": [{"name": "x", "from": "s.x"}],
    }
    preload = ":".join(harness.need(os.path.join(SHIMS, s), "the shim " + s) for s in shims)
    gateway = {"broker": through(broker.port) if through else {"port": broker.port}}
    with harness.Site([line], start_broker=False, gateway=gateway) as site:
        site.daemon = harness.Daemon(site.config, preload=preload, env={"SLOW_SYNC_MS": "50"})
        broker.committed = lambda: units(site.db)
        site.daemon.start()
        try:
            assert broker.subscribed.wait(15), "the daemon did not subscribe"
            for n in range(1, MESSAGES + 1):
                broker.publish(f"gate/U{n}", b'{"x":%d}' % n, n)
                time.sleep(0.005)
            harness.wait_for(
                lambda: len([a for a in broker.acks if a[0] <= MESSAGES]) >= MESSAGES, 30,
                "all acknowledgements")
        finally:
            site.daemon.kill()
            broker.close()
    return [(n, f"U{n}" in seen) for n, seen in broker.acks if n <= MESSAGES]


def units(path):
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    except sqlite3.OperationalError:
        return set()
    try:
        return {u for (u,) in connection.execute("SELECT unit FROM unit_gate")}
    finally:
        connection.close()


def no_message_is_acknowledged_before_its_commit():
    acks = acknowledgements("libshim_slowsync.so")
    early = [n for n, safe in acks if not safe]
    assert sorted(n for n, _ in acks) == list(range(1, MESSAGES + 1)), "each exactly once"
    assert not early, f"acknowledged before the commit: {early}"


def without_the_gate_this_test_sees_early_acknowledgements():
    acks = acknowledgements("libshim_slowsync.so", "libshim_nogate.so")
    early = [n for n, safe in acks if not safe]
    assert early, "the gate was taken out, yet no early acknowledgement was seen"
    print(f"# without the gate {len(early)} of {len(acks)} left early")


if __name__ == "__main__":
    harness.run(
        no_message_is_acknowledged_before_its_commit,
        without_the_gate_this_test_sees_early_acknowledgements,
    )
