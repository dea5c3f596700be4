"""A small news site on loopback for the spider's tests: a table of answers, and a list of what was asked.

``wordpress`` makes one as WordPress would (REST, feeds, paged comments); ``Site()`` is bare, and tests add
what they need. A route is an :class:`Answer`, or a function of the query that returns one or ``None``.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PARAGRAPH = (
    "این نوشته برای آزمودن خزنده نوشته شده است و هیچ خبری در خود ندارد. شهر کوچک ما امروز آفتابی بود و مردم "
    "به بازار می\u200cرفتند. "
    "کتاب\u200cخانه\u200cی محله تا ساعت پنج باز است و کودکان در حیاط آن بازی می\u200cکنند."
)


@dataclass(frozen=True)
class Answer:
    """Status 0: the connection ends without an answer."""

    body: bytes = b""
    mime: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


_OWN = "/asked-by-the-test-itself"

Route = Answer | Callable[[dict[str, str]], Answer | None]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        # A crawl that is killed resets its connections: that is no news.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@dataclass
class Site:
    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    _connections: list[threading.Thread] = field(default_factory=list)

    def quiet(self) -> None:
        """Return when every connection made so far has been served to its end.

        What a killed client sent is read by the server when its turn comes, perhaps after the client's death.
        """
        # Connections are accepted in their order: when this one is answered, all before it have a thread.
        with contextlib.closing(http.client.HTTPConnection(urlsplit(self.url).netloc)) as own:
            own.request("GET", _OWN)
            own.getresponse().read()
        for thread in self._connections:
            thread.join()
        self._connections.clear()

    def add(
        self, path: str, body: str | bytes, mime: str = "text/html; charset=utf-8", status: int = 200
    ) -> None:
        self.routes[path] = Answer(body.encode() if isinstance(body, str) else body, mime, status)

    def answer(self, target: str) -> Answer:
        parts = urlsplit(target)
        route = self.routes.get(target) or self.routes.get(parts.path)
        if callable(route):
            route = route({name: values[-1] for name, values in parse_qs(parts.query).items()})
        return route or Answer(b"<html><title>404</title><p>not here</p></html>", status=404)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on a free port; give the root address, with a slash at its end."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                site._connections.append(threading.current_thread())

            def do_GET(self) -> None:
                if self.path != _OWN:
                    site.asked.append(self.path)
                answer = site.answer(self.path)
                if answer.status == 0:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.mime)
                self.send_header("Content-Length", str(len(answer.body)))
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *args: object) -> None:
                pass

        server = _Server(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield self.url
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def page(title: str, inner: str, *, head: str = "", classes: str = "home blog") -> str:
    return (
        f'<!DOCTYPE html><html lang="fa-IR" dir="rtl"><head><meta charset="utf-8"><title>{title}</title>'
        f"{head}</head>"
        f'<body class="{classes}"><nav><a href="/">خانه</a> <a href="/about/">درباره</a> '
        f'<a href="/wp-login.php">ورود</a></nav><main>{inner}</main></body></html>'
    )


def article(title: str, inner: str = "", *, head: str = "", post_id: int = 0, comments: str = "") -> str:
    body = "".join(f"<p>{PARAGRAPH} ({number})</p>" for number in range(4))
    return page(
        title,
        f'<article id="post-{post_id}" class="post type-post hentry"><h1 class="entry-title">{title}</h1>'
        f'<time class="entry-date published" datetime="2026-11-20T10:00:00+03:30">۲۹ آبان</time>'
        f'<div class="entry-content">{body}{inner}</div></article>{comments}',
        head=head + '<meta property="og:type" content="article">',
        classes=f"single single-post postid-{post_id}",
    )


def comment_list(numbers: range, *, older: str = "") -> str:
    rows = "".join(
        f'<li id="comment-{n}" class="comment depth-1"><article id="div-comment-{n}" class="comment-body">'
        f'<footer class="comment-meta"><b class="fn">خواننده {n}</b>'
        f'<time datetime="2026-11-21T10:{n % 60:02}:00+03:30">x</time></footer>'
        f'<div class="comment-content"><p>نظر شماره {n}</p></div></article></li>'
        for n in numbers
    )
    nav = (
        f'<nav class="comment-navigation"><a class="older" href="{older}">قدیمی\u200cتر</a></nav>'
        if older
        else ""
    )
    return f'<div id="comments"><ol class="comment-list">{rows}</ol>{nav}</div>'


def wordpress(posts: int, comments: dict[int, int], *, per_page: int = 10, rest: bool = True) -> Site:
    """Return a site of ``posts`` posts; ``comments`` maps a post's number to how many comments it has.

    Comments come 4 an HTML page, the first page on the article; the API gives ``per_page`` entries a page.
    """
    site = Site()
    first = {post: sum(comments.get(n, 0) for n in range(1, post)) + 1 for post in range(1, posts + 2)}

    def absolute(path: str) -> str:
        return site.url.rstrip("/") + path

    def ids(post: int) -> range:
        return range(first[post], first[post + 1])

    def link(post: int) -> str:
        return f"/2026/11/khabar-{post}/"

    def head() -> str:
        api = f'<link rel="https://api.w.org/" href="{absolute("/wp-json/")}">' if rest else ""
        return (
            f'{api}<link rel="alternate" type="application/rss+xml" href="{absolute("/feed/")}">'
            '<link rel="stylesheet" href="/wp-content/style.css"><script src="/wp-content/a.js"></script>'
        )

    def front(number: int) -> Answer | None:
        pages = (posts + 4) // 5
        if not 1 <= number <= pages:
            return None
        shown = range(posts - (number - 1) * 5, max(posts - number * 5, 0), -1)
        links = "".join(f'<h2><a href="{link(n)}">خبر شماره {n} از شهر</a></h2>' for n in shown)
        more = (
            f'<a class="next page-numbers" rel="next" href="/page/{number + 1}/">بعدی</a>'
            if number < pages
            else ""
        )
        return Answer(page("روزنامه", links + more, head=head()).encode())

    def single(post: int) -> Callable[[dict[str, str]], Answer]:
        def answer(_: dict[str, str]) -> Answer:
            feed_url = absolute(link(post)) + "feed/"
            own = f'<link rel="alternate" type="application/rss+xml" title="نظرها" href="{feed_url}">'
            older = f"{link(post)}comment-page-2/" if len(ids(post)) > 4 else ""
            shown = comment_list(ids(post)[:4], older=older) if ids(post) else ""
            canonical = f'<link rel="canonical" href="{absolute(link(post))}">'
            picture = f'<img src="/wp-content/{post}.jpg" alt="">'
            text = article(
                f"خبر شماره {post}", picture, head=head() + own + canonical, post_id=post, comments=shown
            )
            return Answer(text.encode())

        return answer

    def comment_page(post: int, number: int) -> Answer:
        shown = ids(post)[(number - 1) * 4 : number * 4]
        older = f"{link(post)}comment-page-{number + 1}/" if len(ids(post)) > number * 4 else ""
        return Answer(
            article(f"خبر شماره {post}", post_id=post, comments=comment_list(shown, older=older)).encode()
        )

    def listing(entries: list[dict[str, object]], query: dict[str, str]) -> Answer:
        number, size = int(query.get("page", "1")), min(int(query.get("per_page", "10")), per_page)
        pages = (len(entries) + size - 1) // size
        if number > max(pages, 1):
            return Answer(b'{"code":"rest_post_invalid_page_number"}', "application/json", 400)
        part = entries[(number - 1) * size : number * size]
        counts = (("X-WP-Total", str(len(entries))), ("X-WP-TotalPages", str(pages)))
        return Answer(json.dumps(part).encode(), "application/json", headers=counts)

    def rest_posts(query: dict[str, str]) -> Answer:
        entries: list[dict[str, object]] = [
            {"id": n, "link": absolute(link(n)), "date_gmt": f"2026-11-{n % 28 + 1:02}T10:00:00"}
            for n in range(posts, 0, -1)
        ]
        return listing(entries, query)

    def rest_comments(query: dict[str, str]) -> Answer:
        entries: list[dict[str, object]] = [
            {
                "id": n,
                "post": int(query["post"]),
                "parent": 0 if n == ids(int(query["post"]))[0] else n - 1,
                "author_name": f"خواننده {n}",
                "date_gmt": f"2026-11-21T06:{n % 60:02}:00",
                "content": {"rendered": f"<p>نظر شماره {n}</p>"},
                "link": absolute(f"{link(int(query['post']))}#comment-{n}"),
            }
            for n in ids(int(query["post"]))
        ]
        return listing(entries, query)

    def feed(_: dict[str, str]) -> Answer:
        items = "".join(
            f"<item><link>{absolute(link(n))}</link>"
            f"<pubDate>Mon, {n % 28 + 1:02} Nov 2026 10:00:00 +0000</pubDate></item>"
            for n in range(posts, max(posts - 3, 0), -1)
        )
        rss = f"<rss version='2.0'><channel><generator>https://wordpress.org/</generator>{items}</channel></rss>"
        return Answer(rss.encode(), "application/rss+xml")

    for number in range(1, (posts + 4) // 5 + 1):
        site.routes["/" if number == 1 else f"/page/{number}/"] = lambda _, n=number: front(n)  # type: ignore[misc]
    for post in range(1, posts + 1):
        site.routes[link(post)] = single(post)
        for number in range(2, len(ids(post)) // 4 + 2):
            site.routes[f"{link(post)}comment-page-{number}/"] = lambda _, p=post, n=number: comment_page(
                p, n
            )  # type: ignore[misc]
        site.add(f"/wp-content/{post}.jpg", b"\xff\xd8\xff", "image/jpeg")
    site.routes["/feed/"] = feed
    if rest:
        site.routes["/wp-json/wp/v2/posts"] = rest_posts
        site.routes["/wp-json/wp/v2/comments"] = rest_comments
    site.add("/about/", page("درباره", f"<p>{PARAGRAPH}</p>"))
    site.add("/wp-content/style.css", '@import "more.css"; a{background:url(bg.png)}', "text/css")
    site.add("/wp-content/more.css", "@font-face{src:url(/wp-content/f.woff2)}", "text/css")
    site.add("/wp-content/bg.png", b"\x89PNG", "image/png")
    site.add("/wp-content/f.woff2", b"wOF2", "font/woff2")
    site.add("/wp-content/a.js", "0", "text/javascript")
    return site


def sitemap(addresses: list[str]) -> bytes:
    return gzip.compress(
        b"<urlset>" + b"".join(f"<url><loc>{one}</loc></url>".encode() for one in addresses) + b"</urlset>"
    )
