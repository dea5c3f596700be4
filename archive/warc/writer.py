"""Appends exchanges to WARC files of one crawl.

``<source>/<yyyy>/<mm>/<crawl>-<serial:05d>.warc.gz`` below the folder, with ``.open`` appended until closed.
A file begins with its ``warcinfo`` record. An exchange is one append: its ``response`` or ``revisit`` record,
its ``request`` record, then ``metadata`` records where there is more to say:

- each interim response (1xx) as ``application/http;msgtype=response``. Not as a ``response`` record: an index
  would then show «103 Early Hints» as the page (warcprox loses pages that way).
- the observation as ``application/json``, when the connection was fresh or the body was cut: DNS answers,
  addresses tried, the certificate chain. What a reused connection has to say more (proxy, accepted
  certificate, allowed address) are fields of the response record, so that it costs no record.

Both have no ``WARC-Target-URI``, which the standard leaves free for ``metadata`` records: pywb 2.10 indexes a
``metadata`` record that has one as a capture of that URL, at the very moment of the page. For the same reason
a ``conversion`` record, which must have one, has ``urn:mandegar:conversion:<URL>`` (as Browsertrix writes
``urn:text:<URL>``); else the newest capture of every article would be our JSON.

A failed attempt is one ``metadata`` record of the URL: the observation as JSON, with its ``role``.

What no exchange says is a ``metadata`` record too: the source at the begin of each run and when it changed
(``urn:mandegar:source:<name>``), the crawl's row at the begin and at the end of each run
(``urn:mandegar:crawl:<id>``; its ``warc_bytes`` count what stood before that record). What was read again
from captures (``urn:mandegar:reread:<source>``) is told in :mod:`archive.rereading`, what was learned of the
pages of a source (``urn:mandegar:learned:<source>``) in :mod:`archive.note_file`. What was judged of an
article (``urn:mandegar:judgement:<URL>``) is a :class:`model.Judgement` as JSON, which names its evidence.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.warc import records
from archive.warc.answer import mime_of, redirect_target
from archive.warc.appender import Appender
from archive.warc.packed import Packed, joined_member, pack
from archive.warc.payload import Payload
from archive.warc.records import (
    HTTP_REQUEST,
    HTTP_RESPONSE,
    Fields,
    gzip_member,
    new_record_id,
    record_head,
    sha256,
)
from model import (
    Capture,
    CaptureVia,
    ConnectionVerdict,
    Crawl,
    Exchange,
    Judgement,
    Observation,
    PageRole,
    Source,
    StoreError,
    Survey,
    json_text,
    to_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


class WarcWriter:
    """Writes the records of one crawl; its methods may be called from several threads.

    Every method that writes raises ``StoreFullError`` when no room is left, ``StoreError`` when the disk
    fails otherwise; the file is then as it was before, and what was written earlier is whole.
    """

    def __init__(
        self,
        folder: Path,
        *,
        source: str,
        crawl_id: str,
        warcinfo: Mapping[str, str],
        max_bytes: int = 1 << 30,
        max_age_s: float = 3600,
        serial_from: int = 1,
        on_closed: Callable[[str, Path, int], None] | None = None,
    ) -> None:
        """Write below ``folder``, a new file after ``max_bytes`` or ``max_age_s``.

        ``on_closed(key, path, size)`` is called of each file that is on disk under its closed name, by the
        thread within :meth:`sync` or :meth:`close`; it may raise what these then raise.
        """
        self._warcinfo = dict(warcinfo)
        self._on_closed = on_closed
        self._syncing = threading.Lock()
        self._warcinfo_id = ""
        self._lock = threading.Lock()
        self._appender = Appender(
            folder,
            source=source,
            crawl_id=crawl_id,
            first_record=self._warcinfo_member,
            max_bytes=max_bytes,
            max_age_s=max_age_s,
            serial_from=serial_from,
        )

    @property
    def bytes_written(self) -> int:
        """Bytes of WARC, as compressed, over all files of this writer."""
        return self._appender.bytes_written

    def write_exchange(
        self, exchange: Exchange, *, role: PageRole, payload: Payload, original: Capture | None = None
    ) -> Capture:
        """Append an exchange and return its receipt; a revisit of ``original`` where that may be.

        A revisit is never written of an empty or truncated payload, of another digest, or of a capture that
        does not hold its payload itself: the response is then written in full.
        """
        if original is not None and not _may_be_revisit(exchange, payload, original):
            original = None
        observation = exchange.observation
        head = exchange.head
        mime = mime_of(head)
        record_id, request_id = new_record_id(), new_record_id()
        date = ("WARC-Date", records.warc_date(observation.started_at))
        url = records.url_fields(exchange.url)
        reached = _reached(exchange)
        block = exchange.response if original is None else exchange.response[: exchange.head_length]
        dense = original is None and (
            head.get(b"content-encoding") is not None or records.is_dense_type(mime)
        )

        with self._lock:
            self._appender.make_ready()
            info = ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>")
            fields: Fields = [
                ("WARC-Type", "response" if original is None else "revisit"),
                ("WARC-Record-ID", f"<{record_id}>"),
                info,
                ("WARC-Concurrent-To", f"<{request_id}>"),
                *url,
                date,
                *reached,
                *(_truncated(exchange) if original is None else _refers_to(original)),
                ("WARC-Block-Digest", sha256(block)),
                ("WARC-Payload-Digest", payload.digest),
                (records.PAYLOAD_LENGTH, str(payload.length)),
                (records.ROLE, role.value),
                *([(records.AS_RECEIVED, ",".join(payload.oddities))] if payload.oddities else ()),
                ("Content-Type", HTTP_RESPONSE),
            ]
            response = gzip_member(record_head(fields, len(block)), block, dense=dense)
            concurrent = [info, ("WARC-Concurrent-To", f"<{record_id}>"), date]
            members = [response, _request(exchange, request_id, [*concurrent, *url, *reached])]
            members += [_metadata(interim, HTTP_RESPONSE, concurrent)[1] for interim in exchange.interim]
            if _has_more_to_say(observation):
                members.append(_metadata(_json(observation, role), "application/json", concurrent)[1])
            key, offset = self._appender.append(b"".join(members))
        return Capture(
            record_id=record_id,
            url=exchange.url,
            captured_at=observation.started_at.astimezone(UTC),
            warc_key=key,
            offset=offset,
            length=len(response),
            status=head.status,
            mime=mime,
            payload_digest=payload.digest,
            payload_length=payload.length,
            revisit_of=original.record_id if original else None,
            truncated=exchange.truncated,
            role=role,
            redirect_to=redirect_target(exchange.url, head),
        )

    def write_failure(self, observation: Observation, *, role: PageRole) -> str:
        """Append what a failed attempt showed; return the ``metadata`` record's id.

        Its target is ``urn:mandegar:failure:<URL>``: readers that index every record by its target (pywb)
        would else show a failed attempt as a capture of the page.
        """
        target = records.FAILURE_URN + records.target_uri(observation.url)
        block = _json(observation, role)
        return self._write_metadata(target, observation.started_at, block, _address(observation))

    def write_survey(self, survey: Survey) -> str:
        """Append everything seen of a page at one time; return the ``metadata`` record's id.

        Bodies are inside the JSON: a censor's page must not stand in an index as a capture of the site's.
        """
        target = records.SURVEY_URN + records.target_uri(survey.url)
        return self._write_metadata(target, survey.started_at, json_text(survey).encode(), [])

    def write_verdict(self, verdict: ConnectionVerdict, survey_id: str) -> str:
        """Append what was judged of a survey; return the ``metadata`` record's id."""
        target = records.VERDICT_URN + records.target_uri(verdict.url)
        refers: Fields = [("WARC-Refers-To", f"<{survey_id}>")]
        return self._write_metadata(target, verdict.observed_at, json_text(verdict).encode(), refers)

    def write_via(self, via: CaptureVia, at: datetime) -> str:
        """Append how a capture came about; return the ``metadata`` record's id."""
        target = records.VIA_URN + records.target_uri(via.canonical_url)
        refers: Fields = [("WARC-Refers-To", f"<{via.record_id}>")]
        return self._write_metadata(target, at, json_text(via).encode(), refers)

    def write_look(self, article: str, record_id: str, noun: object) -> None:
        """Append a look at an article that an answer (``record_id``) shows."""
        target = records.LOOK_URN + records.target_uri(article)
        refers: Fields = [("WARC-Refers-To", f"<{record_id}>")]
        self._write_metadata(target, datetime.now(UTC), json_text(noun).encode(), refers)

    def write_incidents(self, source: str, data: Mapping[str, object]) -> None:
        """Append what is known of the incidents of a source's site."""
        target = records.INCIDENT_URN + source
        self._write_metadata(target, datetime.now(UTC), json_text(data).encode(), [])

    def _write_metadata(self, target: str, at: datetime, block: bytes, more: Fields) -> str:
        fields: Fields = [("WARC-Target-URI", target), ("WARC-Date", records.warc_date(at)), *more]
        with self._lock:
            self._appender.make_ready()
            fields.insert(0, ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>"))
            record_id, member = _metadata(block, "application/json", fields)
            self._appender.append(member)
        return record_id

    def write_conversion(
        self, capture: Capture, *, data: bytes | Sequence[bytes | Packed], content_type: str
    ) -> str:
        """Append what was made from a capture (WARC 1.1, 6.8); return the ``conversion`` record's id.

        ``data`` may come in parts, and those packed beforehand.
        """
        record_id = new_record_id()
        parts = [pack(data)] if isinstance(data, bytes) else data
        block = b"".join(part.data if isinstance(part, Packed) else part for part in parts)
        with self._lock:
            self._appender.make_ready()
            fields: Fields = [
                ("WARC-Type", "conversion"),
                ("WARC-Record-ID", f"<{record_id}>"),
                ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>"),
                ("WARC-Refers-To", f"<{capture.record_id}>"),
                ("WARC-Target-URI", records.CONVERSION_URN + records.target_uri(capture.url)),
                ("WARC-Date", records.warc_date(datetime.now(UTC))),
                ("WARC-Block-Digest", sha256(block)),
                ("Content-Type", records.one_line(content_type)),
            ]
            self._appender.append(joined_member(record_head(fields, len(block)), parts))
        return record_id

    def write_source(self, source: Source) -> None:
        """Append what is known of a source."""
        with self._lock:
            self._appender.make_ready()
            self._note(records.SOURCE_URN + source.name, source)

    def write_crawl(self, crawl: Crawl, *, earlier_bytes: int) -> Crawl:
        """Append a crawl's row; return it with ``warc_bytes`` as they are after that.

        ``earlier_bytes`` are those of the crawl's earlier runs. The record cannot count itself: whoever reads
        it adds its length.
        """
        with self._lock:
            self._appender.make_ready()
            noted = replace(crawl, warc_bytes=earlier_bytes + self._appender.bytes_written)
            length = self._note(records.CRAWL_URN + crawl.id, noted)
        return replace(noted, warc_bytes=noted.warc_bytes + length)

    def write_learned(self, source: str, data: Mapping[str, object]) -> None:
        """Append what was learned of the pages of a source, as JSON."""
        with self._lock:
            self._appender.make_ready()
            self._note(records.LEARNED_URN + source, data)

    def write_reread(self, source: str, data: Mapping[str, object]) -> None:
        """Append what was read again from captures of a source, as JSON."""
        with self._lock:
            self._appender.make_ready()
            self._note(records.REREAD_URN + source, data)

    def write_judgement(self, judgement: Judgement) -> None:
        """Append what was judged of an article."""
        with self._lock:
            self._appender.make_ready()
            self._note(records.JUDGEMENT_URN + judgement.verdict.article, judgement)

    def _note(self, target: str, noun: Source | Crawl | Judgement | Mapping[str, object]) -> int:
        """Append a noun as JSON under a ``urn:``; return the member's length."""
        fields = [
            ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>"),
            ("WARC-Target-URI", records.target_uri(target)),
            ("WARC-Date", records.warc_date(datetime.now(UTC))),
        ]
        _, member = _metadata(json_text(noun).encode(), "application/json", fields)
        self._appender.append(member)
        return len(member)

    def sync(self) -> None:
        """Return when everything written before the call is on disk, folder entries too.

        A file that is large or old enough has its closed name then.
        """
        self._sync(self._appender.put_aside_if_due)

    def close(self) -> None:
        """Sync and give the file its closed name; a second call does nothing."""
        self._sync(self._appender.end)

    def _sync(self, before: Callable[[], None]) -> None:
        # One at a time: who comes second must not return before the files that the first one took are safe.
        with self._syncing:
            with self._lock:
                before()
                pending = self._appender.take_pending()
            if pending is None:
                return
            # Out of the lock: a disk may take 100 ms, and the crawl goes on writing meanwhile.
            try:
                closed = pending.sync()
            except StoreError as error:
                with self._lock:
                    self._appender.not_synced(error)
                raise
            with self._lock:
                self._appender.synced(pending)
            if self._on_closed is not None:
                for file in closed:
                    self._on_closed(file.key, file.path, file.size)

    def _warcinfo_member(self, file_name: str) -> bytes:
        self._warcinfo_id = new_record_id()
        content = {"format": "WARC File Format 1.1", "conformsTo": records.SPECIFICATION} | self._warcinfo
        lines = (records.one_line(f"{name}: {value}") + "\r\n" for name, value in content.items())
        block = "".join(lines).encode("utf-8", "replace")
        fields: Fields = [
            ("WARC-Type", "warcinfo"),
            ("WARC-Record-ID", f"<{self._warcinfo_id}>"),
            ("WARC-Date", records.warc_date(datetime.now(UTC))),
            ("WARC-Filename", file_name),
            ("WARC-Block-Digest", sha256(block)),
            ("Content-Type", records.WARC_FIELDS),
        ]
        return gzip_member(record_head(fields, len(block)), block, dense=False)


def _may_be_revisit(exchange: Exchange, payload: Payload, original: Capture) -> bool:
    return (
        payload.length > 0
        and exchange.truncated is None
        and original.truncated is None
        and original.revisit_of is None
        and original.payload_digest == payload.digest
    )


def _reached(exchange: Exchange) -> Fields:
    """Return the fields that say how an exchange came about."""
    observation = exchange.observation
    tls = observation.tls
    fields = _address(observation)
    version = exchange.head.version
    fields += [("WARC-Protocol", name) for name in records.protocols(version, tls.version if tls else None)]
    if tls is not None:
        if tls.cipher and (suite := records.cipher_suite(tls.cipher)):
            fields.append(("WARC-Cipher-Suite", suite))
        if not tls.verified:
            code = "" if tls.verify_code is None else f" {tls.verify_code}"
            why = records.one_line(f"not verified:{code} {tls.verify_detail or ''}").strip()
            fields.append((records.CERTIFICATE, why))
    if observation.proxy:
        fields.append((records.PROXY, records.one_line(observation.proxy)))
    if observation.allowed_by:
        fields.append((records.ALLOWED_BY, records.one_line(observation.allowed_by)))
    return fields


def _address(observation: Observation) -> Fields:
    """Return ``WARC-IP-Address``; not of a proxy, whose address says nothing of the site."""
    if observation.address and not observation.proxy:
        return [("WARC-IP-Address", observation.address)]
    return []


def _truncated(exchange: Exchange) -> Fields:
    return [("WARC-Truncated", exchange.truncated.value)] if exchange.truncated else []


def _refers_to(original: Capture) -> Fields:
    return [
        ("WARC-Profile", records.PROFILE_IDENTICAL_PAYLOAD),
        # All three: pywb and wabac.js find the payload by URI and date only, others by the record id.
        ("WARC-Refers-To", f"<{original.record_id}>"),
        ("WARC-Refers-To-Target-URI", records.target_uri(original.url)),
        ("WARC-Refers-To-Date", records.warc_date(original.captured_at)),
        # Asked for whenever a payload is left out for its digest (WARC 1.1, 6.7.2).
        ("WARC-Truncated", "length"),
    ]


def _request(exchange: Exchange, record_id: str, concurrent: Fields) -> bytes:
    fields: Fields = [
        ("WARC-Type", "request"),
        ("WARC-Record-ID", f"<{record_id}>"),
        *concurrent,
        ("WARC-Block-Digest", sha256(exchange.request)),
        ("Content-Type", HTTP_REQUEST),
    ]
    return gzip_member(record_head(fields, len(exchange.request)), exchange.request, dense=False)


def _metadata(block: bytes, content_type: str, fields: Fields) -> tuple[str, bytes]:
    record_id = new_record_id()
    head: Fields = [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", f"<{record_id}>"),
        *fields,
        ("WARC-Block-Digest", sha256(block)),
        ("Content-Type", content_type),
    ]
    return record_id, gzip_member(record_head(head, len(block)), block, dense=False)


def _has_more_to_say(observation: Observation) -> bool:
    return bool(
        observation.dns is not None
        or observation.connects
        or observation.failure is not None
        or (observation.tls is not None and observation.tls.chain and not observation.reused)
    )


def _json(observation: Observation, role: PageRole) -> bytes:
    """Return the observation as JSON, with its role; what a reused connection showed before is not
    repeated."""
    if observation.reused and observation.tls is not None and observation.tls.chain:
        observation = replace(observation, tls=replace(observation.tls, chain=()))
    return json_text(to_json(observation) | {"role": role.value}).encode()
