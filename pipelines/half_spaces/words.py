"""Where a Persian word that lost its ZERO WIDTH NON-JOINERS had them: by lexicon, then by its make.

Persian writes a half space after «می», before «ها», «تر», «ام»… and between the parts of a compound. After a
letter that does not join (ادذرزژو) it shows nothing, and many leave it out; there it is only put where the
lexicon has it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.half_spaces.lexicon import Lexicon
from pipelines.letters import JOINS_NOT

ZWNJ = "\u200c"
# Nor does a hamza that stands on a letter: «خانهٔ».
_JOINS_NOT = JOINS_NOT | {"\u0654"}

_COMMON = 20
_SURE = 1 << 30
_LONGEST = 32
_DEEPEST = 3  # «کتاب‌خانه‌هایشان» is two endings deep

_PLURALS = ("هایشان", "هایمان", "هایتان", "هایند", "هایی", "هایم", "هایت", "هایش", "هاست", "های", "ها")
_COMPARATIVES = ("ترین", "تری", "ترها", "تر")
_AFTER_HEH = ("است", "ایست", "ایم", "اید", "اند", "شان", "مان", "تان", "ایی", "ام", "ای", "اش", "ات")
_AFTER_YEH = ("است", "ایم", "اید", "اند", "ام", "ای", "اش", "ات")
_JOINED_ENDINGS = ("شان", "مان", "یی", "ان", "ند", "ی", "م", "ش", "ت")
_PERSONS = ("م", "ی", "د", "یم", "ید", "ند")
_PERFECT = ("ام", "ای", "است", "ایم", "اید", "اند", "")
_OBJECTS = ("شان", "مان", "تان", "ش", "م", "ت")
_CONTINUOUS = tuple(
    f"{before}{negation}می"
    for before in ("", "بر", "باز", "در", "فرو", "وا", "فرا")
    for negation in ("", "ن")
)
_NUMBERS = frozenset(["نه", "یک", "ده", "سی", "شش"])
AFTER_BEH = frozenset(
    """
    آرامی آسانی اجبار تازگی تدریج تنهایی جز خاطر خصوص خوبی درستی دلیل دنبال راحتی رغم روشنی زعم زودی سادگی
    سختی سرعت شدت صراحت صورت طور علاوه عنوان غیر موقع ناچار ندرت نظر وسیله وضوح ویژه هنگام همراه
    """.split()  # noqa: SIM905 — words are read more easily than a list of strings
)
"""After «به» these make adverbs: joined they are no words, as «بهداشت» and «بهسازی» are."""

INFLECTIONS = frozenset([*_PLURALS, *_COMPARATIVES, *_AFTER_HEH, *_JOINED_ENDINGS, "می", "نمی"])
"""Endings with rules of their own: never parts of a compound."""


class Restorer:
    """Restores words by one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._counts = {**lexicon.plain, **lexicon.restored}
        self._known = dict(zip(lexicon.plain, lexicon.plain, strict=True))
        self._known |= {word.replace(ZWNJ, ""): word for word in lexicon.restored}
        self._first = lexicon.first_parts
        self._second = lexicon.second_parts
        self._forms = dict(_verb_forms(lexicon))
        self._participles = {f"{negation}{stem}ه" for stem in lexicon.past_stems for negation in ("", "ن")}

    @property
    def known(self) -> Mapping[str, str]:
        """Words without ZWNJ, and what each is restored to by the lexicon alone; most to themselves."""
        return self._known

    def restore(self, word: str) -> str:
        """Return a word, Persian letters only and without ZWNJ, with those it lost; most have none."""
        return self._known.get(word) or self._restore(word, 0)

    def verb(self, word: str) -> str | None:
        """Return a continuous form with its ZWNJ («می\u200cگوید»), ``None`` for any other word."""
        at = word.find("می")
        if not 0 <= at < 5:
            return None
        before, rest = word[: at + 2], word[at + 2 :]
        if before not in _CONTINUOUS:
            return None
        form = self._forms.get(rest)
        if form is not None:
            return f"{before}{ZWNJ}{form}"
        if len(rest) > 4:
            for ending in _OBJECTS:
                form = self._forms.get(rest.removesuffix(ending)) if rest.endswith(ending) else None
                if form is not None:
                    return f"{before}{ZWNJ}{form}{ending}"
        return None

    def _restore(self, word: str, depth: int) -> str:
        if not 4 <= len(word) <= _LONGEST or depth > _DEEPEST:
            return word
        if word[-1] == "\u0654":
            return self._stem(word[:-1], depth)[0] + "\u0654"
        return (
            self.verb(word)
            or self._plural_or_clitic(word, depth)
            or self._other_ending(word, depth)
            or self._compound(word)
            or word
        )

    def _stem(self, word: str, depth: int) -> tuple[str, bool]:
        """Return a stem as restored, and whether it is a word at all."""
        known = self._known.get(word)
        if known is not None:
            return known, True
        restored = self._restore(word, depth + 1)
        return restored, restored != word

    def _plural_or_clitic(self, word: str, depth: int) -> str | None:
        readings: list[tuple[int, bool, str]] = []
        ending = _ending(word, _PLURALS)
        if ending and len(word) > len(ending) + 1:
            stem, is_word = self._stem(word[: -len(ending)], depth)
            # Two letters are a word by chance («عنها»), unless it is a common one («گل‌ها»).
            if is_word and (len(stem) > 2 or self._counts.get(stem, 0) >= _COMMON):
                gap = "" if stem[-1] in _JOINS_NOT else ZWNJ
                readings.append((self._counts.get(stem, 0), True, f"{stem}{gap}{ending}"))
        ending = _ending(word, _AFTER_HEH)
        if ending and len(word) > len(ending) + 2 and word[-len(ending) - 1] == "ه":
            stem, is_word = self._stem(word[: -len(ending)], depth)
            # «رفته‌ایم», not «رفت‌هایم»; but «شکست‌های» is read as often as «شکسته‌ای».
            participle = word[: -len(ending)] in self._participles
            if is_word or participle:
                weight = _SURE if participle and ending != "ای" else self._counts.get(stem, 0)
                readings.append((weight, False, f"{stem}{ZWNJ}{ending}"))
        # «کوچه‌ای» or «کوچ‌های»: the commoner word.
        return max(readings)[2] if readings else None

    def _other_ending(self, word: str, depth: int) -> str | None:
        if word.endswith("هی") and len(word) > 4 and word[-3] not in "اوی":  # «همه‌ی», but «نگاهی»
            known = self._known.get(word[:-1])
            if known is not None:
                return f"{known}{ZWNJ}ی"
        ending = _ending(word, _COMPARATIVES)
        if ending and len(word) > len(ending) + 2 and word[-len(ending) - 1] not in _JOINS_NOT:
            stem, is_word = self._stem(word[: -len(ending)], depth)
            if is_word and len(stem) > 3:
                return f"{stem}{ZWNJ}{ending}"
        ending = _ending(word, _AFTER_YEH)
        if ending and len(word) > len(ending) + 2 and word[-len(ending) - 1] == "ی":
            stem, is_word = self._stem(word[: -len(ending)], depth)
            if is_word:
                return f"{stem}{ZWNJ}{ending}"
        if word.endswith("اند") and len(word) > 6 and word[-4] not in _JOINS_NOT and word not in self._forms:
            stem, is_word = self._stem(word[:-3], depth)
            if is_word:
                return f"{stem}{ZWNJ}اند"
        for ending in _JOINED_ENDINGS:
            if word.endswith(ending):
                known = self._known.get(word[: -len(ending)], "")
                if ZWNJ in known:
                    return known + ending
        for ending in ("گان", "گی"):  # «گیرنده», «گیرندگان»
            if word.endswith(ending):
                known = self._known.get(word[: -len(ending)] + "ه", "")
                if ZWNJ in known:
                    return known[:-1] + ending
        return None

    def _compound(self, word: str) -> str | None:
        at = word.find("بن", 2)
        if 0 < at < len(word) - 4:  # «عمروبن‌عاص»
            first, second = word[:at], word[at + 2 :]
            if self._counts.get(first) and self._counts.get(second) and len(second) > 2:
                return f"{first}{'' if first[-1] in _JOINS_NOT else ZWNJ}بن{ZWNJ}{second}"
        readings: list[tuple[int, int, str]] = []
        for at in range(2, len(word) - 1):
            first, second = word[:at], word[at:]
            if first[-1] in _JOINS_NOT or first in _NUMBERS:
                continue
            if (second in self._second or second.rstrip("ی") in self._second) and self._counts.get(
                first, 0
            ) > 1:
                readings.append((len(second), self._counts[first], f"{first}{ZWNJ}{second}"))
            elif first in self._first and len(second) > 2 and self._counts.get(second, 0) >= 10:
                readings.append((len(first), 0, f"{first}{ZWNJ}{second}"))
        return max(readings)[2] if readings else None


def _ending(word: str, endings: tuple[str, ...]) -> str | None:
    """Return the first of the endings, the longest stand first, that a word has."""
    if word.endswith(endings):
        for ending in endings:
            if word.endswith(ending):
                return ending
    return None


def _verb_forms(lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """Yield what may follow «می», without and with its own ZWNJ."""
    for stem in lexicon.present_stems:
        for person in _PERSONS:
            yield stem + person, stem + person
            yield f"{stem}ان{person}", f"{stem}ان{person}"  # «می‌جنبانم»
            yield f"{stem}اند{person}", f"{stem}اند{person}"
            if stem[-1] in "او":
                yield f"{stem}ی{person}", f"{stem}ی{person}"
        yield f"{stem}اند", f"{stem}اند"
    for stem in lexicon.past_stems:
        for person in ("", *_PERSONS):
            if person != "د":
                yield stem + person, stem + person
        for ending in _PERFECT:
            yield f"{stem}ه{ending}", f"{stem}ه{ZWNJ}{ending}" if ending else f"{stem}ه"
