"""The same comment is the same in another capture, whatever theme, page or order it is shown in."""

# Markup stands here as the systems write it:
# ruff: noqa: E501

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, timedelta
from html import escape

import pytest
from samples.comment_pages import ARTICLE, REFERENCE, Spoken, document, flat, html5, listed, thread, xhtml

from model import CommentThread
from pipelines.comments import merge_threads, read_html_comments, read_wordpress_comments


def read(rest: str, url: str = ARTICLE, days: int = 0) -> CommentThread:
    return read_html_comments(
        document(rest), url=url, reference=REFERENCE + timedelta(days=days), timezone="Asia/Tehran"
    )


def block(one: Spoken) -> str:
    text = "".join(f"<p>{escape(part)}</p>" for part in one.text.split("\n\n"))
    answers = "".join(block(answer) for answer in one.answers)
    return (
        f'<li id="comment-{one.number}" class="comment even depth-1"><div class="wp-block-columns">'
        f'<div class="wp-block-comment-author-name">{escape(one.author)}</div><div class="wp-block-comment-date">'
        f'<time datetime="{one.moment.isoformat()}">۹ مهر</time></div><div class="wp-block-comment-content">{text}</div></div>'
        + (f"<ol>{answers}</ol>" if answers else "")
        + "</li>"
    )


def rest() -> CommentThread:
    items = [
        {
            "id": one.number,
            "post": 7,
            "parent": parent or 0,
            "author_name": one.author,
            "date_gmt": one.moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "content": {"rendered": "".join(f"<p>{escape(part)}</p>" for part in one.text.split("\n\n"))},
            "type": "comment",
            "status": "approved",
        }
        for one, parent in flat(thread())
    ]
    return read_wordpress_comments(
        json.dumps(items).encode(), url="https://rooznameh.test/wp-json/wp/v2/comments?post=7"
    )


THEMES: dict[str, Callable[[], CommentThread]] = {
    "html5": lambda: read(f'<ol class="comment-list">{listed(thread(), html5)}</ol>'),
    "xhtml": lambda: read(f'<ol class="commentlist">{listed(thread(), xhtml)}</ol>'),
    "block theme": lambda: read(
        f'<ol class="wp-block-comment-template">{"".join(block(one) for one in thread())}</ol>'
    ),
    "rest": rest,
}


@pytest.mark.parametrize("name", THEMES)
def test_a_change_of_theme_keeps_every_comment(name: str) -> None:
    first, other = THEMES["html5"](), THEMES[name]()
    assert {(c.key, c.author, c.text, c.parent_id, c.published_at) for c in other.comments} == {
        (c.key, c.author, c.text, c.parent_id, c.published_at) for c in first.comments
    }
    assert len(merge_threads([first, other]).comments) == 5


SAID = [
    ("نگار", "۹ مهر ۱۴۰۵", "باغ خوبی است و دوباره می\u200cآیم."),
    ("پویا", "۱۰ مهر ۱۴۰۵", "ساعت کارش را نمی\u200cدانم."),
    ("نگار", "۱۱ مهر ۱۴۰۵", "از هشت صبح باز است."),
    ("کاوه", "۱۲ مهر ۱۴۰۵", "ممنون از پاسخ."),
]


def plain(rows: list[tuple[str, str, str]]) -> str:
    return "<h3>نظرها</h3>" + "".join(
        f'<div class="q"><b>{name}</b><i>{day}</i><p>{text}</p></div>' for name, day, text in rows
    )


def table(rows: list[tuple[str, str, str]]) -> str:
    return "<h3>دیدگاه\u200cها</h3><table>" + "".join(
        f"<tr><td>{name} — {day}</td></tr><tr><td><p>{text}</p></td></tr>" for name, day, text in rows
    ) + "</table>"  # fmt: skip


@pytest.mark.parametrize("draw", [plain, table])
@pytest.mark.parametrize("url", [ARTICLE, f"{ARTICLE}comment-page-2/"])
def test_without_ids_order_page_and_markup_change_no_key(draw: Callable[[list], str], url: str) -> None:
    first = read(plain(SAID))
    later = read(draw(SAID[::-1]), url=url, days=40)
    assert len(first.comments) == len(later.comments) == 4
    assert {(c.key, c.text) for c in first.comments} == {(c.key, c.text) for c in later.comments}
    assert {c.page for c in later.comments} == ({2} if "page-2" in url else {1})


def test_a_relative_date_and_a_folded_letter_change_no_key() -> None:
    then = [("كاوه", "۲ روز پیش", "كتاب خوبي بود."), ("پری", "۳ روز پیش", "آری، خواندمش.")]
    now = [("پری", "۹ روز پیش", "آری، خواندمش."), ("کاوه", "۸ روز پیش", "کتاب خوبی بود.")]
    keys = [{c.key for c in read(plain(rows), days=days).comments} for rows, days in ((then, 0), (now, 6))]
    assert keys[0] == keys[1]
    assert len(keys[0]) == 2
