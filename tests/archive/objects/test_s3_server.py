"""The server of the tests is one that refuses what it should: else the tests against it prove nothing."""

import pytest
from botocore.exceptions import ClientError
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
