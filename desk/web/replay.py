"""Replay without scripts: an archived page has no power over its reader.

``/replay/<time>/<url>`` is our page: a banner that says what is shown, and the capture in a frame.
``/replay/<time>mp_/<url>`` is the capture, rewritten to only show; ``…id_/…`` its body as archived, as a
download. All that comes from an archive carries a Content-Security-Policy that allows no script, no form,
no connection but to captures under ``/replay/`` (access: W3C CSP3, sandbox). Archived headers are not sent
on: the page of the capture lists them. A time that is no capture's leads to the nearest one, never to
the live web.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from archive.message import content_decode
from desk.web.rewrite import rewrite_css, rewrite_html
from model import DamagedArchiveError
from pipelines import decode_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from archive import Archive, StoredResponse
    from model import Capture

# A page expanded for looking at; the archive holds it whole.
MOST_BYTES = 64 << 20
_PLACE = re.compile(r"(?P<time>\d{4,14})(?P<modifier>mp_|id_)?")
# Types that a browser only shows; anything else is given as a download.
_SHOWN = ("image/", "font/", "audio/", "video/", "text/plain")
_MARKUP_IMAGE = "image/svg+xml"


def parse_time(text: str) -> datetime | None:
    """Return the time of a 4 to 14 digit timestamp, missing parts taken as early as possible.

    >>> parse_time("20261123")
    datetime.datetime(2026, 11, 23, 0, 0, tzinfo=datetime.timezone.utc)
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
    """Return where a capture is given back."""
    return _address(timestamp(capture.captured_at), modifier, capture.url)


def _address(time: str, modifier: str, url: str) -> str:
    # As the field does: the URL follows as it is, query and all; only what is no URL character is escaped.
    return f"/replay/{time}{modifier}/" + quote(url, safe=":/?=&%+,;@!$'()*~[]")


def nearest(captures: Sequence[Capture], wanted: datetime) -> Capture | None:
    """Return the capture nearest in time; on the same distance, the earlier."""
    return min(captures, key=lambda one: abs(one.captured_at - wanted), default=None)


def split_place(place: str) -> tuple[datetime, str] | None:
    """Return time and modifier of ``20261123073000mp_``, or ``None``."""
    found = _PLACE.fullmatch(place)
    moment = parse_time(found["time"]) if found else None
    return (moment, found["modifier"] or "") if found and moment else None


def archived_headers(request: Request) -> dict[str, str]:
    """Return the headers that everything from the archive carries."""
    own = f"{request.url.scheme}://{request.url.netloc}/replay/"
    policy = (
        "sandbox allow-top-navigation-by-user-activation; default-src 'none'; "
        f"img-src {own} data:; style-src {own} 'unsafe-inline'; font-src {own} data:; media-src {own}; "
        f"frame-src {own}; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-DNS-Prefetch-Control": "off",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def give_back(request: Request, archive: Archive, capture: Capture, modifier: str) -> Response:
    """Return a capture for the frame (``mp_``) or as archived (``id_``)."""
    headers = archived_headers(request)
    headers["Memento-Datetime"] = f"{capture.captured_at.astimezone(UTC):%a, %d %b %Y %H:%M:%S GMT}"
    try:
        stored = archive.load(capture)
    except DamagedArchiveError as error:
        return PlainTextResponse(f"This capture cannot be read: {error}\n", 500, headers=headers)
    if modifier == "id_":
        headers["Content-Disposition"] = "attachment"
        return Response(stored.entity, 200, headers=headers, media_type="application/octet-stream")
    if capture.redirect_to:
        target = urljoin(capture.url, capture.redirect_to)
        if target.startswith(("http://", "https://")):
            where = _address(timestamp(capture.captured_at), "mp_", target)
            return RedirectResponse(where, 302, headers=headers)
    return _shown(stored, headers)


def _shown(stored: StoredResponse, headers: dict[str, str]) -> Response:
    capture = stored.capture
    decoded = content_decode(stored.entity, stored.head, max_bytes=MOST_BYTES)
    time = timestamp(capture.captured_at)
    content_type = (stored.head.get(b"Content-Type") or b"").decode("latin-1")

    def page(url: str) -> str:
        return _address(time, "", url)

    def resource(url: str) -> str:
        return _address(time, "mp_", url)

    if capture.mime in {"text/html", "application/xhtml+xml", ""}:
        text, _ = decode_page(decoded.data, content_type)
        body = rewrite_html(text, capture.url, page=page, resource=resource)
        return Response(body, 200, headers=headers, media_type="text/html; charset=utf-8")
    if capture.mime == "text/css":
        text, _ = decode_page(decoded.data, content_type)
        body = rewrite_css(text, capture.url, resource).encode()
        return Response(body, 200, headers=headers, media_type="text/css; charset=utf-8")
    if capture.mime.startswith(_SHOWN):
        # An SVG is a document: as an image it is shown, opened by itself the policy above holds it.
        media = content_type if capture.mime.startswith("text/") else capture.mime
        return Response(decoded.data, 200, headers=headers, media_type=_clean_type(media))
    if capture.mime.endswith(("xml", "json")):
        text, _ = decode_page(decoded.data, content_type)
        return Response(text, 200, headers=headers, media_type="text/plain; charset=utf-8")
    headers["Content-Disposition"] = "attachment"
    return Response(decoded.data, 200, headers=headers, media_type="application/octet-stream")


def _clean_type(value: str) -> str:
    """Return a media type that cannot break out of its header line."""
    return re.sub(r"[^\w/+.;=\- ]", "", value) or "application/octet-stream"
