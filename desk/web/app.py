"""The web application: routes, its templates, and the headers that every page of ours carries."""

from __future__ import annotations

import secrets
from datetime import UTC
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from archive import Stores
from desk import terminal
from desk.web import hosts, pages, replay
from model import InputError, MandegarError, UnknownNameError
from pipelines import format_jalali

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from starlette.requests import Request

# Our own pages: no script at all, nothing from elsewhere.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
STATIC = {"desk.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}


def _in_utc(moment: datetime) -> datetime:
    """Return the same moment in UTC: what a page gave as its date keeps the page's own offset."""
    return moment.astimezone(UTC)


class Templates:
    """Jinja templates of this package, escaping everything."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("desk.web", "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            jalali=format_jalali,
            utc=_in_utc,
            size=terminal.size,
            visible=terminal.safe,
            replay=replay.replay_address,
        )

    def page(self, name: str, status: int = 200, **values: object) -> Response:
        """Return a page of ours."""
        body = self._environment.get_template(name).render(**{"query": "", **values})
        return HTMLResponse(
            body.encode("utf-8", "replace"),
            status,
            headers={
                "Content-Security-Policy": POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
                # What somebody read here is nobody's business who finds the disk.
                "Cache-Control": "no-store",
            },
        )


def make_app(path: Path, *, names: tuple[str, ...] = ()) -> Starlette:
    """Return the application over an archive; it answers to loopback's names and to ``names``."""
    templates = Templates()

    def input_error(request: Request, error: Exception) -> Response:
        status = 404 if isinstance(error, UnknownNameError) else 400
        return templates.page("error.html", status, message=str(error))

    def store_error(request: Request, error: Exception) -> Response:
        return templates.page("error.html", 500, message=str(error))

    def not_found(request: Request, error: Exception) -> Response:
        return templates.page("error.html", 404, message="There is no such page here.")

    def unexpected(request: Request, error: Exception) -> Response:
        # Starlette hands the error on to the server's log after this.
        return templates.page("error.html", 500, message="This failed; the server's output says why.")

    app = Starlette(
        routes=[
            Route("/", pages.home),
            Route("/search", pages.search),
            Route("/sources", pages.sources),
            Route("/sources/{name}", pages.source),
            Route("/articles/{number:int}", pages.article),
            Route("/captures/{record_id}", pages.capture),
            Route("/captures/{record_id}/body", pages.capture_body),
            Route("/crawls/{crawl_id}", pages.crawl),
            Route("/replay/{rest:path}", pages.replayed),
            Route("/static/{name}", _static),
        ],
        middleware=[Middleware(hosts.OnlyHosts, names=(*hosts.LOOPBACK, *names))],
        exception_handlers={
            InputError: input_error,
            MandegarError: store_error,
            404: not_found,
            Exception: unexpected,
        },
    )
    app.state.path = path
    # Opened once for all requests: a client for a bucket takes longer to make than a page.
    app.state.stores = Stores(path, patient=False)
    app.state.templates = templates
    app.state.replay_key = secrets.token_urlsafe(12)
    return app


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise HTTPException(404)
    headers = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
    body = files("desk.web").joinpath("static", name).read_bytes()
    return Response(body, media_type=STATIC[name], headers=headers)
