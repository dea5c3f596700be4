"""Names to addresses, with every answer kept: evidence first, and then something to connect to.

A stub resolver (RFC 1034, 5.3.1) on dnspython's messages rather than ``getaddrinfo``, which says «name or
service not known» alike of NXDOMAIN, SERVFAIL, REFUSED and silence, and hides who answered. A and AAAA are
asked together. The caller connects to an address of the answer and never asks again by name, so what was
checked is what is connected to: rebinding has nothing to take hold of.

Names in URLs are complete: search domains of ``resolv.conf`` are not applied to them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from crawler.wire.guard import canonical_host
from crawler.wire.hosts import WatchedFile, is_address, read_hosts, read_resolv_conf
from crawler.wire.stage import StageFailedError
from model import BadConfigurationError, DnsAnswers, DnsReply, Failure, FailureKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LITERAL: Final = "literal"
"""``DnsAnswers.resolver`` of a host that was an address: nobody was asked."""
SYSTEM: Final = "system"
LOCALHOST: Final = "rfc6761"
ONION: Final = "rfc7686"

# RFC 9715: answers of this size are not fragmented on today's paths.
_UDP_PAYLOAD: Final = 1232
# A server is asked so often before it counts as silent: one lost packet is no finding.
_ROUNDS: Final = 2
# What is kept of one reply: real sites publish a dozen addresses, a hostile reply over TCP holds 4,000.
_MAX_ADDRESSES: Final = 64
_MAX_REPLIES: Final = 16
# How long to wait for the other family once one has answered: some servers never answer AAAA
# (RFC 4074, 4.1), and RFC 8305, 3, waits 50 ms; we wait longer since all answers are evidence.
_OTHER_FAMILY_S: Final = 1.0

# When several things went wrong with one name, the first of these is what is said.
_RANK: Final = (
    FailureKind.DNS_NXDOMAIN,
    FailureKind.DNS_SERVFAIL,
    FailureKind.DNS_REFUSED,
    FailureKind.DNS_TIMEOUT,
    FailureKind.DNS_NO_ANSWER,
)

_FINAL: Final = frozenset({FailureKind.DNS_NXDOMAIN, FailureKind.DNS_NO_ANSWER})

_KINDS: Final = {
    "NOERROR": FailureKind.DNS_NO_ANSWER,
    "NXDOMAIN": FailureKind.DNS_NXDOMAIN,
    "REFUSED": FailureKind.DNS_REFUSED,
}


class NameNotResolvedError(StageFailedError):
    """The name led to no address; ``answers`` is what was said all the same."""

    def __init__(self, failure: Failure, answers: DnsAnswers) -> None:
        super().__init__(failure)
        self.answers = answers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """What came of one question: a reply, or the reason why none came."""

    server: str
    kind: FailureKind
    """What to say of the name when no reply held an address."""
    rcode: str | None
    addresses: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()
    ttl_s: float = 0.0
    detail: str = ""
    errno: int | None = None
    family: str = "A"
    after_ms: int = 0

    def as_noun(self) -> DnsReply:
        return DnsReply(
            server=self.server,
            family=self.family,
            rcode=self.rcode,
            addresses=self.addresses,
            after_ms=self.after_ms,
        )


class Resolver:
    """Resolves names once, for everything that connects."""

    def __init__(
        self,
        nameservers: Sequence[tuple[str, int]] | None = None,
        hosts_file: Path | None = Path("/etc/hosts"),
        *,
        timeout_s: float = 8.0,
        cache_ttl_s: tuple[float, float] = (10.0, 900.0),
        cache_names: int = 4096,
        collect_window_s: float = 0.0,
        resolv_conf: Path = Path("/etc/resolv.conf"),
    ) -> None:
        """Ask ``nameservers`` (address, port), by default those of ``resolv_conf``; nobody when empty.

        ``cache_ttl_s`` are the least and the most seconds an answer is kept, whatever its TTL says; a name
        that does not exist is kept for the least. With ``collect_window_s`` above zero, replies that come
        so long after the first one are kept too (an injected answer runs ahead of the real one), and
        ``DnsAnswers.replies`` says which reply said what.
        """
        if cache_ttl_s[0] > cache_ttl_s[1] or cache_ttl_s[0] < 0:
            raise BadConfigurationError("cache_ttl_s", "the least time to keep an answer exceeds the most")
        for address, _ in nameservers or ():
            try:
                ipaddress.ip_address(address)
            except ValueError as error:
                raise BadConfigurationError(
                    "nameservers", f"{address!r} is not an address of a name server"
                ) from error
        self._given = tuple(nameservers) if nameservers is not None else None
        self._configured: WatchedFile[tuple[tuple[str, int], ...]] = WatchedFile(
            resolv_conf, read_resolv_conf, ()
        )
        self._hosts: WatchedFile[dict[str, tuple[str, ...]]] = WatchedFile(hosts_file, read_hosts, {})
        self._hosts_name = str(hosts_file)
        self._timeout_s = timeout_s
        self._least_s, self._most_s = cache_ttl_s
        self._cache_names = cache_names
        self._window_s = collect_window_s
        self._cache: OrderedDict[str, tuple[float, DnsAnswers | NameNotResolvedError]] = OrderedDict()
        self._running: dict[str, asyncio.Task[DnsAnswers]] = {}

    async def resolve(self, name: str) -> DnsAnswers:
        """Return every answer for ``name``, a host as a URL spells it; at least one address.

        ``NameNotResolvedError`` when there is none, ``BadUrlError`` when ``name`` is no host. Literals
        and ``localhost`` ask nobody. Callers that ask for one name at once share one question.
        """
        host = canonical_host(name)
        known = self._without_asking(host)
        if known is not None:
            return known
        kept = self._cache.get(host)
        if kept is not None and kept[0] > time.monotonic():
            self._cache.move_to_end(host)
            if isinstance(kept[1], NameNotResolvedError):
                raise NameNotResolvedError(kept[1].failure, kept[1].answers)
            return kept[1]
        if host == "onion" or host.endswith(".onion"):
            # RFC 7686, 2: never sent to a name server, which would learn what is read.
            told = f"{host}: an onion address is reached through Tor only (a socks5 proxy)"
            nobody = DnsAnswers(name=host, resolver=ONION, addresses=(), rcode="NXDOMAIN")
            raise NameNotResolvedError(Failure(kind=FailureKind.DNS_NXDOMAIN, detail=told), nobody)
        task = self._running.get(host)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = asyncio.create_task(self._ask(host), name=f"resolve {host}")
            self._running[host] = task
            task.add_done_callback(lambda done: self._finished(host, done))
        # One caller that gives up must not take the answer from the others.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End what is still being asked."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, host: str, task: asyncio.Task[DnsAnswers]) -> None:
        if self._running.get(host) is task:
            del self._running[host]
        if not task.cancelled():
            # Retrieved here, so that asyncio does not report it when every caller has given up.
            task.exception()

    def _without_asking(self, host: str) -> DnsAnswers | None:
        if is_address(host):
            return DnsAnswers(name=host, resolver=LITERAL, addresses=(host,))
        if host == "localhost" or host.endswith(".localhost"):
            # RFC 6761, 6.3: always loopback, and never sent to a name server.
            return DnsAnswers(name=host, resolver=LOCALHOST, addresses=("127.0.0.1", "::1"))
        found = self._hosts.get().get(host)
        if found:
            return DnsAnswers(name=host, resolver=self._hosts_name, addresses=found)
        return None

    async def _ask(self, host: str) -> DnsAnswers:
        servers = self._given if self._given is not None else self._configured.get()
        if servers:
            replies = await self._ask_servers(host, servers)
        elif self._given is None:
            replies = await self._ask_system(host)
        else:
            told = "there is no name server to ask"
            replies = [_Reply(server="nobody", kind=FailureKind.DNS_TIMEOUT, rcode=None, detail=told)]
        answers = DnsAnswers(
            name=host,
            resolver=_first_server(replies),
            addresses=_unique(address for reply in replies for address in reply.addresses),
            cnames=_unique(name for reply in replies for name in reply.cnames),
            rcode=next((reply.rcode for reply in replies if reply.addresses), None),
            # Who does not wait for a second reply has nothing to tell but what stands above.
            replies=tuple(reply.as_noun() for reply in replies) if self._window_s > 0 and servers else (),
        )
        if answers.addresses:
            self._keep(host, answers, min(reply.ttl_s for reply in replies if reply.addresses))
            return answers
        worst = min(replies, key=lambda reply: _RANK.index(reply.kind))
        failure = Failure(kind=worst.kind, detail=f"{host}: {worst.detail}", errno=worst.errno)
        error = NameNotResolvedError(failure, replace(answers, rcode=worst.rcode))
        if worst.kind in _FINAL:
            self._keep(host, error, 0.0)
        raise error

    def _keep(self, host: str, outcome: DnsAnswers | NameNotResolvedError, ttl_s: float) -> None:
        kept_s = min(max(ttl_s, self._least_s), self._most_s)
        self._cache[host] = (time.monotonic() + kept_s, outcome)
        self._cache.move_to_end(host)
        while len(self._cache) > self._cache_names:
            self._cache.popitem(last=False)

    async def _ask_system(self, host: str) -> list[_Reply]:
        """Ask the C library in a thread: only where nobody told us of a name server."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except TimeoutError:
            return [_silence(SYSTEM, self._timeout_s)]
        except OSError as error:
            # The C library tells no more than these two apart.
            gone = error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}
            kind = FailureKind.DNS_NXDOMAIN if gone else FailureKind.DNS_SERVFAIL
            told = f"the system's resolver says: {error.strerror}"
            return [_Reply(server=SYSTEM, kind=kind, rcode=None, detail=told)]
        addresses = _unique(str(entry[4][0]) for entry in found)
        return [_Reply(server=SYSTEM, kind=FailureKind.DNS_NO_ANSWER, rcode=None, addresses=addresses)]

    async def _ask_servers(self, host: str, servers: Sequence[tuple[str, int]]) -> list[_Reply]:
        """Ask for both families at once; A stands first in what is returned."""
        questions = [
            asyncio.create_task(self._ask_family(host, rdtype, servers))
            for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
        ]
        try:
            done, late = await asyncio.wait(questions, return_when=asyncio.FIRST_COMPLETED)
            if late and any(reply.addresses for task in done for reply in task.result()):
                await asyncio.wait(late, timeout=_OTHER_FAMILY_S)
            elif late:
                await asyncio.wait(late)
            return [
                replace(reply, family=family)
                for task, family in zip(questions, ("A", "AAAA"), strict=True)
                if task.done()
                for reply in task.result()
            ]
        finally:
            for task in questions:
                task.cancel()
            await asyncio.gather(*questions, return_exceptions=True)

    async def _ask_family(
        self, host: str, rdtype: dns.rdatatype.RdataType, servers: Sequence[tuple[str, int]]
    ) -> list[_Reply]:
        """Ask one server after the other until one gives an answer that is final."""
        ends_at = time.time() + self._timeout_s
        per_try_s = self._timeout_s / (_ROUNDS * len(servers))
        worst: _Reply | None = None
        for asked, server in enumerate((*servers,) * _ROUNDS, start=1):
            left_s = ends_at - time.time()
            if left_s <= 0:
                break
            try:
                replies = await self._exchange(host, rdtype, server, min(per_try_s, left_s))
            except (dns.exception.Timeout, TimeoutError):
                replies = [_silence(_spelled(server), self._timeout_s)]
            except (OSError, EOFError) as error:
                replies = [_unreachable(_spelled(server), error)]
            except dns.exception.DNSException as error:
                replies = [_nonsense(_spelled(server), error)]
            if any(reply.kind in _FINAL for reply in replies):
                return replies
            # SERVFAIL and REFUSED are that server's own trouble: another may know.
            worst = min([*replies, *([worst] if worst else [])], key=lambda reply: _RANK.index(reply.kind))
            if asked >= len(servers) and worst.rcode is not None:
                break
        return [worst or _silence(_spelled(servers[0]), self._timeout_s)]

    async def _exchange(
        self, host: str, rdtype: dns.rdatatype.RdataType, server: tuple[str, int], timeout_s: float
    ) -> list[_Reply]:
        """Ask one server over UDP, over TCP when the reply says it is cut (RFC 7766, 5)."""
        # use_edns with a payload: RFC 6891; dnspython draws the id at random (RFC 5452, 4.5).
        query = dns.message.make_query(
            dns.name.from_text(host + "."), rdtype, use_edns=0, payload=_UDP_PAYLOAD
        )
        ends_at = time.time() + timeout_s
        where, port = server
        family = socket.AF_INET6 if ":" in where else socket.AF_INET
        backend = dns.asyncbackend.get_backend("asyncio")
        replies: list[_Reply] = []
        # A connected socket: the kernel drops what comes from others, and a closed port is told at once.
        # The ignore: dnspython leaves this one method without types.
        made = backend.make_socket(family, socket.SOCK_DGRAM, 0, None, server)  # type: ignore[no-untyped-call]
        async with await made as udp:
            asked_at = time.monotonic()
            await udp.sendto(query.to_wire(), None, timeout_s)
            try:
                while len(replies) < _MAX_REPLIES:
                    message, _, _ = await dns.asyncquery.receive_udp(
                        udp,
                        None,
                        ends_at,
                        raise_on_truncation=True,
                        ignore_errors=True,
                        query=query,
                    )
                    reply = _read_reply(message, server)
                    replies.append(replace(reply, after_ms=round((time.monotonic() - asked_at) * 1000)))
                    if self._window_s <= 0:
                        break
                    if len(replies) == 1:
                        ends_at = time.time() + self._window_s
            except dns.message.Truncated:
                left_s = max(0.1, ends_at - time.time())
                replies.append(_read_reply(await dns.asyncquery.tcp(query, where, left_s, port), server))
            except dns.exception.Timeout:
                if not replies:
                    raise
        return replies


