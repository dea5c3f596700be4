"""Object stores: folders and S3 buckets, plain or encrypted, behind one protocol."""

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
    "Content",
    "Finding",
    "KeepingSettings",
    "LockMode",
    "ObjectStore",
    "StoreSettings",
    "StoredObject",
    "Upload",
    "read_settings",
]
