"""What keeping copies is about: an archive's closed files, the stores that hold copies, how many are enough.

An object has the file's key after ``warc/``, in every store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model import BadConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archive.catalogue import Catalogue, Ledger
    from archive.objects import ObjectStore

WARC_PREFIX: Final = "warc/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """An archive's files and the stores that hold copies of them."""

    catalogue: Catalogue
    folder: Path
    """The archive's."""
    stores: tuple[ObjectStore, ...]
    """In the order of ``mandegar.toml``."""
    enough: int
    """Verified copies in stores that make a file safe."""
    keep_local_days: int | None = None
    """How long a safe file stays here after it was closed; ``None``: for ever."""
    retention_days: tuple[tuple[str, int], ...] = ()
    """Names of stores that lock, and for how many days."""

    @property
    def ledger(self) -> Ledger:
        """Return where files and copies are noted."""
        return self.catalogue.ledger

    @property
    def warc_folder(self) -> Path:
        """Return where local files lie."""
        return self.folder / "warc"

    @property
    def names(self) -> list[str]:
        """Return the names of the stores."""
        return [store.name for store in self.stores]

    @property
    def incoming(self) -> Path:
        """Return the folder where files from stores are put together before they count."""
        return self.folder / "incoming"

    def store(self, name: str) -> ObjectStore:
        """Return the store of that name; ``BadConfigurationError`` names those there are."""
        for store in self.stores:
            if store.name == name:
                return store
        raise BadConfigurationError(
            f"store {name}", f"no such store in mandegar.toml (there: {', '.join(self.names) or 'none'})"
        )

    def chosen(self, name: str | None) -> Sequence[ObjectStore]:
        """Return the store of that name, or all of them."""
        return self.stores if name is None else (self.store(name),)

    def local(self, key: str) -> Path:
        """Return where a file lies when it is local."""
        return self.warc_folder / key


def object_key(key: str) -> str:
    """Return the key of a file in a store.

    >>> object_key("org_example/2026/11/20261123T073000Z-12ab-00001.warc.gz")
    'warc/org_example/2026/11/20261123T073000Z-12ab-00001.warc.gz'
    """
    return WARC_PREFIX + key
