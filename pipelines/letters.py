"""What the folds know of single characters: which are Arabic letters, and what each one folds to.

The facts come from the Unicode Character Database through :mod:`unicodedata`; what is our own is the list of
letters that readers of Persian take for one another (``_ONE_LETTER``), measured against ICU's ``fa``
collation and Lucene's ``PersianNormalizer``.
"""

from __future__ import annotations

import unicodedata

ARABIC_LETTERS = (
    "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f"
    "\u08a0-\u08c9"
)
"""Inside of a character class: letters of the Arabic script, without tatweel and presentation forms."""

ARABIC_MARKS = (
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08ff"
)
"""Inside of a character class: harakat, tanwin, hamza and madda above, Quranic signs."""

JOINS_NOT = frozenset("اآأإٱدذرزژوؤةۀء")
"""Letters that never join the next one: a ZWNJ after one of them shows nothing."""

_ONE_LETTER = {
    "ي": "ی",  # Arabic yeh, as an Arabic keyboard types it in Persian
    "ى": "ی",
    "ے": "ی",
    "ك": "ک",
    "ڪ": "ک",
    "ة": "ه",
    "ۃ": "ه",
    "ە": "ه",  # also the base of ۀ: U+06C0 decomposes to U+06D5 U+0654, not to U+0647
    "ہ": "ه",
    "ھ": "ه",
    "ٱ": "ا",
    **dict.fromkeys("ٲٳ\u08ad", "ا"),
    **dict.fromkeys(map(chr, range(0x870, 0x883)), "ا"),  # alef as Quran prints join marks to it
    **dict.fromkeys("ګڬڭڮ", "ک"),
    **dict.fromkeys("ۍێېۑ\u08c9", "ی"),
    **dict.fromkeys("\u06e5\u0884", "و"),  # small and tatweel-borne letters of the Quran
    **dict.fromkeys("\u0885\u0886", "\u06e6"),
    **dict.fromkeys("\u0883\u0887\ufe73", ""),  # parts of letters
    "ء": "",
    "\u0674": "",  # high hamza, part of U+0675..0678
    "\u0640": "",  # tatweel
    "ı": "i",  # Turkish: «Irak» casefolds to «irak», «ırak» would not meet it
    "¬": "",  # a ZWNJ that old code pages broke, far more often than a sign
    "\ufffd": "",  # stands for a broken byte or half a surrogate pair: no text
}
"""What ``search_key`` writes for a letter after its decomposition; hamza and madda above are gone by then,
so that آ أ إ are ا, ؤ is و, ئ is ي, ۀ is ە already."""

KEPT_LIGATURES = "ﷲﷺ﷼﷽"
"""Presentation forms that people write on purpose; display leaves them as they are."""

_SHAPES = ("<isolated>", "<final>", "<initial>", "<medial>")


def _presentation_forms() -> tuple[dict[int, str], dict[int, str], str, str, str, str]:
    """Return letters, spacing marks, and the forms that are final, isolated, initial, and either of these."""
    letters: dict[int, str] = {}
    spacing: dict[int, str] = {}
    shapes: dict[str, list[tuple[int, str]]] = {shape: [] for shape in _SHAPES}
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)):
        character = chr(code)
        shape = unicodedata.decomposition(character).partition(" ")[0]
        if shape not in shapes or character in KEPT_LIGATURES:
            continue
        plain = unicodedata.normalize("NFKC", character)
        if plain.startswith(" "):
            spacing[code] = plain[1:]
        else:
            letters[code] = plain
            shapes[shape].append((code, plain))
    # A letter joins on both sides exactly when Unicode gives it an initial form.
    dual = {plain for _, plain in shapes["<initial>"] if len(plain) == 1}
    final = "".join(chr(code) for code, plain in shapes["<final>"] if plain[-1] in dual)
    isolated = "".join(chr(code) for code, plain in shapes["<isolated>"] if plain[-1] in dual)
    initial = "".join(chr(code) for code, _ in shapes["<initial>"])
    begins = initial + "".join(chr(code) for code, _ in shapes["<isolated>"])
    return letters, spacing, final, isolated, initial, begins


(
    PRESENTATION_LETTERS,
    SPACING_MARKS,
    FINAL_FORMS,
    ISOLATED_FORMS,
    INITIAL_FORMS,
    BEGINNING_FORMS,
) = _presentation_forms()


def _is_dropped_mark(character: str) -> bool:
    # By combining class: 10..36 are the vowel points of Hebrew, Arabic and Syriac, from 200 on the accents.
    # Lower and other classes (Indic nukta and virama, kana voicing, Thai and Tibetan vowels) make another
    # letter.
    combining = unicodedata.combining(character)
    if combining:
        return 10 <= combining <= 36 or combining >= 200
    # Variation selectors, the grapheme joiner, enclosing marks (keycap emoji): how, not what.
    return (
        "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or character == "\u034f"
        or unicodedata.category(character) == "Me"
    )


def _fold_once(character: str) -> str:
    if ord(character) in SPACING_MARKS:
        return ""
    folded: list[str] = []
    for part in unicodedata.normalize("NFKD", character.casefold()):
        category = unicodedata.category(part)
        if part in _ONE_LETTER:
            folded.append(_ONE_LETTER[part])
        elif category == "Nd":
            folded.append(str(unicodedata.decimal(part)))
        elif part.isspace() or category[0] in "PZ" or part in "^`":
            folded.append(" ")
        elif category in {"Cc", "Cf", "Cs", "Sk"} or (category[0] == "M" and _is_dropped_mark(part)):
            continue
        else:
            folded.append(part)
    return unicodedata.normalize("NFC", "".join(folded))


def fold_character(character: str) -> str:
    """Return what one character is in a search key: nothing, a space, or one or more characters.

    >>> [fold_character(c) for c in "آئة٣K،\u200c"]
    ['ا', 'ی', 'ه', '3', 'k', ' ', '']
    """
    folded = _fold_once(character)
    for _ in range(4):  # one more round is enough for every code point of Unicode 14; the test asks them all
        again = unicodedata.normalize("NFC", "".join(map(_fold_once, folded)))
        if again == folded:
            break
        folded = again
    return folded


class FoldTable(dict[int, str]):
    """A table for :meth:`str.translate` that learns each code point when it first meets it."""

    def __missing__(self, code: int) -> str:
        """Fold the code point and remember it; at most one entry a code point of Unicode."""
        folded = self[code] = fold_character(chr(code))
        return folded
