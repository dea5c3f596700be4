"""The sample newsroom, crawled by the command line; its own list is the truth."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import pytest
from servers.crawl_process import Ended, assert_plain, assert_whole, crawl, mandegar, stored_records

from archive import Archive
from desk.demo.newsroom import Newsroom, Remark, Story, comment_pages
from model import CrawlState

EDITED, DELETED, COMMENTED, REMOVED = 1008, 1003, 1012, 504
CUT = "خشک\u200cسالی می\u200cدانند"


@dataclass
class Told:
    """A newsroom that was crawled three times: new, unchanged, changed."""

    newsroom: Newsroom
    folder: Path
    ended: list[Ended] = field(default_factory=list)
    sent: list[list[bytes]] = field(default_factory=list)
    """What the server sent in each crawl, one message each."""
    asked: list[list[str]] = field(default_factory=list)
    stories: list[dict[int, Story]] = field(default_factory=list)

    def archive(self, number: int) -> Path:
        """Return the archive as it was after so many crawls."""
        return self.folder / str(number)

    def url(self, story: Story) -> str:
        return urljoin(self.newsroom.url, story.path)


def _tee(newsroom: Newsroom) -> list[bytes]:
    """Keep what the newsroom's server writes, message by message."""
    sent: list[bytes] = []
    server = newsroom._server
    handler = server.RequestHandlerClass

    class Writer:
        def __init__(self, file: Any) -> None:
            self.file, self.message = file, bytearray()

        def write(self, data: bytes) -> int:
            self.message += data
            return int(self.file.write(data))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    class Teeing(handler):  # type: ignore[misc, valid-type]
        wfile: Any

        def setup(self) -> None:
            super().setup()
            self.wfile = Writer(self.wfile)

        def handle_one_request(self) -> None:
            super().handle_one_request()
            if self.wfile.message:
                sent.append(bytes(self.wfile.message))
                self.wfile.message.clear()

    assert issubclass(handler, BaseHTTPRequestHandler)
    server.RequestHandlerClass = Teeing
    return sent


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with Newsroom() as newsroom:
        sent = _tee(newsroom)
        told = Told(newsroom, tmp_path_factory.mktemp("newsroom"))

        def go(number: int) -> None:
            newsroom.requests.clear()
            sent.clear()
            told.stories.append(dict(newsroom.stories))
            told.ended.append(crawl(told.folder / "archive", newsroom.url))
            assert told.ended[-1].code == 0, told.ended[-1]
            told.sent.append(list(sent))
            told.asked.append(list(newsroom.requests))
            shutil.copytree(told.folder / "archive", told.archive(number))

        go(1)
        go(2)
        story = newsroom.stories[EDITED]
        newsroom.edit(
            EDITED,
            title=story.title + " (به\u200cروز شد)",
            paragraphs=(story.paragraphs[0], story.paragraphs[2]),
            modified=datetime(2026, 11, 1, 9, 30, tzinfo=UTC),
        )
        newsroom.delete(DELETED)
        newsroom.remove_comment(COMMENTED, REMOVED)
        go(3)
        yield told


def shown_order(story: Story) -> list[Remark]:
    """Return the comments as a reader meets them, over all pages."""
    result: list[Remark] = []

    def walk(shown: Any) -> None:
        result.append(shown.remark)
        for child in shown.children:
            walk(child)

    for page in comment_pages(story):
        for root in page:
            walk(root)
    return result


def test_every_article_is_archived_as_it_was_published_and_nothing_else_is_one(told: Told) -> None:
    with Archive.open(told.archive(1)) as archive:
        records = [archive.catalogue.article(one.id) for one in archive.catalogue.articles()]
    found = {record.summary.url: record for record in records}
    assert sorted(found) == sorted(told.url(story) for story in told.stories[0].values())
    for story in told.stories[0].values():
        record = found[told.url(story)]
        article = record.article
        assert article.canonical_url == told.url(story)
        assert (article.title, article.lede, article.paragraphs) == (
            story.title,
            story.lede,
            story.paragraphs,
        )
        assert article.authors == (story.author,)
        assert article.section == SECTION_NAMES[story.section]
        assert article.tags == story.tags
        assert article.published_at == story.published
        assert article.modified_at is None
        assert article.language == "fa-IR"
        assert record.version == 1


