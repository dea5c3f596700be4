"""What archived pages show, as verdicts on content ask; read in worker processes."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from archive.message import content_codings, content_decode
from crawler import settings
from model import ReadError, StoreError
from pipelines.verdicts import read_signs
from spiders import declared, page_class_for

if TYPE_CHECKING:
    from datetime import datetime

    from archive import Archive
    from crawler.workers import WorkerPool
    from model import Capture, ResponseHead, Source
    from pipelines.verdicts import PageSigns

_HTML = frozenset({"text/html", "application/xhtml+xml", ""})
_MAX_RATIO = 200.0


def signs_of(
    entity: bytes, head: ResponseHead, *, url: str, reference: datetime, timezone: str, source: str
) -> PageSigns:
    """Return the signs of an archived page; ``ReadError``. In a worker."""
    body = entity
    if body and content_codings(head):
        body = content_decode(
            body, head, max_bytes=settings.MANDEGAR_MAX_DECODED_BYTES, max_ratio=_MAX_RATIO
        ).data
    named = head.all(b"content-type")
    declaration = declared().get(source)
    page = page_class_for(declaration.pages, reference) if declaration else None
    _, signs = read_signs(
        body,
        url=url,
        content_type=named[-1].decode("latin-1") if named else None,
        reference=reference,
        timezone=timezone,
        rules=page.rules if page else None,
    )
    return signs


class SignReader:
    """Reads captures of one source."""

    def __init__(self, archive: Archive, source: Source, pool: WorkerPool) -> None:
        self._archive = archive
        self._source = source
        self._pool = pool

    async def read(self, capture: Capture) -> tuple[ResponseHead | None, PageSigns | None]:
        """Return a capture's head and what its page shows; ``None`` where it cannot be read or is no page."""
        try:
            stored = await asyncio.to_thread(self._archive.load, capture)
        except StoreError:
            return None, None
        if capture.mime not in _HTML or not stored.entity:
            return stored.head, None
        task = partial(
            signs_of,
            stored.entity,
            stored.head,
            url=capture.url,
            reference=capture.captured_at,
            timezone=self._source.timezone,
            source=self._source.name,
        )
        try:
            return stored.head, await self._pool.run(task)
        except ReadError:
            return stored.head, None
