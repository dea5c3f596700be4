"""What was read is written as JSON, the same whether it was made beforehand or not."""

import gzip
import json
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.catalogue import article, article_text, capture, comment, comment_texts, thread
from warcio.archiveiterator import ArchiveIterator

from archive import Archive, ReadArticle, ReadThread, article_json, thread_json
from archive.warc import Packed, iterate_records, pack, verify_warc
from archive.warc.packed import joined_member
from model import CommentThread, Source, json_text

READ = article("متن خبر می\u200cآید", images=())
SHOWN = thread(comment("1", "یک"), comment("2", "دو \ud800"), comment("1", "یک، دوباره"), total=3)


@given(
    head=st.binary(max_size=50),
    parts=st.lists(st.binary(max_size=300) | st.binary(max_size=300).map(pack), max_size=6),
)
def test_a_member_joined_of_packed_parts_inflates_to_all_of_them(
    head: bytes, parts: list[bytes | Packed]
) -> None:
    whole = b"".join(part.data if isinstance(part, Packed) else part for part in parts)
    member = joined_member(head, parts)
    inflate = zlib.decompressobj(31)
    assert inflate.decompress(member) == head + whole + b"\r\n\r\n"
    assert inflate.eof
    assert not inflate.unused_data
    assert gzip.decompress(member + member) == 2 * (head + whole + b"\r\n\r\n")


def test_repeated_text_is_not_looked_for_across_a_packed_part() -> None:
    # A reference back over the part would count its bytes wrongly.
    line = b"the same line once more; " * 40
    member = joined_member(line, [line, pack(line * 3), line, pack(b""), line])
    assert gzip.decompress(member) == line * 7 + b"\r\n\r\n"


@pytest.mark.parametrize("shown", [SHOWN, CommentThread(), replace(SHOWN, more=("http://a.example/2",))])
def test_the_json_of_a_thread_put_together_is_that_of_the_thread(shown: CommentThread) -> None:
    made = thread_json(shown)
    assert made.packed.data.decode() == json_text(shown)
    assert made.comments == {one.key: json_text(one) for one in shown.comments}


@pytest.mark.parametrize("beforehand", [False, True])
def test_records_and_catalogue_are_the_same_made_beforehand_or_not(tmp_path: Path, beforehand: bool) -> None:
    with Archive.open(tmp_path / "archive", create=True) as archive:
        archive.note_source(Source(name="org_example", origin="https://www.example.org/"))
        begun = archive.start_crawl("org_example")
        recorder = archive.recorder(begun, {})
        recorder.article(
            ReadArticle(
                capture=capture(1),
                article=READ,
                indexed=article_text(READ),
                wordpress_post_id=7,
                json=article_json(READ) if beforehand else None,
            ),
            "mandegar/0 «t»",
        )
        recorder.thread(
            ReadThread(
                capture=capture(1),
                article_url=READ.canonical_url,
                thread=SHOWN,
                indexed=comment_texts(SHOWN),
                last=True,
                complete=False,
                json=thread_json(SHOWN) if beforehand else None,
            )
        )
        recorder.settle(recorder.cut())
        recorder.close()
        (path,) = archive.warc_folder.rglob("*.warc.gz")
        blocks = [one.block for one in iterate_records(path) if one.type == "conversion"]
        expected = (
            {"article": json.loads(json_text(READ)), "extractor": "mandegar/0 «t»", "wordpress_post_id": 7},
            {
                "article_url": READ.canonical_url,
                "comments": json.loads(json_text(SHOWN)),
                "last": True,
                "complete": False,
                "extractor": "",
            },
        )
        assert blocks == [json_text(one).encode() for one in expected]
        assert list(verify_warc(path)) == []
        with path.open("rb") as file:
            foreign = [
                record.content_stream().read()
                for record in ArchiveIterator(BytesIO(file.read()), check_digests="raise")
                if record.rec_type == "conversion"
            ]
        assert foreign == blocks
        (known,) = archive.catalogue.articles()
        assert archive.catalogue.article(known.id).article == READ
        comments = {one.comment.key: one.comment.text for one in archive.catalogue.comments(known.id)}
        assert comments == {"1": "یک، دوباره", "2": "دو \ufffd"}
