"""Comments in the markup of WordPress's walkers, blocks, themes and wpDiscuz."""

# Markup stands here as the systems write it:
# ruff: noqa: E501

from __future__ import annotations

from datetime import datetime

import pytest
from samples.comment_pages import (
    ARTICLE,
    REFERENCE,
    TEHRAN,
    Spoken,
    astra,
    block,
    flat,
    html5,
    listed,
    page,
    thread,
    xhtml,
)

from model import CommentThread
from pipelines.comments import read_html_comments


def read(root, url: str = ARTICLE) -> CommentThread:
    return read_html_comments(root, url=url, reference=REFERENCE, timezone="Asia/Tehran")


FORMS = {
    "html5": (html5, {}, "ol"),
    "html5-in-div": (html5, {"tag": "div"}, "div"),
    "xhtml": (xhtml, {}, "ol"),
    "astra": (astra, {"prefix": "li-comment-"}, "ol"),
    "block": (block, {}, "ol"),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_author_time_text_parent_depth_and_link(name: str) -> None:
    form, options, container = FORMS[name]
    markup = f'<{container} class="comment-list">{listed(thread(), form, **options)}</{container}>'
    got = read(page(markup))
    assert got.origin == "wordpress-html"
    assert got.declared_total == 5
    expected = [
        (
            str(one.number),
            str(parent) if parent else None,
            one.author,
            one.text,
            one.moment,
            f"{ARTICLE}#comment-{one.number}",
        )
        for one, parent in flat(thread())
    ]
    assert [
        (c.publisher_id, c.parent_id, c.author, c.text, c.published_at, c.url) for c in got.comments
    ] == expected
    assert [c.depth for c in got.comments] == [0, 1, 2, 1, 0]
    assert [c.position for c in got.comments] == [0, 1, 2, 3, 4]
    assert [c.key for c in got.comments] == [c.publisher_id for c in got.comments]


def test_the_raw_date_is_the_attribute_where_it_is_exact_and_the_printed_line_elsewhere() -> None:
    exact = read(page(f"<ol>{listed(thread(), html5)}</ol>"))
    printed = read(page(f"<ol>{listed(thread(), xhtml)}</ol>"))
    assert exact.comments[0].published_raw == "2026-10-01T08:00:00+03:30"
    assert printed.comments[0].published_raw == "2026-10-01 08:00"


def test_below_the_greatest_depth_the_answer_right_after_a_parent_is_its_answer() -> None:
    tree = [
        Spoken(
            1, "آ", "یک", 0, [Spoken(2, "ب", "دو", 1, [Spoken(3, "پ", "سه", 2, [Spoken(4, "ت", "چهار", 3)])])]
        )
    ]
    got = read(page(f"<ol>{listed(tree, html5, max_depth=2)}</ol>", heading="۴ دیدگاه"))
    assert [(c.publisher_id, c.parent_id, c.depth) for c in got.comments] == [
        ("1", None, 0),
        ("2", "1", 1),
        ("3", "2", 2),
        ("4", "3", 3),
    ]


def test_below_the_greatest_depth_a_second_answer_has_only_its_shown_parent() -> None:
    tree = [
        Spoken(
            1, "آ", "یک", 0, [Spoken(2, "ب", "دو", 1, [Spoken(3, "پ", "سه", 2), Spoken(4, "ت", "چهار", 3)])]
        )
    ]
    got = read(page(f"<ol>{listed(tree, html5, max_depth=2)}</ol>"))
    assert [(c.publisher_id, c.parent_id) for c in got.comments] == [
        ("1", None),
        ("2", "1"),
        ("3", "2"),
        ("4", "1"),
    ]


def test_pingbacks_trackbacks_and_what_waits_for_moderation_are_left_out() -> None:
    waiting = html5(Spoken(21, "من", "نظر من", 3), ARTICLE).replace(
        "</footer>", '<em class="comment-awaiting-moderation">دیدگاه شما در انتظار بررسی است.</em></footer>'
    )
    markup = f"""<ol class="comment-list">{listed(thread()[1:], html5)}
<li id="comment-19" class="pingback even thread-even depth-1"><div class="comment-body">Pingback: <a href="https://b.test/">وبلاگ</a></div>
<ol class="children"><li id="comment-22" class="comment odd depth-2">{html5(Spoken(22, "پریا", "ممنون.", 9), ARTICLE)}</li></ol></li>
<li id="comment-20" class="trackback odd depth-1"><div class="comment-body">Trackback: <a href="https://c.test/">دیگری</a></div></li>
<li id="comment-21" class="comment odd depth-1">{waiting}</li></ol>"""
    got = read(page(markup))
    assert [(c.publisher_id, c.parent_id, c.depth) for c in got.comments] == [
        ("15", None, 0),
        ("22", None, 0),
    ]


def test_breaks_quotes_and_smileys_are_kept_and_buttons_are_not() -> None:
    one = Spoken(5, "لیلا", "@@", 0)
    text = (
        "<blockquote><p>گفتهٔ او</p></blockquote><p>خط یک<br />\nخط دو <img class='wp-smiley' alt='🙂' src='s.png'/></p>"
        "<ul><li>یک</li><li>دو</li></ul><script>alert(1)</script><p><button>بیشتر</button>پایان</p>"
    )
    got = read(page(f"<ol>{listed([one], html5).replace('<p>@@</p>', text)}</ol>"))
    assert got.comments[0].text == "گفتهٔ او\n\nخط یک\nخط دو 🙂\n\nیک\n\nدو\n\nپایان"


def test_a_cite_and_a_link_of_the_writers_own_are_text_and_not_author_or_id() -> None:
    one = Spoken(5, "لیلا", "@@", 0)
    markup = listed([one], html5).replace(
        "<p>@@</p>", '<p><a href="#comment-3">@نگار</a> از <cite>سعدی</cite></p>'
    )
    markup = markup.replace('<b class="fn">', "<b>").replace(' vcard"', '"')
    got = read(page(f"<ol>{markup}</ol>"))
    assert [(c.publisher_id, c.author, c.text) for c in got.comments] == [("5", "لیلا", "@نگار از سعدی")]


WPDISCUZ = """<div class="wpd-thread-list"><div id='wpd-comm-5_0' class='comment even thread-even depth-1 wpd-comment wpd_comment_level-1'>
<div class="wpd-comment-wrap wpd-blog-guest"><div class="wpd-comment-left">{a}</div><div id="comment-5" class="wpd-comment-right">
<div class="wpd-comment-header"><div class="wpd-comment-author">نگار</div><div class="wpd-comment-date" title="2026-10-01 09:00">
<i></i> ۷ هفته قبل</div></div><div class="wpd-comment-text"><p>سلام به همه.</p></div><div class="wpd-comment-footer">
<div class="wpd-vote"><div class="wpd-vote-result">3</div></div><div class="wpd-reply-button"><span>پاسخ</span></div></div></div></div>
<div id="wpd-comm-6_5" class="comment odd depth-2 wpd-comment wpd-reply wpd_comment_level-2"><div class="wpd-comment-wrap">
<div id="comment-6" class="wpd-comment-right"><div class="wpd-comment-header"><div class="wpd-comment-author">آرش</div>
<div class="wpd-reply-to">پاسخ به <a href="#comment-5">نگار</a></div><div class="wpd-comment-date" title="2026-10-01 09:30">۷ هفته قبل
</div></div><div class="wpd-comment-text"><p>درود.</p></div></div></div></div>
<div id="wpd-comm-7_6" class="comment even depth-2 wpd-comment wpd_comment_level-2"><div class="wpd-comment-wrap">
<div id="comment-7" class="wpd-comment-right"><div class="wpd-comment-author">پری</div><div class="wpd-comment-date"
 title="2026-10-01 10:00">۷ هفته قبل</div><div class="wpd-comment-text"><p>خوش آمدید.</p></div></div></div></div></div></div>"""


def test_wpdiscuz_tells_the_true_parent_in_its_ids_and_the_date_in_its_title() -> None:
    got = read(page(WPDISCUZ.replace("{a}", ""), heading=""))
    assert got.origin == "wpdiscuz"
    assert [(c.publisher_id, c.parent_id, c.depth, c.author, c.text) for c in got.comments] == [
        ("5", None, 0, "نگار", "سلام به همه."),
        ("6", "5", 1, "آرش", "درود."),
        ("7", "6", 2, "پری", "خوش آمدید."),
    ]
    assert [c.published_raw for c in got.comments] == [
        "2026-10-01 09:00",
        "2026-10-01 09:30",
        "2026-10-01 10:00",
    ]
    assert got.comments[0].published_at == datetime(2026, 10, 1, 9, tzinfo=TEHRAN)


NAVIGATION: dict[str, tuple[str, str, int, list[str]]] = {
    "oldest first, page 1": (
        '<nav class="navigation comment-navigation"><div class="nav-next"><a href="{u}comment-page-2/#comments">تازه\u200cتر</a></div></nav>',
        ARTICLE,
        1,
        ["comment-page-2/"],
    ),
    "page 2 of 3, two links": (
        (
            '<nav class="comment-navigation"><div class="nav-previous"><a href="/news/7/#comments">کهنه\u200cتر</a></div>'
            '<div class="nav-next"><a href="/news/7/comment-page-3/#comments">تازه\u200cتر</a></div></nav>'
        ),
        f"{ARTICLE}comment-page-2/",
        2,
        ["", "comment-page-3/"],
    ),
    "newest first, only the older link": (
        '<nav class="comment-navigation"><div class="nav-previous"><a href="{u}comment-page-4/#comments">کهنه\u200cتر</a></div></nav>',
        ARTICLE,
        5,
        ["comment-page-4/"],
    ),
    "numbers": (
        (
            '<nav class="comments-pagination"><div class="nav-links"><a class="page-numbers" href="{u}comment-page-1/#comments">1</a> '
            '<span aria-current="page" class="page-numbers current">برگهٔ ۲</span> <a class="page-numbers" '
            'href="{u}comment-page-3/#comments">3</a></div></nav>'
        ),
        f"{ARTICLE}comment-page-2/",
        2,
        ["comment-page-1/", "comment-page-3/"],
    ),
    "plain addresses": (
        '<div class="comments-nav"><a class="prev" href="?p=7&amp;cpage=1#comments">1</a> <span class="current">2</span></div>',
        "https://rooznameh.test/?p=7",
        2,
        ["?p=7&cpage=1"],
    ),
    "another article's comments are none of ours": (
        '<div class="comment-nav"><a href="/news/9/comment-page-2/#comment-3">دیگری</a></div>',
        ARTICLE,
        1,
        [],
    ),
}


@pytest.mark.parametrize("name", NAVIGATION)
def test_further_pages_are_named_and_the_number_of_this_one_is_known(name: str) -> None:
    markup, url, number, more = NAVIGATION[name]
    comments = listed([Spoken(5, "لیلا", "سلام", 0)], lambda one, _: html5(one, ""))
    got = read(page(f"<ol>{comments}</ol>{markup.replace('{u}', ARTICLE)}"), url)
    assert got.comments[0].position == (number - 1) * 10_000
    base = "https://rooznameh.test/" if "?" in url else ARTICLE
    assert list(got.more) == [base + tail for tail in more]


def test_permalinks_on_a_default_page_that_is_the_last_tell_its_number() -> None:
    comments = listed(thread(), html5, url=f"{ARTICLE}comment-page-3/")
    got = read(page(f'<ol>{comments}</ol><a href="{ARTICLE}comment-page-2/#comments">پیش</a>'))
    assert got.comments[0].position == 20_000
    assert got.more == (f"{ARTICLE}comment-page-2/",)


HEADINGS = {
    "۵ دیدگاه": 5,
    "۱٬۲۳۴ دیدگاه در «سال ۱۳۹۵»": 1234,
    "نظرها (۱۲)": 12,
    "نظرات کاربران: 7": 7,
    "12 Comments": 12,
    "One thought on “1984”": 1,
    "یک دیدگاه در «باغ»": 1,
    "دیدگاه\u200cها": None,
    "3 Responses to “20 ways”": 3,
    "انتشار یافته: ۹ · در انتظار بررسی: ۰": 9,
    "بدون دیدگاه": 0,
}


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_heading_tells_how_many_there_are(heading: str) -> None:
    assert (
        read(page(f"<ol>{listed(thread(), html5)}</ol>", heading=heading)).declared_total == HEADINGS[heading]
    )


def test_a_page_without_comments_has_none_and_the_sidebar_gives_none() -> None:
    got = read(page("", heading=""))
    assert (got.comments, got.declared_total, got.more, got.origin) == ((), None, (), "")


def test_reading_does_not_change_the_tree() -> None:
    import lxml.html

    root = page(f"<ol>{listed(thread(), html5)}</ol>")
    before = lxml.html.tostring(root)
    read(root)
    assert lxml.html.tostring(root) == before
