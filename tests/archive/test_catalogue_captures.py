import os
import subprocess
import sys
from dataclasses import replace

import pytest
from samples.catalogue import SITE, START, capture, crawl, moment

from archive.catalogue import Catalogue
from model import (
    CrawlState,
    Failure,
    FailureKind,
    Observation,
    PageRole,
    Source,
    Truncation,
    UnknownNameError,
)


def put(catalogue: Catalogue, *captures: object) -> None:
    with catalogue.write() as batch:
        batch.add_captures("first", "org_example", captures)  # type: ignore[arg-type]


def test_a_capture_comes_back_as_it_went_in(catalogue: Catalogue) -> None:
    whole = capture(
        1,
        f"{SITE}/a?b=%20c",
        revisit_of="urn:uuid:x",
        truncated=Truncation.TIME,
        role=PageRole.REQUISITE,
        redirect_to=f"{SITE}/خبر",
        status=301,
        captured_at=START.replace(microsecond=123456),
    )
    put(catalogue, whole, capture(2))
    assert catalogue.capture(whole.record_id) == whole
    assert catalogue.capture(capture(2).record_id) == capture(2)
    assert catalogue.capture("urn:uuid:none") is None


def test_the_same_record_twice_is_one_capture(catalogue: Catalogue) -> None:
    put(catalogue, capture(1), capture(1))
    put(catalogue, *(capture(number) for number in range(1, 1200)))
    assert catalogue.totals().captures == 1199


def test_captures_of_a_url_are_found_by_any_spelling_oldest_first(catalogue: Catalogue) -> None:
    put(catalogue, capture(3, "https://WWW.example.org/a%7Eb"), capture(1, "http://www.example.org:80/a~b#c"))
    put(catalogue, capture(2, f"{SITE}/other"))
    found = catalogue.captures("www.example.org/a~b")
    assert found == []
    found = catalogue.captures("https://www.example.org/x/../a~b")
    assert [one.captured_at for one in found] == [moment(1), moment(3)]
    assert len(catalogue.captures("http://www.example.org/a~b", limit=1)) == 1


def test_captures_near_a_moment_are_found_among_any_number(catalogue: Catalogue) -> None:
    put(catalogue, *(capture(number, f"{SITE}/front") for number in range(1, 2001)))
    around = catalogue.captures_near(f"{SITE}/front", moment(1990), limit=4)
    assert [one.captured_at for one in around] == [moment(number) for number in (1989, 1990, 1991, 1992)]
    assert [one.captured_at for one in catalogue.captures_near(f"{SITE}/front", moment(0), limit=2)] == [
        moment(1)
    ]
    assert catalogue.captures_near(f"{SITE}/none", moment(1)) == []


def test_the_latest_capture_is_of_the_scheme_asked_for(catalogue: Catalogue) -> None:
    page = capture(1, "https://www.example.org/a")
    redirect = capture(2, "http://www.example.org/a", status=301, redirect_to="https://www.example.org/a")
    put(catalogue, page, redirect)
    assert catalogue.latest_capture("HTTPS://www.example.org/a") == page
    assert catalogue.latest_capture("http://www.example.org/a") == redirect
    assert catalogue.latest_capture("http://www.example.org/b") is None


def test_a_payload_is_found_only_where_it_lies_whole(catalogue: Catalogue) -> None:
    put(
        catalogue,
        capture(1, payload_digest="sha256:A", truncated=Truncation.DISCONNECT),
        capture(2, payload_digest="sha256:A", revisit_of="urn:uuid:x"),
        capture(5, payload_digest="sha256:A"),
        capture(4, payload_digest="sha256:A"),
        capture(3, payload_digest="sha256:EMPTY", payload_length=0),
    )
    found = catalogue.find_payload("sha256:A")
    assert found is not None
    assert found.record_id == capture(4).record_id
    assert catalogue.find_payload("sha256:EMPTY") is None
    assert catalogue.find_payload("sha256:B") is None


def test_what_a_hostile_server_names_can_be_stored(catalogue: Catalogue) -> None:
    odd = capture(1, "http://a.example/\ud800", mime="text/\udcff", redirect_to="\ud800")
    put(catalogue, odd)
    stored = catalogue.capture(odd.record_id)
    assert stored is not None
    assert stored.mime == "text/\ufffd"
    assert len(catalogue.captures("http://a.example/\ud800")) == 1


def observation(kind: FailureKind, url: str = f"{SITE}/x") -> Observation:
    return Observation(
        url=url,
        method="GET",
        started_at=START,
        ended_at=moment(1),
        failure=Failure(kind=kind, detail="refused by 192.0.2.7:443"),
    )


