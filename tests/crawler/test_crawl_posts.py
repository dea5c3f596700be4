"""A post of WordPress's API stands in for a page that shows no article."""

from __future__ import annotations

import json
from pathlib import Path

from servers.crawl_process import assert_whole, crawl
from servers.small_site import PARAGRAPH, Answer, Site, wordpress

from archive import Archive
from crawler.reprocess import reprocess
from model import PageRole

REFUSED, DRAWN, GONE = 1, 2, 3


def rendered(site: Site, post: int) -> dict[str, object]:
    return {
        "id": post,
        "type": "post",
        "status": "publish",
        "link": f"{site.url}2026/11/khabar-{post}/",
        "date_gmt": "2026-11-02T10:00:00",
        "title": {"rendered": f"خبر شماره {post}"},
        "content": {"rendered": f"<p>{PARAGRAPH}</p>", "protected": False},
        "excerpt": {"rendered": ""},
    }


def site() -> Site:
    served = wordpress(4, {REFUSED: 3, 4: 2})
    served.add(f"/2026/11/khabar-{REFUSED}/", "<html><p>Forbidden</p></html>", status=403)
    served.add(f"/2026/11/khabar-{DRAWN}/", "<html><body><div id=root></div></body></html>")
    served.add(f"/2026/11/khabar-{GONE}/", "<html><p>Not found</p></html>", status=404)
    listed = served.routes["/wp-json/wp/v2/posts"]
    assert callable(listed)

    def posts(query: dict[str, str]) -> Answer | None:
        if "slug" not in query:
            return listed(query)
        found = [rendered(served, int(query["slug"].rpartition("-")[2]))]
        return Answer(json.dumps(found).encode(), "application/json")

    def one(post: int) -> Answer:
        return Answer(json.dumps(rendered(served, post)).encode(), "application/json")

    served.routes["/wp-json/wp/v2/posts"] = posts
    for post in (REFUSED, DRAWN, GONE):
        served.routes[f"/wp-json/wp/v2/posts/{post}"] = lambda _, post=post: one(post)  # type: ignore[misc]
    return served


def test_the_post_is_read_where_its_page_is_refused_or_drawn_by_script_and_reads_the_same_again(
    tmp_path: Path,
) -> None:
    served = site()
    with served.serving() as url:
        ended = crawl(tmp_path / "a", url)
    assert ended.code == 0, ended
    assert_whole(tmp_path / "a")
    assert not any(f"/posts/{GONE}?" in one or f"khabar-{GONE}&" in one for one in served.asked)
    with Archive.open(tmp_path / "a", exclusive=True) as archive:
        articles = {one.url.rpartition("-")[2][:1]: one for one in archive.catalogue.articles()}
        assert set(articles) == {"1", "2", "4"}
        for number in (REFUSED, DRAWN):
            (version,) = archive.catalogue.versions(articles[str(number)].id)
            assert version.article.paragraphs == (PARAGRAPH,)
            (known, *documents) = archive.catalogue.readings.of_article(articles[str(number)].id)
            assert known.extractor == "mandegar/0.3 wordpress-rest/1"
            assert (known.capture.role, known.capture.mime) == (PageRole.API, "application/json")
            assert len(documents) == 1
            assert documents[0].complete
        comments = archive.catalogue.comments(articles[str(REFUSED)].id)
        assert [one.comment.publisher_id for one in comments] == ["1", "2", "3"]
        changes = reprocess(archive, write=False, workers=1)
        assert (changes.articles, changes.unread, dict(changes.counts)) == (0, [], {})
