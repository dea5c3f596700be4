"""Bytes to text, in the encoding that the bytes are written in, whatever they are declared as.

The encoding follows WHATWG Encoding and HTML (13.2.3, "the input byte stream"): byte order mark, HTTP
charset,
``meta`` charset, then detection. Unlike a browser we check that the bytes agree with what was declared:
Persian sites say ``iso-8859-1`` or ``windows-1256`` over UTF-8, and ``utf-8`` over windows-1256, and a
wrong choice there destroys every word.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

# WHATWG Encoding, 4.2: the name, Python's codec, and the labels met in the wild beside the name itself.
_ENCODINGS = (
    ("utf-8", "utf-8", "utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8"),
    (
        "windows-1252",
        "cp1252",
        "ascii us-ascii iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1 cp1252 cp819 x-cp1252",
    ),
    ("windows-1256", "cp1256", "cp1256 x-cp1256 win-1256"),
    (
        "iso-8859-6",
        "iso8859-6",
        "arabic asmo-708 ecma-114 iso8859-6 iso88596 iso_8859-6 iso-8859-6-i iso-8859-6-e",
    ),
    ("windows-1250", "cp1250", "cp1250 x-cp1250"),
    ("windows-1251", "cp1251", "cp1251 x-cp1251 win-1251"),
    ("windows-1253", "cp1253", "cp1253 x-cp1253"),
    ("windows-1254", "cp1254", "cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5"),
    ("windows-1255", "cp1255", "cp1255 x-cp1255"),
    ("windows-1257", "cp1257", "cp1257 x-cp1257"),
    ("windows-1258", "cp1258", "cp1258 x-cp1258"),
    ("windows-874", "cp874", "dos-874 iso-8859-11 iso8859-11 tis-620"),
    ("iso-8859-2", "iso8859-2", "latin2 l2 iso8859-2 iso_8859-2"),
    ("iso-8859-3", "iso8859-3", "latin3 l3 iso8859-3"),
    ("iso-8859-4", "iso8859-4", "latin4 l4 iso8859-4"),
    ("iso-8859-5", "iso8859-5", "cyrillic iso8859-5"),
    ("iso-8859-7", "iso8859-7", "greek greek8 iso8859-7"),
    ("iso-8859-8", "iso8859-8", "hebrew visual iso8859-8 iso-8859-8-i logical"),
    ("iso-8859-10", "iso8859-10", "latin6 l6 iso8859-10"),
    ("iso-8859-13", "iso8859-13", "iso8859-13"),
    ("iso-8859-14", "iso8859-14", "iso8859-14"),
    ("iso-8859-15", "iso8859-15", "iso8859-15 l9 latin-9"),
    ("iso-8859-16", "iso8859-16", ""),
    ("koi8-r", "koi8-r", "koi koi8 koi8_r cskoi8r"),
    ("koi8-u", "koi8-u", "koi8-ru"),
    ("macintosh", "mac-roman", "mac x-mac-roman"),
    # No encodings of the web, but of pages that say so: browsers would guess, Python knows the tables.
    ("x-mac-arabic", "mac-arabic", "macarabic mac-arabic"),
    ("x-mac-farsi", "mac-farsi", "macfarsi mac-farsi"),
    ("ibm866", "cp866", "866 cp866"),
    ("gbk", "gb18030", "gb2312 gb_2312 gb_2312-80 chinese x-gbk"),
    ("gb18030", "gb18030", ""),
    ("big5", "big5hkscs", "big5-hkscs cn-big5 x-x-big5"),
    ("euc-jp", "euc-jp", "x-euc-jp"),
    ("iso-2022-jp", "iso2022-jp", ""),
    ("shift_jis", "cp932", "shift-jis sjis ms_kanji windows-31j x-sjis ms932"),
    ("euc-kr", "cp949", "korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949"),
    ("utf-16le", "utf-16-le", "utf-16 ucs-2 unicode iso-10646-ucs-2 csunicode"),
    ("utf-16be", "utf-16-be", "unicodefffe"),
)
_CODECS = {name: codec for name, codec, _ in _ENCODINGS}
_LABELS = {label: name for name, _, labels in _ENCODINGS for label in (name, *labels.split())}
_BY_CODEC = {codecs.lookup(codec).name: name for name, codec, _ in reversed(_ENCODINGS)}

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be"))
_HTTP_CHARSET = re.compile(r"charset\s*+=\s*+[\"']?\s*+([A-Za-z0-9_.:\-]{1,40})", re.IGNORECASE)
# HTML 13.2.3.2 looks at 1,024 bytes; Persian portals print a long comment or script before the element.
_META = re.compile(rb"<meta\s[^>]{0,500}?charset\s*+=\s*+[\"']?\s*+([A-Za-z0-9_.:\-]{1,40})", re.IGNORECASE)
_META_WINDOW = 8192
_DETECTION_WINDOW = 1 << 16
# The letters that carry running Persian and Arabic text; other encodings read as windows-1256 seldom give
# them.
_ARABIC = ("windows-1256", "iso-8859-6")
_HIGH_RUNS = re.compile(rb"[\x80-\xff]{3,}")
_COMMON_ARABIC = frozenset("ابتدرسشعفقكلمنهويیکگپ ")


def decode(body: bytes, content_type: str | None) -> tuple[str, str]:
    r"""Return the text of a page and the WHATWG name of its encoding; U+FFFD for what is broken.

    >>> decode(b"<p>\xd3\xe1\xc7\xe3</p>", "text/html; charset=windows-1256")
    ('<p>سلام</p>', 'windows-1256')
    >>> decode("<p>سلام بر همه</p>".encode(), "text/html; charset=ISO-8859-1")[1]
    'utf-8'
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(_CODECS[name], "replace"), name
    if name := wide(body):
        return body.decode(_CODECS[name], "replace"), name
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    declared = _declared(body, content_type)
    if text is not None:
        legacy = [name for name in declared if name != "utf-8"]
        # Bytes above 0x7F that form whole UTF-8 sequences throughout are UTF-8, whatever the header says:
        # three such letters happen by chance in one windows-1256 text of some ten thousand. ISO-2022-JP
        # and UTF-16 pass as ASCII.
        if not legacy or not text.isascii():
            return text, "utf-8"
        return _strict(body, legacy[0]) or (text, legacy[0])
    if _mostly_utf8(body):  # a page cut inside a letter, a foreign byte; whatever it is called
        return body.decode("utf-8", "replace"), "utf-8"
    arabic = _arabic(body)
    for name in declared:
        if name == "utf-8" or (arabic and name in ("windows-1252", *_ARABIC) and name != arabic):
            continue
        if found := _strict(body, name):
            return found
    name = arabic or _detect(body)
    return body.decode(_CODECS[name], "replace"), name


