import pytest
from samples.catalogue import (
    SITE,
    article,
    article_text,
    capture,
    comment,
    comment_texts,
    moment,
    thread,
)

from archive.catalogue import Catalogue, HitKind
from model import Crawl, CrawlState, Source, UnknownNameError


def put(
    catalogue: Catalogue, number: int, text: str, title: str = "Title", path: str = "1", **changes: object
) -> None:
    url = f"{SITE}/{path}/"
    read = article(text, title, url, **changes)
    with catalogue.write() as batch:
        batch.put_article("org_example", "first", capture(number, url), read, article_text(read))


def found(catalogue: Catalogue, match: str, **filters: object) -> list[tuple[str, int, int | None, bool]]:
    hits = catalogue.search(match, **filters)  # type: ignore[arg-type]
    return [(hit.kind.value, hit.article_id, hit.version, hit.is_current) for hit in hits]


def test_an_article_is_found_in_either_column_and_shown_as_published(catalogue: Catalogue) -> None:
    put(catalogue, 1, "او می\u200cگوید", "خبر", lede="پیش")
    for match in ('joined : "میگوید"', 'split : "می گوید"', '{joined split} : "گوید"', "خبر"):
        (hit,) = catalogue.search(match)
        assert (hit.kind, hit.title, hit.text) == (HitKind.ARTICLE, "خبر", "پیش\n\nاو می\u200cگوید")
        assert (hit.source, hit.url, hit.version) == ("org_example", f"{SITE}/1/", 1)
    assert found(catalogue, 'joined : "گوید"') == []


def test_a_text_that_was_taken_out_is_still_found(catalogue: Catalogue) -> None:
    put(catalogue, 1, "the minister resigned")
    put(catalogue, 2, "the minister")
    assert found(catalogue, "resigned") == [("article", 1, 1, False)]
    (hit,) = catalogue.search("resigned")
    assert (hit.text, hit.first_seen_at, hit.last_seen_at) == ("the minister resigned", moment(1), moment(1))
    assert found(catalogue, "minister") == [("article", 1, 2, True)], "an article stands once, as it is now"


def test_what_is_in_the_title_comes_first(catalogue: Catalogue) -> None:
    put(catalogue, 1, "river " * 5 + "word " * 20, "Other", "1")
    put(catalogue, 2, "word " * 60, "River", "2")
    put(catalogue, 3, "word " * 60, "Third", "3")
    assert [hit.article_id for hit in catalogue.search("river")] == [2, 1]


def test_comments_are_found_beside_articles(catalogue: Catalogue) -> None:
    put(catalogue, 1, "river text", path="1")
    shown = thread(comment("7", "A River", author="Sara", published_at=moment(2)), comment("8", "none"))
    with catalogue.write() as batch:
        batch.put_thread(1, "first", capture(1), shown, comment_texts(shown))
    assert {hit.kind for hit in catalogue.search("river")} == {HitKind.ARTICLE, HitKind.COMMENT}
    (hit,) = [hit for hit in catalogue.search("river") if hit.kind is HitKind.COMMENT]
    assert (hit.text, hit.author, hit.comment_key) == ("A River", "Sara", "7")
    assert (hit.title, hit.url, hit.version, hit.is_current) == ("Title", f"{SITE}/1/", None, True)
    assert hit.published_at == moment(2)


def test_a_comment_that_was_edited_or_is_gone_is_found_as_such(catalogue: Catalogue) -> None:
    put(catalogue, 1, "text")
    for crawl, number, shown in (
        ("first", 1, thread(comment("7", "secret"), comment("8", "vanished"))),
        ("second", 2, thread(comment("7", "harmless"))),
    ):
        with catalogue.write() as batch:
            batch.put_thread(1, crawl, capture(number), shown, comment_texts(shown))
            batch.finish_thread(1, crawl, complete=True)
    assert found(catalogue, "secret") == [("comment", 1, None, False)]
    assert catalogue.search("secret")[0].text == "secret"
    assert found(catalogue, "vanished") == [("comment", 1, None, False)]
    assert found(catalogue, "harmless") == [("comment", 1, None, True)]


def test_a_comment_that_two_documents_show_is_found_once(catalogue: Catalogue) -> None:
    put(catalogue, 1, "text")
    for number, origin in enumerate(("rss", "wordpress-html", "wordpress-rest"), start=1):
        shown = thread(comment("7", "river"), origin=origin)
        with catalogue.write() as batch:
            batch.put_thread(1, "first", capture(number), shown, comment_texts(shown))
    assert found(catalogue, "river") == [("comment", 1, None, True)]


def test_hits_are_filtered_by_source_and_date_and_paged(catalogue: Catalogue) -> None:
    for number in range(1, 6):
        put(catalogue, number, "river", path=str(number), published_at=moment(number) if number < 5 else None)
    with catalogue.write() as batch:
        batch.put_source(Source(name="other", origin="http://other.example/"))
        batch.put_crawl(Crawl(id="x", source="other", state=CrawlState.RUNNING, started_at=moment(0)))
        read = article("river", url="http://other.example/")
        batch.put_article("other", "x", capture(9, "http://other.example/"), read, article_text(read))
    assert len(found(catalogue, "river")) == 6
    assert [one[1] for one in found(catalogue, "river", source="other")] == [6]
    assert [one[1] for one in found(catalogue, "river", since=moment(2), until=moment(4))] == [3, 2]
    pages = [found(catalogue, "river", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert sorted(one[1] for page in pages for one in page) == [1, 2, 3, 4, 5, 6]
    assert pages[3] == []


def test_marks_on_letters_are_left_as_the_caller_folded_them(catalogue: Catalogue) -> None:
    put(catalogue, 1, "resumé", path="1")
    put(catalogue, 2, "resume", path="2")
    assert [one[1] for one in found(catalogue, "resume")] == [2]
    assert [one[1] for one in found(catalogue, "resumé")] == [1]


def test_undoing_a_batch_undoes_its_index_too(catalogue: Catalogue) -> None:
    read = article("river")
    with pytest.raises(UnknownNameError), catalogue.write() as batch:  # noqa: PT012
        batch.put_article("org_example", "first", capture(1), read, article_text(read))
        assert len(catalogue.search("river")) == 1
        batch.put_article("none", "first", capture(2), read, article_text(read))
    assert catalogue.search("river") == []
