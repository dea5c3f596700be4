"""The plain line of a connection: each of the widget's states, and nothing that claims more."""

from __future__ import annotations

import pytest
from samples.surveys import NOW

from model import ConnectionKind, ConnectionVerdict, Vantage
from pipelines.verdicts import ConnectionState, connection_line, connection_state


def verdict(kind: ConnectionKind, country: str | None = "NL") -> ConnectionVerdict:
    return ConnectionVerdict(
        url="https://news.example/",
        kind=kind,
        confidence=0.9,
        vantage=Vantage(country=country),
        observed_at=NOW,
        rules_version="1",
        rules=(),
    )


@pytest.mark.parametrize(
    ("kind", "mirror", "state", "line"),
    [
        (None, None, "unknown", "connection: not yet known"),
        ("reachable", None, "uncensored", "connection: uncensored"),
        ("reachable", "m.example", "uncensored", "connection: uncensored"),
        ("challenge", None, "uncensored", "connection: uncensored (the site asks whether we are a person)"),
        ("restricted", None, "uncensored", "connection: uncensored (the site refuses this page)"),
        ("site_down", None, "failed", "connection: failed (the site seems to be down for everybody)"),
        (
            "unreachable_unattributed",
            None,
            "failed",
            "connection: failed (whose doing it is cannot be told)",
        ),
        (
            "blocked_tls_reset",
            None,
            "censored",
            "connection: probably censored (tls reset, seen from NL)",
        ),
        (
            "blocked_block_page",
            "m.example",
            "mirror",
            "connection: through a mirror (m.example, block page, seen from NL)",
        ),
        (
            "site_down",
            "m.example",
            "mirror",
            "connection: through a mirror (m.example, the site seems to be down for everybody)",
        ),
        ("own_network_down", "m.example", "own_network", "connection: check your own network"),
        (
            "national_isolation_suspected",
            None,
            "nationwide",
            "connection: probably a nationwide shutdown (the country answers, the world does not)",
        ),
        ("shutdown_suspected", None, "nationwide", "connection: probably a nationwide shutdown"),
    ],
)
def test_each_state_has_its_line(kind: str | None, mirror: str | None, state: str, line: str) -> None:
    judged = verdict(ConnectionKind(kind)) if kind else None
    assert connection_state(judged, mirror=mirror) is ConnectionState(state)
    assert connection_line(judged, mirror=mirror) == line


@pytest.mark.parametrize("kind", list(ConnectionKind))
def test_every_kind_has_a_state_and_censored_is_said_of_blocked_ones_only(kind: ConnectionKind) -> None:
    assert (connection_state(verdict(kind)) is ConnectionState.CENSORED) == kind.is_blocked


def test_a_place_without_a_name_is_not_guessed() -> None:
    assert "an unnamed place" in connection_line(verdict(ConnectionKind.BLOCKED_TCP, country=None))
