"""What each page of the desk shows. Handlers are plain functions: Starlette runs them in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from archive import Archive
from desk.difference import article_history
from desk.restored import restored_reading
from desk.standing import as_they_stand
from desk.telling import READ_OTHERWISE, summary_of, told_changes
from desk.ways import interferences, open_alarms, version_in_words, way_in_words
from desk.web import giving, replay
from model import CopiesAwayError, DamagedArchiveError, InputError, UnknownNameError
from pipelines import mark_hits, match_expression, snippet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from desk.difference import ArticleHistory, Step
    from model import Capture

COMMENTS_A_PAGE = 500
A_PAGE = 50
HITS_A_PAGE = 20
SOURCES_AT_HOME = 12
CAPTURES_SHOWN = 200
MOST_CAPTURES = 1000
MOST_FAILURES = 500


def _archive(request: Request) -> Archive:
    """Return the archive, opened for one request: a thread of its own, and always what is settled now."""
    return Archive.open(request.app.state.path, stores=request.app.state.stores)


def _page(request: Request, template: str, status: int = 200, **values: object) -> Response:
    made: Response = request.app.state.templates.page(template, status, **values)
    return made


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise InputError(f"{name} must be a number from {least} to {most}")
    return int(text)


def home(request: Request) -> Response:
    """Show what the archive holds."""
    with _archive(request) as archive:
        catalogue = archive.catalogue
        sources = catalogue.sources()
        return _page(
            request,
            "home.html",
            totals=catalogue.totals(),
            sources=sources[:SOURCES_AT_HOME],
            more_sources=len(sources) > SOURCES_AT_HOME,
            crawls=as_they_stand(catalogue, catalogue.crawls(limit=8)),
            articles=catalogue.articles(limit=12),
        )


def sources(request: Request) -> Response:
    """Show every source, with how its last crawl went."""
    with _archive(request) as archive:
        catalogue = archive.catalogue
        rows = [
            (one, next(iter(as_they_stand(catalogue, catalogue.crawls(one.name, limit=1))), None))
            for one in catalogue.sources()
        ]
    return _page(request, "sources.html", rows=rows)


def source(request: Request) -> Response:
    """Show a source: its articles, page by page, and its crawls."""
    name = request.path_params["name"]
    page = _number(request, "page", 1, 1, 1_000_000)
    with _archive(request) as archive:
        catalogue = archive.catalogue
        found = catalogue.source(name)
        articles = catalogue.articles(name, limit=A_PAGE + 1, offset=(page - 1) * A_PAGE)
        return _page(
            request,
            "source.html",
            source=found,
            articles=articles[:A_PAGE],
            page=page,
            more=len(articles) > A_PAGE,
            crawls=as_they_stand(catalogue, catalogue.crawls(name, limit=20)),
        )


def article(request: Request) -> Response:
    """Show an article: its text of a version, what changed, comments, captures."""
    with _archive(request) as archive:
        history = article_history(archive.catalogue, str(request.path_params["number"]))
        wanted = _number(request, "version", history.record.version, 1, 1_000_000)
        version = next((one for one in history.versions if one.number == wanted), None)
        if version is None:
            raise UnknownNameError("version", str(wanted))
        step = _step(request, history)
        newest = history.record.captures[: -CAPTURES_SHOWN - 1 : -1]
        ways = archive.catalogue.vias.of_all(one.record_id for one in newest)
        captures = [
            (one, archive.catalogue.capture(one.record_id), way_in_words(ways.get(one.record_id)))
            for one in newest
        ]
        mirrored = archive.catalogue.vias.only_mirrored(history.record.summary.id)
        evidence = interferences(archive.catalogue, history.record.summary.url)
        alarms = open_alarms(archive.catalogue, history.record.summary.url)
    changes = told_changes(step) if step else []
    # A hit in a comment leads to the page that has it.
    keys = (one.comment.key for one in history.comments)
    asked = request.query_params.get("comment")
    place = next((at for at, key in enumerate(keys) if key == asked), 0)
    page = _number(request, "comments", place // COMMENTS_A_PAGE + 1, 1, 1_000_000)
    until = page * COMMENTS_A_PAGE
    return _page(
        request,
        "article.html",
        history=history,
        version=version,
        comments=history.comments[until - COMMENTS_A_PAGE : until],
        page=page,
        more=max(len(history.comments) - until, 0),
        restored=restored_reading(version.article),
        captures=captures,
        through=version_in_words(mirrored.get(version.number)),
        mirrored=mirrored,
        alarms=alarms,
        evidence=evidence[: -CAPTURES_SHOWN - 1 : -1],
        step=step,
        changes=[one for one in changes if not one.is_spelling],
        spelled=[one for one in changes if one.is_spelling],
        summary=summary_of(changes),
        read_otherwise=READ_OTHERWISE,
    )


def _step(request: Request, history: ArticleHistory) -> Step | None:
    """Return what changed between the versions asked for, else from the last but one to the last."""
    if len(history.versions) < 2:
        return None
    by_number = {one.number: one for one in history.versions}
    last = history.versions[-1].number
    after = _number(request, "to", last, 1, 1_000_000)
    before = _number(request, "from", after - 1 if after > 1 else last, 1, 1_000_000)
    for number in (before, after):
        if number not in by_number:
            raise UnknownNameError("version", str(number))
    return history.step(by_number[before], by_number[after])


def search(request: Request) -> Response:
    """Show what was found, with the words marked in the published text."""
    query = request.query_params.get("q", "").strip()
    page = _number(request, "page", 1, 1, 1_000)
    name = request.query_params.get("source", "")
    found, problem = [], ""
    with _archive(request) as archive:
        if name:
            archive.catalogue.source(name)
        if query:
            try:
                found = archive.catalogue.search(
                    match_expression(query),
                    source=name or None,
                    limit=HITS_A_PAGE + 1,
                    offset=(page - 1) * HITS_A_PAGE,
                )
            except InputError as error:
                problem = str(error)
    hits = []
    for hit in found[:HITS_A_PAGE]:
        part = snippet(hit.text, query)
        title = _runs(hit.title, mark_hits(hit.title, query))
        hits.append((hit, title, _runs(part.text, part.spans), way_in_words(hit.through)))
    return _page(
        request,
        "search.html",
        400 if problem else 200,
        query=query,
        source=name,
        hits=hits,
        page=page,
        more=len(found) > HITS_A_PAGE,
        problem=problem,
    )


def _runs(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Return the text in runs, each with whether it is a hit."""
    runs: list[tuple[str, bool]] = []
    at = 0
    for start, end in spans:
        runs += [(text[at:start], False), (text[start:end], True)]
        at = end
    runs.append((text[at:], False))
    return [run for run in runs if run[0]]


