"""What an archived page is rewritten to."""

import pytest
from lxml import html

from desk.web import rewrite
from desk.web.css import resolve, rewrite_css
from desk.web.rewrite import rewrite_html

SITE = "http://site.example/news/a/"


def shown(markup: str, url: str = SITE) -> str:
    return rewrite_html(markup, url, page=lambda to: "/P/" + to, resource=lambda to: "/R/" + to).decode()


@pytest.mark.parametrize(
    "markup",
    [
        "<script>steal()</script>",
        "<ScRiPt src=//evil.example/x.js></ScRiPt>",
        "<img src=x onerror=steal()>",
        "<svg><script>steal()</script></svg>",
        "<svg onload=steal()><g/></svg>",
        "<svg><set attributeName=href to=http://evil.example /></svg>",
        "<svg><a xlink:href='javascript:steal()'><text>x</text></a></svg>",
        "<svg><foreignObject><iframe src=http://evil.example></iframe></foreignObject></svg>",
        "<math><mtext><a href='javascript:steal()' xlink:href=http://evil.example>x</a></mtext></math>",
        "<a href='java\tscript:steal()'>x</a>",
        "<a href='&#1;javascript:steal()'>x</a>",
        "<a href='data:text/html,<script>steal()</script>'>x</a>",
        "<a href=x ping=http://evil.example>x</a>",
        "<form action=http://evil.example><button formaction=http://evil.example>x</button></form>",
        "<base href=http://evil.example>",
        "<meta http-equiv=refresh content='0;url=http://evil.example'>",
        "<object data=http://evil.example></object><embed src=http://evil.example>",
        "<applet code=http://evil.example></applet>",
        "<link rel=preconnect href=http://evil.example><link rel='dns-prefetch' href=//evil.example>",
        "<link rel=prefetch href=http://evil.example><link rel=modulepreload href=http://evil.example>",
        "<link rel=manifest href=http://evil.example><link rel=import href=http://evil.example>",
        "<iframe srcdoc='<script>steal()</script>'></iframe>",
        "<template><script>steal()</script></template>",
        "<portal src=http://evil.example></portal><fencedframe></fencedframe>",
        "<video><track src=http://evil.example/t.vtt></video>",
        "<style>a{}</style><svg><style><p><link rel=preconnect href=http://evil.example></style>",
        "<noscript><p title='</noscript><script>steal()</script>'></noscript>",
        "<textarea></textarea><script>steal()</script>",
        "<xmp><script>steal()</script></xmp>",
        "<!--><script>steal()</script>-->",
        '<p title="\'><script>steal()</script>">',
        "<x-a onclick=steal()>x</x-a>",
        "<a href=https:evil target=_blank>x</a>",
    ],
)
def test_nothing_that_acts_is_left(markup: str) -> None:
    body = shown(f"<!doctype html><html><body>before {markup} after")
    root = html.document_fromstring(body)
    acting = ".//script|.//object|.//embed|.//applet|.//base|.//iframe|.//template|.//portal|.//set"
    assert not root.xpath(".//form[@action]")
    assert not root.xpath(acting)
    assert not root.xpath(".//meta[@http-equiv]")
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name not in {"ping", "formaction", "srcdoc"}
            if name in {"href", "src", "srcset", "poster", "background"} or name.endswith(":href"):
                assert value.startswith(("/P/", "/R/", "#", "data:image/")), (name, value)
    assert "before" in body


def test_links_lead_to_the_archive_and_fragments_stay_on_the_page() -> None:
    body = shown(
        "<a href=../b/?x=1&amp;y=2#c>b</a><a href='#top'>top</a>"
        "<a href=http://site.example/news/a/#here>here</a><a href=mailto:a@b>m</a>"
    )
    assert [link.get("href") for link in html.document_fromstring(body).iter("a")] == [
        "/P/http://site.example/news/b/?x=1&y=2#c",
        "#top",
        "#here",
        None,
    ]
    assert 'target="_top"' in body


def test_a_base_counts_for_addresses_though_it_is_gone() -> None:
    assert '"/R/http://cdn.example/x/p.png"' in shown("<base href=//cdn.example/x/><img src=p.png>")


def test_lazy_pictures_are_given_their_source_and_shown_once() -> None:
    body = shown(
        "<img class=lazy src=data:image/gif;base64,R0 data-src=p.jpg data-srcset='p.jpg 1x, p2.jpg 2x'>"
        "<noscript><img src=p.jpg><p>kept</p></noscript><div data-bg=q.jpg style='color:red'></div>"
    )
    images = list(html.document_fromstring(body).iter("img"))
    assert [image.get("src") for image in images] == [f"/R/{SITE}p.jpg"]
    assert images[0].get("srcset") == f"/R/{SITE}p.jpg 1x, /R/{SITE}p2.jpg 2x"
    assert "kept" in body
    assert f"background-image:url(&quot;/R/{SITE}q.jpg&quot;);color:red" in body


