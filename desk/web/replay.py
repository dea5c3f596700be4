"""Replay without scripts: an archived page has no power over its reader.

=========================================  ============================================================
``/replay/<time>/<url>``                    our page: a banner that says what is shown, the capture in a frame
``/replay/<time>id_/<url>``                 the body as archived, as a download
``/replay/~<key>/<time>mp_/<url>``          the capture as a document for that frame, rewritten to only show
``/replay/~<key>/<time>oe_/<url>``          the capture as what a page needs: picture, style sheet, font, film
=========================================  ============================================================

``<time>`` has 4 to 14 digits (UTC); a time that is no capture's leads to the nearest one, never to the live
web.
What a mirror brought for an address of a source stands there too, under the banner that says so, and under
the mirror's own address. Of a mirror's capture and the site's own about as near in time
(:data:`ABOUT_AS_NEAR`) the site's own is given; one asked for by its very second is given in any case. What
somebody else put in the page's place is never given: of its second we say so and lead to the record.
The key is made anew by each server: without it another site's page, open in the same browser, could ask by
``<img>`` which addresses are archived here. It cannot be told apart otherwise, because the sandboxed frame
has no origin of its own and so counts as another site, too.

All that comes from an archive carries a Content-Security-Policy that allows no script, no form, and nothing
but pictures, style sheets, fonts and films below the key (W3C CSP 3; HTML 7.1.5, sandboxing). Archived
headers are not sent on: the page of the capture lists them.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from model import InputError, Via
from spiders import at_home

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from archive.catalogue import Catalogue
    from model import Capture, CaptureVia

DOCUMENT, EMBEDDED, RAW = "mp_", "oe_", "id_"
# A chain of redirects longer than a browser follows (RFC 9110, 15.4, leaves the number to it: 20) is a loop.
MOST_HOPS = 20
ABOUT_AS_NEAR = timedelta(hours=1)
"""By so much a mirror's capture must be nearer in time than the site's own to be given instead."""
_PLACE = re.compile(r"(?P<time>[0-9]{4,14})(?P<modifier>[a-z]{2}_)?")
_DOTS = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a replay address asks for."""

    moment: datetime
    modifier: str
    """``""``, or one of ``mp_``, ``oe_``, ``id_``."""
    url: str
    keyed: bool
    """It carries this server's key."""


