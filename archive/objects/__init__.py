"""Object stores: folders and S3 buckets, plain or encrypted, behind one protocol."""

from archive.objects.contents import BytesContent, FileContent
from archive.objects.folder import FolderStore
from archive.objects.settings import KeepingSettings, LockMode, StoreSettings, read_settings
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
    "StoreSettings",
    "StoredObject",
    "Upload",
    "read_settings",
]
