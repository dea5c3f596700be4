"""What belongs to a site, and what is a trap."""

import pytest

from model import BadUrlError, Source
from spiders import Scope
from spiders.scope import shape, tidy


def scope(origin: str = "https://www.example.co.uk/", **given: object) -> Scope:
    return Scope(Source(name="x", origin=origin, **given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("origin", "url", "owned"),
    [
        ("https://www.example.co.uk/", "http://fa.example.co.uk/a", True),
        ("https://www.example.co.uk/", "https://other.co.uk/", False),
        ("https://www.example.co.uk/", "https://example.co.uk.evil.org/", False),
        ("https://www.example.co.uk/", "https://evil.org/@example.co.uk/", False),
        ("https://www.example.co.uk/", "https://example.co.uk@evil.org/", False),
        ("https://www.example.co.uk/", "https://example.co.uk:8443/", False),
        ("https://one.blogspot.com/", "https://two.blogspot.com/", False),
        ("https://one.github.io/", "https://one.github.io/a", True),
        ("https://مثال.ایران/", "https://www.xn--mgbh0fb.xn--mgba3a4f16a/", True),
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8081/a", True),
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8082/a", False),
        ("http://127.0.0.1:8081/", "http://127.0.0.2:8081/a", False),
        ("http://[::1]:8081/", "http://[::1]:8081/a", True),
        ("http://newsroom.test:8000/", "http://newsroom.test:8000/", True),
        ("http://newsroom.test:8000/", "http://other.test:8000/", False),
        ("http://example.org:8000/", "http://fa.example.org:8000/", True),
        ("https://example.org./", "https://EXAMPLE.org/", True),
        ("https://example.org/", "ftp://example.org/", False),
        ("https://example.org/", "http://[bad", False),
        ("https://example.org/", "http://example.org:99999/", False),
    ],
)
def test_a_site_is_its_registrable_domain_or_its_very_address(origin: str, url: str, owned: bool) -> None:
    assert scope(origin).owns(url) is owned


def test_further_hosts_are_the_sites_own_exactly() -> None:
    site = scope(hosts=("mirror.test", "192.0.2.7:8080"))
    assert site.owns("https://mirror.test/a")
    assert site.owns("http://192.0.2.7:8080/")
    assert not site.owns("http://192.0.2.7/")
    assert not site.owns("https://a.mirror.test/")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "2016/05/07/",
        "2016/05/a-headline/",
        "1395/02/18/khabar",
        "dossiers/1988/",
        "?p=123",
        "modules.php?name=News&file=article&sid=123",
        "news/%D8%AE%D8%A8%D8%B1-%D8%AA%D8%A7%D8%B2%D9%87",
        "خبر/تازه",
        "story.php?id=1&lang=fa",
        "a.html",
        "news/feeding-the-birds",
        "page/2/",
        "06/06/06/06/",
        "v2.0/notes",
    ],
)
def test_these_may_be_pages(path: str) -> None:
    assert scope().why_no_page(f"https://www.example.co.uk/{path}") == ""


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("wp-login.php?redirect_to=x", "no_content"),
        ("wp-admin/edit.php", "no_content"),
        ("cart", "no_content"),
        ("a/feed/", "no_content"),
        ("a/amp/", "no_content"),
        ("a/comment-page-2/", "no_content"),
        ("a/?replytocom=7", "parameters"),
        ("a/?share=facebook", "parameters"),
        ("?s=word", "parameters"),
        ("?cpage=2", "parameters"),
        ("list?orderby=date&order=asc", "parameters"),
        ("list?filter_a=1", "parameters"),
        ("list?a=1&b=2&c=3&d=4&e=5&f=6", "parameters"),
        ("list?a=" + "x" * 300, "parameters"),
        ("w/index.php?title=A&action=edit", "no_content"),
        ("photo.JPG", "file"),
        ("a/b.xml.gz", "file"),
        ("events/2990/01/", "calendar"),
        ("events/1812-05/", "calendar"),
        ("list?year=2016&month=5", "calendar"),
        ("a/b/a/b/", "repeating"),
        ("a/x/a/y/a/", "repeating"),
        ("x/https://www.example.co.uk/x", "nested"),
        ("a/{{url}}", "nested"),
        ("a/" * 20, "too_long"),
        ("a" * 2500, "too_long"),
    ],
)
def test_these_are_traps_or_no_pages(path: str, why: str) -> None:
    assert scope().why_no_page(f"https://www.example.co.uk/{path}") == why


def test_the_sources_own_patterns_win() -> None:
    site = scope(skip_pattern=r"/private/", article_pattern=r"/story/")
    assert site.why_no_page("https://example.co.uk/private/story/1") == "skip_pattern"
    assert site.is_page("https://example.co.uk/story/1/amp/")
    assert site.accepts_article("https://example.co.uk/a", "https://example.co.uk/story/1")
    assert not site.accepts_article("https://example.co.uk/a", None)


def test_requisites_may_lie_anywhere_on_the_web_and_nowhere_else() -> None:
    site = scope()
    assert site.is_requisite("https://cdn.elsewhere.net/a.css")
    assert not any(
        site.is_requisite(url) for url in ("data:image/png;base64,x", "file:///etc/passwd", "ftp://a/b", "")
    )


def test_documents_are_taken_from_the_site_only() -> None:
    assert scope().is_document("https://files.example.co.uk/report.PDF?x=1")
    assert not scope().is_document("https://elsewhere.org/report.pdf")
    assert not scope().is_document("https://example.co.uk/film.mp4")


@pytest.mark.parametrize(
    ("given", "tidied"),
    [
        ("https://e.org/a?utm_source=x&b=1&fbclid=2#c", "https://e.org/a?b=1"),
        ("https://e.org/a?b=%d8%ae&c=", "https://e.org/a?b=%d8%ae&c="),
        ("https://e.org/خبر?q=ی", "https://e.org/خبر?q=ی"),
        ("https://e.org/a;jsessionid=1F2E?b", "https://e.org/a?b"),
        ("https://e.org/a?sid=0123456789abcdef0123456789abcdef", "https://e.org/a"),
        ("https://e.org/a?sid=1234", "https://e.org/a?sid=1234"),
        ("https://e.org", "https://e.org/"),
        ("https://e.org/a\n b", "https://e.org/a%20b"),
        ("javascript:alert(1)", None),
        ("https://e.org/\x00", None),
        ("https:///a", None),
    ],
)
def test_addresses_lose_noise_and_nothing_else(given: str, tidied: str | None) -> None:
    assert tidy(given) == tidied


def test_requisites_keep_every_parameter() -> None:
    assert tidy("https://e.org/a.css?utm_source=x#f", keep_query=True) == "https://e.org/a.css?utm_source=x"


def test_pages_of_one_kind_have_one_shape() -> None:
    assert shape("https://e.org/cal/2026-11-23/?day=5") == shape("https://e.org/cal/1999-01-02/?day=9")
    assert shape("https://e.org/a/1") != shape("https://e.org/b/1")


def test_an_origin_that_is_no_address_is_refused() -> None:
    with pytest.raises(BadUrlError):
        scope("mailto:a@b")


def test_a_platform_is_never_adopted_as_the_site() -> None:
    assert scope().adoptable("https://www.facebook.com/paper") is None
    assert scope().adoptable("https://www.example.net/fa/") == "www.example.net"
