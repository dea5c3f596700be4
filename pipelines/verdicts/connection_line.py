"""A verdict in one plain line: the states of Radio Zamaneh's connection widget, in English."""

from __future__ import annotations

from enum import StrEnum

from model import ConnectionKind, ConnectionVerdict


class ConnectionState(StrEnum):
    """How a site can be reached, for a reader."""

    UNKNOWN = "unknown"
    UNCENSORED = "uncensored"
    FAILED = "failed"
    CENSORED = "censored"
    """Probably."""
    MIRROR = "mirror"
    """Reached through a mirror."""
    OWN_NETWORK = "own_network"
    NATIONWIDE = "nationwide"
    """Probably a shutdown, or a country cut off."""


_STATES = {
    ConnectionKind.REACHABLE: ConnectionState.UNCENSORED,
    # The site itself answered: nobody is in between.
    ConnectionKind.CHALLENGE: ConnectionState.UNCENSORED,
    ConnectionKind.RESTRICTED: ConnectionState.UNCENSORED,
    ConnectionKind.SITE_DOWN: ConnectionState.FAILED,
    ConnectionKind.UNREACHABLE_UNATTRIBUTED: ConnectionState.FAILED,
    ConnectionKind.OWN_NETWORK_DOWN: ConnectionState.OWN_NETWORK,
    ConnectionKind.NATIONAL_ISOLATION_SUSPECTED: ConnectionState.NATIONWIDE,
    ConnectionKind.SHUTDOWN_SUSPECTED: ConnectionState.NATIONWIDE,
}

_LINES = {
    ConnectionState.UNKNOWN: "connection: not yet known",
    ConnectionState.UNCENSORED: "connection: uncensored",
    ConnectionState.FAILED: "connection: failed",
    ConnectionState.CENSORED: "connection: probably censored",
    ConnectionState.MIRROR: "connection: through a mirror",
    ConnectionState.OWN_NETWORK: "connection: check your own network",
    ConnectionState.NATIONWIDE: "connection: probably a nationwide shutdown",
}

_BESIDE = {
    ConnectionKind.CHALLENGE: "the site asks whether we are a person",
    ConnectionKind.RESTRICTED: "the site refuses this page",
    ConnectionKind.SITE_DOWN: "the site seems to be down for everybody",
    ConnectionKind.UNREACHABLE_UNATTRIBUTED: "whose doing it is cannot be told",
    ConnectionKind.NATIONAL_ISOLATION_SUSPECTED: "the country answers, the world does not",
}


def connection_state(verdict: ConnectionVerdict | None, *, mirror: str | None = None) -> ConnectionState:
    """Return the state; ``mirror`` is the host of one that brings the page in the origin's place."""
    if verdict is None:
        return ConnectionState.UNKNOWN
    kind = verdict.kind
    if mirror is not None and (kind.is_blocked or _STATES[kind] is ConnectionState.FAILED):
        return ConnectionState.MIRROR
    return ConnectionState.CENSORED if kind.is_blocked else _STATES[kind]


def connection_line(verdict: ConnectionVerdict | None, *, mirror: str | None = None) -> str:
    """Return the line; of a blocked one it says how and from where.

    >>> connection_line(None)
    'connection: not yet known'
    """
    state = connection_state(verdict, mirror=mirror)
    line = _LINES[state]
    if verdict is None:
        return line
    beside = []
    if state is ConnectionState.MIRROR:
        beside.append(mirror or "")
    if verdict.kind.is_blocked:
        beside.append(verdict.kind.value.removeprefix("blocked_").replace("_", " "))
        beside.append(f"seen from {verdict.vantage.country or 'an unnamed place'}")
    elif verdict.kind in _BESIDE:
        beside.append(_BESIDE[verdict.kind])
    return f"{line} ({', '.join(beside)})" if beside else line
