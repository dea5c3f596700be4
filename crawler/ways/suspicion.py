"""Which answers over an unproved connection may be somebody else's: worth a closer look, no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive.warc.answer import mime_of, redirect_target
from crawler.reachability.prober import read_answer
from pipelines.addresses import same_site
from pipelines.verdicts import is_mere_notice, looks_like_block_page

if TYPE_CHECKING:
    from model import Exchange

# What a censor says as well as a site: unauthorised, payment, forbidden, withheld, a portal.
_REFUSALS = frozenset({401, 402, 403, 451, 511})
# A longer page is no notice of a censor's (pipelines.verdicts asks for a short one).
_LONG_BYTES = 64 << 10


def is_proved(exchange: Exchange) -> bool:
    """Say whether TLS proved who answered."""
    tls = exchange.observation.tls
    return tls is not None and tls.verified


def is_suspicious(exchange: Exchange) -> bool:
    """Say whether an answer that nothing proves to be the site's might be somebody else's.

    A refusal, a redirect off the site, a page like a censor's, a short page that is no article.
    """
    if is_proved(exchange):
        return False
    status = exchange.head.status
    if status in _REFUSALS:
        return True
    url = exchange.url
    target = redirect_target(url, exchange.head)
    if target is not None:
        return not same_site(target, url)
    if not 200 <= status < 300 or mime_of(exchange.head) not in {"text/html", "application/xhtml+xml", ""}:
        return False
    if len(exchange.response) > _LONG_BYTES:
        return False
    answer = read_answer(exchange)
    return looks_like_block_page(answer, urlsplit(url).hostname or "") or is_mere_notice(answer)
