# ruff: noqa: E501 - markup is easier to check in one line
"""Which encoding a page is in, whatever it says."""

from __future__ import annotations

import pytest
from persian_pages import REFERENCE

from model import Reading
from pipelines import read_page

# The letters of windows-1256 only: it has no Persian ye.
SENTENCE = "كتابخانه شهر در روز دوشنبه باز مي\u200cشود و مردم مي\u200cتوانند كتاب\u200cهاي تازه را بخوانند. "


def read(body: bytes, content_type: str | None = "text/html") -> Reading:
    return read_page(body, url="http://a.test/x", content_type=content_type, reference=REFERENCE)


def page(charset: str = "", text: str = SENTENCE * 4) -> str:
    meta = f"<meta charset={charset}>" if charset else ""
    return f"<html><head>{meta}<title>{SENTENCE}</title></head><body><p>{text}</p><a href=/x>{SENTENCE}</a></body></html>"


@pytest.mark.parametrize(
    ("codec", "charset", "content_type", "expected"),
    [
        ("utf-8", "", "text/html", "utf-8"),
        ("utf-8", "", "text/html; charset=UTF-8", "utf-8"),
        ("utf-8", "iso-8859-1", "text/html", "utf-8"),
        ("utf-8", "", "text/html; charset=ISO-8859-1", "utf-8"),
        ("utf-8", "windows-1256", "text/html", "utf-8"),
        ("utf-8-sig", "windows-1256", "text/html; charset=windows-1256", "utf-8"),
        ("utf-16", "", "text/html", "utf-16le"),
        ("cp1256", "windows-1256", "text/html", "windows-1256"),
        ("cp1256", "", "text/html; charset=CP1256", "windows-1256"),
        ("cp1256", "utf-8", "text/html", "windows-1256"),
        ("cp1256", "utf-8", "text/html; charset=utf-8", "windows-1256"),
        ("cp1256", "", "text/html", "windows-1256"),
        ("cp1256", "", None, "windows-1256"),
        ("cp1256", "windows-1256", "text/html; charset=utf-8", "windows-1256"),
        ("iso8859-6", "iso-8859-6", "text/html", "iso-8859-6"),
    ],
)
def test_the_letters_come_out_right(
    codec: str, charset: str, content_type: str | None, expected: str
) -> None:
    sentence = SENTENCE.replace("\u200c", "") if codec == "iso8859-6" else SENTENCE
    text = page(charset).replace(SENTENCE, sentence).replace("ك", "ك")
    if codec == "iso8859-6":
        text = text.replace("پ", "ب").replace("گ", "ك").replace("چ", "ج")
    reading = read(text.encode(codec), content_type)
    assert reading.encoding == expected
    assert reading.links[0].text == (text.split("<a href=/x>")[1].split("</a>")[0]).strip()


PERSIAN = (
    "گزارش «شهر»: کتابخانه روز دوشنبه باز می\u200cشود و مردم می\u200cتوانند کتاب\u200cهای تازه را بخوانند. "
)
ARABIC = "قال المتحدث باسم البلدية إن المكتبة الجديدة ستفتح أبوابها يوم الاثنين، وإن الكتب وصلت إلى المدينة. "
ENGLISH = "The council’s library – the café’s neighbour – opens on Monday, “at last”, said Ann. "
GERMAN = "Die Männer und Mädchen zählen Bären, außer den älteren Ämtern; größere Straßen lägen näher. "
SPANISH = "La alcaldía abrirá más bibliotecas: así será más fácil leer allá, según dirá la máxima autoridad. "
HEADER = "text/html; charset="


