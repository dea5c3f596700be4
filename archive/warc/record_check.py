"""Whether one record keeps to WARC 1.1 (ISO 28500:2017) or 1.0, apart from its neighbours."""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from typing import TYPE_CHECKING

from archive.warc import records
from archive.warc.fault import DigestCheck, Finding
from archive.warc.http_check import RequestCheck, ResponseCheck

if TYPE_CHECKING:
    from archive.warc.scan import Head

_VERSIONS = {"1.0", "1.1"}
# WARC 1.1, 5.4: any precision of W3CDTF down to nanoseconds, always UTC. WARC 1.0: whole seconds.
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?)?)?")
_DATE_1_0 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_RECORD_ID = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]+>")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"]*")
_WITH_TARGET = {"response", "resource", "request", "revisit", "conversion", "continuation"}
_WITH_DIGEST = {"response", "resource", "request", "revisit", "metadata", "conversion"}
# Fields that may stand once only (WARC 1.1, 4). WARC-Concurrent-To may repeat, WARC-Protocol by its proposal.
_ONCE = {
    "warc-type", "warc-record-id", "warc-date", "content-length", "content-type", "warc-target-uri",
    "warc-ip-address", "warc-block-digest", "warc-payload-digest", "warc-refers-to",
    "warc-refers-to-target-uri", "warc-refers-to-date", "warc-truncated", "warc-warcinfo-id",
    "warc-filename", "warc-profile", "warc-identified-payload-type", "warc-segment-number",
    "warc-segment-origin-id", "warc-segment-total-length",
}  # fmt: skip


