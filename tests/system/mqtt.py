"""MQTT 3.1.1 for tests, on plain sockets: the packets, and a small client.

A library hides what these tests are about (when an acknowledgement leaves, what is sent again),
so the bytes are made here. Only what the tests need: CONNECT, SUBSCRIBE, PUBLISH at QoS 0 and 1.
The parts shared with the fake broker (ack_gate.py) also read MQTT 5 packets.
"""

import socket
import struct
import threading
import time

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 10, 11, 12, 13, 14


def varint(n):
    out = bytearray()
    while True:
        n, low = n >> 7, n & 0x7F
        out.append(low | (0x80 if n else 0))
        if not n:
            return bytes(out)


def text(s):
    b = s if isinstance(s, bytes) else s.encode()
    return struct.pack(">H", len(b)) + b


def packet(kind, flags, body):
    return bytes([kind << 4 | flags]) + varint(len(body)) + body


def publish_packet(topic, payload, qos=0, packet_id=0, retain=False, dup=False, v5=False):
    body = text(topic)
    if qos:
        body += struct.pack(">H", packet_id)
    if v5:
        body += b"\0"  # no properties
    return packet(PUBLISH, (8 if dup else 0) | qos << 1 | (1 if retain else 0), body + payload)


class Stream:
    """Packets out of a socket."""

    def __init__(self, sock):
        self.sock, self.data = sock, bytearray()

    def _need(self, n):
        while len(self.data) < n:
            chunk = self.sock.recv(1 << 18)
            if not chunk:
                raise EOFError("connection closed")
            self.data += chunk

    def packet(self):
        """(kind, flags, body)"""
        self._need(2)
        length, shift, at = 0, 0, 1
        while True:
            self._need(at + 1)
            length |= (self.data[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not self.data[at - 1] & 0x80:
                break
        self._need(at + length)
        head, body = self.data[0], bytes(self.data[at : at + length])
        del self.data[: at + length]
        return head >> 4, head & 15, body


def parse_publish(flags, body):
    """(topic, payload, qos, packet id, retain) of a 3.1.1 PUBLISH"""
    n = struct.unpack_from(">H", body)[0]
    topic, at, packet_id = body[2 : 2 + n].decode(), 2 + n, 0
    qos = flags >> 1 & 3
    if qos:
        packet_id = struct.unpack_from(">H", body, at)[0]
        at += 2
    return topic, body[at:], qos, packet_id, bool(flags & 1)


class Client:
    """A client with a reader thread. Received messages are kept as (topic, payload, retain,
    time), their QoS in `qos`, and acknowledged at once; `publish` keeps at most `window` messages
    unacknowledged."""

    def __init__(self, port, client_id, clean=True, window=1000, host="127.0.0.1"):
        self.sock = socket.create_connection((host, port), timeout=30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(None)
        self.messages, self.qos, self.window = [], [], window
        self.changed = threading.Condition()
        self.unconfirmed, self.next_id, self.granted, self.closed = 0, 1, 0, False
        self.out = bytearray()
        self.sending = threading.Lock()
        body = text("MQTT") + bytes([4, 2 if clean else 0]) + struct.pack(">H", 0)
        self.sock.sendall(packet(CONNECT, 0, body + text(client_id)))
        self.stream = Stream(self.sock)
        kind, _, body = self.stream.packet()
        if kind != CONNACK or body[1]:
            raise ConnectionError(f"CONNACK {body!r}")
        self.session_present = bool(body[0] & 1)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _send(self, data):
        with self.sending:
            self.sock.sendall(data)

    def _read(self):
        try:
            while True:
                kind, flags, body = self.stream.packet()
                if kind == PUBLISH:
                    topic, payload, qos, packet_id, retain = parse_publish(flags, body)
                    if qos:
                        self._send(packet(PUBACK, 0, struct.pack(">H", packet_id)))
                    with self.changed:
                        self.qos.append(qos)
                        self.messages.append((topic, payload, retain, time.time()))
                        self.changed.notify_all()
                elif kind == PUBACK:
                    with self.changed:
                        self.unconfirmed -= 1
                        self.changed.notify_all()
                elif kind == SUBACK:
                    with self.changed:
                        self.granted += 1
                        self.changed.notify_all()
        except (EOFError, OSError):
            with self.changed:
                self.closed = True
                self.changed.notify_all()

    def subscribe(self, *filters, qos=1):
        for f in filters:
            body = struct.pack(">H", self._id()) + text(f) + bytes([qos])
            want = self.granted + 1
            self._send(packet(SUBSCRIBE, 2, body))
            self.wait(lambda: self.granted >= want, 10, f"SUBACK for {f}")

    def _id(self):
        n, self.next_id = self.next_id, self.next_id % 65535 + 1
        return n

    def publish(self, topic, payload, qos=1, retain=False):
        """Queues one message; it leaves with the others when enough came together."""
        payload = payload if isinstance(payload, bytes) else payload.encode()
        self.out += publish_packet(topic, payload, qos, self._id() if qos else 0, retain)
        if qos:
            with self.changed:
                self.unconfirmed += 1
        if len(self.out) > 16384:
            self.flush()
        if self.unconfirmed >= self.window:
            self.flush()
            self.wait(lambda: self.unconfirmed < self.window, 120, "PUBACKs")

    def flush(self):
        out, self.out = self.out, bytearray()
        if out:
            self._send(out)

    def drain(self, timeout=120):
        """Everything published is acknowledged by the broker."""
        self.flush()
        self.wait(lambda: self.unconfirmed == 0, timeout, "the last PUBACKs")

    def wait(self, condition, timeout, what):
        end = time.monotonic() + timeout
        with self.changed:
            while not condition():
                left = end - time.monotonic()
                if left <= 0 or (self.closed and not condition()):
                    raise TimeoutError(f"waited {timeout} s for {what}")
                self.changed.wait(min(left, 1))

    def close(self):
        try:
            self._send(packet(DISCONNECT, 0, b""))
        except OSError:
            pass
        self.sock.close()
