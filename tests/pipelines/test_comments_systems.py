"""Comments in the markup of other systems: Drupal, Iranian CMSs, schema.org, microformats."""

# Markup stands here as the systems write it:
# ruff: noqa: E501

from __future__ import annotations

import json
from datetime import UTC, datetime

from samples.comment_pages import ARTICLE, REFERENCE, TEHRAN, document

from model import CommentThread
from pipelines.comments import read_html_comments


def read(rest: str, head: str = "") -> CommentThread:
    return read_html_comments(
        document(rest, head=head), url=ARTICLE, reference=REFERENCE, timezone="Asia/Tehran"
    )


def rows(got: CommentThread) -> list[tuple[str | None, str | None, int, str | None, str]]:
    return [(c.publisher_id, c.parent_id, c.depth, c.author, c.text) for c in got.comments]


def test_drupal_8_and_later() -> None:
    got = read("""<section class="comments" id="comments"><h2>دیدگاه\u200cها</h2>
<a id="comment-31"></a><article data-comment-user-id="0" class="comment js-comment by-anonymous clearfix">
<mark class="hidden" data-comment-timestamp="1790850000"></mark>
<footer class="comment__meta"><p class="comment__submitted">نگار <span>پنج\u200cشنبه</span></p><p class="comment__author"><span>نگار</span></p></footer>
<div class="content comment__content"><div class="field field--name-comment-body"><p>سلام.</p></div>
<ul class="links inline"><li><a href="/comment/reply/node/7/comment/31">پاسخ</a></li></ul></div></article>
<div class="indented"><a id="comment-32"></a><article data-comment-user-id="4" class="comment js-comment clearfix">
<mark class="hidden" data-comment-timestamp="1790853600"></mark><footer class="comment__meta">
<p class="comment__author"><a class="username" href="/user/4">آرش</a></p>
<p class="parent visually-hidden">In reply to <a href="/comment/31#comment-31">سلام</a> by نگار</p></footer>
<div class="content comment__content"><p>درود.</p></div></article></div>
<a id="comment-33"></a><article class="comment js-comment by-anonymous clearfix"><footer class="comment__meta">
<p class="comment__author">پری</p></footer><div class="content comment__content"><p>پایان.</p></div></article></section>""")
    assert got.origin == "drupal"
    assert rows(got) == [
        ("31", None, 0, "نگار", "سلام."),
        ("32", "31", 1, "آرش", "درود."),
        ("33", None, 0, "پری", "پایان."),
    ]
    assert got.comments[0].published_at == datetime.fromtimestamp(1790850000, UTC)


def test_drupal_7_with_rdfa() -> None:
    def one(number: int, name: str, text: str) -> str:
        return f"""<a id="comment-{number}"></a><div class="comment comment-by-anonymous clearfix"
 about="/comment/{number}#comment-{number}" typeof="sioc:Post sioct:Comment"><div class="submitted"><span
 property="dc:date dc:created" content="2016-10-24T10:00:00+03:30" datatype="xsd:dateTime"><span class="username"
 xml:lang="" typeof="sioc:UserAccount" property="foaf:name" datatype="">{name}</span> — دوشنبه</span></div>
<div class="content"><div class="field field-name-comment-body"><div class="field-item" property="content:encoded"><p>{text}</p>
</div></div></div><ul class="links inline"><li><a href="/comment/reply/7/{number}">پاسخ</a></li></ul></div>"""

    got = read(
        f'<div id="comments" class="comment-wrapper"><h2 class="title">نظرات</h2>{one(4, "نگار", "سلام.")}'
        f'<div class="indented">{one(5, "آرش", "درود.")}</div>{one(6, "پری", "پایان.")}'
        '<div class="item-list"><ul class="pager"><li><a href="/news/7/?page=1">۲</a></li></ul></div></div>'
    )
    assert got.origin == "drupal"
    assert rows(got) == [
        ("4", None, 0, "نگار", "سلام."),
        ("5", "4", 1, "آرش", "درود."),
        ("6", None, 0, "پری", "پایان."),
    ]
    assert got.comments[0].published_at == datetime(2016, 10, 24, 10, tzinfo=TEHRAN)
    assert got.more == (f"{ARTICLE}?page=1",)


