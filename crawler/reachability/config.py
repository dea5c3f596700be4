"""What a reachability probe is told: where it stands, and whom it may ask beside the target.

::

    [reachability]                       # in the archive's mandegar.toml
    country = "NL"                       # where this machine stands; without it: not known
    asn = 64500
    control = "socks5://127.0.0.1:9050"  # a proxy in another network: Tor, or any HTTP or SOCKS5 proxy
    tries = 2
    timeout_s = 10                       # for each stage of an attempt
    dns_window_ms = 400                  # how long to wait for a second reply to one question
    neutral_name = "www.example.org"     # said to the target's own address in place of its name

    [[reachability.anchors]]
    url = "https://www.example.net/"
    network = "AS64501"                  # anchors prove most when each stands in another network
    role = "international"               # or "gateway", "domestic", "inside"
    country = "IR"                       # of an "inside" anchor: which country is watched
    status = 204                         # over plain http: what it must answer (captive portals answer all)

Nobody is contacted who is not named here: without anchors the probe asks the target alone, and the verdict
can only say that it is not reached. Good anchors (docs/verdicts.md) are five or more hosts of distinct
networks that no censor has a reason to touch, among them one or two by address.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crawler.wire import ProxyUrl
from crawler.wire.request import parse_target
from model import BadConfigurationError, BadUrlError, ProbeRole

if TYPE_CHECKING:
    from pathlib import Path

_KEYS: Final = ("country", "asn", "control", "tries", "timeout_s", "dns_window_ms", "neutral_name", "anchors")
_ANCHOR_KEYS: Final = ("url", "network", "role", "country", "status")
_ROLES: Final = {role.value: role for role in ProbeRole if role.is_anchor}
_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A place that shows whether a network works; says nothing of the target."""

    url: str
    network: str = ""
    """``AS64500`` or any name; anchors of one network count once."""
    role: ProbeRole = ProbeRole.INTERNATIONAL
    country: str | None = None
    status: int | None = None
    """What it must answer over plain http."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Another address of the same page."""

    url: str
    operator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachabilityConfig:
    """How to look; contradictions are refused when it is made."""

    country: str | None = None
    asn: int | None = None
    anchors: tuple[Anchor, ...] = ()
    control: ProxyUrl | None = None
    tries: int = 2
    """How often the target is asked before it counts as failing: one lost connection is no finding."""
    timeout_s: float = 10.0
    dns_window_s: float = 0.4
    """An injected reply runs ahead of the real one by the time between us and the name server."""
    neutral_name: str = "www.example.org"
    """A name no censor lists (RFC 2606 keeps it for examples); sent to the target's address only."""
    anchors_fresh_s: float = 60.0
    """Anchors are asked once in so many seconds, however many pages are looked at."""

    def __post_init__(self) -> None:
        if self.country is not None and not _COUNTRY.match(self.country):
            raise BadConfigurationError("country", f"{self.country!r}: two capital letters (ISO 3166), as NL")
        if not 1 <= self.tries <= 10:
            raise BadConfigurationError("tries", "a number from 1 to 10")
        if not 0 < self.timeout_s <= 600:
            raise BadConfigurationError("timeout_s", "more than 0 and at most 600 seconds")
        if not 0 <= self.dns_window_s <= 10:
            raise BadConfigurationError("dns_window_ms", "from 0 to 10000 milliseconds")
        for anchor in self.anchors:
            _check_anchor(anchor)


def _check_anchor(anchor: Anchor) -> None:
    try:
        target = parse_target(anchor.url)
    except BadUrlError as error:
        raise BadConfigurationError("anchors", str(error)) from error
    if not anchor.role.is_anchor:
        raise BadConfigurationError("anchors", f"{anchor.url}: {anchor.role.value!r} is no role of an anchor")
    if target.origin.scheme == "http" and anchor.status is None:
        why = "over plain http it needs `status`: a captive portal would answer, too"
        raise BadConfigurationError("anchors", f"{anchor.url}: {why}")
    if anchor.role is ProbeRole.INSIDE and not _COUNTRY.match(anchor.country or ""):
        raise BadConfigurationError("anchors", f'{anchor.url}: inside which country? country = "IR"')


def read_reachability(marker: Path) -> ReachabilityConfig:
    """Return what ``[reachability]`` of a ``mandegar.toml`` says; the defaults when it says nothing.

    ``BadConfigurationError`` names the file and the key.
    """
    try:
        table = tomllib.loads(marker.read_text(encoding="utf-8")).get("reachability", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfigurationError(str(marker), f"it cannot be read: {error}") from error
    place = f"{marker}: [reachability]"
    _refuse_unknown(place, table, _KEYS)
    listed = table.get("anchors", [])
    if not isinstance(listed, list):
        raise BadConfigurationError(
            f"{place} anchors", "each is a table of its own: [[reachability.anchors]]"
        )
    anchors = tuple(
        _read_anchor(f"{marker}: [[reachability.anchors]] no. {at}", each)
        for at, each in enumerate(listed, 1)
    )
    given: dict[str, Any] = {
        "country": _value(place, table, "country", str),
        "asn": _value(place, table, "asn", int),
        "tries": _value(place, table, "tries", int),
        "timeout_s": _value(place, table, "timeout_s", int, float),
        "neutral_name": _value(place, table, "neutral_name", str),
        "anchors": anchors or None,
    }
    window = _value(place, table, "dns_window_ms", int)
    if window is not None:
        given["dns_window_s"] = window / 1000
    control = _value(place, table, "control", str)
    try:
        if control is not None:
            given["control"] = _read_control(control)
        return ReachabilityConfig(**{key: value for key, value in given.items() if value is not None})
    except BadConfigurationError as error:
        raise BadConfigurationError(place, str(error)) from error


def _read_control(text: str) -> ProxyUrl:
    proxy = ProxyUrl.parse(text)
    if proxy.username or proxy.password:
        raise BadConfigurationError("control", "holds a login, and this file travels with the archive")
    return proxy


def _read_anchor(place: str, table: object) -> Anchor:
    values = _refuse_unknown(place, table, _ANCHOR_KEYS)
    role = _value(place, values, "role", str) or ProbeRole.INTERNATIONAL.value
    if role not in _ROLES:
        raise BadConfigurationError(f"{place} role", f"{role!r}; known are {', '.join(_ROLES)}")
    url = _value(place, values, "url", str)
    if url is None:
        raise BadConfigurationError(f"{place} url", "it is missing")
    return Anchor(
        url=url,
        network=_value(place, values, "network", str) or "",
        role=_ROLES[role],
        country=_value(place, values, "country", str),
        status=_value(place, values, "status", int),
    )


def _refuse_unknown(place: str, table: object, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise BadConfigurationError(place, "it is a table")
    for key in table:
        if key not in known:
            raise BadConfigurationError(f"{place} {key}", f"no such setting; known are {', '.join(known)}")
    return table


def _value(place: str, table: dict[str, Any], key: str, *types: type) -> Any:  # what TOML holds there
    value = table.get(key)
    if value is not None and (not isinstance(value, types) or isinstance(value, bool)):
        raise BadConfigurationError(f"{place} {key}", f"{value!r} is not what belongs there")
    return value
