"""Which addresses may be connected to, and which host a URL's spelling really means.

A page that we fetch decides where we go next, and the name servers of a censored country decide what a name
means. So the last word is spoken at connect time, over the very address that is connected to. Only global
unicast space is open, written out as networks here: :attr:`ipaddress.IPv6Address.is_global` is true of
``d0::11`` (an answer injected in Iran), ``64:ff9b::7f00:1``, ``2002:7f00:1::`` and ``::7f00:1`` (three ways
to write 127.0.0.1), and of 168.63.129.16 (the host of an Azure machine). Sources: the IANA special-purpose
registries (RFC 6890) and the IANA IPv6 address space, where only 2000::/3 is given out (RFC 4291, 2.4).
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

import idna

from crawler.wire.stage import StageFailedError
from model import BadConfigurationError, BadUrlError, Failure, FailureKind

if TYPE_CHECKING:
    from collections.abc import Sequence

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAMED: Final = "named by the operator"

# The first network that holds an address says what it is: narrow ones stand before wide ones.
_CLOSED_IPV4: Final = tuple(
    (ipaddress.IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "this machine itself (RFC 791)"),
        ("10.0.0.0/8", "a private address (RFC 1918)"),
        ("100.64.0.0/10", "a carrier's inner address (RFC 6598)"),
        ("127.0.0.0/8", "a loopback address (RFC 1122)"),
        ("168.63.129.16/32", "a cloud metadata address (Azure)"),
        ("169.254.169.254/32", "a cloud metadata address"),
        ("169.254.0.0/16", "a link-local address (RFC 3927)"),
        ("172.16.0.0/12", "a private address (RFC 1918)"),
        ("192.0.0.0/24", "a protocol assignment (RFC 6890)"),
        ("192.0.2.0/24", "a documentation address (RFC 5737)"),
        ("192.88.99.0/24", "a 6to4 relay address (RFC 7526)"),
        ("192.168.0.0/16", "a private address (RFC 1918)"),
        ("198.18.0.0/15", "a benchmarking address (RFC 2544)"),
        ("198.51.100.0/24", "a documentation address (RFC 5737)"),
        ("203.0.113.0/24", "a documentation address (RFC 5737)"),
        ("224.0.0.0/4", "a multicast address (RFC 5771)"),
        ("255.255.255.255/32", "the broadcast address (RFC 919)"),
        ("240.0.0.0/4", "a reserved address (RFC 1112)"),
    )
)
_CLOSED_IPV6: Final = tuple(
    (ipaddress.IPv6Network(network), what)
    for network, what in (
        ("::/128", "the unspecified address (RFC 4291)"),
        ("::1/128", "a loopback address (RFC 4291)"),
        ("::/96", "an IPv4-compatible address (RFC 4291)"),
        ("64:ff9b:1::/48", "a local NAT64 address (RFC 8215)"),
        ("100::/64", "a discard address (RFC 6666)"),
        ("2001:2::/48", "a benchmarking address (RFC 5180)"),
        ("2001:10::/28", "an ORCHID (RFC 4843)"),
        ("2001:20::/28", "an ORCHID (RFC 7343)"),
        ("2001:db8::/32", "a documentation address (RFC 3849)"),
        ("2001::/23", "a protocol assignment (RFC 2928)"),
        ("3ffe::/16", "an address of the closed 6bone (RFC 3701)"),
        ("3fff::/20", "a documentation address (RFC 9637)"),
        ("fd00:ec2::254/128", "a cloud metadata address"),
        ("fc00::/7", "a private address (RFC 4193)"),
        ("fe80::/10", "a link-local address (RFC 4291)"),
        ("fec0::/10", "a site-local address (RFC 3879)"),
        ("ff00::/8", "a multicast address (RFC 4291)"),
    )
)
_GIVEN_OUT: Final = ipaddress.IPv6Network("2000::/3")
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4: Final = ipaddress.IPv6Network("2002::/16")
_TEREDO: Final = ipaddress.IPv6Network("2001::/32")

# Names that no public name server can answer for, so that naming one is naming a private place:
# RFC 6761 (test, localhost), RFC 6762, appendix G (intranet … lan), RFC 8375, and ICANN's "internal" (2024).
_PRIVATE_NAMES: Final = re.compile(
    r"(?:[^.]+|(?:.+\.)?(?:test|localhost|local|internal|intranet|private|corp|home|lan|home\.arpa))\Z"
)

# WHATWG URL, 3.1: forbidden domain code points.
_FORBIDDEN: Final = re.compile(r"[\x00-\x20#/:<>?@\[\\\]^|%\x7f]")
# A name of 253 letters, each percent-encoded in UTF-8 (at most four bytes, three letters a byte).
_MAX_HOST: Final = 253 * 12


class AddressRefusedError(StageFailedError):
    """This address may not be connected to; ``address`` is the one."""

    def __init__(self, failure: Failure, address: str) -> None:
        super().__init__(failure)
        self.address = address


class AddressGuard:
    """Decides over every address before a connection to it is tried."""

    def __init__(self, allowed_ranges: Sequence[str] = (), named: Sequence[tuple[str, int]] = ()) -> None:
        """Open ``allowed_ranges`` (CIDR), and the places ``named`` by the operator (host as typed, port).

        A named place is open under its own host and port only, and only

        * when the host is an address: at that address;
        * when it is a name that cannot be public (``localhost``, ``news.test``, ``wiki``): at the first
          address of each family that it led to, so that a later answer opens nothing else.

        A public name that leads to a private address is what an injected answer looks like: naming it
        opens nothing, ``allowed_ranges`` does. ``BadConfigurationError`` when a range or host is none.
        """
        self._ranges = tuple(_network(text) for text in allowed_ranges)
        self._named = frozenset((_named_host(host), port) for host, port in named)
        self._first: dict[tuple[str, int, int], _Address] = {}

    def check(self, host: str, port: int, address: str) -> str | None:
        """Return why a private address is allowed all the same; ``None`` for a public address.

        ``host`` is the URL's host as written (or its canonical form), ``address`` what is connected to.
        ``AddressRefusedError`` when it may not be; ``BadUrlError`` when ``host`` is no host.
        """
        ours = _plain(address)
        place = (canonical_host(host), port)
        first = ours
        if place in self._named:
            first = self._first.setdefault((*place, ours.version), ours)
        what = closed_because(str(ours))
        if what is None:
            return None
        for network in self._ranges:
            if ours.version == network.version and ours in network:
                return f"in the allowed range {network}"
        if place in self._named and (
            _is(place[0], ours) or (_PRIVATE_NAMES.match(place[0]) and first == ours)
        ):
            return NAMED
        told = str(ours) if _is(place[0], ours) else f"{place[0]} leads to {ours}, which"
        failure = Failure(
            kind=FailureKind.ADDRESS_REFUSED,
            detail=f"{told} is {what}; an operator may open it with allowed_ranges",
        )
        raise AddressRefusedError(failure, address)


@lru_cache(maxsize=4096)
def closed_because(address: str) -> str | None:
    """Return what a closed address is, ``None`` when it is a public one.

    >>> closed_because("2002:7f00:1::")
    'a 6to4 address of 127.0.0.1, a loopback address (RFC 1122)'
    >>> closed_because("93.184.215.14")
    """
    ours = _plain(address)
    if isinstance(ours, ipaddress.IPv4Address):
        return next((what for network, what in _CLOSED_IPV4 if ours in network), None)
    for kind, inner in _inside(ours):
        what = closed_because(str(inner))
        if what is not None:
            return f"{kind} address of {inner}, {what}"
    if ours in _NAT64 or ours in _TEREDO:
        return None
    for network, what in _CLOSED_IPV6:
        if ours in network:
            return what
    return None if ours in _GIVEN_OUT else "an address that was never given out (RFC 4291)"


def canonical_host(host: str) -> str:
    """Return the name or address that a browser would connect to (WHATWG URL, 3.5).

    Names: percent-decoded, lower case, IDNA (UTS 46, non-transitional), without the trailing dot.
    Addresses: plain, IPv6 without brackets. ``BadUrlError`` when it is no host. Idempotent.

    >>> canonical_host("0x7f.1"), canonical_host("2130706433"), canonical_host("[::FFFF:127.0.0.1]")
    ('127.0.0.1', '127.0.0.1', '::ffff:7f00:1')
    >>> canonical_host("رادیو.example.")
    'xn--mgbqe8g34a.example'
    """
    if not host or len(host) > _MAX_HOST:
        raise BadUrlError(host[:80], "the host is empty or too long")
    if host.startswith("[") or host.count(":") > 1:
        return _ipv6(host)
    try:
        name = unquote_to_bytes(host).decode("utf-8")
    except UnicodeError as error:
        raise BadUrlError(host, "its host is not UTF-8") from error
    name = _ascii_name(name, host)
    numbers = name.removesuffix(".").split(".")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", numbers[-1]):
        return _ipv4(numbers, host)
    name = name.removesuffix(".")
    if _FORBIDDEN.search(name):
        raise BadUrlError(host, "its host holds a character that no host may hold")
    if len(name) > 253 or not all(0 < len(label) <= 63 for label in name.split(".")):
        # RFC 1035, 2.3.4. Browsers leave this to the name server; it can only say no.
        raise BadUrlError(host, "its host has an empty or overlong part")
    return name


def _ascii_name(name: str, host: str) -> str:
    if name.isascii():
        return name.lower()
    try:
        mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
        return ".".join(_a_label(label) for label in mapped.split("."))
    except (idna.IDNAError, UnicodeError) as error:
        raise BadUrlError(host, f"its host is no domain name ({error})") from error


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.alabel(label).decode("ascii")
    except idna.InvalidCodepointContext:
        raise
    except idna.InvalidCodepoint:
        # UTS 46 takes symbols that IDNA 2008 forbids (☃.net), and such names are in use.
        return "xn--" + label.encode("punycode").decode("ascii")


def _ipv4(numbers: list[str], host: str) -> str:
    """Read one to four numbers, decimal, octal or hexadecimal, the last filling up (inet_aton)."""
    values: list[int] = []
    for number in numbers:
        if re.fullmatch(r"0x[0-9a-f]*", number):
            values.append(int(number[2:] or "0", 16))
        elif re.fullmatch(r"0[0-7]*", number):
            values.append(int(number, 8))
        elif re.fullmatch(r"[1-9][0-9]*", number) and len(number) < 20:
            values.append(int(number))
        else:
            raise BadUrlError(host, "its host ends in a number and is no IPv4 address")
    *heads, last = values
    if len(values) > 4 or any(value > 255 for value in heads) or last >= 256 ** (5 - len(values)):
        raise BadUrlError(host, "its host ends in a number and is no IPv4 address")
    for place, value in enumerate(heads):
        last += value << (8 * (3 - place))
    return str(ipaddress.IPv4Address(last))


def _ipv6(host: str) -> str:
    text = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise BadUrlError(host, "its host is no IPv6 address") from error
    if address.scope_id is not None:
        # WHATWG URL, 3.5, has no zones: they name an interface of this machine (RFC 6874).
        raise BadUrlError(host, "its host names an interface of this machine")
    return str(address)


def is_private_host(host: str) -> bool:
    """Say whether a host, as a URL names it, is an address of this machine or of a private network.

    >>> is_private_host("127.1"), is_private_host("localhost"), is_private_host("news.example")
    (True, True, False)
    """
    try:
        canonical = canonical_host(host)
        return canonical == "localhost" or closed_because(canonical) is not None
    except (BadUrlError, ValueError):
        return False


def _plain(address: str) -> _Address:
    """Return the address that packets will carry: without a zone, IPv4 where it is mapped."""
    ours = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ours, ipaddress.IPv6Address) and ours in _MAPPED:
        return ipaddress.IPv4Address(int(ours) & 0xFFFFFFFF)
    return ours


def _inside(address: ipaddress.IPv6Address) -> tuple[tuple[str, ipaddress.IPv4Address], ...]:
    """Return the IPv4 addresses to which a transition mechanism would send a packet on."""
    number = int(address)
    if address in _NAT64:
        return (("a NAT64", ipaddress.IPv4Address(number & 0xFFFFFFFF)),)
    if address in _6TO4:
        return (("a 6to4", ipaddress.IPv4Address(number >> 80 & 0xFFFFFFFF)),)
    if address in _TEREDO:
        # RFC 4380, 4: the server in clear, the client with every bit inverted.
        return (
            ("a Teredo", ipaddress.IPv4Address(number >> 64 & 0xFFFFFFFF)),
            ("a Teredo", ipaddress.IPv4Address(~number & 0xFFFFFFFF)),
        )
    return ()


def _is(host: str, address: _Address) -> bool:
    """Say whether ``host`` is ``address``, written as a literal."""
    try:
        return _plain(host) == address
    except ValueError:
        return False


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise BadConfigurationError("allowed_ranges", f"{text!r} is no address range ({error})") from error


def _named_host(host: str) -> str:
    try:
        return canonical_host(host)
    except BadUrlError as error:
        raise BadConfigurationError("named", str(error)) from error
