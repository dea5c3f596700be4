"""Texts that two extractors read are never compared as if the site had changed."""

from __future__ import annotations

from samples.catalogue import article, article_text, capture, comment, comment_texts, thread

from archive.catalogue import ArticleReceipt, Catalogue
from model import CommentThread

OLD, NEW = "mandegar/1 generic/1", "mandegar/2 generic/1"


def show(catalogue: Catalogue, number: int, text: str, extractor: str) -> ArticleReceipt:
    """Put a capture that shows a text."""
    read, shown = article(text), capture(number)
    with catalogue.write() as batch:
        batch.add_captures("first", "org_example", [shown])
        return batch.put_article("org_example", "first", shown, read, article_text(read), extractor=extractor)


def comments(catalogue: Catalogue, number: int, crawl: str, shown: CommentThread, extractor: str) -> None:
    """Put all comments that a crawl shows."""
    with catalogue.write() as batch:
        batch.put_thread(
            1, crawl, capture(number), shown, comment_texts(shown), extractor=extractor, last=True
        )
        batch.finish_thread(1, crawl, True)


def test_another_text_by_another_extractor_counts_as_no_edit(catalogue: Catalogue) -> None:
    show(catalogue, 1, "one", OLD)
    receipt = show(catalogue, 2, "two", NEW)
    assert (receipt.version, receipt.is_new_version) == (2, False)
    # From then on one extractor reads both.
    assert show(catalogue, 3, "three", NEW).is_new_version
    assert [one.by_extractor for one in catalogue.versions(1)] == [False, True, False]
    assert catalogue.readings.count_by_extractor(1) == 1


def test_what_both_read_alike_is_one_version_and_an_edit_after_it_counts(catalogue: Catalogue) -> None:
    show(catalogue, 1, "one", OLD)
    assert show(catalogue, 2, "one", NEW).version == 1
    assert show(catalogue, 3, "two", NEW).is_new_version
    assert [one.by_extractor for one in catalogue.versions(1)] == [False, False]


def test_a_comment_that_another_extractor_does_not_read_is_not_gone(catalogue: Catalogue) -> None:
    show(catalogue, 1, "one", OLD)
    comments(catalogue, 2, "first", thread(comment("1"), comment("2")), OLD)
    comments(catalogue, 102, "second", thread(comment("1", "otherwise")), NEW)
    shown = {one.comment.key: one for one in catalogue.comments(1)}
    assert shown["2"].gone_since is None
    assert (shown["1"].comment.text, shown["1"].edits) == ("otherwise", ())
    # The same extractor says so of what it has read itself.
    comments(catalogue, 202, "third", thread(comment("3")), NEW)
    assert {one.comment.key for one in catalogue.comments(1) if one.gone_since} == {"1"}
