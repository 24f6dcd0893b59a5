"""The pods that the chart renders, run: all but the cluster.

The image's files, the mounts with the owners and modes that the kubelet gives them, the pod's user, flags, variables
and probes, a MongoDB that wants a client certificate, and a sink.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "integration"), str(TESTS / "chart")]
from mongod import DATABASE, TOKENS  # noqa: E402
from mongodb_case import MongodbCase  # noqa: E402
from support import BINARY, ROOT, SECRET, Exporter, Process, request, wait_until  # noqa: E402

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
# A root file system that cannot be written to, with /proc and the pod's volumes, in a name space of its own, so that
# nothing stays mounted. $0 is the root; then pairs of a folder and where it is mounted, up to "--".
CONTAINER = """set -e
mount --bind "$0" "$0"
mount --bind /proc "$0/proc"
while [ "$1" != -- ]; do
  mount --bind "$1" "$0$2"
  mount -o remount,bind,ro "$0$2"
  shift 2
done
shift
mount -o remount,bind,ro "$0"
exec setpriv --no-new-privs --inh-caps=-all chroot "$@"
"""


class Revision:
    """What the Deployment's template is at one time, with its volumes as folders."""

    def __init__(self, case, objects):
        self.case, self.objects, self.mounts = case, objects, []
        volumes = {volume["name"]: volume for volume in objects.pod["volumes"]}
        group = objects.pod["securityContext"]["fsGroup"]
        for mount in objects.container["volumeMounts"]:
            case.assertIs(mount["readOnly"], True)
            (case.root / mount["mountPath"].lstrip("/")).mkdir(parents=True, exist_ok=True)
            volume = volumes[mount["name"]]
            folder = case.folder / f"volume-{id(self)}-{mount['name']}"
            folder.mkdir()
            self.mounts += [folder, mount["mountPath"]]
            files, mode = objects.one("ConfigMap")["data"], 0o644
            if "secret" in volume:
                files, mode = case.secrets()[volume["secret"]["secretName"]], volume["secret"]["defaultMode"]
            for name, text in files.items():
                (folder / name).write_text(text)
                (folder / name).chmod(mode)
                shutil.chown(folder / name, "root", group)

    def start(self):
        return Pod(self.case, self)

    def run(self, *verb):
        """Another verb of the program with the pod's arguments, to its end: (exit code, output)."""
        process = Pod(self.case, self, *verb)
        return process.wait(), process.output()


class Pod(Exporter):
    """One of them; unshare and chroot do the kubelet's part."""

    def __init__(self, case, revision, *verb):
        self.objects = revision.objects
        pod, container = self.objects.pod["securityContext"], self.objects.container
        # All pods have the network of this machine, so each takes a port that is free.
        arguments = [a if not a.startswith("--metrics-port=") else "--metrics-port=0" for a in container["args"]]
        Process.__init__(self, case, [
            "unshare", "--mount", "sh", "-c", CONTAINER, case.root, *revision.mounts, "--",
            f"--userspec={pod['runAsUser']}:{pod['runAsGroup']}", f"--groups={pod['fsGroup']}", case.root,
            "/usr/bin/event-exporter", *verb, *arguments], "pod", case.variables | self.objects.environment)

    def answers(self, probe):
        return request(self.url(self.objects.container[probe]["httpGet"]["path"]))[0]

    def wait_for(self, *probes):
        for probe in probes or PROBES:
            wait_until(lambda: self.answers(probe) == 200 or self.must_run(), f"a good {probe}")
        return self


class Kubelet(threading.Thread):
    """Asks the liveness probe of each pod that it knows, again and again, and remembers what was no 200."""

    def __init__(self, case):
        super().__init__(daemon=True)
        self.pods, self.bad, self.asked = [], [], 0
        self.lock, self.stopping = threading.Lock(), threading.Event()
        case.addCleanup(self.end)
        self.start()

    def run(self):
        while not self.stopping.wait(0.05):
            with self.lock:
                for pod in self.pods:
                    self.ask(pod)

    def ask(self, pod):
        try:
            answer = pod.answers("livenessProbe")
        except Exception as error:  # told to the test
            answer = repr(error)
        self.asked += 1
        if answer != 200:
            self.bad.append((pod.log.name, answer))

    def watch(self, pod):
        """From when its startup probe is good."""
        pod.wait_for("startupProbe")
        with self.lock:
            self.pods.append(pod)
        return pod

    def forget(self, pod):
        """A pod that is to end is not asked any more."""
        with self.lock:
            self.pods.remove(pod)

    def end(self):
        self.stopping.set()
        self.join()


@unittest.skipUnless(os.geteuid() == 0, "unshare and chroot need root")
class PodCase(MongodbCase):
    """Tests that share the MongoDB and the root file system."""

    SERVER = {"tls": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.mongod.folder / "root"
        subprocess.run([ROOT / "scripts/rootfs", BINARY, cls.root], check=True, capture_output=True)
        # Of the ConfigMap that NVSentinel's chart makes.
        cls.variables = {"MONGODB_URI": cls.mongod.uri(), "MONGODB_DATABASE_NAME": DATABASE,
                         "MONGODB_TOKEN_COLLECTION_NAME": TOKENS, "MONGOC_DISABLE_SHM": "1"}

    def secrets(self):
        return {"event-exporter-oidc-secret": {"oidc-client-secret": SECRET},
                "mongo-app-client-cert-secret": {name: (self.mongod.certificates / name).read_text()
                                                 for name in ("tls.crt", "tls.key", "ca.crt")}}
