import string
from urllib.parse import quote, urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.urlkey import lookup_key, url_key
from model import BadUrlError

PATHS = st.text(alphabet=string.ascii_letters + string.digits + "/-._~آبپ\u200c", max_size=40)
HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9](\.[a-z]{2,5}){1,3}", fullmatch=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # RFC 3986, 6.2.2: the examples given there, on http.
        ("http://a/b/c/%7Bfoo%7D", "HTTP://A/./b/../b/%63/%7bfoo%7d"),
        ("http://example.com", "http://example.com/"),
        ("http://example.com:/", "http://example.com:80/"),
        ("https://example.com:443/a", "http://example.com/a"),
        ("http://example.org/~smith", "http://example.org/%7Esmith"),
        ("http://example.org/a#b", "http://example.org/a"),
        ("http://example.org./a", "http://EXAMPLE.org/a"),
        ("http://user:secret@example.org/a", "http://example.org/a"),
        ("http://example.org/a b", "http://example.org/a%20b"),
        ("http://example.org/100%", "http://example.org/100%25"),
        ("http://example.org\\a\\b", "http://example.org/a/b"),
        ("  http://exa\nmple.org/a\t ", "http://example.org/a"),
        ("http://مثال.example/خبر", "http://xn--mgbh0fb.example/%D8%AE%D8%A8%D8%B1"),
        ("http://bücher.example/", "http://B%C3%BCcher.example/"),
        ("http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]:80/"),
    ],
)
def test_spellings_of_one_resource_have_one_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.org/a", "http://example.org/a/"),
        ("http://example.org/a", "http://www.example.org/a"),
        ("http://example.org/a", "http://example.org/A"),
        ("http://example.org/a?x=1&y=2", "http://example.org/a?y=2&x=1"),
        ("http://example.org/a?utm_source=x", "http://example.org/a"),
        ("http://example.org:8080/", "http://example.org/"),
        ("http://example.org:443/", "http://example.org/"),
        ("http://example.org/a%2Fb", "http://example.org/a/b"),
        ("http://example.org/?a=%26", "http://example.org/?a=&"),
        # A Persian name with and without ZERO WIDTH NON-JOINER is two names (IDNA 2008, RFC 5892, A.1).
        ("http://نامه\u200cای.example/", "http://نامهای.example/"),
    ],
)
def test_what_the_archive_would_have_to_guess_stays_apart(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org/", "mailto:a@example.org", "http://", "http:///a", "http://@/",
     "http://example.org:99999/", "http://example.org:a/", "http://example.org:٣/", "http://[::1/", "http://[x]/"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused_and_still_has_a_lookup_key(url: str) -> None:
    with pytest.raises(BadUrlError):
        url_key(url)
    assert lookup_key(url) == url


def test_keys_of_one_site_sort_together() -> None:
    urls = ["http://b.org/", "http://www.a.org/2", "https://www.a.org/1", "http://a.org/", "http://a.com/"]
    assert sorted(map(url_key, urls)) == ["com,a)/", "org,a)/", "org,a,www)/1", "org,a,www)/2", "org,b)/"]


@settings(deadline=None)
@given(HOSTS, PATHS, st.randoms(use_true_random=False))
def test_needless_percent_encoding_and_case_change_no_key(host: str, path: str, random: object) -> None:
    plain = f"http://{host}/{path.replace('/.', '/')}"
    encoded = "".join(
        letter
        if letter == "/" or random.random() < 0.5
        else quote(letter, safe="").lower()  # type: ignore[attr-defined]
        if not letter.isascii()
        else f"%{ord(letter):02x}"
        for letter in path.replace("/.", "/")
    )
    assert url_key(f"HTTP://{host.upper()}/{encoded}") == url_key(plain)


@settings(deadline=None)
@given(HOSTS, st.lists(st.sampled_from(["a", "b", ".", "..", ""]), max_size=8))
def test_dot_segments_go_as_the_standard_library_resolves_them(host: str, segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    resolved = urljoin(f"http://{host}/", path)
    if "//" not in path:  # urljoin drops empty segments, which RFC 3986 keeps
        assert url_key(f"http://{host}{path}") == url_key(resolved)
    key = url_key(f"http://{host}{path}")
    assert "/./" not in key
    assert "/../" not in key


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    for url in (text, f"http://{text}", f"http://example.org/{text}"):
        assert isinstance(lookup_key(url), str)


def test_a_very_long_url_is_read_in_no_time() -> None:
    assert len(url_key("http://example.org/" + "%41/../" * 100_000)) < 30
    assert url_key("http://example.org/" + "ب" * 50_000).endswith("%D8%A8")
