"""The status page of the real program, in a browser, while it delivers to the lab's sink."""
import http.client
import json
import re
from urllib.parse import urlsplit

from browser import ROOT, BrowserTest, policy
from support import SECRET, Exporter, IntegrationTest, LabSink, main, request, wait_until


class RealProgram(BrowserTest, IntegrationTest):
    def setUp(self):
        IntegrationTest.setUp(self)
        BrowserTest.setUp(self)

    def total(self, label):
        self.wait_for("document.querySelector('#totals dt')")
        return self.browser.run("""return [...document.querySelectorAll('#totals div')]
            .find(pair => pair.firstChild.textContent === arguments[0]).lastChild.textContent""", label)

    def test_shows_what_it_does_and_what_is_wrong(self):
        self.generate(1200)
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url)).ready()
        self.open(exporter.url("/"))
        wait_until(lambda: self.total("delivered") == "1,200", "all events, on the page")
        self.wait_for_text("#state", "^(Delivering|Idle)$")  # delivering counts for some seconds
        self.assertEqual(self.browser.text("#chips"), "Healthy Ready No problems")
        self.wait_for_text("#sink", re.escape(sink.url + "/events"))
        self.wait_for_text("#token", "usable")
        self.wait_for("document.querySelector('#rate-plot .first').getAttribute('d')", what="a line in the plot of the rate")

        sink.post("/faults", statusRates={"503": 1.0})
        self.generate(20, "--seed", 2)
        self.wait_for_text("#state", "^Blocked$")
        self.wait_for_text("#problem-list", "^Error .*503")
        self.wait_for_text("#sink", "paused")
        sink.post("/faults", statusRates={})
        self.wait_for_text("#state", "^(Delivering|Idle)$")
        wait_until(lambda: self.total("delivered") == "1,220", "all events, on the page")
        # That attempts failed counts for some seconds; that the sink takes nothing does not.
        self.wait_for("!document.querySelector('#problem-list [data-tone=error]')")
        self.assertNotIn(SECRET, self.browser.run("return document.documentElement.textContent"))
        exporter.stop()
        self.allowed = "/status - Failed to load resource: net::ERR_"
        self.wait_for_text("#silence", "cannot be reached")

    def test_has_every_key_in_its_document(self):
        exporter = Exporter(self, self.config("http://127.0.0.1:1"))
        status = json.loads(request(exporter.url("/status"))[1])
        known = set(re.findall(r"`(\w+)`", (ROOT / "docs/status-page.md").read_text()))
        keys = {key for key in status} | {key for part in status.values() if isinstance(part, dict) for key in part}
        self.assertEqual(keys - known, set())
        self.assertGreater(len(keys), 60)
        exporter.stop()

    def test_sends_the_page_under_the_policy_that_it_was_tested_with(self):
        exporter = Exporter(self, self.config("http://127.0.0.1:1"))
        parts = urlsplit(exporter.url("/"))
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        self.addCleanup(connection.close)
        connection.request("GET", "/")
        answer = connection.getresponse()
        nonce = re.search(r"'nonce-([0-9a-f]{32})'", answer.headers["Content-Security-Policy"]).group(1)
        self.assertEqual(answer.headers["Content-Security-Policy"], policy(nonce))
        self.assertIn(f'<script nonce="{nonce}">', answer.read().decode())
        exporter.stop()


if __name__ == "__main__":
    main()