SECTION_NAMES = {
    "society": "جامعه",
    "environment": "محیط زیست",
    "culture": "فرهنگ",
    "science": "دانش",
    "economy": "اقتصاد",
}


def test_every_comment_has_its_parent_author_text_and_time_over_all_pages(told: Told) -> None:
    with Archive.open(told.archive(1)) as archive:
        for story in told.stories[0].values():
            article_id = archive.catalogue.article(told.url(story)).summary.id
            got = [
                (
                    record.comment.publisher_id,
                    record.comment.parent_id,
                    record.comment.author,
                    record.comment.text,
                    record.comment.published_at,
                )
                for record in archive.catalogue.comments(article_id)
            ]
            assert got == [
                (
                    str(remark.id),
                    str(remark.parent) if remark.parent else None,
                    remark.author,
                    remark.text,
                    remark.published,
                )
                for remark in shown_order(story)
            ]
            assert all(
                record.gone_since is None and not record.edits
                for record in archive.catalogue.comments(article_id)
            )


def test_the_numbers_of_the_crawl_are_the_newsrooms(told: Told) -> None:
    ended = told.ended[0]
    comments = sum(len(story.comments) for story in told.stories[0].values())
    assert ended.code == 0
    assert ended.crawl["state"] == CrawlState.FINISHED.value
    assert (ended.crawl["articles"], ended.crawl["new_versions"]) == (12, 12)
    assert ended.crawl["comments"] == comments
    assert ended.crawl["pages"] + ended.crawl["requisites"] == len(told.asked[0])
    assert ended.crawl["bytes_received"] == sum(map(len, told.sent[0]))
    assert ended.failures == {}
    assert ended.crawl["warc_bytes"] == sum(
        path.stat().st_size for path in (told.archive(1) / "warc").rglob("*.warc.gz")
    )


def test_feeds_lists_robots_style_and_pictures_are_archived_too(told: Told) -> None:
    # A page that another address gave before (/about/?tag=…) is stored as a revisit of it.
    kept = {"response", "revisit"}
    stored = {record.url for record in stored_records(told.archive(1)) if record.kind in kept}
    wanted = ["/", "/feed/", "/sitemap.xml", "/robots.txt", "/about/", "/page/2/", "/category/culture/"]
    wanted += ["/assets/site.css", "/assets/site.js", "/assets/moon.svg", "/assets/blank.svg"]
    wanted += ["/assets/print.css"]  # from @import
    wanted += [f"/assets/picture-{section}.svg" for section in SECTION_NAMES]  # from data-src
    assert {urljoin(told.newsroom.url, path) for path in wanted} <= stored


