"""Every value of values.yaml has an effect: set to something else, it changes what is rendered.

Where it stands for a setting of the program, it changes that setting.
"""
import json

import yaml

from chart import CHART, ChartTest, case, check_config, main, merged, render

MINIMAL = case("minimal")
ONE = {"replicaCount": 1}
URI = {"datastore": {"existingConfigMap": "", "uri": "mongodb://a"}}
SQLITE = {"replicaCount": 1,
          "datastore": {"existingConfigMap": "", "provider": "sqlite", "path": "/a/b.db", "claimName": "c"}}
# Where the provider decides: on sqlite only, since that excludes what mongodb needs.
PROVIDER = {"replicaCount": 1, "global": {"mongodbStore": {"enabled": True}},
            "datastore": {"existingConfigMap": "", "path": "/a/b.db", "claimName": "c"}}
TRACING = {"global": {"tracing": {"enabled": True, "endpoint": "a:1"}}}

# Path of the value: another value, then the setting of the program that must change with it (a flag, a variable or a
# key), then what else has to be set for it to matter.
VALUES = {
    "global.eventExporter.enabled": (False,),
    "global.metricsPort": (9000, "--metrics-port"),
    "global.tracing.enabled": (True, None, {"global": {"tracing": {"endpoint": "a:1"}}}),
    "global.tracing.endpoint": ("b:2", None, TRACING),
    "global.tracing.insecure": (True, None, TRACING),
    "enabled": (False,),
    "replicaCount": (3,),
    "image.repository": ("other",),
    "image.tag": ("1.2.3",),
    "image.digest": ("sha256:" + 64 * "0",),
    "image.pullPolicy": ("Always",),
    "imagePullSecrets": ([{"name": "a"}],),
    "fullnameOverride": ("other",),
    "resources": ({"limits": {"cpu": "2"}},),
    "oidcSecretName": ("other",),
    "metadata": ({"cluster": "other"}, "exporter.metadata.cluster"),
    "exporter.workers": (3, "--workers"),
    "exporter.logLevel": ("debug", "LOG_LEVEL"),
    "exporter.metadata": ({"cluster": "other"}, "exporter.metadata.cluster"),
    "exporter.sink.endpoint": ("https://other.example.net/", "exporter.sink.endpoint"),
    "exporter.sink.timeout": ("5s", "exporter.sink.timeout"),
    "exporter.sink.insecureSkipVerify": (True, "exporter.sink.insecure_skip_verify"),
    "exporter.sink.caSecretName": ("a", "exporter.sink.ca_file"),
    "exporter.sink.caConfigMapName": ("a", "exporter.sink.ca_file"),
    "exporter.sink.caFile": ("/a", "exporter.sink.ca_file"),
    "exporter.oidc.tokenUrl": ("https://other.example.net/", "exporter.oidc.token_url"),
    "exporter.oidc.clientId": ("other", "exporter.oidc.client_id"),
    "exporter.oidc.scope": ("other", "exporter.oidc.scope"),
    "exporter.oidc.insecureSkipVerify": (True, "exporter.oidc.insecure_skip_verify"),
    "exporter.oidc.clientAuth": ("client_secret_post", "exporter.oidc.client_auth"),
    "exporter.oidc.caSecretName": ("a", "exporter.oidc.ca_file"),
    "exporter.oidc.caConfigMapName": ("a", "exporter.oidc.ca_file"),
    "exporter.oidc.caFile": ("/a", "exporter.oidc.ca_file"),
    "exporter.backfill.enabled": (False, "exporter.backfill.enabled"),
    "exporter.backfill.maxAge": ("1h", "exporter.backfill.max_age"),
    "exporter.backfill.maxEvents": (3, "exporter.backfill.max_events"),
    "exporter.backfill.batchSize": (3, "exporter.backfill.batch_size"),
    "exporter.backfill.rateLimit": (3, "exporter.backfill.rate_limit"),
    "exporter.resumeToken.database": ("other", "exporter.resume_token.database"),
    "exporter.resumeToken.collection": ("other", "exporter.resume_token.collection"),
    "exporter.failureHandling.maxRetries": (3, "exporter.failure_handling.max_retries"),
    "exporter.failureHandling.initialBackoff": ("3s", "exporter.failure_handling.initial_backoff"),
    "exporter.failureHandling.maxBackoff": ("3m", "exporter.failure_handling.max_backoff"),
    "exporter.failureHandling.backoffMultiplier": (3, "exporter.failure_handling.backoff_multiplier"),
    "exporter.failureHandling.onExhausted": ("wait", "exporter.failure_handling.on_exhausted"),
    "exporter.filter.expression": ("event.isFatal == true",),
    "exporter.event.idMode": ("random", "exporter.event.id_mode"),
    "exporter.event.payloadVersion": ("numeric-action", "exporter.event.payload_version"),
    "exporter.delivery.ordering": ("none", "exporter.delivery.ordering"),
    "exporter.delivery.orderingRelaxAfter": (3, "exporter.delivery.ordering_relax_after"),
    "exporter.delivery.queueBytes": (65536, "exporter.delivery.queue_bytes"),
    "exporter.checkpoint.interval": ("3s", "exporter.checkpoint.interval"),
    "exporter.lease.enabled": (False, "exporter.lease.enabled", ONE),
    "exporter.lease.term": ("9s", "exporter.lease.term"),
    "exporter.readiness.maxExportLag": ("9s", "exporter.readiness.max_export_lag"),
    "exporter.shutdown.drainTimeout": ("9s", "exporter.shutdown.drain_timeout"),
    "mongodbStore.clientCertMountPath": ("/other", "exporter.datastore.ca_file"),
    "datastore.existingConfigMap": ("other",),
    "datastore.existingSecret": ("other",),
    "datastore.uri": ("mongodb://other", "exporter.datastore.uri"),
    "datastore.provider": ("sqlite", "exporter.datastore.provider", PROVIDER),
    "datastore.database": ("other", "exporter.datastore.database", URI),
    "datastore.tokenDatabase": ("other", "exporter.datastore.token_database", URI),
    "datastore.tokenCollection": ("other", "exporter.datastore.token_collection", URI),
    "datastore.appName": ("other", "exporter.datastore.app_name"),
    "datastore.tls.clientCertSecret": ("other",),
    "datastore.tls.caSecret": ("other", "exporter.datastore.ca_file", URI),
    "datastore.tls.systemRoots": (True, "exporter.datastore.system_roots", URI),
    "datastore.path": ("/other/b.db", "exporter.datastore.path", SQLITE),
    "datastore.claimName": ("other", None, SQLITE),
    "serviceAccount.create": (True,),
    "serviceAccount.name": ("other",),
    "serviceAccount.annotations": ({"a": "b"}, None, {"serviceAccount": {"create": True}}),
    "podSecurityContext": ({"runAsUser": 1},),
    "securityContext": ({"readOnlyRootFilesystem": False},),
    "startupProbe": ({"failureThreshold": 9},),
    "livenessProbe": ({"failureThreshold": 9},),
    "readinessProbe": ({"failureThreshold": 9},),
    "terminationGracePeriodSeconds": (99,),
    "updateStrategy": ({"type": "Recreate"},),
    "podDisruptionBudget.enabled": (False,),
    "podDisruptionBudget.maxUnavailable": ("50%",),
    "topologySpreadConstraints": ([],),
    "nodeSelector": ({"a": "b"},),
    "tolerations": ([{"operator": "Exists"}],),
    "affinity": ({"nodeAffinity": {}},),
    "priorityClassName": ("other",),
    "networkPolicy.enabled": (False,),
    "networkPolicy.ingressFrom": ([{"podSelector": {}}],),
    "networkPolicy.egress": ([{}],),
    "podMonitor.enabled": (True,),
    "podMonitor.interval": ("5s", None, {"podMonitor": {"enabled": True}}),
    "podMonitor.labels": ({"a": "b"}, None, {"podMonitor": {"enabled": True}}),
    "serviceMonitor.enabled": (True,),
    "serviceMonitor.interval": ("5s", None, {"serviceMonitor": {"enabled": True}}),
    "serviceMonitor.labels": ({"a": "b"}, None, {"serviceMonitor": {"enabled": True}}),
    "prometheusRule.enabled": (True,),
    "prometheusRule.labels": ({"a": "b"}, None, {"prometheusRule": {"enabled": True}}),
    "grafanaDashboard.enabled": (True,),
    "grafanaDashboard.labels": ({"a": "b"}, None, {"grafanaDashboard": {"enabled": True}}),
    "podAnnotations": ({"a": "b"},),
    "podLabels": ({"a": "b"},),
    "extraEnv": ([{"name": "A", "value": "b"}],),
    "extraEnvFrom": ([{"configMapRef": {"name": "a"}}],),
    "extraVolumes": ([{"name": "a", "emptyDir": {}}],),
    "extraVolumeMounts": ([{"name": "a", "mountPath": "/a"}],),
}
# Maps whose keys are the user's, or Kubernetes': one value each.
FREE = {path for path, row in VALUES.items() if isinstance(row[0], dict)}


