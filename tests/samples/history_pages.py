# ruff: noqa: E501 - markup is easier to check in one line
"""Pages of an invented newspaper in three designs, made from the parts in ``histories/articles.toml``."""

from __future__ import annotations

import html
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

HISTORIES = Path(__file__).parent / "histories"
ORIGIN = "https://ruznameh.example"
Z = "\u200c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article of the newspaper."""

    name: str
    title: str
    slug: str
    number: int
    paragraphs: tuple[str, ...]
    language: str = "fa"

    def url(self, design: str) -> str:
        """Where a design of the site puts it."""
        if design == "portal":
            return f"{ORIGIN}/fa/news/{self.number}/{self.slug}"
        if design == "plain":
            return f"{ORIGIN}/news.php?id={self.number}"
        return f"{ORIGIN}/2026/02/{self.slug}/"


@cache
def _parts() -> dict[str, dict[str, object]]:
    text = (HISTORIES / "articles.toml").read_text().replace("|", Z)
    return tomllib.loads(text)


def notice(name: str) -> tuple[str, str]:
    title, text = _parts()["notices"][name]  # type: ignore[misc]
    return title, text


@cache
def story(name: str) -> Story:
    part = _parts()[name]
    return Story(name=name, **{**part, "paragraphs": tuple(part["paragraphs"])})  # type: ignore[arg-type]


SIBLINGS = ("library", "other", "strike")
COMMENTS = (
    ("4101", "رضا", "خسته نباشید، گزارش خوبی بود و حرف دل ما را زد."),
    ("4102", "مینا", "چرا اسم شرکت را ننوشته|اید؟ همه می|دانند کدام شرکت است."),
    ("4107", "یک شهروند", "ما سال|هاست همین را می|گوییم و کسی گوش نمی|دهد."),
    ("4110", "بهرام", "این سند را به بازرسی هم بدهید، شاید کسی پاسخ بدهد."),
    ("4115", "نسرین", "برادر من آنجا کار می|کند و هر چه نوشته|اید درست است."),
    ("4120", "علی", "منتظر ادامهٔ گزارش هستیم، لطفاً پی بگیرید."),
)


def comments(which: str) -> tuple[tuple[str, str, str], ...]:
    """``all``, ``none``, ``first:N``, ``without:N,M`` (places from 0), ``renumbered``."""
    every = tuple((number, name, text.replace("|", Z)) for number, name, text in COMMENTS)
    name, _, rest = which.partition(":")
    if name == "none":
        return ()
    if name == "first":
        return every[: int(rest)]
    if name == "without":
        gone = {int(one) for one in rest.split(",")}
        return tuple(one for place, one in enumerate(every) if place not in gone)
    if name == "renumbered":
        return tuple((str(90_000 + place), one[1], one[2]) for place, one in enumerate(every))
    return every


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How an article's page looks at one time."""

    design: str = "wordpress"
    comments: str = "all"
    closed: bool = False
    declared: int | None = None
    """How many comments it says it has; ``None``: as many as it shows."""
    more: str = ""
    """A further page of comments."""
    counter: int = 0
    """Page views, times, rotating lists: another number at each visit."""
    head: str = ""
    below: str = ""
    """Markup after the text: a wall."""
    form: bool = True


def article_page(one: Story, shown: Shown) -> bytes:
    """Return the page of an article."""
    text = "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in one.paragraphs)
    title = html.escape(one.title)
    url = one.url(shown.design)
    said = _thread(shown)
    byline = f'<p class="byline">نوشتهٔ مریم کاویانی · <time datetime="2026-02-01T08:30:00+03:30">۱۲ بهمن ۱۴۰۴</time> · {shown.counter + 311} بازدید</p>'
    if one.name == "gallery":
        text += "".join(f'<figure><img src="/img/s{n}.jpg" alt=""></figure>' for n in range(6))
    if shown.design == "portal":
        body = f'<main><article id="news"><h1>{title}</h1>{byline}<div class="news-text">{text}{shown.below}</div></article>{_related(shown)}{said}</main>'
    elif shown.design == "plain":
        body = f'<table><tr><td><h1>{title}</h1>{byline}<div>{text}{shown.below}</div>{said}</td><td class="sidebar">{_related(shown)}</td></tr></table>'
    else:
        body = f'<main id="primary"><article id="post-{one.number}" class="post type-post hentry"><header class="entry-header"><h1 class="entry-title">{title}</h1>{byline}</header><div class="entry-content">{text}{shown.below}</div></article>{said}</main><aside class="widget-area">{_related(shown)}</aside>'
    single = f"single single-post postid-{one.number}" if shown.design == "wordpress" else "story"
    head = f'<link rel="canonical" href="{url}"><meta property="og:type" content="article"><meta property="og:title" content="{title}">{shown.head}'
    return _page(one.title, body, head=head, body_class=single, language=one.language)


def _thread(shown: Shown) -> str:
    said = comments(shown.comments)
    items = "".join(
        f'<li class="comment" id="comment-{number}"><article class="comment-body"><footer class="comment-meta"><b class="fn">{name}</b> <a href="#comment-{number}"><time datetime="2026-02-01T1{place}:05:00+03:30">۱۲ بهمن</time></a></footer><div class="comment-content"><p>{text}</p></div></article></li>'
        for place, (number, name, text) in enumerate(said)
    )
    count = shown.declared if shown.declared is not None else len(said)
    listed = (
        f'<h2 class="comments-title">{count} دیدگاه</h2><ol class="comment-list">{items}</ol>'
        if said or shown.declared
        else ""
    )
    more = (
        f'<nav class="comment-navigation"><a href="{shown.more}">دیدگاه{Z}های تازه{Z}تر</a></nav>'
        if shown.more
        else ""
    )
    if shown.closed:
        form = f'<p class="no-comments">دیدگاه{Z}ها برای این مطلب بسته شده{Z}است.</p>'
    elif shown.form:
        form = '<form id="commentform" action="/wp-comments-post.php" method="post"><textarea name="comment"></textarea><input name="author"><input name="email"><input type="submit" value="فرستادن دیدگاه"></form>'
    else:
        form = ""
    return f'<div id="comments" class="comments-area">{listed}{more}{form}</div>'


