# ruff: noqa: E501 - markup is easier to check in one line
"""Pages with one article each, in three languages and nine kinds of markup, all written for these tests, with
what their author wrote: the text, and who wrote it when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

Z = "\u200c"


@dataclass(frozen=True, kw_only=True)
class Words:
    """One article, and what a site of its language prints around it."""

    language: str
    title: str
    lede: str
    author: str
    date: str
    day: str
    """The date as ISO 8601."""
    opening: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]
    """(sub-heading, paragraph)."""
    items: tuple[str, ...]
    quote: str
    table: tuple[tuple[str, str], ...]
    question: str
    answer: str
    caption: str
    about: str
    advert: str
    share: tuple[str, ...]
    related: str
    others: tuple[str, ...]
    plea: str
    form: str
    comments: tuple[str, ...]
    menu: tuple[str, ...]
    foot: str
    house: str


PERSIAN = Words(
    language="fa",
    title=f"رودخانهٔ شهر پس از ده سال دوباره آب دارد و مردم به کناره{Z}اش برگشته{Z}اند",
    lede=f"بازگشت آب به رودخانه زندگی محله{Z}های کنار آن را دگرگون کرده است، اما کسی نمی{Z}داند تا کی می{Z}ماند.",
    author="نگار مهرآیین",
    date="۱۸ آبان ۱۴۰۳",
    day="2024-11-08",
    opening=(
        f"صبح جمعه کناره{Z}های رودخانه پر از خانواده{Z}هایی بود که زیرانداز و فلاسک چای آورده بودند. پیرمردی که هر روز از پل می{Z}گذرد گفت که ده سال چنین چیزی ندیده است.",
        f"آب از نیمهٔ شب رسید. نگهبان سد می{Z}گوید دریچه{Z}ها را به دستور شرکت آب باز کرده{Z}اند و تا پایان ماه بسته نمی{Z}شوند، مگر آن{Z}که باران نبارد.",
    ),
    sections=(
        (
            "کشاورزان چه می\u200cگویند",
            f"کشاورزان پایین{Z}دست خوشحال نیستند. آنان می{Z}گویند آبی که امروز در شهر دیده می{Z}شود، سهم زمین{Z}های آنهاست و کسی با آنان رایزنی نکرده است.",
        ),
        (
            "آنچه در پیش است",
            f"کارشناسان هشدار می{Z}دهند که سفره{Z}های زیرزمینی هنوز خالی{Z}اند و یک پاییز پرباران برای پر شدن آنها بس نیست. به گفتهٔ آنان باید الگوی کشت دگرگون شود.",
        ),
    ),
    items=(f"بستن چاه{Z}های بی{Z}پروانه", f"کاشت گیاهان کم{Z}آب", f"نوسازی لوله{Z}های شهر"),
    quote=f"ما آب را به چشم خود دیدیم و باز هم باور نکردیم؛ بچه{Z}هایم فکر می{Z}کردند رودخانه یعنی خاک.",
    table=(("سال", "روزهای پرآب"), ("۱۴۰۱", "۱۲"), ("۱۴۰۲", "۹")),
    question="آیا آب رودخانه پاک است و می\u200cتوان در آن شنا کرد؟",
    answer=f"ادارهٔ بهداشت می{Z}گوید نمونه{Z}ها را می{Z}آزماید و تا روشن شدن نتیجه کسی نباید در آن شنا کند.",
    caption="نمایی از پل کهنه در بامداد جمعه",
    about=f"نگار مهرآیین روزنامه{Z}نگار محیط زیست است و در اصفهان زندگی می{Z}کند.",
    advert="آگهی",
    share=("هم\u200cرسانی در تلگرام", "فرستادن با ایمیل", "کپی لینک"),
    related="مطالب مرتبط",
    others=(f"سد تازه نیمه{Z}کاره ماند", "باران پاییزی در راه است", "بهای آب کشاورزی بالا رفت"),
    plea=f"این گزارش با پول خوانندگان فراهم شده است. کمک مالی شما به ما این امکان را می{Z}دهد که بیشتر بنویسیم.",
    form=f"نشانی ایمیل شما منتشر نخواهد شد. بخش{Z}های موردنیاز علامت{Z}گذاری شده{Z}اند.",
    comments=(f"من هم آن روز آنجا بودم، چه هوایی بود و چه آبی، کاش همیشه می{Z}ماند.", "کشاورزان راست می\u200cگویند، آب ما را بردند و کسی پاسخ نداد."),
    menu=("خانه", "سیاست", "جامعه", "محیط زیست", "دربارهٔ ما"),
    foot="همهٔ حقوق برای رود و شهر نگه داشته شده است.",
    house="رود و شهر",
)  # fmt: skip
ARABIC = Words(
    language="ar",
    title="عودة الماء إلى نهر المدينة بعد عشر سنوات تعيد الناس إلى ضفافه",
    lede="غيّرت عودة الماء حياة الأحياء المجاورة للنهر، لكن أحدا لا يعرف إلى متى يبقى.",
    author="ليلى الحدادي",
    date="8 نوفمبر 2024",
    day="2024-11-08",
    opening=(
        "امتلأت ضفاف النهر صباح الجمعة بالعائلات التي حملت معها الشاي والخبز. وقال رجل مسن يعبر الجسر كل يوم إنه لم ير مثل هذا المشهد منذ عشر سنوات.",
        "وصل الماء بعد منتصف الليل. ويقول حارس السد إن البوابات فتحت بأمر من شركة المياه، ولن تغلق قبل نهاية الشهر إلا إذا تأخر المطر.",
    ),
    sections=(
        ("ماذا يقول المزارعون", "المزارعون في أسفل النهر ليسوا سعداء. فهم يقولون إن الماء الذي يراه أهل المدينة اليوم هو حصة أراضيهم، وإن أحدا لم يستشرهم."),
        ("ما ينتظر المدينة", "يحذر الخبراء من أن المياه الجوفية ما زالت شحيحة، وأن خريفا ماطرا واحدا لا يكفي لملئها. ويرون أن نمط الزراعة يجب أن يتغير."),
    ),
    items=("إغلاق الآبار غير المرخصة", "زراعة نباتات قليلة الحاجة إلى الماء", "تجديد أنابيب المدينة"),
    quote="رأينا الماء بأعيننا ولم نصدق؛ كان أولادي يظنون أن النهر يعني التراب.",
    table=(("السنة", "أيام الجريان"), ("2022", "12"), ("2023", "9")),
    question="هل ماء النهر نظيف وهل يمكن السباحة فيه؟",
    answer="تقول دائرة الصحة إنها تفحص العينات، ولا ينبغي لأحد أن يسبح قبل أن تظهر النتائج.",
    caption="منظر للجسر القديم فجر الجمعة",
    about="ليلى الحدادي صحفية تكتب عن البيئة وتعيش في البصرة.",
    advert="إعلان",
    share=("شارك على فيسبوك", "أرسل بالبريد", "انسخ الرابط"),
    related="مقالات ذات صلة",
    others=("السد الجديد لم يكتمل بعد", "أمطار الخريف في الطريق", "ارتفاع سعر مياه الري"),
    plea="أنجز هذا التقرير بأموال القراء. تبرعكم يساعدنا على أن نكتب أكثر.",
    form="لن يتم نشر عنوان بريدك الإلكتروني. الحقول الإلزامية مشار إليها.",
    comments=("كنت هناك في ذلك اليوم، ما أجمل الهواء والماء، ليته يبقى دائما.", "المزارعون على حق، أخذوا ماءنا ولم يجب أحد."),
    menu=("الرئيسية", "سياسة", "مجتمع", "بيئة", "من نحن"),
    foot="جميع الحقوق محفوظة لصحيفة النهر.",
    house="صحيفة النهر",
)  # fmt: skip
ENGLISH = Words(
    language="en",
    title="After ten dry years the river is back, and so are the people on its banks",
    lede="The return of the water has changed life along the river, though nobody knows how long it will stay.",
    author="Nora Whitlock",
    date="November 8, 2024",
    day="2024-11-08",
    opening=(
        "On Friday morning the banks were crowded with families who had brought rugs, bread and flasks of tea. An old man who crosses the bridge every day said that he had seen nothing like it for ten years.",
        "The water came after midnight. The keeper of the dam says that the gates were opened by order of the water company, and will stay open until the end of the month unless the rain fails.",
    ),
    sections=(
        ("What the farmers say", "The farmers downstream are not happy. They say that the water which the town admires today is the share of their fields, and that nobody asked them."),
        ("What lies ahead", "Experts warn that the groundwater is still low, and that one wet autumn is not enough to fill it. What is grown, they say, will have to change."),
    ),
    items=("Close the wells that have no licence", "Grow plants that need little water", "Renew the pipes of the town"),
    quote="We saw the water with our own eyes and still did not believe it; my children thought that river means dust.",
    table=(("Year", "Days of flow"), ("2022", "12"), ("2023", "9")),
    question="Is the water of the river clean, and may one swim in it?",
    answer="The health office says that it is testing samples, and that nobody should swim before the results are known.",
    caption="The old bridge at dawn on Friday",
    about="Nora Whitlock is a reporter who covers rivers and lives in the north.",
    advert="Advertisement",
    share=("Share on Facebook", "Email this", "Copy link"),
    related="Related stories",
    others=("New dam stays half built", "Autumn rain is on its way", "Price of irrigation goes up"),
    plea="This report was paid for by readers. Your donation helps us to write more of them.",
    form="Your email address will not be published. Required fields are marked.",
    comments=("I was there that day too, what air and what water, if only it would stay.", "The farmers are right, they took our water and nobody answers."),
    menu=("Home", "Politics", "Society", "Environment", "About us"),
    foot="All rights reserved, River and Town.",
    house="River and Town",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A page and its gold."""

    name: str
    html: str
    url: str
    words: Words
    text: tuple[str, ...]
    """The blocks of the article in order; a row of a table is one, its cells parted by a space."""


