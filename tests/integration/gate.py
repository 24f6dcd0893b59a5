"""A TCP relay in front of a port, in which things go wrong when a test says so."""
import itertools
import socket
import struct
import threading


class Gate:
    """It can cut what runs through it, let it hang, refuse connections, or let only a part of each answer through."""

    def __init__(self, case, port, listening=True):
        self.port_behind = port
        # Without listening the port is taken, so nobody else gets it, and connections to it are refused.
        self.server = socket.socket()
        self.server.bind(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.lock = threading.Lock()
        self.pairs = []
        self.swallowing = False
        self.refusing = False
        self.shares = None  # in turn, of the answers that get through before their connection is cut
        self.accepted = 0
        self.refused = 0
        self.halved = 0
        case.addCleanup(self.close)
        if listening:
            self.listen()

    def uri(self):
        # Direct: else the driver would learn the server's own address and go round the gate.
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def listen(self):
        self.server.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                front = self.server.accept()[0]
                if self.refusing:
                    self.refused += 1
                    self.reset(front)
                    front.close()
                    continue
                back = socket.create_connection(("127.0.0.1", self.port_behind))
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                self.pairs.append((front, back))
            threading.Thread(target=self.pump, args=(front, back, False), daemon=True).start()
            threading.Thread(target=self.pump, args=(back, front, True), daemon=True).start()

    def pump(self, source, target, answers):
        try:
            while data := source.recv(65536):
                shares = self.shares
                if answers and shares:
                    self.halved += 1
                    target.sendall(data[:int(len(data) * next(shares))])
                    # An orderly end, so that what was let through is read before it.
                    target.shutdown(socket.SHUT_WR)
                    self.reset(source)
                    return
                if not self.swallowing:
                    target.sendall(data)
        except OSError:
            pass
        # An end is passed on, but not out of a network that swallows everything.
        if not self.swallowing:
            self.reset(source)
            self.reset(target)

    @staticmethod
    def reset(connection):
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def cut(self):
        """Ends every connection; how many there were."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for front, back in pairs:
            for connection in (front, back):
                self.reset(connection)
                connection.close()
        return len(pairs)

    def swallow(self, on=True):
        """Half-open: connections stand and are accepted, and nothing comes through."""
        self.swallowing = on

    def refuse(self, on=True):
        """The server is gone: what is connected is cut, and every new connection is reset."""
        self.refusing = on
        if on:
            self.cut()

    def halve(self, *shares):
        """Of each answer only a share gets through, these (0 <= share < 1) in turn, then its connection ends.
        Without shares all get through again."""
        self.shares = itertools.cycle(shares) if shares else None

    def close(self):
        self.server.close()
        self.cut()
