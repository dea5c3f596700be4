"""All that was learned of the pages of one source, by one name: what repeats on them, and what flickers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from pipelines.flicker import Flicker
from pipelines.learned import SiteBoilerplate, digest_text


@dataclass(frozen=True, kw_only=True)
class LearnedPages:
    """What a source's articles are read with; goes through :mod:`model.codec` as JSON."""

    boilerplate: SiteBoilerplate = field(default_factory=SiteBoilerplate)
    """Left out of the text."""
    flicker: Flicker = field(default_factory=Flicker)
    """Marked in the text (``Article.flickering``)."""

    @cached_property
    def revision(self) -> str:
        """Eight hex digits that change when what is read may; empty when nothing is known."""
        one, other = self.boilerplate.revision, self.flicker.revision
        return digest_text(f"{one} {other}")[:8] if one and other else one or other
