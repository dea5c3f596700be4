"""Where links lead, as compared: what only says how a reader came, or which mirror he reads, is left out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote

from model import Article
from pipelines.addresses import host_of

# What campaigns and networks append, by their own documentation (Google Analytics and Ads, Meta, Microsoft,
# Yandex, Mailchimp, HubSpot, Marketo, Instagram, X). A parameter that may choose a document (id, ref, src) is
# none.
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|_ga|_gl|mc_[ce]id|_hsenc|_hsmi|mkt_tok"
    r"|igshid|igsh|ref_src|ref_url|twclid)(?:=|$)",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
# All that may stand in an address; what is quoted is the rest: letters beyond ASCII.
_SAFE = "%/:?#[]@!$&'()*+,;=~"


def target_key(url: str, home: Iterable[str] = ()) -> str:
    """Return what two spellings of one target share; of one on the page's own hosts only path and query.

    ``home`` are those hosts (:func:`home_of`). Scheme, ``www.``, a slash at the end, letters escaped or not
    and tracking parameters part no targets.

    >>> target_key("http://www.data.example/a/?utm_source=tg&id=7")
    'data.example/a?id=7'
    >>> target_key("https://a.example/x", ["a.example"])
    '/x'
    """
    _, _, rest = url.partition("://")
    place, mark, query = rest.partition("?")
    authority, slash, path = place.partition("/")
    own = authority.lower().removeprefix("www.")
    path = _folded(slash + path).rstrip("/")
    kept = [one for one in query.split("&") if one and not _TRACKING.match(one)] if mark else []
    said = f"{path}?{_folded('&'.join(kept))}" if kept else path
    return (said or "/") if own in home else (own + said or url)


def _folded(text: str) -> str:
    if not text.isascii():
        text = quote(text, safe=_SAFE, errors="replace")
    return _ESCAPE.sub(lambda match: match[0].upper(), text) if "%" in text else text


def home_of(article: Article) -> frozenset[str]:
    """Return the hosts that an article calls its own: where it was read, and by its canonical address."""
    return frozenset(
        host_of(url).removeprefix("www.") for url in (article.url, article.canonical_url) if host_of(url)
    )


def links_digest(article: Article) -> str | None:
    """Return 32 hex digits of where an article's links lead, ``None`` when nobody read them.

    The same exactly when :func:`pipelines.picture_diff.compare_links` finds no difference.
    """
    if article.links is None:
        return None
    home = home_of(article)
    digest = hashlib.sha256()
    for key in sorted(target_key(link.url, home) for link in article.links):
        digest.update(key.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()[:32]
