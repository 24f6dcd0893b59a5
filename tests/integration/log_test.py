"""The log: for people on a terminal, JSON elsewhere, LOG_FORMAT decides; and lines that repeat are folded and counted."""
import os
import pty
import re
import subprocess

from support import BINARY, ENVIRONMENT, PATIENCE, Exporter, IntegrationTest, LabSink, main, wait_until

FAILED = "Publish failed, retrying"
LEFT_OUT = "Lines like an earlier one were left out"


def read_terminal(child, terminal):
    """What the child wrote to its terminal until it closed that."""
    output = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux reports the end of a terminal as EIO
            part = b""
        if not part:
            return output.decode()
        output += part
        if b"Starting event stream" in output:
            child.terminate()


class Log(IntegrationTest):
    def run_on_a_terminal(self, environment):
        """The program with a terminal as its stderr, until it has started; what it wrote."""
        sink = LabSink(self)
        ours, theirs = pty.openpty()
        config = self.config(sink.url, name="a\x1b[2J.toml")
        child = subprocess.Popen([BINARY, f"--config={config}", "--metrics-port=0",
                                  f"--oidc-secret-path={self.secret_file}"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=theirs, env={**ENVIRONMENT, **environment},
                                 cwd=self.folder)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        os.close(theirs)
        try:
            output = read_terminal(child, ours)
        finally:
            os.close(ours)
        self.assertEqual(child.wait(20 * PATIENCE), 0, output)
        return output

    def test_on_a_terminal_it_is_for_people(self):
        output = self.run_on_a_terminal({"TERM": "xterm"})
        self.assertRegex(output, r"(?m)^\d\d:\d\d:\d\d\.\d\d\d \x1b\[32mINFO \x1b\[0m Shutdown complete\r$")
        self.assertRegex(output, r"Configuration loaded  \x1b\[2mpath=\x1b\[0m\".*a\\u001b\[2J\.toml\"")
        self.assertNotIn("{", output)
        # The colours are the only escape sequences: what stands in values is escaped.
        self.assertEqual(set(re.findall("\x1b[^m]*m", output)), {"\x1b[32m", "\x1b[0m", "\x1b[2m"})
        self.assertNotIn("\x1b[2J", output)

    def test_without_colour_when_the_terminal_or_the_user_has_none(self):
        for environment in ({"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}):
            output = self.run_on_a_terminal(environment)
            self.assertNotIn("\x1b", output)
            self.assertRegex(output, r"(?m)^\d\d:\d\d:\d\d\.\d\d\d INFO  starting server  port=\d+\r$")

    def test_the_variable_wins_over_the_terminal(self):
        output = self.run_on_a_terminal({"TERM": "xterm", "LOG_FORMAT": "json"})
        self.assertTrue(all(line.startswith('{"time":') for line in output.splitlines()), output)
        exporter = Exporter(self, self.config(LabSink(self).url), environment={"LOG_FORMAT": "text"})
        wait_until(lambda: " INFO  Starting event stream  workers=8\n" in exporter.output(), "the line")

    def test_repeated_lines_are_folded_and_the_rest_is_told_at_the_end(self):
        self.generate(30)
        sink = LabSink(self, "--status-rate", "503:1")
        exporter = Exporter(self, self.config(sink.url))
        wait_until(lambda: exporter.metric('health_events_exporter_attempts_total{status="503"}') >= 10,
                   "ten failed attempts")
        exporter.stop()
        written = exporter.lines(FAILED)
        rest = [line for line in exporter.lines(LEFT_OUT) if line["line"] == FAILED]
        self.assertTrue(all(line["action"] for line in written), written)
        self.assertTrue(all("statusCode=503" in line["cause"] for line in rest), rest)
        left_out = sum(line.get("linesLeftOut", 0) for line in written + rest)
        self.assertGreater(left_out, 0, exporter.output())
        self.assertGreaterEqual(len(written) + left_out, 10, exporter.output())


if __name__ == "__main__":
    main()
