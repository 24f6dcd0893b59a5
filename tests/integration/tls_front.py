"""TLS in front of a plain port."""
import socket
import ssl
import threading


class TlsFront:
    """Takes TLS connections and passes what is inside to a plain port."""

    def __init__(self, certificate, port):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.with_suffix(".pem"), certificate.with_suffix(".key"))
        self.target = ("127.0.0.1", port)
        self.refused = 0  # handshakes that the client broke off
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            # TLS 1.3 clients judge the certificate after the server's side is done, so the first read tells.
            inner = self.context.wrap_socket(connection, server_side=True)
            first = inner.recv(65536)
        except (ssl.SSLError, OSError):
            self.refused += 1
            connection.close()
            return
        if not first:
            inner.close()
            return
        with inner, socket.create_connection(self.target) as plain:
            plain.sendall(first)
            back = threading.Thread(target=self.copy, args=(plain, inner), daemon=True)
            back.start()
            self.copy(inner, plain)
            back.join()

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            pass
