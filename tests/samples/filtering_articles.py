"""Persian articles about filtering that quote what block pages say; written for these tests, in several markups."""

# ruff: noqa: E501
from __future__ import annotations

import html
import re
from pathlib import Path

TEXTS = Path(__file__).with_suffix(".txt")


def pages() -> dict[str, bytes]:
    """Return every article in every markup, by a name."""
    made = {}
    for number, text in enumerate(TEXTS.read_text(encoding="utf-8").split("\n---\n")):
        title, *paragraphs = text.strip().split("\n")
        for name, markup in MARKUPS.items():
            shown = "\n".join(f"<p>{_inline(paragraph)}</p>" for paragraph in paragraphs)
            if name == "breaks":
                shown = re.sub(r"</p>\n?", "<br><br>", shown.replace("<p>", ""))
            page = markup.format(title=html.escape(title), text=shown)
            made[f"{number:02}-{name}"] = page.encode()
    return made


def _inline(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text, quote=False))


MARKUPS = {
    "plain": "<html><head><meta charset=utf-8><title>{title}</title></head><body><h1>{title}</h1>{text}</body></html>",
    "breaks": "<html><head><meta charset=utf-8><title>{title}</title></head><body><font size=5>{title}</font><br>{text}</body></html>",
    "article": """<!DOCTYPE html><html lang="fa" dir="rtl"><head><meta charset="utf-8"><title>{title} | آزمون</title></head>
<body><header><a href="/">خانه</a><a href="/world">جهان</a></header><main><article><h1>{title}</h1>
<time datetime="2026-11-20T10:00:00Z">۲۹ آبان ۱۴۰۵</time>{text}</article></main><footer>همهٔ حقوق محفوظ است</footer>
</body></html>""",
    "wordpress": """<!DOCTYPE html><html dir="rtl" lang="fa-IR"><head><meta charset="UTF-8"><title>{title}</title>
<meta property="og:type" content="article"></head><body class="rtl single single-post postid-77">
<div id="page"><div class="site-title"><a href="/">آزمون</a></div><div class="post-77 post type-post hentry">
<h1 class="entry-title">{title}</h1><div class="entry-content">{text}</div></div>
<div id="respond"><h3>دیدگاهتان را بنویسید</h3><form><textarea name="comment"></textarea></form></div></div></body></html>""",
    "divs": """<html><head><meta charset="utf-8"><title>{title}</title></head><body dir="rtl"><div class="top"><a href="/">خانه</a>
</div><div class="c1"><div class="t">{title}</div><div class="d">۱۴۰۵/۰۸/۲۹</div><div class="b">{text}</div></div></body></html>""",
}
