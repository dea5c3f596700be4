"""Opens the stores of ``mandegar.toml``: a folder or a bucket, cached and encrypted where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.objects.cached import CachedStore
from archive.objects.store import Ability, Finding
from model import InputError, RemoteStoreError, StoreRefusedError

if TYPE_CHECKING:
    from archive.cache import BlockCache
    from archive.objects.settings import StoreSettings
    from archive.objects.store import ObjectStore


def open_store(
    settings: StoreSettings, *, cache: BlockCache | None = None, patient: bool = True
) -> ObjectStore:
    """Return a store; nothing is asked of it yet.

    ``cache`` serves reads from a bucket; whoever audits a store gives none, and so reads what lies there.
    ``patient=False``: somebody waits, so a server that is silent is given up within seconds.
    ``StoreRefusedError`` when its key file is missing or no key: where the store can be asked, it names the
    key that is needed.
    """
    inner = _open_plain(settings, patient=patient)
    if cache is not None and settings.folder is None:
        inner = CachedStore(inner, cache)
    if settings.key_file is None:
        return inner
    # cryptography and what it loads is needed for encrypted stores only.
    from archive.objects.encrypted import EncryptedStore, needs_key, other_key_in
    from archive.objects.keyfile import read_key

    try:
        key = read_key(settings.key_file)
    except InputError as error:
        try:
            needed = other_key_in(inner)
        except RemoteStoreError:
            needed = None
        if needed is not None:
            raise needs_key(settings.name, needed, str(error)) from error
        why = f"{error}; what goes there is encrypted, so nothing is read or written without the key"
        raise StoreRefusedError(settings.name, why) from error
    return EncryptedStore(inner, key, settings.key_file)


def check_store(settings: StoreSettings, *, known: bool = False) -> list[Finding]:
    """Return what a store can and cannot do; a store that cannot be opened at all is a finding, too.

    ``known``: copies were put there before, as :meth:`ObjectStore.prepare` has it.
    """
    try:
        store = open_store(settings)
        if known:
            store.prepare(known=True)
        findings = store.check()
    except RemoteStoreError as error:
        message = str(error).removeprefix(f"store {settings.name}: ")
        return [Finding(name="opened", ability=Ability.NO, needed=True, message=message)]
    if settings.key_file is None and not any(
        finding.name == "reachable" and finding.ability is not Ability.YES for finding in findings
    ):
        findings.extend(_needs_a_key(settings.name, store))
    return findings


def _needs_a_key(name: str, store: ObjectStore) -> list[Finding]:
    from archive.objects.encrypted import needs_key, other_key_in

    try:
        needed = other_key_in(store)
    except RemoteStoreError:
        return []
    if needed is None:
        return []
    message = str(needs_key(name, needed, "no key_file is set")).removeprefix(f"store {name}: ")
    return [Finding(name="key", ability=Ability.NO, needed=True, message=message)]


def _open_plain(settings: StoreSettings, *, patient: bool) -> ObjectStore:
    if settings.folder is not None:
        from archive.objects.folder import FolderStore

        return FolderStore(settings.name, settings.folder)
    # boto3 takes half a second to import: only who has a bucket pays for it.
    from archive.objects.s3 import HURRIED, S3Store

    return S3Store(settings) if patient else S3Store(settings, limits=HURRIED)
