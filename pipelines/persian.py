"""Persian typed on an Arabic keyboard: ي and ك where the author means ی and ک.

In Persian text U+064A and U+0643 are an artefact of old keyboards and code pages (windows-1256 has no ی). In
Arabic, Kurdish, Urdu and Pashto they are letters of their own, so that nothing is changed unless the passage
is surely Persian: the page says so, and the passage's own words do. In doubt the letter stays; search folds
it anyhow.
"""

from __future__ import annotations

import re

from pipelines.letters import ARABIC_LETTERS, ARABIC_MARKS

_LANGUAGES = frozenset({"fa", "fas", "per", "pes", "prs"})

# A passage ends at a line break, a quotation mark or a bracket: quoted Arabic has to prove itself apart.
_PASSAGE = re.compile(r"[^\n«»“”„\"‹›()\[\]{}﴾﴿]+")
_WORD = re.compile(f"[{ARABIC_LETTERS}{ARABIC_MARKS}\u0640\u200c\u200d]+")
_TOKEN = re.compile(r"\S+")
# An address, a handle or a hashtag names something by its exact letters.
_NAME = re.compile(r"[/@#_\\=&]|www\.")

# Letters of no Persian word: Urdu, Kurdish, Pashto, Sindhi, Uyghur… One of them and the passage stays as it
# is.
_FOREIGN = re.compile(f"[{ARABIC_LETTERS}](?<![آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیيكىةۀأإؤئء])")
_PERSIAN_SIGN = re.compile("[پچژگیک]|\u200c")
# Harakat other than tanwin and shadda, alef with hamza below, teh marbuta, alef maksura, the Arabic article.
_ARABIC_SIGN = re.compile("[\u064c-\u0650\u0652\u0670إةى]|^(?:[وفبك])?ال..")
_TO_PERSIAN = str.maketrans("يك", "یک")

# Words that no Arabic text has, in Persian letters.
_PERSIAN_WORDS = frozenset(
    """
    است این برای را که از می نمی های بود بوده شد شده شود کرد کرده کند کنند آنها اگر چون باید دارد دارند دیگر
    خواهد نیست هستند گفت تا یک هر نیز همه چه ولی خود شما ایران تهران فارسی
    """.split()  # noqa: SIM905 — words are read more easily than a list of strings
)
# Persian writes these as often as Arabic does: they prove nothing on either side.
_NEUTRAL = frozenset({"الله", "البته", "الان"})


def is_persian(language: str | None) -> bool:
    """Return whether a BCP 47 tag names Persian, Dari included.

    >>> is_persian("fa-IR"), is_persian("ar"), is_persian(None)
    (True, False, False)
    """
    return language is not None and re.split("[-_]", language.strip().lower(), maxsplit=1)[0] in _LANGUAGES


def mend_letters(text: str) -> str:
    """Write ی and ک for ي and ك in passages that are surely Persian; anything else stays.

    >>> mend_letters("اين كتاب را از تهران خريد")
    'این کتاب را از تهران خرید'
    >>> mend_letters("هذا كتاب صغير")
    'هذا كتاب صغير'
    """
    return _PASSAGE.sub(lambda match: _mend_passage(match.group()), text)


def _mend_passage(passage: str) -> str:
    if ("ي" not in passage and "ك" not in passage) or _FOREIGN.search(passage):
        return passage
    words: list[
        tuple[int, int, str]
    ] = []  # begin, end, and "p"ersian, "a"rabic, "n"either or a "l"ocked name
    for token in _TOKEN.finditer(passage):
        locked = _NAME.search(token.group()) is not None
        for match in _WORD.finditer(token.group()):
            begin = token.start() + match.start()
            sort = "l" if locked else _sort_of(match.group())
            words.append((begin, begin + len(match.group()), sort))
    sorts = "".join(word[2] for word in words)
    # Two words that only Persian has, and more of them than Arabic ones: a name or a title proves nothing.
    if sorts.count("p") < 2 or sorts.count("p") <= sorts.count("a"):
        return passage
    # A word that is neither belongs to the Arabic phrase it touches («السلام عليكم»): doubt, so it stays.
    kept = [False] * len(sorts)
    for run in re.finditer("[an]+", sorts):
        if "a" in run.group():
            kept[run.start() : run.end()] = [True] * len(run.group())
    pieces: list[str] = []
    at = 0
    for (begin, end, sort), keep in zip(words, kept, strict=True):
        if not keep and sort != "l":
            pieces += [passage[at:begin], passage[begin:end].translate(_TO_PERSIAN)]
            at = end
    return "".join([*pieces, passage[at:]])


def _sort_of(word: str) -> str:
    if word in _NEUTRAL:
        return "n"
    if _ARABIC_SIGN.search(word):
        return "a"
    plain = word.translate(_TO_PERSIAN)
    if _PERSIAN_SIGN.search(word) or plain in _PERSIAN_WORDS:
        return "p"
    return "n"
