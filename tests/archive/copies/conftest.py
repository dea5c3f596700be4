"""What tests of copies share."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from samples.copies import QUICK, folder_store, kept
from samples.store_scene import LIMITS, Crawled, MakeScene, Scene, crawl_into
from servers.faulty_proxy import FaultyProxy
from servers.s3_server import S3

from archive.copies.pace import Pace
from archive.objects import StoreSettings
from archive.objects.s3 import Limits, S3Store

MB = 1 << 20


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl_into(tmp_path_factory.mktemp("small") / "archive")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """Give an archive with a file that goes up in two parts, and a small one."""
    body = random.Random(3).randbytes(9 * MB)
    return crawl_into(tmp_path_factory.mktemp("large") / "archive", pages=1, body=body)


@pytest.fixture
def proxy(s3: S3) -> Iterator[FaultyProxy]:
    with FaultyProxy(s3.server.port) as running:
        yield running


@pytest.fixture
def scene(tmp_path: Path, small: Crawled, s3: S3, proxy: FaultyProxy) -> MakeScene:
    @contextmanager
    def make(
        crawled: Crawled = small,
        *,
        limits: Limits = LIMITS,
        pace: Pace = QUICK,
        client: Any = None,
        **more: Any,
    ) -> Iterator[Scene]:
        path = tmp_path / "archive"
        if not path.exists():
            shutil.copytree(crawled.path, path)
        settings = s3.settings("paris", endpoint=proxy.endpoint, **more)
        paris = S3Store(settings, limits=limits)
        configured = (settings, StoreSettings(name="attic", url=str(tmp_path / "attic")))
        stores = (paris, folder_store(tmp_path, "attic"))
        with kept(path, *stores, configured=configured, copies=2, keep_local_days=0) as here:
            yield Scene(here, crawled, paris, settings, client or s3.client(), tmp_path, here.keeper(pace))

    return make
