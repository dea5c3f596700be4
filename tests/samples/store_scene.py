"""An archive whose copies go to a real bucket behind a proxy that breaks things, and to a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samples.copies import PATIENCE_S, Kept, fill, wait_until

from archive.catalogue import CopyState
from archive.copies.keeper import Keeper
from archive.copies.keeping import object_key
from archive.copies.round import audit
from archive.copies.tidying import tidy
from archive.manifest.chain import check_chain
from archive.manifest.places import StorePlace
from archive.objects import StoreSettings
from archive.objects.s3 import Limits, S3Store

LIMITS = Limits(connect_s=5, read_s=30, tries=2, wait_s=0.01)


@dataclass(frozen=True)
class Crawled:
    """An archive to be copied."""

    path: Path
    keys: list[str]
    """The largest file first."""
    sha256: dict[str, str]


def crawl_into(path: Path, **how: Any) -> Crawled:
    keys = fill(path, files=1, **how)
    keys.sort(key=lambda key: (path / "warc" / key).stat().st_size, reverse=True)
    return Crawled(path, keys, {key: sha256_of((path / "warc" / key).read_bytes()) for key in keys})


@dataclass
class Scene:
    """An archive whose copies go to a bucket, ``paris``, and to a folder, ``attic``; both are asked for."""

    here: Kept
    crawled: Crawled
    paris: S3Store
    settings: StoreSettings
    client: Any
    """Past the proxy."""
    folder: Path
    keeper: Keeper

    @property
    def keys(self) -> list[str]:
        return self.crawled.keys

    @property
    def reason(self) -> str:
        """What `mandegar store status` shows as standing in the way."""
        return str(self.here.keeping.ledger.standing("paris").reason)

    def local(self, key: str) -> Path:
        return self.folder / "archive" / "warc" / key

    def begin(self) -> None:
        """Let the keeper run until nothing more can be put now."""
        self.keeper.start()
        self.keeper.finish()
        assert self.keeper.wait(PATIENCE_S)

    def verified(self) -> set[str]:
        return {copy.key for copy in self.here.keeping.ledger.copies_in("paris", CopyState.VERIFIED)}

    def in_bucket(self, key: str) -> str | None:
        """Return the SHA-256 of what the server itself gives, or ``None``."""
        full = f"{self.settings.prefix}/{object_key(key)}"
        try:
            answer = self.client.get_object(Bucket=self.settings.bucket, Key=full)
        except (self.client.exceptions.NoSuchKey, self.client.exceptions.NoSuchBucket):
            return None
        return sha256_of(answer["Body"].read())

    def assert_nothing_is_lost(self, *waiting: str) -> None:
        """Check that only these wait for ``paris``, that what counts is whole, and the rest untouched."""
        ledger = self.here.keeping.ledger
        verified = self.verified()
        assert verified == set(self.keys) - set(waiting)
        for key in verified:
            assert self.in_bucket(key) == self.crawled.sha256[key]
        assert {copy.key for copy in ledger.copies_in("paris", CopyState.PENDING)} == set(waiting)
        assert self.here.states("attic") == {CopyState.VERIFIED}
        assert ledger.safety(["paris", "attic"], 2).safe == len(verified)
        dropped = dict(tidy(self.here.keeping).kept)
        for key in waiting:
            assert dropped[key] == "1 of 2 copies are verified"
            assert sha256_of(self.local(key).read_bytes()) == self.crawled.sha256[key]

    def assert_caught_up(self) -> None:
        """Check that the same keeper puts what waits, and that then files are dropped, and only then."""
        ledger = self.here.keeping.ledger
        wait_until(lambda: ledger.standing("paris").pending == 0)
        self.keeper.wake()
        assert self.keeper.wait(PATIENCE_S)
        assert self.here.states("paris") == self.here.states("attic") == {CopyState.VERIFIED}
        assert audit(self.here.keeping, everything=True).is_clean
        assert tidy(self.here.keeping).kept == ()
        assert not any(self.local(key).exists() for key in self.keys)
        for key in self.keys:
            assert self.in_bucket(key) == self.crawled.sha256[key]
        for store in self.here.keeping.stores:
            assert check_chain(StorePlace(store))[1] == []


MakeScene = Callable[..., Any]


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
