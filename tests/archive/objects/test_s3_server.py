"""The server of the tests is one that refuses what it should: else the tests against it prove nothing."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from servers import s3_server
from servers.s3_server import S3


def test_a_wrong_secret_is_refused(s3: S3) -> None:
    bucket = s3.bucket()
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3.client(secret="wrong").list_objects_v2(Bucket=bucket)


def test_a_second_put_under_a_key_is_refused(s3: S3) -> None:
    bucket, client = s3.bucket(), s3.client()
    client.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")


def test_a_locked_version_cannot_be_deleted(s3: S3) -> None:
    bucket, client = s3.bucket(lock=True), s3.client()
    put = client.put_object(Bucket=bucket, Key="k", Body=b"1")
    client.put_object_legal_hold(
        Bucket=bucket, Key="k", VersionId=put["VersionId"], LegalHold={"Status": "ON"}
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=bucket, Key="k", VersionId=put["VersionId"])


def test_the_server_ends_when_the_last_process_that_needs_it_is_killed(tmp_path: Path) -> None:
    program = "from servers.s3_server import running\nwith running() as s: print(s.port, flush=True); input()"
    needing = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=Path(s3_server.__file__).parents[1],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ports = []
    for each in needing:
        assert each.stdout is not None
        ports.append(int(each.stdout.readline()))
    assert ports[0] == ports[1]
    needing[0].kill()
    needing[0].communicate()
    socket.create_connection(("127.0.0.1", ports[0]), 5).close()
    needing[1].kill()
    needing[1].communicate()
    until = time.monotonic() + 30
    while list(tmp_path.glob("*/*/data-*")) and time.monotonic() < until:
        time.sleep(0.05)
    assert not list(tmp_path.glob("*/*/data-*"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]), 5)


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match=r"radosgw.*sudo apt-get install"), s3_server.running():
        pass
