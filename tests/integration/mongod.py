"""A real MongoDB for tests: replica sets of one or three nodes, with TLS, passwords, a history that gets lost.

mongod is the one of scripts/mongod-path; there being none is a failure, not a skip. Every port is given by the kernel
and learnt from the server's log. The servers end with the test that started them, and, by a death signal, also when the
test itself is killed.
"""
import datetime
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from urllib.parse import quote

import pymongo
from bson import ObjectId, SON
from bson.int64 import Int64
from pymongo.errors import OperationFailure, PyMongoError

from certificates import Authority
from support import PATIENCE, ROOT, Process, wait_until

SET = "rs0"
# The names that NVSentinel's chart gives.
DATABASE = "HealthEventsDatabase"
COLLECTION = "HealthEvents"
TOKENS = "ResumeTokens"
# The user of the program under test. The password needs escaping in a URI.
USER = "event-exporter"
PASSWORD = "S3cret/of@mongo:user"
SUBJECT = "/O=nvsentinel/OU=exporter/CN=event-exporter"
SUBJECT_AS_USER = "CN=event-exporter,OU=exporter,O=nvsentinel"  # RFC 2253, as the server names the subject
HISTORY_LOST = 286  # the server's code ChangeStreamHistoryLost


def mongod_path():
    done = subprocess.run([ROOT / "scripts/mongod-path"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"these tests need a mongod:\n{done.stderr}")
    return done.stdout.strip()


def health_event(number, node="gpu-node-1", created=None, **changed):
    """A document as NVSentinel's platform connector stores it; `changed` are keys of `healthevent`."""
    created = created or datetime.datetime.now(datetime.timezone.utc)
    return {
        "_id": ObjectId(),
        "createdAt": created,
        "healthevent": {
            "version": Int64(1),
            "agent": "syslog-health-monitor",
            "componentclass": "GPU",
            "checkname": "SysLogsXIDError",
            "isfatal": number % 2 == 0,
            "ishealthy": False,
            "message": f"number {number}",
            "recommendedaction": 24,
            "errorcode": ["79"],
            "entitiesimpacted": [{"entitytype": "PCI", "entityvalue": "0000:17:00.0"},
                                 {"entitytype": "GPU", "entityvalue": str(number % 8)}],
            "metadata": {"driverVersion": "570.86.15", "trace_id": f"{number:032x}"},
            "generatedtimestamp": {"seconds": Int64(int(created.timestamp())), "nanos": created.microsecond * 1000},
            "nodename": node,
            "quarantineoverrides": None,
            "drainoverrides": None,
            "processingstrategy": 1,
            "id": str(uuid.uuid4()),
            "customrecommendedaction": "",
            **changed,
        },
        "healtheventstatus": {
            "nodequarantined": "",
            "quarantinefinishtimestamp": None,
            "userpodsevictionstatus": {"status": "", "message": ""},
            "drainfinishtimestamp": None,
            "faultremediated": None,
            "lastremediationtimestamp": None,
            "spanids": {"platform-connector": f"{number:016x}"},
        },
    }


class Node(Process):
    """One mongod. `stop` is SIGTERM, `kill` is SIGKILL."""

    def __init__(self, case, data, options, port=0):
        self.data = data
        self.options = options
        data.mkdir(exist_ok=True)
        # setpriv becomes mongod, so the child's pid is mongod's.
        super().__init__(case, ["setpriv", "--pdeathsig", "KILL", mongod_path(), "--replSet", SET, "--dbpath", data,
                                "--bind_ip", "127.0.0.1", "--port", port, "--nounixsocket",
                                "--wiredTigerCacheSizeGB", "0.25",
                                "--setParameter", "diagnosticDataCollectionEnabled=false",
                                "--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100", *options], "mongod")
        self.known_port = port

    @property
    def port(self):
        if not self.known_port:
            listens = re.compile(r'"msg":"Waiting for connections","attr":\{"port":(\d+),')
            found = wait_until(lambda: listens.search(self.output()) or self.must_run(), "a mongod that listens", 60)
            self.known_port = int(found.group(1))
        return self.known_port

    def must_run(self):
        if self.child.poll() is not None:
            raise AssertionError(f"mongod ended with {self.child.returncode}:\n{self.output()[-4000:]}")

    def restarted(self):
        """A new process on the same port and data, once this one has ended."""
        return Node(self.case, self.data, self.options, self.port)

    def pause(self):
        """Until resume() it answers nothing, as behind a network that swallows packets."""
        self.send(signal.SIGSTOP)
        wait_until(lambda: self.state() == "T", "a mongod that has stopped")

    def resume(self):
        self.send(signal.SIGCONT)
        wait_until(lambda: self.state() != "T", "a mongod that goes on")

    def state(self):
        with open(f"/proc/{self.child.pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0]


class Mongod:
    """A replica set, ready to be written to.

    tls: TLS is required, with a client certificate; the user is the certificate's subject. `certificates` is then a
    folder with ca.crt, tls.crt and tls.key, as it is mounted in a cluster; `authority` signs more of them.
    scram: a user with a password. With tls too, the password counts and the client needs no certificate.
    oplog_mb: the size of the server's history, small when lose_history() is to be quick.
    test_commands: refuse() works.

    In both of the first two cases the user may read and write DATABASE and nothing else; client() is the administrator.
    """

    def __init__(self, case, tls=False, scram=False, oplog_mb=None, nodes=1, test_commands=False):
        self.case, self.tls, self.scram = case, tls, scram
        self.folder = case.folder / f"mongod-{uuid.uuid4().hex[:8]}"
        self.folder.mkdir()
        self.clients = {}
        case.addCleanup(self.forget_clients)
        options = ["--oplogSize", oplog_mb, "--syncdelay", 1] if oplog_mb else ["--oplogSize", 64]
        if test_commands:
            options += ["--setParameter", "enableTestCommands=1"]
        if tls:
            options += self.tls_options()
        if tls or scram:
            key = self.folder / "set.key"
            key.write_text(uuid.uuid4().hex)
            key.chmod(0o600)
            options += ["--keyFile", key]
        self.nodes = [Node(case, self.folder / f"node{index}", options) for index in range(nodes)]
        self.initiate()
        if tls or scram:
            self.create_users()

    def tls_options(self):
        self.authority = Authority(self.folder, "ca")
        server = self.authority.issue("server", "/O=nvsentinel/OU=server/CN=mongod",
                                      ["subjectAltName=IP:127.0.0.1,DNS:localhost",
                                       "extendedKeyUsage=serverAuth,clientAuth"])
        self.certificates = self.client_certificate("client", SUBJECT)
        both = self.folder / "server-both.pem"
        both.write_text(server.read_text() + server.with_suffix(".key").read_text())
        options = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", both, "--tlsCAFile", self.authority.pem]
        return options + (["--tlsAllowConnectionsWithoutCertificates"] if self.scram else [])

    def client_certificate(self, name, subject, authority=None):
        """A folder as it is mounted in a cluster, and for pymongo both in one, both.pem."""
        certificate = (authority or self.authority).issue(name, subject, ["extendedKeyUsage=clientAuth"])
        folder = self.folder / name
        folder.mkdir()
        shutil.copy(self.authority.pem, folder / "ca.crt")
        shutil.copy(certificate, folder / "tls.crt")
        shutil.copy(certificate.with_suffix(".key"), folder / "tls.key")
        (folder / "both.pem").write_text((folder / "tls.crt").read_text() + (folder / "tls.key").read_text())
        return folder

    def initiate(self):
        hosts = [f"127.0.0.1:{node.port}" for node in self.nodes]
        members = [{"_id": index, "host": host} for index, host in enumerate(hosts)]
        # Three nodes elect each other within the shorter times; the server's own are 2 s and 10 s.
        settings = {"heartbeatIntervalMillis": 200, "electionTimeoutMillis": 1000}
        self.client(self.nodes[0], None).admin.command("replSetInitiate",
                                                       {"_id": SET, "members": members, "settings": settings})
        self.wait_for_primary()

    def create_users(self):
        # The first user may be made by anybody who comes from the server's own machine.
        self.client(self.primary(), None).admin.command("createUser", "root", pwd="root", roles=["root"])
        rights = [{"role": "readWrite", "db": DATABASE}]
        if self.scram:
            self.client()[DATABASE].command("createUser", USER, pwd=PASSWORD, roles=rights)
        else:
            self.client()["$external"].command("createUser", SUBJECT_AS_USER, roles=rights)

    def uri(self):
        """For the program under test. With TLS and without a password, certificates come from elsewhere."""
        user = f"{USER}:{quote(PASSWORD, safe='')}@" if self.scram else ""
        return (f"mongodb://{user}{','.join(f'127.0.0.1:{node.port}' for node in self.nodes)}/?replicaSet={SET}"
                + ("&tls=true" if self.tls else "") + (f"&authSource={DATABASE}" if self.scram else ""))

    def connect(self, node, user, certificates=None):
        """A client of one node (None: of the set) as nobody (None), "root", or "user": whom the program is."""
        options = {"serverSelectionTimeoutMS": int(10000 * PATIENCE), "connect": False}
        if node:
            options.update(host="127.0.0.1", port=node.port, directConnection=True)
        else:
            options.update(host=[f"127.0.0.1:{each.port}" for each in self.nodes], replicaSet=SET)
        if self.tls:
            options.update(tls=True, tlsCAFile=str(self.authority.pem),
                           tlsCertificateKeyFile=str((certificates or self.certificates) / "both.pem"))
        if user == "root" and (self.tls or self.scram):
            options.update(username="root", password="root")
        elif user == "user" and self.scram:
            options.update(username=USER, password=PASSWORD, authSource=DATABASE)
        elif user == "user" and self.tls:
            options.update(authMechanism="MONGODB-X509", authSource="$external")
        return pymongo.MongoClient(**options)

    def client(self, node=None, user="root"):
        """As the administrator; of the whole set, or of one node."""
        key = (node and node.child.pid, user)
        if key not in self.clients:
            self.clients[key] = self.connect(node, user)
        return self.clients[key]

    @property
    def database(self):
        return self.client()[DATABASE]

    @property
    def events(self):
        return self.database[COLLECTION]

    def forget_clients(self):
        # Not closed one by one: a client that says good-bye waits long for a server that is gone.
        self.clients.clear()

    def primary(self):
        """The node that takes writes now, or None."""
        for node in self.nodes:
            if node.child.poll() is None and node.state() != "T":
                try:
                    # Greeting needs no user.
                    if self.client(node, None).admin.command("isMaster")["ismaster"]:
                        return node
                except PyMongoError:
                    pass
        return None

    def wait_for_primary(self, but=None):
        def found():
            node = self.primary()
            return node if node is not but else None
        return wait_until(found, "a primary", 60, every=0.05)

    def step_down(self):
        """The primary hands over to another node; the new one. Needs three nodes."""
        old = self.primary()
        self.client(old).admin.command("replSetStepDown", 30, secondaryCatchUpPeriodSecs=10)
        return self.wait_for_primary(but=old)

    # Of one node; the first unless it is said.

    def stop(self, index=0):
        self.nodes[index].stop()

    def kill(self, index=0):
        self.nodes[index].kill()

    def pause(self, index=0):
        self.nodes[index].pause()

    def resume(self, index=0):
        self.nodes[index].resume()

    def restart(self, index=0):
        """After stop or kill: the same port, the same data, and a primary again."""
        self.nodes[index] = self.nodes[index].restarted()
        return self.wait_for_primary()

    def refuse(self, *commands, **how):
        """These commands of the program fail from now on: errorCode=13, closeConnection=True. None: no more."""
        self.client().admin.command(SON([
            ("configureFailPoint", "failCommand"), ("mode", "alwaysOn" if commands else "off"),
            ("data", {"failCommands": list(commands), "appName": "event-exporter", **how})]))

    def insert(self, documents):
        """With the majority's word, in order; their _ids."""
        return self.events.insert_many(documents).inserted_ids

    def insert_events(self, count, first=0, nodes=7):
        return self.insert([health_event(n, f"gpu-node-{n % nodes}") for n in range(first, first + count)])

    def token_document(self, client_name="event-exporter"):
        """The saved progress as stored, None while there is none."""
        return self.database[TOKENS].find_one({"clientName": client_name})

    def high_water_mark(self):
        """A resume token for now."""
        with self.events.watch() as stream:
            return stream.resume_token

    def can_resume(self, token):
        try:
            self.events.watch(resume_after=token).close()
        except OperationFailure as error:
            if error.code != HISTORY_LOST:
                raise
            return False
        return True

    def lose_history(self, token=None, seconds=60):
        """Fills the server's history until it cannot resume after the token any more. Needs oplog_mb."""
        token = token or self.high_water_mark()
        deadline = time.monotonic() + seconds * PATIENCE
        # Notes go to the history alone. It is cut at checkpoints, one a second by --syncdelay, so no need to hurry.
        note = SON([("appendOplogNote", 1), ("data", {"junk": os.urandom(200_000).hex()})])
        while self.can_resume(token):
            if time.monotonic() > deadline:
                raise AssertionError(f"the history was not lost within {seconds * PATIENCE:.0f} s")
            self.client().admin.command(note)
            time.sleep(0.05)
