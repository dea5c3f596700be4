"""Our readings beside OONI's over its fifty scenarios."""

from __future__ import annotations

import pytest
from samples.ooni_scenarios import DISAGREEMENTS, SCENARIOS, Scenario, reading

from pipelines.verdicts import judge_connection


def test_there_are_fifty() -> None:
    assert len({one.name for one in SCENARIOS}) == len(SCENARIOS) == 50
    assert len(DISAGREEMENTS) <= 5


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[one.name for one in SCENARIOS])
def test_we_read_it_as_ooni_does_or_say_why_not(scenario: Scenario) -> None:
    verdict = judge_connection(scenario.survey)
    agrees = reading(verdict.kind) == scenario.theirs
    assert agrees == (scenario.name not in DISAGREEMENTS), (verdict.kind, verdict.rules)
    # Where we disagree we claim less: nobody is blamed, and no page that OONI doubts counts as reached.
    if not agrees:
        assert not verdict.kind.is_blocked
        assert not verdict.kind.content_may_change