def read_asked(request: Request, key: str) -> Asked:
    """Return what a request asks for; ``InputError``. The URL is spelled as in the request line."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    rest = raw.partition(b"/replay/")[2].partition(b"?")[0].decode("latin-1")
    keyed = False
    if rest.startswith("~"):
        given, _, rest = rest[1:].partition("/")
        keyed = secrets.compare_digest(given.encode("latin-1"), key.encode("ascii"))
    place, _, url = rest.partition("/")
    found = _PLACE.fullmatch(place)
    moment = parse_time(found["time"]) if found else None
    modifier = (found["modifier"] or "") if found else ""
    query = request.scope.get("query_string", b"").decode("latin-1")
    # Some clients fold the two slashes after the scheme into one, and some escape the colon.
    if url[:12].lower().startswith(("http%3a", "https%3a")):
        url = unquote(url)
    url = re.sub(r"\A(https?:)/+", r"\1//", url, flags=re.IGNORECASE)
    if moment is None or modifier not in {"", DOCUMENT, EMBEDDED, RAW} or not _is_address(url):
        raise InputError("ask for /replay/<time>/<web address>, as in /replay/20261123/http://example.org/")
    return Asked(moment=moment, modifier=modifier, url=url + (f"?{query}" if query else ""), keyed=keyed)


def _is_address(url: str) -> bool:
    return re.match(r"https?://[^/]", url, re.IGNORECASE) is not None


def parse_time(text: str) -> datetime | None:
    """Return the time of a 4 to 14 digit timestamp, missing parts taken as early as possible.

    >>> parse_time("20261123")
    datetime.datetime(2026, 11, 23, 0, 0, tzinfo=datetime.timezone.utc)
    >>> parse_time("20261332") is None
    True
    """
    full = text + "00000101000000"[len(text) :]
    try:
        return datetime.strptime(full, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def timestamp(moment: datetime) -> str:
    """Return the 14 digits of a time (UTC)."""
    return f"{moment.astimezone(UTC):%Y%m%d%H%M%S}"


def replay_address(capture: Capture, modifier: str = "") -> str:
    """Return where a capture is given back: our page around it, or (``id_``) its body."""
    return address(timestamp(capture.captured_at) + modifier, capture.url)


def address(place: str, url: str) -> str:
    """Return a replay address; the URL follows as it is, query and all, as the field does.

    >>> address("20261123073000", "http://a/b c?d=1")
    '/replay/20261123073000/http://a/b%20c?d=1'
    >>> address("2026", "http://a/../../../static/x")
    '/replay/2026/http://a/static/x'
    """
    # A browser resolves dot segments over the whole path: they would climb out of /replay/ (RFC 3986, 5.2.4).
    scheme, _, rest = url.partition("://")
    path, mark, query = rest.partition("?")
    kept: list[str] = []
    for segment in path.split("/"):
        if not _DOTS.fullmatch(segment):
            kept.append(segment)
        elif segment.lower().replace("%2e", ".") == ".." and len(kept) > 1:
            kept.pop()
    # Only what is no URL character is escaped.
    return f"/replay/{place}/" + quote(
        f"{scheme}://{'/'.join(kept)}{mark}{query}", safe=":/?=&%+,;@!$'()*~[]"
    )


def header_safe(url: str) -> str:
    """Return an address as a header may hold it.

    >>> header_safe("https://a.test/<\u0627>")
    'https://a.test/%3C%D8%A7%3E'
    """
    return quote(url, safe=":/?#[]@!$&'()*+,;=%-._~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The captures of an address around a moment."""

    captures: Sequence[Capture]
    """Oldest first; never what was not the site's."""
    ways: Mapping[str, CaptureVia]
    """How some came about that stand for this address, by record id; interferences, which are no captures
    of it, among them."""

    def nearest(self, wanted: datetime) -> Capture | None:
        """Return the capture nearest in time, of two the earlier; a 304, which has no body, only for want."""
        shown = [one for one in self.captures if one.status != 304] or self.captures
        exact = [one for one in shown if timestamp(one.captured_at) == timestamp(wanted)]
        return min(exact or shown, key=lambda one: self._distance(one, wanted), default=None)

    def _distance(self, capture: Capture, wanted: datetime) -> timedelta:
        via = self.ways.get(capture.record_id)
        behind = ABOUT_AS_NEAR if via is not None and via.via is Via.MIRROR else timedelta(0)
        return abs(capture.captured_at - wanted) + behind

    def address(self, capture: Capture, modifier: str = "") -> str:
        """Return where one of these captures is given back: under the source's address where it stands for
        that, and nothing else of the same second does."""
        via = self.ways.get(capture.record_id)
        at = timestamp(capture.captured_at)
        if via is None or any(
            one.record_id != capture.record_id and timestamp(one.captured_at) == at for one in self.captures
        ):
            return replay_address(capture, modifier)
        return address(at + modifier, via.canonical_url)

    @property
    def interferences(self) -> list[CaptureVia]:
        """What came in the page's place and was not the site's, oldest first."""
        return [one for one in self.ways.values() if one.via is Via.INTERFERENCE]


def around(catalogue: Catalogue, url: str, moment: datetime, limit: int) -> Around:
    """Return the captures of an address around a moment, those that mirrors brought for it among them."""
    return Around(
        captures=catalogue.captures_near(url, moment, limit=limit),
        ways={one.record_id: one for one in catalogue.vias.of_url(url)},
    )


def home_of(via: CaptureVia | None, url: str) -> str:
    """Return the source's address of what a mirror's page names: all that is archived for it is found there.

    >>> home_of(None, "https://d1.example/a")
    'https://d1.example/a'
    """
    if via is None or via.mirror is None:
        return url
    return at_home(url, via.mirror.url, via.canonical_url)


def links(capture: Capture, via: CaptureVia | None) -> str:
    """Return the ``Link`` header: what this is a copy of (RFC 7089, 2.2.1), and where it was really taken."""
    if via is None:
        return f'<{header_safe(capture.url)}>; rel="original"'
    return f'<{header_safe(via.canonical_url)}>; rel="original", <{header_safe(via.url)}>; rel="via"'


def follow(catalogue: Catalogue, capture: Capture) -> tuple[Capture, str | None]:
    """Return where a chain of archived redirects ends, and the target that was not archived, or is a loop."""
    seen = {capture.record_id}
    for _ in range(MOST_HOPS):
        target = capture.redirect_to
        if target is None or not _is_address(target):
            return capture, target
        target = home_of(catalogue.vias.of(capture.record_id), target)
        near = around(catalogue, target.partition("#")[0], capture.captured_at, limit=2)
        after = near.nearest(capture.captured_at)
        if after is None or after.record_id in seen:
            return capture, target
        seen.add(after.record_id)
        capture = after
    return capture, capture.redirect_to


def archived_headers(request: Request, key: str) -> dict[str, str]:
    """Return the headers that everything from the archive carries, also «not archived»."""
    own = f"{request.url.scheme}://{request.url.netloc}/replay/~{key}/"
    policy = (
        "sandbox allow-top-navigation-by-user-activation; default-src 'none'; "
        f"img-src {own} data:; style-src {own} 'unsafe-inline'; font-src {own} data:; media-src {own}; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-DNS-Prefetch-Control": "off",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
