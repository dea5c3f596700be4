"""What each page of the desk shows. Handlers are plain functions: Starlette runs them in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.responses import RedirectResponse, Response

from archive import Archive
from desk.difference import article_history
from desk.web import replay
from model import InputError, UnknownNameError
from pipelines import mark_hits, match_expression, snippet

if TYPE_CHECKING:
    from starlette.requests import Request

A_PAGE = 50


def _archive(request: Request) -> Archive:
    """Return the archive, opened for one request: a thread of its own, and always what is settled now."""
    return Archive.open(request.app.state.path)


def _page(request: Request, template: str, status: int = 200, **values: object) -> Response:
    made: Response = request.app.state.templates.page(template, status, **values)
    return made


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text[:9]) <= most:
        raise InputError(f"{name} must be a number from {least} to {most}")
    return int(text)


def home(request: Request) -> Response:
    """Show what the archive holds."""
    with _archive(request) as archive:
        catalogue = archive.catalogue
        return _page(
            request,
            "home.html",
            totals=catalogue.totals(),
            sources=catalogue.sources(),
            crawls=catalogue.crawls(limit=8),
            articles=catalogue.articles(limit=12),
        )


def source(request: Request) -> Response:
    """Show a source: its articles, page by page, and its crawls."""
    name = request.path_params["name"]
    page = _number(request, "page", 1, 1, 1_000_000)
    with _archive(request) as archive:
        catalogue = archive.catalogue
        found = next((one for one in catalogue.sources() if one.name == name), None)
        if found is None:
            raise UnknownNameError("source", name)
        articles = catalogue.articles(name, limit=A_PAGE + 1, offset=(page - 1) * A_PAGE)
        return _page(
            request,
            "source.html",
            source=found,
            articles=articles[:A_PAGE],
            page=page,
            more=len(articles) > A_PAGE,
            crawls=catalogue.crawls(name, limit=20),
        )


def article(request: Request) -> Response:
    """Show an article: its text of a version, what changed, comments, captures."""
    with _archive(request) as archive:
        history = article_history(archive.catalogue, str(request.path_params["number"]))
        wanted = _number(request, "version", history.record.version, 1, 1_000_000)
        version = next((one for one in history.versions if one.number == wanted), None)
        if version is None:
            raise UnknownNameError("version", str(wanted))
        captures = [
            (one, archive.catalogue.capture(one.record_id)) for one in reversed(history.record.captures)
        ]
        return _page(request, "article.html", history=history, version=version, captures=captures)


def search(request: Request) -> Response:
    """Show what was found, with the words marked in the published text."""
    query = request.query_params.get("q", "")[:500].strip()
    page = _number(request, "page", 1, 1, 1_000)
    if not query:
        return _page(request, "search.html", query="", hits=[], page=1, more=False, problem="")
    try:
        match = match_expression(query)
    except InputError as error:
        return _page(request, "search.html", 400, query=query, hits=[], page=1, more=False, problem=str(error))
    with _archive(request) as archive:
        found = archive.catalogue.search(match, limit=21, offset=(page - 1) * 20)
    hits = []
    for hit in found[:20]:
        part = snippet(hit.text, query)
        hits.append((hit, _runs(hit.title, mark_hits(hit.title, query)), _runs(part.text, list(part.spans))))
    return _page(request, "search.html", query=query, hits=hits, page=page, more=len(found) > 20, problem="")


def _runs(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Return the text in runs, each with whether it is a hit."""
    runs = []
    at = 0
    for start, end in spans:
        runs += [(text[at:start], False), (text[start:end], True)]
        at = end
    runs.append((text[at:], False))
    return [run for run in runs if run[0]]


def capture(request: Request) -> Response:
    """Show a capture: what was asked, what came, where it lies."""
    with _archive(request) as archive:
        found = archive.catalogue.capture(request.path_params["record_id"])
        if found is None:
            raise UnknownNameError("capture", request.path_params["record_id"])
        stored = archive.load(found)
        others = archive.catalogue.captures(found.url, limit=200)
    head = stored.http.partition(b"\r\n\r\n")[0].decode("utf-8", "backslashreplace")
    return _page(request, "capture.html", capture=found, head=head, others=others)


def crawl(request: Request) -> Response:
    """Show a crawl and what failed in it."""
    with _archive(request) as archive:
        found = archive.catalogue.crawl(request.path_params["crawl_id"])
        if found is None:
            raise UnknownNameError("crawl", request.path_params["crawl_id"])
        failures = archive.catalogue.failures(found.id, limit=500)
    return _page(request, "crawl.html", crawl=found, failures=failures)


def replayed(request: Request) -> Response:
    """Give back a capture: our page around it, or the capture itself for its frame."""
    place, slash, url = _asked(request)
    parsed = replay.split_place(place) if slash else None
    if parsed is None or not url.startswith(("http://", "https://")):
        raise InputError("ask for /replay/<time>/<web address>")
    wanted, modifier = parsed
    with _archive(request) as archive:
        captures = archive.catalogue.captures(url, limit=1000)
        found = replay.nearest(captures, wanted)
        if found is None:
            if modifier:
                return Response(
                    "This was not archived.\n",
                    404,
                    headers=replay.archived_headers(request),
                    media_type="text/plain; charset=utf-8",
                )
            return _page(request, "not_archived.html", 404, url=url)
        if not modifier and replay.timestamp(found.captured_at) != replay.timestamp(wanted):
            return RedirectResponse(replay.replay_address(found), 302)
        if modifier:
            return replay.give_back(request, archive, found, modifier)
    return _page(request, "replay.html", capture=found, captures=captures)


def _asked(request: Request) -> tuple[str, str, str]:
    """Return time, slash and URL of a replay address, the URL spelled as in the request line."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    rest = raw.partition(b"/replay/")[2].partition(b"?")[0].decode("latin-1")
    place, slash, url = rest.partition("/")
    query = request.scope.get("query_string", b"").decode("latin-1")
    # Some clients fold the two slashes after the scheme into one, and some escape the colon.
    if url[:12].lower().startswith(("http%3a", "https%3a")):
        url = unquote(url)
    for scheme in ("http:/", "https:/"):
        if url.startswith(scheme) and not url.startswith(scheme + "/"):
            url = scheme + "/" + url[len(scheme) :]
    return place, slash, url + (f"?{query}" if query else "")
