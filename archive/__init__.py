"""Keeps what was fetched and gives it back: WARC files, the catalogue over them, and their folder."""

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
