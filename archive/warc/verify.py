"""Finds what is wrong with a WARC file, and what other validators let pass: one fault a problem.

Reads forward in bounded memory (16 bytes a record id, plus what waits for its partner). After damage it goes
on at the next record, so that one flipped bit hides nothing behind it.

=========================  ==============================================================================
file                       ``unreadable`` ``empty-file`` ``not-warc`` ``trailing-garbage`` ``no-warcinfo``
                           ``warcinfo-not-first`` ``version-mixed``
gzip                       ``member-cut`` ``member-damaged`` ``member-many-records``
record                     ``not-a-record`` ``record-cut`` ``record-length`` ``head-damaged``
                           ``no-content-length`` ``bad-content-length`` ``version-unknown`` ``no-record-id``
                           ``bad-record-id`` ``duplicate-record-id`` ``no-date`` ``bad-date`` ``no-type``
                           ``no-target-uri`` ``bad-target-uri`` ``target-uri-brackets`` ``bad-ip-address``
                           ``field-repeated`` ``concurrent-to-nowhere``
digests                    ``no-block-digest`` ``block-digest`` ``no-payload-digest`` ``payload-digest``
                           ``payload-digest-chunked`` ``bad-digest``
revisit                    ``revisit-profile`` ``revisit-refers-to``
HTTP                       ``http-head`` ``http-version`` ``http-body-short`` ``http-body-long``
                           ``http-not-chunked`` ``http-chunks-cut`` ``http-chunks-damaged`` ``http-not-coded``
                           ``request-host`` ``request-target``
=========================  ==============================================================================

A message that contradicts its own head because the server sent it so, carries the codes in
``Mandegar-As-Received`` (written by the recorder, which had the wire); these are no faults of the file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from archive.warc.fault import Fault, Finding
from archive.warc.reader import opened, source_name
from archive.warc.record_check import RecordCheck
from archive.warc.scan import DamageError, Record, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.warc.reader import Source


def verify_warc(source: Source, *, name: str = "") -> Iterator[Fault]:
    """Yield every fault of a ``.warc`` or ``.warc.gz`` file; nothing when it is correct.

    Of a path, raises nothing. Of a reader (see :mod:`archive.warc.reader`), the errors of its store pass:
    they are no faults of the file.
    """
    path = Path(source_name(source, name))
    try:
        with opened(source) as file:
            yield from _Verifier(path, Scanner(file)).run()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        yield Fault(path=path, offset=0, record_id="", code="unreadable", message=message)


class _Verifier:
    def __init__(self, path: Path, scanner: Scanner) -> None:
        self._path = path
        self._scanner = scanner
        self._ids: set[bytes] = set()
        # Record id waited for -> who waits. Empty again after each request and response pair.
        self._concurrent: dict[bytes, tuple[int, str, str]] = {}
        self._pairs = Pairs()
        self._first_version = ""
        self._first_type = ""
        self._warcinfo_at = -1
        self._mixed = False
        self._damaged = False
        self._brackets = [0, 0]
        self._first_brackets: tuple[int, str] = (0, "")

    def run(self) -> Iterator[Fault]:
        if self._scanner.empty:
            yield self._fault(0, "", ("empty-file", "the file is empty"))
            return
        while True:
            offset = self._scanner.offset
            record: Record | None = None
            try:
                record = self._scanner.next()
                if record is None:
                    break
                check = RecordCheck(record.head)
                for data in record.blocks():
                    check.feed(data)
                self._scanner.offset = record.finish()
                yield from self._judge(record, check)
            except DamageError as damage:
                if offset == 0 and damage.code in {"not-a-record", "trailing-garbage"}:
                    yield self._fault(0, "", ("not-warc", "this is no WARC file"))
                    return
                self._damaged = True
                if record is not None:
                    self._register(record)
                record_id = (record.head.id("WARC-Record-ID") or "") if record else ""
                yield self._fault(offset, record_id, (damage.code, str(damage)))
                if not self._go_on(record, offset):
                    break
        yield from self._at_the_end()

    def _go_on(self, record: Record | None, offset: int) -> bool:
        """Find where the next record begins; False when there is none."""
        if record is not None:
            try:
                after = record.skip_rest()
            except DamageError:
                after = None
            if after is not None:
                self._scanner.offset = after
                return True
        found = self._scanner.find_next(offset)
        if found is not None:
            self._scanner.offset = found
        return found is not None

    def _register(self, record: Record) -> None:
        """Take note of a record that is broken, so that others may refer to it."""
        if record_id := record.head.id("WARC-Record-ID"):
            self._ids.add(_key(record_id))
        self._first_type = self._first_type or record.head.get("WARC-Type") or "?"
        self._first_version = self._first_version or record.head.version
        if record.head.get("WARC-Type") == "warcinfo" and self._warcinfo_at < 0:
            self._warcinfo_at = record.offset

    def _judge(self, record: Record, check: RecordCheck) -> Iterator[Fault]:
        head, offset = record.head, record.offset
        record_id = head.id("WARC-Record-ID") or ""
        found, unless_head = check.findings()
        if record_id and _key(record_id) in self._ids:
            found.append(("duplicate-record-id", f"another record of the file has the id {record_id}"))
        self._register(record)
        if head.version != self._first_version and not self._mixed:
            self._mixed = True
            message = f"a WARC/{head.version} record in a file of WARC/{self._first_version}"
            found.append(("version-mixed", message))
        self._note_brackets(check, offset, record_id)
        for finding in found:
            yield self._fault(offset, record_id, finding)
        partners = [_bare(value) for value in head.all("WARC-Concurrent-To")]
        self._concurrent.pop(_key(record_id), None)
        for partner in partners:
            if _key(partner) not in self._ids:
                self._concurrent.setdefault(_key(partner), (offset, record_id, partner))
        keys = [_key(partner) for partner in partners]
        if check.is_request:
            yield from self._pairs.request(_key(record_id), keys, is_head=check.is_head_request)
        elif unless_head:
            waiting = [self._fault(offset, record_id, finding) for finding in unless_head]
            seen = any(key in self._ids for key in keys)
            yield from self._pairs.response(_key(record_id), keys, waiting, request_seen=seen)

    def _note_brackets(self, check: RecordCheck, offset: int, record_id: str) -> None:
        """WARC/1.0's grammar asks for brackets round URIs, its examples have none: either, but not both."""
        if check.brackets_by_grammar is None:
            return
        if check.brackets_by_grammar and not self._brackets[True]:
            self._first_brackets = (offset, record_id)
        self._brackets[check.brackets_by_grammar] += 1

    def _at_the_end(self) -> Iterator[Fault]:
        yield from self._pairs.left_over()
        # What was not readable may have been the partner or the warcinfo: damage is told once.
        for offset, record_id, partner in () if self._damaged else self._concurrent.values():
            message = f"WARC-Concurrent-To leads to {partner}, which is not in the file"
            yield self._fault(offset, record_id, ("concurrent-to-nowhere", message))
        if all(self._brackets):
            message = "WARC-Target-URI in angle brackets in some records and bare in others"
            yield self._fault(*self._first_brackets, ("target-uri-brackets", message))
        if self._warcinfo_at < 0 and self._damaged and not self._first_type:
            return
        if self._warcinfo_at < 0:
            message = "the file has no warcinfo record: nothing says who wrote it"
            yield self._fault(0, "", ("no-warcinfo", message))
        elif self._first_type != "warcinfo":
            message = "the warcinfo record is not the first: what stands before it is said by nobody"
            yield self._fault(self._warcinfo_at, "", ("warcinfo-not-first", message))

    def _fault(self, offset: int, record_id: str, finding: Finding) -> Fault:
        code, message = finding
        return Fault(path=self._path, offset=offset, record_id=record_id, code=code, message=message)