def capture(request: Request) -> Response:
    """Show a capture: what was asked, what came, where it lies."""
    record_id = request.path_params["record_id"]
    with _archive(request) as archive:
        found = archive.catalogue.capture(record_id)
        if found is None:
            raise UnknownNameError("capture", record_id)
        via = archive.catalogue.vias.of(record_id)
        home = found.url if via is None else via.canonical_url
        around = replay.around(archive.catalogue, home, found.captured_at, MOST_CAPTURES)
        apart = interferences(archive.catalogue, home)
        others = [
            (one, way_in_words(around.ways.get(one.record_id)))
            for one in sorted(
                (*around.captures, *(one.capture for one in apart)), key=lambda one: one.captured_at
            )
        ]
        head, problem, away = "", "", ""
        try:
            head = archive.load(found).http.partition(b"\r\n\r\n")[0].decode("utf-8", "backslashreplace")
        except DamagedArchiveError as error:
            problem = str(error)
            away = giving.away_in_words(error) if isinstance(error, CopiesAwayError) else ""
    answer = _page(
        request,
        "capture.html",
        503 if away else 200,
        capture=found,
        via=via,
        way=way_in_words(via),
        head=head,
        problem=problem,
        away=away,
        home=home,
        kind=next((one.kind for one in apart if one.capture.record_id == record_id), ""),
        others=others,
    )
    if away:
        answer.headers["Retry-After"] = str(giving.RETRY_AFTER_S)
    return answer


def capture_body(request: Request) -> Response:
    """Give back the body of a capture as archived, as a download; of an interference, too: it is evidence."""
    record_id = request.path_params["record_id"]
    with _archive(request) as archive:
        found = archive.catalogue.capture(record_id)
        if found is None:
            raise UnknownNameError("capture", record_id)
        return giving.give_back(request, archive, found, replay.RAW, request.app.state.replay_key)


