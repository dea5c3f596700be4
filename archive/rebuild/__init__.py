"""Makes the catalogue from WARC files: anew as a whole, or what a killed crawl wrote and no row names.

Its names are imported when first asked for: the processes that read need no catalogue.
"""

from typing import TYPE_CHECKING

from model.faces import later

if TYPE_CHECKING:
    from archive.rebuild.files import WarcPlace, local_files
    from archive.rebuild.found import Folding, Problem
    from archive.rebuild.indexing import index_unindexed
    from archive.rebuild.job import rebuild
    from archive.rebuild.report import ReadElsewhere, RebuildProgress, RebuildReport

__all__ = [
    "Folding",
    "Problem",
    "ReadElsewhere",
    "RebuildProgress",
    "RebuildReport",
    "WarcPlace",
    "index_unindexed",
    "local_files",
    "rebuild",
]

_PLACES = {
    "Folding": "archive.rebuild.found",
    "Problem": "archive.rebuild.found",
    "ReadElsewhere": "archive.rebuild.report",
    "RebuildProgress": "archive.rebuild.report",
    "RebuildReport": "archive.rebuild.report",
    "WarcPlace": "archive.rebuild.files",
    "index_unindexed": "archive.rebuild.indexing",
    "local_files": "archive.rebuild.files",
    "rebuild": "archive.rebuild.job",
}
__getattr__ = later(__name__, _PLACES)
