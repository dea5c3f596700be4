# ruff: noqa: E501 - markup is easier to check in one line
"""Pages of a Persian news site, written for these tests: WordPress markup, and the same with names that say nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime

REFERENCE = datetime(2016, 10, 25, 12, 0, tzinfo=UTC)
URL = "https://www.example.org/politics/304512"
Z = "\u200c"

TITLE = f"شهرداری از گشایش سه کتابخانهٔ تازه خبر می{Z}دهد"
LEDE = f"سخنگوی شهرداری می{Z}گوید کار ساخت سه کتابخانهٔ تازه در محله{Z}های جنوبی شهر رو به پایان است و درها تا پاییز باز می{Z}شوند."
PARAGRAPHS = (
    (
        f"مریم رضایی، سخنگوی شهرداری، روز دوشنبه گفت که ساختمان{Z}ها آماده{Z}اند و تنها چیدن قفسه{Z}ها مانده است. او افزود که نخستین "
        f"کتابخانه در هفتهٔ آینده درهای خود را به روی مردم باز می{Z}کند."
    ),
    f"به گفتهٔ او، هر کتابخانه نزدیک به بیست{Z}هزار جلد کتاب خواهد داشت: «می{Z}خواهیم کودکان هر محله بتوانند پیاده به کتابخانه بروند.»",
    (
        f"شورای شهر دو سال پیش بودجهٔ این طرح را پذیرفته بود، اما کار به سبب کمبود مصالح عقب افتاد. مهندسان می{Z}گویند که اکنون همهٔ "
        f"وسیله{Z}ها رسیده و کارگران در دو نوبت کار می{Z}کنند."
    ),
    f"کتابداران امیدوارند که با گشایش این ساختمان{Z}ها، شمار اعضا تا پایان سال دو برابر شود.",
)
WIDGET = "ارتباط ناشناخته. ارتباط بدون سانسور. ارتباط برقرار نمی\u200cشود. سایت اصلی احتمالاً زیر سانسور است. ارتباط با سایت (های) موازی برقرار شد. ارتباط اینترنت خود را امتحان کنید."
PLEA = (
    "این مطلب را پسندیدید؟ کمک مالی شما به ما این امکان را خواهد داد که از این نوع مطالب بیشتر منتشر کنیم.",
    "آیا مایل هستید ما را در تحقیق و نوشتن تعداد بیشتری از این\u200cگونه مطالب یاری کنید؟",
    "در حال حاضر امکان دریافت کمک مخاطبان ساکن ایران وجود ندارد.",
)
COMMENTS = (
    f"چه خبر خوبی، محلهٔ ما سال{Z}ها چشم به راه کتابخانه بود و بچه{Z}ها جایی برای خواندن نداشتند.",
    "کتابدار هم استخدام می\u200cکنند؟ من دو سال در کتابخانهٔ دانشگاه کار کرده\u200cام.",
)
RELATED = (
    "پل تازه بر رودخانه تا بهار آماده می\u200cشود",
    "موزهٔ شهر پس از بازسازی باز شد",
    "بهای بلیت اتوبوس تغییر نمی\u200cکند",
)

_OPAQUE: dict[str, str] = {}


def _names(markup: str) -> str:
    """Replace every class and id by one that says nothing, the same for the same name."""

    def opaque(match: re.Match[str]) -> str:
        name = match[2]
        return f'{match[1]}="x{_OPAQUE.setdefault(name, str(len(_OPAQUE) + 100))}"'

    return re.sub(r'(class|id)="([^"]*)"', opaque, markup)


def news_page(*, opaque: bool = False, head: str = "", schema: bool = True) -> bytes:
    """Return the page modelled on a real one: connection widget, lede twice, plea, comment form, comments."""
    paragraphs = "\n".join(f"<p>{text}</p>" for text in (LEDE, *PARAGRAPHS))
    plea = "\n".join(f"<p>{text}</p>" for text in PLEA)
    related = "\n".join(
        f'<li><a href="/politics/{n}">{text}</a></li>' for n, text in enumerate(RELATED, 304000)
    )
    comments = "\n".join(
        f'<li id="comment-{n}" class="comment even depth-1"><article id="div-comment-{n}" class="comment-body">'
        f'<footer class="comment-meta"><div class="comment-author vcard"><b class="fn">بابک {n}</b> '
        f'<span class="says">گفت:</span></div><div class="comment-metadata"><time datetime="2016-10-24T1{n}:00:00+03:30">'
        f"۳ آبان ۱۳۹۵</time></div></footer>"
        f'<div class="comment-content"><p>{text}</p></div></article></li>'
        for n, text in enumerate(COMMENTS)
    )
    declared = (
        '<meta property="og:type" content="article"><meta property="article:published_time" '
        'content="2016-10-24T14:25:00+03:30"><meta property="article:modified_time" content="2016-10-24T16:00:00+03:30">'
        if schema
        else ""
    )
    markup = f"""<!DOCTYPE html>
