"""Every row of the verdict matrix through a real crawl: what is not the site's changes nothing that is known.

Each row has an archive that holds one article. Then a crawl goes there while the row's censor, outage or site
is in the way: with a control vantage, with none, with a mirror, and while no anchor answers. All crawls run in
one process (``servers.many_crawls``), with real sockets.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from samples.censored import PARAGRAPHS, article, response
from samples.censorship import ARTICLE, ROWS, Row
from samples.exchanges import exchange
from samples.small_archive import FOLDING
from servers import many_crawls
from servers.awkward_http import FIN, AwkwardServer
from servers.censor import closed_port
from servers.certificates import certificates
from servers.crawl_process import Running, stored_records
from servers.dns_server import DnsServer
from servers.proxies import Socks5Proxy
from servers.tls_server import TlsServer

from archive import Archive, ReadArticle
from archive.rebuild import rebuild
from model import ConnectionKind, CrawlState, Mirror, PageRole, Source, Via
from pipelines import index_text, read_document

KNOWN = response(article("معلمان: گفت‌وگوها آغاز شد", PARAGRAPHS[::-1]))
"""The article as it was known before: the site has a newer text of it (``ARTICLE``)."""
CONTROL, ALONE, MIRROR, OFFLINE = "control", "alone", "mirror", "offline"
CELLS = (ALONE,)
NAMES = [row.name for row in ROWS]
SETTINGS = {
    "MANDEGAR_READERS": "1",
    "MANDEGAR_RETRY_FIRST_S": "0.02",
    "RETRY_TIMES": "0",
    "DOWNLOAD_DELAY": "0",
    "DOWNLOAD_TIMEOUT": "4",
    "MANDEGAR_LOOK_TIMEOUT_S": "0.6",
    "MANDEGAR_LOOK_AFTER_S": "0.6",
    "MANDEGAR_OFFLINE_WAIT_S": "0.1",
}


@dataclass(frozen=True)
class Known:
    """What an archive holds of a source's articles: titles, versions, comments, and what is said of them."""

    articles: tuple[tuple[str, int, int], ...]
    events: tuple[str, ...]


@dataclass(frozen=True)
class Answered:
    """A capture: the URL really fetched, who answered, and by which verdict it was marked."""

    url: str
    via: Via
    verdict: ConnectionKind | None
    size: int
    """Of the response, in bytes."""


@dataclass(frozen=True)
class Cell:
    """A source before and after its crawl."""

    url: str
    """Of the article."""
    before: Known
    after: Known
    state: str
    verdicts: tuple[ConnectionKind, ...]
    """Over its connection, oldest first."""
    answers: tuple[Answered, ...]
    """What the crawl captured."""


Results = dict[tuple[str, str], Cell]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    """Crawl every cell."""
    folder = tmp_path_factory.mktemp("matrix")
    with ExitStack() as stack:
        yield _Matrix(folder, stack).crawl()


class _Matrix:
    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._anchor = stack.enter_context(AwkwardServer())
        self._anchor.on("/", response(b"", "204 No Content"))
        # A mirror has what was published before; anything newer would be its own word.
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
        places = [self._place(number, row) for number, row in enumerate(ROWS)]
        before: dict[tuple[str, str], Known] = {}
        jobs = []
        for cell in CELLS:
            path = self._folder / cell
            with Archive.open(path, create=True, exclusive=True) as archive:
                for row, (source, settings) in zip(ROWS, places, strict=True):
                    if cell == MIRROR:
                        mirror = Mirror(url=f"http://127.0.0.1:{self._mirror.port}/")
                        source = replace(source, mirrors=(mirror,))
                    _plant(archive, source)
                    before[row.name, cell] = _known(archive, source.name)
                    jobs.append({"archive": str(path), "source": source.name, "settings": settings})
            with (path / "mandegar.toml").open("a") as marker:
                marker.write(self._reachability(cell))
        listed = self._folder / "jobs.json"
        listed.write_text(json.dumps(jobs))
        ended = Running(self._folder, str(listed), program=many_crawls.PROGRAM).end()
        assert ended.code == 0, ended
        states = iter(json.loads(ended.stdout))
        found: Results = {}
        for cell in CELLS:
            path = self._folder / cell
            records = [one for one in stored_records(path) if one.kind in {"response", "revisit"}]
            with Archive.open(path) as archive:
                for row, (source, _) in zip(ROWS, places, strict=True):
                    catalogue = archive.catalogue
                    own = [one for one in records if one.headers.get("WARC-Warcinfo-ID") and source.name in one.url]
                    found[row.name, cell] = Cell(
                        url=f"{source.origin}article",
                        before=before[row.name, cell],
                        after=_known(archive, source.name),
                        state=next(states),
                        verdicts=tuple(one.verdict.kind for one in reversed(catalogue.connections.of(source.name))),
                        answers=(),
                    )
        return found

    def _place(self, number: int, row: Row) -> tuple[Source, dict[str, str]]:
        """Put up what a row has; return its source, and the settings with which a crawl finds it."""
        port = row.place(self._stack)
        host, at = self._stack.enter_context(DnsServer({"news.test": row.dns})).address
        site = {"http": self._plain.port, "https": self._secure.port}[row.scheme]
        self._elsewhere[f"news.test:{port}"] = row.elsewhere(self._stack) if row.elsewhere else site
        source = Source(
            name=f"xx_row_{number:02d}",
            origin=f"{row.scheme}://news.test:{port}/",
            allowed_ranges=("127.0.0.0/8",),
            obey_robots=False,
        )
        where = {
            "MANDEGAR_NAMESERVERS": f"{host}:{at}",
            "MANDEGAR_EXTRA_CA_FILES": str(certificates().ca_file),
        }
        return source, SETTINGS | where

    def _reachability(self, cell: str) -> str:
        control = f'control = "socks5://127.0.0.1:{self._control.port}"\n' if cell == CONTROL else ""
        port = self._dead if cell == OFFLINE else self._anchor.port
        anchors = "".join(
            f'\n[[reachability.anchors]]\nurl = "http://127.0.0.1:{port}/"\nnetwork = "AS{n}"\nstatus = 204\n'
            for n in (64500, 64501, 64502)
        )
        return f'\n[reachability]\ncountry = "NL"\ndns_window_ms = 80\n{control}{anchors}'


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


def _known(archive: Archive, source: str) -> Known:
    catalogue = archive.catalogue
    articles = sorted((one.url, one.versions, one.comments) for one in catalogue.articles(source))
    events = sorted(event.kind.value for _, event in catalogue.events(source=source))
    return Known(tuple(articles), tuple(events))


def test_dump(results: Results) -> None:
    for (name, cell), found in results.items():
        print(f"{name:55} {cell:9} {found.state:11} {found.after != found.before} {found.after} {[v.value for v in found.verdicts]} {[(u.url.partition('//')[2].partition('/')[2], u.via.value, u.verdict) for u in found.answers]}")
