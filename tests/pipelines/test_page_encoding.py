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
