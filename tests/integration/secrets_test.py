"""No secret and no token in anything that the program writes, also when servers send them back and everything fails."""
import base64
import http.server
import json
import sqlite3
import threading
import urllib.parse

from support import SECRET, Exporter, IntegrationTest, LabSink, main, request, wait_until

TOKEN = "T0ken-Recognisable-0123456789abcdef"
IN_URL = "Passw0rd-In-Url"
IN_QUERY = "Qu3ry-Value"
NEEDLES = (SECRET, TOKEN, IN_URL, IN_QUERY, base64.b64encode(f"it:{SECRET}".encode()).decode(),
           base64.b64encode(SECRET.encode()).decode(), urllib.parse.quote(SECRET, safe=""))


class Echo(http.server.ThreadingHTTPServer):
    """A token endpoint and a sink that send back every credential they know. Their statuses can be changed."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), EchoHandler)
        self.token_status, self.event_status, self.token_answer = 200, 202, None
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class EchoHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        seen = f"saw {self.headers.get('Authorization')}, token {TOKEN}"
        if self.path.startswith("/token"):
            status = self.server.token_status
            good = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
            answer = self.server.token_answer or json.dumps(good if status == 200 else {
                "error": "invalid_client", "error_description": f"{seen}, {body}, it:{SECRET}"})
        else:
            status, answer = self.server.event_status, json.dumps({"error": seen})
        self.send_response(status, "Because " + TOKEN)
        self.send_header("Content-Type", "application/json")
        self.send_header("WWW-Authenticate", f'Bearer error_description="{TOKEN}"')
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_):
        pass


class Secrets(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.generate(20)
        self.echo = Echo()
        self.addCleanup(self.echo.server_close)
        self.addCleanup(self.echo.shutdown)

    def assert_clean(self, text, what):
        for needle in NEEDLES:
            at = text.find(needle)
            self.assertEqual(at, -1, f"{needle} in {what}: {text[max(0, at - 200):at + 200]}")

    def assert_process_clean(self, exporter):
        self.assert_clean(exporter.output(), "the log")
        connection = sqlite3.connect(self.store.path)
        self.addCleanup(connection.close)
        for table in ("dead_letters", "resume_tokens", "meta"):
            for row in connection.execute(f"SELECT * FROM {table}"):
                self.assert_clean(repr(row), table)

    def stop(self, exporter):
        """Ends it, when its pages have been looked at."""
        for page in ("/", "/status", "/metrics", "/healthz?verbose", "/readyz?verbose"):
            self.assert_clean(request(exporter.url(page))[1], page)
        exporter.stop()

    def start(self, url=None, **settings):
        return Exporter(self, self.config(url or self.echo.url, **settings), environment={"LOG_LEVEL": "debug"})

    def test_a_run_that_works_shows_none(self):
        exporter = self.start()
        wait_until(lambda: exporter.metric('health_events_exporter_events_published_total{status="success"}') >= 20,
                   "all events")
        self.assert_clean(exporter.metrics_text(), "/metrics")
        self.stop(exporter)
        self.assert_process_clean(exporter)

    def test_a_token_endpoint_that_refuses_and_echoes_shows_none(self):
        for status in (401, 400, 500):
            self.echo.token_status = status
            exporter = self.start()
            exporter.wait_for_line("Token fetch failed, will retry")
            self.assert_clean(exporter.metrics_text(), "/metrics")
            self.stop(exporter)
            self.assert_process_clean(exporter)

    def test_a_token_answer_that_is_no_token_answer_shows_none(self):
        for answer in (f'{{"access_token": "{TOKEN}", "token_type": ', f'{{"access_token": ["{TOKEN}"]}}', TOKEN,
                       f'{{"access_token": "{TOKEN}\\n", "token_type": "mac"}}'):
            self.echo.token_answer = answer
            exporter = self.start()
            exporter.wait_for_line("Token fetch failed, will retry")
            self.stop(exporter)
            self.assert_process_clean(exporter)

    def test_the_wrong_secret_at_a_real_token_endpoint_shows_none(self):
        sink = LabSink(self)
        wrong = self.folder / "wrong-secret"
        wrong.write_text(TOKEN)
        exporter = Exporter(self, self.config(sink.url), secret_file=wrong)
        exporter.wait_for_line("Token fetch failed, will retry")
        self.stop(exporter)
        self.assert_process_clean(exporter)
        self.assert_clean(sink.output(), "the sink's log")

    def test_a_sink_that_refuses_and_echoes_shows_none(self):
        for status in (401, 400, 403, 500, 302):
            self.echo.event_status = status
            exporter = self.start()
            series = f'health_events_exporter_attempts_total{{status="{status}"}}'
            wait_until(lambda: exporter.metric(series) >= 3, f"attempts that end with {status}")
            self.assert_clean(exporter.metrics_text(), "/metrics")
            self.stop(exporter)
            self.assert_process_clean(exporter)

    def test_dead_letters_hold_none(self):
        exporter = self.start()
        wait_until(lambda: exporter.metric('health_events_exporter_events_published_total{status="success"}') >= 20,
                   "all events")
        self.echo.event_status = 400
        self.generate(3, "--rate", 100, "--seed", 2)
        wait_until(self.store.letters, "a dead letter")
        self.stop(exporter)
        self.assertIn("redacted", self.store.letters()[0][1])
        self.assert_process_clean(exporter)

    def test_urls_with_credentials_show_none_in_log_and_check_config(self):
        authority = self.echo.url.removeprefix("http://")
        settings = {"oidc__token_url": f"http://user:{IN_URL}@{authority}/token?key={IN_QUERY}",
                    "sink__endpoint": f"http://user:{IN_URL}@{authority}/events?key={IN_QUERY}"}
        self.echo.event_status = 500
        exporter = self.start(**settings)
        exporter.wait_for_line("Publish failed, retrying")
        self.stop(exporter)
        self.assert_process_clean(exporter)
        config = self.config(self.echo.url, **settings)
        done = self.run_binary("check-config", "--config", config, "--oidc-secret-path", self.secret_file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_clean(done.stdout + done.stderr, "check-config")

    def test_urls_that_are_none_show_none(self):
        for url in (f"http://user:{IN_URL}@/x", f"ftp://user:{IN_URL}@host/x?k={IN_QUERY}",
                    f"http://user:{IN_URL}@host:99999/?k={IN_QUERY}#{IN_URL}", f"user:{IN_URL}@host"):
            config = self.config(self.echo.url, oidc__token_url=url, sink__endpoint=url)
            for command in (["check-config"], []):
                done = self.run_binary(*command, "--config", config, "--oidc-secret-path", self.secret_file)
                self.assertEqual(done.returncode, 2)
                self.assert_clean(done.stdout + done.stderr, url)

    def test_a_host_that_does_not_answer_shows_none(self):
        dead = "http://127.0.0.1:1"
        exporter = self.start(dead, oidc__token_url=f"http://user:{IN_URL}@127.0.0.1:1/token?key={IN_QUERY}")
        exporter.wait_for_line("Token fetch failed, will retry")
        self.stop(exporter)
        self.assert_process_clean(exporter)

    def test_a_secret_file_that_cannot_be_used_shows_none(self):
        self.secret_file.write_text(SECRET * 10000)
        done = self.run_binary("--config", self.config(self.echo.url), "--metrics-port=0", "--oidc-secret-path",
                               self.secret_file)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assert_clean(done.stdout + done.stderr, "the error")


if __name__ == "__main__":
    main()
