"""What is sent of a capture: as a document for the frame, as what a page needs, or raw."""

from __future__ import annotations

import re
from datetime import UTC
from html import escape
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

from archive.message import content_decode
from desk.terminal import safe, size
from desk.web import replay
from desk.web.css import rewrite_css
from desk.web.rewrite import rewrite_html
from model import CopiesAwayError, DamagedArchiveError
from pipelines import decode_page

if TYPE_CHECKING:
    from starlette.requests import Request

    from archive import Archive, StoredResponse
    from model import Capture, CaptureVia

# A body expanded for looking at; the archive holds it whole.
MOST_BYTES = 64 << 20
MOST_TEXT = 2 << 20
# A store that was silent is asked again after about so long (archive.shelf).
RETRY_AFTER_S = 10
_PAGE_TYPES = {"text/html", "application/xhtml+xml"}
_FILMS = ("audio/", "video/")
# What a page may need and a browser only draws. An SVG as a picture runs nothing and loads nothing.
_EMBEDDED = ("image/", "font/", *_FILMS)
_FONTS = {
    "application/font-woff",
    "application/font-woff2",
    "application/x-font-ttf",
    "application/x-font-woff",
}
_OLD_FONTS = {"application/vnd.ms-fontobject", "application/x-font-opentype", "application/font-sfnt"}
_LOOK = (
    "body{margin:1rem;font:1rem/1.6 system-ui,sans-serif}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}img,video{max-width:100%}"
)


def not_here(request: Request, key: str) -> Response:
    """Return what stands for a part of a page that is not in the archive."""
    headers = replay.archived_headers(request, key)
    return PlainTextResponse("This was not archived.\n", 404, headers=headers)


def give_back(request: Request, archive: Archive, capture: Capture, modifier: str, key: str) -> Response:
    """Return a capture as its modifier asks; an answer in words when its record cannot be read."""
    headers = replay.archived_headers(request, key)
    headers["Memento-Datetime"] = f"{capture.captured_at.astimezone(UTC):%a, %d %b %Y %H:%M:%S GMT}"
    via = archive.catalogue.vias.of(capture.record_id)
    if via is not None:
        headers["Link"] = replay.links(capture, via)
    try:
        stored = archive.load(capture)
    except DamagedArchiveError as error:
        return _unread(request, capture, modifier, error, headers)
    if modifier == replay.RAW:
        name = f"{replay.timestamp(capture.captured_at)}-{_file_name(capture.url)}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return Response(stored.entity, 200, headers=headers, media_type="application/octet-stream")
    giving = _Giving(stored, key, via)
    if modifier == replay.EMBEDDED:
        # The sandboxed frame counts as another site, and its fonts ask for leave with «Origin: null»; only
        # the key opens this address.
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        headers["Access-Control-Allow-Origin"] = "null"
        return giving.embedded(headers)
    return Response(giving.document(), 200, headers=headers, media_type="text/html; charset=utf-8")


def away_in_words(error: CopiesAwayError) -> str:
    """Return what to do when nothing but the reach of stores is wrong."""
    names = " and ".join(error.stores)
    if len(error.stores) == 1:
        return f"It is kept in store {names}, which does not answer now. Try again in a moment."
    return f"It is kept in stores {names}, which do not answer now. Try again in a moment."


def _unread(
    request: Request, capture: Capture, modifier: str, error: DamagedArchiveError, headers: dict[str, str]
) -> Response:
    """Return the answer for a record that cannot be read: ``503`` where it may be read in a moment."""
    is_away = isinstance(error, CopiesAwayError)
    status, head = (503, "This capture is out of reach") if is_away else (500, "This capture cannot be read")
    said = away_in_words(error) if isinstance(error, CopiesAwayError) else "What stands in the way:"
    if is_away:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if modifier == replay.EMBEDDED:
        return PlainTextResponse(f"{head}: {error}\n", status, headers=headers)
    if modifier == replay.RAW:
        templates = request.app.state.templates
        page: Response = templates.page(
            "unread.html", status, head=head, said=said, message=str(error), capture=capture
        )
        if is_away:
            page.headers["Retry-After"] = headers["Retry-After"]
        return page
    again = escape(replay.replay_address(capture))
    record = escape(f"/captures/{capture.record_id}")
    body = (
        f"<h1>{head}</h1><p>{escape(said)}</p><pre>{escape(safe(str(error)))}</pre>"
        f'<p><a href="{again}" target="_top">Try again</a> · '
        f'<a href="{record}" target="_top">Its record</a></p>'
    )
    return Response(_document(body), status, headers=headers, media_type="text/html; charset=utf-8")