def _p(texts: tuple[str, ...], attributes: str = "") -> str:
    return "\n".join(f"<p{attributes}>{text}</p>" for text in texts)


def _links(texts: tuple[str, ...], path: str = "/other") -> str:
    return "".join(
        f'<li><a href="{path}/{number}">{text}</a></li>' for number, text in enumerate(texts, 7001)
    )


def _head(w: Words, extra: str = "", title: str = "") -> str:
    direction = "ltr" if w.language == "en" else "rtl"
    return (
        f'<!DOCTYPE html><html lang="{w.language}" dir="{direction}"><head><meta charset="utf-8"><title>{title or w.title} | {w.house}</title>'
        f'<meta property="og:site_name" content="{w.house}">{extra}</head>'
    )


def _prose(w: Words) -> tuple[str, tuple[str, ...]]:
    """Return running text with a list, a quotation and sub-headings, and its blocks."""
    (one, first), (two, second) = w.sections
    html = (
        f"{_p(w.opening)}<blockquote><p>{w.quote}</p></blockquote><h2>{one}</h2><p>{first}</p>"
        f"<ul>{''.join(f'<li>{item}</li>' for item in w.items)}</ul><h2>{two}</h2><p>{second}</p>"
    )
    return html, (*w.opening, w.quote, one, first, *w.items, two, second)


