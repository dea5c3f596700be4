"""The short form of the kill torture; ``make torture`` runs the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from torture import kills


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_kills_lose_nothing_acknowledged_and_leave_no_invalid_record(tmp_path: Path, seed: int) -> None:
    figures = kills.torture(tmp_path, kills=10, seed=seed, posts=20)
    assert figures.kills.total() == 10
    assert len(figures.kills) >= 5, "the kills are spread over the stages"
    assert figures.captures > 0
