"""The one error by which a stage of an attempt (DNS, guard, TLS…) tells the client what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model import MandegarError

if TYPE_CHECKING:
    from model import Failure


class StageFailedError(MandegarError):
    """A stage could not be passed; ``failure`` says why.

    It never leaves ``crawler.wire``: the client puts the failure into the observation of a
    :class:`model.FetchError`, raised from this one.
    """

    exit_code = 4

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure
