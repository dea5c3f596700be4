"""Replay in a real browser: what archived pages look like, and that hostile ones have no power."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Playwright
from samples.shelf import Shelf, shelf
from servers import chromium
from servers.beacon import Beacon
from servers.desk_server import Desk, running_desk

from model import PageRole, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

SITE = "http://site.example"
HOSTILE = Path(__file__).parent.parent / "samples" / "hostile"
HOSTILE_HEADERS = (
    "Set-Cookie: session=taken; Path=/",
    "Refresh: 0;url={live}/refresh-header",
    "Link: <{live}>; rel=preconnect, <{live}/preload.css>; rel=preload; as=style",
    "Content-Security-Policy: default-src * 'unsafe-inline'",
    "Strict-Transport-Security: max-age=1000",
    "Clear-Site-Data: *",
    "Service-Worker-Allowed: /",
    "Access-Control-Allow-Origin: *",
    "NEL: {}",
    'Reporting-Endpoints: default="{live}/reports"',
)
PERSIAN = (
    "<html dir=rtl><head><meta charset=windows-1256><title>خبر</title></head>"
    "<body><p>گزارشی از شهر چه می\u200cگوید، «پژوهش»</p></body>"
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100"
    "c9fe92ef0000000049454e44ae426082"
)
SHEET = """#here { color: rgb(1, 2, 3); background: url(dot.png) }
@font-face { font-family: kept; src: url(font.ttf) }"""


@dataclass(frozen=True)
class Stage:
    desk: Desk
    beacon: Beacon
    live: str

    def address(self, path: str, time: str = "20261123", modifier: str = "") -> str:
        return f"{self.desk.url}/replay/{time}{modifier}/{SITE}{path}"


def _hostile(name: str, live: str) -> bytes:
    """Every way to the live web that we know of; ``ran()`` in it would say that a script ran."""
    return (HOSTILE / name).read_text(encoding="utf-8").replace("{live}", live).encode()


def _font() -> bytes:
    found = next(Path("/usr/share/fonts").rglob("*.ttf"), None)
    if found is None:
        pytest.fail("these tests need a font: apt-get install fonts-dejavu-core", pytrace=False)
    return found.read_bytes()


def _fill(filling: Shelf, live: str) -> None:
    hostile = _hostile("page.html", live)
    headers = [line.replace("{live}", live) for line in HOSTILE_HEADERS]
    filling.keep(f"{SITE}/hostile", hostile, "text/html; charset=utf-8", *headers)
    filling.keep(f"{SITE}/as-text", hostile, "text/plain", *headers)
    filling.keep(f"{SITE}/no-type", hostile, None)
    filling.keep(
        f"{SITE}/pdf", b"%PDF-1.4\n1 0 obj <</OpenAction <</S /URI /URI (x)>>>> endobj", "application/pdf"
    )
    filling.keep(f"{SITE}/drawing.svg", _hostile("drawing.svg", live), "image/svg+xml")
    filling.keep(f"{SITE}/feed.xml", _hostile("feed.xml", live), "application/xml")
    filling.keep(f"{SITE}/odd", hostile, "application/x-unheard-of")
    filling.keep(f"{SITE}/persian", PERSIAN.encode("cp1256", "xmlcharrefreplace"), "text/html")
    filling.keep(f"{SITE}/moved", b"", "text/html", "Location: /news/?a=1&b=%D8%A2", status="302 Found")
    filling.keep(f"{SITE}/lost", b"", "text/html", f"Location: {live}/lost", status="301 Moved")
    filling.keep(f"{SITE}/round", b"", "text/html", "Location: /round", status="302 Found")
    page = (
        '<!doctype html><link rel=stylesheet href="/s/site.css"><p id=here style="font-family:kept">news</p>'
        '<img id=dot src="/s/dot.png"><img id=lazy data-src="/s/dot.png"><img id=svg src="/drawing.svg">'
        '<a id=on href="/persian#x">on</a><a id=off href="/never">off</a><iframe src="/persian"></iframe>'
    )
    news = f"{SITE}/news/?a=1&b=%D8%A2"
    filling.keep(news, page.encode())
    filling.keep(f"{SITE}/s/site.css", SHEET.encode(), "text/css", role=PageRole.REQUISITE)
    filling.keep(f"{SITE}/s/dot.png", PNG, "image/png", role=PageRole.REQUISITE)
    filling.keep(f"{SITE}/s/font.ttf", _font(), "font/ttf", role=PageRole.REQUISITE)
    again = filling.keep(news, page.encode())
    assert again.revisit_of is not None


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = tmp_path_factory.mktemp("replay") / "archive"
    with Beacon() as beacon:
        live = f"http://live.example:{beacon.port}"
        with shelf(path, Source(name="site", origin=SITE + "/")) as filling:
            _fill(filling, live)
        with running_desk(path) as desk:
            yield Stage(desk, beacon, live)


@pytest.fixture
def context(stage: Stage, browser: Browser) -> Iterator[BrowserContext]:
    stage.beacon.heard.clear()
    stage.beacon.arrived.clear()
    made = browser.new_context()
    yield made
    made.close()


def _watched(context: BrowserContext) -> tuple[Page, list[str]]:
    page = context.new_page()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    return page, asked


def _assert_harmless(stage: Stage, context: BrowserContext, asked: list[str]) -> None:
    outside = [
        url
        for url in asked
        if not url.startswith((f"{stage.desk.url}/replay/", f"{stage.desk.url}/static/", "data:"))
    ]
    assert outside == []
    assert stage.beacon.heard == []
    assert not stage.beacon.arrived.is_set()
    assert context.cookies() == []
    for page in context.pages:
        assert page.url.startswith(f"{stage.desk.url}/replay/")
        for frame in page.frames:
            if frame.url.startswith(stage.desk.url):
                assert frame.evaluate("document.documentElement.dataset.ran") is None


def _frame(page: Page) -> Frame:
    return page.frames[1]


def _open(stage: Stage, context: BrowserContext, path: str) -> tuple[Page, list[str]]:
    page, asked = _watched(context)
    page.goto(stage.address(path), wait_until="networkidle")
    return page, asked


def test_the_beacon_hears_a_hostile_page_that_nobody_holds(stage: Stage, context: BrowserContext) -> None:
    """The inverse of all that follows: the same page, opened as it is, reaches the live web."""
    page = context.new_page()
    with Beacon() as beacon:
        body = _hostile("page.html", f"http://live.example:{beacon.port}")
        page.route(f"{SITE}/*", lambda route: route.fulfill(body=body, content_type="text/html"))
        page.goto(f"{SITE}/hostile", wait_until="commit")
        assert beacon.arrived.wait(20)
        page.close()


@pytest.mark.parametrize(
    "path",
    ["/hostile", "/as-text", "/no-type", "/pdf", "/drawing.svg", "/feed.xml", "/odd", "/lost", "/round"],
)
def test_nothing_that_was_archived_reaches_the_live_web(
    stage: Stage, context: BrowserContext, path: str
) -> None:
    _, asked = _open(stage, context, path)
    assert len(asked) >= 1
    _assert_harmless(stage, context, asked)


@pytest.mark.parametrize("modifier", ["mp_", "oe_"])
@pytest.mark.parametrize("path", ["/hostile", "/drawing.svg"])
def test_a_capture_opened_without_its_banner_is_led_back_under_it(
    stage: Stage, context: BrowserContext, path: str, modifier: str
) -> None:
    page, asked = _watched(context)
    page.goto(f"{stage.desk.url}/replay/~{stage.desk.replay_key}/20261123{modifier}/{SITE}{path}")
    page.wait_for_load_state("networkidle")
    assert page.locator(".banner").count() == 1
    _assert_harmless(stage, context, asked)


@pytest.mark.parametrize("target", ["#link", "#script-link", "#svg-link text", "#send"])
def test_what_a_reader_clicks_on_a_hostile_page_stays_in_the_archive(
    stage: Stage, context: BrowserContext, target: str
) -> None:
    page, asked = _open(stage, context, "/hostile")
    _frame(page).locator(target).first.click(force=True, timeout=5000)
    page.wait_for_load_state("networkidle")
    _assert_harmless(stage, context, asked)


def test_a_raw_body_is_a_download_and_is_not_opened(stage: Stage, context: BrowserContext) -> None:
    page, asked = _watched(context)
    with page.expect_download() as begun:
        page.evaluate("address => { location = address }", stage.address("/hostile", "20261123073001", "id_"))
    assert begun.value.suggested_filename == "20261123073001-hostile.archived"
    assert Path(begun.value.path()).read_bytes() == _hostile("page.html", stage.live)
    assert stage.beacon.heard == []
    assert context.cookies() == []
    assert len(asked) == 1


def test_no_name_of_a_hostile_page_is_even_resolved(
    stage: Stage, playwright: Playwright, tmp_path: Path
) -> None:
    """Chromium's own log of its network stack: name look-ups and connections, also those ahead of need."""
    log = tmp_path / "net.json"
    logging = chromium.launch(playwright, f"--log-net-log={log}", "--net-log-capture-mode=Everything")
    context = logging.new_context()
    _, asked = _open(stage, context, "/hostile")
    _assert_harmless(stage, context, asked)
    context.close()
    logging.close()
    events = json.loads(log.read_text())["events"]
    hosts = {str(event["params"]["host"]) for event in events if "host" in event.get("params", {})}
    assert any("127.0.0.1" in host for host in hosts)
    assert [host for host in hosts if "live.example" in host] == []