def test_failures_are_listed_and_counted_by_kind(catalogue: Catalogue) -> None:
    kinds = [FailureKind.TLS_RESET, FailureKind.DNS_TIMEOUT, FailureKind.TLS_RESET]
    with catalogue.write() as batch:
        for number, kind in enumerate(kinds):
            batch.add_failure("first", "org_example", f"r{number}", observation(kind), PageRole.PAGE)
        batch.add_failure("first", "org_example", "r0", observation(kinds[0]), PageRole.PAGE)
        batch.add_failure("second", "org_example", "r9", observation(kinds[0]), PageRole.FEED)
    found = catalogue.failures("first")
    assert [one.kind for one in found] == ["tls_reset", "dns_timeout", "tls_reset"]
    assert (found[1].stage, found[1].crawl_id, found[1].source) == ("dns", "first", "org_example")
    assert found[0].failed_at == moment(1)
    assert catalogue.failure_counts("first") == (("tls_reset", 2), ("dns_timeout", 1))
    with pytest.raises(UnknownNameError):
        catalogue.failures("none")


def test_an_attempt_that_did_not_fail_is_no_failure(catalogue: Catalogue) -> None:
    fine = replace(observation(FailureKind.TLS_RESET), failure=None)
    with pytest.raises(ValueError, match="did not fail"), catalogue.write() as batch:
        batch.add_failure("first", "org_example", "r", fine, PageRole.PAGE)


def test_sources_and_crawls_come_back_and_are_replaced(catalogue: Catalogue) -> None:
    source = Source(name="a_b", origin="http://a/", languages=("fa",), delay_s=1.5)
    with catalogue.write() as batch:
        batch.put_source(replace(source, title="old"))
        batch.put_source(source)
        done = crawl("first", CrawlState.FINISHED, pages=7, failures=(("tls_reset", 2),), warc_bytes=10)
        batch.put_crawl(done)
    assert catalogue.sources()[0] == source == catalogue.source("a_b")
    assert catalogue.crawl("first") == done
    assert [one.id for one in catalogue.crawls()] == ["third", "second", "first"]
    assert catalogue.crawls("a_b") == []
    assert catalogue.totals().warc_bytes == 10
    with pytest.raises(UnknownNameError, match="it holds a_b, org_example"):
        catalogue.source("none")
    with pytest.raises(UnknownNameError):
        catalogue.crawls("none")
    with pytest.raises(UnknownNameError):
        catalogue.crawl("none")


def state(catalogue: Catalogue, name: str, new: CrawlState, hours: float) -> None:
    with catalogue.write() as batch:
        batch.put_crawl(crawl(name, new, hours))


def test_the_newest_crawl_that_was_interrupted_is_gone_on_with(catalogue: Catalogue) -> None:
    assert catalogue.interrupted_crawl("none") is None
    assert catalogue.interrupted_crawl("org_example") is None, "third runs, in this process"
    holder, beat = catalogue.holder("third")
    assert holder is not None
    assert holder.pid == os.getpid()
    assert beat is not None
    state(catalogue, "third", CrawlState.INTERRUPTED, 48)
    assert catalogue.holder("third") == (None, None)
    found = catalogue.interrupted_crawl("org_example")
    assert found is not None
    assert found.id == "third"
    state(catalogue, "fourth", CrawlState.FAILED, 72)
    found = catalogue.interrupted_crawl("org_example")
    assert found is not None
    assert found.id == "third", "a crawl that failed says nothing of the one before"
    state(catalogue, "fifth", CrawlState.FINISHED, 96)
    assert catalogue.interrupted_crawl("org_example") is None


def test_a_crawl_whose_process_died_is_interrupted(catalogue: Catalogue) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from archive.catalogue import Catalogue
sys.path.insert(0, sys.argv[2])
from samples.catalogue import crawl
catalogue = Catalogue.open(Path(sys.argv[1]))
with catalogue.write() as batch:
    batch.put_crawl(crawl("late", hours=100))
assert catalogue.interrupted_crawl("org_example") is None
os.kill(os.getpid(), signal.SIGKILL)
"""
    tests = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
    ended = subprocess.run([sys.executable, "-c", code, catalogue.path, tests], check=False)
    assert ended.returncode == -9
    found = catalogue.interrupted_crawl("org_example")
    assert found is not None
    assert (found.id, found.state) == ("late", CrawlState.INTERRUPTED)