def _read_reply(message: dns.message.Message, server: tuple[str, int]) -> _Reply:
    rcode = dns.rcode.to_text(message.rcode())
    spelled = _spelled(server)
    kind = _KINDS.get(rcode, FailureKind.DNS_SERVFAIL)
    told = f"{spelled} knows no address of it" if rcode == "NOERROR" else f"{spelled} answered {rcode}"
    silent = _Reply(server=spelled, kind=kind, rcode=rcode, detail=told)
    if not isinstance(message, dns.message.QueryMessage):
        return silent
    try:
        chain = message.resolve_chaining()
    except dns.exception.DNSException as error:
        # Aliases in a circle, an address in an NXDOMAIN: whoever answered, this leads nowhere.
        return replace(silent, detail=f"{told}, and its reply contradicts itself ({type(error).__name__})")
    return replace(
        silent,
        addresses=tuple(str(rdata.address) for rdata in chain.answer or ())[:_MAX_ADDRESSES],
        cnames=tuple(str(alias[0].target).rstrip(".") for alias in chain.cnames),
        ttl_s=float(chain.minimum_ttl),
    )


def _silence(server: str, waited_s: float) -> _Reply:
    told = f"no reply from {server} in {waited_s:g} seconds"
    return _Reply(server=server, kind=FailureKind.DNS_TIMEOUT, rcode=None, detail=told)


def _unreachable(server: str, error: OSError | EOFError) -> _Reply:
    """Say that a server cannot be asked; for the name it is the same as silence."""
    number = error.errno if isinstance(error, OSError) else None
    told = (error.strerror if isinstance(error, OSError) else None) or "the connection ended"
    return _Reply(
        server=server,
        kind=FailureKind.DNS_TIMEOUT,
        rcode=None,
        detail=f"{server} cannot be asked: {told}",
        errno=number,
    )


def _nonsense(server: str, error: Exception) -> _Reply:
    told = f"{server} sent a reply that cannot be read ({type(error).__name__})"
    return _Reply(server=server, kind=FailureKind.DNS_SERVFAIL, rcode=None, detail=told)


def _first_server(replies: list[_Reply]) -> str:
    """Return who gave the addresses, else who was asked."""
    return next((reply.server for reply in replies if reply.addresses), replies[0].server)


def _spelled(server: tuple[str, int]) -> str:
    address, port = server
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
