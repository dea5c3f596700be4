"""What repeats on the archived pages of a source, and what its articles would lose: learned offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.message import content_decode
from model import DamagedArchiveError, ReadError
from pipelines import SiteLearner, sample_page, steady
from spiders import declared, page_class_for

if TYPE_CHECKING:
    from archive import Archive
    from archive.catalogue import CaptureSummary
    from model import Source
    from pipelines import PageSample, SiteBoilerplate

_MOST_BYTES = 32 << 20
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledArticle:
    """One article that taught, and what of it is the site's."""

    url: str
    record_id: str
    """Of the capture that was read: its first."""
    left_out: tuple[str, ...]
    """The beginnings of the blocks that it would lose, in order."""
    kept: int
    """How many blocks stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What a source's archived articles teach."""

    boilerplate: SiteBoilerplate
    articles: tuple[SampledArticle, ...]
    """Oldest capture first."""
    unread: tuple[str, ...]
    """Record ids of captures that could not be read or are no articles any more."""


def learn_source(
    archive: Archive, name: str, *, most: int, previous: SiteBoilerplate | None = None
) -> Taught:
    """Read the first captures of a source's ``most`` latest articles and return what repeats on them.

    Reads the archive alone and writes nothing; the same archive teaches the same. ``previous`` is returned
    while it leaves out the same of these articles. ``UnknownNameError``.
    """
    source = archive.catalogue.source(name)
    learner = SiteLearner()
    samples: list[tuple[CaptureSummary, PageSample]] = []
    unread: list[str] = []
    for capture in _first_captures(archive, name, most):
        sample = _sample(archive, source, capture)
        if sample is None:
            unread.append(capture.record_id)
            continue
        samples.append((capture, sample))
        learner.add(sample)
    known = learner.learn()
    if previous is not None and not previous.is_empty:
        known = steady(previous, known, [sample for _, sample in samples])
    return Taught(
        boilerplate=known,
        articles=tuple(_told(capture, sample, known) for capture, sample in samples),
        unread=tuple(unread),
    )


def _first_captures(archive: Archive, name: str, most: int) -> list[CaptureSummary]:
    """Return the first capture of each article, oldest first."""
    known: list[tuple[str, int]] = []
    offset = 0
    while found := archive.catalogue.articles(name, limit=_AT_ONCE, offset=offset):
        known.extend((one.first_seen_at.isoformat(), one.id) for one in found)
        offset += len(found)
    latest = sorted(known)[-most:]
    firsts = [archive.catalogue.article(number).captures[0] for _, number in latest]
    return sorted(firsts, key=lambda one: (one.captured_at, one.record_id))


def _sample(archive: Archive, source: Source, summary: CaptureSummary) -> PageSample | None:
    capture = archive.catalogue.capture(summary.record_id)
    if capture is None:
        return None
    declaration = declared().get(source.name)
    page = page_class_for(declaration.pages, capture.captured_at) if declaration else None
    try:
        stored = archive.load(capture)
        content_type = stored.head.get(b"content-type")
        return sample_page(
            content_decode(stored.entity, stored.head, max_bytes=_MOST_BYTES).data,
            url=capture.url,
            content_type=content_type.decode("latin-1") if content_type else None,
            reference=capture.captured_at,
            timezone=source.timezone,
            rules=page.rules if page else None,
        )
    except (DamagedArchiveError, ReadError):
        return None


def _told(capture: CaptureSummary, sample: PageSample, known: SiteBoilerplate) -> SampledArticle:
    drops = known.drops(sample.keys)
    left = [key for key, drop, was in zip(sample.keys, drops, sample.read, strict=True) if was and not drop]
    kept = len(left) - known.beyond(key.shape for key in reversed(left))
    ended = {id(key) for key in left[kept:]}
    out = [
        key.sample
        for key, drop, was in zip(sample.keys, drops, sample.read, strict=True)
        if was and (drop or id(key) in ended)
    ]
    return SampledArticle(
        url=capture.url,
        record_id=capture.record_id,
        left_out=tuple(out),
        kept=kept,
    )
