"""The rendered configuration, loaded by the real program with the pod's flags and variables."""
import re
import tomllib

from chart import ROOT, ChartTest, case, cases, check_config, main, merged, render

MINIMAL = case("minimal")
# What the published examples mean, in the program's words.
PUBLISHED = {
    "published-default": {
        "--workers": "10",
        "exporter.metadata.cluster": '"my-cluster"', "exporter.metadata.environment": '"production"',
        "exporter.sink.endpoint": '"https://events.example.com/api/v1/events"', "exporter.sink.timeout": "30s",
        "exporter.sink.insecure_skip_verify": "false",
        "exporter.oidc.token_url": '"https://auth.example.com/oauth2/token"',
        "exporter.oidc.client_id": '"nvsentinel-exporter"', "exporter.oidc.scope": '"events:write"',
        "exporter.oidc.insecure_skip_verify": "false",
        "exporter.backfill.enabled": "true", "exporter.backfill.max_age": "720h",
        "exporter.backfill.max_events": "1000000", "exporter.backfill.batch_size": "500",
        "exporter.backfill.rate_limit": "1000",
        "exporter.resume_token.database": '"nvsentinel"', "exporter.resume_token.collection": '"resumetokens"',
        "exporter.failure_handling.max_retries": "17", "exporter.failure_handling.initial_backoff": "1s",
        "exporter.failure_handling.max_backoff": "5m", "exporter.failure_handling.backoff_multiplier": "2",
        "exporter.filter.expression": '""',
    },
    "published-metadata": {
        "exporter.metadata.cluster": '"prod-us-west-2"', "exporter.metadata.environment": '"production"',
        "exporter.metadata.region": '"us-west-2"', "exporter.metadata.datacenter": '"dc01"',
        "exporter.metadata.tenant": '"acme-corp"',
    },
    "published-backfill-conservative": {
        "exporter.backfill.enabled": "true", "exporter.backfill.max_age": "168h",
        "exporter.backfill.max_events": "10000",
        "exporter.backfill.batch_size": "100", "exporter.backfill.rate_limit": "100",
    },
    "published-backfill-aggressive": {
        "exporter.backfill.enabled": "true", "exporter.backfill.max_age": "2160h",
        "exporter.backfill.max_events": "5000000",
        "exporter.backfill.batch_size": "1000", "exporter.backfill.rate_limit": "5000",
    },
    "published-backfill-disabled": {"exporter.backfill.enabled": "false"},
    "published-retries-fast": {
        "exporter.failure_handling.max_retries": "10", "exporter.failure_handling.initial_backoff": "100ms",
        "exporter.failure_handling.max_backoff": "10s", "exporter.failure_handling.backoff_multiplier": "1.5",
    },
    "published-retries-conservative": {
        "exporter.failure_handling.max_retries": "30", "exporter.failure_handling.initial_backoff": "5s",
        "exporter.failure_handling.max_backoff": "15m", "exporter.failure_handling.backoff_multiplier": "2.5",
    },
}
# Settings without a line in the rendered file: what they are set by instead.
BY_OTHER_MEANS = {
    "exporter.datastore.uri": "MONGODB_URI, from a Secret or NVSentinel's ConfigMap",
    "exporter.datastore.ca_file": "MONGODB_CA_CERT_PATH",
    "exporter.datastore.certificate_file": "MONGODB_CLIENT_CERT_PATH",
    "exporter.datastore.key_file": "MONGODB_CLIENT_KEY_PATH",
    "exporter.datastore.system_roots": "MONGODB_USE_SYSTEM_TLS",
    "exporter.datastore.app_name": "APP_NAME",
}


def settings(table, prefix="exporter."):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from settings(value, f"{prefix}{key}.")
        else:
            yield prefix + key