<html dir="rtl" lang="fa-IR"><head><meta charset="utf-8"><title>{TITLE} - رادیو نمونه</title>
<meta property="og:site_name" content="رادیو نمونه"><meta property="og:title" content="{TITLE}">
<link rel="canonical" href="{URL}/">{declared}{head}</head>
<body class="rtl single single-post postid-304512 single-format-standard">
<div id="connection-status" class="deflect-widget"><p>{WIDGET} <a href="/more">ادامه مطلب</a></p></div>
<header class="site-header"><p class="site-title"><a href="/">رادیو نمونه</a></p>
<nav class="main-navigation"><ul><li><a href="/politics/">سیاست</a></li><li><a href="/culture/">فرهنگ</a></li></ul></nav></header>
<div class="site-content"><div class="content-area"><div class="hentry post">
<h1 class="entry-title">{TITLE}</h1>
<div class="entry-meta"><span class="posted-on"><time class="entry-date published" datetime="2016-10-24T14:25:00+03:30">۳ آبان ۱۳۹۵</time></span>
<span class="byline">نوشتهٔ <a rel="author" href="/author/sara">سارا کریمی</a></span></div>
<div class="entry-summary"><p>{LEDE}</p></div>
<figure class="post-thumbnail"><img src="/files/library.jpg" alt="نمای کتابخانه" width="800" height="450"><figcaption>ساختمان تازهٔ کتابخانه - عکس: آرشیو شهر</figcaption></figure>
<div class="entry-content">
{paragraphs}
</div>
<div class="donation-box">{plea}<p><a href="/donate">توضیح بیشتر در مورد این\u200cکه چطور از ما حمایت کنید</a></p></div>
<div class="sharing"><h3>به اشتراک بگذارید</h3><ul><li><a href="https://t.me/share?url=x">تلگرام</a></li><li><a href="mailto:?subject=x">ایمیل</a></li></ul></div>
<div class="related-posts"><h3>بیشتر بخوانید</h3><ul>{related}</ul></div>
</div>
<div id="comments" class="comments-area">
<div id="respond" class="comment-respond"><h3 id="reply-title">نظر بدهید</h3><p>در پرکردن فرم خطایی صورت گرفته</p>
<form action="/wp-comments-post.php" method="post" id="commentform"><p>نشانی ایمیل شما منتشر نخواهد شد.</p>
<textarea name="comment"></textarea><input name="author"><input name="email"><input type="submit" value="فرستادن">
<input type="hidden" name="comment_post_ID" value="304512"></form></div>
<h2 class="comments-title">نظرها</h2><ol class="comment-list">{comments}</ol></div>
</div></div>
<footer class="site-footer"><p>همهٔ حقوق برای رادیو نمونه محفوظ است.</p><a href="/about">درباره ما</a></footer>
</body></html>"""
    return (_names(markup) if opaque else markup).encode()


def front_page() -> bytes:
    """Return a front page: teasers, each with a line of text, and a pager."""
    teasers = "\n".join(
        f'<article class="c7"><h2><a href="/politics/{304500 + n}">{title} شماره {n}</a></h2>'
        f"<p>{PARAGRAPHS[n % 4][:90]}…</p><time>۳ آبان ۱۳۹۵</time></article>"
        for n, title in enumerate(RELATED * 4)
    )
    return f"""<!DOCTYPE html><html lang="fa" dir="rtl"><head><meta charset="utf-8"><title>رادیو نمونه</title>
<meta property="og:type" content="website"></head><body><nav><a href="/politics/">سیاست</a></nav><main>{teasers}
<div class="pagination"><span class="current">۱</span> <a href="/page/2/">۲</a> <a href="/page/3/">۳</a> <a href="/page/2/">بعدی ›</a></div>
</main></body></html>""".encode()