def leaves(values, prefix=""):
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and path not in FREE:
            yield from leaves(value, path + ".")
        else:
            yield path


def nested(path, value):
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def in_schema(schema, prefix=""):
    for key, inner in schema["properties"].items():
        path = f"{prefix}{key}"
        if "properties" in inner:
            yield from in_schema(inner, path + ".")
        else:
            yield path


class Values(ChartTest):
    def test_are_all_that_the_schema_admits(self):
        schema = json.loads((CHART / "values.schema.json").read_text())
        self.assertEqual(sorted(in_schema(schema)), sorted(VALUES))

    def test_all_are_tried_here(self):
        self.assertEqual(sorted(leaves(yaml.safe_load((CHART / "values.yaml").read_text()))), sorted(VALUES))

    def test_each_has_its_effect(self):
        for path, (value, setting, context) in ((p, (*row, None, None)[:3]) for p, row in VALUES.items()):
            with self.subTest(path):
                base = merged(MINIMAL, context or {})
                before, after = render(base), render(merged(base, nested(path, value)))
                self.assertNotEqual(before.all, after.all)
                if setting is not None:
                    one, other = check_config(before), check_config(after)
                    self.assertIn(setting, one[1], one[2])
                    self.assertIn(setting, other[1], other[2])
                    self.assertNotEqual(one[1][setting], other[1][setting])


if __name__ == "__main__":
    main()
