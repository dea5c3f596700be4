"""``mandegar demo``: a newsroom of our own, crawled twice, with something changed in between."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from desk.cli.app import app
from desk.demo.newsroom import Newsroom
from desk.terminal import console, isolated
from model import MandegarError

EDITED, DELETED, COMMENTED, REMOVED_COMMENT = 1008, 1003, 1012, 504


class DemoError(MandegarError):
    """A step of the demonstration failed; what it printed stands above."""


@app.command(epilog="Example:  `mandegar demo --keep demo-archive`, then `mandegar -a demo-archive serve`")
def demo(
    keep: Annotated[
        Path | None, typer.Option(help="Keep the archive in this new folder [default: a temporary one].")
    ] = None,
) -> None:
    """Crawl a small sample newsroom twice: edit, delete, remove a comment in between, and see it."""
    with tempfile.TemporaryDirectory(prefix="mandegar-demo-") as temporary:
        run_demo(keep or Path(temporary) / "archive")


def run_demo(archive: Path) -> None:
    """Run the demonstration into a new archive."""
    out = console()

    def step(text: str) -> None:
        out.print(f"\n── {text}", style="bold cyan")

    def mandegar(*arguments: str) -> None:
        out.print("$ mandegar -a … " + " ".join(arguments), style="dim")
        # A process of its own each time: so does a person, and a crawl ends with its process.
        done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "desk", "--archive", str(archive), *arguments], check=False
        )
        if done.returncode:
            raise DemoError(f"`mandegar {' '.join(arguments)}` ended with {done.returncode}")

    with Newsroom() as newsroom:
        step(f"A newsroom opens at {newsroom.url}")
        comments = sum(len(story.comments) for story in newsroom.stories.values())
        out.print(f"   {len(newsroom.stories)} articles, {comments} comments")

        step("The first crawl")
        mandegar("crawl", newsroom.url)

        step("The newsroom changes its mind")
        edited = newsroom.stories[EDITED]
        newsroom.edit(
            EDITED,
            title="زعفران‌کاران: بخشی از سود به ما می‌رسد",
            paragraphs=(edited.paragraphs[0], edited.paragraphs[2]),
            modified=datetime.now(UTC),
        )
        out.print(f"   edited:  {isolated(edited.title)}")
        deleted = newsroom.delete(DELETED)
        out.print(f"   deleted: {isolated(deleted.title)}")
        newsroom.remove_comment(COMMENTED, REMOVED_COMMENT)
        out.print(f"   removed a comment under: {isolated(newsroom.stories[COMMENTED].title)}")

        step("The second crawl")
        mandegar("crawl", newsroom.url)

        mandegar("status")

        address = newsroom.url.rstrip("/")
        step("The edited article: both texts, and the difference")
        mandegar("show", address + edited.path, "--diff")

        step("The removed comment")
        mandegar("show", address + newsroom.stories[COMMENTED].path)

        step("The deleted article is still here")
        mandegar("show", address + deleted.path)

        step("A sentence that was cut is still found, typed without its half-spaces")
        mandegar("search", "خشکسالی میدانند")
    out.print("\nEverything above came from WARC files; check them:", style="bold")
    out.print("  mandegar verify FOLDER    ·    mandegar demo --keep FOLDER keeps this archive")
