"""What the archive knows: captures, articles, comments, crawls and their frontier, and search over them.

Derived from the WARC files, on SQLite. A :class:`Catalogue` is read by its methods and written in
:class:`Batch` transactions.

Its names are imported when first asked for: the nouns stand without SQLAlchemy.
"""

from typing import TYPE_CHECKING

from model.faces import later

if TYPE_CHECKING:
    from archive.catalogue.batch import Batch
    from archive.catalogue.catalogue import Catalogue, settle_file
    from archive.catalogue.connections import Connections
    from archive.catalogue.holdings import (
        CopyState,
        FileCopy,
        Safety,
        StoreStanding,
        TouchedCapture,
        WarcFile,
    )
    from archive.catalogue.ledger import Ledger
    from archive.catalogue.looks import Looks
    from archive.catalogue.readings import Readings, reading_digest, thread_digest
    from archive.catalogue.records import (
        AgainArticle,
        AgainThread,
        ArticleReceipt,
        ArticleRecord,
        ArticleSummary,
        AttentionRow,
        CaptureSummary,
        CommentEdit,
        CommentRecord,
        ConnectionRow,
        FailureRecord,
        FrontierRow,
        FrontierState,
        HitKind,
        HostRow,
        IndexedText,
        KnownReading,
        LearnedRow,
        LookRow,
        SearchHit,
        SeenArticle,
        Totals,
    )
    from archive.catalogue.vias import Vias

__all__ = [
    "AgainArticle",
    "AgainThread",
    "ArticleReceipt",
    "ArticleRecord",
    "ArticleSummary",
    "AttentionRow",
    "Batch",
    "CaptureSummary",
    "Catalogue",
    "CommentEdit",
    "CommentRecord",
    "ConnectionRow",
    "Connections",
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
    "LookRow",
    "Looks",
    "Readings",
    "Safety",
    "SearchHit",
    "SeenArticle",
    "StoreStanding",
    "Totals",
    "TouchedCapture",
    "Vias",
    "WarcFile",
    "reading_digest",
    "settle_file",
    "thread_digest",
]

_PLACES = {
    "AgainArticle": "archive.catalogue.records",
    "AgainThread": "archive.catalogue.records",
    "ArticleReceipt": "archive.catalogue.records",
    "ArticleRecord": "archive.catalogue.records",
    "ArticleSummary": "archive.catalogue.records",
    "AttentionRow": "archive.catalogue.records",
    "Batch": "archive.catalogue.batch",
    "CaptureSummary": "archive.catalogue.records",
    "Catalogue": "archive.catalogue.catalogue",
    "CommentEdit": "archive.catalogue.records",
    "CommentRecord": "archive.catalogue.records",
    "ConnectionRow": "archive.catalogue.records",
    "Connections": "archive.catalogue.connections",
    "CopyState": "archive.catalogue.holdings",
    "FailureRecord": "archive.catalogue.records",
    "FileCopy": "archive.catalogue.holdings",
    "FrontierRow": "archive.catalogue.records",
    "FrontierState": "archive.catalogue.records",
    "HitKind": "archive.catalogue.records",
    "HostRow": "archive.catalogue.records",
    "IndexedText": "archive.catalogue.records",
    "KnownReading": "archive.catalogue.records",
    "LearnedRow": "archive.catalogue.records",
    "Ledger": "archive.catalogue.ledger",
    "LookRow": "archive.catalogue.records",
    "Looks": "archive.catalogue.looks",
    "Readings": "archive.catalogue.readings",
    "Safety": "archive.catalogue.holdings",
    "SearchHit": "archive.catalogue.records",
    "SeenArticle": "archive.catalogue.records",
    "StoreStanding": "archive.catalogue.holdings",
    "Totals": "archive.catalogue.records",
    "TouchedCapture": "archive.catalogue.holdings",
    "Vias": "archive.catalogue.vias",
    "WarcFile": "archive.catalogue.holdings",
    "reading_digest": "archive.catalogue.readings",
    "settle_file": "archive.catalogue.catalogue",
    "thread_digest": "archive.catalogue.readings",
}
__getattr__ = later(__name__, _PLACES)
