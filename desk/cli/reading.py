"""``mandegar search`` and ``mandegar show``: finding an article again and reading it."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from desk.cli.app import JsonOption, app, desk, print_json
from desk.difference import article_history
from desk.restored import restored_reading
from desk.telling import READ_OTHERWISE, difference_json, summary_of, told_changes
from desk.terminal import END_ISOLATE, console, direction_of, embedded, isolated, marked, moment, safe
from desk.ways import interferences, open_alarms, version_in_words, way_in_words
from model import Article, BadConfigurationError, Version
from pipelines import Change, DiffPart, mark_hits, match_expression, snippet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from archive.catalogue import CommentRecord, SearchHit
    from desk.difference import ArticleHistory, Step
    from desk.telling import Told
    from desk.ways import Evidence
    from model import CaptureVia

CAPTURES_SHOWN = 20
COMMENTS_SHOWN = 500
"""More are read by nobody in a terminal, and 100,000 take it 20 seconds."""
DEEPEST = 8


@app.command(
    epilog='Examples:  `mandegar search "می‌گوید"` · `mandegar search "کتابخانه شهر" --since 2026-10-01`',
    # «-word» leaves a word out; it is no option.
    context_settings={"ignore_unknown_options": True},
)
def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(help="Words, «a phrase», -without, begin*.")],
    source: Annotated[str | None, typer.Option(help="Only in this source.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Published on or after.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Published before.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: JsonOption = False,
) -> None:
    """Find words in articles and comments, deleted and older texts too.

    It matters not whether a word is typed with a half-space, joined or apart, nor with ي or ی, ك or ک.
    """
    query = " ".join(words)
    with desk(context).open() as archive:
        hits = archive.catalogue.search(
            match_expression(query), source=source, since=_utc(since), until=_utc(until), limit=limit
        )
    if as_json:
        print_json(list(hits))
        return
    out = console()
    for hit in hits:
        _print_hit(out, hit, query)
    if not hits:
        out.print(f"Nothing found for {isolated(query)}.")
    elif len(hits) == limit:
        out.print(f"The {limit} best are shown; --limit shows more.")


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _print_hit(out: Console, hit: SearchHit, query: str) -> None:
    line = Text(f"{hit.article_id:>6}  ")
    line.append_text(marked(hit.title, mark_hits(hit.title, query)))
    line.stylize("bold")
    out.print(line, soft_wrap=True)
    about = [hit.source, moment(hit.published_at)]
    if hit.comment_key is not None:
        about.append(f"comment by {isolated(hit.author or 'unnamed')}")
    if not hit.is_current:
        about.append("not shown so any more")
    if way := way_in_words(hit.through):
        about.append(safe(way))
    out.print("        " + " · ".join(about), style="dim", soft_wrap=True)
    part = snippet(hit.text, query)
    body = Text("        ")
    body.append_text(marked(part.text, list(part.spans)))
    out.print(body, soft_wrap=True)
    out.print()


@app.command(
    epilog="Examples:  `mandegar show 12` · `mandegar show https://…/article --diff` · "
    "`mandegar show 12 --from 2 --to 5` · `mandegar show 12 --version 1`"
)
def show(
    context: typer.Context,
    article: Annotated[str, typer.Argument(help="The article's number, or its web address.")],
    version: Annotated[int | None, typer.Option(min=1, help="Show an earlier text.")] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what changed, in the last version if no other is named.")
    ] = False,
    before: Annotated[
        int | None, typer.Option("--from", min=1, help="Compare this version … [the one before]")
    ] = None,
    after: Annotated[int | None, typer.Option("--to", min=1, help="… with this one. [the newest]")] = None,
    all_comments: Annotated[
        bool, typer.Option("--all-comments", help=f"Show more comments than the first {COMMENTS_SHOWN}.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show an article: its text, its comments as a tree, its captures, what changed."""
    with desk(context).open() as archive:
        history = article_history(archive.catalogue, article)
        ways = archive.catalogue.vias.of_all(one.record_id for one in history.record.captures)
        mirrored = archive.catalogue.vias.only_mirrored(history.record.summary.id)
        evidence = interferences(archive.catalogue, history.record.summary.url)
        alarms = open_alarms(archive.catalogue, history.record.summary.url)
    chosen = _version(history, version, "--version")
    step = _step(history, before, after) if diff or before or after else None
    if as_json:
        print_json(
            # Asked for a difference, a program gets one, be there but one version.
            difference_json(history, step or history.step(chosen, chosen))
            if step or diff
            else {
                "article": history.record,
                "version": chosen,
                "restored": restored_reading(chosen.article),
                "versions": list(history.versions),
                "comments": list(history.comments),
                "last_answer": history.last_answer,
                "leads_to": history.leads_to,
                "ways": ways,
                "not_the_sites": evidence,
                "mirrors_differ": alarms,
            }
        )
        return
    out = console()
    _print_article(out, chosen.article)
    if through := version_in_words(mirrored.get(chosen.number)):
        out.print(f"\nThis text was {safe(through)}.", style="red", soft_wrap=True)
    for one in alarms:
        out.print(
            f"\nA mirror shows another text than its publisher did, since {moment(one.opened_at)}: "
            f"{isolated(one.detail)}",
            style="red",
            soft_wrap=True,
        )
    if step:
        _print_changes(out, history, step)
    elif diff:
        out.print("\nOne version only: its text never changed.", style="bold")
        _print_gone(out, history)
    limit = len(history.comments) if all_comments else COMMENTS_SHOWN
    print_comments(out, history.comments, chosen.article.language, limit)
    print_shortfall(out, history)
    _print_captures(out, history, ways)
    _print_evidence(out, evidence)