def _declared(body: bytes, content_type: str | None) -> list[str]:
    """Return the encodings that HTTP and the page name, in the order in which they are believed."""
    labels = []
    if found := _HTTP_CHARSET.search(content_type or ""):
        labels.append(found[1])
    if meta := _META.search(body[:_META_WINDOW]):
        label = meta[1].decode("ascii")
        # HTML 13.2.3.2: a meta element that could be read as ASCII cannot be UTF-16.
        labels.append("utf-8" if label.lower().startswith("utf-16") else label)
    names = (_LABELS.get(label.lower()) for label in labels)
    return list(dict.fromkeys(name for name in names if name))


def _strict(body: bytes, name: str) -> tuple[str, str] | None:
    try:
        return body.decode(_CODECS[name]), name
    except UnicodeDecodeError:
        # cp1252 and its sisters leave a few bytes undefined in Python; one stray byte is no reason to doubt.
        text = body.decode(_CODECS[name], "replace")
        return (text, name) if text.count("\ufffd") * 100 <= _high_bytes(body) else None


def _high_bytes(body: bytes) -> int:
    return len(body) - len(body.translate(None, bytes(range(128, 256))))


def wide(body: bytes) -> str:
    """Return ``utf-16le`` or ``utf-16be`` when the bytes begin as such, with a mark or without; else ``""``.

    Markup is ASCII: of the first bytes most of every second are zero, and none of the others.
    """
    for mark, name in _BOMS[1:]:
        if body.startswith(mark):
            return name
    head = body[:32]
    first, second = head[0::2].count(0), head[1::2].count(0)
    if (first and second) or (first + second) * 3 < len(head) or len(head) < 16:
        return ""
    return "utf-16be" if first else "utf-16le"


def _arabic(body: bytes) -> str:
    """Return ``windows-1256`` or ``iso-8859-6`` when bytes that are no UTF-8 read as Arabic script in one of
    them, else ``""``.

    Latin, in which letters above 0x7F stand alone, never does: there three in a row are rare.
    """
    sample = body[:_DETECTION_WINDOW]
    if sum(map(len, _HIGH_RUNS.findall(sample))) * 10 < _high_bytes(sample) * 6:
        return ""
    lines = b"\n".join(line for line in sample.splitlines() if _high_bytes(line))[:16384]
    shares = {name: _arabic_share(lines.decode(_CODECS[name], "replace")) for name in _ARABIC}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > 0.7 else ""


def _mostly_utf8(body: bytes) -> bool:
    """Tell UTF-8 with some damage from another encoding under its name: a page cut inside a letter, a
    foreign byte."""
    text = body[: _DETECTION_WINDOW * 4].decode("utf-8", "replace")
    good = len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")
    return good > 4 * text.count("\ufffd")


def _detect(body: bytes) -> str:
    """Return the likeliest encoding of bytes that are not UTF-8 and declare nothing that fits."""
    sample = re.sub(rb"<[^>]{0,2000}>", b" ", body[:_DETECTION_WINDOW])
    lines = b"\n".join(line.strip() for line in sample.splitlines() if _high_bytes(line))[:16384]
    if _reads_as_arabic(lines.decode("cp1256", "replace")):
        return "windows-1256"
    best = from_bytes(lines, steps=5, chunk_size=512, preemptive_behaviour=False).best()
    name = _BY_CODEC.get(codecs.lookup(best.encoding).name) if best else None
    if not name or name.startswith("utf-16"):
        return "windows-1252"
    # The sisters of windows-1252 share its quotes and dashes: where they say the same, it is the likelier.
    same = lines.decode(_CODECS[name], "replace") == lines.decode("cp1252", "replace")
    return "windows-1252" if same else name


def _reads_as_arabic(text: str) -> bool:
    return _arabic_share(text) > 0.7


def _arabic_share(text: str) -> float:
    """Return the share of common Arabic letters in all that are not ASCII; 0 of fewer than four."""
    high = [letter for letter in text if letter >= "\x80"]
    return sum(letter in _COMMON_ARABIC for letter in high) / len(high) if len(high) >= 4 else 0.0
