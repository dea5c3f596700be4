"""Many pages at once that somebody else answers: each is judged by itself, and none of them is read."""

from __future__ import annotations

import json
from pathlib import Path

from samples.censored import IRAN_TEXT
from servers.certificates import PUBLIC_HOST
from servers.crawl_process import crawl, mandegar
from servers.dns_server import Addresses, DnsServer
from servers.proxies import Socks5Proxy
from servers.small_site import Answer, Site, article, page

from archive import Archive
from model import Via

BLOCKED = range(6)
QUICK = (
    *("-s", "MANDEGAR_LOOK_TIMEOUT_S=1", "-s", "RETRY_TIMES=0", "-s", "DOWNLOAD_DELAY=0"),
    *("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=8"),
)


def paths(kind: str) -> list[str]:
    return [f"/2026/11/{kind}-{number}/" for number in BLOCKED]


def newspaper(*, censored: bool) -> Site:
    """Return a site over plain http; a censor answers for half of its articles."""
    site = Site()
    links = "".join(f'<h2><a href="{path}">خبر {path}</a></h2>' for kind in "ab" for path in paths(kind))
    site.add("/", page("روزنامه", links))
    for path in (*paths("a"), *paths("b")):
        site.add(path, article(f"خبر {path}"))
    if censored:
        for path in paths("b"):
            site.routes[path] = Answer(IRAN_TEXT, "text/html; charset=windows-1256")
    return site


def test_what_a_censor_answers_beside_good_pages_is_marked_by_a_verdict_over_itself(tmp_path: Path) -> None:
    here, there = newspaper(censored=True), newspaper(censored=False)
    archive = tmp_path / "archive"
    with here.serving() as url, there.serving() as elsewhere:
        port = int(url.rstrip("/").rpartition(":")[2])
        control = int(elsewhere.rstrip("/").rpartition(":")[2])
        with (
            DnsServer({PUBLIC_HOST: Addresses("127.0.0.1")}) as names,
            Socks5Proxy({PUBLIC_HOST: control}) as socks,
        ):
            origin = f"http://{PUBLIC_HOST}:{port}/"
            source = tmp_path / "xx_paper.toml"
            source.write_text(
                f'name = "xx_paper"\norigin = "{origin}"\n'
                'allowed_ranges = ["127.0.0.0/8"]\nobey_robots = false\n'
            )
            assert mandegar(archive, "source", "add", str(source)).code == 0
            with (archive / "mandegar.toml").open("a") as marker:
                marker.write("[reachability]\ndns_window_ms = 50\n")
                marker.write(f'control = "socks5://127.0.0.1:{socks.port}"\n')
                for network in ("AS64500", "AS64501"):
                    marker.write(f'[[reachability.anchors]]\nurl = "{elsewhere}"\n')
                    marker.write(f'network = "{network}"\nstatus = 200\n')
            host, asked = names.address
            ended = crawl(archive, "xx_paper", "-s", f"MANDEGAR_NAMESERVERS={host}:{asked}", *QUICK)
    assert ended.code == 0, ended
    with Archive.open(archive) as opened:
        catalogue = opened.catalogue
        titles = {one.title for one in catalogue.articles("xx_paper", limit=100)}
        assert titles == {f"خبر {path}" for path in paths("a")}
        for path in paths("b"):
            (via,) = catalogue.vias.of_url(origin + path[1:])
            assert via.via is Via.INTERFERENCE
            verdict = catalogue.connections.verdict(via.verdict_id or "")
            assert verdict is not None
            assert verdict.url == via.canonical_url
            assert verdict.kind.is_blocked
    assert json.loads(ended.stdout)["articles"] == len(BLOCKED)