def crawl(request: Request) -> Response:
    """Show a crawl and what failed in it."""
    with _archive(request) as archive:
        asked_for = archive.catalogue.crawl(request.path_params["crawl_id"])
        (found,) = as_they_stand(archive.catalogue, [asked_for])
        failures = archive.catalogue.failures(found.id, limit=MOST_FAILURES)
    return _page(request, "crawl.html", crawl=found, failures=failures, most=MOST_FAILURES)


def replayed(request: Request) -> Response:
    """Give back a capture: our page around it, or the capture itself for its frame."""
    key = request.app.state.replay_key
    asked = replay.read_asked(request, key)
    for_frame = asked.modifier in {replay.DOCUMENT, replay.EMBEDDED}
    if for_frame and (not asked.keyed or _is_navigation(request, asked.modifier)):
        # A capture is never shown without the banner that says what it is. Whoever is no reader's browser
        # window (another site's <img>, say) learns nothing here.
        return RedirectResponse(replay.address(replay.timestamp(asked.moment), asked.url), 302)
    with _archive(request) as archive:
        around = replay.around(archive.catalogue, asked.url, asked.moment, MOST_CAPTURES)
        found = around.nearest(asked.moment)
        if for_frame:
            if found is not None:
                found, missing = replay.follow(archive.catalogue, found)
                if missing is None or asked.modifier == replay.DOCUMENT:
                    return giving.give_back(request, archive, found, asked.modifier, key)
            return giving.not_here(request, key)
        if around.interferences and (answer := _not_the_sites(request, archive, asked, around, found)):
            return answer
        if found is None and asked.modifier:
            return giving.not_here(request, key)
        if found is None:
            return _page(request, "not_archived.html", 404, url=asked.url, capture=None)
        if replay.timestamp(found.captured_at) != replay.timestamp(asked.moment):
            return RedirectResponse(around.address(found, asked.modifier), 302)
        if asked.modifier:
            return giving.give_back(request, archive, found, asked.modifier, key)
        reached, missing = replay.follow(archive.catalogue, found)
        via = archive.catalogue.vias.of(found.record_id)
    if missing is not None:
        return _page(request, "not_archived.html", 404, url=missing, capture=reached)
    if reached.record_id != found.record_id:
        return RedirectResponse(replay.replay_address(reached), 302)
    frame = replay.address(f"~{key}/{replay.timestamp(found.captured_at)}{replay.DOCUMENT}", found.url)
    captures = around.captures
    at = next(at for at, one in enumerate(captures) if one.record_id == found.record_id)
    page = _page(
        request,
        "replay.html",
        capture=found,
        via=via,
        way=way_in_words(via),
        frame=frame,
        before=around.address(captures[at - 1]) if at else None,
        after=around.address(captures[at + 1]) if at + 1 < len(captures) else None,
        number=at + 1,
        count=len(captures),
    )
    page.headers["Link"] = replay.links(found, via)
    return page


def _not_the_sites(
    request: Request, archive: Archive, asked: replay.Asked, around: replay.Around, found: Capture | None
) -> Response | None:
    """Return what is said of a second at which somebody else answered, or of an address where nobody else
    ever did; ``None`` where there is a capture to be given."""
    at = replay.timestamp(asked.moment)
    evidence = interferences(archive.catalogue, asked.url)
    then = [one for one in evidence if replay.timestamp(one.capture.captured_at) == at]
    if found is not None and (not then or replay.timestamp(found.captured_at) == at):
        return None
    shown = min(then or evidence, key=lambda one: abs(one.capture.captured_at - asked.moment), default=None)
    if shown is None:
        return None
    return _page(
        request,
        "not_the_sites.html",
        404,
        url=asked.url,
        evidence=shown,
        nearest=found,
        address=around.address(found) if found is not None else "",
        way=way_in_words(around.ways.get(found.record_id)) if found is not None else "",
    )


def _is_navigation(request: Request, modifier: str) -> bool:
    """Return whether a browser says that it opens this as a page of its own (Fetch Metadata)."""
    asked_as = request.headers.get("sec-fetch-dest", "")
    return asked_as == "document" or (modifier == replay.EMBEDDED and asked_as in {"iframe", "frame"})
