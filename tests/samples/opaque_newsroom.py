# ruff: noqa: E501 - markup is easier to check in one line
"""A newsroom of our own making whose names say nothing: what careless extraction keeps stands in each page.

Every word is made here from a small vocabulary. Class names are hashed anew with each build, as bundlers
do; what the site says of itself uses no phrase that a rule could know.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

Z = "\u200c"
REFERENCE = datetime(2026, 10, 25, 12, 0, tzinfo=UTC)
SITE = "https://paper.example"

_WHO = (
    "شهردار",
    f"کارشناس{Z}ها",
    "آموزگاران",
    "رانندگان",
    "شورای شهر",
    f"پژوهش{Z}گران",
    "باغبانان",
    "کتابداران",
    f"نانوا{Z}ها",
    "دانشجویان",
    "پرستاران",
    "ماهیگیران",
)
_WHERE = (
    "در محلهٔ جنوبی",
    "کنار رودخانه",
    "در تالار شهر",
    "در بندر",
    f"در روستا{Z}های بالادست",
    "در ایستگاه راه‌آهن",
    "در باغ ملی",
    "در کارگاه",
    "بر سر پل",
    "در میدان بزرگ",
)
_WHAT = (
    "از گشایش کتابخانه",
    "از بازسازی پل",
    "از کمبود آب",
    "از جشن برداشت",
    "از بهای نان",
    "از موزهٔ تازه",
    "از خط تازهٔ اتوبوس",
    "از آموزش شنا",
    "از درختکاری",
    f"از برق{Z}رسانی",
)
_SAYS = (
    f"خبر می{Z}دهند",
    f"سخن می{Z}گویند",
    f"گزارش داده{Z}اند",
    f"گلایه می{Z}کنند",
    f"پشتیبانی کرده{Z}اند",
    f"به خبرنگاران گفته{Z}اند",
)
_WHY = (
    f"چون هزینه{Z}ها بالا رفته است",
    f"و می{Z}خواهند کار تا بهار تمام شود",
    "اما بودجه هنوز نرسیده است",
    "تا کودکان بتوانند پیاده بیایند",
    f"هرچند همه آماده{Z}اند",
    f"و این را گامی بزرگ می{Z}دانند",
)

WIDGET = f"خواننده این برگه را از راه آینه می{Z}بیند. اگر نشانی همیشگی باز نشد، چند دقیقه شکیبا باشید و دوباره بیازمایید؛ آینهٔ دیگری هم روشن است."
PLEAS = (
    (
        f"این نوشته با پول خوانندگان فراهم شده است. اگر می{Z}خواهید باز هم از این دست بخوانید، ماهی یک فنجان قهوه مهمان ما باشید.",
        f"از درون کشور نمی{Z}توانیم پولی بپذیریم و این را پنهان نمی{Z}کنیم.",
    ),
    (f"ما آگهی{Z}فروش نیستیم و صاحب سرمایه{Z}ای نداریم. همراهی شما چراغ این تحریریه را روشن نگه می{Z}دارد.",),
)
FORM = f"پیش از فرستادن، آیین{Z}نامهٔ گفت‌وگو را بخوانید؛ نوشته{Z}های آزارنده را نمی{Z}گذاریم."
RELATED_LABEL = "از دفتر ما"
FOOT = f"همهٔ این برگه را با یاد کرد نام دفتر می{Z}توان بازنشر کرد."
CORRECTION = f"این گزارش اصلاح شده است: در نسخهٔ نخست نام یکی از گفت‌وگو{Z}شوندگان نادرست آمده بود و از او پوزش می{Z}خواهیم."
SERIES = f"آنچه می{Z}خوانید بخشی از پرونده{Z}ای دنباله{Z}دار دربارهٔ رودخانه است که هر هفته یک پاره از آن منتشر می{Z}شود."
SUBHEADING = "چرا مهم است"


@dataclass(frozen=True, kw_only=True)
class Story:
    """One article as its author wrote it."""

    number: int
    section: str
    title: str
    lede: str
    paragraphs: tuple[str, ...]
    comments: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"{SITE}/{self.section}/{self.number}"

    @property
    def at(self) -> datetime:
        return REFERENCE - timedelta(days=60) + timedelta(hours=self.number)


@dataclass
class Newsroom:
    """Forty (or so many) stories and the pages that show them."""

    stories: int = 40
    seed: int = 7
    build: str = "a"
    """Class names are hashed from it."""
    sections: Sequence[str] = ("city", "river", "school")
    correction_on: int = 5
    """So many stories truly share a correction note, and as many others the introduction of a series."""
    all: list[Story] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = random.Random(self.seed)
        used: set[str] = set()

        def sentence() -> str:
            while True:
                words = f"{rng.choice(_WHO)} {rng.choice(_WHERE)} {rng.choice(_WHAT)} {rng.choice(_SAYS)} {rng.choice(_WHY)}"
                if words not in used:
                    used.add(words)
                    return words

        for number in range(self.stories):
            own = [
                ". ".join(sentence() for _ in range(rng.randint(1, 4))) + "."
                for _ in range(rng.randint(3, 7))
            ]
            if number < self.correction_on:
                own.append(CORRECTION)
            elif number < 2 * self.correction_on:
                own.insert(0, SERIES)
            self.all.append(
                Story(
                    number=1000 + number,
                    section=self.sections[number % len(self.sections)],
                    title=f"{rng.choice(_WHO)} {rng.choice(_WHAT)} {rng.choice(_SAYS)}؛ روایت {number + 1}",
                    lede=sentence() + "؛ " + sentence() + ".",
                    paragraphs=tuple(own),
                    comments=tuple(sentence() + "." for _ in range(rng.randint(0, 4))),
                )
            )

    def name(self, role: str) -> str:
        """Return what a bundler makes of a name."""
        return "x" + hashlib.sha256(f"{self.build}{role}".encode()).hexdigest()[:6]

    def page(
        self,
        story: Story,
        *,
        plea: Sequence[str] = PLEAS[0],
        subheading: bool = False,
        extra_comments: Sequence[str] = (),
        anonymous: bool = False,
        views: int | None = None,
        advert: str = "",
        related: Sequence[Story] | None = None,
        paragraphs: Sequence[str] | None = None,
    ) -> bytes:
        """Return a story's page; the lede stands before the text and begins it again."""
        name = self.name
        rng = random.Random(story.number)
        others = (
            related
            if related is not None
            else rng.sample([one for one in self.all if one is not story], min(4, len(self.all) - 1))
        )
        text = [f"<p>{one}</p>" for one in (story.lede, *(paragraphs or story.paragraphs))]
        if subheading:
            text.insert(len(text) // 2 + 1, f"<h3>{SUBHEADING}</h3>")
        if advert:
            text.insert(2, f'<div class="{name("advert")}"><section><p>{advert}</p></section></div>')
        cards = "".join(
            f'<div class="{name("card")}"><a class="{name("card-title")}" href="{one.url}">{one.title}</a><p class="{name("card-text")}">{one.lede}</p></div>'
            for one in others
        )
        digits = "۰۱۲۳۴۵۶۷۸۹"
        said = "".join(
            f'<div class="{name("said")}">'
            + (
                ""
                if anonymous
                else f'<b class="{name("who")}">خواننده {digits[n % 10]}</b> <time datetime="2026-10-2{n % 9}T10:00:00Z">۲{digits[n % 9]} مهر</time>'
            )
            + f'<div class="{name("words")}"><p>{one}</p></div></div>'
            for n, one in enumerate((*story.comments, *extra_comments))
        )
        counter = f'<div class="{name("views")}">{views} بازدید</div>' if views is not None else ""
        return f"""<!DOCTYPE html><html lang="fa" dir="rtl"><head><meta charset="utf-8"><title>{story.title}</title>
<meta property="og:type" content="article"><meta property="og:title" content="{story.title}"><meta property="article:published_time" content="{story.at.isoformat()}">
<link rel="canonical" href="{story.url}"></head><body class="{name("page")}">
<div class="{name("frame")}"><div class="{name("top")}"><a href="/">دفتر روز</a> <a href="/city/">شهر</a> <a href="/river/">رود</a></div>
<div class="{name("story")}">
<h1 class="{name("headline")}">{story.title}</h1>
<div class="{name("meta")}"><span>گزارش از تحریریه</span></div>
<div class="{name("stand")}"><p>{story.lede}</p></div>
<div class="{name("text")}">
<p>{WIDGET}</p>
{"".join(text)}
{counter}
{"".join(f"<p>{one}</p>" for one in plea)}
<div class="{name("more")}"><h4>{RELATED_LABEL}</h4>{cards}</div>
<p>{FORM}</p>
</div></div>
<form class="{name("form")}" action="/say" method="post"><textarea name="t"></textarea><input type="hidden" name="nonce" value="{rng.random()}"><button>بفرست</button></form>
<div class="{name("talk")}">{said}</div>
<div class="{name("bottom")}"><p>{FOOT}</p></div>
</div></body></html>""".encode()


_WHITE = re.compile(r"[\s\u200c]+")


def bare(text: str) -> str:
    """Return a text without white space and ZWNJ: some tools lose these, and are not judged by it here."""
    return _WHITE.sub("", text)


COLUMNS = (
    "lede once",
    "lede twice",
    "widget",
    "plea",
    "form",
    "related",
    "comments",
    "foot",
    "recall",
    "ZWNJ kept",
)


def measure(stories: Sequence[Story], rows: Sequence[tuple[Story, Sequence[str], str]]) -> dict[str, float]:
    """Return the share of pages in whose text each thing is (``recall`` and ``ZWNJ kept``: of true paragraphs).

    A row is a story of ``stories``, the plea of its page, and the text that was read.
    """
    found = dict.fromkeys(COLUMNS, 0.0)
    paragraphs = kept = whole = 0
    for story, plea, text in rows:
        said = bare(text)
        times = said.count(bare(story.lede))
        found["lede once"] += times == 1
        found["lede twice"] += times > 1
        found["widget"] += bare(WIDGET) in said
        found["plea"] += any(bare(one) in said for one in plea)
        found["form"] += bare(FORM) in said
        found["related"] += bare(RELATED_LABEL) in said or any(
            bare(one.lede) in said or bare(one.title) in said for one in stories if one is not story
        )
        found["comments"] += any(bare(one) in said for one in story.comments)
        found["foot"] += bare(FOOT) in said
        for one in story.paragraphs:
            paragraphs += 1
            kept += bare(one) in said
            whole += one in text
    shares = {column: round(found[column] / len(rows), 3) for column in COLUMNS}
    return {**shares, "recall": round(kept / paragraphs, 4), "ZWNJ kept": round(whole / paragraphs, 4)}
