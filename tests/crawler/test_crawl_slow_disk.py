"""A disk slower than the site: the crawl waits for what it found last, instead of ending without it."""

from __future__ import annotations

from pathlib import Path

from servers import slow_disk
from servers.crawl_process import crawl
from servers.small_site import Site, page
from torture.checks import captured_urls

LENGTH = 40


def test_pages_found_while_a_settlement_runs_are_crawled(tmp_path: Path) -> None:
    """One page leads to the next, so that at each there is a moment when the crawl has nothing else to do."""
    site = Site()
    names = [f"/{'i' * number}/" for number in range(1, LENGTH)]
    for name, following in zip(["/", *names], [*names, "/"], strict=True):
        site.add(name, page("صفحه", f'<p><a href="{following}">بعدی</a></p>'))
    with site.serving() as url:
        ended = crawl(tmp_path / "archive", url, program=slow_disk.PROGRAM)
        assert ended.code == 0, ended
        missing = {url.rstrip("/") + name for name in names} - captured_urls(tmp_path / "archive")
    assert not missing
