"""The example sink in Go's standard library, built as a user builds it. There being no Go is a failure, not a skip."""
import os
import subprocess
import tempfile
from pathlib import Path

from example_sink_case import CLIENT, ExampleSink
from support import ROOT, IntegrationTest, main

FOLDER = ROOT / "examples/sink-go"


def find_go():
    done = subprocess.run([ROOT / "scripts/go-path"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return Path(done.stdout.strip())


def go_environment():
    """Nothing is fetched, and nothing of this machine's settings counts. What Go compiled of its library is kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return {**os.environ, "GOENV": "off", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOPROXY": "off",
            "GOWORK": "off", "CGO_ENABLED": "0", "GOCACHE": str(cache / "event-exporter/go-build")}


class GoSink(ExampleSink, IntegrationTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="exporter-it-")
        cls.addClassCleanup(folder.cleanup)
        cls.program = Path(folder.name) / "sink"
        # buildvcs: Git does not say anything about a tree that belongs to somebody else.
        done = subprocess.run([find_go(), "build", "-buildvcs=false", "-o", cls.program, "."], cwd=FOLDER,
                              env=go_environment(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def command(self):
        return [self.program]

    def test_takes_every_event_once_and_rejects_none(self):
        self.deliver(*CLIENT)

    def test_takes_every_event_once_when_tokens_expire_while_it_works(self):
        self.deliver(*CLIENT, "--token-lifetime", "1")

    def test_refuses_what_is_wrong_and_keeps_a_repeat_once(self):
        self.answers()

    def test_refuses_a_body_that_is_too_long(self):
        self.too_long()

    def test_hands_out_tokens_to_its_client_alone(self):
        self.tokens()

    def test_is_formatted_and_needs_nothing_but_the_library(self):
        done = subprocess.run([find_go().resolve().with_name("gofmt"), "-l", FOLDER], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual((FOLDER / "go.mod").read_text(), "module event-exporter/examples/sink-go\n\ngo 1.19\n")


if __name__ == "__main__":
    main()
