"""Comments in markup that nobody described, and what must not be taken for them."""

# Markup stands here as the systems write it:
# ruff: noqa: E501

from __future__ import annotations

import pytest
from samples.comment_pages import ARTICLE, REFERENCE, Spoken, document, flat, html5, listed, opaque, thread

from model import CommentThread
from pipelines.comments import comment_regions, read_html_comments


def read(rest: str) -> CommentThread:
    return read_html_comments(document(rest), url=ARTICLE, reference=REFERENCE, timezone="Asia/Tehran")


FORM = '<form action="/send"><input name="name"><input type="email" name="email"><textarea name="text"></textarea></form>'
RENAMED = f'<ol class="zq2">{listed(thread(), opaque, plain=True)}</ol>'


@pytest.mark.parametrize(
    "heading", ["نظرها", "دیدگاه\u200cها (۵)", "کامنت\u200cها", "نظرات کاربران", "5 Comments", "۵ نظر"]
)
def test_renamed_wordpress_markup_is_found_under_a_heading(heading: str) -> None:
    got = read(f'<section class="zq1"><h3>{heading}</h3>{RENAMED}</section>')
    assert got.origin == "repeated"
    expected = flat(thread())
    assert [(c.author, c.text, c.published_at) for c in got.comments] == [
        (one.author, one.text, one.moment) for one, _ in expected
    ]
    keys = {one.number: c.key for (one, _), c in zip(expected, got.comments, strict=True)}
    assert [c.parent_id for c in got.comments] == [keys[parent] if parent else None for _, parent in expected]
    assert [c.depth for c in got.comments] == [0, 1, 2, 1, 0]


def test_renamed_wordpress_markup_is_found_beside_a_form_without_any_heading() -> None:
    unanswerable = RENAMED.replace("پاسخ دادن", "نشانی").replace("پاسخ", "نشانی")
    assert len(read(f'<section class="zq1">{unanswerable}{FORM}</section>').comments) == 5
    assert read(f'<section class="zq1">{unanswerable}</section>').comments == ()


@pytest.mark.parametrize(
    "button", ["<a href='#'>پاسخ</a>", "<button> Reply\n</button>", "<span>پاسخ دهيد</span>"]
)
def test_a_button_to_answer_in_each_makes_them_comments_without_heading_and_form(button: str) -> None:
    rows = divs(*ROWS).replace('<a href="#">پاسخ</a>', button)
    got = read(f'<div class="x">{rows}</div>')
    assert [(c.author, c.published_raw, c.text) for c in got.comments] == list(ROWS)


def test_of_one_record_a_button_to_answer_makes_no_comment() -> None:
    assert read(f'<div class="x">{divs(ROWS[0])}</div>').comments == ()


def test_buttons_to_answer_beside_records_that_have_none_make_no_comments() -> None:
    rows = divs(*ROWS).replace("پاسخ", "نشانی")
    assert (
        read(f'<div class="x">{rows}<p><a href="#">پاسخ</a> <a href="#">Reply</a></p></div>').comments == ()
    )


def test_a_single_comment_needs_a_heading() -> None:
    one = f'<div class="zq2">{listed([Spoken(1, "بهار", "دفترها، نه دفاتر.", 3)], opaque, plain=True, tag="div")}</div>'
    got = read(f"<section><h2>نظرها</h2>{one}</section>")
    assert [(c.author, c.text, c.parent_id) for c in got.comments] == [("بهار", "دفترها، نه دفاتر.", None)]
    assert read(f"<section>{one}{FORM}</section>").comments == ()


DIVS = """<div class="b9"><div class="row a1"><span class="n3">{a}</span><span class="n4">{d}</span></div>
<div class="n5"><p>{t}</p></div><div class="n6"><a href="#">پاسخ</a> <span>۴</span> <button>پسندیدم</button></div></div>"""


def divs(*rows: tuple[str, str, str]) -> str:
    return "".join(DIVS.format(a=a, d=d, t=t) for a, d, t in rows)


ROWS = (
    ("نگار", "۹ مهر ۱۴۰۵ ساعت ۱۰:۲۰", "کاش زودتر باز می\u200cشد."),
    ("پویا", "۱۰ مهر ۱۴۰۵ ساعت ۰۸:۰۵", "دیروز رفتم، ۲ ساعت پیش برگشتم و ۳ ساعت در راه بودم."),
    ("بهار", "۱۱ مهر ۱۴۰۵", "خوب بود"),
)


