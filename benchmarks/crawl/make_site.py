"""Make a static Persian news site to crawl: ``python benchmarks/crawl/make_site.py FOLDER PAGES``.

Pages of about 55 KiB with 38 paragraphs and 22 comments each, every tenth a byte-identical copy of the
one before it under another address, list pages of 100 links with ``rel=next``, and a precompressed
``.gz`` beside every page for nginx' ``gzip_static``. Deterministic.
"""

from __future__ import annotations

import gzip
import random
import sys
from pathlib import Path

WORDS = (
    "شهر باران کتاب پنجره خبر روزنامه مدرسه آب درخت کوچه صدا شب راه مردم خانه بازار دریا نامه "
    "می‌گوید می‌شود نمی‌داند کتاب‌ها خانه‌های گفت‌وگو بزرگ‌تر کوچک‌ترین رفته‌اند دیده‌ایم تازه قدیمی "
    "آرام روشن بلند نزدیک دیروز امروز فردا هفته سال ماه صبح غروب سپیده باغ کوه رود پل چراغ قلم دست"
).split()
NAMES = ("نگار", "سامان", "لاله", "آرش", "پری", "داریوش", "مریم", "کاوه")
JALALI_MONTHS = ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان")


def sentence(random_: random.Random) -> str:
    """Return a sentence of 8 to 16 words."""
    return " ".join(random_.choice(WORDS) for _ in range(random_.randint(8, 16))) + "."


def page(
    number: int, random_: random.Random, sentences: list[str], style: str, navigation: str, total: int
) -> str:
    """Return one article page."""
    body = "".join(
        f'<p class="c{random_.randrange(60)}" id="p{k}">{" ".join(random_.choice(sentences) for _ in range(5))}</p>'
        for k in range(38)
    )
    comments = "".join(
        f'<li class="comment depth-1" id="comment-{number}{k:02d}"><div class="comment-author vcard">'
        f'<cite class="fn">{random_.choice(NAMES)}</cite> <time datetime="2026-10-{1 + k % 28:02d}T10:0{k % 10}:00+03:30">'
        f'{1 + k % 28} مهر ۱۴۰۵</time></div><div class="comment-body"><p>{random_.choice(sentences)} '
        f'{random_.choice(sentences)}</p></div><div class="reply"><a rel="nofollow" class="comment-reply-link" '
        f'href="#respond-{k}">پاسخ</a></div></li>'
        for k in range(22)
    )
    related = "".join(
        f'<li><a href="/a/{random_.randrange(total)}.html">{random_.choice(sentences)[:60]}</a></li>'
        for _ in range(12)
    )
    day = 1 + number % 28
    return (
        '<!doctype html><html lang="fa" dir="rtl"><head><meta charset="utf-8">'
        f"<title>خبر شمارهٔ {number}</title>{style}</head><body><nav><ul>{navigation}</ul></nav>"
        f"<article><h1>خبر شمارهٔ {number} {random_.choice(sentences)}</h1>"
        f'<time datetime="2026-0{1 + number % 8}-{day:02d}T09:00:00+03:30">{day} {random_.choice(JALALI_MONTHS)} ۱۴۰۵</time>'
        f'{body}</article><h3>۲۲ نظر</h3><ol class="commentlist">{comments}</ol>'
        f"<aside><ul>{related}</ul></aside><footer>نمونه</footer></body></html>"
    )


def write(path: Path, text: str) -> None:
    """Write a page and its precompressed form."""
    data = text.encode()
    path.write_bytes(data)
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(data, 6, mtime=0))


def make_site(folder: Path, pages: int) -> None:
    """Make the site; existing files are written over."""
    random_ = random.Random(7)
    (folder / "a").mkdir(parents=True, exist_ok=True)
    sentences = [sentence(random_) for _ in range(20_000)]
    rules = "".join(
        f".c{i}{{margin:{i}px;padding:{i % 7}px;color:#{random_.randrange(1 << 24):06x};font:{12 + i % 6}px/1.6 Tahoma}}"
        for i in range(60)
    )
    navigation = "".join(
        f'<li class="menu-item c{i}"><a href="/#cat{i}" title="دستهٔ {i}">دستهٔ {i}</a></li>' for i in range(30)
    )
    before = ""
    for number in range(pages):
        text = (
            before
            if number % 10 == 9
            else page(number, random_, sentences, f"<style>{rules}</style>", navigation, pages)
        )
        write(folder / "a" / f"{number}.html", text)
        before = text
    lists = range(0, pages, 100)
    for first in lists:
        links = "".join(
            f'<li><a href="/a/{i}.html">خبر {i}</a></li>' for i in range(first, min(first + 100, pages))
        )
        following = f'<a rel="next" href="/l{first // 100 + 1}.html">بعدی</a>' if first + 100 < pages else ""
        write(
            folder / f"l{first // 100}.html",
            f'<!doctype html><html lang="fa" dir="rtl"><meta charset="utf-8"><title>فهرست</title><ul>{links}</ul>{following}</html>',
        )
    write(
        folder / "index.html",
        '<!doctype html><html lang="fa" dir="rtl"><meta charset="utf-8"><title>خانه</title><h1>خانه</h1>'
        + "".join(f'<a href="/l{i // 100}.html">برگ {i // 100}</a> ' for i in lists)
        + "</html>",
    )


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[2].isdecimal():
        sys.exit("usage: python benchmarks/crawl/make_site.py FOLDER PAGES")
    make_site(Path(sys.argv[1]), int(sys.argv[2]))
    print(f"{sys.argv[2]} pages in {sys.argv[1]}")
