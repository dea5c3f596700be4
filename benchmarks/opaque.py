"""Pages with comments in markup that no system writes: class names are noise, the layouts are ours.

``page(seed)`` gives a page and what its comments are. A page is put together of independent choices (how
records are parted, how threads are shown, where name and date stand, how dates are printed, what stands
around), so that pages of odd seeds hold combinations that no page of an even seed does. Words are drawn
from lists of our own.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from html import escape

TEHRAN = timezone(timedelta(hours=3, minutes=30))
CAPTURED = datetime(2026, 11, 23, 12, 0, tzinfo=TEHRAN)
_FA = (
    "باغ شهر مردم خیابان درخت کتابخانه\u200cها مدرسه باران بهار کوچه می\u200cروند می\u200cگویند نمی\u200cدانم خوب بزرگ "
    "تازه همسایه نان چای دریا کوه راه روشن آرام قدیمی پنجره پارک موسیقی دوست کارگاه امروز همیشه بسیار"
).split()
_EN = (
    "garden city people street tree library school rain spring lane walk think know good large fresh "
    "neighbour bread tea sea hill road bright quiet old window park music friend workshop always very"
).split()
_FA_NAMES = (
    "نگار",
    "پویا رودی",
    "کاوه",
    "بهار ا.",
    "ناشناس",
    "سارا دریایی",
    "م. سپیدار",
    "Arash",
    "شیرین",
    "بابک ۲",
)
_EN_NAMES = ("Dana", "Oskar L.", "Mina Reed", "guest", "Ivo", "Tess H", "R. Stone", "kim_22", "Noor", "Ada")
_FA_MONTHS = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()
_FA_GREGORIAN = "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر".split()
_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
LAYOUTS = ("nested", "list", "beside", "indent", "level", "table", "rows", "dl", "flat", "sections")
BYLINES = ("parts", "joined", "says", "after", "links", "reversed", "bare", "inline")


@dataclass
class Said:
    """One comment as it was written."""

    author: str
    text: str
    at: datetime
    parent: int | None
    number: int
    by_day: bool = False
    """Only its day is printed."""


@dataclass
class Page:
    """A page, and what a reader should find in it."""

    html: str
    said: list[Said]
    layout: str
    byline: str
    language: str


def page(seed: int) -> Page:
    """Return the page of a seed; the same every time."""
    return _Maker(seed).page()


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        choice = self.random.choice
        self.fa = self.random.random() < 0.6
        self.layout = LAYOUTS[seed // 2 % len(LAYOUTS)]
        self.byline = choice(BYLINES)
        if self.layout in ("table", "dl", "rows") and self.byline in ("after", "says", "inline"):
            self.byline = choice(("parts", "joined", "links"))
        self.dates = choice(
            ("time", "jalali", "jalali words", "gregorian", "ago", "titled")
            if self.fa
            else ("time", "iso", "words", "month first", "dotted", "ago", "titled")
        )
        self.threaded = self.layout not in ("flat", "table", "rows", "dl", "sections")
        self.ids = self.random.random() < 0.5
        self.buttons = self.random.random() < 0.6
        self.avatars = self.random.random() < 0.4
        self.breaks = self.random.random() < 0.3
        self.heading = choice(("count", "word", "count first"))
        self.heading_tag = choice(("h3", "h2", "h4", "h3", "div", "strong", "p"))
        self.apart = self.random.random() < 0.25
        self.unique = self.random.random() < 0.15
        self.recent = self.random.random() < 0.4
        self.form = self.random.random() < 0.5
        self.named: dict[str, str] = {}

    def cls(self, what: str) -> str:
        """Return the class attribute of a part: noise, the same for all of its kind on the page."""
        if what not in self.named or self.unique:
            letters = "".join(self.random.choices("abcdefghkmnpqrstuvwxyz0123456789", k=6))
            self.named[what] = f"css-{letters}"
        return f'class="{self.named[what]}"'

    def words(self, least: int, most: int) -> str:
        return " ".join(self.random.choices(_FA if self.fa else _EN, k=self.random.randint(least, most)))

    def sentence(self) -> str:
        return self.words(6, 18) + "."

    def said(self) -> list[Said]:
        count = self.random.randint(3, 25)
        moment = CAPTURED - timedelta(days=self.random.randint(20, 200))
        first = self.random.randint(100, 90_000)
        found: list[Said] = []
        for index in range(count):
            moment += timedelta(minutes=self.random.randint(3, 900))
            parent = None
            if self.threaded and found and self.random.random() < 0.45:
                parent = self.random.randrange(len(found))
                while self.depth(found, parent) >= 4:
                    parent = found[parent].parent or 0
            paragraphs = [self.sentence() for _ in range(self.random.choice((1, 1, 2, 3)))]
            if self.random.random() < 0.1:
                paragraphs[-1] = ("سال ۱۳۹۵ " if self.fa else "In 2015 ") + paragraphs[-1]
            name = self.random.choice(_FA_NAMES if self.fa else _EN_NAMES)
            found.append(
                Said(
                    author=name,
                    text="\n\n".join(paragraphs),
                    at=moment.replace(second=0, microsecond=0),
                    parent=parent,
                    number=first + 3 * index,
                )
            )
        return self.as_shown(found)

    @staticmethod
    def depth(said: list[Said], index: int | None) -> int:
        depth = -1
        while index is not None:
            depth, index = depth + 1, said[index].parent
        return depth

    @staticmethod
    def as_shown(said: list[Said]) -> list[Said]:
        """Return the comments in the order a threaded list shows them, parents renumbered."""
        order: list[int] = []
        waiting = [index for index, one in reversed(list(enumerate(said))) if one.parent is None]
        while waiting:
            index = waiting.pop()
            order.append(index)
            waiting.extend(below for below, one in reversed(list(enumerate(said))) if one.parent == index)
        place = {index: number for number, index in enumerate(order)}
        for one in said:
            one.parent = place[one.parent] if one.parent is not None else None
        return [said[index] for index in order]

    # --- dates and bylines

    def date(self, one: Said) -> tuple[str, str]:
        """Return the printed date of a comment, and the attributes and tag it is printed with."""
        at = one.at
        clock = f"{at:%H:%M}"
        if self.dates == "time":
            shown = self.jalali(at) if self.fa else f"{at.day} {at:%B %Y}"
            return shown, f'time datetime="{at.isoformat()}"'
        if self.dates == "jalali":
            year, month, day = _jalali(at)
            return f"{year}/{month:02}/{day:02} - {clock}".translate(_DIGITS), "span"
        if self.dates == "jalali words":
            return f"{self.jalali(at)} ساعت {clock}".translate(_DIGITS), "span"
        if self.dates == "gregorian":
            return (
                f"{at.day} {_FA_GREGORIAN[at.month - 1]} {at.year}، {clock}".translate(_DIGITS),
                "span",
            )
        if self.dates == "ago":
            one.by_day = True
            days = (CAPTURED.date() - at.date()).days
            return (f"{days} روز پیش".translate(_DIGITS) if self.fa else f"{days} days ago"), "span"
        if self.dates == "titled":
            days = (CAPTURED.date() - at.date()).days
            shown = f"{days // 7} هفته".translate(_DIGITS) if self.fa else f"{days // 7}w"
            return shown, f'span title="{at:%Y-%m-%dT%H:%M:%S+03:30}"'
        if self.dates == "iso":
            return f"{at:%Y-%m-%d %H:%M}", "span"
        if self.dates == "words":
            return f"{at.day} {at:%B %Y} at {clock}", "i"
        if self.dates == "month first":
            return f"{at:%b} {at.day}, {at.year} {at:%I:%M %p}", "small"
        one.by_day = True
        return f"{at:%d.%m.%Y}", "em"

    @staticmethod
    def jalali(at: datetime) -> str:
        year, month, day = _jalali(at)
        return f"{day} {_FA_MONTHS[month - 1]} {year}".translate(_DIGITS)

    def head(self, one: Said) -> str:
        """Return the line with name and date."""
        shown, tag = self.date(one)
        name = escape(one.author)
        if self.byline == "links":
            name = f'<a {self.cls("name")} href="/u/{one.number % 97}">{name}</a>'
            target = f"#x{one.number}" if self.ids else "#"
            shown = f'<a href="{target}"><{tag} {self.cls("date")}>{shown}</{tag.split()[0]}></a>'
            return f"<div {self.cls('head')}>{name} · {shown}</div>"
        date = f"<{tag} {self.cls('date')}>{shown}</{tag.split()[0]}>"
        if self.byline == "bare" and self.dates not in ("time", "titled"):
            return f"<div {self.cls('head')}><b>{name}</b> {shown}</div>"
        if self.byline == "joined" and self.dates not in ("time", "titled"):
            return f"<div {self.cls('head')}>{name} — {shown}</div>"
        if self.byline == "says":
            says = "گفت:" if self.fa else "says:"
            return f"<div {self.cls('head')}><b>{name}</b> <span>{says}</span></div><div>{date}</div>"
        if self.byline == "reversed":
            return f"<div {self.cls('head')}>{date} <strong {self.cls('name')}>{name}</strong></div>"
        return f"<div {self.cls('head')}><b {self.cls('name')}>{name}</b>{date}</div>"

    def text(self, one: Said) -> str:
        parts = [escape(part) for part in one.text.split("\n\n")]
        if self.breaks:
            return f"<div {self.cls('text')}>{'<br><br>'.join(parts)}</div>"
        return f"<div {self.cls('text')}>{''.join(f'<p>{part}</p>' for part in parts)}</div>"

    def buttons_of(self, one: Said) -> str:
        if not self.buttons:
            return ""
        answer = "پاسخ" if self.fa else "Reply"
        count = self.random.randint(0, 30)
        up = str(count).translate(_DIGITS) if self.fa else count
        return f'<div {self.cls("tools")}><a href="#">{answer}</a> <span>{up}</span></div>'

    def inner(self, one: Said) -> str:
        picture = f'<img {self.cls("pic")} src="/a/{one.number % 9}.png" alt="">' if self.avatars else ""
        if self.byline == "inline":
            shown, tag = self.date(one)
            says = "نوشت:" if self.fa else "wrote:"
            text = "<br><br>".join(escape(part) for part in one.text.split("\n\n"))
            date = f"<{tag}>{shown}</{tag.split()[0]}>"
            return f"{picture}<b>{escape(one.author)}</b> {says} {text}<br>{date}{self.buttons_of(one)}"
        if self.byline == "after":
            return picture + self.text(one) + self.head(one) + self.buttons_of(one)
        return picture + self.head(one) + self.text(one) + self.buttons_of(one)

    # --- layouts

    def listed(self, said: list[Said]) -> str:
        below: dict[int | None, list[int]] = {}
        for index, one in enumerate(said):
            below.setdefault(one.parent, []).append(index)
        if self.layout in ("nested", "list", "beside"):
            return self.tree(said, below, None)
        parts = []
        for index, one in enumerate(said):
            depth = self.depth(said, index)
            mark = f' id="x{one.number}"' if self.ids else ""
            box = f"{self.cls('box')}{mark}"
            if self.layout == "indent":
                side = "right" if self.fa else "left"
                parts.append(f'<div {box} style="margin-{side}: {depth * 24}px">{self.inner(one)}</div>')
            elif self.layout == "level":
                parts.append(f'<div {box} data-level="{depth}">{self.inner(one)}</div>')
            elif self.layout == "table":
                parts.append(f"<tr{mark}><td>{self.head(one)}</td><td>{self.text(one)}</td></tr>")
            elif self.layout == "rows":
                parts.append(f"<tr{mark}><td>{self.head(one)}</td></tr><tr><td>{self.text(one)}</td></tr>")
            elif self.layout == "dl":
                parts.append(f"<dt{mark}>{self.head(one)}</dt><dd>{self.text(one)}</dd>")
            elif self.layout == "sections":
                parts.append(f"<section {box}>{self.inner(one)}</section><hr>")
            else:
                parts.append(f"<div {box}>{self.inner(one)}</div>")
        joined = "".join(parts)
        if self.layout in ("table", "rows"):
            return f"<table><tbody>{joined}</tbody></table>"
        return f"<dl>{joined}</dl>" if self.layout == "dl" else f"<div {self.cls('all')}>{joined}</div>"

    def tree(self, said: list[Said], below: dict[int | None, list[int]], above: int | None) -> str:
        parts = []
        for index in below.get(above, ()):
            one = said[index]
            mark = f' id="x{one.number}"' if self.ids else ""
            answers = self.tree(said, below, index)
            if self.layout == "list":
                parts.append(f"<li {self.cls('box')}{mark}>{self.inner(one)}{answers}</li>")
            elif self.layout == "beside":
                parts.append(f"<div {self.cls('box')}{mark}>{self.inner(one)}</div>{answers}")
            else:
                parts.append(f"<div {self.cls('box')}{mark}>{self.inner(one)}{answers}</div>")
        if not parts:
            return ""
        tag = "ul" if self.layout == "list" else "div"
        name = self.cls("all" if above is None else "below")
        return f"<{tag} {name}>{''.join(parts)}</{tag}>"

    # --- the page around

    def teasers(self, count: int) -> str:
        parts = []
        for _ in range(count):
            at = CAPTURED - timedelta(days=self.random.randint(1, 90))
            shown = self.jalali(at) if self.fa else f"{at.day} {at:%B %Y}"
            parts.append(
                f'<div {self.cls("card")}><h4><a href="/n/{self.random.randint(1, 999)}">{self.words(4, 8)}</a>'
                f"</h4><span>{shown}</span><p>{self.sentence()}</p></div>"
            )
        return "".join(parts)

    def page(self) -> Page:
        said = self.said()
        count = str(len(said)).translate(_DIGITS) if self.fa else str(len(said))
        word = "دیدگاه‌ها" if self.fa else "Comments"
        one = "دیدگاه" if self.fa else "comments"
        heading = {"count": f"{word} ({count})", "word": word, "count first": f"{count} {one}"}[self.heading]
        at = CAPTURED - timedelta(days=220)
        printed = self.jalali(at) if self.fa else f"{at.day} {at:%B %Y}"
        body = "".join(f"<p>{' '.join(self.sentence() for _ in range(4))}</p>" for _ in range(6))
        form = (
            '<form action="/send" method="post"><input name="author"><input name="email" type="email">'
            '<textarea name="message"></textarea></form>'
            if self.form
            else ""
        )
        related = "خواندنی‌های دیگر" if self.fa else "More stories"
        menu = "".join(f'<li><a href="/s/{n}">{self.words(1, 2)}</a></li>' for n in range(8))
        top = f"<{self.heading_tag} {self.cls('title')}>{heading}</{self.heading_tag}>"
        if self.apart:
            top = f"<div><div>{top}<span>{self.words(1, 2)}</span></div></div>"
        spoken = "".join(
            f'<li><b>{name}</b>: <a href="/n/{n}">{self.words(5, 8)}</a></li>'
            for n, name in enumerate(_FA_NAMES if self.fa else _EN_NAMES)
        )
        latest = "تازه‌ترین دیدگاه‌ها" if self.fa else "Recent comments"
        recent = f"<div {self.cls('recent')}><h3>{latest}</h3><ul>{spoken}</ul></div>" if self.recent else ""
        language = "fa" if self.fa else "en"
        html = f"""<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{self.words(4, 8)}</title>
