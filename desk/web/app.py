"""The web application: routes, its templates, and the headers that every page of ours carries."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from desk import terminal
from desk.difference import difference_parts
from desk.web import pages, replay
from model import InputError, MandegarError, UnknownNameError
from pipelines import format_jalali

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

# Our own pages: no script at all, nothing from elsewhere.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class Templates:
    """Jinja templates of this package, escaping everything."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("desk.web", "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            jalali=format_jalali,
            size=terminal.size,
            visible=terminal.safe,
            replay=replay.replay_address,
            parts=difference_parts,
        )

    def page(self, name: str, status: int = 200, **values: object) -> Response:
        """Return a page of ours."""
        body = self._environment.get_template(name).render(**values)
        return HTMLResponse(
            body,
            status,
            headers={
                "Content-Security-Policy": POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
            },
        )


def make_app(path: Path, *, hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")) -> Starlette:
    """Return the application over an archive; ``hosts`` are the names it answers to.

    A fixed list of names keeps another site's page from reading the archive through a name of its own
    that it points at this machine (DNS rebinding).
    """
    templates = Templates()

    async def input_error(request: Request, error: Exception) -> Response:
        status = 404 if isinstance(error, UnknownNameError) else 400
        return templates.page("error.html", status, message=str(error))

    async def store_error(request: Request, error: Exception) -> Response:
        return templates.page("error.html", 500, message=str(error))

    async def not_found(request: Request, error: Exception) -> Response:
        return templates.page("error.html", 404, message="There is no such page here.")

    app = Starlette(
        routes=[
            Route("/", pages.home),
            Route("/search", pages.search),
            Route("/sources/{name}", pages.source),
            Route("/articles/{number:int}", pages.article),
            Route("/captures/{record_id}", pages.capture),
            Route("/crawls/{crawl_id}", pages.crawl),
            Route("/replay/{rest:path}", pages.replayed),
            Route("/static/desk.css", _style),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
        exception_handlers={
            InputError: input_error,
            MandegarError: store_error,
            404: not_found,
        },
    )
    app.state.path = path
    app.state.templates = templates
    return app




async def _style(request: Request) -> Response:
    body = files("desk.web").joinpath("static", "desk.css").read_bytes()
    return Response(body, media_type="text/css; charset=utf-8")
