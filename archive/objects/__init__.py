"""Object stores: folders and S3 buckets, plain or encrypted, behind one protocol."""

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
    "ObjectStore",
    "StoredObject",
    "Upload",
]