def test_printed_dates_part_records_and_dates_within_a_text_do_not() -> None:
    got = read(f'<div class="x"><h4>نظرات (۳)</h4>{divs(*ROWS)}</div>')
    assert [(c.author, c.published_raw, c.text) for c in got.comments] == list(ROWS)
    assert got.declared_total == 3
    assert all(c.published_at is not None for c in got.comments)


def test_keys_are_the_same_in_another_capture_and_true_duplicates_differ() -> None:
    relative = (
        ("نگار", "۲ ساعت پیش", "سلام"),
        ("پویا", "۳ ساعت پیش", "درود"),
        ("نگار", "۲ ساعت پیش", "سلام"),
    )
    later = tuple((a, d.replace("ساعت", "روز"), t.replace("س", "س")) for a, d, t in relative)
    first = read(f"<div><h4>نظرات</h4>{divs(*relative)}</div>").comments
    second = read(f"<div><h4>نظرات</h4>{divs(*later)}</div>").comments
    assert [c.key for c in first] == [c.key for c in second]
    assert len({c.key for c in first}) == 3


NOT_COMMENTS = {
    "latest articles under a heading for comments": "<h3>نظرها</h3><ul>"
    + "".join(
        f'<li><b>سیاست</b> <a href="/news/{n}/">عنوان خبری دیگر دربارهٔ شهر</a> <time datetime="2026-10-0{n}">{n} مهر</time></li>'
        for n in (1, 2, 3)
    )
    + "</ul>",
    "no heading, no form, nothing to answer with": divs(*ROWS).replace("پاسخ", "نشانی"),
    "a heading of something else": f"<h3>تازه\u200cترین یادداشت\u200cها</h3>{divs(*ROWS)}".replace(
        "پاسخ", "نشانی"
    ),
    "records without names": "<h3>نظرها</h3>"
    + "".join(
        f"<div class='q'><p>متنی بلند دربارهٔ چیزی دیگر است.</p><i>{n} مهر ۱۴۰۵</i></div>" for n in (1, 2, 3)
    ),
    "a list in the sidebar": f"<aside><h3>نظرها</h3>{divs(*ROWS)}</aside>",
    "the same name everywhere": f"<h3>نظرها</h3>{divs(*[('ادامه', f'{n} مهر ۱۴۰۵', f'متن {n}') for n in (1, 2, 3, 4)])}",
    "a heading and a form only": f"<h3>نظرها</h3><p>هنوز کسی چیزی ننوشته است.</p>{FORM}",
    "a timeline of the article": "<h3>نظر شما</h3>"
    + "".join(f"<p><strong>{n} مهر ۱۴۰۵</strong> نشست برگزار شد و گزارش آن آمد.</p>" for n in (1, 2, 3)),
}


@pytest.mark.parametrize("name", NOT_COMMENTS)
def test_nothing_is_invented(name: str) -> None:
    assert read(f'<div class="x">{NOT_COMMENTS[name]}</div>').comments == ()


def test_known_marks_win_over_what_repeats() -> None:
    got = read(f"<div><h3>نظرها</h3>{divs(*ROWS)}</div><ol>{listed(thread(), html5)}</ol>")
    assert got.origin == "wordpress-html"


def test_regions_hold_what_repeats_and_its_heading_and_not_the_article() -> None:
    root = document(f'<section class="zq1"><h3>نظرها</h3>{RENAMED}</section>')
    text = " ".join(region.text_content() for region in comment_regions(root))
    assert "می\u200cخواهم بیایم" in text
    assert "نظرها" in text
    assert "دانش\u200cآموزان" not in text


@pytest.mark.parametrize(("name", "count"), [("ناشناس", 5), ("روابط عمومی", 0)])
def test_everybody_may_be_nobody_and_a_caption_is_no_name(name: str, count: int) -> None:
    rows = "".join(
        f"<div class=q><b>{name}</b><i>{n + 1} مهر ۱۴۰۵</i><p>متن شمارهٔ {n}.</p></div>" for n in range(5)
    )
    got = read(f"<h3>نظرها</h3>{rows}")
    assert len(got.comments) == count
    assert all(comment.author == name for comment in got.comments)
