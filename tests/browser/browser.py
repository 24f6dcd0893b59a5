"""Debian's Chromium, driven by Selenium, and a small server that stands in for the exporter.

A Chromium that cannot start is a failure, not a skip. It gets an empty profile, talks to 127.0.0.1 alone, and its log is
kept: a test may ask for the errors in it.
"""
import http.server
import json
import os
import re
import secrets
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests/integration"))
from support import PATIENCE  # noqa: E402

PAGE = ROOT / "src/admin/page/index.html"
# Of 127.0.0.1 no proxy knows anything.
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"
# Runs before the page's script. The page asks every two seconds; here it does so forty times as often, so that no test waits
# for it. `questions` are those that are planned, and `hasten` lets a test change other times, in ms.
HASTE = """
window.hasten = {2000: 50};
window.questions = new Set();
const [set, clear] = [window.setTimeout, window.clearTimeout];
window.setTimeout = (run, ms, ...more) => {
  const id = set(() => { questions.delete(id); run(...more); }, hasten[ms] ?? ms);
  if (ms === 2000) questions.add(id);
  return id;
};
window.clearTimeout = id => { questions.delete(id); clear(id); };
"""


def policy(nonce):
    """As the exporter sends it; program_test.py compares the two."""
    return (f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


class Browser:
    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="event-exporter-browser-", ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                         "--disable-background-networking", "--disable-component-update", "--disable-sync",
                         "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage", "--no-proxy-server",
                         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                         "--window-size=1280,900", "--hide-scrollbars", "--log-level=3", f"--user-data-dir={self.profile.name}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # Whatever the profile does not hold goes there too, not into the home of whoever runs the tests.
        environment = {**os.environ, "XDG_CONFIG_HOME": self.profile.name, "TMPDIR": self.profile.name}
        service = Service("/usr/bin/chromedriver", env=environment)
        self.driver = webdriver.Chrome(service=service, options=options)
        self.driver.set_page_load_timeout(60 * PATIENCE)
        self.driver.set_script_timeout(60 * PATIENCE)

    def hasten(self):
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": HASTE})

    def close(self):
        try:
            self.driver.quit()
        finally:
            self.profile.cleanup()

    def look(self, width=1280, height=900, dark=False, phone=False):
        """Shows the page as on such a screen."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector):
        """What a reader sees there, with one space wherever there is any."""
        text = self.run("return document.querySelector(arguments[0])?.innerText ?? null", selector)
        return text if text is None else " ".join(text.split())

    def errors(self):
        """What the browser's log has complained about since it was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] != "DEBUG"]


class StandIn:
    """Serves the page as the exporter does, and the answers that a test gives it.

    answer: a dict, sent as JSON; text, sent as it is; a number, sent as that status; GONE: the connection is closed;
    None: keeps silent until it is changed. Requests are counted by path.
    """
    GONE = object()

    def __init__(self, answer):
        self.lock = threading.Condition()
        self.requests = []
        self.hanging = False  # a question waits for its answer
        self.content = answer
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                stand_in.serve(self)

            def log_message(self, *_):
                pass

        self.handler = Handler
        self.server = None
        self.port = 0
        self.open()

    def open(self):
        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        """As when the exporter is gone: connections are refused."""
        self.server.shutdown()
        self.server.server_close()
        self.answer(StandIn.GONE)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def answer(self, content):
        with self.lock:
            self.content = content
            self.lock.notify_all()

    def paths(self):
        with self.lock:
            return list(self.requests)

    def asked(self):
        return self.paths().count("/status")

    def serve(self, handler):
        with self.lock:
            self.requests.append(handler.path)
            if handler.path == "/status":
                self.hanging = self.content is None
                self.lock.wait_for(lambda: self.content is not None, timeout=60)
                self.hanging = False
            content = self.content
        try:
            if content is StandIn.GONE:
                handler.close_connection = True
            elif handler.path == "/":
                nonce = secrets.token_hex(16)
                self.send(handler, 200, "text/html; charset=utf-8", PAGE.read_text().replace("%NONCE%", nonce),
                          {"Content-Security-Policy": policy(nonce), "X-Content-Type-Options": "nosniff",
                           "Referrer-Policy": "no-referrer"})
            elif handler.path != "/status":
                self.send(handler, 404, "text/plain", "")
            elif isinstance(content, int):
                self.send(handler, content, "text/plain", "no status")
            else:
                text = content if isinstance(content, str) else json.dumps(content)
                self.send(handler, 200, "application/json", text)
        except OSError:
            pass  # the browser went away

    @staticmethod
    def send(handler, status, kind, text, headers=()):
        body = text.encode()
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store",
                            **dict(headers)}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


class BrowserTest(unittest.TestCase):
    """One browser for all tests of a file; each begins on a desktop, and ends with an empty log."""
    maxDiff = None
    browser = None

    @classmethod
    def setUpClass(cls):
        if BrowserTest.browser is None:
            BrowserTest.browser = Browser()
            unittest.addModuleCleanup(BrowserTest.browser.close)
            cls.browser.hasten()

    def setUp(self):
        self.browser.look()
        self.browser.errors()
        self.allowed = None  # a pattern of lines that the browser's log may have

    def tearDown(self):
        self.browser.driver.get("about:blank")
        errors = [line for line in self.browser.errors() if not (self.allowed and re.search(self.allowed, line))]
        self.assertEqual(errors, [])

    def wait_for(self, script, *arguments, what=None):
        """The first true value of an expression in the page; `arguments` are its own."""
        waiting = """const done = arguments[arguments.length - 1], end = performance.now() + arguments[arguments.length - 2];
            (function look(...given) {
              let value = null;
              try { value = (function () { return %s; })(...given); } catch { /* not there yet */ }
              if (value || performance.now() > end) done(value || null); else setTimeout(look, 5, ...given);
            })(...arguments);""" % script
        value = self.browser.driver.execute_async_script(waiting, *arguments, 40000 * PATIENCE)
        if not value:
            raise AssertionError(f"waited in vain: {what or script} {arguments or ''}")
        return value

    def wait_for_text(self, selector, pattern):
        """What a reader sees there, once the pattern is found in it."""
        text = "document.querySelector(arguments[0])?.innerText.replace(/\\s+/g, ' ').trim()"
        try:
            return self.wait_for(f"new RegExp(arguments[1]).test({text}) && {text}", selector, pattern, what="a text")
        except AssertionError as error:
            raise AssertionError(f"{error}; there is {self.browser.text(selector)!r}") from None

    def open(self, url):
        """Loads the page and waits for its first answer, or for what it says when there is none."""
        self.browser.driver.get(url)
        self.wait_for("!document.querySelector('#rest').hidden || !document.querySelector('#silence').hidden")