@pytest.mark.parametrize(
    ("text", "codec", "meta", "content_type", "expected"),
    [
        # Persian letters that windows-1256 lacks are written as references: ی, ک.
        (PERSIAN, "cp1256", "windows-1256", "text/html", "windows-1256"),
        (PERSIAN, "cp1256", "", "text/html", "windows-1256"),
        (PERSIAN, "cp1256", "", HEADER + "utf-8", "windows-1256"),
        (PERSIAN, "cp1256", "iso-8859-1", "text/html", "windows-1256"),
        (PERSIAN, "cp1256", "iso-8859-6", "text/html", "windows-1256"),
        (PERSIAN, "cp1256", "utf-8", HEADER + "windows-1252", "windows-1256"),
        (ARABIC, "cp1256", "windows-1252", "text/html", "windows-1256"),
        (ARABIC, "cp1256", "", HEADER + "iso-8859-1", "windows-1256"),
        (ARABIC, "cp1256", "utf-8", HEADER + "utf-8", "windows-1256"),
        (ARABIC, "iso8859-6", "iso-8859-6", "text/html", "iso-8859-6"),
        (ARABIC, "iso8859-6", "windows-1256", "text/html", "iso-8859-6"),
        (ARABIC, "iso8859-6", "", HEADER + "iso-8859-1", "iso-8859-6"),
        (ARABIC, "iso8859-6", "", "text/html", "iso-8859-6"),
        (PERSIAN, "utf-8", "windows-1256", HEADER + "iso-8859-1", "utf-8"),
        (ENGLISH, "utf-8", "windows-1252", "text/html", "utf-8"),
        (ENGLISH, "cp1252", "iso-8859-1", "text/html", "windows-1252"),
        (ENGLISH, "cp1252", "utf-8", HEADER + "utf-8", "windows-1252"),
        (GERMAN, "cp1252", "iso-8859-1", "text/html", "windows-1252"),
        (SPANISH, "cp1252", "", HEADER + "iso-8859-1", "windows-1252"),
        (PERSIAN, "utf-16", "", "text/html", "utf-16le"),
        (PERSIAN, "utf-16-le", "", "text/html", "utf-16le"),
        (PERSIAN, "utf-16-be", "", "text/html", "utf-16be"),
        (ENGLISH, "utf-16-le", "utf-16", HEADER + "utf-16", "utf-16le"),
        (PERSIAN, "utf-16-be", "utf-8", HEADER + "utf-16le", "utf-16be"),
    ],
)
def test_running_text_comes_out_right_whatever_is_declared(
    text: str, codec: str, meta: str, content_type: str, expected: str
) -> None:
    body = page(meta, text * 4).replace(SENTENCE, text).encode(codec, "xmlcharrefreplace")
    reading = read(body, content_type)
    assert (reading.encoding, reading.links[0].text) == (expected, text.strip())


@pytest.mark.parametrize("label", ["x-mac-arabic", "x-mac-farsi"])
def test_pages_of_old_macintoshes_are_read_by_their_label(label: str) -> None:
    # Both have the letters of ISO 8859-6 at its places; Python cannot write them with references.
    letters = ARABIC.replace("،", "")
    body = page(label).encode("iso8859-6", "xmlcharrefreplace")
    body = body.replace(b"<a href=/x>", b"<a href=/y>" + letters.encode("iso8859-6") + b"</a><a href=/x>")
    reading = read(body)
    assert (reading.encoding, reading.links[0].text) == (label, letters.strip())


@pytest.mark.parametrize("declared", ["", "utf-8", "iso-8859-1", "windows-1252", "windows-1256"])
def test_utf8_with_a_foreign_byte_stays_utf8_under_any_name(declared: str) -> None:
    body = page(declared).encode().replace(b"<p>", b"<p>caf\xe9 ", 1)
    reading = read(body, HEADER + declared if declared else "text/html")
    assert (reading.encoding, reading.links[0].text) == ("utf-8", SENTENCE.strip())


def test_utf8_with_one_broken_byte_stays_utf8() -> None:
    body = page().encode().replace("شهر".encode(), b"\xd8", 1)
    reading = read(body, "text/html; charset=utf-8")
    assert reading.encoding == "utf-8"
    assert reading.links[0].text == SENTENCE.strip()


def test_latin1_is_read_as_windows_1252() -> None:
    reading = read(b"<p>\x93caf\xe9\x94</p><a href=/x>\x93caf\xe9\x94</a>", "text/html; charset=iso-8859-1")
    assert (reading.encoding, reading.links[0].text) == ("windows-1252", "“café”")


@pytest.mark.parametrize(
    "label", ["utf-7", "rot13", "idna", "base64", "x-user-defined", "nonsense", "unicode_escape"]
)
def test_labels_that_browsers_do_not_know_are_ignored(label: str) -> None:
    assert read(page(label).encode(), f"text/html; charset={label}").encoding == "utf-8"


def test_character_references_mean_what_html_says() -> None:
    reading = read(
        "<a href=/x>مي&zwnj;خواهم&#8204;ت &#x200c;&nbsp;&hellip;&laquo;&raquo;&#128;&#0;&#xD800;</a>".encode()
    )
    assert reading.links[0].text == "مي\u200cخواهم\u200cت \u200c\u00a0…«»€\ufffd\ufffd"
