"""What today's program would read a capture with."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from pipelines import post_extractor, read_page
from spiders import declared, page_class_for

if TYPE_CHECKING:
    from model import PageRules

# Any page will do: what reads it says its name.
_PAGE = b"<!doctype html><html><body><p>-</p></body></html>"
_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def extractor_for(source: str, moment: datetime, *, post: bool = False) -> str:
    """Return ``Reading.extractor`` of a page of a source that was captured at ``moment``.

    Other documents of comments count as read by the same: their rules are of the same version. ``post``: the
    article was read from a post of WordPress's REST API.
    """
    if post:
        return post_extractor()
    declaration = declared().get(source)
    page = page_class_for(declaration.pages, moment) if declaration else None
    return _name(page.rules if page else None)


@lru_cache(maxsize=256)
def _name(rules: PageRules | None) -> str:
    return read_page(
        _PAGE, url="http://example.org/", content_type="text/html", reference=_DAY, rules=rules
    ).extractor
