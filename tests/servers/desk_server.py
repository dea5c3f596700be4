"""The desk's web server as people run it, and a client that follows nothing."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from desk.web import make_app

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True)
class Desk:
    """The desk's web server, running."""

    url: str
    replay_key: str

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a path; redirects are answers."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, headers=given)
        opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=20) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


@contextmanager
def running_desk(archive: Path, names: tuple[str, ...] = ()) -> Iterator[Desk]:
    """Serve an archive at a free port of loopback."""
    app = make_app(archive, names=names)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", ws="none"))
    started = threading.Event()
    startup = server.startup

    async def told(*arguments: object, **options: object) -> None:
        await startup(*arguments, **options)  # type: ignore[arg-type]
        started.set()

    server.startup = told  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, name="desk")
    thread.start()
    assert started.wait(20)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Desk(f"http://127.0.0.1:{port}", app.state.replay_key)
    finally:
        server.should_exit = True
        thread.join()
