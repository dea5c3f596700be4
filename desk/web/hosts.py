"""Which names the desk answers to: a fixed list, so that no other site's name can be pointed at it.

Without the list, a page at ``evil.example`` could point that name at this machine and read the archive as
its own origin (DNS rebinding). The port is checked too, because both end up in a header of ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)


class OnlyHosts:
    """Middleware that answers 400 to a ``Host`` that is not ours."""

    def __init__(self, app: ASGIApp, names: tuple[str, ...]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is asked of us."""
        if scope["type"] == "http":
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
            if found is None or found["name"].lower() not in self._names:
                answer = PlainTextResponse(
                    "This archive does not answer to that name; `mandegar serve --name NAME` adds one.\n", 400
                )
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
