from datetime import UTC, datetime, timedelta, timezone

import pytest
from samples.catalogue import SITE, article, article_text, capture, moment

from archive.catalogue import ArticleReceipt, Catalogue
from model import Image, Link, UnknownNameError

AMP = f"{SITE}/news/1/amp/"


def put(
    catalogue: Catalogue,
    number: int,
    text: str,
    url: str = f"{SITE}/news/1/",
    crawl: str = "first",
    post: int | None = None,
    **changes: object,
) -> ArticleReceipt:
    shown = capture(number, url)
    read = article(text, **changes)  # type: ignore[arg-type]
    with catalogue.write() as batch:
        batch.add_captures(crawl, "org_example", [shown])
        return batch.put_article(
            "org_example", crawl, shown, read, article_text(read), wordpress_post_id=post
        )


def numbers(catalogue: Catalogue) -> list[tuple[int, int]]:
    return [(one.number, len(one.capture_ids)) for one in catalogue.versions(1)]


def test_an_article_comes_back_as_it_was_read(catalogue: Catalogue) -> None:
    read = article(
        "او می\u200cگوید",
        "خبر",
        lede="پیش\u200cدرآمد",
        authors=("علی",),
        section="جامعه",
        tags=("شهر",),
        language="fa",
        images=(Image(url=f"{SITE}/a.jpg", alt="x"),),
        published_at=datetime(2026, 11, 23, 11, tzinfo=timezone(timedelta(hours=3, minutes=30))),
        published_raw="۲ آذر",
        reasons=(("title", "h1"),),
    )
    with catalogue.write() as batch:
        receipt = batch.put_article(
            "org_example", "first", capture(1), read, article_text(read), wordpress_post_id=12
        )
    assert receipt == ArticleReceipt(article_id=1, version=1, is_new_version=True, is_new_article=True)
    record = catalogue.article(1)
    assert record.article == read
    assert (record.version, record.wordpress_post_id, record.declared_comments) == (1, 12, None)
    assert [one.record_id for one in record.captures] == [capture(1).record_id]
    assert record.captures[0].crawl_id == "first"
    assert record.summary.title == "خبر"
    assert record.summary.section == "جامعه"
    assert record.summary.published_at == datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


def test_a_version_is_new_only_when_the_folded_text_is(catalogue: Catalogue) -> None:
    assert put(catalogue, 1, "One").is_new_version
    assert put(catalogue, 2, "ONE", crawl="second") == ArticleReceipt(
        article_id=1, version=1, is_new_version=False, is_new_article=False
    )
    assert put(catalogue, 3, "two", crawl="third").version == 2
    assert numbers(catalogue) == [(1, 2), (2, 1)]
    first, second = catalogue.versions(1)
    assert (first.first_seen_at, first.last_seen_at) == (moment(1), moment(2))
    assert first.article.paragraphs == ("One",), "as its first capture said it"
    assert second.fold_digest == article_text(article("two")).digest
    assert catalogue.article(1).article.paragraphs == ("two",)


def test_a_text_that_links_elsewhere_is_a_version(catalogue: Catalogue) -> None:
    old, new = Link(url=f"{SITE}/2025.csv", text="data"), Link(url=f"{SITE}/2026.csv", text="data")
    assert put(catalogue, 1, "one", links=(old,)).is_new_version
    assert not put(catalogue, 2, "ONE", links=(old,)).is_new_version
    assert put(catalogue, 3, "one", links=(new,)) == ArticleReceipt(
        article_id=1, version=2, is_new_version=True, is_new_article=False
    )
    assert put(catalogue, 4, "one", links=()).version == 3
    assert numbers(catalogue) == [(1, 2), (2, 1), (3, 1)]


def test_links_that_nobody_read_are_no_change_and_come_from_who_tells_first(
    catalogue: Catalogue,
) -> None:
    old, new = Link(url=f"{SITE}/2025.csv", text="data"), Link(url=f"{SITE}/2026.csv", text="data")
    put(catalogue, 1, "one", authors=("Ali",))
    assert catalogue.versions(1)[0].article.links is None
    assert not put(catalogue, 2, "one", links=(old,)).is_new_version
    assert not put(catalogue, 3, "one").is_new_version
    only = catalogue.versions(1)[0].article
    assert (only.links, only.authors) == ((old,), ("Ali",))
    assert put(catalogue, 4, "one", links=(new,)).is_new_version
    assert [one.article.links for one in catalogue.versions(1)] == [(old,), (new,)]
    assert not put(catalogue, 5, "one").is_new_version


def test_a_text_that_comes_back_is_a_new_version_again(catalogue: Catalogue) -> None:
    for number, text in enumerate(["one", "two", "one", "one"], start=1):
        put(catalogue, number, text)
    assert numbers(catalogue) == [(1, 1), (2, 1), (3, 2)]


def test_a_page_and_its_amp_page_do_not_take_turns_as_versions(catalogue: Catalogue) -> None:
    for number, crawl in ((1, "first"), (3, "second"), (5, "third")):
        put(catalogue, number, "whole text", crawl=crawl)
        put(catalogue, number + 1, "text", AMP, crawl=crawl)
    assert numbers(catalogue) == [(1, 3), (2, 3)]
    record = catalogue.article(1)
    assert record.version == 1, "the canonical page speaks for the article"
    assert record.article.paragraphs == ("whole text",)
    put(catalogue, 7, "edited text")
    put(catalogue, 8, "text", AMP)
    assert numbers(catalogue) == [(1, 3), (2, 4), (3, 1)]
    assert catalogue.article(1).version == 3


