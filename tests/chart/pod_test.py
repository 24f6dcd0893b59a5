"""The pod: what it may do, what it gets, and what is refused before there is one."""
import yaml

from chart import CHART, VERSIONS, ChartTest, case, cases, main, merged, refusal, render

MINIMAL = case("minimal")


class Pod(ChartTest):
    def test_of_every_case_is_hardened(self):
        for name in cases():
            with self.subTest(name):
                objects = render(case(name))
                pod, container = objects.pod, objects.container
                self.assertIs(pod["automountServiceAccountToken"], False)
                self.assertIs(pod["enableServiceLinks"], False)
                self.assertIs(pod["securityContext"]["runAsNonRoot"], True)
                self.assertGreater(pod["securityContext"]["runAsUser"], 0)
                self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                self.assertEqual(container["securityContext"], {
                    "privileged": False, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]}})
                self.assertFalse({"hostNetwork", "hostPID", "hostIPC"} & set(pod))
                self.assertFalse([volume for volume in pod["volumes"] if "hostPath" in volume])

    def test_can_read_its_secrets_without_being_root_and_nobody_else_can(self):
        for name in cases():
            objects = render(case(name))
            secrets = [volume["secret"] for volume in objects.pod["volumes"] if "secret" in volume]
            self.assertTrue(secrets)
            self.assertEqual({secret["defaultMode"] for secret in secrets}, {0o440}, name)
            self.assertGreater(objects.pod["securityContext"]["fsGroup"], 0)

    def test_mounts_only_what_is_there_and_uses_every_volume(self):
        for name in cases():
            objects = render(case(name))
            self.assertEqual(sorted(mount["name"] for mount in objects.container["volumeMounts"]),
                             sorted(volume["name"] for volume in objects.pod["volumes"]), name)

    def test_has_the_incumbents_flags_port_labels_and_names(self):
        objects = render(case("published-default"))
        self.assertEqual(objects.container["args"], [
            "--config=/etc/config/config.toml", "--metrics-port=2112",
            "--oidc-secret-path=/var/secrets/oidc-client-secret", "--workers=10"])
        self.assertEqual(objects.container["ports"], [{"name": "metrics", "containerPort": 2112}])
        deployment = objects.one("Deployment")
        selector = {"app.kubernetes.io/name": "event-exporter", "app.kubernetes.io/instance": "sentinel"}
        self.assertEqual(deployment["spec"]["selector"], {"matchLabels": selector})
        self.assertEqual({o["metadata"]["name"] for o in objects.all}, {"event-exporter"})
        self.assertEqual(objects.container["resources"], {
            "requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}})
        oidc, = [v for v in objects.pod["volumes"] if v["name"] == "oidc-secret"]
        self.assertEqual(oidc["secret"]["secretName"], "event-exporter-oidc-secret")

    def test_ignores_the_tag_of_nvsentinels_images(self):
        self.assertEqual(render(case("published-default")).container["image"], "event-exporter:0.1.0")

    def test_in_the_cluster_takes_nvsentinels_variables_and_certificate(self):
        objects = render(case("published-default"))
        self.assertEqual(objects.container["envFrom"], [{"configMapRef": {"name": "mongodb-config"}}])
        self.assertEqual(objects.environment, {
            "APP_NAME": "event-exporter", "LOG_LEVEL": "info",
            "MONGODB_CLIENT_CERT_PATH": "/etc/ssl/mongo-client/tls.crt",
            "MONGODB_CLIENT_KEY_PATH": "/etc/ssl/mongo-client/tls.key",
            "MONGODB_CA_CERT_PATH": "/etc/ssl/mongo-client/ca.crt"})
        certificate, = [v for v in objects.pod["volumes"] if v["name"] == "mongo-client-certificate"]
        self.assertEqual(certificate["secret"], {
            "secretName": "mongo-app-client-cert-secret", "defaultMode": 0o440, "optional": True})

    def test_outside_takes_the_secret_and_must_have_the_certificate(self):
        objects = render(case("parent-external-certificate"))
        self.assertEqual(objects.container["envFrom"], [
            {"configMapRef": {"name": "sentinel-datastore-config"}}, {"secretRef": {"name": "external-x509"}}])
        certificate, = [v for v in objects.pod["volumes"] if v["name"] == "mongo-client-certificate"]
        self.assertIs(certificate["secret"]["optional"], False)

    def test_takes_an_authority_alone(self):
        objects = render(case("parent-external-authority"))
        self.assertEqual(objects.environment["MONGODB_CA_CERT_PATH"], "/etc/ssl/mongo-ca/ca.crt")
        self.assertNotIn("MONGODB_CLIENT_CERT_PATH", objects.environment)
        authority, = [v for v in objects.pod["volumes"] if v["name"] == "mongo-authority"]
        self.assertEqual(authority["secret"]["items"], [{"key": "ca.crt", "path": "ca.crt"}])

    def test_with_a_datastore_of_its_own_takes_nothing_of_the_parents(self):
        values = merged(case("parent-external-authority"), {"event-exporter": {"datastore": {"existingSecret": "own"}}})
        objects = render(values)
        self.assertEqual(objects.container["envFrom"], [{"secretRef": {"name": "own"}}])
        self.assertEqual({volume["name"] for volume in objects.pod["volumes"]}, {"config", "oidc-secret"})

    def test_places_of_the_parent_win(self):
        pod = render(case("parent-everything")).pod
        self.assertEqual((pod["nodeSelector"], pod["priorityClassName"], pod["imagePullSecrets"]),
                         ({"node-role": "system"}, "system-cluster-critical", [{"name": "pull-secret"}]))
        self.assertIn("nodeAffinity", pod["affinity"])
        self.assertEqual(pod["tolerations"][0]["key"], "system")

    def test_keeps_a_uri_out_of_the_config_map(self):
        objects = render(case("uri"))
        self.assertNotIn("s3cret", yaml.safe_dump([o for o in objects.all if o["kind"] != "Secret"]))
        self.assertEqual(objects.container["envFrom"], [{"secretRef": {"name": "event-exporter-datastore"}}])

    def test_is_replaced_when_its_configuration_or_uri_changes(self):
        def annotations(values):
            return render(values).one("Deployment")["spec"]["template"]["metadata"]["annotations"]
        before, uri = annotations(MINIMAL), case("uri")
        self.assertNotEqual(before, annotations(merged(MINIMAL, {"exporter": {"sink": {"timeout": "7s"}}})))
        self.assertEqual(before, annotations(merged(MINIMAL, {"networkPolicy": {"enabled": False}})))
        changed = merged(uri, {"datastore": {"uri": "mongodb://other"}})
        self.assertNotEqual(annotations(uri)["checksum/datastore"], annotations(changed)["checksum/datastore"])

    def test_is_asked_the_right_questions(self):
        container = render(MINIMAL).container
        paths = {probe: container[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        self.assertEqual(paths, {
            "startupProbe": {"path": "/healthz", "port": "metrics"},
            "livenessProbe": {"path": "/healthz", "port": "metrics"},
            "readinessProbe": {"path": "/readyz", "port": "metrics"}})

    def test_has_time_to_drain(self):
        for drain, grace in (("20s", 35), ("0", 15), ("1m30s", 105), ("1.5h", 5415), ("500ms", 15), ("-1s", 15)):
            pod = render(merged(MINIMAL, {"exporter": {"shutdown": {"drainTimeout": drain}}})).pod
            self.assertEqual(pod["terminationGracePeriodSeconds"], grace, drain)


class Replicas(ChartTest):
    def test_with_a_lease_roll_over_without_a_gap(self):
        spec = render(MINIMAL).one("Deployment")["spec"]
        self.assertEqual((spec["replicas"], spec["strategy"]),
                         (2, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}))

    def test_that_must_not_overlap_do_not(self):
        for name in ("one-without-lease", "sqlite"):
            self.assertEqual(render(case(name)).one("Deployment")["spec"]["strategy"], {"type": "Recreate"})

    def test_have_a_disruption_budget_that_never_holds_up_a_node_for_ever(self):
        budget = render(MINIMAL).one("PodDisruptionBudget")["spec"]
        self.assertEqual((budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]), (1, "AlwaysAllow"))
        self.assertNotIn("PodDisruptionBudget", render(merged(MINIMAL, {"replicaCount": 1})).kinds())

    def test_are_spread(self):
        spread = render(MINIMAL).pod["topologySpreadConstraints"]
        self.assertEqual([s["topologyKey"] for s in spread], ["kubernetes.io/hostname", "topology.kubernetes.io/zone"])
        labels = render(MINIMAL).one("Deployment")["spec"]["selector"]
        self.assertEqual([s["labelSelector"] for s in spread], [labels, labels])


class Refusals(ChartTest):
    def refuses(self, change, *words):
        message = refusal(merged(MINIMAL, change))
        for word in words:
            self.assertIn(word, message)

    def test_of_a_deployment_without_a_datastore(self):
        for values in ({}, {"global": {"mongodbStore": {"enabled": False}}}):
            self.assertIn("no datastore: set datastore.existingConfigMap", refusal(values))
        message = refusal({"global": {"eventExporter": {"enabled": True}, "mongodbStore": {"enabled": False}}}, True)
        self.assertIn("enable its datastore (global.mongodbStore.enabled or global.datastore)", message)

    def test_of_a_cluster_without_a_name(self):
        for cluster in ("", None):
            self.refuses({"exporter": {"metadata": {"cluster": cluster}}}, "exporter.metadata.cluster is required")

    def test_of_misspelt_names_at_every_level(self):
        self.refuses({"exporter": {"sink": {"timeot": "1s"}}},
                     "exporter.sink: Additional property timeot is not allowed")
        self.refuses({"exporter": {"fliter": {}}}, "exporter: Additional property fliter is not allowed")
        self.refuses({"replicas": 2}, "Additional property replicas is not allowed")

    def test_of_wrong_types_and_choices(self):
        self.refuses({"exporter": {"workers": "ten"}},
                     "exporter.workers: Invalid type. Expected: integer, given: string")
        self.refuses({"exporter": {"delivery": {"ordering": "nodes"}}}, "exporter.delivery.ordering must be one of",
                     '"strict"')
        self.refuses({"exporter": {"delivery": {"queueBytes": 1}}}, "exporter.delivery.queueBytes", "65536")

    def test_of_durations_that_are_none(self):
        for path, name in ((("sink", "timeout"), "exporter.sink.timeout"), (("lease", "term"), "exporter.lease.term"),
                           (("backfill", "maxAge"), "exporter.backfill.maxAge"),
                           (("checkpoint", "interval"), "exporter.checkpoint.interval"),
                           (("shutdown", "drainTimeout"), "exporter.shutdown.drainTimeout"),
                           (("failureHandling", "initialBackoff"), "exporter.failureHandling.initialBackoff"),
                           (("failureHandling", "maxBackoff"), "exporter.failureHandling.maxBackoff")):
            self.refuses({"exporter": {path[0]: {path[1]: "30"}}}, f'{name}: "30" is not a duration')
        for text in ("1d", "", "5 s"):
            self.refuses({"exporter": {"sink": {"timeout": text}}},
                         f'exporter.sink.timeout: "{text}" is not a duration')

    def test_of_several_senders(self):
        self.refuses({"exporter": {"lease": {"enabled": False}}},
                     "every event would be sent 2 times; set replicaCount to 1")
        self.assertIn("pods cannot share an sqlite file", refusal(merged(case("sqlite"), {"replicaCount": 2})))

    def test_of_an_sqlite_without_a_place(self):
        for change, words in (({"path": ""}, "datastore.path is required"),
                              ({"path": "events.db"}, "the absolute path"),
                              ({"claimName": ""}, "datastore.claimName is required")):
            self.assertIn(words, refusal(merged(case("sqlite"), {"datastore": change})))

    def test_of_a_datastore_that_this_version_does_not_read(self):
        values = {"global": {"eventExporter": {"enabled": True}, "datastore": {"provider": "postgresql"}}}
        message = refusal(values, True)
        self.assertIn('the datastore\'s provider is "postgresql", which this version does not read', message)

    def test_of_settings_that_exclude_each_other(self):
        self.refuses({"exporter": {"sink": {"caFile": "/a", "caSecretName": "b"}}},
                     "exporter.sink: caSecretName and caFile exclude each other")
        self.refuses({"exporter": {"oidc": {"caConfigMapName": "a", "caSecretName": "b"}}},
                     "exporter.oidc: caSecretName and")
        self.refuses({"datastore": {"uri": "mongodb://a", "existingSecret": "b"}}, "exclude each other")
        for change in ({"uri": "mongodb://a"}, {"existingSecret": "a"}, {"existingConfigMap": "a"}):
            self.assertIn("datastore.provider sqlite excludes", refusal(merged(case("sqlite"), {"datastore": change})))
        self.refuses({"terminationGracePeriodSeconds": 10}, "the pod would be killed while it drains")
        self.refuses({"global": {"tracing": {"enabled": True}}}, "global.tracing.endpoint is required")


class Monitors(ChartTest):
    """Of kinds whose schemas are not among those of Kubernetes."""

    def test_select_the_pods_and_their_port(self):
        objects = render(case("everything"))
        labels = objects.one("Deployment")["spec"]["selector"]
        for kind, endpoints, interval in (("PodMonitor", "podMetricsEndpoints", "30s"),
                                          ("ServiceMonitor", "endpoints", "10s")):
            monitor = objects.one(kind)
            self.assertEqual(monitor["apiVersion"], "monitoring.coreos.com/v1")
            self.assertEqual(monitor["spec"]["selector"], labels)
            self.assertEqual(monitor["spec"][endpoints],
                             [{"port": "metrics", "path": "/metrics", "interval": interval}])
            self.assertEqual(monitor["metadata"]["labels"]["release"], "prometheus")
        service = objects.one("Service")
        self.assertEqual(service["spec"]["ports"][0]["name"], "metrics")
        self.assertTrue(labels["matchLabels"].items() <= service["metadata"]["labels"].items())

    def test_rules_and_dashboard_are_those_of_the_project(self):
        for folder, name in (("prometheus", "rules.yaml"), ("grafana", "event-exporter.json")):
            original = CHART.parent.parent / folder / name
            if original.exists():
                self.assertEqual((CHART / "files" / name).read_text(), original.read_text(),
                                 f"cp {original} {CHART}/files/{name}")

    def test_rules_and_dashboard_are_rendered_as_they_are(self):
        for name, switch, kind in (("rules.yaml", "prometheusRule", "PrometheusRule"),
                                   ("event-exporter.json", "grafanaDashboard", "ConfigMap")):
            values = merged(MINIMAL, {switch: {"enabled": True, "labels": {"team": "gpu"}}})
            file = CHART / "files" / name
            objects = render(values)
            self.assert_valid(objects, VERSIONS[-1], name)
            if kind == "PrometheusRule":
                found = objects.one(kind)
                self.assertEqual(found["spec"], yaml.safe_load(file.read_text()))
            else:
                found = objects.one(kind, "event-exporter-dashboard")
                self.assertEqual(found["data"][name], file.read_text())
            self.assertEqual(found["metadata"]["labels"]["team"], "gpu")


if __name__ == "__main__":
    main()
