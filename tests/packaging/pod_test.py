"""The pods that the chart renders, run: all but the cluster.

The image's files, the mounts with the owners and modes that the kubelet gives them, the pod's user, flags, variables
and probes, a MongoDB that wants a client certificate, and a sink.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "integration"), str(TESTS / "chart")]
from chart import render  # noqa: E402
from mongod import DATABASE, TOKENS, Mongod  # noqa: E402
from support import (BINARY, ROOT, SECRET, Exporter, IntegrationTest, LabSink, Process, main, request,  # noqa: E402
                     wait_until)


# A root file system that cannot be written to, with /proc, in a name space of its own, so that nothing stays mounted.
CONTAINER = """set -e
mount --bind "$0" "$0"
mount --bind /proc "$0/proc"
mount -o remount,bind,ro "$0"
exec setpriv --no-new-privs --inh-caps=-all chroot "$@"
"""


class Pod(Exporter):
    """One of them; unshare and chroot do the kubelet's part."""

    def __init__(self, case, objects):
        pod, container = objects.pod["securityContext"], objects.container
        # Both pods have the network of this machine, so each takes a port that is free.
        arguments = [a if not a.startswith("--metrics-port=") else "--metrics-port=0" for a in container["args"]]
        Process.__init__(self, case, [
            "unshare", "--mount", "sh", "-c", CONTAINER, case.root,
            f"--userspec={pod['runAsUser']}:{pod['runAsGroup']}", f"--groups={pod['fsGroup']}", case.root,
            "/usr/bin/event-exporter", *arguments], "pod", case.variables | objects.environment)

    def answers(self, probe):
        return request(self.url(probe["httpGet"]["path"]))[0]


@unittest.skipUnless(os.geteuid() == 0, "unshare and chroot need root")
class RenderedPods(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.mongod = Mongod(self, tls=True)
        self.sink = LabSink(self)
        self.variables = {"MONGODB_URI": self.mongod.uri(), "MONGODB_DATABASE_NAME": DATABASE,
                          "MONGODB_TOKEN_COLLECTION_NAME": TOKENS, "MONGOC_DISABLE_SHM": "1"}
        self.objects = render({
            "global": {"eventExporter": {"enabled": True}, "mongodbStore": {"enabled": True}},
            "event-exporter": {"exporter": {
                "metadata": {"cluster": 'a "name" with \\ and \' in it'},
                "sink": {"endpoint": self.sink.url + "/events"},
                "oidc": {"tokenUrl": self.sink.url + "/token", "clientId": "it"},
                "checkpoint": {"interval": "100ms"}, "lease": {"term": "1h"}}}})
        self.root = self.folder / "root"
        subprocess.run([ROOT / "scripts/rootfs", BINARY, self.root], check=True, capture_output=True)
        self.mount()

    def mount(self):
        volumes = {volume["name"]: volume for volume in self.objects.pod["volumes"]}
        group = self.objects.pod["securityContext"]["fsGroup"]
        secrets = {"event-exporter-oidc-secret": {"oidc-client-secret": SECRET},
                   "mongo-app-client-cert-secret": {name: (self.mongod.certificates / name).read_text()
                                                    for name in ("tls.crt", "tls.key", "ca.crt")}}
        for mount in self.objects.container["volumeMounts"]:
            self.assertIs(mount["readOnly"], True)
            folder = self.root / mount["mountPath"].lstrip("/")
            folder.mkdir(parents=True)
            volume = volumes[mount["name"]]
            files = self.objects.one("ConfigMap")["data"]
            if "secret" in volume:
                files = secrets[volume["secret"]["secretName"]]
            for name, text in files.items():
                (folder / name).write_text(text)
                (folder / name).chmod(volume.get("secret", {}).get("defaultMode", 0o644))
                shutil.chown(folder / name, "root", group)

    def test_one_sends_the_other_is_ready_and_takes_over(self):
        holder = Pod(self, self.objects).ready()
        standby = Pod(self, self.objects)
        standby.wait_for_line("Standby: another exporter holds the lease")
        for pod in (holder, standby):
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                wait_until(lambda: pod.answers(self.objects.container[probe]) == 200, f"a good {probe}")
        self.mongod.insert_events(50)
        self.sink.wait_for(50)
        holder.stop()
        self.mongod.insert_events(50, first=50)
        standby.wait_for_line("Holding the lease")
        audit = self.sink.wait_for(100)
        self.assertEqual((audit["distinctIds"], audit["duplicates"]), (100, 0))
        self.assertEqual(self.sink.events()[-1]["source"], 'nvsentinel://a "name" with \\ and \' in it/healthevents')
        standby.stop()
        # Every line that the cluster's log collector gets is one that it can read.
        for pod in (holder, standby):
            self.assertEqual([line for line in pod.output().splitlines() if not line.startswith("{")], [])


if __name__ == "__main__":
    main()
