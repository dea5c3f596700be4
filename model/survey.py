"""What one look at whether a page can be reached showed: the page itself, and the controls beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from model.observation import Observation


class ProbeRole(StrEnum):
    """What one attempt of a survey is there for."""

    TARGET = "target"
    HANDSHAKE = "handshake"
    """TLS without the target's name, or with a neutral one, to an address of the target; no request."""
    SIBLING = "sibling"
    """Another page of the same host, known to be good."""
    MIRROR = "mirror"
    CONTROL = "control"
    """The target, seen through a proxy in another network."""
    GATEWAY = "gateway"
    """An anchor in our own network or at its edge."""
    DOMESTIC = "domestic"
    """An anchor in the country we stand in, where that country may be cut off."""
    INTERNATIONAL = "international"
    """An anchor in some network of the world that is nobody's reason to censor."""
    INSIDE = "inside"
    """A host in a country that is watched from outside."""

    @property
    def is_anchor(self) -> bool:
        """Whether it says something of the network only, nothing of the target."""
        return self in {
            ProbeRole.GATEWAY,
            ProbeRole.DOMESTIC,
            ProbeRole.INTERNATIONAL,
            ProbeRole.INSIDE,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """From where something was seen; without it «blocked» says nothing."""

    country: str | None = None
    """ISO 3166-1, two capital letters; ``None``: not known, and never guessed from an address."""
    asn: int | None = None
    resolver: str = ""
    """Who was asked for names: ``192.0.2.53:53``; empty when nobody was."""
    transport: str = "direct"
    """``direct``, or the proxy without credentials: ``socks5://127.0.0.1:9050``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response as a verdict needs it."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """As sent, in order."""
    body: bytes = b""
    """Content-decoded, its first 128 KiB: block pages are short, and new rules must be able to read it."""
    body_length: int = 0
    """Bytes of the content-decoded body, those left out counted."""
    whole: bool = True
    """False when the body was cut by the other side or by a limit of time."""
    received_bytes: int = 0
    """Bytes of the response on the wire."""

    def header(self, name: bytes) -> bytes:
        """Return the first value of a header, its name compared without case; empty when it is not there.

        >>> Answer(status=302, headers=((b"LOCATION", b"/x"),)).header(b"location")
        b'/x'
        """
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One attempt of a survey."""

    role: ProbeRole
    observation: Observation
    answer: Answer | None = None
    """``None`` when no response head came, and of a handshake."""
    attempt: int = 1
    """Which try of the same thing, from 1."""
    hop: int = 0
    """How many redirects led here."""
    network: str = ""
    """Of an anchor: whose network it stands in (``AS64500``, a name); of a mirror: who runs it."""
    country: str | None = None
    """Of an anchor inside a country: which one."""
    server_name: str | None = None
    """Of a handshake: the name sent; empty when none was; ``None``: that of the URL."""
    closed: tuple[str, ...] = ()
    """Addresses that the name led to and our guard opens to nobody: private, loopback, reserved."""
    expected_status: int | None = None
    """What an anchor over plain http must answer: a captive portal answers everything."""
    record_id: str | None = None
    """The archived record that holds it; ``None`` until it is archived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything seen of one page at one time; a verdict is a function of it. Append-only."""

    url: str
    vantage: Vantage
    started_at: datetime
    """Aware UTC."""
    ended_at: datetime
    probes: tuple[Probe, ...]
    known_addresses: tuple[str, ...] = ()
    """Addresses at which the target's certificate has verified before; empty when none is known."""
    target_country: str | None = None
    """Where the target is hosted, when an operator said so."""
    inside_baseline: float | None = None
    """Which share of the hosts inside the watched country answered of late; ``None``: not known."""

    @property
    def inside_share(self) -> float | None:
        """Which share of the hosts inside a watched country answered; ``None`` when none was asked."""
        inside = self.of(ProbeRole.INSIDE)
        return sum(one.answer is not None for one in inside) / len(inside) if inside else None

    def of(self, *roles: ProbeRole) -> tuple[Probe, ...]:
        """Return the probes with these roles, in the order in which they were begun."""
        return tuple(probe for probe in self.probes if probe.role in roles)
