"""A broker made of plain sockets, for what a real one cannot be made to do: break off at a chosen
moment, send again, refuse, speak MQTT 3.1.1 only. It keeps what it is sent and answers politely
unless told otherwise."""

import socket
import struct
import threading

import harness
import mqtt


class FakeBroker:
    def __init__(self, versions=(4, 5), granted=1, session_present=False):
        self.versions, self.granted, self.session_present = versions, granted, session_present
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.changed = threading.Condition()
        self.connects = []  # (client id, version)
        self.filters = []  # asked for by the intake
        self.published = []  # (topic, payload) from either
        self.acknowledged = []  # packet ids, from the intake
        self.on_acknowledged = lambda: None
        self.seen_at_acknowledgement = {}  # packet id: what on_acknowledged said then
        self.marker_returns = self.confirms = True
        self.intake, self.version, self.answered = None, 0, 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.server.close()
        self.drop()

    def drop(self):
        """Breaks the intake's connection off."""
        sock, self.intake = self.intake, None
        if sock and sock.fileno() >= 0:
            sock.shutdown(socket.SHUT_RDWR)

    def wait(self, condition, timeout, what):
        return harness.wait_for(condition, timeout, what)

    def wait_subscribed(self, times=1):
        self.wait(lambda: self.intake and self.answered >= times, 15, "subscriptions")

    def send(self, topic, payload, packet_id, dup=False):
        self.intake.sendall(
            mqtt.publish_packet(topic, payload, 1, packet_id, dup=dup, v5=self.version == 5))

    def last(self, ending):
        found = [p for t, p in list(self.published) if t.endswith(ending)]
        return found[-1] if found else b""

    def _accept(self):
        while True:
            try:
                sock, _ = self.server.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            self._talk(sock, mqtt.Stream(sock))
        except (EOFError, OSError):
            pass
        finally:
            sock.close()

    def _talk(self, sock, stream):
        _, _, body = stream.packet()
        version, at = body[6], 10
        v5 = version == 5
        if v5:
            at += 1 + body[10]
        name = body[at + 2 : at + 2 + struct.unpack_from(">H", body, at)[0]].decode()
        self.connects.append((name, version))
        if version not in self.versions:
            return
        is_intake = name.endswith("-in")
        present = int(is_intake and self.session_present)
        if is_intake:
            self.intake, self.version = sock, version
        sock.sendall(mqtt.packet(mqtt.CONNACK, 0, bytes([present, 0]) + (b"\0" if v5 else b"")))
        while True:
            self._handle(sock, is_intake, v5, *stream.packet())

    def _handle(self, sock, is_intake, v5, kind, flags, body):
        none = b"\0" if v5 else b""
        if kind == mqtt.SUBSCRIBE:
            filters = self._filters(body, v5)
            self.filters += filters
            sock.sendall(mqtt.packet(
                mqtt.SUBACK, 0, body[:2] + none + bytes([self.granted]) * len(filters)))
            self.answered += 1
        elif kind == mqtt.UNSUBSCRIBE:
            sock.sendall(mqtt.packet(mqtt.UNSUBACK, 0, body[:2] + none + none))
        elif kind == mqtt.PINGREQ:
            sock.sendall(mqtt.packet(mqtt.PINGRESP, 0, b""))
        elif kind == mqtt.PUBACK and is_intake:
            packet_id = struct.unpack_from(">H", body)[0]
            self.seen_at_acknowledgement[packet_id] = self.on_acknowledged()
            self.acknowledged.append(packet_id)
        elif kind == mqtt.PUBLISH:
            topic, rest, qos, packet_id, _ = mqtt.parse_publish(flags, body)
            payload = rest[1 + rest[0] :] if v5 else rest
            self.published.append((topic, payload))
            if qos and self.confirms:
                sock.sendall(mqtt.packet(mqtt.PUBACK, 0, struct.pack(">H", packet_id)))
            if is_intake and self.marker_returns and topic.endswith("/marker"):
                sock.sendall(mqtt.publish_packet(topic, payload, 1, 60000, v5=v5))

    def _filters(self, body, v5):
        at, found = 2 + (1 + body[2] if v5 else 0), []
        while at < len(body):
            n = struct.unpack_from(">H", body, at)[0]
            found.append(body[at + 2 : at + 2 + n].decode())
            at += 2 + n + 1
        return found
