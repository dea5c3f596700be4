"""The search key beside ICU's collation for Persian at primary strength: what is one to it is one to us.

Where the key folds more than ICU, or less, a table here says which and why; anything else is a failure.
"""

import ctypes
import ctypes.util
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines import search_key

BLOCKS = [
    (0x0600, 0x06FF),
    (0x0750, 0x077F),
    (0x0870, 0x089F),
    (0x08A0, 0x08FF),
    (0xFB50, 0xFDFF),
    (0xFE70, 0xFEFF),
]
ASSIGNED = [
    character
    for first, last in BLOCKS
    for character in map(chr, range(first, last + 1))
    if unicodedata.category(character) != "Cn"
]

# ICU takes a hamza's carrier for nothing: أ ؤ ئ ء are one to it, and آ stands apart. Readers of Persian type
# ا و ی for them, and leave ء out («مسئول», «مسوول»), so that we fold them there.
FOLDED_OTHERWISE = {
    **dict.fromkeys("آأإٲٳٵ", "ا"),
    **dict.fromkeys("ؤٶ", "و"),
    **dict.fromkeys("ئٸ", "ی"),
    "ٷ": "ۇ",
    "ء": "",
    **dict.fromkeys("ٴ\u0883\u0887", ""),
}
# Two Sindhi signs stand for whole words («and», «in»); ICU sorts them with a hamza and a meem.
KEPT_APART = {"\u06fd": "<and>", "\u06fe": "<in>"}


_BORNE = re.compile("(?<=[اویىي])[\u0610-\u061a\u064b-\u065f\u0670]+")


def _without_bearer(letter: str) -> str:
    return letter[1:] if len(letter) > 1 and letter[0] == " " else letter


def _as_we_mean_it(text: str) -> str:
    """Return a text with what we fold otherwise than ICU folded, so that ICU may judge the rest."""
    # A mark printed alone decomposes to a space and the mark; in a word it belongs to the letter before.
    plain = "".join(_without_bearer(unicodedata.normalize("NFKC", letter)) for letter in text)
    letters: list[str] = []
    for letter in unicodedata.normalize("NFKC", plain):
        category = unicodedata.category(letter)
        if category[0] in "PZ":
            letters.append(" ")  # punctuation parts words, whichever it is
        elif category != "Sk":  # dots of letters, printed alone: parts of a letter
            letters.append(FOLDED_OTHERWISE.get(letter, KEPT_APART.get(letter, letter)))
    # Where NFKC has no letter for a bearer and its hamza, they are two characters still: ICU contracts them.
    words = _BORNE.sub(lambda marks: marks[0].replace("\u0654", ""), "".join(letters)).split()
    # A word of marks only is none, and parts nothing.
    return " ".join(word for word in words if not all(map(_weighs_nothing, word)))


def _weighs_nothing(character: str) -> bool:
    return character == "\u0640" or unicodedata.category(character) in ("Cf", "Mn")


@pytest.fixture(scope="module")
def icu() -> Callable[[str], bytes]:
    """Return what makes ICU's sort key, primary strength."""
    name = ctypes.util.find_library("icui18n")
    version = re.search(r"so\.(\d+)", name or "")
    if name is None or version is None:
        pytest.fail("libicui18n is not installed: apt-get install -y --no-install-recommends libicu72")
    library, suffix = ctypes.CDLL(name), version[1]
    status = ctypes.c_int(0)
    opened = library[f"ucol_open_{suffix}"]
    opened.restype, opened.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.POINTER(ctypes.c_int)]
    collator = opened(b"fa", ctypes.byref(status))
    strength = library[f"ucol_setStrength_{suffix}"]
    strength.argtypes = [ctypes.c_void_p, ctypes.c_int]
    strength(collator, 0)
    sort = library[f"ucol_getSortKey_{suffix}"]
    sort.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.c_char_p, ctypes.c_int32]
    sort.restype = ctypes.c_int32

    def key(text: str) -> bytes:
        written = text.encode("utf-16-le")
        buffer = ctypes.create_string_buffer(64 + 8 * len(written))
        length = sort(collator, written, len(written) // 2, buffer, len(buffer))
        assert 0 < length <= len(buffer)
        return buffer.raw[:length]

    return key


def test_every_character_of_the_arabic_blocks_folds_as_icu_does(icu: Callable[[str], bytes]) -> None:
    assert len(ASSIGNED) > 1_200
    by_icu: defaultdict[bytes, set[str]] = defaultdict(set)
    by_us: defaultdict[str, set[bytes]] = defaultdict(set)
    for character in ASSIGNED:
        theirs, ours = icu(_as_we_mean_it(f"ب{character}ت")), search_key(f"ب{character}ت")
        by_icu[theirs].add(ours)
        by_us[ours].add(theirs)
    assert {key: ours for key, ours in by_icu.items() if len(ours) > 1} == {}
    assert {ours: keys for ours, keys in by_us.items() if len(keys) > 1} == {}
    assert len(by_us) > 400


def test_the_tables_hold_nothing_that_icu_does_itself(icu: Callable[[str], bytes]) -> None:
    for character, folded in FOLDED_OTHERWISE.items():
        assert icu(f"ب{character}ت") != icu(f"ب{folded}ت"), character
        assert search_key(f"ب{character}ت") == search_key(f"ب{folded}ت"), character
    assert icu("ب\u06feت") == icu("بمت")
    assert search_key("ب\u06feت") != search_key("بمت")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("می\u200cگوید", "میگوید"),
        ("مي\u200dگويد", "می\u200eگوید"),
        ("كتـاب", "کتاب"),
        ("۱۳۹۵", "1395"),
        ("١٣٩٥", "۱۳۹۵"),
        ("مُثلاً", "مثلا"),
        ("خانهٔ", "خانۀ"),
        ("خانة", "خانه"),
        ("ﺳﻼﻡ", "سلام"),
        ("\u202bعلی\u202c", "علي"),
        ("ALI", "ali"),
    ],
)
def test_what_readers_take_for_one_is_one_to_both(icu: Callable[[str], bytes], one: str, other: str) -> None:
    assert icu(_as_we_mean_it(one)) == icu(_as_we_mean_it(other))
    assert search_key(one) == search_key(other)


_LETTERS = st.sampled_from(
    "ابپتجچکكڪگیيىےهةەہھۀوؤآأئء۱1١٣۳ژزر\u200c\u200d\u200f\u0640\u064b\u0651\u0654\u0670 ،"
)


@example([("ء", "\u200c"), ("ء", " "), ("ا", "ا")])
@example([("ئ", "ی"), ("ب", "\u0654")])
@example([("ئ", "ى"), ("ب", "\u064b"), ("ب", "\u0654")])
@given(st.lists(st.tuples(_LETTERS, _LETTERS), max_size=8))
def test_two_words_are_one_to_the_key_exactly_when_they_are_to_icu(
    icu: Callable[[str], bytes], pairs: list[tuple[str, str]]
) -> None:
    one, other = "".join(pair[0] for pair in pairs), "".join(pair[1] for pair in pairs)
    for first, second in ((one, other), (one, one.translate(str.maketrans("كيىة۱", "کییه1")))):
        same = icu(_as_we_mean_it(first)) == icu(_as_we_mean_it(second))
        assert (search_key(first) == search_key(second)) == same, (first, second)
