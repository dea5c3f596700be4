"""Every row of the verdict matrix through a real crawl: what is not the site's changes nothing that is known.

Each row is a source of which one article is known. A crawl goes there while the row's censor, outage or site
is in the way: with a control vantage and with a mirror; where something answers that could be taken for a
page, also with neither, and while no anchor answers. All crawls run in one process (``servers.many_crawls``),
over real sockets, into an archive for each way of looking.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from samples.censored import (
    IRAN,
    IRAN_TEXT,
    NOTICE,
    PARAGRAPHS,
    UNKNOWN_NOTICE,
    article,
    response,
)
from samples.censorship import ARTICLE, ROWS, Row
from samples.exchanges import exchange
from servers import many_crawls
from servers.awkward_http import FIN, AwkwardServer
from servers.censor import closed_port
from servers.certificates import HOST, PUBLIC_HOST, certificates
from servers.crawl_process import Running, assert_whole
from servers.dns_server import DnsServer
from servers.proxies import Socks5Proxy
from servers.tls_server import TlsServer

from archive import Archive, ReadArticle
from model import ConnectionKind, CrawlState, Mirror, PageRole, Source, Via
from pipelines import index_text, read_document

KNOWN = response(article("معلمان: گفت‌وگوها آغاز شد", PARAGRAPHS[::-1]))
"""The article as it was known before: the site has a newer text of it by now (``ARTICLE``)."""
CONTROL, ALONE, MIRROR, OFFLINE = "control", "alone", "mirror", "offline"
SETTINGS = {
    "MANDEGAR_READERS": "1",
    "MANDEGAR_RETRY_FIRST_S": "0.02",
    "RETRY_TIMES": "0",
    "DOWNLOAD_DELAY": "0",
    "DOWNLOAD_TIMEOUT": "4",
    "MANDEGAR_LOOK_TIMEOUT_S": "0.8",
    "MANDEGAR_LOOK_AFTER_S": "0.8",
    "MANDEGAR_OFFLINE_WAIT_S": "0.1",
}


_PAGES = (
    "http: Iran's block page, 200",
    "http: block",
    "http: a short",
    "http: body",
    "site: a",
    "network: ",
)
"""Rows that bring something like a page: what fails on the wire is read by nobody, whatever stands beside."""


def _cells(row: Row) -> tuple[str, ...]:
    return (CONTROL, MIRROR, ALONE, OFFLINE) if row.name.startswith(_PAGES) else (CONTROL, MIRROR)


CELLS = [(row, cell) for row in ROWS for cell in _cells(row)]
REACHED = [(row, cell) for row, cell in CELLS if row.control.content_may_change]
OTHERS = [(row, cell) for row, cell in CELLS if not row.control.content_may_change]
BELIEVED = {"site: answers over plain http", "site: an article that quotes a block page"}
"""A whole article over plain http asks for no look. So it is taken, also while no anchor answers, where a
look would say ``own_network_down``."""
SPOKEN = {"site: 403 over TLS", "site: 451 over TLS", "site: a challenge over TLS", "site: 503 over TLS"}
"""TLS proves that the site itself refuses, or is down: nobody interferes."""
BROKEN = {"site: 503 over plain http, there as well"}
"""A 5xx is tried again like any other and asks for no look, so nothing marks it."""


@dataclass(frozen=True)
class Known:
    """What an archive holds of a source: its articles with their versions and comments, and their events."""

    articles: tuple[tuple[str, int, int], ...]
    events: tuple[str, ...]


@dataclass(frozen=True)
class Answered:
    """A capture of the crawl: who answered, the verdict it is marked by, and the bytes that are kept."""

    url: str
    via: Via
    verdict: ConnectionKind | None
    body: bytes


@dataclass(frozen=True)
class Cell:
    """A source before and after its crawl."""

    before: Known
    after: Known
    state: CrawlState
    verdicts: tuple[ConnectionKind, ...]
    """Over its connection."""
    answers: tuple[Answered, ...]


Results = dict[tuple[str, str], Cell]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matrix")


@pytest.fixture(scope="module")
def results(folder: Path) -> Iterator[Results]:
    """Crawl every cell."""
    with ExitStack() as stack:
        yield _Matrix(folder, stack).crawl()


class _Matrix:
    """Servers for every row, and what crawls of them bring."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._anchor = stack.enter_context(AwkwardServer())
        self._anchor.on("/", response(b"", "204 No Content"))
        # A mirror has what was published before: what came of the site itself since is told by its text.
        self._mirror = stack.enter_context(AwkwardServer())
        self._plain = stack.enter_context(AwkwardServer())
        for path in ("/", "/article"):
            self._mirror.on(path, KNOWN, then=FIN)
            self._plain.on(path, ARTICLE, then=FIN)
        self._secure = stack.enter_context(TlsServer(certificates().good, response=ARTICLE))
        self._dead = closed_port()
        self._elsewhere: dict[str, int] = {}
        self._control = stack.enter_context(Socks5Proxy(self._elsewhere))

    def crawl(self) -> Results:
        sources = {row.name: self._source(number, row) for number, row in enumerate(ROWS)}
        planted = self._folder / "planted"
        with Archive.open(planted, create=True, exclusive=True) as archive:
            for source, _ in sources.values():
                _plant(archive, source)
            before = {source.name: _known(archive, source) for source, _ in sources.values()}
        for cell in (CONTROL, MIRROR, ALONE, OFFLINE):
            self._archive(cell, planted, [source for source, _ in sources.values()])
        jobs = [
            {"archive": str(self._folder / cell), "source": source.name, "settings": settings}
            for row, cell in CELLS
            for source, settings in [sources[row.name]]
        ]
        listed = self._folder / "jobs.json"
        listed.write_text(json.dumps(jobs))
        ended = Running(self._folder, str(listed), program=many_crawls.PROGRAM).end()
        assert ended.code == 0, ended
        found: Results = {}
        with ExitStack() as stack:
            archives = {
                cell: stack.enter_context(Archive.open(self._folder / cell))
                for cell in (CONTROL, MIRROR, ALONE, OFFLINE)
            }
            for (row, cell), state in zip(CELLS, json.loads(ended.stdout), strict=True):
                source = sources[row.name][0]
                found[row.name, cell] = _cell(archives[cell], source, before[source.name], CrawlState(state))
        return found

    def _source(self, number: int, row: Row) -> tuple[Source, dict[str, str]]:
        """Put up what a row has; return its source, and the settings with which a crawl finds it."""
        port = row.place(self._stack)
        # Filters by name know the one, the guard over addresses lets the operator open it.
        name = HOST if row.name.startswith("tls: ") else PUBLIC_HOST
        host, at = self._stack.enter_context(DnsServer({name: row.dns})).address
        site = {"http": self._plain.port, "https": self._secure.port}[row.scheme]
        self._elsewhere[f"{name}:{port}"] = row.elsewhere(self._stack) if row.elsewhere else site
        source = Source(
            name=f"xx_row_{number:02d}",
            origin=f"{row.scheme}://{name}:{port}/",
            allowed_ranges=("127.0.0.0/8",),
            obey_robots=False,
        )
        where = {
            "MANDEGAR_NAMESERVERS": f"{host}:{at}",
            "MANDEGAR_EXTRA_CA_FILES": str(certificates().ca_file),
        }
        return source, SETTINGS | where

    def _archive(self, cell: str, planted: Path, sources: list[Source]) -> None:
        path = self._folder / cell
        shutil.copytree(planted, path)
        if cell == MIRROR:
            mirrors = (Mirror(url=f"http://127.0.0.1:{self._mirror.port}/"),)
            with Archive.open(path, exclusive=True) as archive:
                for source in sources:
                    archive.note_source(replace(source, mirrors=mirrors))
        control = f'control = "socks5://127.0.0.1:{self._control.port}"\n' if cell == CONTROL else ""
        port = self._dead if cell == OFFLINE else self._anchor.port
        anchors = "".join(
            f'\n[[reachability.anchors]]\nurl = "http://127.0.0.1:{port}/"\nnetwork = "AS{n}"\nstatus = 204\n'
            for n in (64500, 64501, 64502)
        )
        with (path / "mandegar.toml").open("a") as marker:
            marker.write(f'\n[reachability]\ncountry = "NL"\ndns_window_ms = 80\n{control}{anchors}')


