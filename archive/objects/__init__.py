"""Object stores: folders and S3 buckets, plain or encrypted, behind one protocol."""

from archive.objects.changing import add_store, remove_store, set_copies
from archive.objects.contents import BytesContent, FileContent
from archive.objects.folder import FolderStore
from archive.objects.keyfile import StoreKey, make_key, read_key
from archive.objects.opening import check_store, open_store
from archive.objects.settings import (
    KeepingSettings,
    LockMode,
    StoreSettings,
    make_store,
    read_settings,
)
from archive.objects.store import (
    Ability,
    Content,
    Finding,
    ObjectStore,
    StoredObject,
    Upload,
)

__all__ = [
    "Ability",
    "BytesContent",
    "Content",
    "FileContent",
    "Finding",
    "FolderStore",
    "KeepingSettings",
    "LockMode",
    "ObjectStore",
    "StoreKey",
    "StoreSettings",
    "StoredObject",
    "Upload",
    "add_store",
    "check_store",
    "make_key",
    "make_store",
    "open_store",
    "read_key",
    "read_settings",
    "remove_store",
    "set_copies",
]
