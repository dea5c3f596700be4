"""Makes the catalogue from WARC files: anew as a whole, or what a killed crawl wrote and no row names."""

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