class RecordCheck:
    """Judges one record: the head at once, the block as it passes."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._type = (head.get("WARC-Type") or "").lower()
        self._found: list[Finding] = []
        self.brackets_by_grammar: bool | None = None
        """In WARC/1.0: whether the target stands in angle brackets; ``None`` when there is nothing to say."""
        self._target = self._check_target()
        self._check_head()
        segmented = head.get("WARC-Segment-Number") is not None
        self._block = self._digest("WARC-Block-Digest")
        label = None if segmented else head.get("WARC-Payload-Digest")
        if label is not None and self._digest("WARC-Payload-Digest") is None:
            label = None
        is_http = not segmented and (head.get("Content-Type") or "").lower().startswith("application/http")
        self._request: RequestCheck | None = None
        self._response: ResponseCheck | None = None
        self._resource: DigestCheck | None = None
        if self._type == "request" and is_http:
            self._request = RequestCheck(self._target, DigestCheck(label) if label else None)
        elif self._type in {"response", "revisit"} and is_http:
            truncated = head.get("WARC-Truncated") is not None
            self._response = ResponseCheck(
                truncated=truncated, head_only=self._type == "revisit", digest=label
            )
        elif self._type in {"resource", "conversion"} and label:
            self._resource = DigestCheck(label)
        self._length = 0

    @property
    def is_request(self) -> bool:
        """Whether this is a request record."""
        return self._type == "request"

    @property
    def is_head_request(self) -> bool:
        """Whether it asks for a head only; known after the block has passed."""
        return bool(self._request and self._request.head and self._request.head.method == "HEAD")

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the block."""
        self._length += len(data)
        for check in (self._block, self._request, self._response, self._resource):
            if check:
                check.feed(data)

    def findings(self) -> tuple[list[Finding], list[Finding]]:
        """Return what is wrong, and what is wrong unless the request was HEAD; once, after the last byte."""
        found, unless_head = list(self._found), list[Finding]()
        if self._block and not self._block.matches:
            found.append(("block-digest", "WARC-Block-Digest is not that of the block: bytes were changed"))
        if self._resource and not self._resource.matches:
            found.append(("payload-digest", "WARC-Payload-Digest is not that of the block"))
        if self._request:
            found += self._request.findings()
        if self._response and (self._length or self._type == "response"):
            more, unless_head = self._response.findings()
            found += more
            if self._type == "response" and self._response.body_length:
                found += self._missing("WARC-Payload-Digest", "no-payload-digest")
        as_received = set((self._head.get(records.AS_RECEIVED) or "").split(","))
        return (
            [finding for finding in found if finding[0] not in as_received],
            [finding for finding in unless_head if finding[0] not in as_received],
        )

    def _missing(self, field: str, code: str) -> list[Finding]:
        if self._head.get(field) is None:
            return [(code, f"there is no {field}: nothing shows whether the bytes were changed")]
        return []

    def _check_target(self) -> str:
        target = self._head.get("WARC-Target-URI")
        if target is None:
            if self._type in _WITH_TARGET:
                self._found.append(("no-target-uri", f"a {self._type} record without WARC-Target-URI"))
            return ""
        bracketed = target.startswith("<") and target.endswith(">")
        bare = target[1:-1] if bracketed else target
        if self._head.version == "1.0":
            self.brackets_by_grammar = bracketed
        elif bracketed:
            message = "WARC-Target-URI stands in angle brackets: many readers take them for a part of the URI"
            self._found.append(("target-uri-brackets", message))
        if not _URI.fullmatch(bare):
            self._found.append(("bad-target-uri", f"WARC-Target-URI is no URI: {bare[:120]!r}"))
            return ""
        return bare

    def _check_head(self) -> None:
        head, found = self._head, self._found
        if head.version not in _VERSIONS:
            found.append(("version-unknown", f"WARC/{head.version} is neither 1.0 nor 1.1"))
        if not self._type:
            found.append(("no-type", "the record has no WARC-Type"))
        self._check_id_and_date()
        names = [name.lower() for name, _ in head.fields]
        found += [
            ("field-repeated", f"the field {name} stands {names.count(name)} times")
            for name in sorted(_ONCE.intersection(names))
            if names.count(name) > 1
        ]
        address = head.get("WARC-IP-Address")
        if address is not None and not _is_address(address):
            found.append(("bad-ip-address", f"WARC-IP-Address is {address[:60]!r}"))
        if self._type in _WITH_DIGEST:
            found += self._missing("WARC-Block-Digest", "no-block-digest")
        if self._type == "revisit":
            self._check_revisit()

    def _check_id_and_date(self) -> None:
        head, found = self._head, self._found
        record_id = head.get("WARC-Record-ID")
        if not record_id:
            found.append(("no-record-id", "the record has no WARC-Record-ID"))
        elif not _RECORD_ID.fullmatch(record_id):
            found.append(("bad-record-id", f"WARC-Record-ID is no URI in angle brackets: {record_id[:80]!r}"))
        moment = head.get("WARC-Date")
        if not moment:
            found.append(("no-date", "the record has no WARC-Date"))
        elif not (_DATE_1_0 if head.version == "1.0" else _DATE).fullmatch(moment) or not _is_day(moment):
            message = f"WARC-Date is {moment[:40]!r}, no UTC date as WARC/{head.version} has them"
            found.append(("bad-date", message))

    def _check_revisit(self) -> None:
        head, found = self._head, self._found
        profile = head.get("WARC-Profile")
        if not profile:
            found.append(("revisit-profile", "a revisit record without WARC-Profile"))
        elif profile.strip("<>").endswith("/identical-payload-digest"):
            found += self._missing("WARC-Payload-Digest", "no-payload-digest")
        lacking = [
            name for name in ("WARC-Refers-To-Target-URI", "WARC-Refers-To-Date") if not head.get(name)
        ]
        if lacking:
            message = f"a revisit record without {' and '.join(lacking)}: replay does not find its payload"
            found.append(("revisit-refers-to", message))

    def _digest(self, field: str) -> DigestCheck | None:
        label = self._head.get(field)
        if label is None:
            return None
        try:
            return DigestCheck(label)
        except ValueError as error:
            self._found.append(("bad-digest", f"{field} cannot be read: {error}"))
            return None


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_day(moment: str) -> bool:
    try:
        date.fromisoformat((moment + "-01-01")[:10] if len(moment) < 10 else moment[:10])
    except ValueError:
        return False
    return True
