"""A small newsroom on loopback to crawl: Persian, right-to-left, with what real ones have around their
articles.

It is a real HTTP site of its own making, used by ``mandegar demo`` and by the tests. What it shows is
modelled on pages of the exile press: a connection widget, the lede repeated, a plea for donations, a
comment form, threaded comments over several pages, Jalali dates. It can edit an article, delete one
(410 from then on) and remove a comment, so that versions and differences have something to show.
"""

from __future__ import annotations

import threading
import tomllib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader

from pipelines import format_jalali

if TYPE_CHECKING:
    from types import TracebackType

COMMENTS_A_PAGE = 10
ARTICLES_A_PAGE = 5
NAME = "روزنامهٔ مهتاب"
SECTIONS = {
    "society": "جامعه",
    "environment": "محیط زیست",
    "culture": "فرهنگ",
    "science": "دانش",
    "economy": "اقتصاد",
}
# The long thread: comments of article 1010 are made from these, so that it fills three pages.
_LONG_THREAD_ARTICLE = 1010
_LONG_THREAD = 25
_VOICES = ("شنونده", "پری", "داریوش", "م. کاویان", "گوش‌به‌زنگ")
_REMARKS = (
    "نمایش این هفته را دو بار شنیدم.",
    "صدای باران را چگونه می‌سازید؟",
    "می‌شود متن نمایش‌نامه‌ها را هم بگذارید؟",
    "کیفیت صدا از پارسال خیلی بهتر شده است.",
    "بازیگر نقش پدر، صدایش آشناست.",
    "در راهِ کار گوش می‌دهم و زمان می‌گذرد.",
    "لطفاً نمایش‌های کودکان را بیشتر کنید.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A reader's comment as the newsroom has it."""

    id: int
    author: str
    published: datetime
    text: str
    parent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article as the newsroom has it."""

    id: int
    section: str
    slug: str
    title: str
    lede: str
    author: str
    published: datetime
    paragraphs: tuple[str, ...]
    tags: tuple[str, ...] = ()
    comments: tuple[Remark, ...] = ()
    modified: datetime | None = None

    @property
    def path(self) -> str:
        """Its address on the site."""
        return f"/{self.section}/{self.id}/{self.slug}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownComment:
    """A comment and its replies, as the template walks them."""

    remark: Remark
    depth: int
    children: tuple[ShownComment, ...] = field(default=())


def load_stories() -> dict[int, Story]:
    """Return the newsroom's first edition by article id, newest first."""
    text = files("desk.demo").joinpath("stories.toml").read_text(encoding="utf-8")
    stories = {}
    for entry in tomllib.loads(text)["article"]:
        comments = tuple(Remark(**comment) for comment in entry.pop("comment", ()))
        entry["tags"] = tuple(entry["tags"])
        entry["paragraphs"] = tuple(entry["paragraphs"])
        story = Story(comments=comments, **entry)
        if story.id == _LONG_THREAD_ARTICLE:
            story = replace(story, comments=_long_thread(story.published))
        stories[story.id] = story
    return stories


def _long_thread(after: datetime) -> tuple[Remark, ...]:
    remarks = []
    for number in range(_LONG_THREAD):
        # Every third comment answers the one before it; every ninth answers that answer.
        parent = 600 + number if number % 3 == 1 or number % 9 == 2 else None
        remarks.append(
            Remark(
                id=601 + number,
                author=_VOICES[number % len(_VOICES)],
                published=after + timedelta(minutes=17 * (number + 1)),
                text=f"{_REMARKS[number % len(_REMARKS)]} (قسمت {number + 1})",
                parent=parent,
            )
        )
    return tuple(remarks)


class Newsroom:
    """The site, running; a context manager."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.stories = load_stories()
        self.removed: set[int] = set()
        self.requests: list[str] = []
        """Paths asked for, in order."""
        self._lock = threading.Lock()
        self._pages = Environment(
            loader=PackageLoader("desk.demo", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._pages.filters["jalali"] = format_jalali
        self._pages.filters["fa"] = _persian_digits
        self._server = _Server((host, port), _Handler)
        self._server.newsroom = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="newsroom", daemon=True
        )

    @property
    def url(self) -> str:
        """Where the front page is."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End serving and close the socket."""
        # One that never began to serve only lends its pages; its server would wait for itself for ever.
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- what editors do

    def edit(self, story_id: int, **changes: Any) -> Story:
        """Change fields of an article; ``modified`` should be among them."""
        with self._lock:
            self.stories[story_id] = replace(self.stories[story_id], **changes)
            return self.stories[story_id]

    def delete(self, story_id: int) -> Story:
        """Take an article down: 410 from now on, and no list names it."""
        with self._lock:
            self.removed.add(story_id)
            return self.stories.pop(story_id)

    def remove_comment(self, story_id: int, comment_id: int) -> None:
        """Take a comment down; its replies move up to its parent, as WordPress does."""
        with self._lock:
            story = self.stories[story_id]
            gone = next(remark for remark in story.comments if remark.id == comment_id)
            kept = tuple(
                replace(remark, parent=gone.parent) if remark.parent == comment_id else remark
                for remark in story.comments
                if remark.id != comment_id
            )
            self.stories[story_id] = replace(story, comments=kept)

    # --- what it serves

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body for a path."""
        with self._lock:
            self.requests.append(path)
            stories = dict(self.stories)
        parts = [part for part in urlsplit(path).path.split("/") if part]
        if not parts:
            return self._list("front.html", list(stories.values()), "/", 1, title=NAME)
        if parts[0] == "page" and len(parts) == 2 and parts[1].isdigit():
            return self._list("front.html", list(stories.values()), "/", int(parts[1]), title=NAME)
        if parts == ["feed"]:
            return self._page(
                "feed.xml", "application/rss+xml; charset=utf-8", stories=list(stories.values())[:5]
            )
        if parts == ["sitemap.xml"]:
            return self._page("sitemap.xml", "application/xml; charset=utf-8", stories=list(stories.values()))
        if parts == ["robots.txt"]:
            text = f"User-agent: *\nDisallow: /desk/\nSitemap: {self.url}sitemap.xml\n"
            return 200, "text/plain; charset=utf-8", text.encode()
        if parts == ["about"]:
            return self._page("about.html")
        if parts[0] == "assets" and len(parts) == 2:
            return self._asset(parts[1])
        if parts[0] == "category" and len(parts) in {2, 4} and parts[1] in SECTIONS:
            page = int(parts[3]) if len(parts) == 4 and parts[3].isdigit() else 1
            chosen = [story for story in stories.values() if story.section == parts[1]]
            return self._list("front.html", chosen, f"/category/{parts[1]}/", page, title=SECTIONS[parts[1]])
        if parts[0] in SECTIONS and len(parts) >= 3 and parts[1].isdigit():
            return self._article(stories, int(parts[1]), parts)
        return self._page("missing.html", status=404)

    def _article(self, stories: dict[int, Story], number: int, parts: list[str]) -> tuple[int, str, bytes]:
        if number in self.removed:
            return self._page("missing.html", status=410)
        story = stories.get(number)
        if story is None or parts[0] != story.section or parts[2] != story.slug:
            return self._page("missing.html", status=404)
        pages = comment_pages(story)
        page = 1
        if len(parts) == 4 and parts[3].startswith("comment-page-") and parts[3][13:].isdigit():
            page = int(parts[3][13:])
        elif len(parts) != 3:
            return self._page("missing.html", status=404)
        if not 1 <= page <= max(1, len(pages)):
            return self._page("missing.html", status=404)
        others = [one for one in stories.values() if one.id != story.id][:4]
        shown = pages[page - 1] if pages else ()
        return self._page(
            "article.html", story=story, comments=shown, page=page, pages=max(1, len(pages)), related=others
        )

    def _list(
        self, template: str, stories: list[Story], base: str, page: int, *, title: str
    ) -> tuple[int, str, bytes]:
        first = (page - 1) * ARTICLES_A_PAGE
        shown = stories[first : first + ARTICLES_A_PAGE]
        if not shown:
            return self._page("missing.html", status=404)
        last = -(-len(stories) // ARTICLES_A_PAGE)
        return self._page(template, stories=shown, base=base, page=page, last=last, title=title)

    def _page(
        self, template: str, content_type: str = "text/html; charset=utf-8", status: int = 200, **values: Any
    ) -> tuple[int, str, bytes]:
        text = self._pages.get_template(template).render(
            site=self.url.rstrip("/"), name=NAME, sections=SECTIONS, **values
        )
        return status, content_type, text.encode()

    def _asset(self, name: str) -> tuple[int, str, bytes]:
        kinds = {
            "css": "text/css; charset=utf-8",
            "js": "text/javascript; charset=utf-8",
            "svg": "image/svg+xml",
        }
        kind = kinds.get(name.rpartition(".")[2])
        resource = files("desk.demo").joinpath("pages", "assets", name)
        if kind is None or not name.replace(".", "").replace("-", "").isalnum() or not resource.is_file():
            return self._page("missing.html", status=404)
        return 200, kind, resource.read_bytes()


def comment_pages(story: Story) -> list[tuple[ShownComment, ...]]:
    """Return the threads of an article by page, oldest first, ten comments of the root a page.

    As WordPress counts: replies stand on the page of the root they hang under.
    """
    children: dict[int | None, list[Remark]] = {}
    for remark in story.comments:
        children.setdefault(remark.parent, []).append(remark)

    def shown(remark: Remark, depth: int) -> ShownComment:
        replies = tuple(shown(child, depth + 1) for child in children.get(remark.id, ()))
        return ShownComment(remark=remark, depth=depth, children=replies)

    roots = [shown(remark, 0) for remark in children.get(None, ())]
    return [tuple(roots[at : at + COMMENTS_A_PAGE]) for at in range(0, len(roots), COMMENTS_A_PAGE)]


def _persian_digits(value: object) -> str:
    return str(value).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    newsroom: Newsroom


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Mahtab/1"
    sys_version = ""
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        """Answer."""
        status, content_type, body = self.server.newsroom.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the base class's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: whoever runs it sees ``Newsroom.requests``."""
