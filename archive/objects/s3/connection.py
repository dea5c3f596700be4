"""Requests to one bucket: a client with time limits, few retries, and keys that may change meanwhile."""

from __future__ import annotations

import ipaddress
import random
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from archive.objects.s3 import clock
from archive.objects.s3.credentials import make_session, same_keys, state_of
from archive.objects.s3.faults import UnmetError, code_of, headers_of, judge
from archive.objects.settings import StoreSettings
from model import MandegarError, StoreRefusedError

_T = TypeVar("_T")
_LONGEST_WAIT_S = 5.0
"""Between two tries here; whoever puts and reads backs off for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a request may take, and how often it is tried."""

    connect_s: float = 10
    read_s: float = 60
    """Between two pieces of an answer, not for all of it."""
    tries: int = 3
    wait_s: float = 0.3
    """Before the second try; doubled before each one after."""


HURRIED = Limits(connect_s=4, read_s=8, tries=1)
"""For who reads while a person looks at a page that stays empty: an S3 server that is well answers within a
second, and one try more would double the wait for one that is not."""


class Connection:
    """One bucket of one server. Its methods may be called from several threads."""

    def __init__(self, settings: StoreSettings, limits: Limits) -> None:
        self.settings = settings
        self.limits = limits
        self.offset: timedelta | None = None
        """How far the server's clock is ahead of ours, by its last answer."""
        self._lock = threading.Lock()
        self._session: Any = None  # boto3's: no types
        self._made: Any = None
        self._keys_state: tuple[int, int, int] | None = None

    @property
    def server_now(self) -> datetime:
        """Return the time by the server's clock, as far as it is known."""
        return clock.utc_now() + (self.offset or timedelta())

    def call(self, operation: str, what: str, /, *, expect: Collection[str] = (), **given: Any) -> Any:
        """Return the answer of one operation (its boto3 name) on the bucket.

        ``UnmetError`` for codes, or statuses as text, in ``expect``; else ``StoreUnreachableError`` after
        some tries, or ``StoreRefusedError``.
        """

        def ask(client: Any) -> Any:
            return getattr(client, operation)(Bucket=self.settings.bucket, **given)

        return self._try(ask, what, expect, is_head=operation.startswith("head_"))

    def fetch(
        self, what: str, most: int, /, *, expect: Collection[str] = (), **given: Any
    ) -> tuple[Any, bytes]:
        """Return the answer to ``get_object`` and at most ``most`` bytes of its body, tried as a whole."""

        def ask(client: Any) -> tuple[Any, bytes]:
            answer = client.get_object(Bucket=self.settings.bucket, **given)
            body = answer["Body"]
            try:
                data: bytes = body.read(most)
                # A body that is read to its end gives its connection back.
                if answer["ContentLength"] <= most:
                    body.read()
                if len(data) < min(most, answer["ContentLength"]):
                    raise HTTPError(f"{len(data)} bytes came")
            finally:
                body.close()
            return answer, data

        return self._try(ask, what, expect)

    def _try(
        self, ask: Callable[[Any], _T], what: str, expect: Collection[str], *, is_head: bool = False
    ) -> _T:
        tried, has_new_keys = 0, False
        while True:
            tried += 1
            client = self._client()
            try:
                answer = ask(client)
            except (ClientError, BotoCoreError, HTTPError, OSError) as error:
                if isinstance(error, ClientError):
                    self._note_clock(error.response)
                    code, status = code_of(error)
                    # A 404 that is foreseen is of an object, not of the bucket.
                    if code != "NoSuchBucket" and (code in expect or str(status) in expect):
                        raise UnmetError(code, status) from error
                fault = judge(error, what, self.settings, self.offset)
                if isinstance(fault.error, StoreRefusedError) and is_head:
                    # An answer to HEAD has no body, so no reason.
                    self.call("list_objects_v2", what, MaxKeys=1, Prefix=self.settings.prefix)
                    if self._made is not client:
                        continue
                if fault.is_of_keys and not has_new_keys and self._take_new_keys():
                    has_new_keys = True
                    continue
                if not fault.is_passing or tried >= self.limits.tries:
                    raise fault.error from error
                time.sleep(self._wait_s(tried))
            else:
                self._note_clock(answer[0] if isinstance(answer, tuple) else answer)
                return answer

    def _wait_s(self, tried: int) -> float:
        wait: float = self.limits.wait_s * 2 ** (tried - 1)
        # Several uploads that failed at once shall not come back at once.
        return min(wait, _LONGEST_WAIT_S) * random.uniform(0.5, 1)  # noqa: S311

    def _note_clock(self, answer: Any) -> None:
        offset = clock.offset_of(headers_of(answer)) if isinstance(answer, dict) else None
        if offset is not None:
            self.offset = offset

    # ---- The client

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._use(make_session(self.settings))
            elif state_of(self.settings) not in {None, self._keys_state}:
                self._try_new_session()
            return self._made

    def _take_new_keys(self) -> bool:
        """Look whether there are other keys now, use them, and say so."""
        with self._lock:
            return self._try_new_session()

    def _try_new_session(self) -> bool:
        try:
            session = make_session(self.settings)
        except MandegarError:
            # Half written, or taken away: the error of the request says more.
            return False
        if same_keys(session, self._session):
            self._keys_state = state_of(self.settings)
            return False
        self._use(session)
        return True

    def _use(self, session: Any) -> None:
        settings = self.settings
        self._keys_state = state_of(settings)
        self._session = session
        if settings.ca_file is not None and not settings.ca_file.is_file():
            raise StoreRefusedError(settings.name, f"there is no ca_file {settings.ca_file}")
        options: dict[str, Any] = {}
        if settings.endpoint and _is_loopback(settings.endpoint):
            options["proxies"] = {}
        try:
            self._made = session.client(
                "s3",
                endpoint_url=settings.endpoint,
                region_name=settings.region or session.region_name or "us-east-1",
                verify=str(settings.ca_file) if settings.ca_file else None,
                config=Config(
                    signature_version="s3v4",
                    s3={
                        "addressing_style": "path" if settings.path_style else "auto",
                        # The signature covers the body: any server refuses one that was changed on the way.
                        "payload_signing_enabled": True,
                    },
                    connect_timeout=self.limits.connect_s,
                    read_timeout=self.limits.read_s,
                    retries={"total_max_attempts": 1, "mode": "standard"},
                    # We give and compare checksums ourselves; the automatic ones come as trailers,
                    # which many servers do not know, and fail on answers to ranges of some.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    max_pool_connections=16,
                    tcp_keepalive=True,
                    **options,
                ),
            )
        except (BotoCoreError, ValueError) as error:
            raise StoreRefusedError(settings.name, f"its settings do not go together: {error}") from error
        self._made.meta.events.register("before-parse.s3", _require_whole)


def _require_whole(response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
    """Raise when an answer was cut: botocore takes one that ends before its first byte for an empty list."""
    body, said = response_dict["body"], response_dict["headers"].get("content-length")
    if operation_model.http.get("method") == "HEAD" or not isinstance(body, bytes) or said is None:
        return
    if len(body) < int(said):
        raise HTTPError(f"{len(body)} of {said} bytes came")


def _is_loopback(endpoint: str) -> bool:
    """Say whether no proxy of the environment is meant."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
