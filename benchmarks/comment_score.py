"""What ``comments.py`` and ``comment_services.py`` score with: counts, a row of the table, posts, this machine's addresses."""

from __future__ import annotations

import html
import json
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

from opaque import Said

from model import Comment, CommentState, CommentThread
from pipelines import display_text, search_key

TEHRAN = timezone(timedelta(hours=3, minutes=30))
MEASURES = ("precision", "recall", "text", "author", "time", "parent")
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Score:
    """Counts over pages; shares of what they count."""

    said: int = 0
    found: int = 0
    matched: int = 0
    right: Counter[str] = field(default_factory=Counter)
    leaked: int = 0
    """Said texts that stand in the article's paragraphs."""
    pages: int = 0
    seconds: float = 0.0

    def add(self, said: list[Said], thread: CommentThread, paragraphs: tuple[str, ...] = ()) -> None:
        """Match what was found with what was said, one to one, and count."""
        self.said += len(said)
        self.pages += 1
        comments = [one for one in thread.comments if one.state is CommentState.PUBLISHED]
        self.found += len(comments)
        open_by_text: dict[str, list[int]] = {}
        for index, one in enumerate(said):
            open_by_text.setdefault(search_key(one.text), []).append(index)
        place: dict[str, int] = {}
        pairs: list[tuple[Comment, int]] = []
        for comment in comments:
            waiting = open_by_text.get(search_key(comment.text), [])
            # Equal texts: the one of the same author first.
            index = next(
                (i for i in waiting if said[i].author == comment.author), waiting[0] if waiting else -1
            )
            if index >= 0:
                waiting.remove(index)
                pairs.append((comment, index))
                place[comment.publisher_id or comment.key] = index
        self.matched += len(pairs)
        for comment, index in pairs:
            one = said[index]
            self.right["text"] += comment.text == display_text(one.text)
            self.right["author"] += search_key(comment.author or "") == search_key(one.author)
            self.right["time"] += same_time(comment.published_at, one)
            parent = place.get(comment.parent_id) if comment.parent_id else None
            self.right["parent"] += parent == one.parent and (comment.parent_id is None) == (
                one.parent is None
            )
        text = search_key(" ".join(paragraphs))
        self.leaked += sum(len(key := search_key(one.text)) > 20 and key in text for one in said)

    def shares(self) -> dict[str, float]:
        """Return each measure, 0 to 1."""
        shares = {
            "precision": self.matched / self.found if self.found else 0.0,
            "recall": self.matched / self.said if self.said else 1.0,
        }
        for name in MEASURES[2:]:
            shares[name] = self.right[name] / self.matched if self.matched else 0.0
        return shares


def same_time(at: datetime | None, one: Said) -> bool:
    """Tell whether a comment has the time of what was said, as exactly as that is printed."""
    if at is None:
        return False
    if one.by_day:
        return at.astimezone(TEHRAN).date() == one.at.astimezone(TEHRAN).date()
    return abs((at - one.at).total_seconds()) < 60


def row(label: str, score: Score) -> dict[str, dict[str, float]]:
    """Print a row of the table; return its numbers."""
    shares = score.shares()
    rate = score.pages / score.seconds if score.seconds else 0.0
    print(
        f"{label:44}{score.said:9,}" + "".join(f"{shares[name]:10.4f}" for name in MEASURES)
        + f"{score.leaked:8}{rate:9.0f}"
    )  # fmt: skip
    return {label: {**shares, "leaked": score.leaked, "pages/s": rate}}


def fetch(url: str, data: bytes | None = None, **headers: str) -> bytes:
    """Return what an address of this machine holds, or answers to ``data``."""
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError(f"{url} is not on this machine")
    with _OPENER.open(urllib.request.Request(url, data, headers), timeout=60) as answer:
        return bytes(answer.read())


def posts_in(path: str | Path) -> list[dict]:
    """Return the posts that a site was filled from."""
    return json.loads(Path(path).read_text())


def said_on(post: dict, *, zone: timezone) -> list[Said]:
    """Return what was said on a post."""
    return [
        Said(one["author"], one["text"], datetime.fromisoformat(one["date"]).replace(tzinfo=zone), one["parent"], 0)
        for one in post["comments"]
    ]  # fmt: skip


def unescaped(text: str) -> str:
    """Return a text without character references."""
    return html.unescape(text)
