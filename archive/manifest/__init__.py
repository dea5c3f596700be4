"""Manifests of what an archive holds, chained by day, and proofs that a record is among it."""

from archive.manifest.bundle import shell_steps, write_bundle
from archive.manifest.chain import ChainFault, Link, check_chain, manifest_of, read_files, read_link
from archive.manifest.inventory import Damage, Inventory, RecordDigest, take_inventory
from archive.manifest.manifest import Head, ManifestFile
from archive.manifest.places import ARCHIVE, FolderPlace, Place, StorePlace
from archive.manifest.proof import NotSealedError, Proof, Step, copy_record, normal_record_id, prove
from archive.manifest.sealing import Refused, Sealed, note_chain, place_of, seal

__all__ = [
    "ARCHIVE",
    "ChainFault",
    "Damage",
    "FolderPlace",
    "Head",
    "Inventory",
    "Link",
    "ManifestFile",
    "NotSealedError",
    "Place",
    "Proof",
    "RecordDigest",
    "Refused",
    "Sealed",
    "Step",
    "StorePlace",
    "check_chain",
    "copy_record",
    "manifest_of",
    "normal_record_id",
    "note_chain",
    "place_of",
    "prove",
    "read_files",
    "read_link",
    "seal",
    "shell_steps",
    "take_inventory",
    "write_bundle",
]
