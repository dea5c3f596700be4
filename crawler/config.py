"""The crawl's configuration, read once from Scrapy's settings; contradictions are refused at start."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from model import BadConfigurationError

if TYPE_CHECKING:
    from typing import Self

    from scrapy.settings import BaseSettings

VERSION = "0.1.0"
MOST_TWICE = 50
"""Two teach, and a site is not to be asked for more than that is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlConfig:
    """What one crawl is told, beside its source."""

    archive: Path
    user_agent: str
    contact_url: str
    operator: str
    obey_robots: bool
    readers: int
    """Worker processes that read pages."""
    read_timeout_s: float
    max_retry_after_s: float
    retry_first_s: float
    """Seconds before a request that failed is made again; four times as long after each further failure."""
    retry_wait_s: float
    """For how long a crawl that has nothing else to do waits for such requests, at most."""
    requisites_fresh_s: float
    """For how long a style sheet or image that was fetched well is not fetched again."""
    fresh: bool
    """Begin anew even when a crawl of the source was interrupted."""
    twice: int
    """So many articles are fetched twice more at the end, to learn what flickers."""
    deduplicate: bool
    warc_max_bytes: int
    warc_max_age_s: float
    disk_reserve_mb: int | None
    """``None``: what the archive's own settings say."""
    worker: bool
    """Write into the archive beside other workers."""
    digest: str
    """SHA-256 of every setting that differs from Scrapy's own, for the record."""

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """Read and check; ``BadConfigurationError`` names the setting."""
        contact = settings.get("MANDEGAR_CONTACT_URL", "")
        if contact and urlsplit(contact).scheme not in {"http", "https"}:
            raise BadConfigurationError("MANDEGAR_CONTACT_URL", f"{contact!r} is no web address")
        readers = settings.getint("MANDEGAR_READERS")
        if readers < 0:
            raise BadConfigurationError("MANDEGAR_READERS", "a number of processes, 0 for one each core")
        timeout = settings.getfloat("MANDEGAR_READ_TIMEOUT_S")
        if timeout <= 0:
            raise BadConfigurationError("MANDEGAR_READ_TIMEOUT_S", "must be more than 0 seconds")
        warc_max_mb = settings.getfloat("MANDEGAR_WARC_MAX_MB")
        if warc_max_mb <= 0:
            raise BadConfigurationError("MANDEGAR_WARC_MAX_MB", "must be more than 0 megabytes")
        warc_max_age_s = settings.getfloat("MANDEGAR_WARC_MAX_AGE_S")
        if warc_max_age_s <= 0:
            raise BadConfigurationError("MANDEGAR_WARC_MAX_AGE_S", "must be more than 0 seconds")
        first = settings.getfloat("MANDEGAR_RETRY_FIRST_S")
        if not first > 0:
            raise BadConfigurationError("MANDEGAR_RETRY_FIRST_S", "must be more than 0 seconds")
        return cls(
            archive=Path(settings["MANDEGAR_ARCHIVE"]).expanduser(),
            user_agent=_user_agent(settings["USER_AGENT"], contact),
            contact_url=contact,
            operator=settings.get("MANDEGAR_OPERATOR", ""),
            obey_robots=settings.getbool("ROBOTSTXT_OBEY"),
            readers=readers or min(8, os.cpu_count() or 1),
            read_timeout_s=timeout,
            max_retry_after_s=settings.getfloat("MANDEGAR_MAX_RETRY_AFTER_S"),
            retry_first_s=first,
            retry_wait_s=settings.getfloat("MANDEGAR_RETRY_WAIT_S"),
            requisites_fresh_s=settings.getfloat("MANDEGAR_REQUISITES_FRESH_S"),
            fresh=settings.getbool("MANDEGAR_FRESH"),
            twice=_twice(settings),
            deduplicate=settings.getbool("MANDEGAR_DEDUPLICATE", True),
            warc_max_bytes=int(warc_max_mb * (1 << 20)),
            warc_max_age_s=warc_max_age_s,
            disk_reserve_mb=_reserve(settings),
            worker=settings.getbool("MANDEGAR_WORKER"),
            digest=_settings_digest(settings),
        )

    def warcinfo(self) -> dict[str, str]:
        """Return what ``warcinfo`` says of the crawl (WARC 1.1, 6.2); the writer adds the format."""
        fields = {
            "software": f"mandegar/{VERSION}",
            "robots": "obey" if self.obey_robots else "ignore",
            "http-header-user-agent": self.user_agent,
            "mandegar-settings-digest": self.digest,
        }
        if self.operator:
            fields["operator"] = self.operator
        return fields


def _reserve(settings: BaseSettings) -> int | None:
    if settings.get("MANDEGAR_DISK_RESERVE_MB") is None:
        return None
    reserve = settings.getint("MANDEGAR_DISK_RESERVE_MB")
    if reserve < 0:
        raise BadConfigurationError("MANDEGAR_DISK_RESERVE_MB", "a number of megabytes, 0 for no reserve")
    return reserve


def _twice(settings: BaseSettings) -> int:
    twice = settings.getint("MANDEGAR_TWICE")
    if not 0 <= twice <= MOST_TWICE:
        raise BadConfigurationError("MANDEGAR_TWICE", f"a number of articles, 0 to {MOST_TWICE}")
    return twice


def _user_agent(name: str, contact: str) -> str:
    """Return the name with the contact in it, where crawlers put it: ``name/1 (what; +https://…)``."""
    if not contact:
        return name
    return f"{name[:-1]}; +{contact})" if name.endswith(")") else f"{name} (+{contact})"


# What says who or where, or carries a secret, is no part of how a crawl behaves.
_NOT_DIGESTED = {
    "MANDEGAR_PROXY",
    "MANDEGAR_ARCHIVE",
    "MANDEGAR_OPERATOR",
    "MANDEGAR_WORKER",
    "MANDEGAR_DISK_RESERVE_MB",
}


def _settings_digest(settings: BaseSettings) -> str:
    chosen = {
        name: str(settings[name])
        for name in settings
        if isinstance(name, str) and name not in _NOT_DIGESTED and (settings.getpriority(name) or 0) > 0
    }
    text = json.dumps(chosen, sort_keys=True, ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