def test_a_page_is_shown_with_its_style_font_and_lazy_pictures(stage: Stage, context: BrowserContext) -> None:
    page, asked = _open(stage, context, "/news/?a=1&b=%D8%A2")
    frame = _frame(page)
    assert frame.evaluate("getComputedStyle(document.querySelector('#here')).color") == "rgb(1, 2, 3)"
    for picture in ("dot", "lazy", "svg"):
        assert frame.evaluate(f"document.querySelector('#{picture}').naturalWidth") > 0, picture
    assert (
        frame.evaluate(
            "document.fonts.check('1em kept') && [...document.fonts].map(font => font.status).join()"
        )
        == "loaded"
    )
    assert "without scripts" in page.locator(".banner").inner_text()
    assert SITE in page.locator(".banner").inner_text()
    _assert_harmless(stage, context, asked)


def test_a_link_leads_to_the_capture_of_its_target_and_one_that_is_not_there_says_so(
    stage: Stage, context: BrowserContext
) -> None:
    page, asked = _open(stage, context, "/news/?a=1&b=%D8%A2")
    _frame(page).locator("#on").click()
    page.wait_for_url("**/persian#x")
    page.wait_for_load_state("networkidle")
    assert "گزارشی از شهر" in _frame(page).locator("p").inner_text()
    page.go_back(wait_until="networkidle")
    _frame(page).locator("#off").click()
    page.wait_for_url("**/never")
    assert "not archived" in page.locator("h1").inner_text()
    assert len(page.frames) == 1
    _assert_harmless(stage, context, asked)


