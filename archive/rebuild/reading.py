"""One stretch of a WARC file to what the catalogue is to hold: forward only, in bounded memory.

The file is trusted in nothing. A record that cannot be read is named and passed over. In a file of ours every
record names the file's own ``warcinfo``, whose id nobody outside knows: what does not (bytes of an archived
file that look like records, after damage) is no record of ours. Of other programs' files captures are taken
and nothing else.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from archive.message import parse_response_head
from archive.rebuild.folded import FoldedTexts
from archive.rebuild.found import FoundArticle, FoundFailure, FoundThread, Part, Problem
from archive.rebuild.notes import (
    check_aware,
    connection_of,
    incidents_of,
    judgement_of,
    learned_of,
    look_of,
    name_in,
    record_id_in,
    reread_of,
    survey_of,
    via_of,
)
from archive.warc import payload_length_and_digest, records
from archive.warc.answer import mime_of, redirect_target
from archive.warc.scan import DamageError, Scanner
from model import (
    Article,
    Capture,
    CommentThread,
    Crawl,
    Observation,
    PageRole,
    ReadError,
    Source,
    Truncation,
    from_json,
    json_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.rebuild.found import Folding, Found, WarcFacts
    from archive.warc.scan import Record
    from model import ResponseHead

MAX_JSON_BYTES = 1 << 25
"""The longest JSON taken: an article of 1,000 printed pages, or 20,000 comments, has some 10 MB."""
MAX_HEAD_BYTES = 1 << 18
"""The longest HTTP head taken; what the wire accepts is below."""
MAX_BODY_BYTES = 1 << 26
"""The longest body taken whole, where only that tells its payload: in files of others and before
``Mandegar-Payload-Length``."""
MAX_PART_CHARACTERS = 1 << 25
"""A part ends when its texts are so long, wherever it was to end: a MB of gzip can hold a GB."""
_MAX_PROBLEMS = 1_000
_TRUNCATIONS = frozenset(Truncation)
# Of this process: the same comments stand on a page, in a feed, in an API, and again in the next crawl.
_folded_texts = FoldedTexts()
_folded_articles = FoldedTexts()


class PartReader:
    """Reads stretches of one file."""

    def __init__(self, file: BinaryIO, facts: WarcFacts, folding: Folding) -> None:
        self._facts = facts
        self._folding = folding
        self._scanner = Scanner(file)
        self._scanner.compressed = facts.is_compressed
        self._weight = 0
        self._fold_s = 0.0
        self._record_bytes = 0
        # Where the record ends that is being read, once it was read to its end.
        self._end = 0

    def read(self, begin: int, until: int, *, is_certain: bool) -> Part | None:
        """Return what the records hold that begin from ``begin`` on and before ``until``.

        ``is_certain``: a record begins at ``begin``; else the first that seems to after it is looked for, and
        ``None`` is returned when there is none. A part may end before ``until``.
        """
        clock = time.perf_counter()
        at: int | None = begin
        if not is_certain:
            at = self._scanner.find_next(begin - 1, before=until)
            if at is None:
                return None
        self._weight, self._fold_s = 0, 0.0
        part = Part(begin=at or 0, end=at or 0)
        while part.end < min(until, self._facts.size) and self._weight < MAX_PART_CHARACTERS:
            self._next(part)
        part.fold_s = self._fold_s
        part.read_s = time.perf_counter() - clock - part.fold_s
        return part

    def _next(self, part: Part) -> None:
        """Read the record at the part's end, and move that behind it."""
        at = self._scanner.offset = part.end
        record: Record | None = None
        try:
            record = self._scanner.next()
            if record is None:
                part.end = self._facts.size
                return
            part.records += 1
            found, problem, self._end = None, "", 0
            try:
                found = self._take(record)
            except (ReadError, ValueError, RecursionError, OverflowError) as error:
                problem = f"{error}"
            end = self._end or record.finish()
        except DamageError as damage:
            self._complain(part, at, str(damage), is_damage=True)
            part.end = self._after_damage(record, at)
            return
        part.end = end
        if problem:
            self._complain(part, at, problem)
        if isinstance(found, Capture):
            part.response_bytes += self._record_bytes
        elif isinstance(found, Crawl):
            # The record could not count itself.
            found = replace(found, warc_bytes=found.warc_bytes + end - at)
        if found is not None:
            part.found.append((at, found))

    def _complain(self, part: Part, offset: int, message: str, *, is_damage: bool = False) -> None:
        if len(part.problems) < _MAX_PROBLEMS:
            part.problems.append(
                Problem(key=self._facts.key, offset=offset, message=message, is_damage=is_damage)
            )

    def _after_damage(self, record: Record | None, at: int) -> int:
        if record is not None:
            try:
                after = record.skip_rest()
            except DamageError:
                after = None
            if after is not None:
                return after
        return self._scanner.find_next(at) or self._facts.size

    def _take(self, record: Record) -> Found | None:
        """Return what a record says; ``ReadError`` and the like when it cannot be read."""
        head, facts = record.head, self._facts
        kind = head.get("WARC-Type")
        if facts.is_ours and kind != "warcinfo" and head.id("WARC-Warcinfo-ID") != facts.warcinfo_id:
            raise ReadError("this record is not one of this file's")
        if kind in {"response", "revisit"}:
            return self._capture(record, is_revisit=kind == "revisit")
        if not facts.is_ours:
            return None
        target = head.get("WARC-Target-URI") or ""
        if kind == "conversion":
            return self._conversion(record)
        if kind != "metadata":
            return None
        if target.startswith(records.FAILURE_URN):
            return self._failure(record)
        if target.startswith(records.CRAWL_URN):
            crawl = from_json(Crawl, self._json(record))
            if crawl.id != facts.crawl_id or crawl.source != facts.source:
                raise ReadError("this is another crawl's row")
            check_aware(crawl.started_at, crawl.ended_at)
            return crawl
        if target.startswith(records.LEARNED_URN):
            return learned_of(self._json(record), self._facts.source)
        if target.startswith(records.REREAD_URN):
            return reread_of(self._json(record))
        if target.startswith(records.JUDGEMENT_URN):
            return judgement_of(self._json(record))
        if target.startswith(records.LOOK_URN):
            return look_of(self._json(record))
        if target.startswith(records.INCIDENT_URN):
            return incidents_of(self._json(record))
        if target.startswith(records.VIA_URN):
            return via_of(self._json(record), record_id_in(head.id("WARC-Refers-To")))
        if target.startswith(records.SURVEY_URN):
            return survey_of(self._json(record), record_id_in(head.id("WARC-Record-ID")))
        if target.startswith(records.VERDICT_URN):
            own, survey = head.id("WARC-Record-ID"), head.id("WARC-Refers-To")
            return connection_of(self._json(record), record_id_in(own), record_id_in(survey))
        if target.startswith(records.SOURCE_URN):
            source = from_json(Source, self._json(record))
            if source.name != facts.source:
                raise ReadError("this is another source")
            return source
        return None

    # --- exchanges

    def _capture(self, record: Record, *, is_revisit: bool) -> Capture | None:
        head, facts = record.head, self._facts
        if not (head.get("Content-Type") or "").lower().startswith("application/http"):
            return None  # Heritrix keeps DNS answers as responses
        record_id = record_id_in(head.id("WARC-Record-ID"))
        blocks = record.blocks()
        http, length = _http_head(blocks)
        url = _url(head.get("WARC-Target-URI"), head.get(records.VERBATIM_URL))
        digest = head.get("WARC-Payload-Digest") or ""
        stated = head.get(records.PAYLOAD_LENGTH) or ""
        payload_length = int(stated) if stated.isascii() and stated.isdigit() and len(stated) <= 15 else -1
        self._record_bytes = record.length
        if is_revisit:
            self._record_bytes += max(payload_length, 0)
        elif payload_length < 0 or not digest.startswith("sha256:"):
            body_length = record.length - length.head
            if body_length <= MAX_BODY_BYTES:
                body = b"".join((length.rest, *blocks))
                payload_length, own = payload_length_and_digest(http, body)
                digest = digest if digest.startswith("sha256:") else own
            else:
                payload_length = body_length
        truncated = None
        if not is_revisit and (reason := head.get("WARC-Truncated")):
            # «unspecified» and what else others write: cut, and nobody knows why.
            cut = reason.strip().lower()
            truncated = Truncation(cut) if cut in _TRUNCATIONS else Truncation.DISCONNECT
        captured_at = _moment(head.get("WARC-Date"))
        revisit_of = record_id_in(head.id("WARC-Refers-To")) if is_revisit else None
        # Nothing can be wrong any more but its end.
        self._end = record.finish()
        return Capture(
            record_id=record_id,
            url=url,
            captured_at=captured_at,
            warc_key=facts.key,
            offset=record.offset,
            length=self._end - record.offset,
            status=http.status,
            mime=mime_of(http),
            payload_digest=digest,
            payload_length=payload_length,
            revisit_of=revisit_of,
            truncated=truncated,
            role=_role(head.get(records.ROLE)),
            redirect_to=redirect_target(url, http),
        )

    def _failure(self, record: Record) -> FoundFailure:
        data = self._json(record)
        observation = from_json(Observation, data)
        if observation.failure is None:
            raise ReadError("this attempt did not fail")
        check_aware(observation.started_at, observation.ended_at)
        light = replace(observation, request=b"", received=b"", tls=None, dns=None, connects=())
        return FoundFailure(
            record_id=record_id_in(record.head.id("WARC-Record-ID")),
            observation=light,
            role=_role(data.get("role")),
        )

    # --- what was read from them

    def _conversion(self, record: Record) -> Found | None:
        data = self._json(record)
        refers_to = record_id_in(record.head.id("WARC-Refers-To"))
        if "article" in data:
            return self._article(refers_to, data)
        if "comments" in data:
            return self._thread(refers_to, data)
        return None

    def _article(self, refers_to: str, data: dict[str, Any]) -> FoundArticle:
        # What was read is written again as it is: to write the noun would take four times as long.
        noun = json_text(data["article"])
        article = from_json(Article, data["article"])
        check_aware(article.published_at, article.modified_at)
        post = data.get("wordpress_post_id")
        if post is not None and type(post) is not int:
            raise ReadError(f"{post!r} is no number of a WordPress post")
        with self._folding_time():
            indexed = _folded_articles.get(noun, lambda: self._folding.article(article))
        return FoundArticle(
            refers_to=refers_to,
            # What stays is what the catalogue has columns for: the rest would travel twice.
            article=replace(
                article,
                lede="",
                paragraphs=(),
                flickering=(),
                authors=(),
                tags=(),
                images=(),
                links=None,
                reasons=(),
                modified_raw=None,
            ),
            noun=noun,
            indexed=indexed,
            wordpress_post_id=post,
            extractor=name_in(data.get("extractor")) or None,
            group=name_in(data.get("group")),
        )

    def _thread(self, refers_to: str, data: dict[str, Any]) -> FoundThread:
        thread = from_json(CommentThread, data["comments"])
        url, last, complete = data.get("article_url"), data.get("last"), data.get("complete")
        if not (isinstance(url, str) and isinstance(last, bool) and isinstance(complete, bool)):
            raise ReadError("the comments do not say of which article they are")
        for comment in thread.comments:
            check_aware(comment.published_at)
            if not comment.key:
                raise ReadError("a comment has no key")
        with self._folding_time():
            indexed = {
                comment.key: _folded_texts.get(comment.text, partial(self._folding.text, comment.text))
                for comment in thread.comments
            }
        return FoundThread(
            refers_to=refers_to,
            article_url=url,
            thread=replace(thread, more=()),
            nouns={
                comment.key: json_text(noun)
                for comment, noun in zip(thread.comments, data["comments"]["comments"], strict=True)
            },
            indexed=indexed,
            last=last,
            complete=complete,
            extractor=name_in(data.get("extractor")) or None,
            group=name_in(data.get("group")),
        )

    # Any: JSON.
    def _json(self, record: Record) -> dict[str, Any]:
        if record.length > MAX_JSON_BYTES:
            raise ReadError(f"its JSON is {record.length} bytes, more than {MAX_JSON_BYTES}")
        data = json.loads(b"".join(record.blocks()))
        if not isinstance(data, dict):
            raise ReadError("its JSON is no object")
        self._weight += record.length
        return data

    @contextmanager
    def _folding_time(self) -> Iterator[None]:
        clock = time.perf_counter()
        yield
        self._fold_s += time.perf_counter() - clock


class _Lengths:
    """Where an HTTP head ends, and the bytes read beyond it."""

    __slots__ = ("head", "rest")

    def __init__(self, head: int, rest: bytes) -> None:
        self.head = head
        self.rest = rest


def _http_head(blocks: Iterator[bytes]) -> tuple[ResponseHead, _Lengths]:
    data = b""
    for block in blocks:
        data += block
        parsed = parse_response_head(data)
        if parsed is not None:
            return parsed[0], _Lengths(parsed[1], data[parsed[1] :])
        if len(data) > MAX_HEAD_BYTES:
            break
    raise ReadError("its HTTP head is not whole")


def _url(target: str | None, verbatim: str | None) -> str:
    if verbatim is not None:
        url = json.loads(verbatim)
        if isinstance(url, str) and url:
            return url
    target = (target or "").removeprefix("<").removesuffix(">")
    if not target:
        raise ReadError("it names no URL")
    return target


def _moment(value: str | None) -> datetime:
    """Return a ``WARC-Date``; ``ValueError``."""
    moment = datetime.fromisoformat(value or "")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _role(value: object) -> PageRole:
    try:
        return PageRole(str(value))
    except ValueError:
        return PageRole.PAGE
