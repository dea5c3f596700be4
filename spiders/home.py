"""Addresses of one page at its source and at a mirror."""

from __future__ import annotations

from urllib.parse import urlsplit


def root_of(url: str) -> str:
    """Return scheme and authority of an address, as spelled.

    >>> root_of("https://news.test:8443/a?b")
    'https://news.test:8443'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def at_mirror(url: str, mirror: str) -> str:
    """Return where a mirror has what the source has at ``url``.

    >>> at_mirror("https://news.test/a/b?c", "https://d1.example/")
    'https://d1.example/a/b?c'
    >>> at_mirror("https://news.test", "https://d1.example/news")
    'https://d1.example/news/'
    """
    rest = url[len(root_of(url)) :]
    return mirror.rstrip("/") + (rest if rest.startswith("/") else f"/{rest}")


def at_home(url: str, mirror: str, origin: str) -> str:
    """Return the address at the source of what a mirror's page names; others stay as they are.

    >>> at_home("https://d1.example/a", "https://d1.example/", "https://news.test/fa/")
    'https://news.test/a'
    >>> at_home("https://d1.example.org/a", "https://d1.example/", "https://news.test/")
    'https://d1.example.org/a'
    """
    root = mirror.rstrip("/")
    rest = url[len(root) :]
    if url[: len(root)].lower() != root.lower() or rest[:1] not in {"", "/", "?", "#"}:
        return url
    return root_of(origin) + (rest or "/")
