"""Chromium as the tests run it: names under .example lead to loopback, nothing is fetched for itself."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.example 127.0.0.1",
    # It would keep other sites' pages from loopback by itself; here the desk has to, as in browsers without
    # it.
    "--disable-features=LocalNetworkAccessChecks",
)


def launch(playwright: Playwright, *options: str) -> Browser:
    """Start Chromium; fails with the command that installs it when it is not there."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("these tests need Chromium: apt-get install chromium", pytrace=False)
    return playwright.chromium.launch(executable_path=chromium, args=[*OPTIONS, *options])