def test_one_text_at_two_urls_is_one_version_also_after_an_edit(catalogue: Catalogue) -> None:
    for number, text in ((1, "a"), (3, "b")):
        put(catalogue, number, text)
        put(catalogue, number + 1, text, AMP)
    assert numbers(catalogue) == [(1, 2), (2, 2)]


def test_without_the_canonical_page_another_speaks_for_the_article(catalogue: Catalogue) -> None:
    put(catalogue, 1, "a", AMP)
    put(catalogue, 2, "b", AMP)
    assert catalogue.article(1).version == 2
    put(catalogue, 3, "c")
    put(catalogue, 4, "d", AMP)
    assert catalogue.article(1).version == 3


def test_the_same_capture_again_changes_nothing(catalogue: Catalogue) -> None:
    first = put(catalogue, 1, "a")
    before = catalogue.article(1), catalogue.versions(1)
    again = put(catalogue, 1, "another reading")
    assert (again.article_id, again.version, again.is_new_version) == (first.article_id, 1, False)
    assert (catalogue.article(1), catalogue.versions(1)) == before


def test_an_older_capture_put_late_widens_the_times_and_is_not_current(catalogue: Catalogue) -> None:
    put(catalogue, 5, "a", title="New")
    put(catalogue, 2, "a", title="NEW")
    version = catalogue.versions(1)[0]
    assert (version.first_seen_at, version.last_seen_at) == (moment(2), moment(5))
    summary = catalogue.article(1).summary
    assert (summary.title, summary.first_seen_at, summary.last_seen_at) == ("New", moment(2), moment(5))


@pytest.mark.parametrize(
    "ref",
    [
        1,
        "1",
        f"{SITE}/news/1/",
        f"{SITE}/news/1",
        f"{SITE}/news/1/#comments",
        "HTTP://WWW.EXAMPLE.ORG:80/news/%31/",
        "www.example.org/news/1/",
        "www.example.org/news/1",
        AMP,
        f"{SITE}/news/1/amp",
        f"{SITE}/?p=1",
        "http://example.org/?p=1",
    ],
)
def test_an_article_is_found_by_every_url_it_was_seen_at(catalogue: Catalogue, ref: int | str) -> None:
    put(catalogue, 1, "a")
    put(catalogue, 2, "a", AMP)
    with catalogue.write() as batch:
        hops = [
            capture(8, "https://example.org/?p=1", redirect_to=f"{SITE}/?p=1", status=301),
            capture(9, f"{SITE}/?p=1", redirect_to=f"{SITE}/news/1/", status=301),
        ]
        batch.add_captures("first", "org_example", hops)
    assert catalogue.article(ref).summary.id == 1
    assert catalogue.find_article(ref) == 1


@pytest.mark.parametrize("ref", [2, "2", f"{SITE}/news/2/", "", "x", f"{SITE}/ring", "9" * 40, "http://["])
def test_an_unknown_article_is_said_to_be_unknown(catalogue: Catalogue, ref: int | str) -> None:
    put(catalogue, 1, "a")
    with catalogue.write() as batch:
        ring = capture(9, f"{SITE}/ring", redirect_to=f"{SITE}/ring", status=301)
        batch.add_captures("first", "org_example", [ring])
    assert catalogue.find_article(ref) is None
    with pytest.raises(UnknownNameError, match="no article"):
        catalogue.article(ref)


def test_comments_from_rest_find_their_article_by_the_post(catalogue: Catalogue) -> None:
    put(catalogue, 1, "a", post=77)
    put(catalogue, 2, "a")
    with catalogue.write() as batch:
        assert batch.find_article("org_example", wordpress_post_id=77) == 1
        assert batch.find_article("org_example", wordpress_post_id=78, url=f"{SITE}/news/1") == 1
        assert batch.find_article("org_example", wordpress_post_id=10**30) is None
    assert catalogue.article(1).wordpress_post_id == 77


def test_articles_are_listed_the_latest_published_first(catalogue: Catalogue) -> None:
    for number, published in ((1, moment(1)), (2, None), (3, moment(3)), (4, moment(2))):
        put(catalogue, number, f"text {number}", url=f"{SITE}/{number}", canonical_url=f"{SITE}/{number}",
            published_at=published)  # fmt: skip
    assert [one.id for one in catalogue.articles()] == [3, 4, 1, 2]
    assert [one.id for one in catalogue.articles("org_example", limit=2, offset=1)] == [4, 1]
    with pytest.raises(UnknownNameError):
        catalogue.articles("none")


def test_what_a_hostile_page_says_can_be_stored(catalogue: Catalogue) -> None:
    put(
        catalogue,
        1,
        "a\ud800b\0c",
        title="\udfff",
        section="\ud800",
        language="\ud800",
        published_at=datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
        modified_at=datetime.max.replace(tzinfo=timezone(-timedelta(hours=5))),
        post=10**40,
    )
    record = catalogue.article(1)
    assert record.article.paragraphs == ("a\ufffdb\0c",)
    assert record.summary.title == "\ufffd"
    assert record.wordpress_post_id is None


def test_http_and_https_are_one_article(catalogue: Catalogue) -> None:
    put(catalogue, 1, "a", "http://www.example.org/news/1/", canonical_url="http://www.example.org/news/1/")
    assert not put(catalogue, 2, "a").is_new_article