def _version(history: ArticleHistory, number: int | None, option: str) -> Version:
    if number is None:
        number = history.record.version
    for one in history.versions:
        if one.number == number:
            return one
    known = ", ".join(str(one.number) for one in history.versions)
    raise BadConfigurationError(option, f"this article has version {known}, not {number}")


def _step(history: ArticleHistory, before: int | None, after: int | None) -> Step | None:
    """Return what changed between two versions; ``None`` when there is but one and none was named."""
    if len(history.versions) < 2 and not (before or after):
        return None
    new = _version(history, after or history.versions[-1].number, "--to")
    # The first has none before it: then the question is what became of it.
    old = _version(history, before or (new.number - 1 if new.number > 1 else new.number), "--from")
    return history.step(old, new)


def _print_article(out: Console, article: Article) -> None:
    out.print(isolated(article.title), style="bold")
    about = [isolated(", ".join(article.authors))] if article.authors else []
    about.append("published " + moment(article.published_at, article.language))
    if article.modified_at:
        about.append("modified " + moment(article.modified_at, article.language))
    if article.section:
        about.append(isolated(article.section))
    out.print(" · ".join(about), style="dim", soft_wrap=True)
    out.print(safe(article.canonical_url), style="dim", soft_wrap=True)
    width = min(out.width, 100)
    _print_paragraphs(out, ([article.lede] if article.lede else []) + list(article.paragraphs), width)
    restored = restored_reading(article)
    if restored:
        words = _count(restored.words, "word")
        out.print(
            f"\nA reading restored by us ({restored.version}), not the publisher's text: the half-spaces "
            f"that the page lost are put back in {words}.",
            style="dim",
            soft_wrap=True,
        )
        _print_paragraphs(out, restored.text.split("\n\n"), width)
    if article.tags:
        out.print("\n" + " · ".join(isolated(tag) for tag in article.tags), style="dim", soft_wrap=True)


def _print_paragraphs(out: Console, paragraphs: Sequence[str], width: int) -> None:
    for paragraph in paragraphs:
        out.print()
        # textwrap breaks at spaces only, so no half-space is ever a line's end.
        for line in textwrap.wrap(safe(paragraph), width, break_long_words=False, break_on_hyphens=False):
            out.print(line, soft_wrap=True)


def print_comments(out: Console, comments: Sequence[CommentRecord], language: str | None, limit: int) -> None:
    """Print the first so many comments as a tree, and in one line how many more there are."""
    if not comments:
        out.print("\nNo comments were seen.")
        return
    gone = sum(1 for one in comments if one.gone_since)
    out.print(
        f"\n{_count(len(comments), 'comment')}" + (f", {gone:,} of them gone" if gone else ""), style="bold"
    )
    root = Tree("", hide_root=True)
    branches: dict[str, Tree] = {}
    for record in comments[:limit]:
        comment = record.comment
        above = branches.get(comment.parent_id or "", root)
        label = Text(isolated(comment.author or "unnamed"), style="bold")
        label.append("  " + moment(comment.published_at, language), style="dim not bold")
        if record.gone_since:
            label.append(f"  gone since {moment(record.gone_since)}", style="red")
        if record.edits:
            label.append("  edited", style="yellow")
        label.append("\n" + safe(comment.text), style="not bold")
        # Deeper than this a terminal has no columns left for the text.
        branch = above.add(label) if comment.depth < DEEPEST else above
        if branch is above:
            above.add(label)
        branches[comment.key] = branch
        if comment.publisher_id:
            branches[comment.publisher_id] = branch
    out.print(root)
    if len(comments) > limit:
        out.print(f"The first {limit:,} are shown; --all-comments shows {len(comments) - limit:,} more.")


