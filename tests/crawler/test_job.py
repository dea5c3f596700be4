"""What a crawl is told, and by whom: the project's settings, the source's, the person's, the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers import small_site
from servers.crawl_process import assert_whole, crawl, stored_records
from servers.proxies import HttpProxy
from servers.small_site import Site

from crawler.config import CrawlConfig
from crawler.job import CrawlOptions, crawl_settings
from crawler.wireconfig import WireSettings
from model import BadConfigurationError, Source


def chosen(origin: str, **options: object) -> dict[str, object]:
    found = crawl_settings(
        Source(name="xx", origin=origin, delay_s=options.pop("source_delay_s", None)),  # type: ignore[arg-type]
        CrawlOptions(**options),  # type: ignore[arg-type]
        Path("a"),
    )
    return {name: found[name] for name in ("DOWNLOAD_DELAY", "DOWNLOAD_SLOTS", "ROBOTSTXT_OBEY")}


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://localhost/", "localhost"),
        ("http://[::1]:8000/", "::1"),
        ("http://192.168.1.4/", "192.168.1.4"),
        ("http://2130706433/", "2130706433"),
    ],
)
def test_a_private_origin_is_not_waited_for(origin: str, host: str) -> None:
    found = chosen(origin)
    assert found["DOWNLOAD_SLOTS"] == {host: {"delay": 0.0, "jitter": 0.0}}
    assert found["DOWNLOAD_DELAY"] == 1.0


@pytest.mark.parametrize(
    "origin", ["https://www.example.org/", "http://93.184.215.14/", "http://localhost.example/"]
)
def test_a_public_origin_is(origin: str) -> None:
    found = chosen(origin)
    assert found["DOWNLOAD_SLOTS"] == {}
    assert found["DOWNLOAD_DELAY"] == 1.0


def test_a_delay_that_is_said_is_taken_the_persons_before_the_sources() -> None:
    assert chosen("http://127.0.0.1/", source_delay_s=3.0)["DOWNLOAD_DELAY"] == 3.0
    assert chosen("http://127.0.0.1/", source_delay_s=3.0)["DOWNLOAD_SLOTS"] == {}
    assert chosen("http://127.0.0.1/", source_delay_s=3.0, delay_s=0.5)["DOWNLOAD_DELAY"] == 0.5


def test_a_setting_of_the_command_line_wins() -> None:
    found = chosen("https://example.org/", settings=(("ROBOTSTXT_OBEY", "False"), ("DOWNLOAD_DELAY", "2")))
    assert found["DOWNLOAD_DELAY"] == "2"
    assert found["ROBOTSTXT_OBEY"] == "False"


def test_a_proxy_with_a_login_is_taken_from_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(name="xx", origin="https://example.org/")
    plain = crawl_settings(source, CrawlOptions(), Path("a"))
    assert WireSettings.from_settings(plain, source).proxy is None
    monkeypatch.setenv("MANDEGAR_PROXY", "socks5://me:secret@127.0.0.1:9050")
    proxy = WireSettings.from_settings(plain, source).proxy
    assert proxy is not None
    assert (proxy.username, proxy.password) == ("me", "secret")
    assert "secret" not in repr(CrawlConfig.from_settings(plain).warcinfo())
    told = CrawlOptions(settings=(("MANDEGAR_PROXY", "socks5://me:secret@127.0.0.1:9050"),))
    with pytest.raises(BadConfigurationError, match="environment") as caught:
        WireSettings.from_settings(crawl_settings(source, told, Path("a")), source)
    assert "secret" not in str(caught.value)


def test_the_login_of_a_proxy_is_nowhere_in_the_archive(tmp_path: Path) -> None:
    site = Site()
    site.add("/", small_site.page("خانه", '<a href="/news/1/">خبر</a>'))
    site.add("/news/1/", small_site.article("خبر یکم"))
    with site.serving() as url, HttpProxy({"127.0.0.1": int(url.rsplit(":", 1)[1].strip("/"))}) as proxy:
        ended = crawl(
            tmp_path / "a",
            url,
            environment={"MANDEGAR_PROXY": f"http://somebody:s3cr3tword@127.0.0.1:{proxy.port}"},
        )
        assert ended.code == 0, ended
        assert ended.crawl["articles"] == 1
        assert len(proxy.asked) > 0
    assert_whole(tmp_path / "a")
    for record in stored_records(tmp_path / "a"):
        text = repr(record.headers).encode() + record.block
        assert b"s3cr3tword" not in text
        assert b"Proxy-Authorization" not in text
    assert "s3cr3tword" not in (tmp_path / "a" / "crawl.log").read_text(encoding="utf-8")
    for path in (tmp_path / "a").glob("catalogue.sqlite*"):
        assert b"s3cr3tword" not in path.read_bytes()
