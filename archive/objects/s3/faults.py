"""What an S3 server, or the way to it, may say, in words that a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)

from archive.objects.s3.clock import in_words
from archive.objects.settings import StoreSettings
from model import RemoteStoreError, StoreRefusedError, StoreUnreachableError

LATER = {
    "SlowDown",
    "InternalError",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequests",
    "RequestTimeout",
    "OperationAborted",
    "ConditionalRequestConflict",
}
DAMAGED_ON_THE_WAY = {
    "BadDigest",
    "XAmzContentSHA256Mismatch",
    "XAmzContentChecksumMismatch",
    "InvalidDigest",
}
EXPIRED = {"ExpiredToken", "TokenRefreshRequired", "InvalidToken"}
WRONG_KEYS = EXPIRED | {"InvalidAccessKeyId", "SignatureDoesNotMatch"}
SKEWED = "RequestTimeTooSkewed"
ELSEWHERE = {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "301", "307"}


class UnmetError(Exception):
    """An answer that the asker foresaw (a missing key, a precondition that failed); goes no further."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with one request."""

    error: RemoteStoreError
    is_passing: bool = False
    """Worth another try at once."""
    is_of_keys: bool = False
    """New keys may help."""


def code_of(error: ClientError) -> tuple[str, int]:
    """Return the error code and the HTTP status of an answer."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code, int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def headers_of(answer: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the header fields of an answer, names in small letters."""
    headers: Mapping[str, str] = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers


def judge(error: Exception, what: str, settings: StoreSettings, offset: timedelta | None) -> Fault:
    """Return what a failed request means; ``what`` says what was asked for («putting x»)."""
    if isinstance(error, ClientError):
        return _judge_answer(error, what, settings, offset)

    def later(message: str) -> Fault:
        return Fault(StoreUnreachableError(settings.name, message), is_passing=True)

    place = settings.endpoint or "Amazon S3"
    if isinstance(error, NoCredentialsError):
        return Fault(StoreRefusedError(settings.name, "there are no access keys"), is_of_keys=True)
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        message = (
            f"the certificate of {place} is not trusted; if it is your own, name its authority as ca_file"
        )
        return Fault(StoreRefusedError(settings.name, message))
    if isinstance(error, EndpointConnectionError):
        return later(f"{place} cannot be reached; is the network there, and the address right?")
    if isinstance(error, ConnectTimeoutError):
        return later(f"{place} did not answer in time")
    if isinstance(error, ReadTimeoutError):
        # Before the first byte of the answer or after it: botocore does not tell which.
        return later(f"{place} fell silent while {what}")
    if isinstance(error, BotoCoreError):
        # Connections cut, answers cut or garbled. The text of these errors has no header fields in it.
        return later(f"the connection to {place} broke off while {what} ({type(error).__name__})")
    return later(f"the answer of {place} broke off while {what}")


def _judge_answer(error: ClientError, what: str, settings: StoreSettings, offset: timedelta | None) -> Fault:
    code, status = code_of(error)
    name, bucket = settings.name, settings.bucket
    if code in LATER or status in {429, 502, 503, 504} or (status >= 500 and status not in {501, 507}):
        asked = (
            "asked us to slow down"
            if code == "SlowDown"
            else f"answered {status} {code if code != str(status) else ''}".rstrip()
        )
        return Fault(StoreUnreachableError(name, f"the server {asked} while {what}"), is_passing=True)
    if code in DAMAGED_ON_THE_WAY:
        message = f"the bytes arrive damaged while {what} ({code}); something on the way changes them"
        return Fault(StoreUnreachableError(name, message), is_passing=True)

    def refused(message: str, *, is_of_keys: bool = False) -> Fault:
        return Fault(StoreRefusedError(name, message), is_of_keys=is_of_keys)

    if code == SKEWED:
        by = f"{in_words(offset)} the server's" if offset is not None else "too far from the server's"
        return refused(f"this machine's clock is {by}; set it right (a time service does it for good)")
    if code in ELSEWHERE or status in {301, 307}:
        region = error.response.get("Error", {}).get("Region") or headers_of(error.response).get(
            "x-amz-bucket-region"
        )
        there = f"region {region}" if region else "another region or at another endpoint"
        return refused(f"bucket {bucket} lies in {there}; set region or endpoint")
    if code == "NoSuchBucket":
        return refused(f"there is no bucket {bucket}; make it, or mend the URL")
    if code == "InvalidAccessKeyId":
        return refused("the server does not know this access key; give it a valid one", is_of_keys=True)
    if code == "SignatureDoesNotMatch":
        return refused("the secret key is not the one that belongs to the access key", is_of_keys=True)
    if code in EXPIRED:
        return refused("the session token has expired or is not valid; renew it", is_of_keys=True)
    if code == "QuotaExceeded" or status == 507:
        return refused(f"bucket {bucket} is full (its quota); make room, or raise the quota")
    if code in {"AccessDenied", "AllAccessDisabled", "AccountProblem"} or status == 403:
        message = f"these keys may not do it ({what} in bucket {bucket}); give them the right to"
        return refused(message, is_of_keys=True)
    # Servers put key ids and signed text into other elements than this one.
    said = str(error.response.get("Error", {}).get("Message") or "").strip()[:200]
    return refused(f"the server refused {what}: {code or status}" + (f", {said}" if said else ""))
