"""An archive of the sample newsroom, the desk's real server over it, and a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from samples.shelf import fill_from_newsroom
from servers import chromium
from servers.desk_server import Desk, running_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def newsroom_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sample newsroom, archived twice; not to be written to."""
    path = tmp_path_factory.mktemp("desk") / "archive"
    fill_from_newsroom(path)
    return path


@pytest.fixture(scope="session")
def desk(newsroom_archive: Path) -> Iterator[Desk]:
    with running_desk(newsroom_archive) as running:
        yield running


# Playwright keeps an event loop running in this thread: no test of another module could start its own.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = chromium.launch(playwright)
    yield started
    started.close()