def _comments(w: Words) -> str:
    shown = "".join(
        f'<li id="comment-{n}" class="comment"><div class="comment-author vcard"><b class="fn">M. {n}</b></div>'
        f'<div class="comment-content"><p>{text}</p></div></li>'
        for n, text in enumerate(w.comments, 11)
    )
    return f'<div id="comments"><ol class="comment-list">{shown}</ol><form id="commentform"><p>{w.form}</p><textarea name="comment"></textarea></form></div>'


def _wordpress(w: Words) -> tuple[str, tuple[str, ...]]:
    prose, blocks = _prose(w)
    return (
        f"{_head(w)}<body class='wp-singular single single-post postid-7'><header><nav><ul>{_links(w.menu)}</ul></nav></header>"
        f"<main><article class='post'><h1 class='entry-title'>{w.title}</h1><div class='entry-meta'>{w.author} "
        f"<time class='entry-date' datetime='{w.day}T09:00:00+00:00'>{w.date}</time></div><div class='entry-content wp-block-post-content'>"
        f"<figure class='wp-block-image'><img src=a.jpg><figcaption>{w.caption}</figcaption></figure>{prose}"
        f"<div class='sharedaddy'><ul>{_links(w.share)}</ul></div><div class='jp-relatedposts'><h3>{w.related}</h3><ul>{_links(w.others)}</ul></div>"
        f"<p>{w.about}</p></div><a rel='author' href='/author/7'>{w.author}</a></article>{_comments(w)}</main><footer><p>{w.foot}</p></footer></body></html>"
    ), blocks


