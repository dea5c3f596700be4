"""Event loops and clients for the tests of the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest
import uvloop

from crawler.wire import AddressGuard, ProxyUrl, Resolver, WireClient, WireConfig

Result = TypeVar("Result")
WithClient = Callable[[Callable[[WireClient], Awaitable[Result]]], Result]


class Wire:
    """Runs a coroutine with a client that may reach loopback, and closes everything after it."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner

    def __call__(
        self,
        job: Callable[[WireClient], Awaitable[Result]],
        *,
        guard: AddressGuard | None = None,
        resolver: Resolver | None = None,
        proxy: ProxyUrl | None = None,
        config: WireConfig | None = None,
    ) -> Result:
        async def run() -> Result:
            client = WireClient(
                config or WireConfig(),
                guard=guard or AddressGuard(allowed_ranges=["127.0.0.0/8", "::1/128"]),
                resolver=resolver or Resolver(nameservers=(), hosts_file=None),
                proxy=proxy,
            )
            try:
                return await job(client)
            finally:
                await client.close()

        return self._runner.run(run())


@pytest.fixture(params=["asyncio", "uvloop"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    factory = asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield Wire(runner)
