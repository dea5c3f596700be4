"""Keeps what was fetched and gives it back: WARC files, the catalogue over them, and the folder they live in."""

from archive.recorder import Gathered, ReadArticle, Recorder, ReadThread, Settled
from archive.workspace import Archive, StoredResponse

__all__ = [
    "Archive",
    "Gathered",
    "ReadArticle",
    "ReadThread",
    "Recorder",
    "Settled",
    "StoredResponse",
]
