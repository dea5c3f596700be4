"""Keeps what was fetched and gives it back: WARC files, the catalogue over them, and their folder.

Its names are imported when first asked for: what reads a page needs no catalogue.
"""

from typing import TYPE_CHECKING

from model.faces import later

if TYPE_CHECKING:
    from archive.conversion import ThreadJson, article_json, thread_json
    from archive.recorder import Gathered, ReadArticle, ReadThread, Recorder, Settled
    from archive.rereading import ReadAgain, RereadRecorder
    from archive.shelf import Stores
    from archive.workspace import Archive, StoredResponse

__all__ = [
    "Archive",
    "Gathered",
    "ReadAgain",
    "ReadArticle",
    "ReadThread",
    "Recorder",
    "RereadRecorder",
    "Settled",
    "StoredResponse",
    "Stores",
    "ThreadJson",
    "article_json",
    "thread_json",
]

_PLACES = {
    "Archive": "archive.workspace",
    "Gathered": "archive.recorder",
    "ReadAgain": "archive.rereading",
    "ReadArticle": "archive.recorder",
    "ReadThread": "archive.recorder",
    "Recorder": "archive.recorder",
    "RereadRecorder": "archive.rereading",
    "Settled": "archive.recorder",
    "StoredResponse": "archive.workspace",
    "Stores": "archive.shelf",
    "ThreadJson": "archive.conversion",
    "article_json": "archive.conversion",
    "thread_json": "archive.conversion",
}
__getattr__ = later(__name__, _PLACES)
