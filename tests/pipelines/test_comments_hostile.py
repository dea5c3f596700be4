"""Pages made to exhaust the reader: every one is read, within a bound."""

# Markup stands here as the systems write it:
# ruff: noqa: E501

from __future__ import annotations

import time

import pytest
from samples.comment_pages import ARTICLE, REFERENCE, RESPOND, Spoken, html5

from pipelines.comments import comment_regions, read_html_comments
from pipelines.html import parse_html

LI = '<li id="comment-{n}" class="comment even depth-1"><b class="fn">ن</b><time datetime="2026-10-01T08:00:00Z">۹</time><div class="comment-content">م{n}</div>'
OPAQUE = "<div class='q'><b>نام {n}</b><i>۹ مهر ۱۴۰۵</i><p>متن {n}</p>"
PAGES = {
    "50,000 comments": "<ol>" + "".join(LI.format(n=n) + "</li>" for n in range(50_000)) + "</ol>",
    "nested 1,500 deep": "<ol>" + "<ol>".join(LI.format(n=n) for n in range(1, 1_501)),
    "opaque, 20,000": "<h3>نظرها</h3>" + "".join(OPAQUE.format(n=n) + "</div>" for n in range(20_000)),
    "opaque, nested 1,500 deep": "<h3>نظرها</h3>" + "".join(OPAQUE.format(n=n) for n in range(1_500)),
    "opaque, 20,000 rows": "<h3>نظرها</h3><table>"
    + "<tr><td>نام — ۹ مهر ۱۴۰۵</td></tr><tr><td>متن</td></tr>" * 20_000
    + "</table>",
    "opaque, 20,000 with class names of their own": "<p>نظرها</p>"
    + "".join(
        f"<div class='a{n}'><b class='b{n}'>نام {n % 9}</b> ۹ مهر ۱۴۰۵<p>متن {n}</p></div>"
        for n in range(20_000)
    ),
    "opaque, nested 1,500 deep without names": "<h3>نظرها</h3>"
    + "".join(f"<div><div><b>نام {n % 7}</b><i>۹ مهر ۱۴۰۵</i></div><p>متن {n}</p>" for n in range(700)),
    "lines that might head comments": "<div>نظرها</div>" * 20_000,
    "empty boxes named for comments": "<div class='comment'>" * 1_900,
    "100,000 class names": f"<div class='comment {' '.join(f'c{n}' for n in range(100_000))}'>x</div>",
    "10,000 links to pages": "".join(
        f'<a href="/news/7/comment-page-{n}/#comments">{n}</a>' for n in range(10_000)
    ),
    "5,000 forms": RESPOND * 5_000,
    "headings": "<h3>نظرها</h3>" * 20_000,
    "text elements in text elements": f"<div id='comment-1' class='comment even'>{'<div class=comment-content>x' * 1_900}",
    "a name of a megabyte": html5(Spoken(1, "ن" * 500_000, "م" * 500_000, 1), ARTICLE).join(
        ('<ol><li id="comment-1" class="comment even depth-1">', "</li></ol>")
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_hostile_pages_are_read_within_a_bound(name: str) -> None:
    root = parse_html(
        f"<html><body><h1>خبر</h1>{PAGES[name]}</body></html>".encode(), "text/html; charset=utf-8"
    ).root
    start = time.process_time()
    got = read_html_comments(root, url=ARTICLE, reference=REFERENCE)
    comment_regions(root)
    assert len(got.comments) <= 10_000
    assert len(got.more) <= 500
    assert all(len(c.text) <= 100_000 and len(c.author or "") <= 300 for c in got.comments)
    assert time.process_time() - start < 15  # 10,000 comments take 1 to 3 s


def test_a_page_of_more_comments_than_the_bound_gives_the_first_ten_thousand() -> None:
    root = parse_html(
        f"<html><body>{PAGES['50,000 comments']}</body></html>".encode(), "text/html; charset=utf-8"
    ).root
    got = read_html_comments(root, url=ARTICLE, reference=REFERENCE)
    assert [len(got.comments), got.comments[-1].publisher_id] == [10_000, "9999"]


def test_nesting_of_1500_answers_keeps_every_parent() -> None:
    root = parse_html(f"<html><body>{PAGES['nested 1,500 deep']}</body></html>".encode(), "text/html").root
    got = read_html_comments(root, url=ARTICLE, reference=REFERENCE)
    assert len(got.comments) > 500
    assert all(c.parent_id == (str(n - 1) if n > 1 else None) for n, c in enumerate(got.comments, 1))
