"""Where a crawl goes and where it does not: private addresses, redirects to them, bad certificates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from servers import small_site
from servers.certificates import certificates
from servers.crawl_process import assert_plain, assert_whole, crawl, stored_records
from servers.dns_server import Addresses, DnsServer
from servers.small_site import Answer, Site
from servers.tls_server import TlsServer

from archive import Archive

ONCE = ("-s", "RETRY_TIMES=0")


def refused_addresses(folder: Path) -> set[str]:
    """URLs whose refusal by the guard is on record."""
    return {
        told["url"]
        for record in stored_records(folder)
        if record.kind == "metadata" and record.headers.get("Content-Type") == "application/json"
        for told in [json.loads(record.block)]
        if (told.get("failure") or {}).get("kind") == "address_refused"
    }


def test_a_site_that_redirects_to_another_private_address_is_not_followed(tmp_path: Path) -> None:
    inner, outer = Site(), Site()
    inner.add("/", small_site.page("درونی", "<p>راز</p>"))
    with inner.serving() as secret, outer.serving() as url:
        outer.routes["/"] = Answer(status=302, headers=(("Location", secret),))
        ended = crawl(tmp_path / "a", url, *ONCE)
        assert inner.asked == []
    assert_plain(ended)
    assert ended.code == 4
    assert "private address" in ended.message
    assert secret in refused_addresses(tmp_path / "a")
    assert_whole(tmp_path / "a")


def test_links_and_pictures_at_other_private_addresses_are_refused_and_recorded(tmp_path: Path) -> None:
    inner, outer = Site(), Site()
    with inner.serving() as secret, outer.serving() as url:
        outer.add(
            "/",
            small_site.page(
                "خانه",
                f'<a href="{secret}admin/">مدیر</a><a href="/news/1/">خبر</a><img src="{secret}logo.png">'
                '<img src="http://169.254.169.254/latest/meta-data/x.png"><img src="http://[::1]:80/x.png">',
            ),
        )
        outer.add("/news/1/", small_site.article("خبر یکم"))
        ended = crawl(tmp_path / "a", url, *ONCE, "-s", "DOWNLOAD_DELAY=0")
        assert inner.asked == []
    assert ended.code == 0
    assert ended.crawl["articles"] == 1
    refused = refused_addresses(tmp_path / "a")
    assert {
        secret + "logo.png",
        "http://169.254.169.254/latest/meta-data/x.png",
        "http://[::1]:80/x.png",
    } <= refused
    assert ended.failures["address_refused"] >= 3
    with Archive.open(tmp_path / "a") as archive:
        failures = archive.catalogue.failures(ended.crawl["id"])
    assert {failure.url for failure in failures if failure.kind == "address_refused"} == refused


def test_a_public_name_that_leads_to_this_machine_is_refused(tmp_path: Path) -> None:
    site = Site()
    with site.serving() as url, DnsServer({"news.example": Addresses("127.0.0.1")}) as dns:
        named = url.replace("127.0.0.1", "news.example")
        ended = crawl(tmp_path / "a", named, *ONCE, "-s", f"MANDEGAR_NAMESERVERS=127.0.0.1:{dns.port}")
    assert ended.code == 4
    assert "private address" in ended.message
    assert site.asked == []


PAGE = small_site.article("خبر امن").encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(PAGE), PAGE)


@pytest.mark.parametrize(
    ("leaf", "kind", "words"),
    [
        ("expired", "tls_certificate_expired", "has expired"),
        ("wrong_name", "tls_certificate_name", "another name"),
        ("self_signed", "tls_certificate_self_signed", "nobody but itself"),
        ("unknown_issuer", "tls_certificate_unknown_issuer", "not trusted"),
    ],
)
def test_each_bad_certificate_is_a_failure_of_its_own_kind(
    tmp_path: Path, leaf: str, kind: str, words: str
) -> None:
    trusted = ("-s", f"MANDEGAR_EXTRA_CA_FILES={certificates().ca_file}")
    with TlsServer(getattr(certificates(), leaf), response=ANSWER) as server:
        url = f"https://127.0.0.1:{server.port}/"
        ended = crawl(tmp_path / "a", url, *ONCE, *trusted)
        assert server.requests == []
        assert_plain(ended)
        assert ended.code == 4
        assert words in ended.message
        with Archive.open(tmp_path / "a") as archive:
            (row,) = archive.catalogue.crawls()
        assert dict(row.failures)[kind] >= 1
        if leaf != "expired":
            return
        accepted = crawl(
            tmp_path / "a", url, *ONCE, *trusted, "-s", "MANDEGAR_ACCEPT_BAD_CERTIFICATES=127.0.0.1"
        )
    assert accepted.code == 0, accepted
    assert accepted.crawl["articles"] >= 1
    assert_whole(tmp_path / "a")
    answers = [record for record in stored_records(tmp_path / "a") if record.kind in {"response", "revisit"}]
    assert answers
    for record in answers:
        assert record.headers["Mandegar-Certificate"].startswith("not verified: 10")
