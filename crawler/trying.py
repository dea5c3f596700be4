"""What is tried again, and how long a crawl waits for it.

A request that failed and may go better waits in its row of the frontier: a second, four, sixteen and so on,
less by up to a half, by chance, so that not all come back at once. Meanwhile the crawl does everything else.

When nothing else is left it waits for the next try for a tenth of the time that it took at most, and no
longer than ``MANDEGAR_RETRY_WAIT_S``; for the first two tries always. Pages that are still to be tried then
are taken over by the source's next crawl. What no later crawl can take over (a step through comments, which
belongs to the steps before it; a feed, which every crawl asks for) is tried twice again and then given up.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.catalogue import Catalogue

# How much longer each wait is than the one before.
GROWTH = 4
# Of the time a crawl took, what it waits at most when there is nothing else to do.
SHARE = 0.1
# How often more a request is tried that no later crawl takes over.
IN_THIS_CRAWL = 2


def back_off_s(first_s: float, failures: int, growth: float = GROWTH) -> float:
    """Return how long to wait after a number of failures (1 or more): between a half and the whole of it.

    >>> 0.5 <= back_off_s(1.0, 1) <= 1.0, 8 <= back_off_s(1.0, 3) <= 16
    (True, True)
    """
    return first_s * growth ** (failures - 1) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


class Tries:
    """The failed requests of a crawl that wait for their next try; they themselves lie in the catalogue."""

    def __init__(self, catalogue: Catalogue, crawl_id: str, *, first_s: float, most_s: float) -> None:
        """Begin a run; ``first_s`` is the first wait, ``most_s`` what the crawl's end waits at most."""
        self._catalogue = catalogue
        self._crawl_id = crawl_id
        self._first_s = first_s
        self._most_s = most_s
        self._begun = time.monotonic()
        self.at_start = sum(self.counts().values())
        """How many waited when the run began."""
        self.may_wait = self.at_start > 0
        """False when none was ever noted, so that nobody need ask."""

    def counts(self) -> dict[str, int]:
        """Return how many wait, by the kind of their last failure."""
        return self._catalogue.frontier_waiting(self._crawl_id)

    def next_s(self) -> float | None:
        """Return the seconds until the next try; ``None`` when the crawl should not wait for it.

        Failures that are not settled yet are not known to it.
        """
        moment = self._catalogue.frontier_next_try(self._crawl_id)
        if moment is None:
            return None
        wait = max(0.0, (moment - datetime.now(UTC)).total_seconds())
        patience = max(GROWTH * self._first_s, min(self._most_s, (time.monotonic() - self._begun) * SHARE))
        return wait if wait <= patience else None
