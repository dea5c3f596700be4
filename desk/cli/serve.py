"""``mandegar serve``: the archive in a browser."""

from __future__ import annotations

import errno
import socket
from typing import Annotated

import typer
import uvicorn

from desk.cli.app import app, desk
from desk.terminal import console, safe
from desk.web import make_app
from model import InputError


@app.command(epilog="Example:  `mandegar serve --port 8400`")
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen at; 0 takes a free one.")
    ] = 8400,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A further host name to answer to; there is no log-in, mind who can reach it.",
        ),
    ] = None,
) -> None:
    """Show the archive in a browser: sources, articles, captures, replay."""
    path = desk(context).archive_path
    with desk(context).open():
        pass  # a wrong folder is said here, not to the first visitor
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    web = make_app(path, names=(shown, *(name or ())))
    config = uvicorn.Config(web, log_level="warning", server_header=False, ws="none")
    out = console(to_stderr=True)
    out.print(f"The archive is at http://{safe(shown)}:{listening.getsockname()[1]}/  (Ctrl-C ends it)")
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; ``InputError`` says why there is none."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} at {host} is in use; give another with --port") from error
        raise InputError(f"cannot listen at {host} port {port}: {error.strerror}") from error