def test_what_is_stored_is_what_the_server_sent_byte_for_byte(told: Told) -> None:
    sent = Counter(told.sent[0])
    heads = Counter(message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" for message in told.sent[0])
    responses, revisits = Counter[bytes](), Counter[bytes]()
    for record in stored_records(told.archive(1)):
        if record.kind == "response":
            responses[record.block] += 1
        elif record.kind == "revisit":
            revisits[record.block] += 1
    assert responses <= sent
    assert revisits <= heads
    assert responses.total() + revisits.total() == sent.total()
    assert_whole(told.archive(1))


def test_a_revisit_gives_back_the_body_it_refers_to(told: Told) -> None:
    story = told.stories[0][1012]
    with Archive.open(told.archive(2)) as archive:
        first, second = archive.catalogue.captures(told.url(story))
        assert second.revisit_of == first.record_id
        assert archive.load(second).entity == archive.load(first).entity
        assert archive.load(second).entity in b"".join(told.sent[1])


def test_a_second_crawl_of_the_unchanged_site_stores_revisits_and_no_version(told: Told) -> None:
    ended = told.ended[1]
    assert ended.code == 0
    assert (ended.crawl["articles"], ended.crawl["new_versions"]) == (12, 0)
    assert ended.crawl["revisits"] == ended.crawl["pages"]
    with Archive.open(told.archive(2)) as archive:
        assert archive.catalogue.totals().versions == 12
        assert archive.catalogue.totals().comments == sum(
            len(story.comments) for story in told.stories[0].values()
        )
        assert all(
            len(archive.catalogue.article(one.id).captures) >= 2 for one in archive.catalogue.articles()
        )
    assert_whole(told.archive(2))


def test_fresh_requisites_are_not_fetched_again(told: Told) -> None:
    assert [path for path in told.asked[1] if path.startswith("/assets/")] == []
    assert told.ended[1].crawl["requisites"] == 0


def test_no_page_is_asked_for_twice_in_a_crawl(told: Told) -> None:
    # robots.txt: once to obey it, once to keep it among the pages and read its sitemaps.
    often = {path: times for path, times in Counter(told.asked[0]).items() if times > 1}
    assert often in ({}, {"/robots.txt": 2})


def test_an_edited_article_has_two_versions_with_their_texts(told: Told) -> None:
    before, after = told.stories[1][EDITED], told.stories[2][EDITED]
    with Archive.open(told.archive(3)) as archive:
        record = archive.catalogue.article(told.url(before))
        first, second = archive.catalogue.versions(record.summary.id)
        assert (first.article.title, first.article.paragraphs) == (before.title, before.paragraphs)
        assert (second.article.title, second.article.paragraphs) == (after.title, after.paragraphs)
        assert second.article.modified_at == after.modified
        assert record.version == 2
        assert archive.catalogue.totals().versions == 13
    assert told.ended[2].crawl["new_versions"] == 1


def test_a_deleted_article_keeps_its_version_and_has_a_410(told: Told) -> None:
    story = told.stories[0][DELETED]
    with Archive.open(told.archive(3)) as archive:
        statuses = [capture.status for capture in archive.catalogue.captures(told.url(story))]
        record = archive.catalogue.article(told.url(story))
        assert record.article.paragraphs == story.paragraphs
        assert record.version == 1
    assert statuses == [200, 200, 410]
    assert told.ended[2].failures == {"status_410": 1}


def test_a_removed_comment_is_gone_and_its_reply_stands_under_the_right_parent(told: Told) -> None:
    before, after = told.stories[1][COMMENTED], told.stories[2][COMMENTED]
    with Archive.open(told.archive(3)) as archive:
        article_id = archive.catalogue.article(told.url(before)).summary.id
        records = {record.comment.publisher_id: record for record in archive.catalogue.comments(article_id)}
        crawls = archive.catalogue.crawls()
    assert sorted(records) == sorted(str(remark.id) for remark in before.comments)
    gone = records.pop(str(REMOVED))
    assert gone.gone_since is not None
    assert gone.gone_crawl == crawls[0].id
    assert gone.comment.text == next(one.text for one in before.comments if one.id == REMOVED)
    for remark in after.comments:
        record = records[str(remark.id)]
        assert record.gone_since is None
        assert record.comment.parent_id == (str(remark.parent) if remark.parent else None)


def test_no_other_comment_is_thought_gone(told: Told) -> None:
    with Archive.open(told.archive(3)) as archive:
        gone = [
            record.comment.publisher_id
            for one in archive.catalogue.articles()
            for record in archive.catalogue.comments(one.id)
            if record.gone_since is not None
        ]
    assert gone == [str(REMOVED)]


@pytest.mark.parametrize("typed", [CUT, CUT.replace("\u200c", ""), CUT.replace("\u200c", " ")])
def test_a_sentence_that_was_cut_is_found(told: Told, typed: str) -> None:
    cut = told.stories[1][EDITED].paragraphs[1]
    assert CUT in cut
    assert CUT not in " ".join(told.stories[2][EDITED].paragraphs)
    ended = mandegar(told.archive(3), "search", typed, "--json")
    assert ended.code == 0
    assert_plain(ended)
    assert quote(told.stories[1][EDITED].slug) in ended.stdout


def test_crawls_say_nothing_odd(told: Told) -> None:
    for ended in told.ended:
        assert ended.stderr == ""
        assert re.match(r"\s*\{", ended.stdout)
    log = (told.archive(3) / "crawl.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert not [line for line in log.splitlines() if " WARNING " in line or " ERROR " in line]
