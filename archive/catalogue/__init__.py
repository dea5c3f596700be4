"""What the archive knows: captures, articles, comments, crawls and their frontier, and search over them.

Derived from the WARC files, on SQLite. A :class:`Catalogue` is read by its methods and written in
:class:`Batch` transactions.
"""

from archive.catalogue.batch import Batch
from archive.catalogue.catalogue import Catalogue, settle_file
from archive.catalogue.holdings import (
    CopyState,
    FileCopy,
    Safety,
    StoreStanding,
    TouchedCapture,
    WarcFile,
)
from archive.catalogue.ledger import Ledger
from archive.catalogue.readings import Readings, reading_digest, thread_digest
from archive.catalogue.records import (
    AgainArticle,
    AgainThread,
    ArticleReceipt,
    ArticleRecord,
    ArticleSummary,
    CaptureSummary,
    CommentEdit,
    CommentRecord,
    FailureRecord,
    FrontierRow,
    FrontierState,
    HitKind,
    HostRow,
    IndexedText,
    KnownReading,
    LearnedRow,
    SearchHit,
    Totals,
)

__all__ = [
    "AgainArticle",
    "AgainThread",
    "ArticleReceipt",
    "ArticleRecord",
    "ArticleSummary",
    "Batch",
    "CaptureSummary",
    "Catalogue",
    "CommentEdit",
    "CommentRecord",
    "CopyState",
    "FailureRecord",
    "FileCopy",
    "FrontierRow",
    "FrontierState",
    "HitKind",
    "HostRow",
    "IndexedText",
    "KnownReading",
    "LearnedRow",
    "Ledger",
    "Readings",
    "Safety",
    "SearchHit",
    "StoreStanding",
    "Totals",
    "TouchedCapture",
    "WarcFile",
    "reading_digest",
    "settle_file",
    "thread_digest",
]
