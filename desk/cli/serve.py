"""``mandegar serve``: the archive in a browser."""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from desk.cli.app import app, desk
from desk.terminal import console
from desk.web import make_app


@app.command(epilog="Example:  `mandegar serve --port 8400`")
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8400,
) -> None:
    """Show the archive in a browser: sources, articles, captures, replay."""
    path = desk(context).archive_path
    with desk(context).open():
        pass  # a wrong folder is said here, not to the first visitor
    config = uvicorn.Config(make_app(path), host=host, port=port, log_level="warning", server_header=False)
    console(to_stderr=True).print(f"The archive is at http://{host}:{port}/  (Ctrl-C ends it)")
    uvicorn.Server(config).run()