def test_a_persian_page_in_windows_1256_is_shown_as_written(stage: Stage, context: BrowserContext) -> None:
    page, _ = _open(stage, context, "/persian")
    assert _frame(page).locator("p").inner_text() == "گزارشی از شهر چه می\u200cگوید، «پژوهش»"
    assert _frame(page).evaluate("document.documentElement.dir") == "rtl"


def test_a_redirect_leads_to_what_was_captured_at_its_target(stage: Stage, context: BrowserContext) -> None:
    page, _ = _open(stage, context, "/moved")
    assert page.url.endswith("/http://site.example/news/?a=1&b=%D8%A2")
    assert _frame(page).locator("#here").inner_text() == "news"


def test_another_sites_page_cannot_ask_what_is_archived(stage: Stage, context: BrowserContext) -> None:
    """Without the key, a picture that is here and one that is not look the same from elsewhere."""
    page = context.new_page()
    page.route("http://other.example/*", lambda route: route.fulfill(body="<p>x", content_type="text/html"))
    page.goto("http://other.example/")
    probe = """address => new Promise(done => {
        const picture = new Image(); picture.src = address;
        picture.onload = () => done("here"); picture.onerror = () => done("nothing") })"""
    for modifier in ("", "oe_", "mp_", "id_"):
        assert page.evaluate(probe, stage.address("/s/dot.png", "20261123", modifier)) == "nothing"
    keyed = f"{stage.desk.url}/replay/~{stage.desk.replay_key}/20261123oe_/{SITE}/s/dot.png"
    assert page.evaluate(probe, keyed) == "here"