class Pairs:
    """Holds back what is a fault only if the request was not HEAD, until that request was read."""

    def __init__(self) -> None:
        self._of_head: set[bytes] = set()
        self._waiting: dict[bytes, list[Fault]] = {}
        self._by_request: dict[bytes, bytes] = {}

    def request(self, me: bytes, partners: list[bytes], *, is_head: bool) -> Iterator[Fault]:
        """Take a request's id and those it is concurrent to; yield what it does not explain."""
        if is_head:
            self._of_head.update((me, *partners))
        waiting = [*partners, self._by_request.pop(me, b"")]
        for response in waiting:
            faults = self._waiting.pop(response, ())
            if not is_head:
                yield from faults

    def response(
        self, me: bytes, partners: list[bytes], faults: list[Fault], *, request_seen: bool
    ) -> Iterator[Fault]:
        """Take a response's faults; yield them if its request is known not to explain them."""
        if self._of_head.intersection((me, *partners)):
            return
        if request_seen:
            yield from faults
            return
        self._waiting[me] = faults
        self._by_request.update(dict.fromkeys(partners, me))

    def left_over(self) -> Iterator[Fault]:
        """Yield the faults whose request is not in the file."""
        for faults in self._waiting.values():
            yield from faults


def _bare(record_id: str) -> str:
    return record_id.strip().removeprefix("<").removesuffix(">")


def _key(record_id: str) -> bytes:
    return hashlib.blake2b(record_id.encode("utf-8", "surrogateescape"), digest_size=16).digest()
