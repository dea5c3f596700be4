"""Surveys and verdicts survive their form in WARC, and older observations are still read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from model import (
    Answer,
    ConnectionKind,
    ConnectionVerdict,
    DnsAnswers,
    DnsReply,
    EvidenceLevel,
    Failure,
    FailureKind,
    Observation,
    Probe,
    ProbeRole,
    RuleHit,
    Survey,
    Vantage,
    from_json,
    json_text,
    to_json,
)

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
SURVEY = Survey(
    url="https://رادیو.example/",
    vantage=Vantage(country="IR", asn=64500, resolver="192.0.2.53:53"),
    started_at=NOW,
    ended_at=NOW,
    probes=(
        Probe(
            role=ProbeRole.TARGET,
            closed=("10.10.34.34",),
            observation=Observation(
                url="https://رادیو.example/",
                method="GET",
                started_at=NOW,
                ended_at=NOW,
                dns=DnsAnswers(
                    name="xn--mgbqe8g34a.example",
                    resolver="192.0.2.53:53",
                    addresses=("10.10.34.34", "192.0.2.1"),
                    rcode="NOERROR",
                    replies=(
                        DnsReply(
                            server="192.0.2.53:53", family="A", rcode="NOERROR", addresses=("10.10.34.34",)
                        ),
                    ),
                ),
                failure=Failure(kind=FailureKind.ADDRESS_REFUSED, detail="private"),
            ),
            answer=Answer(status=403, headers=((b"X", b"\xff"),), body=b"\x00\xd9\x85", body_length=3),
        ),
    ),
)


def test_a_survey_written_and_read_is_the_same() -> None:
    assert from_json(Survey, json.loads(json_text(SURVEY))) == SURVEY


def test_a_verdict_written_and_read_is_the_same() -> None:
    hit = RuleHit(rule="dns.two_answers", blocked=0.9, level=EvidenceLevel.MASKED, why="so", probes=(0,))
    verdict = ConnectionVerdict(
        url=SURVEY.url,
        kind=ConnectionKind.BLOCKED_DNS_INJECTION,
        confidence=0.9,
        vantage=SURVEY.vantage,
        observed_at=NOW,
        rules_version="1",
        rules=(hit,),
    )
    assert from_json(ConnectionVerdict, json.loads(json_text(verdict))) == verdict
    assert (hit.layer, verdict.reason) == ("dns", "so")


def test_answers_of_older_archives_have_no_replies() -> None:
    old = {key: value for key, value in to_json(SURVEY.probes[0].observation.dns).items() if key != "replies"}
    assert from_json(DnsAnswers, old).replies == ()


def test_only_a_page_that_was_reached_says_something_of_its_content() -> None:
    assert [kind for kind in ConnectionKind if kind.content_may_change] == [ConnectionKind.REACHABLE]
    assert sum(kind.is_blocked for kind in ConnectionKind) == 9
