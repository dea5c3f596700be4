"""Another extractor in every Python process that finds this by ``PYTHONPATH`` (with the project before it).

It reads the lede as the first paragraph, puts a word before each comment of a page, takes «about» for an
article and stories of science for none.
"""

from dataclasses import replace
from typing import Any

from model import CommentThread, PageKind
from pipelines import page

finish_article, thread_of, judge_kind = page.finish_article, page.thread_of, page.judge_kind


def finish(*given: Any, **named: Any) -> Any:
    """Read the lede as a paragraph."""
    article = finish_article(*given, **named)
    lede = (article.lede,) if article.lede else ()
    return replace(article, lede="", paragraphs=(*lede, *article.paragraphs))


def thread(*given: Any, **named: Any) -> CommentThread:
    """Put a word before each comment."""
    read = thread_of(*given, **named)
    return replace(read, comments=tuple(replace(one, text=f"واژه {one.text}") for one in read.comments))


def kind(shown: Any, facts: Any, classes: Any, signs: Any) -> tuple[PageKind, tuple[str, ...]]:
    """Judge two kinds of pages otherwise."""
    if signs.url.endswith("/about/"):
        return PageKind.ARTICLE, ("next",)
    judged, reasons = judge_kind(shown, facts, classes, signs)
    if judged is PageKind.ARTICLE and "/science/" in signs.url:
        return PageKind.OTHER, ("next",)
    return judged, reasons


page.EXTRACTOR = "mandegar/9.9"
page.finish_article = finish
page.thread_of = thread
page.judge_kind = kind
