"""Judges what became of articles, from what a crawl fetched: when everything else is done.

Looks are kept as observations, in WARC and in the catalogue; verdicts and events are made of them by
``pipelines.verdicts``, again whenever one is asked for. What would bring a matter on (the same address once
more, one that never was, places where an article may have gone) is asked for at once.
"""

from crawler.judging.folding import Folder
from crawler.judging.judging import Judging

__all__ = ["Folder", "Judging"]
