"""Scores the JSON of comment services that run on this machine; called by ``comments.py``."""

from __future__ import annotations

import json
import time
import urllib.error
from datetime import UTC, datetime
from urllib.parse import urlencode

from comment_score import Score, fetch, posts_in, row, said_on, unescaped
from opaque import Said

from pipelines import merge_threads, read_json_comments, search_key


def isso(base: str, posts_json: str) -> dict[str, dict[str, float]]:
    """Score every thread of a running Isso, which keeps one level of answers and its own clock."""
    score = Score()
    for post in posts_in(posts_json):
        said = []
        roots: dict[int, int] = {}
        for index, one in enumerate(said_on(post, zone=UTC)[:15]):
            parent = roots[one.parent] if one.parent is not None else None
            roots[index] = index if parent is None else parent
            said.append(Said(one.author, one.text, one.at, parent, 0))
        url = f"{base.rstrip('/')}/?uri=%2F{post['id']}.html&limit=5&nested_limit=2"
        threads, waiting, seen = [], [url], set[str]()
        bodies: list[bytes] = []
        while waiting:
            url = waiting.pop(0)
            if url in seen:
                continue
            seen.add(url)
            try:
                bodies.append(fetch(url))
            except urllib.error.HTTPError as problem:
                if problem.code != 404:  # how Isso says that nobody has spoken
                    raise
                break
            began = time.process_time()
            threads.append(read_json_comments(bodies[-1], url=url))
            score.seconds += time.process_time() - began
            waiting.extend(threads[-1].more)
        thread = merge_threads(threads)
        # Isso dates a comment when it comes in: its own number is the truth, read from the answer anew.
        created: dict[str, float] = {}
        for body in bodies:
            for item in json.loads(body)["replies"]:
                for one in (item, *item.get("replies", ())):
                    created[search_key(unescaped(one["text"].replace("<p>", "").replace("</p>", "")))] = one[
                        "created"
                    ]
        for one in said:
            at = created.get(search_key(one.text))
            one.at = datetime.fromtimestamp(at, UTC) if at else one.at
        score.add(said, thread)
    return row("Isso, its JSON", score)


def waline(base: str, posts_json: str) -> dict[str, dict[str, float]]:
    """Fill a running, empty Waline through its own interface, then score every thread of it.

    It knows parents at any depth, and dates a comment when it comes in: its own number is the truth.
    """
    base = base.rstrip("/")
    score = Score()
    for post in posts_in(posts_json):
        path = f"/{post['id']}.html"
        said = said_on(post, zone=UTC)[:15]
        numbers: list[tuple[int, int]] = []
        for one in said:
            sent = {"url": path, "comment": one.text, "nick": one.author, "mail": "", "link": "", "ua": ""}
            if one.parent is not None:
                sent |= {"pid": numbers[one.parent][0], "rid": numbers[one.parent][1]}
            made = json.loads(fetch(f"{base}/api/comment?lang=en", json.dumps(sent).encode(),
                                    **{"Content-Type": "application/json"}))["data"]  # fmt: skip
            root = made["objectId"] if one.parent is None else numbers[one.parent][1]
            numbers.append((made["objectId"], root))
            one.at = datetime.fromtimestamp(made["time"] / 1000, UTC)
        threads, waiting = (
            [],
            [
                f"{base}/api/comment?{urlencode({'path': path, 'pageSize': 3, 'page': 1, 'sortBy': 'insertedAt_asc'})}"
            ],
        )
        while waiting:
            url = waiting.pop(0)
            body = fetch(url)
            began = time.process_time()
            threads.append(read_json_comments(body, url=url))
            score.seconds += time.process_time() - began
            waiting.extend(threads[-1].more)
        score.add(said, merge_threads(threads))
    return row("Waline, its JSON", score)
