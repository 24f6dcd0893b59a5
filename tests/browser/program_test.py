"""The status page of the real program, in a browser, while it delivers to the lab's sink."""
import http.client
import re
from urllib.parse import urlsplit

from browser import BrowserTest, policy
from support import SECRET, Exporter, IntegrationTest, LabSink, main, wait_until


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
        self.wait_for_text("#state", "^Idle$")
        wait_until(lambda: self.total("delivered") == "1,200", "all events, on the page")
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
        self.wait_for_text("#state", "^Idle$")
        wait_until(lambda: self.total("delivered") == "1,220", "all events, on the page")
        self.wait_for("document.querySelector('#problems').hidden")
        self.assertNotIn(SECRET, self.browser.run("return document.documentElement.textContent"))
        exporter.stop()
        self.allowed = "/status - Failed to load resource: net::ERR_"
        self.wait_for_text("#silence", "cannot be reached")

    def test_sends_the_page_under_the_policy_that_it_was_tested_with(self):
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url)).ready()
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