def _plant(archive: Archive, source: Source) -> None:
    """Let an archive know the article of a source, read from its page."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    url = f"{source.origin}article"
    archive.note_source(source)
    begun = archive.start_crawl(source.name)
    recorder = archive.recorder(begun, {"software": "tests"})
    recorder.begin(source)
    capture = recorder.exchange(
        exchange(KNOWN, url=url, started_at=yesterday, ended_at=yesterday), PageRole.PAGE
    )
    page = KNOWN.partition(b"\r\n\r\n")[2]
    read = read_document(page, url=url, content_type=None, reference=yesterday).article
    assert read is not None
    recorder.article(ReadArticle(capture=capture, article=read, indexed=index_text(read)), "tests")
    recorder.settle(recorder.cut())
    ended = replace(begun, state=CrawlState.FINISHED, ended_at=datetime.now(UTC), pages=1)
    ended = recorder.end(archive.counted(ended))
    recorder.close()
    archive.end_crawl(ended)


def _known(archive: Archive, source: Source) -> Known:
    catalogue = archive.catalogue
    articles = sorted((one.url, one.versions, one.comments) for one in catalogue.articles(source.name))
    events = sorted(event.kind.value for _, event in catalogue.events(source=source.name))
    return Known(tuple(articles), tuple(events))


def _cell(archive: Archive, source: Source, before: Known, state: CrawlState) -> Cell:
    catalogue = archive.catalogue
    answers = []
    for url in (source.origin, f"{source.origin}article"):
        found = [*catalogue.captures(url)]
        found += [catalogue.capture(via.record_id) for via in catalogue.vias.of_url(url)]
        for capture in dict.fromkeys(found):
            assert capture is not None
            if datetime.now(UTC) - capture.captured_at > timedelta(hours=12):
                continue  # the planted one
            via = catalogue.vias.of(capture.record_id)
            verdict = catalogue.connections.verdict(via.verdict_id) if via and via.verdict_id else None
            answers.append(
                Answered(
                    capture.url,
                    via.via if via else Via.ORIGIN,
                    verdict.kind if verdict else None,
                    archive.load(capture).entity if capture.payload_length else b"",
                )
            )
    kinds = tuple(row.verdict.kind for row in catalogue.connections.of(source.name))
    return Cell(before, _known(archive, source), state, kinds, tuple(answers))


def _in_no_row_that_is_not_reachable_is_anything_stored(results: Results, row: Row, cell: str) -> None:
    found = results[row.name, cell]
    assert found.after == found.before
    assert len(found.after.articles) == 1
    assert found.after.articles[0][1:] == (1, 0)
    assert found.after.events == ()
    assert not any(kind.content_may_change for kind in found.verdicts)
    if row.name not in SPOKEN | BROKEN:
        assert found.verdicts


def _what_is_not_the_site_s_is_kept_and_marked(results: Results, row: Row, cell: str) -> None:
    direct = [one for one in results[row.name, cell].answers if one.via is not Via.MIRROR]
    if row.name in SPOKEN | BROKEN or (row.control is ConnectionKind.RESTRICTED and cell == CONTROL):
        # The site's own words, as far as can be told: archived, and no article.
        assert {one.via for one in direct} == {Via.ORIGIN}
        return
    assert {one.via for one in direct} <= {Via.INTERFERENCE}
    assert all(one.verdict is not None and not one.verdict.content_may_change for one in direct)
    if row.name.startswith(_PAGES):
        # A censor's page is evidence: there, byte for byte.
        assert direct
        assert _sent(row.name) in {one.body for one in direct}


def _a_living_mirror_stands_in_wherever_the_site_is_out_of_reach(results: Results, row: Row) -> None:
    found = results[row.name, MIRROR]
    mirrored = [one for one in found.answers if one.via is Via.MIRROR]
    if row.name in SPOKEN | BROKEN or row.mirror is ConnectionKind.OWN_NETWORK_DOWN:
        assert mirrored == []
        return
    assert found.state is CrawlState.FINISHED
    assert any(one.url.endswith("/article") for one in mirrored)
    assert all(one.url.startswith("http://127.0.0.1:") for one in mirrored)
    assert all(one.verdict is not None and not one.verdict.content_may_change for one in mirrored)


def _the_site_s_own_answer_is_believed(results: Results, row: Row, cell: str) -> None:
    found = results[row.name, cell]
    if cell == OFFLINE and ConnectionKind.OWN_NETWORK_DOWN in found.verdicts:
        return  # a machine so busy that the answer came late: then it was looked into
    assert {one.via for one in found.answers} == {Via.ORIGIN}
    article = next(one for one in found.after.articles if one[0].endswith("/article"))
    if "404" in row.name or "410" in row.name:
        assert article[1] == 1
        return
    assert article[1] == 2
    assert set(found.verdicts) <= {ConnectionKind.REACHABLE}
    assert found.verdicts or row.name in BELIEVED


def test_every_row_goes_through_a_real_crawl(results: Results, folder: Path) -> None:
    """One test: crawls are shared by all rows, and each worker of the suite would make them again."""
    amiss: list[str] = []

    def check(what: Callable[[], None], row: Row, cell: str) -> None:
        try:
            what()
        except AssertionError as error:
            amiss.append(f"{row.name} ({cell}): {error}")

    for row, cell in OTHERS:
        check(partial(_in_no_row_that_is_not_reachable_is_anything_stored, results, row, cell), row, cell)
        check(partial(_what_is_not_the_site_s_is_kept_and_marked, results, row, cell), row, cell)
        if cell == MIRROR:
            mirror = partial(_a_living_mirror_stands_in_wherever_the_site_is_out_of_reach, results, row)
            check(mirror, row, cell)
    for row, cell in REACHED:
        check(partial(_the_site_s_own_answer_is_believed, results, row, cell), row, cell)
    assert amiss == []
    _while_no_anchor_answers_the_crawl_waits_and_then_leaves_the_rest_to_the_next(results)
    _the_archives_are_whole(folder)


def _while_no_anchor_answers_the_crawl_waits_and_then_leaves_the_rest_to_the_next(
    results: Results,
) -> None:
    for (name, cell), found in results.items():
        row = next(row for row in ROWS if row.name == name)
        if cell == OFFLINE and row.offline is ConnectionKind.OWN_NETWORK_DOWN and name not in BELIEVED:
            assert found.state is CrawlState.INTERRUPTED, name
            assert set(found.verdicts) == {ConnectionKind.OWN_NETWORK_DOWN}, name


def _the_archives_are_whole(folder: Path) -> None:
    for cell in (CONTROL, MIRROR, ALONE, OFFLINE):
        assert_whole(folder / cell)


def _sent(name: str) -> bytes:
    """Return the body that a row's censor sends."""
    bodies = {
        "http: Iran's block page, 200, windows-1256": IRAN,
        "http: block page in Persian words, 200": IRAN_TEXT,
        "http: block page in English, 200": NOTICE,
        "http: a short page nobody knows, 200": UNKNOWN_NOTICE,
        "http: body cut by RST": b"<p>half",
        "http: body cut by FIN": b"<p>half",
        "network: 511, a portal wants a login": NOTICE,
    }
    return bodies[name]
