"""Text in two forms: for display, as published but mended; and as a key for search and comparison.

``display_text`` changes only what is surely broken and never an author's choice. ``search_key`` folds
everything a reader does not see or does not type alike. Both are idempotent, and both run on every article
and comment: clean text passes through a few scans in C.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from pipelines.composing import compose
from pipelines.letters import (
    ARABIC_LETTERS,
    ARABIC_MARKS,
    BEGINNING_FORMS,
    FINAL_FORMS,
    INITIAL_FORMS,
    ISOLATED_FORMS,
    JOINS_NOT,
    PRESENTATION_LETTERS,
    SPACING_MARKS,
    FoldTable,
)
from pipelines.persian import is_persian, mend_letters

ZWNJ = "\u200c"

# Any of these makes a text worth a second look; ZWNJ, plain spaces and line feeds have checks of their own.
_SUSPECT = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\xac\xad\u1680\u2000-\u200b\u2028-\u202f\u205f\u2066-\u2069\u3000\ud800-\udfff"
    "\ufb50-\ufdff\ufe70-\ufeff]"
)
_LINE_BREAKS = dict.fromkeys([0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], "\n")
_SPACES = dict.fromkeys([0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_CONTROLS: dict[int, str | None] = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0xFEFF])
del _CONTROLS[0x0A]
# The drops and spaces of one pass. A vertical tab is Word's line break; both it and the form feed part words.
_CLEAN: dict[int, str | None] = {**_CONTROLS, **_LINE_BREAKS, **_SPACES}

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_EMBEDDINGS = "\u202a\u202b\u202d\u202e"
_ISOLATES = "\u2066\u2067\u2068"

# Thai, Lao, Tibetan, Burmese, Khmer and CJK part words by U+200B where they part them at all.
_UNSPACED = "\u0e00-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u2e80-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf"
_ZERO_WIDTH_SPACE = re.compile(f"(?<=[{_UNSPACED}])(\u200b)\u200b*(?=[{_UNSPACED}])|\u200b+")

_FORMS = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
# «ﻣﯽﮔﻮﯾﺪ»: a final yeh before an initial gaf is a break that plain letters would lose. Two isolated forms in
# a row are left: some encoders write every letter so.
_FORM_BREAK = re.compile(
    f"(?<=[{FINAL_FORMS}])(?=[{BEGINNING_FORMS}])|(?<=[{ISOLATED_FORMS}])(?=[{INITIAL_FORMS}])"
)
# A soft hyphen there stands for nothing, and would keep the mark from the letter that it belongs to.
_HYPHEN_BEFORE_MARK = re.compile(f"(?<!\xad)\xad++(?=[{''.join(map(chr, SPACING_MARKS))}])")
_LOOSE_MARKS = re.compile(f"(?<=[{ARABIC_LETTERS}{ARABIC_MARKS}\u0640])[{''.join(map(chr, SPACING_MARKS))}]+")
# Old code pages and word processors left ¬ or a soft hyphen where the author typed a ZERO WIDTH NON-JOINER.
_FALSE_ZWNJ = re.compile(
    f"(?<=[{ARABIC_LETTERS}{ARABIC_MARKS}\u0640])\u200c*[\xac\xad][\u200c\xac\xad]*(?=[{ARABIC_LETTERS}\u0640])"
)
# Begins with a literal, so that the scan runs at memchr speed; most ZWNJ stand between two letters.
_ODD_ZWNJ = re.compile("\u200c(?:(?!\\w)|(?<!\\w\u200c))")
_ZWNJ_RUN = re.compile("\u200c+")
_ZWNJ_FLOOD = re.compile("\u200c{3,}")
_WHITE = re.compile(r" *\n[ \n]*|  +")


def display_text(text: str, language: str | None = None) -> str:
    r"""Return a text as published, with what is surely broken mended; idempotent.

    Mended (the rule for every format character, category Cf, is here; one not named is kept):

    * NFC; C0 and C1 controls and U+FEFF are dropped; half a surrogate pair becomes U+FFFD;
    * white space: NBSP and its kin become a space, runs one space; a line break stays, with more than one
      they are two (a blank line); none at either end;
    * U+00AD and ``¬`` between Arabic letters become ZWNJ; elsewhere U+00AD is dropped and ``¬`` stays;
    * ZWNJ: none stays beside white space, punctuation or an edge, but after a letter that does not join
      (ادذرزژو), where authors do type it. One of a run stays where software made the run: three or more in a
      row, or every one of a text doubled. A single pair is a hand that hit the key twice: as published;
    * U+200B is dropped but between letters of scripts that part words with it;
    * embedding, override and isolate controls (U+202A..E, U+2066..9) stay in pairs within a line; one without
      its partner is dropped (UAX #9, BD9 and 3.3.2). LRM, RLM and ALM have no partner and stay, so does ZWJ;
    * Arabic presentation forms become letters, with a ZWNJ where the shapes showed one; ﷲ ﷺ ﷼ ﷽ stay;
    * ي and ك become ی and ک only where ``language`` says Persian and the passage proves it.

    >>> display_text("مي\u200cگويم\u200c .") == "مي\u200cگويم ."
    True
    """
    if _SUSPECT.search(text):
        text = _mend_characters(text)
    if not text.isascii():
        text = compose(text)
        if ("ي" in text or "ك" in text) and is_persian(language):
            text = mend_letters(text)
        if _ODD_ZWNJ.search(text):
            text = _mend_zwnj(text)
    if "  " in text or " \n" in text or "\n " in text or "\n\n\n" in text:
        text = _WHITE.sub(_fold_white, text)
    return text.strip(" \n")


def _mend_characters(text: str) -> str:
    if _SURROGATE.search(text):
        text = _pair_surrogates(text)
    text = text.replace("\r\n", "\n").translate(_CLEAN)
    if _BIDI.search(text):
        text = "\n".join(map(_drop_unpaired, text.split("\n")))
    if "\u200b" in text:
        text = _ZERO_WIDTH_SPACE.sub(lambda match: match[1] or "", text)
    if _FORMS.search(text):
        text = _FORM_BREAK.sub(ZWNJ, text).translate(PRESENTATION_LETTERS)
        text = _HYPHEN_BEFORE_MARK.sub("", text)
        text = _LOOSE_MARKS.sub(lambda match: match.group().translate(SPACING_MARKS), text)
    return _FALSE_ZWNJ.sub(ZWNJ, text).replace("\xad", "")


def _pair_surrogates(text: str) -> str:
    """Make two halves of a pair (JSON read piecewise) their character, and a lone half U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def drop_unpaired_controls(text: str) -> str:
    """Drop embedding, override and isolate controls without a partner in their line."""
    return "\n".join(map(_drop_unpaired, text.split("\n"))) if _BIDI.search(text) else text


def _drop_unpaired(line: str) -> str:
    unpaired: set[int] = set()
    opened: list[tuple[int, bool]] = []  # position, and whether it is an isolate
    isolates = 0
    for match in _BIDI.finditer(line):
        at, control = match.start(), match.group()
        if control in _EMBEDDINGS:
            opened.append((at, False))
        elif control in _ISOLATES:
            opened.append((at, True))
            isolates += 1
        elif control == "\u202c":
            # PDF ends the innermost embedding, and never one outside of an open isolate (X7).
            if opened and not opened[-1][1]:
                opened.pop()
            else:
                unpaired.add(at)
        elif isolates:
            # PDI ends its isolate and every embedding opened inside it (X6a).
            while not opened[-1][1]:
                unpaired.add(opened.pop()[0])
            opened.pop()
            isolates -= 1
        else:
            unpaired.add(at)
    unpaired.update(at for at, _ in opened)
    if not unpaired:
        return line
    return "".join(character for at, character in enumerate(line) if at not in unpaired)


def _mend_zwnj(text: str) -> str:
    text = _ZWNJ_RUN.sub(_drop_idle_zwnj, text)
    runs = [len(run) for run in _ZWNJ_RUN.findall(text)]
    if len(runs) > 1 and min(runs) > 1:
        return _ZWNJ_RUN.sub(ZWNJ, text)
    return _ZWNJ_FLOOD.sub(ZWNJ, text) if runs and max(runs) > 2 else text


def _drop_idle_zwnj(match: re.Match[str]) -> str:
    text = match.string
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    if before not in JOINS_NOT and (_ends_word(before) or _ends_word(after)):
        return ""
    return match.group()


def _ends_word(neighbour: str) -> bool:
    return not neighbour or neighbour.isspace() or unicodedata.category(neighbour)[0] == "P"


def _fold_white(match: re.Match[str]) -> str:
    breaks = match.group().count("\n")
    return "\n" * min(breaks, 2) if breaks else " "


_FOLD = FoldTable()
_FOLD_OF_LINES = FoldTable({0x0A: "\n"})
_ASCII_FOLD = bytes(
    code + 32 if 65 <= code <= 90 else code if chr(code).isalnum() or chr(code) in "$+<=>|~" else 32
    for code in range(128)
) + bytes(128)
_ASCII_DROPPED = bytes([*range(9), *range(0x0E, 0x20), 0x7F])
_SURROGATE = re.compile("[\ud800-\udfff]")


def search_key(text: str) -> str:
    """Return the key by which texts are searched and compared; idempotent.

    Folded by character (:func:`pipelines.letters.fold_character`): compatibility forms, case, accents and
    harakat; ZWNJ, ZWJ, bidi controls and tatweel deleted; ي ى ئ to ی, ك to ک, ة ۀ هٔ to ه, آ أ إ ٱ to ا, ؤ to
    و, ء and ¬ deleted; any digits to ASCII; punctuation and white space to one space between words. Signs
    that are neither (emoji, currency) stay: taking one away is a change.

    >>> search_key("«مي\u200cگويد»: ۱۳۹۵، مُثلاً Café")
    'میگوید 1395 مثلا cafe'
    """
    if text.isascii():
        return " ".join(text.encode().translate(_ASCII_FOLD, _ASCII_DROPPED).decode().split())
    if _SURROGATE.search(text):
        text = _pair_surrogates(text)
    return compose(" ".join(text.translate(_FOLD).split()))


def letters_of_each(texts: Iterable[str]) -> list[str]:
    """Return of each text the folded letters that digests are made of: its search key without white space.

    All are folded in one pass, so that a hundred thousand texts of one word cost little more than one of a
    hundred thousand words.

    >>> letters_of_each(["او مي\u200cگويد", "***"])
    ['اومیگوید', '']
    """
    lines = [text.replace("\n", " ") for text in texts]
    joined = "\n".join(lines)
    if _SURROGATE.search(joined):
        joined = _pair_surrogates(joined)
    folded = compose(joined.translate(_FOLD_OF_LINES)).replace(" ", "")
    return folded.split("\n") if lines else []


def fold_digest(parts: Iterable[str]) -> str:
    """Return ``sha256:<hex>`` of texts as compared: folded, and without any white space.

    White space counts for nothing, so that «می گوید» made «می\u200cگوید», or a paragraph broken in two, is no
    new version. The parts (title, lede, body) stay apart.

    >>> fold_digest(["مي گويد"]) == fold_digest(["می\u200cگوید"])
    True
    """
    return digest_of(search_key(part).replace(" ", "") for part in parts)


def digest_of(letters: Iterable[str]) -> str:
    """Return :func:`fold_digest` of parts that are search keys without white space already."""
    digest = hashlib.sha256()
    for part in letters:
        digest.update(part.encode())
        digest.update(b"\x00")  # never in a key
    return f"sha256:{digest.hexdigest()}"
