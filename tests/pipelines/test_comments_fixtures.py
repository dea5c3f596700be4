"""One folder a system in ``comment_systems``: ``page.html`` or ``page.json``, and what is to be read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from model import CommentThread
from pipelines import read_json_comments, read_page

FOLDERS = sorted(path.parent for path in (Path(__file__).parent / "comment_systems").glob("*/page.*"))
TEHRAN = timezone(timedelta(hours=3, minutes=30))


def read(folder: Path) -> tuple[CommentThread, tuple[str, ...]]:
    page = next(folder.glob("page.*"))
    if page.suffix == ".json":
        return read_json_comments(page.read_bytes(), url="https://bagh.test/api"), ()
    reading = read_page(
        page.read_bytes(),
        url="https://bagh.test/p.html",
        content_type="text/html; charset=utf-8",
        reference=datetime(2026, 11, 23, 12, tzinfo=TEHRAN),
        timezone="Asia/Tehran",
    )
    return reading.thread, reading.article.paragraphs if reading.article else ()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_system_is_read_whole(folder: Path) -> None:
    thread, paragraphs = read(folder)
    wanted = json.loads((folder / "expected.json").read_text())
    got = []
    for comment in thread.comments:
        one = {
            "id": comment.publisher_id,
            "parent": comment.parent_id,
            "author": comment.author,
            "time": comment.published_at.isoformat() if comment.published_at else None,
            "text": comment.text,
        }
        if comment.up_votes is not None:
            one["up"] = comment.up_votes
        if comment.down_votes is not None:
            one["down"] = comment.down_votes
        if comment.badges:
            one["badges"] = list(comment.badges)
        if comment.state != "published":
            one["state"] = comment.state.value
        got.append(one)
    assert got == wanted["comments"]
    assert thread.origin == wanted.get("origin", thread.origin)
    assert thread.declared_total == wanted.get("total")
    assert (thread.pending_total, thread.rejected_total) == (wanted.get("pending"), wanted.get("rejected"))
    assert list(thread.more) == wanted.get("more", [])
    assert not any(comment["text"] in text for comment in wanted["comments"] for text in paragraphs)


def test_there_is_a_folder_for_each_service_and_system() -> None:
    services = {"blogger-feed", "coral", "discourse-topic", "disqus", "isso", "remark42", "waline"}
    pages = {
        "blogger",
        "blogger-old",
        "discourse",
        "drupal-core",
        "iransamaneh",
        "iransamaneh-2015",
        "mybb",
        "phpbb",
        "phpbb-3.0",
        "vbulletin-3",
        "vbulletin-4",
        "wordpress-block-theme",
        "wpdiscuz",
        "wpdiscuz-5",
        "xenforo",
    }
    assert {folder.name for folder in FOLDERS} >= services | pages
