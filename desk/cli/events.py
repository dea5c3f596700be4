"""``mandegar events`` and ``mandegar timeline``: what happened to articles, each with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.app import JsonOption, app, desk, print_json
from desk.difference import article_history
from desk.terminal import console, isolated, moment
from desk.timeline import closing_of, opening_of, timeline
from model import ContentState, EventKind

if TYPE_CHECKING:
    from rich.console import Console

    from desk.timeline import Entry
    from model import ContentVerdict, Event

_STATES = {
    ContentState.UNKNOWN: "its text was never seen at its publisher",
    ContentState.PRESENT: "it is there",
    ContentState.RESTORED: "it is there again",
    ContentState.SIGNALLED: "the last answers lacked it; that may pass",
    ContentState.SUSPECTED: "it is missing; not confirmed",
    ContentState.REMOVED: "removed, confirmed",
    ContentState.RESTRICTED: "refused to the public, confirmed",
    ContentState.WALLED: "behind a login or a payment, confirmed",
    ContentState.GUTTED: "most of its text is gone",
    ContentState.MOVED: "moved",
}
RECORDS_SHOWN = 6


@app.command(
    name="events",
    epilog="Examples:  `mandegar events` · `mandegar events --kind removed --json`",
)
def events_command(
    context: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only in this source.")] = None,
    kind: Annotated[list[EventKind] | None, typer.Option(help="Only of this kind; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: JsonOption = False,
) -> None:
    """Say what happened to articles: edited, removed, restored, moved; what became known last first."""
    with desk(context).open() as archive:
        found = archive.catalogue.events(source=source, kinds=kind or (), limit=limit)
    if as_json:
        print_json([{"source": name, "id": event.id, "event": event} for name, event in found])
        return
    out = console()
    for name, event in found:
        _print_event(out, name, event)
    if not found:
        out.print("Nothing is known to have happened.")
    elif len(found) == limit:
        out.print(f"The newest {limit} are shown; --limit shows more.")


def _print_event(out: Console, source: str, event: Event) -> None:
    out.print(f"{moment(event.known_at)}  {event.kind.value}  {source}", style="bold", soft_wrap=True)
    out.print(f"  {isolated(event.article)}", soft_wrap=True)
    detail = f": {isolated(event.detail)}" if event.detail else ""
    out.print(f"  {opening_of(event)}{detail}", soft_wrap=True)
    closing = closing_of(event)
    if event.closed_at is not None and closing:
        out.print(f"  {closing} {moment(event.closed_at)}", soft_wrap=True)


@app.command(
    name="timeline", epilog="Examples:  `mandegar timeline 12` · `mandegar timeline https://… --json`"
)
def timeline_command(
    context: typer.Context,
    article: Annotated[str, typer.Argument(help="Its number or URL.")],
    as_json: JsonOption = False,
) -> None:
    """Tell the life of one article, each step with the records that show it."""
    with desk(context).open() as archive:
        reference = int(article) if article.isascii() and article.isdigit() else article
        history = article_history(archive.catalogue, reference)
        url = history.record.summary.url
        verdict = archive.catalogue.verdict(url)
        happened = archive.catalogue.events(article=url, limit=10_000)
    entries = timeline(history.versions, [event for _, event in happened])
    if as_json:
        print_json({"article": url, "verdict": verdict, "timeline": entries})
        return
    out = console()
    language = history.versions[-1].article.language
    out.print(isolated(history.versions[-1].article.title), style="bold", soft_wrap=True)
    out.print(f"  {isolated(url)}", soft_wrap=True)
    for entry in entries:
        _print_entry(out, entry, language)
    _print_verdict(out, verdict)


def _print_entry(out: Console, entry: Entry, language: str | None) -> None:
    detail = f": {isolated(entry.detail)}" if entry.detail else ""
    out.print(f"\n{moment(entry.at, language)}", style="bold", soft_wrap=True)
    out.print(f"  {entry.what}{detail}", soft_wrap=True)
    if entry.after is not None:
        out.print(f"    as before until {moment(entry.after)}", style="dim", soft_wrap=True)
    if entry.known_at is not None:
        out.print(f"    certain since {moment(entry.known_at)}", style="dim", soft_wrap=True)
    if entry.rule:
        out.print(f"    rule {entry.rule}", style="dim", soft_wrap=True)
    for record_id in entry.record_ids[:RECORDS_SHOWN]:
        out.print(f"    {record_id}", style="dim", soft_wrap=True)
    if len(entry.record_ids) > RECORDS_SHOWN:
        out.print(f"    and {len(entry.record_ids) - RECORDS_SHOWN} more records (--json)", style="dim")


def _print_verdict(out: Console, verdict: ContentVerdict | None) -> None:
    if verdict is None:
        out.print("\nNobody has judged yet whether it is still there.")
        return
    where = f" to {isolated(verdict.moved_to)}" if verdict.moved_to else ""
    out.print(f"\nNow: {_STATES[verdict.state]}{where}", style="bold", soft_wrap=True)
    out.print(f"  last heard of {moment(verdict.judged_at)}", soft_wrap=True)
    out.print(f"  last seen there {moment(verdict.last_present_at)}", soft_wrap=True)
    if verdict.missing:
        out.print(f"  to be certain: {', '.join(verdict.missing)}", soft_wrap=True)
