"""What keeping copies is about: an archive's closed files, the stores that hold copies, how many are enough.

An object has the file's key after ``warc/``, in every store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from archive.objects.opening import open_store
from model import BadConfigurationError, StoreRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archive.catalogue import Catalogue, Ledger
    from archive.objects import KeepingSettings, ObjectStore

WARC_PREFIX: Final = "warc/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """An archive's files and the stores that hold copies of them."""

    catalogue: Catalogue
    folder: Path
    """The archive's."""
    settings: KeepingSettings
    stores: tuple[ObjectStore, ...]
    """In the order of ``mandegar.toml``, those that could be opened; none has a cache before it."""
    unopened: tuple[StoreRefusedError, ...] = ()
    """Why the others could not (a key file that is missing)."""

    @property
    def ledger(self) -> Ledger:
        """Return where files and copies are noted."""
        return self.catalogue.ledger

    @property
    def warc_folder(self) -> Path:
        """Return where local files lie."""
        return self.folder / "warc"

    @property
    def incoming(self) -> Path:
        """Return the folder where files from stores are put together before they count."""
        return self.folder / "incoming"

    @property
    def names(self) -> list[str]:
        """Return the names of all stores, those that could not be opened, too."""
        return [store.name for store in self.settings.stores]

    def store(self, name: str) -> ObjectStore:
        """Return an open store; ``BadConfigurationError`` names those there are, or ``StoreRefusedError``."""
        for store in self.stores:
            if store.name == name:
                return store
        for error in self.unopened:
            if error.store == name:
                raise error
        raise BadConfigurationError(
            f"store {name}", f"no such store in mandegar.toml (there: {', '.join(self.names) or 'none'})"
        )

    def chosen(self, name: str | None) -> Sequence[ObjectStore]:
        """Return the store of that name, or all of them that could be opened; errors as :meth:`store`."""
        return self.stores if name is None else (self.store(name),)

    def local(self, key: str) -> Path:
        """Return where a file lies when it is local."""
        return self.warc_folder / key


def open_keeping(catalogue: Catalogue, folder: Path, settings: KeepingSettings) -> Keeping:
    """Open the stores of an archive; none is asked for anything yet."""
    stores = []
    unopened = []
    for one in settings.stores:
        try:
            stores.append(open_store(one))
        except StoreRefusedError as error:
            unopened.append(error)
    return Keeping(
        catalogue=catalogue,
        folder=folder,
        settings=settings,
        stores=tuple(stores),
        unopened=tuple(unopened),
    )


def object_key(key: str) -> str:
    """Return the key of a file in a store.

    >>> object_key("org_example/2026/11/20261123T073000Z-12ab-00001.warc.gz")
    'warc/org_example/2026/11/20261123T073000Z-12ab-00001.warc.gz'
    """
    return WARC_PREFIX + key
