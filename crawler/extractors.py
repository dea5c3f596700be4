"""What today's program would read a capture with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import extractor_name, post_extractor
from spiders import declared, page_class_for

if TYPE_CHECKING:
    from datetime import datetime


def extractor_for(source: str, moment: datetime, learned: str, *, post: bool = False) -> str:
    """Return ``Reading.extractor`` of a page of a source that was captured at ``moment``.

    ``learned`` is the revision of what was learned of its pages, empty for none. Other documents of comments
    count as read by the same: their rules are of the same version. ``post``: the article was read from a post
    of WordPress's REST API.
    """
    if post:
        return post_extractor()
    declaration = declared().get(source)
    page = page_class_for(declaration.pages, moment) if declaration else None
    return extractor_name(page.rules if page else None, learned)
