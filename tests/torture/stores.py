"""Stores for the copies of a tortured archive: a folder, and a bucket of a real S3 server if one is given."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

from servers.s3_server import S3

from archive import Archive


class Copies:
    """Where the files of one archive are to lie, too."""

    def __init__(self, archive: Path, s3: S3 | None = None) -> None:
        """Make the archive, and say in its ``mandegar.toml`` where its copies go."""
        self._archive = archive
        self._s3 = s3
        self.folder = archive.with_name(f"{archive.name}-store")
        self.folder.mkdir()
        with Archive.open(archive, create=True):
            pass
        text = f'copies = {1 if s3 is None else 2}\n[[stores]]\nname = "near"\nurl = "{self.folder}"\n'
        self.ports: tuple[int, ...] = ()
        if s3 is not None:
            self._bucket = s3.bucket(versioned=True)
            self.ports = (urlsplit(s3.endpoint).port or 80,)
            text += (
                f'[[stores]]\nname = "far"\nurl = "s3://{self._bucket}/archive"\nendpoint = "{s3.endpoint}"\n'
                f'region = "us-east-1"\npath_style = true\ncredentials_file = "{s3.credentials_file()}"\n'
            )
        marker = archive / "mandegar.toml"
        marker.write_text(marker.read_text() + text)

    def assert_whole(self) -> None:
        """No object bears its name before it is whole: each has the bytes of the closed file here."""
        for key, content in self._objects().items():
            here = self._archive / "warc" / key
            assert here.exists(), f"{key} is in a store, and not here any more"
            assert content == here.read_bytes(), f"the copy of {key} in the folder has other bytes"

    def assert_complete(self) -> None:
        """Every closed file lies in every store, byte for byte, and the catalogue counts it as verified."""
        self.assert_whole()
        files = {path.relative_to(self._archive / "warc").as_posix(): path for path in self._local()}
        missing = files.keys() - self._objects().keys()
        assert not missing, f"not in the folder: {sorted(missing)}"
        with contextlib.closing(sqlite3.connect(self._archive / "catalogue.sqlite")) as reading:
            rows = reading.execute(
                "SELECT f.key, c.store, c.state FROM files f LEFT JOIN copies c ON c.file = f.id"
            ).fetchall()
        names = {"near"} if self._s3 is None else {"near", "far"}
        verified = {(key, store) for key, store, state in rows if state == "verified"}
        wanted = {(key, name) for key in files for name in names}
        assert wanted <= verified, f"copies are not verified: {sorted(wanted - verified)}"
        if self._s3 is not None:
            client = self._s3.client()
            for key, path in files.items():
                found = client.get_object(Bucket=self._bucket, Key=f"archive/warc/{key}")["Body"].read()
                assert found == path.read_bytes(), f"the copy of {key} in the bucket has other bytes"

    def _local(self) -> list[Path]:
        return sorted((self._archive / "warc").rglob("*.warc.gz"))

    def _objects(self) -> dict[str, bytes]:
        root = self.folder / "warc"
        return {
            path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.warc.gz"))
        }
