"""The example sink, which was written after the published requirements alone, under real Flask."""
import sys

from example_sink_case import CLIENT, ExampleSink
from support import ROOT, IntegrationTest, main


class Flask(ExampleSink, IntegrationTest):
    def command(self):
        return [sys.executable, "-B", ROOT / "examples/sink-flask/app.py"]

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


if __name__ == "__main__":
    main()
