"""Comments that are read before their article, and the requests that are not done without them.

A request that a page led to is stored before the page is settled. A power cut, or a disk that
fills up, in between leaves a request for comments whose page comes only later: what it brings waits here for
the article. Were it dropped and its request done, nothing would ask for these comments again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archive.recorder import ReadThread

logger = logging.getLogger(__name__)

# Documents that may wait, some 50 KB each: more are only where articles do not come at all.
MOST = 500


@dataclass(frozen=True, slots=True)
class Early:
    """What waits for articles; never changed, so that a settlement that is undone undoes it, too."""

    threads: tuple[ReadThread, ...] = ()
    """In the order in which they were read."""
    requests: tuple[tuple[str, str], ...] = ()
    """Keys of requests that were read to the end, and the captures that answered them."""

    def after(
        self, threads: Sequence[ReadThread], done: Sequence[str], answers: Mapping[str, str]
    ) -> tuple[list[str], Early]:
        """Return which requests are done, and what waits, now that ``threads`` have no article yet.

        ``answers`` has the capture of each request in ``done``, as far as it is known.
        """
        for dropped in threads[:-MOST]:
            # Its records are in the WARC.
            logger.warning("comments of an unknown article: %s", dropped.article_url)
        kept = tuple(threads[-MOST:])
        waited_for = {thread.capture.record_id for thread in kept}
        waiting, finished = [], []
        for key, record_id in (*self.requests, *((key, answers.get(key, "")) for key in done)):
            if record_id in waited_for:
                waiting.append((key, record_id))
            else:
                finished.append(key)
        return finished, Early(kept, tuple(waiting))

    def tell(self) -> None:
        """Log what never found its article."""
        for thread in self.threads:
            logger.warning("comments of an unknown article: %s", thread.article_url)
