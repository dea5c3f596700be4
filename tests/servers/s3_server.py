"""A real S3 server on loopback: Ceph's RADOS Gateway with its monitor and one store in memory.

One server serves every test process of this user at once (it takes two seconds to start and 500 MB): each
holds a shared lock while it needs the server, and the server's keeper ends it when the kernel gives it the
lock alone, which is when the last of them is gone, in whatever way. Tests keep apart by their buckets and,
where they take keys away, by users of their own.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from cryptography.hazmat.primitives import serialization
from servers.certificates import issue

HOW_TO_INSTALL = "apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-common"
PROGRAMS = (
    "radosgw",
    "radosgw-admin",
    "ceph-mon",
    "ceph-osd",
    "ceph",
    "ceph-authtool",
    "monmaptool",
)
PATIENCE_S = 120
"""How long the server may take to start: many times what it takes on a machine busy with other tests."""
_TRIES = 3
"""Another process may take a port between our looking for a free one and Ceph's opening it."""
_PR_SET_PDEATHSIG = 1

_CONFIGURATION = """
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon_port}/0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
keyring = {folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd crush chooseleaf type = 0
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mon data avail warn = 2
mon data avail crit = 1
# Without these two a pool takes a second to make, and the gateway makes ten.
paxos propose interval = 0.05
paxos min wait = 0.01
run dir = {folder}
admin socket =
log file = {folder}/$name.log
debug ms = 0
[mon]
mon data = {folder}/mon
[osd]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 8589934592
[client]
rgw data = {folder}/rgw
# tcp_nodelay: else each answer to a range waits 40 ms for an acknowledgement.
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1 ssl_endpoint=127.0.0.1:{tls_port} \
ssl_certificate={folder}/tls.pem ssl_private_key={folder}/tls.key
rgw enable usage log = false
rgw dynamic resharding = false
rgw thread pool size = 64
rgw init timeout = 60
debug rgw = 0
"""


