"""Brings into the catalogue what closed WARC files hold and no row names, before a crawl goes on.

A killed crawl leaves whole records after its last settlement; a power cut may take the catalogue's last
transactions and leave the files. The ledger tells which files are not known to be indexed: none, most times.
"""

from __future__ import annotations

import logging
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from archive.rebuild.files import LocalFolder, WarcPlace, facts_of, in_order, is_ours
from archive.rebuild.filling import Filler
from archive.rebuild.found import Problem
from archive.rebuild.workers import parts_of
from model import CrawlState, UnknownNameError

if TYPE_CHECKING:
    from archive.catalogue import WarcFile
    from archive.rebuild.found import Folding, WarcFacts
    from archive.workspace import Archive

logger = logging.getLogger(__name__)

# A file is last written before its crawl's end is noted; some file systems keep whole seconds.
_SLACK = timedelta(seconds=2)


def index_unindexed(archive: Archive, folding: Folding) -> list[Problem]:
    """Index the local files that the ledger does not know as indexed; return what could not be read.

    Only for whoever may write. What is in the catalogue already is left as it is.
    """
    ledger = archive.catalogue.ledger
    waiting = [file for file in ledger.files() if file.is_local and not file.is_indexed]
    if not waiting:
        return []
    opener = LocalFolder(archive.warc_folder)
    places = []
    for file in waiting:
        path = archive.warc_folder / file.key
        if not path.exists():
            continue  # the audit names it
        place = WarcPlace(
            key=file.key, size=path.stat().st_size, closed_at=file.closed_at, is_local=True, opener=opener
        )
        if is_ours(file.key) and _is_settled(archive, file, facts_of(place)):
            ledger.note_indexed(file.key)
        else:
            places.append(place)
    ordered, unreadable = in_order(places)
    problems = [Problem(key=key, offset=0, message=why) for key, why in unreadable]
    for place, facts in ordered:
        problems += _index(archive, place, facts, folding)
    for problem in problems:
        logger.warning("%s: at %s: %s", problem.key, problem.offset, problem.message)
    return problems


def _is_settled(archive: Archive, file: WarcFile, facts: WarcFacts) -> bool:
    """Whether a file was closed by a crawl that ended after it: an end is noted after all else.

    An interrupted one may have been so because the catalogue took no more.
    """
    try:
        crawl = archive.catalogue.crawl(facts.crawl_id)
    except UnknownNameError:
        return False
    if crawl.ended_at is None or crawl.state is CrawlState.INTERRUPTED:
        return False
    return file.closed_at.astimezone(UTC) <= crawl.ended_at + _SLACK


def _index(archive: Archive, place: WarcPlace, facts: WarcFacts, folding: Folding) -> list[Problem]:
    logger.info("indexing %s", place.key)
    catalogue = archive.catalogue
    filler = Filler(catalogue, is_new=False)
    problems = []
    with catalogue.write() as batch:
        filler.begin(batch, facts)
        # What was settled is a beginning of the file: comments before the last known capture were.
        settled_until = catalogue.last_offset(place.key)
        for _, _, part in parts_of([(place, facts)], folding, workers=0):
            problems += part.problems
            problems += filler.fill(batch, facts, part, settled_until=settled_until)
        batch.note_closed(place.key, place.size, place.closed_at, is_indexed=True)
    catalogue.ledger.note_indexed(place.key)
    for crawl in filler.ended.values():
        # It had ended: only its row was not written any more.
        archive.end_crawl(crawl)
    return problems
