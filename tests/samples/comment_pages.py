"""Pages with comments, written by us in the markup that WordPress's core and its themes write."""

# Markup stands here as the systems write it:
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from html import escape

import lxml.html

TEHRAN = timezone(timedelta(hours=3, minutes=30))
REFERENCE = datetime(2026, 11, 23, 12, 0, tzinfo=TEHRAN)
ARTICLE = "https://rooznameh.test/news/7/"
BODY = (
    "باغ گیاه\u200cشناسی شهر از امروز درهایش را به روی همه باز می\u200cکند و هر هفته یک کارگاه رایگان دارد. "
    "به گفتهٔ مدیر باغ، بیش از دو هزار گونه در گلخانه\u200cها نگه\u200cداری می\u200cشود و دانش\u200cآموزان می\u200cتوانند "
    "در کاشت نهال\u200cها همراه شوند. این برنامه تا پایان پاییز ادامه دارد و ورودی آن رایگان است."
)


@dataclass
class Spoken:
    """One comment as its writer and the site's database have it."""

    number: int
    author: str
    text: str
    minutes: int
    answers: list[Spoken] = field(default_factory=list)

    @property
    def moment(self) -> datetime:
        return datetime(2026, 10, 1, 8, 0, tzinfo=TEHRAN) + timedelta(minutes=self.minutes)


def thread() -> list[Spoken]:
    """Return a thread three deep, with an answer to an answer, two paragraphs, and an emoji."""
    return [
        Spoken(
            11,
            "نگار",
            "خبر خوبی بود. می\u200cخواهم بیایم.",
            0,
            [
                Spoken(
                    12,
                    "پویا رودی",
                    "من هم می\u200cآیم!\n\nاز کدام در؟",
                    5,
                    [Spoken(14, "نگار", "از در شمالی.", 20)],
                ),
                Spoken(13, "كاوه", "كتاب‌هاي گياهان را هم بياوريد.", 9),
            ],
        ),
        Spoken(15, "بهار & دوستان", "ساعت ۱۰ باز است؟", 30),
    ]


def flat(spoken: Sequence[Spoken], parent: int | None = None) -> list[tuple[Spoken, int | None]]:
    """Return every comment with its parent's number, in the order shown."""
    return [pair for one in spoken for pair in [(one, parent), *flat(one.answers, one.number)]]


def _paragraphs(text: str) -> str:
    return "\n".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))


def _reply(one: Spoken) -> str:
    return (
        f"<div class='reply'><a rel='nofollow' class='comment-reply-link' href='{ARTICLE}?replytocom={one.number}#respond' "
        f"data-commentid='{one.number}' data-postid='7' aria-label='پاسخ به {escape(one.author)}'>پاسخ دادن</a></div>"
    )


_AVATAR = (
    "<img alt='' src='https://gravatar.test/a?s=60' class='avatar avatar-60 photo' height='60' width='60'/>"
)


def html5(one: Spoken, url: str) -> str:
    """Walker_Comment::html5_comment."""
    return f"""<article id="div-comment-{one.number}" class="comment-body"><footer class="comment-meta">
<div class="comment-author vcard">{_AVATAR} <b class="fn"><a href="https://{one.number}.test" rel="external nofollow ugc"
 class="url">{escape(one.author)}</a></b> <span class="says">گفت:</span></div>
<div class="comment-metadata"><a href="{url}#comment-{one.number}"><time datetime="{one.moment.isoformat()}">اکتبر ۱، ۲۰۲۶
 در {one.moment:%H:%M}</time></a></div></footer>
<div class="comment-content">{_paragraphs(one.text)}</div>{_reply(one)}</article>"""


def xhtml(one: Spoken, url: str) -> str:
    """Walker_Comment::comment, for themes that do not support html5: the text has no element of its own."""
    return f"""<div id="div-comment-{one.number}" class="comment-body"><div class="comment-author vcard">{_AVATAR}
<cite class="fn">{escape(one.author)}</cite> <span class="says">گفت:</span></div>
<div class="comment-meta commentmetadata"><a href="{url}#comment-{one.number}">2026-10-01 {one.moment:%H:%M}</a></div>
{_paragraphs(one.text)}{_reply(one)}</div>"""


def astra(one: Spoken, url: str) -> str:
    """Write a theme with a callback: li#li-comment-7 around article#comment-7, and a ``section.comment`` within."""
    return f"""<article id="comment-{one.number}" class="ast-comment"><div class="ast-comment-info"><div class="ast-comment-avatar-wrap">
{_AVATAR}</div><header class="ast-comment-meta ast-row ast-comment-author capitalize"><div class="ast-comment-cite-wrap"><cite>
<b class="fn">{escape(one.author)}</b></cite></div><div class="ast-comment-time"><span class="timendate">
<a href="{url}#comment-{one.number}"><time datetime="{one.moment.isoformat()}">۹ مهر ۱۴۰۵</time></a></span></div></header></div>
<section class="ast-comment-content comment">{_paragraphs(one.text)}<div class="ast-comment-edit-reply-wrap">{_reply(one)}
</div></section></article>"""


