"""`event-exporter status` and `top`: what a running exporter says of itself, in a terminal and without one."""
import errno
import fcntl
import http.server
import json
import os
import pty
import select
import signal
import socket
import struct
import termios
import threading
import time

from support import BINARY, ENVIRONMENT, PATIENCE, Exporter, IntegrationTest, LabSink, main, wait_until

SCREEN_ON, SCREEN_OFF = "\x1b[?1049h", "\x1b[?1049l"
STATUS = {"version": "1", "commit": "c", "state": "idle", "summary": "Everything is delivered", "ready": True}


class Answering:
    """An exporter's /status, with an answer that the test chooses; None: it answers that it cannot."""

    def __init__(self, case):
        self.answer = dict(STATUS)
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = b"" if test.answer is None else json.dumps(test.answer).encode()
                self.send_response(503 if test.answer is None else 200 if self.path == "/status" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        case.addCleanup(thread.join)
        case.addCleanup(server.server_close)
        case.addCleanup(server.shutdown)


class OnATerminal:
    """The program as the leader of a terminal's session, as a shell would start it."""

    def __init__(self, case, *arguments, rows=40, columns=100):
        self.case = case
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execve(BINARY, [BINARY, *map(str, arguments)],
                          {**ENVIRONMENT, "TERM": "xterm", "LANG": "C.UTF-8"})
            finally:
                os._exit(127)
        self.text = ""
        self.code = None
        case.addCleanup(self.end)

    def end(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def read(self):
        """Takes what is there; False at the end."""
        if not select.select([self.terminal], [], [], 0.05)[0]:
            return True
        try:
            part = os.read(self.terminal, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # how Linux reports that nobody has the terminal open any more
                raise
            return False
        self.text += part.decode(errors="replace")
        return bool(part)

    def wait_for(self, what):
        """Until it is on the terminal, in what was written since the last call; that is returned."""
        def there():
            self.read()
            return what in self.text
        wait_until(there, f"{what!r}", every=0)
        text, self.text = self.text, ""
        return text

    def type(self, keys):
        os.write(self.terminal, keys)

    def resize(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def settings(self):
        return termios.tcgetattr(self.terminal)

    def wait(self):
        """The exit code, and everything written until then."""
        deadline = time.monotonic() + 20 * PATIENCE
        while self.read():
            self.case.assertLess(time.monotonic(), deadline, self.text)
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code, self.text


class Status(IntegrationTest):
    def status(self, exporter, *arguments):
        return self.run_binary("status", "--url", exporter.url(""), *arguments)

    def test_of_an_exporter_that_delivers(self):
        self.generate(20)
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url))
        wait_until(lambda: self.status(exporter).returncode == 0 and "20 delivered" in self.status(exporter).stdout,
                   "ready, and all delivered")
        shown = self.status(exporter, "--verbose").stdout
        self.assertRegex(shown, r"(?m)^event-exporter \S+ \(\S+\), up .* READY$")
        self.assertIn(f"sink      {sink.url}/events: open", shown)
        self.assertIn("position  sqlite ", shown)
        self.assertRegex(shown, r"(?m)^exporter\.sink\.timeout = ")
        self.assertNotIn("\x1b", shown)
        done = self.status(exporter, "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["totals"]["delivered"]), (0, 20))
        port = exporter.url("").rsplit(":", 1)[1]
        self.assertEqual(self.run_binary("status", "--metrics-port", port).returncode, 0)
        blocks = self.run_binary("top", "--metrics-port", port, "--count", 3, "--interval", "100ms")
        self.assertEqual(blocks.returncode, 0, blocks.stderr)
        self.assertEqual(blocks.stdout.count("20 delivered"), 3, blocks.stdout)
        self.assertNotIn("\x1b", blocks.stdout)
        on_terminal = OnATerminal(self, "top", "--metrics-port", port)
        on_terminal.wait_for("20 delivered")
        on_terminal.type(b"q")
        self.assertEqual(on_terminal.wait()[0], 0)
        exporter.stop()

    def test_of_one_whose_sink_is_down_is_an_error(self):
        self.generate(20)
        exporter = Exporter(self, self.config(LabSink(self, "--status-rate", "503:1").url))
        done = wait_until(lambda: (d := self.status(exporter)).stdout.count("503") > 1 and d, "the sink as the error")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^error     .*\(status 503\)")

    def test_says_what_to_check_when_there_is_none(self):
        with socket.socket() as taken:  # bound and not listening: connections are refused, and nobody else gets it
            taken.bind(("127.0.0.1", 0))
            for command in (("status",), ("top", "--count", "1")):
                done = self.run_binary(*command, "--metrics-port", taken.getsockname()[1])
                self.assertEqual(done.returncode, 2)
                self.assertIn("port-forward", done.stdout + done.stderr)
        other = Answering(self)
        other.answer = {"answer": 42}
        done = self.run_binary("status", "--url", other.url)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("not that of an event-exporter's /status", done.stderr)
        other.answer = {**STATUS, "summary": "x" * (5 << 20)}
        done = self.run_binary("status", "--url", other.url)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("the answer is longer than", done.stderr)
        for arguments in (["--url", "https://x"], ["--url", "http://"], ["--url", "x", "--metrics-port", "1"],
                          ["--metrics-port", "0"], ["--what"]):
            self.assertEqual(self.run_binary("status", *arguments).returncode, 2, arguments)
        self.assertEqual(self.run_binary("top", "--interval", "1ms").returncode, 2)

    def test_of_a_hostile_program_reaches_no_terminal(self):
        hostile = Answering(self)
        hostile.answer = {**STATUS, "summary": "\x1b[2J\x9b\u202e\nforged", "version": "\x1b]0;x\x07"}
        for arguments in (["status"], ["status", "--json"], ["top", "--count", "1"]):
            done = self.run_binary(*arguments, "--url", hostile.url)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("\\u001b[2J\\u009b\\u202e\\nforged", done.stdout)
            self.assertNotRegex(done.stdout, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")


class Top(IntegrationTest):
    def start(self, **size):
        self.exporter = Answering(self)
        top = OnATerminal(self, "top", "--interval", "100ms", "--url", self.exporter.url, **size)
        # The echo of keys is off once the screen is on.
        self.before = top.settings()
        return top

    def assert_ends_as_it_began(self, top):
        code, text = top.wait()
        self.assertEqual(code, 0, text)
        self.assertTrue(text.endswith(SCREEN_OFF), repr(text[-100:]))
        self.assertIn("\x1b[?25h", text)

    def test_redraws_in_place_and_ends_with_q(self):
        top = self.start()
        first = top.wait_for("Everything is delivered")
        self.assertIn(SCREEN_ON, first)
        self.exporter.answer["summary"] = "Something else"
        second = top.wait_for("Something else")
        self.assertIn("\x1b[H", second)
        self.assertNotIn(SCREEN_ON, second)
        self.assertFalse(top.settings()[3] & termios.ECHO)
        top.type(b"q")
        self.assert_ends_as_it_began(top)

    def test_puts_the_terminal_back_whatever_ends_it(self):
        for number in (signal.SIGTERM, signal.SIGHUP, None):
            top = self.start()
            top.wait_for("Everything is delivered")
            if number:
                os.kill(top.pid, number)
            else:
                top.type(b"\x03")
            self.assert_ends_as_it_began(top)

    def test_follows_the_size_of_the_window(self):
        top = self.start(rows=40, columns=100)
        self.assertGreater(top.wait_for("in all").count("\r\n"), 8)
        top.resize(5, 60)
        # With five rows the screen ends before the row of the totals; what came before the change may still be there.
        top.wait_for("\x1b[H")
        self.exporter.answer["summary"] = "Small"
        top.wait_for("Small")
        self.exporter.answer["summary"] = "Still small"
        last = top.wait_for("Still small")
        top.wait_for("\x1b[J")
        self.assertNotIn("in all", last)
        top.resize(1, 10)
        top.wait_for("event-exporter 1")
        top.resize(40, 100)
        top.wait_for("in all")
        top.type(b"q")
        self.assert_ends_as_it_began(top)

    def test_an_exporter_that_goes_and_comes_back(self):
        top = self.start()
        top.wait_for("Everything is delivered")
        self.exporter.answer = None
        gone = top.wait_for("Below")
        self.assertIn("no status from", gone)
        top.wait_for("Everything is delivered")
        self.exporter.answer = {**STATUS, "summary": "Back"}
        top.wait_for("Back")
        top.wait_for("\x1b[J")
        self.assertNotIn("no status from", top.wait_for("\x1b[J"))
        top.type(b"q")
        self.assert_ends_as_it_began(top)


if __name__ == "__main__":
    main()
