"""How far a rebuild is, and what it brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from archive.catalogue import CopyState, Totals
    from archive.rebuild.found import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildProgress:
    """How far a rebuild is."""

    files: int
    files_done: int
    size: int
    """Bytes of WARC, as compressed."""
    size_done: int
    size_before: int
    """Bytes that an earlier run had done."""
    records: int
    elapsed_s: float

    @property
    def left_s(self) -> float | None:
        """Seconds until the end at the pace so far, ``None`` when nothing can be said yet."""
        done = self.size_done - self.size_before
        if done <= 0 or self.elapsed_s < 1:
            return None
        return (self.size - self.size_done) * self.elapsed_s / done


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadElsewhere:
    """A file of which one copy was damaged."""

    key: str
    place: str
    """The store of that copy; empty for this disk."""
    message: str
    state: CopyState | None
    """What the ledger is to say of that copy; ``None`` when it only could not be reached."""


@dataclass(slots=True, kw_only=True)
class RebuildReport:
    """What a rebuild brought."""

    files: int = 0
    size: int = 0
    records: int = 0
    """Read in this run."""
    resumed_files: int = 0
    """Files that an earlier run, killed or stopped, had done."""
    totals: Totals | None = None
    failures: int = 0
    problems: list[Problem] = field(default_factory=list)
    """Records that could not be read or had no place, the first thousand."""
    problem_count: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """Files (key, why) that could not be read at all."""
    read_elsewhere: list[ReadElsewhere] = field(default_factory=list)
    """Files of which one copy was damaged, and another was read: `mandegar store repair` mends."""
    unasked: list[tuple[str, str]] = field(default_factory=list)
    """Stores (name, why) that could not be listed: what lies only there is not in the catalogue."""
    chains: list[tuple[str, str]] = field(default_factory=list)
    """Chains of manifests (of a store, or of the archive) that could not be read, and why."""
    missing: list[str] = field(default_factory=list)
    """Files that there must have been, and that lie nowhere."""
    carried: dict[str, int] = field(default_factory=dict)
    """Rows taken over from the catalogue that was there, by table."""
    not_carried: str = ""
    """Why nothing could be taken over from it; empty when it was, or none was there."""
    without_frontier: list[str] = field(default_factory=list)
    """Interrupted crawls of which nothing says what is left to do: they begin at the front page."""
    before: Path | None = None
    """Where the catalogue lies that was there before."""
    elapsed_s: float = 0.0
    read_s: float = 0.0
    """Parsing, in seconds of all workers."""
    fold_s: float = 0.0
    """Folding, in seconds of all workers."""
    put_s: float = 0.0
    """Inserting, in this process."""
