"""What was seen of a connection is kept whole, apart from what was judged of it, and poses as no page."""

from __future__ import annotations

import json
from pathlib import Path

import warcio.archiveiterator
from samples.censored import IRAN, article
from samples.surveys import control, seen, survey

from archive.warc import WarcWriter, verify_warc
from model import ConnectionKind, ConnectionVerdict, Survey, from_json
from pipelines.verdicts import judge_connection

LOOK = survey(
    seen(status=403, body=IRAN, url="http://news.example/خبر"),
    control(seen(status=200, body=article(), url="http://news.example/خبر")),
)


def written(folder: Path) -> Path:
    with_crawl = WarcWriter(folder, source="xx_test", crawl_id="20261201T120000Z-0001", warcinfo={})
    survey_id = with_crawl.write_survey(LOOK)
    with_crawl.write_verdict(judge_connection(LOOK, survey_id), survey_id)
    with_crawl.close()
    (path,) = folder.rglob("*.warc.gz")
    return path


def test_the_survey_and_the_verdict_are_records_that_a_foreign_reader_reads(tmp_path: Path) -> None:
    with written(tmp_path).open("rb") as stream:
        _, first, second = [
            (record.rec_headers, record.content_stream().read())
            for record in warcio.archiveiterator.ArchiveIterator(stream)
        ]
    assert first[0]["WARC-Type"] == second[0]["WARC-Type"] == "metadata"
    assert first[0]["WARC-Target-URI"] == "urn:mandegar:survey:http://news.example/%D8%AE%D8%A8%D8%B1"
    assert second[0]["WARC-Target-URI"] == "urn:mandegar:verdict:http://news.example/%D8%AE%D8%A8%D8%B1"
    assert second[0]["WARC-Refers-To"] == first[0]["WARC-Record-ID"]
    kept = from_json(Survey, json.loads(first[1]))
    assert kept == LOOK
    verdict = from_json(ConnectionVerdict, json.loads(second[1]))
    assert verdict.kind is ConnectionKind.BLOCKED_BLOCK_PAGE
    assert verdict.evidence == (first[0]["WARC-Record-ID"].strip("<>"),)
    assert judge_connection(kept, verdict.evidence[0]) == verdict


def test_the_file_has_no_fault(tmp_path: Path) -> None:
    assert list(verify_warc(written(tmp_path))) == []
