"""What was read to say what would change, kept on disk until it is done: a page is read once, not twice."""

from __future__ import annotations

import logging
import pickle
import tempfile
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Hashable

logger = logging.getLogger(__name__)

MOST_BYTES = 2 << 30
"""Of results in a spool: some 20,000 pages with their comments. What came later is read again."""


class Spool:
    """Results by what they are results of, in a nameless file of the temporary folder; a context manager.

    It only spares work: past its bound, or where the disk is full, nothing more is kept.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Keep at most so many bytes."""
        self._file = tempfile.TemporaryFile(prefix="mandegar-")  # noqa: SIM115 - closed with the spool
        self._places: dict[Hashable, tuple[int, int]] = {}
        self._size = 0
        self._most = most_bytes

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Throw everything away."""
        self._file.close()

    def put(self, key: Hashable, result: object) -> None:
        """Keep a result, while there is room."""
        if key in self._places or self._size >= self._most:
            return
        data = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
        if self._size + len(data) > self._most:
            self._most = self._size
            return
        try:
            self._file.seek(self._size)
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            logger.info("no more is kept of what was read: %s", error)
            self._most = self._size
            return
        self._places[key] = (self._size, len(data))
        self._size += len(data)

    def get(self, key: Hashable) -> Any:
        """Return a result that was kept, or ``None``."""
        place = self._places.get(key)
        if place is None:
            return None
        offset, length = place
        self._file.seek(offset)
        # Our own pickle, in a file that has no name and that only this process holds.
        return pickle.loads(self._file.read(length))  # noqa: S301