</head><body><nav><ul>{menu}</ul></nav><div {self.cls("wrap")}><div {self.cls("story")}><h1>{self.words(5, 9)}</h1>
<div {self.cls("by")}><span>{self.words(2, 2)}</span> <span>{printed}</span></div>{body}</div>
<div {self.cls("more")}><h3>{related}</h3>{self.teasers(4)}</div>
<div {self.cls("talk")}>{top}{self.listed(said)}{form}</div>
<div {self.cls("side")}><h3>{related}</h3>{self.teasers(5)}</div>{recent}</div>
<footer><p>{self.sentence()}</p></footer></body></html>"""
        return Page(html, said, self.layout, self.byline, language)


def _jalali(at: datetime) -> tuple[int, int, int]:
    """Return year, month and day of the Iranian calendar, counted from 1 Farvardin 1405 (21 March 2026).

    >>> _jalali(datetime(2026, 10, 1, tzinfo=TEHRAN))
    (1405, 7, 9)
    """
    days = (at.astimezone(TEHRAN).date() - datetime(2026, 3, 21, tzinfo=UTC).date()).days
    year = 1405
    if days < 0:
        year, days = 1404, days + 365
    month = 0
    while days >= (31 if month < 6 else 30):
        days -= 31 if month < 6 else 30
        month += 1
    return year, month + 1, days + 1
