"""The language of a page: what it declares, where the script of its text can be that."""

from __future__ import annotations

import re

from pipelines.outline import Outline
from pipelines.structured import Facts, texts

# Runs of letters: joined and counted, which takes a third of finding each letter.
# Letters of sounds and signs that only one of them has: not ی and ي, ک and ك, which keyboards mix up.
_PERSIAN = re.compile(r"[پچژگ]+")
_ARABIC_ONLY = re.compile(r"[ةأإ]+")
_NEIGHBOURS = (
    ("ur", re.compile(r"[ٹڈڑںےھ]+")),
    ("ckb", re.compile(r"[ڕڵێۆە]+")),
    ("ps", re.compile(r"[ټډړږښڼېۍځڅ]+")),
)
_ARABIC_SCRIPT = re.compile(r"[\u0620-\u064a\u066e-\u06d3]+")
_OTHER_SCRIPT = re.compile(r"[^\W\d_\u0600-\u06ff]+")
_RTL_CODES = "fa ar ur ps ckb ku ug sd prs azb pnb mzn glk lrc yi he dv"
_RTL_LANGUAGES = frozenset(_RTL_CODES.split())
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


def read_language(page: Outline, facts: Facts, sample: str) -> tuple[str | None, str]:
    """Return the language as a BCP 47 tag, and why; ``sample`` is running text of the page.

    A declared language that cannot be written in the script of the text is not believed: themes leave
    ``lang="en-US"`` on Persian sites. Nor is Arabic of a text with the letters of Persian and none of the
    signs of Arabic: a theme made for one right-to-left language serves the other.
    """
    claims = [
        ("html lang", page.nodes[0].attributes.get("lang") or page.nodes[0].attributes.get("xml:lang") or "")
    ]
    claims += [("JSON-LD inLanguage", value) for value in texts(facts.article.get("inLanguage"))[:1]]
    for name in ("content-language", "og:locale", "language", "dc.language"):
        claims += [(name, value) for value in facts.meta.get(name, ())[:1]]
    seen = _language_of_script(sample)
    for reason, value in claims:
        tag = value.strip().replace("_", "-").split(",")[0].strip()
        if not _LANGUAGE_TAG.fullmatch(tag):
            continue
        language = tag.split("-")[0].lower()
        right_to_left = language in _RTL_LANGUAGES or "arab" in tag.lower()
        if seen is None or (
            right_to_left and not (language == "ar" and seen == "fa" and _is_surely_persian(sample))
        ):
            return tag, reason
    return (seen, "script of the text") if seen else (None, "")


def _is_surely_persian(sample: str) -> bool:
    head = sample[:5000]
    persian = _count(_PERSIAN, head)
    return persian * 50 > _count(_ARABIC_SCRIPT, head) and persian > 5 * _count(_ARABIC_ONLY, head)


def _language_of_script(sample: str) -> str | None:
    """Return fa, ar, ur, ckb or ps for a text mostly in Arabic script, by letters that the others lack."""
    head = sample[:5000]
    arabic = 0 if head.isascii() else _count(_ARABIC_SCRIPT, head)
    if not arabic:
        return None
    letters = arabic + _count(_OTHER_SCRIPT, head)
    if letters < 20 or arabic * 2 < letters:
        return None
    # A tenth of running text in Kurdish and Urdu, a twentieth in Pashto; a name or a quotation has less.
    counts = [(_count(only, head), name) for name, only in _NEIGHBOURS]
    most, name = max(counts)
    if most * 33 > arabic:
        return name
    persian, arabic_only = _count(_PERSIAN, head), _count(_ARABIC_ONLY, head)
    if persian == arabic_only:
        return "fa" if "ی" in head or "ک" in head else "ar"
    return "fa" if persian > arabic_only else "ar"


def _count(letters: re.Pattern[str], text: str) -> int:
    return len("".join(letters.findall(text)))
