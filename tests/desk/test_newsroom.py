"""The sample newsroom over real HTTP: what it serves is what its list says."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from lxml import html

from desk.demo.newsroom import (
    ARTICLES_A_PAGE,
    COMMENTS_A_PAGE,
    SECTIONS,
    Newsroom,
    Remark,
    Story,
    comment_pages,
    load_stories,
)
from pipelines import format_jalali, read_page

LONG_THREAD = 1010


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as running:
        yield running


def get(newsroom: Newsroom, path: str, method: str = "GET") -> tuple[int, str, bytes]:
    parts = urlsplit(newsroom.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def page(newsroom: Newsroom, path: str) -> html.HtmlElement:
    status, kind, body = get(newsroom, path)
    assert (status, kind) == (200, "text/html; charset=utf-8")
    return html.document_fromstring(body.decode("utf-8"))


def reading(newsroom: Newsroom, path: str):  # type: ignore[no-untyped-def]
    _, kind, body = get(newsroom, path)
    url = newsroom.url.rstrip("/") + path
    return read_page(body, url=url, content_type=kind, reference=datetime(2026, 11, 23, tzinfo=UTC))


def test_the_front_pages_list_every_article_once_newest_first(newsroom: Newsroom) -> None:
    found, path = [], "/"
    while path:
        shown = page(newsroom, path)
        found += shown.xpath("//div[@class='teaser']//h2/a/@href")
        (path,) = shown.xpath("//link[@rel='next']/@href") or ("",)
    assert found == [story.path for story in newsroom.stories.values()]
    dates = [story.published for story in newsroom.stories.values()]
    assert dates == sorted(dates, reverse=True)
    last = -(-len(found) // ARTICLES_A_PAGE)
    assert get(newsroom, f"/page/{last + 1}/")[0] == 404


def test_sections_feed_and_sitemap_name_what_is_there(newsroom: Newsroom) -> None:
    site = newsroom.url.rstrip("/")
    for section in SECTIONS:
        shown = page(newsroom, f"/category/{section}/").xpath("//div[@class='teaser']//h2/a/@href")
        wanted = [story.path for story in newsroom.stories.values() if story.section == section]
        assert shown == wanted[:ARTICLES_A_PAGE]
    status, kind, body = get(newsroom, "/feed/")
    assert (status, kind) == (200, "application/rss+xml; charset=utf-8")
    links = [one.text for one in ET.fromstring(body).iter("link")][1:]
    assert links == [site + story.path for story in list(newsroom.stories.values())[:5]]
    _, _, body = get(newsroom, "/sitemap.xml")
    places = [one.text for one in ET.fromstring(body).findall(".//{*}loc")]
    assert places == [site + story.path for story in newsroom.stories.values()]
    assert f"Sitemap: {site}/sitemap.xml" in get(newsroom, "/robots.txt")[2].decode()


@pytest.mark.parametrize("number", list(load_stories()))
def test_an_article_page_says_what_the_list_says(newsroom: Newsroom, number: int) -> None:
    story = newsroom.stories[number]
    article = reading(newsroom, story.path).article
    assert article is not None
    assert article.title == story.title
    assert article.lede == story.lede
    assert article.paragraphs == story.paragraphs
    assert article.authors == (story.author,)
    assert article.published_at == story.published
    assert article.tags == story.tags


def test_an_article_page_has_around_it_what_real_ones_have(newsroom: Newsroom) -> None:
    story = newsroom.stories[LONG_THREAD]
    shown = page(newsroom, story.path)
    text = shown.text_content()
    assert shown.get("dir") == "rtl"
    assert text.count(story.lede) == 2
    for around in ("ارتباط برقرار نمی\u200cشود", "این مطلب را پسندیدید؟", "در پر کردن فرم خطایی رخ داده است"):
        assert around in text
    assert shown.xpath("//div[@id='respond']//form[.//textarea]")
    assert format_jalali(story.published) in text


def _shown_comments(newsroom: Newsroom, story: Story) -> list[tuple[int, int | None, str]]:
    found: list[tuple[int, int | None, str]] = []
    for number in range(1, len(comment_pages(story)) + 1):
        path = story.path + (f"comment-page-{number}/" if number > 1 else "")
        for item in page(newsroom, path).xpath(
            "//ol[@class='comment-list']//li[starts-with(@id, 'comment-')]"
        ):
            above = item.xpath("ancestor::li[1]/@id")
            parent = int(above[0].removeprefix("comment-")) if above else None
            author = item.xpath("string(.//b[@class='fn'])")
            found.append((int(item.get("id").removeprefix("comment-")), parent, author))
    return found


@pytest.mark.parametrize("number", [1012, LONG_THREAD])
def test_comments_stand_on_pages_as_wordpress_counts(newsroom: Newsroom, number: int) -> None:
    story = newsroom.stories[number]
    found = _shown_comments(newsroom, story)
    assert sorted(found) == sorted((one.id, one.parent, one.author) for one in story.comments)
    pages = comment_pages(story)
    assert [len(roots) for roots in pages[:-1]] == [COMMENTS_A_PAGE] * (len(pages) - 1)
    assert 0 < len(pages[-1]) <= COMMENTS_A_PAGE
    assert get(newsroom, f"{story.path}comment-page-{len(pages) + 1}/")[0] == 404


def test_the_long_thread_fills_pages_and_answers_answers(newsroom: Newsroom) -> None:
    story = newsroom.stories[LONG_THREAD]
    assert len(comment_pages(story)) > 1
    depths = {shown.depth for roots in comment_pages(story) for root in roots for shown in _walk(root)}
    assert depths == {0, 1, 2}


def _walk(shown):  # type: ignore[no-untyped-def]
    yield shown
    for child in shown.children:
        yield from _walk(child)


def test_a_deleted_article_is_gone_from_all_lists(newsroom: Newsroom) -> None:
    story = newsroom.delete(1003)
    status, _, body = get(newsroom, story.path)
    assert status == 410
    assert story.title not in body.decode()
    for path in ("/", "/page/2/", "/page/3/", "/feed/", "/sitemap.xml", f"/category/{story.section}/"):
        assert story.path not in get(newsroom, path)[2].decode()


def test_an_edit_shows_and_says_when(newsroom: Newsroom) -> None:
    moment = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    story = newsroom.edit(1008, title="عنوان تازه", modified=moment)
    article = reading(newsroom, story.path).article
    assert article is not None
    assert (article.title, article.modified_at) == ("عنوان تازه", moment)
    assert "عنوان تازه" in get(newsroom, "/")[2].decode()


def test_a_removed_comment_leaves_its_answers_to_its_parent(newsroom: Newsroom) -> None:
    before = newsroom.stories[1012].comments
    newsroom.remove_comment(1012, 502)
    found = {number: parent for number, parent, _ in _shown_comments(newsroom, newsroom.stories[1012])}
    assert found == {501: None, 503: 501, 504: None}
    assert len(before) == 4


def test_text_that_looks_like_markup_is_text(newsroom: Newsroom) -> None:
    remark = Remark(
        id=1, author="<b>x", published=datetime(2026, 11, 1, tzinfo=UTC), text="<script>1</script>"
    )
    newsroom.edit(1008, comments=(remark,))
    shown = page(newsroom, newsroom.stories[1008].path)
    assert shown.xpath("string(//ol[@class='comment-list']//p)").strip() == "<script>1</script>"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing/",
        "/society/9999/x/",
        "/society/1012/other/",
        "/page/0/",
        "/page/x/",
        "/assets/../stories.toml",
        "/category/none/",
        "/society/1012/night-library/comment-page-0/",
        "/%00",
        "/assets/none.css",
        "/page/1/x/",
    ],
)
def test_what_is_not_there_is_404(newsroom: Newsroom, path: str) -> None:
    assert get(newsroom, path)[0] == 404


def test_head_answers_as_get_without_a_body(newsroom: Newsroom) -> None:
    status, kind, body = get(newsroom, "/", "HEAD")
    assert (status, kind, body) == (200, "text/html; charset=utf-8", b"")


def test_a_newsroom_that_was_never_opened_can_be_closed() -> None:
    unopened = Newsroom()
    unopened.stop()
    assert replace(unopened.stories[1012]).id == 1012