def _related(shown: Shown) -> str:
    names = SIBLINGS[shown.counter % 3 :] + SIBLINGS[: shown.counter % 3]
    links = "".join(
        f'<li><a href="{story(name).url(shown.design)}">{story(name).title}</a></li>' for name in names
    )
    return f'<div class="related"><h3>بیشتر بخوانید</h3><ul>{links}</ul></div>'


def _page(title: str, body: str, *, head: str = "", body_class: str = "", language: str = "fa") -> bytes:
    menu = "".join(
        f'<li><a href="/{slug}">{name}</a></li>'
        for slug, name in (
            ("politics", "سیاست"),
            ("society", "جامعه"),
            ("economy", "اقتصاد"),
            ("art", "هنر"),
            ("about", "دربارهٔ ما"),
            ("login", "ورود"),
        )
    )
    return f"""<!doctype html><html lang="{language}" dir="{"ltr" if language == "en" else "rtl"}"><head><meta charset="utf-8"><title>{html.escape(title)} - روزنامهٔ نمونه</title>{head}</head>
<body class="{body_class}"><header class="site-header"><a href="/">روزنامهٔ نمونه</a><nav class="menu"><ul>{menu}</ul></nav></header>
{body}
<footer class="site-footer"><p>بازنشر نوشته{Z}های روزنامهٔ نمونه با یاد کردن از نام آن آزاد است. اگر نوشته{Z}ای از شما بی{Z}اجازه آمده، خبر دهید تا حذف شود.</p></footer></body></html>""".encode()


def message_page(title: str, *lines: str, body_class: str = "page", head: str = "") -> bytes:
    """Return a page of the site with a few words of its own."""
    text = "".join(f"<p>{line}</p>" for line in lines)
    return _page(title, f"<main><h1>{title}</h1>{text}</main>", head=head, body_class=body_class)


def not_found_page(counter: int = 0) -> bytes:
    """Return what the site shows for what it has not; the lists beside it turn."""
    return _page(
        "صفحهٔ مورد نظر پیدا نشد",
        f'<main><h1>صفحه{Z}ای که دنبالش بودید پیدا نشد</h1><p>شاید نشانی را نادرست نوشته{Z}اید، یا این صفحه ممکن است حذف شده باشد.</p><form action="/"><input name="s"></form></main><aside>{_related(Shown(counter=counter))}</aside>',
        body_class="error404",
    )


def wordless_soft_page() -> bytes:
    """Return a soft 404 without a word that says so: the newest news in the place of what is missing."""
    return _page(
        "تازه‌ترین‌ها",
        f"<main><h1>تازه{Z}ترین{Z}ها</h1><p>خواندنی{Z}های امروز را از دست ندهید.</p>{_related(Shown())}</main>",
    )


def list_page(title: str, links: tuple[tuple[str, str], ...]) -> bytes:
    """Return a front page, a section, the results of a search."""
    items = "".join(
        f'<article><h2><a href="{url}">{name}</a></h2><p>ادامهٔ این خبر را بخوانید.</p></article>'
        for name, url in links
    )
    return _page(title, f"<main>{items}</main>", body_class="home blog")


CHALLENGE = b"""<!doctype html><html><head><title>Just a moment...</title></head><body><div id="cf-wrapper"><h1>ruznameh.example</h1><p>Checking your browser before accessing the site.</p><script src="/cdn-cgi/challenge-platform/h/b/orchestrate/jsch/v1"></script></div></body></html>"""
BLOCK_PAGE = b"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1256"><title>M5-8</title></head><body><iframe src="http://10.10.34.34?type=Invalid Site&policy=MainPolicy" style="width: 100%; height: 100%" scrolling="no" marginwidth="0" marginheight="0" frameborder="0" vspace="0" hspace="0"></iframe></body></html>"""
PARKED = b"""<!doctype html><html><head><title>ruznameh.example</title></head><body><h1>ruznameh.example</h1><p>This domain is for sale. Buy this domain today.</p><ul><li><a href="/s?q=loans">Loans</a></li><li><a href="/s?q=hotels">Hotels</a></li></ul></body></html>"""
WAF_403 = b"<!doctype html><html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center><hr><center>nginx</center></body></html>"


def login_page() -> bytes:
    """Return the page where readers log in."""
    return _page(
        "ورود به حساب",
        '<main><h1>ورود کاربران</h1><p>برای خواندن این مطلب وارد حساب کاربری خود شوید.</p><form action="/login"><input name="user"><input type="password" name="pass"><button>ورود</button></form></main>',
    )


def upkeep_page() -> bytes:
    """Return what is shown while the whole site is being worked on."""
    return f'<!doctype html><html lang="fa"><head><meta charset="utf-8"><title>به زودی بازمی{Z}گردیم</title></head><body><h1>سایت در حال به{Z}روزرسانی است</h1></body></html>'.encode()


def walled(one: Story, keep: int) -> Story:
    """Return what a wall leaves of an article."""
    return replace(one, paragraphs=one.paragraphs[:keep])


PAY_BOX = '<div class="paywall"><p>برای خواندن ادامهٔ این مطلب مشترک شوید. اشتراک ماهانه با نخستین هفتهٔ رایگان.</p></div>'
CAPTCHA = '<script src="https://www.google.com/recaptcha/api.js?render=x"></script>'
