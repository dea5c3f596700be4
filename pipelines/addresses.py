"""Web addresses as a page spells them: made absolute, without fragment, otherwise letter by letter.

RFC 3986 (5.2) resolves references and WHATWG URL mends them; both also rewrite. What is archived must be
what the site wrote (``WARC-Target-URI``), so only what no request can carry is changed: white space and
controls at the ends and inside tabs and newlines go (WHATWG URL, 4.4), a space inside becomes ``%20``, a
backslash before the query a slash.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import tldextract

MAX_URL = 8192
"""Longer addresses are not followed; servers refuse them (RFC 9110, 4.1 asks for 8,000)."""

_ENDS = "".join(map(chr, range(33)))
_INSIDE = re.compile(r"[\t\n\r]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_WEB = re.compile(r"https?://[^/?#\\]", re.IGNORECASE)
_AUTHORITY = re.compile(r"https?://([^/?#\\]+)", re.IGNORECASE)
# What nearly every reference looks like; nothing of it is changed by the steps below.
_PLAIN = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.\-]*(?:[/?][!-\"$-\[\]-~]*)?")
_PLAIN_PATH = re.compile(r"/(?!/)[!-\"$-.0-\[\]-~]*(?:/(?!\.)[!-\"$-.0-\[\]-~]*)*")
_DOTS = re.compile(r"(?:^|/)\.\.?(?:/|$)")

# The list that the package ships; a page is read without the network.
_registrable = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def absolute(base: str, reference: str) -> str | None:
    """Return the http(s) address that a reference on a page means, or ``None`` when it means none.

    >>> absolute("http://a.test/b/c?d", " ../e%D8%A7/../f g#h ")
    'http://a.test/f%20g'
    >>> absolute("http://a.test/", "HTTP://B.test/%7e?"), absolute("http://a.test/", "mailto:b@c.test")
    ('HTTP://B.test/%7e?', None)
    """
    if len(reference) > MAX_URL * 2:
        return None
    if len(reference) < MAX_URL // 2:
        if reference[:4] == "http":
            if _PLAIN.fullmatch(reference):
                return reference
        elif (
            reference[:1] == "/"
            and reference[:2] != "/."
            and _PLAIN_PATH.fullmatch(reference)
            and (origin := _origin(base))
        ):
            return origin + reference
    url = reference.strip(_ENDS)
    if "\n" in url or "\t" in url or "\r" in url:
        url = _INSIDE.sub("", url)
    url = url.partition("#")[0].rstrip(" ")
    if not url:
        return None
    if "\\" in url:
        path, mark, query = url.partition("?")
        url = path.replace("\\", "/") + mark + query
    if not _WEB.match(url):
        if scheme := _SCHEME.match(url):
            if scheme[1].lower() not in ("http", "https"):
                return None
            url = f"{scheme[1]}://{url[scheme.end() :].lstrip('/')}"
        else:
            url = _join(base, url)
    url = url.replace(" ", "%20")
    # Nearly every address is plain ASCII, where a control is what cannot be printed.
    plain = url.isascii() and url.isprintable()
    if len(url) > MAX_URL or (not plain and _CONTROL.search(url)) or not host_of(url):
        return None
    return url


@lru_cache(maxsize=1024)
def _origin(base: str) -> str:
    """Return scheme and authority of a plain address, "" of any other."""
    if len(base) > MAX_URL // 2 or not _PLAIN.fullmatch(base):
        return ""
    end = re.search(r"[/?]", base[8:])
    return base[: 8 + end.start()] if end else base


def _join(base: str, reference: str) -> str:
    if reference.startswith("//"):
        return f"{base.partition(':')[0]}:{reference}"
    slashes = base.find("//")
    start = base.find("/", slashes + 2)
    plain = not _DOTS.search(reference.partition("?")[0])
    if reference.startswith("/") and plain:
        mark = re.search(r"[/?#]", base[slashes + 2 :])
        return base[: slashes + 2 + mark.start()] + reference if mark else base + reference
    if reference.startswith("?"):
        return re.split(r"[?#]", base, maxsplit=1)[0] + ("" if start >= 0 else "/") + reference
    try:
        return urljoin(base, reference)
    except ValueError:
        return ""


def host_of(url: str) -> str:
    """Return the host of an http(s) address, lower case, or "" when there is none.

    >>> host_of("https://WWW.example.org:8443/a"), host_of("http://[::1"), host_of("http://u@[::1]:80")
    ('www.example.org', '', '::1')
    """
    found = _AUTHORITY.match(url)
    return _host(found[1]) if found else ""


@lru_cache(maxsize=4096)
def _host(authority: str) -> str:
    """Return the host of an authority; a page names few hosts many times."""
    try:
        parts = urlsplit(f"http://{authority}/")
        _ = parts.port  # raises when it is no number
    except ValueError:
        return ""
    return parts.hostname or ""


@lru_cache(maxsize=4096)
def _domain(host: str) -> str:
    return _registrable(host).top_domain_under_public_suffix


def same_site(one: str, other: str) -> bool:
    """Tell whether two addresses lie under one registrable domain, or on one host where there is none.

    >>> same_site("https://m.example.co.uk/a", "http://www.example.co.uk/")
    True
    """
    first, second = host_of(one), host_of(other)
    if not first or not second:
        return False
    if first == second:
        return True
    return bool(_domain(first)) and _domain(first) == _domain(second)
