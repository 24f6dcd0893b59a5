"""The chart's pods with the image's files: alone, with the incumbent's values and progress, and in a rolling update."""
import signal

from pods import Kubelet, PodCase, Revision

from chart import case, merged, render
from mongod import TOKENS
from support import LabSink, main, wait_until

HELD = "health_events_exporter_lease_held"
CLIENT = {"clientName": "event-exporter"}


class RenderedPods(PodCase):
    def begin(self, *sink, **exporter):
        """A sink, and a revision of values that are ours."""
        self.sink = LabSink(self, *sink)
        return self.revision(**exporter)

    def revision(self, **exporter):
        return Revision(self, render({
            "global": {"eventExporter": {"enabled": True}, "mongodbStore": {"enabled": True},
                       "tracing": {"enabled": True, "endpoint": "127.0.0.1:9", "insecure": True}},  # where nobody is
            "event-exporter": {"exporter": {
                "metadata": {"cluster": 'a "name" with \\ and \' in it'},
                "sink": {"endpoint": self.sink.url + "/events"},
                "oidc": {"tokenUrl": self.sink.url + "/token", "clientId": "it"},
                "checkpoint": {"interval": "100ms"}, "lease": {"term": "1h"}, **exporter}}}))

    def begin_with_the_incumbents_values(self):
        """As they are, but for the two addresses."""
        values = case("incumbent")
        self.sink = LabSink(self, client=values["event-exporter"]["exporter"]["oidc"]["clientId"])
        return Revision(self, render(merged(values, {"event-exporter": {"exporter": {
            "sink": {"endpoint": self.sink.url + "/events"}, "oidc": {"tokenUrl": self.sink.url + "/token"}}}})))

    def messages(self):
        """Of the events that arrived, in their order. At most 100 can be seen."""
        return [event["data"]["healthEvent"]["message"] for event in self.sink.events()]

    def assert_readable(self, *pods):
        """Every line that the cluster's log collector gets is one that it can read."""
        for pod in pods:
            self.assertEqual([line for line in pod.output().splitlines() if not line.startswith("{")], [])

    def test_one_sends_the_other_is_ready_and_takes_over(self):
        revision = self.begin()
        holder = revision.start().ready()
        self.assertEqual(len(holder.lines("OpenTelemetry tracing initialized")), 1)
        standby = revision.start()
        standby.wait_for_line("Standby: another exporter holds the lease")
        for pod in (holder, standby):
            pod.wait_for()
        self.mongod.insert_events(50)
        self.sink.wait_for(50)
        holder.stop()
        self.mongod.insert_events(50, first=50)
        standby.wait_for_line("Holding the lease")
        audit = self.sink.wait_for(100)
        self.assertEqual((audit["distinctIds"], audit["duplicates"]), (100, 0))
        self.assertEqual(self.sink.events()[-1]["source"], 'nvsentinel://a "name" with \\ and \' in it/healthevents')
        standby.stop()
        self.assert_readable(holder, standby)

    def test_the_incumbents_values_unchanged_are_read_and_events_arrive(self):
        revision = self.begin_with_the_incumbents_values()
        code, output = revision.run("check-config")
        self.assertEqual(code, 0, output)
        self.assertIn("\n0 errors, 0 warnings: event-exporter starts with this configuration\n", output)
        code, output = revision.run("verify-sink", "--no-event")
        self.assertEqual(code, 0, output)
        self.insert(self.make(30))
        pod = revision.start().wait_for()
        self.insert(self.make(30))
        self.wait_for_all(self.sink)
        pod.stop()
        self.audit(self.sink)
        self.assertEqual(self.sink.events()[0]["data"]["metadata"], {
            "cluster": "prod-us-west-2", "environment": "production", "region": "us-west-2", "tenant": "acme-corp"})
        self.assert_readable(pod)

    def test_goes_on_behind_the_incumbents_token_and_the_incumbent_behind_ours(self):
        tokens = self.mongod.database[TOKENS]
        with self.mongod.events.watch() as stream:
            self.insert(self.make(20))
            token = [stream.next()["_id"] for _ in range(8)][-1]
        left = {"_id": "made by the incumbent", **CLIENT, "unknown": {"a": [1, None]}}
        tokens.insert_one({**left, "resumeToken": token})
        pod = self.begin_with_the_incumbents_values().start().wait_for()
        self.insert(self.make(10))
        audit = self.sink.wait_for(22)
        pod.stop()
        self.assertEqual((audit["received"], sorted(self.messages(), key=lambda text: int(text.split()[1]))),
                         (22, [f"number {number}" for number in range(8, 30)]))
        self.assertEqual(pod.lines("Starting backfill"), [])

        self.insert(self.make(5))
        stored, = tokens.find()
        self.assertEqual({name: stored[name] for name in left}, left)
        self.assertEqual(set(stored) - set(left), {"resumeToken", "eventExporter", "eventExporterLease"})
        with self.mongod.events.watch([{"$match": {"operationType": {"$in": ["insert"]}}}],
                                      resume_after=stored["resumeToken"]) as stream:
            self.assertEqual([stream.next()["fullDocument"]["healthevent"]["message"] for _ in range(5)],
                             [f"number {number}" for number in range(30, 35)])

    def test_a_rolling_update_while_events_flow_loses_nothing_and_repeats_nothing(self):
        """One pod more, none less: what a Deployment does with maxSurge 1 and maxUnavailable 0."""
        # Much would come twice if a pod did not wait for its answers, or did not save at its end.
        old = self.begin("--delay", "20ms", checkpoint={"interval": "1h"})
        update = self.revision(workers=20, checkpoint={"interval": "2h"})
        self.assertNotEqual(old.objects.toml, update.objects.toml)
        self.assertNotEqual(old.objects.container["args"], update.objects.container["args"])
        self.assertEqual(old.objects.one("Deployment")["spec"]["strategy"],
                         {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})
        kubelet = Kubelet(self)
        holder = kubelet.watch(old.start().ready())
        standby = kubelet.watch(old.start()).wait_for()
        feeder = self.feed(1_000_000, 200)
        pods = [holder, standby]
        new = []
        # A Deployment starts the next one as soon as an old one is to end, not when it has ended.
        for leaving in pods:
            new.append(kubelet.watch(update.start()).wait_for())
            kubelet.forget(leaving)
            leaving.send(signal.SIGTERM)
        for pod in pods:
            self.assertEqual(pod.wait(), 0, pod.output()[-4000:])
        wait_until(lambda: sorted(pod.metric(HELD) for pod in new) == [0, 1], "one of the new ones that holds the lease")
        self.sink.wait_for(self.sink.audit()["distinctIds"] + 100)
        feeder.end()
        self.assertIsNone(feeder.failure)
        self.wait_for_all(self.sink)
        for pod in new:
            pod.wait_for("readinessProbe")
        kubelet.end()
        self.assertEqual(kubelet.bad, [])
        self.assertGreater(kubelet.asked, 0)
        for pod in new:
            pod.stop()
        self.audit(self.sink, duplicates=0)
        self.assert_readable(*pods, *new)


if __name__ == "__main__":
    main()
