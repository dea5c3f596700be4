"""Which parts of a page are comments or ask for them, and that the article is never among them."""

# Markup stands here as the systems write it:
# ruff: noqa: E501

from __future__ import annotations

import lxml.html
import pytest
from samples.comment_pages import (
    ARTICLE,
    BODY,
    RESPOND,
    Spoken,
    astra,
    block,
    document,
    html5,
    listed,
    page,
    thread,
    xhtml,
)

from pipelines.comments import comment_regions


def covered(root: lxml.html.HtmlElement) -> str:
    return " ".join(region.text_content() for region in comment_regions(root))


@pytest.mark.parametrize("form", [html5, xhtml, astra, block])
def test_the_wrapper_of_wordpress_comments_is_one_region(form) -> None:
    regions = comment_regions(page(f"<ol class='comment-list'>{listed(thread(), form)}</ol>"))
    assert [region.get("id") for region in regions if region.getparent().tag != "ul"] == ["comments"]
    assert not any(BODY[:60] in region.text_content() for region in regions)


LOOSE = {
    "heading, list, navigation and form without a wrapper": (
        (
            f'<h3 class="comments-title">۵ دیدگاه</h3><ol class="commentlist">{listed(thread(), xhtml)}</ol>'
            f'<div class="comment-navigation"><a href="#">کهنه\u200cتر</a></div>{RESPOND}'
        ),
        ["۵ دیدگاه", "می\u200cخواهم بیایم", "کهنه\u200cتر", "نشانی ایمیل", "بنویسید"],
    ),
    "an opaque form and its heading": (
        (
            '<div class="z1"><h4>نظر بدهید</h4><form action="/s"><input type="email" name="mail"><textarea name="matn"></textarea>'
            "<span>در پرکردن فرم خطایی صورت گرفته</span></form></div>"
        ),
        ["نظر بدهید", "خطایی صورت گرفته"],
    ),
    "closed": ('<p class="no-comments">دیدگاه\u200cها بسته است.</p>', ["بسته است"]),
    "loaded by a script": ('<div id="disqus_thread"><noscript>Disqus را ببینید</noscript></div>', ["Disqus"]),
    "opaque list without wrapper": (
        "<h3>نظرها</h3>"
        + "".join(
            f'<div class="q{n}"><b>{name}</b> <i>{n} مهر ۱۴۰۵</i><p>سخن {name} این است.</p></div>'
            for n, name in ((1, "نگار"), (2, "آرش"), (3, "پری"))
        ),
        ["نظرها", "سخن پری"],
    ),
}


@pytest.mark.parametrize("name", LOOSE)
def test_loose_parts_are_regions_each(name: str) -> None:
    markup, wanted = LOOSE[name]
    text = covered(document(markup))
    assert [word for word in wanted if word not in text] == []
    assert BODY[:60] not in text


WRAPPED = {
    "an article in something named for comments": '<div class="comments">{article}{comments}</div>',
    "the post stands in div#comments by a theme's mistake": '<div id="comments"><p>{body}</p><p>{body}</p>{comments}</div>',
    "a post with the class comment-open": '<div class="comment-section"><div class="entry-content"><p>{body}</p></div>{comments}</div>',
    "microdata": '<section class="post-comments"><div itemprop="articleBody">{body}</div>{comments}</section>',
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_wrapper_that_holds_the_article_is_passed_over_and_its_comments_are_not(name: str) -> None:
    inner = f"<h1>باغ</h1><div class='text'><p>{BODY}</p></div>"
    comments = f"<ol class='comment-list'>{listed(thread(), html5)}</ol>{RESPOND}"
    markup = WRAPPED[name].format(article=inner, body=BODY, comments=comments)
    root = lxml.html.document_fromstring(f"<html><body>{markup}</body></html>")
    text = covered(root)
    assert BODY[:60] not in text
    assert "می\u200cخواهم بیایم" in text
    assert "نشانی ایمیل" in text


def test_a_page_without_comments_has_at_most_its_sidebar_notes() -> None:
    root = lxml.html.document_fromstring(
        f"<html><body class='comments-open'><h1>باغ</h1><p>{BODY}</p></body></html>"
    )
    assert comment_regions(root) == []


def test_a_search_form_and_a_login_are_no_comment_forms() -> None:
    root = document(
        '<form action="/find"><input name="s"></form><form><input type="email"><input type="password"></form>'
    )
    assert not any(region.tag == "form" for region in comment_regions(root))


def test_a_comment_with_a_headline_of_its_own_is_still_a_region() -> None:
    one = listed([Spoken(4, "نگار", "@@", 1)], html5, url=ARTICLE).replace(
        "<p>@@</p>", "<h1>سخن من</h1><p>بلند</p>"
    )
    assert "سخن من" in covered(page(f"<ol>{one}</ol>"))