def block(one: Spoken, url: str) -> str:
    """core/comment-template: a block theme."""
    return f"""<div class="wp-block-columns is-layout-flex"><div class="wp-block-column"><div class="wp-block-avatar">{_AVATAR}
</div></div><div class="wp-block-column"><div class="wp-block-comment-author-name">{escape(one.author)}</div>
<div class="wp-block-group"><div class="wp-block-comment-date"><time datetime="{one.moment.isoformat()}">
<a href="{url}#comment-{one.number}">اکتبر 1, 2026</a></time></div></div>
<div class="wp-block-comment-content">{_paragraphs(one.text)}</div><div class="wp-block-comment-reply-link">{_reply(one)}</div>
</div></div>"""


def opaque(one: Spoken, url: str) -> str:
    """WordPress's structure with every class and id renamed."""
    return f"""<article class="zq4"><footer class="zq5"><div class="zq6"><b class="zq7">{escape(one.author)}</b>
<span class="zq8">گفت:</span></div><div class="zq9"><a href="{url}#k{one.number}"><time datetime="{one.moment.isoformat()}">
۹ مهر ۱۴۰۵</time></a></div></footer><div class="zq10">{_paragraphs(one.text)}</div>
<div class="zq11"><a href="#r">پاسخ</a></div></article>"""


Form = Callable[[Spoken, str], str]


def listed(
    spoken: Sequence[Spoken],
    form: Form,
    *,
    url: str = ARTICLE,
    depth: int = 1,
    max_depth: int = 5,
    tag: str = "li",
    prefix: str = "comment-",
    plain: bool = False,
) -> str:
    """Write the comments as a list; from ``max_depth`` on answers stand beside what they answer, as core draws them."""
    parts = []
    for one in spoken:
        marks = f"comment even thread-even depth-{depth}" + (" parent" if one.answers else "")
        attributes = 'class="zq3"' if plain else f'id="{prefix}{one.number}" class="{marks}"'
        inner = form(one, url)
        keywords = {"url": url, "max_depth": max_depth, "tag": tag, "prefix": prefix, "plain": plain}
        below = ""
        if one.answers and depth < max_depth:
            below = listed(one.answers, form, depth=depth + 1, **keywords)  # type: ignore[arg-type]
            if tag == "li":
                below = f'<ol class="{"zq12" if plain else "children"}">{below}</ol>'
        parts.append(f"<{tag} {attributes}>{inner}{below}</{tag}><!-- #comment-## -->")
        if one.answers and depth >= max_depth:
            parts.append(listed(one.answers, form, depth=depth, **keywords))  # type: ignore[arg-type]
    return "\n".join(parts)


RESPOND = """<div id="respond" class="comment-respond"><h3 id="reply-title" class="comment-reply-title">دیدگاهتان را بنویسید
<small><a rel="nofollow" id="cancel-comment-reply-link" href="/news/7/#respond" style="display:none;">لغو پاسخ</a></small></h3>
<form action="/wp-comments-post.php" method="post" id="commentform" class="comment-form"><p class="comment-notes">نشانی ایمیل
شما منتشر نخواهد شد.</p><p><label for="comment">دیدگاه</label><textarea id="comment" name="comment"></textarea></p>
<p><input id="author" name="author" type="text"/></p><p><input id="email" name="email" type="email"/></p>
<p><input name="submit" type="submit" value="فرستادن دیدگاه"/><input type="hidden" name="comment_post_ID" value="7"/></p>
</form></div>"""


def page(
    comments: str, *, heading: str = "۵ دیدگاه", head: str = "", after: str = ""
) -> lxml.html.HtmlElement:
    """Return a whole article page around ``comments``."""
    title = f'<h2 class="comments-title">{heading}</h2>' if heading else ""
    return document(
        f'<div id="comments" class="comments-area">{title}{comments}{RESPOND}</div>{after}', head=head
    )


def document(rest: str, *, head: str = "") -> lxml.html.HtmlElement:
    """Return an article page with ``rest`` after the article."""
    text = f"""<!DOCTYPE html><html dir="rtl" lang="fa-IR"><head><meta charset="utf-8"><title>باغ</title>{head}</head>
<body class="single-post comments-open"><header><nav class="nav"><a href="/">خانه</a><a href="/news/">خبر</a></nav></header>
<main id="main"><article class="post hentry"><h1 class="entry-title">باغ گیاه\u200cشناسی باز شد</h1>
<span class="author vcard"><a class="fn" href="/author/a">سردبیر</a></span>
<time class="published" datetime="2026-10-01T07:00:00+03:30">۹ مهر ۱۴۰۵</time>
<div class="entry-content"><p>{BODY}</p><p>{BODY}</p></div></article>{rest}</main>
<aside class="widget-area"><section class="widget widget_recent_comments"><h2 class="widget-title">آخرین دیدگاه\u200cها</h2>
<ul id="recentcomments"><li class="recentcomments"><span class="comment-author-link">آرش</span> در <a
 href="https://rooznameh.test/news/3/#comment-4">خبری دیگر</a></li></ul></section></aside>
<footer class="site-footer"><p>همهٔ حقوق محفوظ است.</p></footer></body></html>"""
    return lxml.html.document_fromstring(text.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