class _Giving:
    """One capture, decoded for looking at."""

    def __init__(self, stored: StoredResponse, key: str, via: CaptureVia | None) -> None:
        self.capture = stored.capture
        self.via = via
        self.time = replay.timestamp(stored.capture.captured_at)
        self.key = key
        self.content_type = (stored.head.get(b"Content-Type") or b"").decode("latin-1")
        self.mime = stored.capture.mime
        self.data = content_decode(stored.entity, stored.head, max_bytes=MOST_BYTES).data

    def page(self, url: str) -> str:
        """Return where a link's target is given back: under our banner."""
        return replay.address(self.time, replay.home_of(self.via, url))

    def resource(self, url: str) -> str:
        """Return where what a page needs is given back."""
        place = f"~{self.key}/{self.time}{replay.EMBEDDED}"
        return replay.address(place, replay.home_of(self.via, url))

    def text(self) -> str:
        """Return the body as text, in the encoding that it has."""
        text, _ = decode_page(self.data, self.content_type)
        return text

    def embedded(self, headers: dict[str, str]) -> Response:
        """Return what a page needs; what is more than a picture, style sheet, font or film as nothing."""
        if self.mime == "text/css":
            body = rewrite_css(self.text(), self.capture.url, self.resource)
            return Response(body, 200, headers=headers, media_type="text/css; charset=utf-8")
        if self.mime.startswith(_EMBEDDED) or self.mime in _FONTS | _OLD_FONTS:
            return Response(self.data, 200, headers=headers, media_type=_clean_type(self.mime))
        if self.mime in {"", "application/octet-stream", "binary/octet-stream"}:
            # Fonts are often sent so, and a browser takes one whatever its type; nosniff holds the rest.
            return Response(self.data, 200, headers=headers, media_type="application/octet-stream")
        return PlainTextResponse("This is nothing that a page shows within it.\n", 415, headers=headers)

    def document(self) -> bytes:
        """Return an HTML document that shows the capture."""
        mime = self.mime
        if not self.data:
            return _document(f"<p>The server sent no body (status {self.capture.status}).</p>")
        if mime in _PAGE_TYPES or (not mime and re.match(rb"\s*<(?!\?xml|svg)", self.data[:200])):
            return rewrite_html(self.text(), self.capture.url, page=self.page, resource=self.resource)
        # Itself, and nothing else that was captured for the same page.
        own = replay.address(f"~{self.key}/{self.time}{replay.EMBEDDED}", self.capture.url)
        here = escape(own)
        if mime.startswith("image/"):
            return _document(f'<img src="{here}" alt="">')
        if mime.startswith(_FILMS):
            return _document(f'<video controls src="{here}"></video>')
        if mime.startswith("text/") or mime.endswith(("xml", "json", "javascript")):
            text = self.text()
            rest = "" if len(text) <= MOST_TEXT else "<p>It is longer; download it to see the rest.</p>"
            return _document(f'<pre dir="auto">{escape(text[:MOST_TEXT])}</pre>{rest}')
        record = escape(f"/captures/{self.capture.record_id}")
        return _document(
            f"<p>This is a file of type {escape(mime) or 'unknown'}, {size(len(self.data))}; a browser would "
            f'open it with a program of its own. <a href="{record}" target="_top">Its record</a> has it to '
            "download.</p>"
        )


def _document(body: str) -> bytes:
    return f"<!doctype html><title>Archived</title><style>{_LOOK}</style>{body}".encode("utf-8", "replace")


def _clean_type(value: str) -> str:
    """Return a media type that cannot break out of its header line."""
    return re.sub(r"[^\w/+.-]", "", value, flags=re.ASCII)[:100]


def _file_name(url: str) -> str:
    """Return a name for a download that no program opens by itself.

    >>> _file_name("http://a/b/c.html?x=1")
    'c.html.archived'
    """
    last = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return (re.sub(r"[^\w.-]", "_", last, flags=re.ASCII).lstrip(".")[:60] or "page") + ".archived"
