"""A publication: where it lives, how it is found, how it is treated."""

from __future__ import annotations

from dataclasses import dataclass

from model.mirror import Mirror


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One publication. Everything but ``name`` and ``origin`` has a default that suits most sites."""

    name: str
    """``<iso-country>_<name>`` for a declared source (``nl_zamaneh``); else made from its host
    (``example_org``, ``127_0_0_1_8081``). Lower case letters, digits and ``_``; never empty."""
    origin: str
    """Where the crawl begins, as given: ``https://www.example.org/``."""
    title: str = ""
    """As people call it; empty when not known."""
    hosts: tuple[str, ...] = ()
    """Further hosts that belong to the site, beside its own registrable domain."""
    feeds: tuple[str, ...] = ()
    """Feeds to read beside those found; absolute URLs."""
    sitemaps: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    """Front and section pages to walk beside the origin; absolute URLs."""
    languages: tuple[str, ...] = ()
    """BCP 47, the main one first; empty when not known."""
    timezone: str = ""
    """IANA name, for dates printed without a zone; empty when not known."""
    article_pattern: str = ""
    """A regular expression that an article's URL matches; empty: decided page by page."""
    skip_pattern: str = ""
    """A regular expression of URLs never to fetch; empty: none."""
    delay_s: float | None = None
    """Seconds between two requests to a host; ``None``: the default, or robots.txt when longer."""
    obey_robots: bool = True
    max_pages: int | None = None
    """End after so many pages; ``None``: no limit."""
    max_age_days: int | None = None
    """Leave articles alone whose feed or sitemap date is older; ``None``: take all."""
    allowed_ranges: tuple[str, ...] = ()
    """Private address ranges (CIDR) that this source may be fetched from."""
    accept_bad_certificates: tuple[str, ...] = ()
    """Hosts whose certificate is not asked to verify; every exchange then says so."""
    expected_articles_per_day: float | None = None
    mirrors: tuple[Mirror, ...] = ()
    """Where else it stands, as the operator knows; tried in this order when the origin cannot be reached."""