class Configuration(ChartTest):
    def test_has_every_setting_that_the_program_knows(self):
        known = set(re.findall(r'\{"(exporter\.[a-z_.]+)",', (ROOT / "src/config/keys.cpp").read_text()))
        rendered = set()
        for name in ("secret", "sqlite"):
            rendered |= set(settings(tomllib.loads(render(case(name)).toml)["exporter"]))
        rendered = {name for name in rendered if not name.startswith("exporter.metadata.") or name.endswith(".cluster")}
        self.assertEqual(known - set(BY_OTHER_MEANS), rendered,
                         "a new setting needs a value of the chart, a line in _config.tpl, a row in docs/helm.md")

    def effective(self, values):
        code, effective, output = check_config(render(values))
        self.assertEqual(code, 0, output)
        self.assertEqual([line for line in output.splitlines() if ": warning: " in line], [])
        return effective

    def test_of_every_case_is_taken_without_an_error_or_a_warning(self):
        for name in cases():
            with self.subTest(name):
                self.effective(case(name))

    def test_of_the_published_examples_is_what_they_say(self):
        for name, expected in PUBLISHED.items():
            with self.subTest(name):
                effective = self.effective(case(name))
                self.assertEqual({key: effective.get(key) for key in expected}, expected)

    def test_finds_the_datastore_that_the_values_name(self):
        for name, uri, database, tokens in (
                ("published-default", "mongodb://mongodb-headless.", "HealthEventsDatabase", "HealthEventsDatabase"),
                ("parent-external-authority", "mongodb+srv://***@cluster0.", "HealthEventsDatabase",
                 "HealthEventsDatabase"),
                ("secret", "mongodb://***@db.example.com:27017/", "HealthEventsDatabase", "Tokens"),
                ("uri", "mongodb://***@db.example.com:27017/", "HealthEventsDatabase", "HealthEventsDatabase")):
            with self.subTest(name):
                effective = self.effective(case(name))
                self.assertIn(uri, effective["exporter.datastore.uri"])
                self.assertEqual(effective["exporter.datastore.database"], f'"{database}"')
                self.assertEqual(effective["exporter.datastore.token_database"], f'"{tokens}"')
                self.assertEqual(effective["exporter.datastore.token_collection"], '"ResumeTokens"')
        effective = self.effective(case("sqlite"))
        self.assertEqual((effective["exporter.datastore.provider"], effective["exporter.datastore.path"]),
                         ("sqlite", '"/data/events.db"'))

    def test_holds_any_text_unchanged(self):
        texts = ["", '"', "'", "\\", '\\"', "a\nb", "tab\there", "#no comment", "[no.table]", "'''", '"""',
                 "{{ .Values }}", "<&>", "héé", "\U0001f600", "\u2028", " blank ", "true",
                 "17", "1e3", "$(A)", "`", "%s"]
        metadata = {f"key {number}{text}": text for number, text in enumerate(texts)}
        metadata |= {"a.b/c": "dots", "plain-key_1": "bare"}
        values = merged(MINIMAL, {"metadata": metadata, "exporter": {
            "oidc": {"scope": 'a "b" \\ c', "clientId": "c\\d"}, "sink": {"caFile": '/a b/"c"\\.crt'}}})
        objects = render(values)
        table = tomllib.loads(objects.toml)["exporter"]
        self.assertEqual(table["metadata"], {"cluster": "prod-1", "environment": "production"} | metadata)
        self.assertEqual((table["oidc"]["scope"], table["oidc"]["client_id"], table["sink"]["ca_file"]),
                         ('a "b" \\ c', "c\\d", '/a b/"c"\\.crt'))
        self.effective(values)

    def test_holds_a_filter_unchanged(self):
        expression = "event.recommendedAction != 'NONE' && !('45' in event.errorCode) && event.message != \"a\\\\b\""
        objects = render(merged(MINIMAL, {"exporter": {"filter": {"expression": expression}}}))
        self.assertEqual(tomllib.loads(objects.toml)["exporter"]["filter"], {"expression": expression})
        code, _, output = check_config(objects)
        self.assertEqual(code, 0, output)

    def test_makes_text_of_metadata_that_is_none(self):
        values = {"number": 17, "large": 123456789012, "fraction": 1.5, "yes": True, "none": None}
        table = tomllib.loads(render(merged(MINIMAL, {"metadata": values})).toml)["exporter"]["metadata"]
        self.assertEqual(table, {"cluster": "prod-1", "environment": "production", "number": "17",
                                 "large": "123456789012", "fraction": "1.5", "yes": "true"})

    def test_metadata_of_both_places_is_merged_and_that_under_the_chart_wins(self):
        values = merged(MINIMAL, {"metadata": {"cluster": "outer", "a": "1"}, "exporter": {"metadata": {"b": "2"}}})
        table = tomllib.loads(render(values).toml)["exporter"]["metadata"]
        self.assertEqual(table, {"cluster": "outer", "environment": "production", "a": "1", "b": "2"})


if __name__ == "__main__":
    main()
