"""One pass of the JSON encoder writes what the plain values would."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import (
    Article,
    Capture,
    Comment,
    CommentThread,
    Image,
    PageRole,
    Truncation,
    from_json,
    json_text,
    to_json,
)

_text = st.text(st.characters(codec="utf-8"), max_size=20)
_moment = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=3, minutes=30))]))
_comment = st.builds(
    Comment,
    publisher_id=st.none() | _text,
    parent_id=st.none() | _text,
    key=_text,
    author=st.none() | _text,
    text=_text,
    published_at=st.none() | _moment,
    position=st.integers(),
)
_article = st.builds(
    Article,
    url=_text,
    canonical_url=_text,
    title=_text,
    paragraphs=st.lists(_text, max_size=3).map(tuple),
    published_at=st.none() | _moment,
    images=st.lists(st.builds(Image, url=_text, alt=_text), max_size=2).map(tuple),
    reasons=st.lists(st.tuples(_text, _text), max_size=2).map(tuple),
)
_thread = st.builds(
    CommentThread,
    comments=st.lists(_comment, max_size=3).map(tuple),
    declared_total=st.none() | st.integers(),
    more=st.lists(_text, max_size=2).map(tuple),
)


@given(noun=_article | _thread)
def test_the_text_is_that_of_the_plain_values_and_can_be_read_back(noun: Article | CommentThread) -> None:
    text = json_text(noun)
    assert text == json.dumps(to_json(noun), ensure_ascii=False, separators=(",", ":"))
    assert from_json(type(noun), json.loads(text)) == noun


def test_enums_bytes_and_moments_have_one_form_in_both() -> None:
    capture = Capture(
        record_id="urn:uuid:1",
        url="http://a.example/",
        captured_at=datetime(2026, 11, 23, 7, 30, tzinfo=UTC),
        warc_key="a.warc.gz",
        offset=0,
        length=1,
        status=200,
        mime="text/html",
        payload_digest="sha256:A",
        payload_length=1,
        truncated=Truncation.LENGTH,
        role=PageRole.SEED,
    )
    value = {"capture": capture, "bytes": b"\xff\x00", "list": [(1, 2.5, None, True)]}
    assert json.loads(json_text(value)) == to_json(value)
    assert from_json(Capture, json.loads(json_text(capture))) == capture


def test_a_lone_surrogate_is_written_as_the_replacement_character() -> None:
    comment = replace(Comment(publisher_id="1"), text="a\ud800b")
    assert json.loads(json_text(comment).encode())["text"] == "a\ufffdb"


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        json_text([object()])
