"""Files below ``warc/`` that the ledger does not know: mended after a crash, put there, or older than it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from model import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from archive.catalogue import Ledger


def note_local_files(ledger: Ledger, warc_folder: Path, source: str = "*") -> tuple[str, ...]:
    """Note every closed file below ``warc_folder``; return the keys of those not known before.

    Only for whoever holds the archive, or the one source named, alone. What is noted as local and is not
    there is left to the audit, which names it. ``StoreError`` when the folder cannot be read.
    """
    found = []
    try:
        for path in sorted(warc_folder.glob(f"{source}/*/*/*.warc.gz")):
            status = path.stat()
            key = str(path.relative_to(warc_folder))
            found.append((key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)))
    except OSError as error:
        raise StoreError(f"{warc_folder} cannot be read: {error.strerror or error}") from error
    return ledger.note_found(found)