@dataclass(frozen=True)
class S3Server:
    """A running server; everything of it is on 127.0.0.1."""

    folder: Path
    port: int
    tls_port: int
    key: str
    secret: str
    release: int
    """Ceph's: 16 (Debian 12) stores no checksums, and overlooks conditions and locks on parts."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_endpoint(self) -> str:
        return f"https://127.0.0.1:{self.tls_port}"

    @property
    def ca_file(self) -> Path:
        """The authority that signed the certificate of ``tls_endpoint``."""
        return self.folder / "ca.pem"

    def admin(self, *arguments: str) -> Any:
        """Run ``radosgw-admin`` and return the JSON it printed."""
        done = subprocess.run(
            ["radosgw-admin", "-c", str(self.folder / "ceph.conf"), *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        if done.returncode:
            raise RuntimeError(f"radosgw-admin {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None


class S3:
    """What a test needs of the server: buckets, clients, settings, users."""

    def __init__(self, server: S3Server, folder: Path) -> None:
        self.server = server
        self.endpoint = server.endpoint
        self.key = server.key
        self.secret = server.secret
        self._folder = folder
        self._clients: dict[tuple[str, str, str], Any] = {}

    def client(
        self, *, key: str | None = None, secret: str | None = None, endpoint: str | None = None
    ) -> Any:
        """Return a boto3 client of the server itself, past every store of ours; one for the same keys."""
        asked = (key or self.key, secret or self.secret, endpoint or self.endpoint)
        if asked not in self._clients:
            self._clients[asked] = boto3.client(
                "s3",
                endpoint_url=asked[2],
                aws_access_key_id=asked[0],
                aws_secret_access_key=asked[1],
                region_name="us-east-1",
                config=Config(s3={"addressing_style": "path"}, proxies={}, retries={"total_max_attempts": 2}),
            )
        return self._clients[asked]

    def bucket(self, *, lock: bool = False, versioned: bool = False) -> str:
        """Make a bucket and return its name; one with Object Lock has versions, too."""
        name = f"test-{uuid.uuid4().hex[:16]}"
        client = self.client()
        if lock:
            client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
        else:
            client.create_bucket(Bucket=name)
            if versioned:
                client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def bucket_of(self, key: str, secret: str) -> str:
        """Make a bucket of the user with these keys, and return its name."""
        name = f"test-{uuid.uuid4().hex[:16]}"
        client = self.client(key=key, secret=secret)
        client.create_bucket(Bucket=name)
        return name

    def credentials_file(self, key: str | None = None, secret: str | None = None) -> Path:
        """Write a file of the form of ``~/.aws/credentials`` and return its path."""
        path = self._folder / f"credentials-{uuid.uuid4().hex[:8]}"
        write_credentials(path, key or self.key, secret or self.secret)
        return path

    def settings(self, name: str = "s3", **more: Any) -> Any:
        """Return ``StoreSettings`` of a store in this server; in a new bucket unless ``url`` names one."""
        from archive.objects.settings import StoreSettings

        given: dict[str, Any] = {
            "name": name,
            "endpoint": self.endpoint,
            "region": "us-east-1",
            "path_style": True,
            **more,
        }
        if "url" not in given:
            given["url"] = (
                f"s3://{self.bucket(lock=bool(given.get('lock') or given.get('legal_hold')))}/archive"
            )
        if "credentials_file" not in given:
            given["credentials_file"] = self.credentials_file()
        return StoreSettings(**given)

    def user(self) -> tuple[str, str, str]:
        """Make a user of its own and return its name, key and secret; it sees no bucket of others."""
        name, key = f"user-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex[:20].upper()
        secret = uuid.uuid4().hex
        self.server.admin(
            "user", "create", f"--uid={name}", f"--display-name={name}",
            f"--access-key={key}", f"--secret-key={secret}",
        )  # fmt: skip
        return name, key, secret

    def new_key(self, user: str) -> tuple[str, str]:
        """Give a user one more key, and return it with its secret."""
        key, secret = uuid.uuid4().hex[:20].upper(), uuid.uuid4().hex
        self.server.admin("key", "create", f"--uid={user}", f"--access-key={key}", f"--secret-key={secret}")
        return key, secret

    def remove_key(self, user: str, key: str) -> None:
        """Take a key away from a user: the server refuses it from now on."""
        self.server.admin("key", "rm", f"--uid={user}", f"--access-key={key}")


def write_credentials(path: Path, key: str, secret: str, profile: str = "default") -> None:
    """Write a credentials file as AWS's own tools do, in one step."""
    beside = path.with_name(path.name + ".new")
    beside.touch(0o600)
    beside.write_text(f"[{profile}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    beside.replace(path)


@contextmanager
def running() -> Iterator[S3Server]:
    """Give the server that all test processes of this user share, started when nobody has started it."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise RuntimeError(f"The S3 tests need {', '.join(missing)}. Run this once: sudo {HOW_TO_INSTALL}")
    place = _place()
    with (place / "users").open("a") as users:
        with (place / "starting").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            # Waits for a keeper that is ending its server just now.
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _running_already(place) or _start(place)
        yield server


def _place() -> Path:
    """Return a folder of this user for this version of this file."""
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    place = Path(tempfile.gettempdir()) / f"mandegar-tests-{os.getuid()}" / f"s3-{version}"
    place.mkdir(0o700, parents=True, exist_ok=True)
    if place.parent.stat().st_uid != os.getuid():
        raise RuntimeError(f"{place.parent} belongs to another user: remove it")
    return place


def _running_already(place: Path) -> S3Server | None:
    try:
        server = _read_state((place / "state").read_text())
        socket.create_connection(("127.0.0.1", server.port), 5).close()
    except (OSError, ValueError, KeyError):
        return None
    return server


def _read_state(text: str) -> S3Server:
    state = json.loads(text)
    return S3Server(
        folder=Path(state["folder"]),
        port=state["port"],
        tls_port=state["tls_port"],
        key=state["key"],
        secret=state["secret"],
        release=state["release"],
    )


def _start(place: Path) -> S3Server:
    (place / "state").unlink(missing_ok=True)
    # Returns when the keeper has let go of its standard output, which is when the server answers.
    done = subprocess.run(
        [sys.executable, "-m", "servers.s3_server", str(place)],
        check=False,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S * _TRIES,
    )
    try:
        return _read_state(done.stdout)
    except (ValueError, KeyError):
        raise RuntimeError(f"Ceph's RADOS Gateway did not start:\n{done.stdout}\n{done.stderr}") from None


# ---- The keeper: a process of its own


def keep(place: Path) -> None:
    """Start the server, say so on standard output, and end it when nobody needs it any more."""
    if os.fork():
        os._exit(0)
    os.setsid()
    with tempfile.TemporaryDirectory(prefix="data-", dir=place, ignore_cleanup_errors=True) as name:
        daemons: list[subprocess.Popen[bytes]] = []
        try:
            state = _bring_up(Path(name), daemons)
            (place / "state").write_text(state)
            print(state, flush=True)
        except Exception:  # noqa: BLE001 - whoever waits for the server reads it
            print(traceback.format_exc(), *_last_words(Path(name)), sep="\n", flush=True)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        with (place / "users").open("a") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            (place / "state").unlink(missing_ok=True)
            _end(daemons)


def _bring_up(folder: Path, daemons: list[subprocess.Popen[bytes]]) -> str:
    for left in reversed(range(_TRIES)):
        attempt = folder / str(left)
        attempt.mkdir()
        try:
            return _try_to_bring_up(attempt, daemons)
        except (RuntimeError, subprocess.SubprocessError):
            _end(daemons)
            if not left:
                raise
    raise AssertionError


def _try_to_bring_up(folder: Path, daemons: list[subprocess.Popen[bytes]]) -> str:
    mon_port, port, tls_port = _free_ports(3)
    fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
    configuration = folder / "ceph.conf"
    configuration.write_text(
        _CONFIGURATION.format(fsid=fsid, folder=folder, mon_port=mon_port, port=port, tls_port=tls_port)
    )
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir()
    _write_certificate(folder)
    keyring = str(folder / "keyring")
    for name, *caps in (
        ("mon.", "mon", "allow *"),
        ("client.admin", "mon", "allow *", "osd", "allow *", "mgr", "allow *"),
        ("client.rgw.a", "mon", "allow rwx", "osd", "allow rwx"),
        ("osd.0", "mon", "allow profile osd", "osd", "allow *", "mgr", "allow profile osd"),
    ):
        pairs = [
            word for kind, cap in zip(caps[::2], caps[1::2], strict=True) for word in ("--cap", kind, cap)
        ]
        create = [] if Path(keyring).exists() else ["--create-keyring"]
        _run("ceph-authtool", keyring, *create, "--gen-key", "-n", name, *pairs)
    monmap = str(folder / "monmap")
    _run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{mon_port}]", monmap)
    use = ["-c", str(configuration)]
    _run("ceph-mon", *use, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
    daemons.append(_daemon(folder, "ceph-mon", *use, "-f", "-i", "a"))
    _run("ceph", *use, "osd", "new", osd)
    _run("ceph-osd", *use, "-i", "0", "--mkfs", "--osd-uuid", osd)
    daemons.append(_daemon(folder, "ceph-osd", *use, "-f", "-i", "0"))
    # It waits for the store by itself.
    daemons.append(_daemon(folder, "radosgw", *use, "-f", "-n", "client.rgw.a"))
    _wait_for(port, daemons)
    key, secret = "testkey", uuid.uuid4().hex
    release = _run("radosgw", "--version").removeprefix("ceph version ").partition(".")[0]
    _run(
        "radosgw-admin", *use, "user", "create", "--uid=test", "--display-name=test",
        f"--access-key={key}", f"--secret-key={secret}",
    )  # fmt: skip
    return json.dumps(
        {
            "folder": str(folder),
            "port": port,
            "tls_port": tls_port,
            "key": key,
            "secret": secret,
            "release": int(release),
        }
    )


def _run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def _daemon(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    def die_with_the_keeper() -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    with (folder / f"{command[0]}.out").open("wb") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=die_with_the_keeper,  # noqa: PLW1509 - the keeper has one thread
        )


def _wait_for(port: int, daemons: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        for daemon in daemons:
            if daemon.poll() is not None:
                raise RuntimeError(f"{daemon.args!r} ended with {daemon.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"no answer on port {port} in {PATIENCE_S} s")


def _end(daemons: list[subprocess.Popen[bytes]]) -> None:
    # There is nothing to be saved, and the store in memory would write itself to disk on a plain SIGTERM.
    for daemon in daemons:
        daemon.kill()
        daemon.wait()
    daemons.clear()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _write_certificate(folder: Path) -> None:
    authority = issue("Test S3 Root", None, is_ca=True)
    leaf = issue("127.0.0.1", authority, names=("127.0.0.1", "localhost"))
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.certificate.public_bytes(pem))
    (folder / "tls.pem").write_bytes(leaf.certificate.public_bytes(pem))
    key = folder / "tls.key"
    key.touch(0o600)
    key.write_bytes(
        leaf.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _last_words(folder: Path) -> list[str]:
    logs = sorted(path for path in folder.glob("*/*") if path.suffix in {".log", ".out"})
    return [f"== {path.name}\n{path.read_text(errors='replace')[-2000:]}" for path in logs]


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