def _opaque(w: Words) -> tuple[str, tuple[str, ...]]:
    prose, blocks = _prose(w)
    said = (
        f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{w.title}","datePublished":"{w.day}T06:00:00Z",'
        f'"author":{{"@type":"Organization","name":"{w.house}"}},"publisher":{{"name":"{w.house}"}}}}</script>'
    )
    return (
        f"{_head(w, said)}<body><div class='css-1a2'><ul class='css-9z'>{_links(w.menu)}</ul></div><div class='css-4kq'><h1 class='css-77'>{w.title}</h1>"
        f"<div class='css-b0'><a rel='author' href='/w/7'>{w.author}</a></div><div class='css-x1'><img src=a.jpg><span>{w.caption}</span></div><div class='css-q3'>{prose}</div>"
        f"<p class='css-k2'>{w.plea}</p><div class='css-m5'><h3>{w.related}</h3><ul>{_links(w.others)}</ul></div></div><div class='css-f'><p>{w.foot}</p></div></body></html>"
    ), blocks


def _tables(w: Words) -> tuple[str, tuple[str, ...]]:
    first, second = (text for _, text in w.sections)
    lines = (*w.opening, w.quote, first, second)
    text = "<br><br>\n".join(lines)
    return (
        f"{_head(w)}<body><table width=100%><tr><td width=160>{''.join(f'<a href=/m/{n}>{text}</a><br>' for n, text in enumerate(w.menu))}</td>"
        f"<td><font size=5><b><h1>{w.title}</h1></b></font><span class=date>{w.date}</span> <span class=author>{w.author}</span><br><font size=2>{text}</font></td></tr></table>"
        f"<table><tr><td><b>{w.related}</b><ul>{_links(w.others)}</ul></td></tr><tr><td>{w.foot}</td></tr></table></body></html>"
    ), lines


def _streamed(w: Words) -> tuple[str, tuple[str, ...]]:
    (one, first), (two, second) = w.sections
    late = f"<h2>{one}</h2><p>{first}</p><p>{w.quote}</p>"
    return (
        f"{_head(w, f'<meta property=article:published_time content={w.day}T06:00:00Z>')}<body><nav><ul>{_links(w.menu)}</ul></nav><main><h1>{w.title}</h1><p class='byline'>{w.author}</p>"
        f"<div class='article-body'>{_p(w.opening)}<template id=\"P:1\"></template><h2>{two}</h2><p>{second}</p></div></main><footer>{w.foot}</footer>"
        f'<div hidden id="S:1">{late}</div><script>$RS("S:1","P:1")</script></body></html>'
    ), (*w.opening, one, first, w.quote, two, second)


def _drupal(w: Words) -> tuple[str, tuple[str, ...]]:
    prose, blocks = _prose(w)
    rows = "".join(f"<tr><td>{left}</td> <td>{right}</td></tr>" for left, right in w.table)
    return (
        f"{_head(w)}<body class='page-node node-type-article'><div class='region-header menu'><ul>{_links(w.menu)}</ul></div><div id='content'><h1 class='title'>{w.title}</h1>"
        f"<div class='node node-article'><div class='submitted'><span class='username author'>{w.author}</span> <span class='date'>{w.date}</span></div>"
        f"<div class='field field-name-body'><div class='field-items'><div class='field-item even'>{prose}<table>{rows}</table></div></div></div>"
        f"<div class='field-name-field-tags'><ul>{_links(w.menu[1:4], '/tag')}</ul></div></div></div><div class='sidebar'><h2>{w.related}</h2><ul>{_links(w.others)}</ul></div>"
        f"<div class='footer'>{w.foot}</div></body></html>"
    ), (*blocks, *(f"{left} {right}" for left, right in w.table))