def test_iransamaneh() -> None:
    got = read("""<div class="comments_container"><a class="comments_topic">نظرات بینندگان</a>
<div class="com_title_p">انتشار یافته: <span>۲</span></div><div class="com_title_n">در انتظار بررسی: <span>۱</span></div>
<div class="comments_item" id="comm_1928054"><div class="comm_info_bar"><div class="comm_info"><div class="comm_info_content">
<div class="comm_info_name">ناشناس</div><span class="comm_sep">|</span><div class="comm_info_country"><img alt="Iran"></div>
<span class="comm_sep">|</span><div class="comm_info_date">۱۳:۵۰ - ۱۴۰۵/۰۷/۰۹</div></div></div>
<div class="comm_rating"><div class="rating_down">2</div><a class="rate_up_link"></a><div class="rating_up">14</div></div>
<div class="comm_answer_link"><a>پاسخ</a></div></div><div class="comments"><img alt="">خدا قوت به همه</div>
<div class="comm_answer"><div class="comm_answer_content"><div class="comm_answer_line"><div><div class="comment_answer_c">
<div class="comment_answer_2">رضا</div><span>|</span><div class="comment_answer_5">۱۴:۲۰ - ۱۴۰۵/۰۷/۰۹</div></div></div>
<img alt="">ممنون از شما</div></div></div></div></div>""")
    assert got.origin == "iransamaneh"
    assert rows(got)[0] == ("1928054", None, 0, "ناشناس", "خدا قوت به همه")
    answer = got.comments[1]
    assert (answer.parent_id, answer.depth, answer.author, answer.text) == (
        "1928054",
        1,
        "رضا",
        "ممنون از شما",
    )
    assert got.comments[0].published_raw == "۱۳:۵۰ - ۱۴۰۵/۰۷/۰۹"
    assert got.comments[0].published_at == datetime(2026, 10, 1, 13, 50, tzinfo=TEHRAN)
    assert got.declared_total == 2


def test_what_a_page_says_is_published_waits_and_is_refused_is_read_without_names() -> None:
    got = read("""<div class="q1"><h3>نظرات بینندگان</h3><p><span>انتشار یافته: ۹</span> <span>در انتظار بررسی: ۳</span>
<span>غیر قابل انتشار: ۲</span></p></div>""")
    assert (got.declared_total, got.pending_total, got.rejected_total) == (9, 3, 2)


def test_nastooh() -> None:
    got = read("""<section id="comments" class="box comments"><header><h2>نظرات</h2></header><ul class="comments-list">
<li class="clearfix user-comment"><div class="heading"><span class="author">احمد</span> <span class="location">IR</span>
<span class="date">۱۲:۳۰ - ۱۴۰۵/۰۷/۰۹</span><span class="vote">۳</span></div><div class="comment-body">کار خوبی است.</div></li>
<li class="clearfix"><div class="heading"><span class="author">مینا</span><span class="date">۱۲:۴۰ - ۱۴۰۵/۰۷/۰۹</span></div>
<div class="comment-body">آدرس کجاست؟</div></li></ul></section>""")
    assert [(c.author, c.text, c.published_raw) for c in got.comments] == [
        ("احمد", "کار خوبی است.", "۱۲:۳۰ - ۱۴۰۵/۰۷/۰۹"),
        ("مینا", "آدرس کجاست؟", "۱۲:۴۰ - ۱۴۰۵/۰۷/۰۹"),
    ]
    assert all(c.publisher_id is None and c.key.startswith("sha256:") for c in got.comments)


def test_schema_org_microdata_nests_answers() -> None:
    got = read("""<section><meta itemprop="commentCount" content="2"><div itemprop="comment" itemscope
 itemtype="https://schema.org/Comment" id="c-8"><span itemprop="author" itemscope itemtype="https://schema.org/Person">
<span itemprop="name">نگار</span></span><time itemprop="dateCreated" datetime="2026-10-01T08:00:00Z">دیروز</time>
<div itemprop="text"><p>سلام.</p></div><div itemprop="comment" itemscope itemtype="https://schema.org/Comment" id="c-9">
<span itemprop="author">آرش</span><meta itemprop="dateCreated" content="2026-10-01T09:00:00Z">
<div itemprop="text">درود.</div></div></div></section>""")
    assert got.origin == "schema.org"
    assert rows(got) == [("8", None, 0, "نگار", "سلام."), ("9", "8", 1, "آرش", "درود.")]
    assert [c.published_at for c in got.comments] == [
        datetime(2026, 10, 1, 8, tzinfo=UTC),
        datetime(2026, 10, 1, 9, tzinfo=UTC),
    ]
    assert got.declared_total == 2


