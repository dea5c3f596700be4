"""A real DNS server on loopback, UDP and TCP, that answers as a script says.

::

    with DnsServer({"news.test": Addresses("192.0.2.1"), "gone.test": Rcode("NXDOMAIN")}) as server:
        Resolver(nameservers=[server.address])
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass(frozen=True)
class Addresses:
    """A and AAAA records, after the aliases that lead to them."""

    addresses: tuple[str, ...]
    cnames: tuple[str, ...] = ()
    ttl: int = 300

    def __init__(self, *addresses: str, cnames: tuple[str, ...] = (), ttl: int = 300) -> None:
        object.__setattr__(self, "addresses", addresses)
        object.__setattr__(self, "cnames", cnames)
        object.__setattr__(self, "ttl", ttl)


@dataclass(frozen=True)
class Rcode:
    """A reply without records: ``NXDOMAIN``, ``SERVFAIL``, ``REFUSED``; ``NOERROR`` is «no data»."""

    name: str


@dataclass(frozen=True)
class Silence:
    """No reply at all."""


@dataclass(frozen=True)
class Truncated:
    """Over UDP a reply that says it is cut; over TCP the answer."""

    then: Addresses


@dataclass(frozen=True)
class Several:
    """Several replies to one question, over UDP, at once: the injected one and then the real one."""

    replies: tuple[Addresses | Rcode, ...]


@dataclass(frozen=True)
class Changing:
    """Another answer each time the same question is asked; the last one stays (rebinding)."""

    answers: tuple[Addresses | Rcode | Silence, ...]


@dataclass(frozen=True)
class OnlyFamily:
    """Answers A (``"A"``) or AAAA and is silent about the other."""

    family: str
    answer: Addresses


@dataclass(frozen=True)
class Garbage:
    """These bytes instead of a message, then the answer (or nothing)."""

    data: bytes
    then: Addresses | Silence = field(default_factory=Silence)


Behaviour = Addresses | Rcode | Silence | Truncated | Several | Changing | OnlyFamily | Garbage


class DnsServer:
    """Answers for ``zones``; every other name does not exist. ``questions`` is what it was asked."""

    def __init__(self, zones: Mapping[str, Behaviour], host: str = "127.0.0.1") -> None:
        self.zones = dict(zones)
        self.questions: list[tuple[str, str, str]] = []
        """(name, type, transport) in the order of arrival."""
        self._host = host
        self._lock = threading.Lock()
        self._servers: list[socketserver.BaseServer] = []
        self._threads: list[threading.Thread] = []
        self.port = 0

    @property
    def address(self) -> tuple[str, int]:
        return self._host, self.port

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._servers = list(self._bind(family))
        for server in self._servers:
            thread = threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
            )
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()

    def asked(self, name: str, rdtype: str = "A") -> int:
        """Return how often the question was asked, over UDP."""
        with self._lock:
            return self.questions.count((name, rdtype, "udp"))

    def _bind(self, family: socket.AddressFamily) -> tuple[socketserver.BaseServer, socketserver.BaseServer]:
        owner = self

        class OverUdp(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, answering = self.request
                for reply in owner._replies(data, "udp"):
                    answering.sendto(reply, self.client_address)

        class OverTcp(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while len(head := self.rfile.read(2)) == 2:
                    for reply in owner._replies(self.rfile.read(int.from_bytes(head)), "tcp"):
                        self.wfile.write(len(reply).to_bytes(2) + reply)

        class Udp(socketserver.UDPServer):
            address_family = family

        class Tcp(socketserver.TCPServer):
            address_family = family

        # The same number for both; another test may hold the TCP side of the one we were given.
        while True:
            udp = Udp((self._host, 0), OverUdp)
            self.port = udp.server_address[1]
            try:
                return udp, Tcp((self._host, self.port), OverTcp)
            except OSError:
                udp.server_close()

    def _replies(self, data: bytes, transport: str) -> list[bytes]:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = str(question.name).rstrip(".").lower()
        rdtype = dns.rdatatype.to_text(question.rdtype)
        with self._lock:
            before = sum(1 for asked in self.questions if asked[:2] == (name, rdtype))
            self.questions.append((name, rdtype, transport))
        behaviour = self.zones.get(name, Rcode("NXDOMAIN"))
        if isinstance(behaviour, Changing):
            behaviour = behaviour.answers[min(before, len(behaviour.answers) - 1)]
        match behaviour:
            case Silence():
                return []
            case Several():
                return [_wire(query, each) for each in behaviour.replies]
            case Truncated() if transport == "udp":
                cut = dns.message.make_response(query)
                cut.flags |= dns.flags.TC
                return [cut.to_wire()]
            case Truncated():
                return [_wire(query, behaviour.then)]
            case OnlyFamily():
                return [_wire(query, behaviour.answer)] if rdtype == behaviour.family else []
            case Garbage():
                told = [] if isinstance(behaviour.then, Silence) else [_wire(query, behaviour.then)]
                return [behaviour.data, *told]
            case Addresses() | Rcode():
                return [_wire(query, behaviour)]
        raise AssertionError(behaviour)


def _wire(query: dns.message.Message, answer: Addresses | Rcode) -> bytes:
    reply = dns.message.make_response(query, recursion_available=True)
    if isinstance(answer, Rcode):
        reply.set_rcode(dns.rcode.from_text(answer.name))
        return reply.to_wire()
    question = query.question[0]
    owner = question.name
    for alias in answer.cnames:
        rrset = dns.rrset.from_text(owner, answer.ttl, "IN", "CNAME", alias + ".")
        reply.answer.append(rrset)
        owner = rrset[0].target
    for address in answer.addresses:
        if (":" in address) == (question.rdtype == dns.rdatatype.AAAA):
            # One set an address: dnspython shuffles the addresses of a set when it writes it.
            reply.answer.append(dns.rrset.from_text(owner, answer.ttl, "IN", question.rdtype, address))
    return reply.to_wire(max_size=65535)