def _microdata(w: Words) -> tuple[str, tuple[str, ...]]:
    (one, first), (two, second) = w.sections
    advert = f"<div class='x'><span>{w.advert}</span></div>"
    return (
        f"{_head(w)}<body><div role=navigation><ul>{_links(w.menu)}</ul></div><div itemscope itemtype='http://schema.org/NewsArticle'><h1 itemprop=headline>{w.title}</h1>"
        f"<span itemprop=author itemscope><span itemprop=name>{w.author}</span></span><meta itemprop=datePublished content='{w.day}'>"
        f"<div itemprop=articleBody><div><img src=1.jpg></div><div>1 / 6</div><p>{w.opening[0]}</p>{advert}<p>{w.opening[1]}</p><h2>{one}</h2><p>{first}</p>{advert}"
        f"<p><a href=/a/1>{w.related}: {w.others[0]}</a></p><h2>{two}</h2><p>{second}</p></div></div><div class=more><h3>{w.related}</h3><ul>{_links(w.others)}</ul></div><footer>{w.foot}</footer></body></html>"
    ), (*w.opening, one, first, two, second)


def _questions(w: Words) -> tuple[str, tuple[str, ...]]:
    prose, blocks = _prose(w)
    return (
        f"{_head(w)}<body><nav><ul>{_links(w.menu)}</ul></nav><article><h1>{w.title}</h1><address class=author>{w.author}</address><time datetime='{w.day}'>{w.date}</time>"
        f"<section class='story-body'><div id='menu-of-the-day-and-other-things'>{prose}</div><div class=faq><button aria-expanded=false aria-controls=p1>{w.question}</button>"
        f"<div id=p1><p>{w.answer}</p></div></div></section><aside><ul>{_links(w.others)}</ul></aside></article><footer>{w.foot}</footer></body></html>"
    ), (*blocks, w.question, w.answer)


def _entries(w: Words) -> tuple[str, tuple[str, ...]]:
    (one, first), (two, second) = w.sections
    parts = (
        (w.title, " ".join((*w.opening, w.lede))),
        (one, f"{first} {w.quote} {w.answer} {w.lede} {w.opening[0]}"),
        (two, f"{second} {w.answer} {w.quote} {first}"),
    )
    shown = "".join(
        f"<article class='tile _t1'><div class='articleContent'><h3>{head}.</h3><div class='_s'><p>{text}</p></div></div></article>"
        for head, text in parts
    )
    said = f"<meta property=article:published_time content={w.day}T06:00:00Z><meta name=author content='{w.author}'>"
    return (
        f"{_head(w, said)}<body><nav><ul>{_links(w.menu)}</ul></nav>"
        f"<main><h1>{w.title}</h1><div class=zone>{shown}</div></main><footer>{w.foot}</footer></body></html>"
    ), tuple(text for head, body in parts for text in (f"{head}.", body))


def _loose(w: Words) -> tuple[str, tuple[str, ...]]:
    (one, first), (two, second) = w.sections
    declared = " ".join(w.title.split()[:-4])
    said = f"<meta property=og:title content='{declared} {w.menu[3]} {w.menu[2]}'>"
    return (
        f"{_head(w, said, declared)}<body><header><ul class=menu>{_links(w.menu)}</ul></header><main><h1>{w.title}</h1>"
        f"<p class=byline><span class=author-name>{w.author}</span> <time datetime='{w.day}'></time></p><section class='post-body'><div class=container><span id=wrap>{w.opening[0]} {w.opening[1]}"
        f"<h3 id=a>{one}</h3>{_p((first,))}<h3>{two}</h3>{_p((second, w.quote))}</span></div></section><p class=about>{w.about}</p></main>{_comments(w)}<footer>{w.foot}</footer></body></html>"
    ), (" ".join(w.opening), one, first, two, second, w.quote)


_MARKUP: tuple[Callable[[Words], tuple[str, tuple[str, ...]]], ...] = (
    _wordpress, _opaque, _tables, _streamed, _drupal, _microdata, _questions, _entries, _loose,
)  # fmt: skip


def article_pages() -> Iterator[Sample]:
    """Yield every page: 27."""
    for words in (PERSIAN, ARABIC, ENGLISH):
        for write in _MARKUP:
            html, text = write(words)
            name = f"{words.language}{write.__name__}"
            yield Sample(
                name=name,
                html=html,
                url=f"https://{words.language}.example.org/2024/river-4711",
                words=words,
                text=text,
            )