def test_schema_org_rdfa() -> None:
    got = read("""<div vocab="https://schema.org/"><div typeof="Comment" resource="#c3"><span property="author">نگار</span>
<time property="dateCreated" datetime="2026-10-01T08:00:00Z">۹ مهر</time><p property="text">سلام.</p></div></div>""")
    assert [(c.author, c.text, c.published_raw) for c in got.comments] == [
        ("نگار", "سلام.", "2026-10-01T08:00:00Z")
    ]


def test_json_ld_with_answers_parent_items_and_a_count() -> None:
    value = {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "NewsArticle",
                "commentCount": 4,
                "comment": [
                    {
                        "@type": "Comment",
                        "url": f"{ARTICLE}#comment-1",
                        "author": {"@type": "Person", "name": "نگار"},
                        "dateCreated": "2026-10-01T08:00:00+03:30",
                        "text": "<p>سلام.</p><p>خوبید؟</p>",
                        "comment": {"@type": "Comment", "author": {"name": "آرش"}, "text": "درود &amp; سپاس"},
                    },
                    {
                        "@type": "Comment",
                        "@id": "#comment-2",
                        "parentItem": {"@id": "#comment-1"},
                        "author": "پری",
                        "text": "من هم.",
                    },
                    {"@type": "Comment", "creativeWorkStatus": "Deleted", "text": "پاک شد"},
                ],
            }
        ],
    }
    got = read("", head=f'<script type="application/ld+json">{json.dumps(value)}</script>')
    assert got.origin == "schema.org"
    assert got.declared_total == 4
    assert [(c.publisher_id, c.parent_id, c.author, c.text) for c in got.comments] == [
        ("1", None, "نگار", "سلام.\n\nخوبید؟"),
        (None, "1", "آرش", "درود & سپاس"),
        ("2", "1", "پری", "من هم."),
    ]
    assert got.comments[0].url == f"{ARTICLE}#comment-1"


def test_broken_json_ld_is_no_comment() -> None:
    head = '<script type="application/ld+json">{"@type": "Comment", "text": </script>' + (
        f'<script type="application/ld+json">{"[" * 5000}"comment"</script>'
    )
    assert read("", head=head).comments == ()


def test_microformats_2() -> None:
    got = read("""<section class="responses"><div class="u-comment h-cite" id="c71"><a class="p-author h-card" href="https://n.test">نگار</a>
<a class="u-url" href="#c71"><time class="dt-published" datetime="2026-10-01T08:00:00+03:30">۹ مهر</time></a>
<div class="e-content"><p>سلام.</p></div></div></section>""")
    assert got.origin == "microformats"
    assert rows(got) == [("71", None, 0, "نگار", "سلام.")]


def test_hatom_entries_count_only_within_something_named_for_comments() -> None:
    entry = """<div class="hentry" id="comment-{n}x"><span class="author vcard"><span class="fn">{a}</span></span>
<abbr class="published" title="2026-10-01T08:00:00+03:30">۹ مهر</abbr><div class="entry-content"><p>{t}</p></div></div>"""
    two = entry.format(n=1, a="نگار", t="سلام.") + entry.format(n=2, a="آرش", t="درود.")
    assert [c.author for c in read(f'<div id="comments">{two}</div>').comments] == ["نگار", "آرش"]
    assert read(f'<div class="latest">{two}</div>').comments == ()


def test_a_comment_that_shows_only_its_class_still_needs_name_and_date_or_text() -> None:
    assert read('<div class="comment">این یادداشت سردبیر است و دیدگاه نیست.</div>').comments == ()
    got = read("""<div class="discuss"><div class="comment-item" data-comment-id="a7"><b class="author">نگار</b>
<span class="date">۹ مهر ۱۴۰۵ ساعت ۱۰:۲۰</span><p class="comment-text">سلام.</p></div></div>""")
    assert rows(got) == [("a7", None, 0, "نگار", "سلام.")]


def test_an_id_that_all_comments_share_is_no_id() -> None:
    one = """<div class="comment-item" data-id="700"><b class="author">{a}</b><span class="date">۹ مهر ۱۴۰۵</span>
<p class="comment-text">{t}</p></div>"""
    got = read(f'<div id="comments">{one.format(a="نگار", t="یک")}{one.format(a="آرش", t="دو")}</div>')
    assert [(c.publisher_id, c.text) for c in got.comments] == [(None, "یک"), (None, "دو")]
