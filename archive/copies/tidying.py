"""What a long crawl does for its copies now and then: manifests of closed files, and dropping old ones."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.copies.dropping import Dropped, drop_old
from archive.manifest.sealing import seal
from model import StoreError

if TYPE_CHECKING:
    from archive.copies.keeping import Keeping

logger = logging.getLogger(__name__)

_EVERY_S = 3600.0
_STOP_S = 5.0


def tidy(keeping: Keeping) -> Dropped:
    """Cover closed files by a manifest, then drop what may go; ``StoreError``."""
    seal(keeping.catalogue, keeping.folder)
    return drop_old(keeping, datetime.now(UTC))


class Tidier:
    """A thread that tidies once an hour, where files may be dropped at all."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tidier", daemon=True)

    def start(self) -> None:
        """Begin, when ``keep_local_days`` is set."""
        if self._keeping.settings.keep_local_days is not None and self._keeping.stores:
            self._thread.start()

    def stop(self) -> None:
        """End; twice does nothing."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_S):
            try:
                dropped = tidy(self._keeping)
            except StoreError as error:
                logger.warning("%s", error)
                continue
            except Exception:
                if self._stopping.is_set():
                    return  # the archive may be closed by now
                # An outermost loop: the crawl goes on, whatever is wrong here.
                logger.exception("tidying failed")
                continue
            logger.info("dropped %d local files (%d bytes)", dropped.files, dropped.bytes)
