"""Floors on markup that nobody described; they may only rise. The pages: ``benchmarks/opaque.py``."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest

from pipelines import read_page

SOURCE = Path(__file__).parents[2] / "benchmarks" / "opaque.py"
SPEC = importlib.util.spec_from_file_location("opaque", SOURCE)
assert SPEC is not None
assert SPEC.loader is not None
opaque = importlib.util.module_from_spec(SPEC)
sys.modules["opaque"] = opaque  # dataclasses look their module up
SPEC.loader.exec_module(opaque)

FLOORS = {"precision": 0.99, "recall": 0.99, "author": 0.99, "time": 0.99, "parent": 0.99}


@pytest.mark.parametrize("seeds", [range(0, 60, 2), range(1, 61, 2)], ids=["dev", "held out"])
def test_opaque_markup_stays_above_its_floors(seeds: range) -> None:
    counts: Counter[str] = Counter()
    for seed in seeds:
        page = opaque.page(seed)
        reading = read_page(
            page.html.encode(),
            url="https://opaque.test/1",
            content_type="text/html; charset=utf-8",
            reference=opaque.CAPTURED,
            timezone="Asia/Tehran",
        )
        texts = [one.text for one in page.said]
        found = reading.thread.comments
        ids = {comment.publisher_id or comment.key: comment for comment in found}
        counts["said"] += len(texts)
        counts["found"] += len(found)
        for comment in found:
            if comment.text not in texts:
                continue
            one = page.said[texts.index(comment.text)]
            counts["matched"] += 1
            counts["author"] += comment.author == one.author
            at = comment.published_at
            counts["time"] += at is not None and (
                at.astimezone(opaque.TEHRAN).date() == one.at.date() if one.by_day else at == one.at
            )
            above = ids.get(comment.parent_id or "")
            wanted = None if one.parent is None else page.said[one.parent].text
            counts["parent"] += (above.text if above else None) == wanted
        assert reading.article is not None
        body = "\n".join(reading.article.paragraphs)
        assert not [text for text in texts if text in body]
    shares = {name: counts[name] / counts["matched"] for name in ("author", "time", "parent")}
    shares |= {
        "precision": counts["matched"] / counts["found"],
        "recall": counts["matched"] / counts["said"],
    }
    assert {name: share for name, share in shares.items() if share < FLOORS[name]} == {}
