"""What was read again from captures by a newer extractor: WARC records of their own, then the catalogue.

``<source>/<yyyy>/<mm>/reread-<time>-<random>-<serial>.warc.gz``. No capture is changed, and what was read
before stays where it stands. All captures of an article are read again together. Where anything reads
differently they are a *group*: a ``conversion`` record of each article and each document of comments, as a
crawl writes them but with ``group``, and behind these a ``metadata`` record that ends the group
(``urn:mandegar:reread:<source>``)::

    {"group": "…", "conversions": 3, "extractors": {"mandegar/0.2 generic/1": ["urn:uuid:…", …]}}

Only then the group counts, and takes the place of all that was read from these captures before. Captures in
which nothing reads differently are told by the same record, without a group.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.catalogue import AgainArticle, AgainThread
from archive.conversion import article_content, article_json, thread_content, thread_json
from archive.warc import WarcWriter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archive.catalogue import Batch, Catalogue
    from archive.recorder import ReadArticle, ReadThread
    from archive.warc import Packed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgain:
    """All that was read again from the captures of one article (or of some that became one)."""

    articles: tuple[ReadArticle, ...] = ()
    """In the order of capture; empty when none of them shows an article any more."""
    threads: tuple[ReadThread, ...] = ()
    extractors: Mapping[str, str]
    """What read each capture, by record id; also of those that show nothing."""


@dataclass(slots=True)
class _Group:
    articles: list[AgainArticle] = field(default_factory=list)
    threads: list[AgainThread] = field(default_factory=list)
    extractors: dict[str, str] = field(default_factory=dict)


class RereadRecorder:
    """Writes what was read again from the captures of one source; made by :meth:`Archive.reread_recorder`.

    Nothing counts before :meth:`settle`: first the file is on disk, then one transaction.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        warc_folder: Path,
        *,
        source: str,
        warcinfo: Mapping[str, str],
        max_bytes: int = 1 << 30,
    ) -> None:
        """Write below ``warc_folder``; a file is closed by the settlement after ``max_bytes``."""
        self._catalogue = catalogue
        self._folder = warc_folder
        self._source = source
        self._warcinfo = warcinfo
        self._max_bytes = max_bytes
        self._closed: list[tuple[str, int]] = []
        self._groups: list[_Group] = []
        self._same: dict[str, str] = {}
        self._is_lost = False
        self._writer = self._new_writer()

    def _new_writer(self) -> WarcWriter:
        # It closes no file by itself: a group would be parted.
        return WarcWriter(
            self._folder,
            source=self._source,
            crawl_id=f"reread-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            warcinfo=self._warcinfo,
            max_bytes=1 << 62,
            max_age_s=float("inf"),
            on_closed=lambda key, _, size: self._closed.append((key, size)),
        )

    @property
    def unsettled(self) -> int:
        """Captures that were given since the last settlement."""
        return len(self._same) + sum(len(group.extractors) for group in self._groups)

    def same(self, extractors: Mapping[str, str]) -> None:
        """Take captures that are read as they were before; what reads them now by record id."""
        self._same |= extractors

    def differs(self, read: ReadAgain) -> None:
        """Append what is read otherwise now; ``StoreFullError``, ``StoreError``."""
        name = secrets.token_hex(8)
        group = _Group(extractors=dict(read.extractors))
        for article in read.articles:
            made = article.json or article_json(article.article)
            self._convert(
                article,
                article_content(
                    made,
                    extractor=read.extractors[article.capture.record_id],
                    wordpress_post_id=article.wordpress_post_id,
                    group=name,
                ),
            )
            group.articles.append(
                AgainArticle(
                    capture=article.capture,
                    article=article.article,
                    noun=made.data.decode(),
                    indexed=article.indexed,
                    wordpress_post_id=article.wordpress_post_id,
                )
            )
        for thread in read.threads:
            json = thread.json or thread_json(thread.thread)
            self._convert(
                thread,
                thread_content(
                    json.packed,
                    article_url=thread.article_url,
                    last=thread.last,
                    complete=thread.complete,
                    extractor=read.extractors[thread.capture.record_id],
                    group=name,
                ),
            )
            group.threads.append(
                AgainThread(
                    capture=thread.capture,
                    article_url=thread.article_url,
                    thread=thread.thread,
                    nouns=json.comments,
                    indexed=thread.indexed,
                    last=thread.last,
                    complete=thread.complete,
                )
            )
        self._tell(name, len(group.articles) + len(group.threads), group.extractors)
        self._groups.append(group)

    def _convert(self, read: ReadArticle | ReadThread, content: tuple[bytes | Packed, ...]) -> None:
        self._writer.write_conversion(read.capture, data=content, content_type="application/json")

    def _tell(self, group: str, conversions: int, extractors: Mapping[str, str]) -> None:
        named: dict[str, list[str]] = {}
        for record_id, name in extractors.items():
            named.setdefault(name, []).append(record_id)
        self._writer.write_reread(
            self._source, {"group": group, "conversions": conversions, "extractors": named}
        )

    def settle(self) -> None:
        """Make all that was given last.

        After ``StoreFullError`` or ``StoreError`` only :meth:`close` is left: the next run indexes or reads
        again what did not come into the catalogue.
        """
        try:
            self._settle()
        except BaseException:
            self._is_lost = True
            raise
        self._groups, self._same = [], {}
        if self._writer.bytes_written >= self._max_bytes:
            self.close()
            self._writer = self._new_writer()

    def _settle(self) -> None:
        if self._same:
            self._tell("", 0, self._same)
        self._writer.sync()
        with self._catalogue.write() as batch:
            for group in self._groups:
                batch.reread(self._source, group.articles, group.threads, group.extractors)
            if self._same:
                batch.note_extractors(self._same)
            self._note_closed(batch)

    def close(self) -> None:
        """Settle what is left and close the file."""
        if (self._groups or self._same) and not self._is_lost:
            self.settle()
        self._writer.close()
        if self._closed:
            with self._catalogue.write() as batch:
                self._note_closed(batch)

    def _note_closed(self, batch: Batch) -> None:
        now = datetime.now(UTC)
        for key, size in self._closed:
            batch.note_closed(key, size, now, is_indexed=not self._is_lost)
        self._closed.clear()