def print_shortfall(out: Console, history: ArticleHistory) -> None:
    """Say in one line when the page declares more comments than were ever seen."""
    declared = history.record.declared_comments
    if declared is not None and declared > len(history.comments):
        missing = declared - len(history.comments)
        out.print(
            f"The page declares {_count(declared, 'comment')}; {missing:,} of them were never seen.",
            style="yellow",
        )


def _print_captures(out: Console, history: ArticleHistory, ways: dict[str, CaptureVia]) -> None:
    captures = history.record.captures
    out.print(
        f"\n{_count(len(history.versions), 'version')}, {_count(len(captures), 'capture')}", style="bold"
    )
    if len(captures) > CAPTURES_SHOWN:
        out.print(f"  (the newest {CAPTURES_SHOWN}; --json has all)", style="dim")
    for capture in captures[-CAPTURES_SHOWN:]:
        out.print(
            f"  {moment(capture.captured_at)}  version {capture.version}  {safe(capture.url)}  "
            f"{capture.record_id}",
            soft_wrap=True,
        )
        if way := way_in_words(ways.get(capture.record_id)):
            out.print(f"    {safe(way)}", style="red", soft_wrap=True)
    refused = history.refused
    if refused is not None:
        out.print(
            f"  {moment(refused.captured_at)}  {safe(history.answered)}  {refused.record_id}",
            style="red",
            soft_wrap=True,
        )


def _print_evidence(out: Console, evidence: list[Evidence]) -> None:
    if not evidence:
        return
    out.print(f"\n{_count(len(evidence), 'answer')} that somebody else gave in its place", style="bold")
    for one in evidence[-CAPTURES_SHOWN:]:
        out.print(
            f"  {moment(one.capture.captured_at)}  {safe(one.kind)}  {one.capture.record_id}",
            style="red",
            soft_wrap=True,
        )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _print_changes(out: Console, history: ArticleHistory, step: Step) -> None:
    changes = told_changes(step)
    out.print(
        f"\nFrom version {step.before.number} to {step.after.number} "
        f"(seen {moment(step.after.first_seen_at)}): {summary_of(changes)}",
        style="bold",
        soft_wrap=True,
    )
    if history.is_read_otherwise(step):
        out.print(READ_OTHERWISE, style="yellow", soft_wrap=True)
    for change in changes:
        _print_change(out, change)
    others = len(history.versions) - 2
    if others > 0:
        out.print(f"\n{_count(others, 'other version')}: --from and --to choose.", style="dim")


def _print_change(out: Console, change: Told) -> None:
    label = f"  {change.label}"
    if change.what == "comment":
        label += f", by {isolated(change.by or 'unnamed')}"
    out.print(label, style="dim", soft_wrap=True)
    if change.parts:
        out.print(_line(change.parts), soft_wrap=True)
    for mark, address in (("-", change.old_address), ("+", change.new_address)):
        if address and change.old_address != change.new_address:
            out.print(f"    {mark} {safe(address)}", style="red" if mark == "-" else "green", soft_wrap=True)


def _print_gone(out: Console, history: ArticleHistory) -> None:
    for record in history.comments:
        if record.gone_since:
            who = isolated(record.comment.author or "unnamed")
            out.print(f"\nComment gone since {moment(record.gone_since)}, by {who}:", style="bold")
            text = record.comment.text
            out.print(_line((DiffPart(kind=Change.REMOVED, text=text, old_text=text),)), soft_wrap=True)


def _line(parts: Sequence[DiffPart]) -> Text:
    """Return a text with its changes marked, running in its own direction and with readable marks.

    The marks stand outside of isolates, so that no text of a page can take them over.
    """
    line = Text(f"    {direction_of(''.join(part.text for part in parts))}")
    for part in parts:
        if part.kind is Change.REMOVED:
            line.append(f"[-{embedded(part.text)}-]", style="red")
        elif part.kind is Change.ADDED:
            line.append(f"{{+{embedded(part.text)}+}}", style="green")
        else:
            line.append(safe(part.text), style="underline" if part.kind is Change.SPELLED else "")
    return line.append(END_ISOLATE)
