"""How a keeper paces itself, and how an upload under way ends when it stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model import StoreError

if TYPE_CHECKING:
    import random
    import threading

    from archive.objects import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait after what."""

    first_s: float = 1.0
    """After the first failure; doubled with each."""
    most_s: float = 300.0
    refused_s: tuple[float, float] = (300.0, 900.0)
    later_s: float = 3600.0
    """Until a file is tried again that has no good source."""
    tries: int = 3
    """Failures in a row after which nobody who wants to end waits for a store any more."""

    @property
    def longest_s(self) -> float:
        """Return the longest of these waits."""
        return max(self.first_s, self.most_s, self.later_s, *self.refused_s)

    def after(self, failures: int, chance: random.Random) -> float:
        """Return seconds to wait after so many failures in a row: half of it is left to chance."""
        most = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return most * chance.uniform(0.5, 1.0)


class StoppedError(StoreError):
    """The keeper was told to stop; what was put so far is noted."""


class Stoppable:
    """A content that cannot be read any more once the keeper stops."""

    def __init__(self, content: Content, stopping: threading.Event) -> None:
        self._content = content
        self._stopping = stopping

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return self._content.size

    @property
    def sha256(self) -> str:
        """Return their SHA-256."""
        return self._content.sha256

    def read_at(self, offset: int, length: int) -> bytes:
        """Return bytes; ``StoppedError`` once the keeper stops."""
        if self._stopping.is_set():
            raise StoppedError("stopped")
        return self._content.read_at(offset, length)
