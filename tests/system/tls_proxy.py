"""TLS in front of a broker made of plain sockets: takes TLS connections and passes on what they
say, a thread for each. Much of what waits goes into one record of TLS, as brokers other than
mosquitto do it."""

import select
import socket
import ssl
import threading

RECORD = 16384


class TlsProxy:
    def __init__(self, port, certificate, key):
        self.upstream = port
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.names = []  # by which the clients called (SNI)
        self.context.sni_callback = lambda sock, name, context: self.names.append(name)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.open = threading.Event()  # cleared: nothing is passed on to the client
        self.open.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.server.close()

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
            client = self.context.wrap_socket(sock, server_side=True)
            broker = socket.create_connection(("127.0.0.1", self.upstream))
        except OSError:
            sock.close()
            return
        try:
            client.setblocking(False)
            self._pass_on(client, broker)
        except OSError:
            pass
        finally:
            client.close()
            broker.close()

    def _pass_on(self, client, broker):
        waiting = bytearray()  # for the client
        while True:
            wants = [client] + ([broker] if len(waiting) < 8 * RECORD else [])
            ready, _, _ = select.select(wants, [client] if waiting and self.open.is_set() else [], [], 0.02)
            if broker in ready:
                data = broker.recv(RECORD)
                if not data:
                    return
                waiting += data
            while waiting and self.open.is_set():
                try:
                    del waiting[: client.send(waiting[:RECORD])]
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    break
            try:
                while data := client.recv(RECORD):
                    broker.sendall(data)
                return
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