def test_a_set_of_pictures_may_have_commas_in_its_addresses() -> None:
    body = shown("<img srcset='a,b.jpg 100w, c.jpg 2x,d.jpg'>")
    (image,) = html.document_fromstring(body).iter("img")
    assert image.get("srcset") == f"/R/{SITE}a%2Cb.jpg 100w, /R/{SITE}c.jpg 2x, /R/{SITE}d.jpg"


def test_the_text_is_kept_letter_by_letter() -> None:
    text = "او می\u200cگوید «كتاب\u200cها» &amp; <b>نام\u200fه</b> 1 &lt; 2 👩\u200d👩\u200d👧"
    body = shown(f"<!doctype html><html lang=fa dir=rtl><body><p>{text}</p></body></html>")
    assert f"<p>{text}</p>" in body
    assert '<html lang="fa" dir="rtl">' in body
    assert body.startswith("<!doctype html>")


def test_a_page_without_document_type_stays_without() -> None:
    assert shown("<p>x").startswith("<html>")
    strict = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/x.dtd">'
    )
    assert shown(strict + "<p>x").startswith(strict.replace("DOCTYPE", "doctype"))


def test_frames_become_links_to_their_captures() -> None:
    body = shown("<iframe src=http://video.example/1></iframe>after")
    assert '<a href="/P/http://video.example/1"' in body
    assert "after" in body


@pytest.mark.parametrize("void", ["embed", "source", "track", "wbr", "param", "keygen", "bgsound", "frame"])
def test_what_follows_an_element_without_end_is_shown(void: str) -> None:
    body = shown(f"<div>a<{void} src=http://evil.example>b<p>c</p></div><p>d</p>")
    assert "b<p>c</p></div><p>d</p>" in body


def test_a_drawing_keeps_its_shapes_and_an_unclosed_one_does_not_swallow_the_page() -> None:
    body = shown(
        "<svg viewBox='0 0 9 9'><title>t</title><path d='M0 0h9'/><use href='#a'/><p>text<style>b{}</style>"
    )
    assert "<path " in body
    assert 'href="#a"' in body
    assert "<p>text" in body
    assert ">t<" not in body


@pytest.mark.parametrize("markup", ["", "   ", "<", "\0", "plain text", "<!--", "\ud800<p>x", "<html" * 50])
def test_whatever_it_is_an_answer_comes(markup: str) -> None:
    assert isinstance(shown(markup), str)


def test_a_page_nested_without_end_comes_back() -> None:
    assert len(shown("<div>" * 100_000 + "x")) < 3_000_000


def test_a_page_of_more_elements_than_can_be_shown_is_cut_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rewrite, "MOST_ELEMENTS", 100)
    body = shown("<i>x</i>" * 200)
    assert body.count("<i>") < 101
    assert "longer than what can be shown" in body


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("a{background:URL(b.png)}", 'a{background:url("/R/http://s/c/b.png")}'),
        ("a{background:url(b\\.png)}", 'a{background:url("/R/http://s/c/b.png")}'),
        ('@import url("x.css") screen;', '@import url("/R/http://s/c/x.css") screen;'),
        ("@import'//evil.example/x.css';", '@import"/R/http://evil.example/x.css";'),
        ("a{background:url(data:image/png;base64,AA)}", "a{background:url(data:image/png;base64,AA)}"),
        ("a{fill:url(#g)}", "a{fill:url(#g)}"),
        ("a{b:url(javascript:x)}", 'a{b:url("")}'),
        ("@import 'data:text/css,a';", '@import "";'),
        ("@media (width<40em){}", "@media (width<40em){}"),
        ("</style><script>", "\\3c /style>\\3c script>"),
        ("a{b:url(", "a{b:url("),
    ],
)
def test_addresses_in_css_lead_to_the_archive(given: str, wanted: str) -> None:
    assert rewrite_css(given, "http://s/c/d.css", lambda url: "/R/" + url) == wanted


def test_css_is_read_in_linear_time() -> None:
    rewrite_css("url(" * 200_000, SITE, str)
    rewrite_css('@import "' + "\\" * 200_000, SITE, str)
    rewrite_css("url(" + " " * 200_000, SITE, str)
    rewrite_css("a{background:image-set(" + '"\\' * 200_000 + ")}", SITE, str)


def test_comments_before_a_document_type_are_not_read_twice() -> None:
    assert "<!doctype html>" in shown("<!--a--> <!-- b --><!doctype html><p>x")
    assert "doctype" not in shown(" <!--a--> " * 1_000 + "<p>x")


@pytest.mark.parametrize(
    "value", ["", "#a", "javascript:x", "JavaScript:x", "data:,", "http://", "http://[", "mailto:x", "//"]
)
def test_what_is_no_web_address_resolves_to_nothing(value: str) -> None:
    assert resolve(value, "http:///") is None or resolve(value, SITE) is None
