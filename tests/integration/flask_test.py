"""The example sink, which was written after the published requirements alone, under real Flask."""
import json
import re
import sys

from support import ROOT, SECRET, Exporter, IntegrationTest, Process, main, request, wait_until

EVENTS = 300


class Flask(IntegrationTest):
    def start_flask(self, *options):
        flask = Process(self, [sys.executable, "-B", ROOT / "examples/sink-flask/app.py", "--port", "0", *options],
                        "flask")
        pattern = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")
        return wait_until(lambda: pattern.search(flask.output()) or flask.must_run(), "Flask's port").group(1)

    def summary(self, url):
        return json.loads(request(url + "/events/list")[1])

    def deliver(self, url):
        self.generate(EVENTS)
        exporter = Exporter(self, self.config(url))
        wait_until(lambda: self.summary(url)["count"] >= EVENTS, "all events at Flask", 40, every=0.1)
        exporter.stop()
        summary = self.summary(url)
        summary.pop("events")
        self.assertEqual(summary, {"count": EVENTS, "received": EVENTS, "duplicates": 0, "rejected": 0})

    def test_takes_every_event_once_and_rejects_none(self):
        self.deliver(self.start_flask("--client-id", "it", "--client-secret", SECRET))

    def test_takes_every_event_once_when_tokens_expire_while_it_works(self):
        self.deliver(self.start_flask("--client-id", "it", "--client-secret", SECRET, "--token-lifetime", "1"))


if __name__ == "__main__":
    main()
