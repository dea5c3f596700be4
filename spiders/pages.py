"""Dated page classes: one for each era of a site's pages; old ones are never deleted.

An archive re-reads old captures, so a capture is read by the class of its day, not by the newest. Adopted
from fundus' versioned parsers (Apache-2.0 idea, no code).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from model import BadConfigurationError, PageRules, Reading

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Refine: TypeAlias = "Callable[[HtmlElement, Reading], Reading]"
"""A last word on a reading, where rules do not suffice: takes the parsed page and what was read of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageClass:
    """How the pages of a source were built during one era."""

    rules: PageRules
    valid_from: date | None = None
    """First day (UTC) of the era; ``None``: since ever."""
    valid_until: date | None = None
    """First day (UTC) that no longer belongs to it; ``None``: until now."""
    refine: Refine | None = None
    """A module-level function: it is sent to worker processes by name."""


def page_class_for(classes: Sequence[PageClass], moment: datetime) -> PageClass | None:
    """Return the class of the day of ``moment`` (aware), or ``None`` when none is declared for that day.

    >>> era = PageClass(rules=PageRules(name="xx_paper/1"), valid_until=date(2020, 1, 1))
    >>> page_class_for([era], datetime(2019, 12, 31, 23, 59, tzinfo=UTC)).rules.name
    'xx_paper/1'
    >>> page_class_for([era], datetime(2020, 1, 1, tzinfo=UTC))
    """
    day = moment.astimezone(UTC).date()
    for era in classes:
        begun = era.valid_from is None or era.valid_from <= day
        if begun and (era.valid_until is None or day < era.valid_until):
            return era
    return None


def check_page_classes(source: str, classes: Sequence[PageClass]) -> None:
    """Raise ``BadConfigurationError`` when two classes are valid on one day, or an era is empty."""
    names = [era.rules.name for era in classes]
    if len(set(names)) != len(names):
        raise BadConfigurationError(f"{source}: PAGES", f"two page classes share a name: {', '.join(names)}")
    for era in classes:
        if era.valid_from and era.valid_until and era.valid_until <= era.valid_from:
            raise BadConfigurationError(
                f"{source}: {era.rules.name}",
                f"ends ({era.valid_until}) before it begins ({era.valid_from})",
            )
    ordered = sorted(classes, key=lambda era: era.valid_from or date.min)
    for earlier, later in pairwise(ordered):
        if earlier.valid_until is None or earlier.valid_until > (later.valid_from or date.min):
            raise BadConfigurationError(
                f"{source}: PAGES",
                f"{earlier.rules.name} and {later.rules.name} are both valid on "
                f"{later.valid_from or 'the first day'}; end the earlier one on the first day of the later",
            )
