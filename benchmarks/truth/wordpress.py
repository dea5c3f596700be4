"""Compare an archive of a WordPress site with what was put into that site.

``python benchmarks/truth/wordpress.py ARCHIVE POSTS_JSON``; POSTS_JSON is the list the site was seeded from:
objects with ``title``, ``body`` (HTML paragraphs), ``author`` and ``comments`` (``author``, ``text`` and
``parent``, the index of the comment answered or null). Exit code 1 when anything differs.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from archive import Archive
from pipelines import search_key


def words(text: str) -> list[str]:
    """Return the folded words of HTML."""
    return search_key(re.sub("<[^>]+>", " ", text)).split()


def compare(archive: Archive, posts: list[dict]) -> Counter[str]:
    """Return how many of each thing agree and differ."""
    found: Counter[str] = Counter()
    catalogue = archive.catalogue
    by_title = defaultdict(list)
    for summary in catalogue.articles(limit=1_000_000):
        by_title[search_key(summary.title)].append(catalogue.article(summary.id))
    found["articles in the archive"] = sum(map(len, by_title.values()))
    for post in posts:
        found["posts"] += 1
        body = post["body"] if isinstance(post["body"], str) else " ".join(post["body"])
        wanted = words(body)
        records = by_title.get(search_key(post["title"]), [])
        record = next((one for one in records if text_of(one) == wanted), None)
        if record is None:
            found["posts missing" if not records else "posts with another text"] += 1
            continue
        found["posts with their exact words"] += 1
        comments = catalogue.comments(record.summary.id)
        by_text = {search_key(one.comment.text): one.comment for one in comments}
        by_id = {one.comment.publisher_id: one.comment for one in comments}
        found["comments invented"] += max(0, len(comments) - len(post["comments"]))
        for seeded in post["comments"]:
            found["comments seeded"] += 1
            comment = by_text.get(search_key(seeded["text"]))
            if comment is None:
                found["comments missing"] += 1
                continue
            found["comments found"] += 1
            found["with the right author"] += comment.author == seeded["author"]
            above = None if seeded["parent"] is None else post["comments"][seeded["parent"]]
            shown = by_id.get(comment.parent_id)
            found["with the right parent"] += (above and search_key(above["text"])) == (
                shown and search_key(shown.text)
            )
    return found


def text_of(record) -> list[str]:
    """Return the folded words of an article's lede and paragraphs."""
    article = record.article
    return words(" ".join([article.lede, *article.paragraphs]))


def main() -> None:
    """Compare and print."""
    if len(sys.argv) != 3 or not Path(sys.argv[2]).is_file():
        sys.exit("usage: python benchmarks/truth/wordpress.py ARCHIVE POSTS_JSON")
    posts = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    with Archive.open(Path(sys.argv[1])) as archive:
        found = compare(archive, posts)
    for name, count in found.items():
        print(f"{count:6} {name}")
    same = found["comments seeded"] == found["with the right author"] == found["with the right parent"]
    sys.exit(0 if same and found["posts"] == found["posts with their exact words"] else 1)


if __name__ == "__main__":
    main()
