"""The nouns every room shares: frozen dataclasses and the error tree; standard library only."""

from model.article import (
    Article,
    Comment,
    CommentState,
    CommentThread,
    Disagreement,
    FeedLink,
    Image,
    Link,
    PageKind,
    Reading,
)
from model.capture import (
    Capture,
    Crawl,
    CrawlState,
    PageRole,
)
from model.codec import (
    from_json,
    json_text,
    to_json,
)
from model.content import (
    ContentSignal,
    ContentState,
    ContentVerdict,
    SignalKind,
)
from model.errors import (
    BadConfigurationError,
    BadUrlError,
    CopiesAwayError,
    DamagedArchiveError,
    FetchError,
    InputError,
    MandegarError,
    NotAnArchiveError,
    NotASiteError,
    ObjectDiffersError,
    ObjectMissingError,
    ReadError,
    RemoteStoreError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreRefusedError,
    StoreUnreachableError,
    UnknownNameError,
)
from model.event import (
    Event,
    EventKind,
    Judgement,
)
from model.exchange import (
    Exchange,
    ResponseHead,
    Truncation,
)
from model.mirror import (
    CaptureVia,
    Mirror,
    Via,
)
from model.observation import (
    ConnectAttempt,
    DnsAnswers,
    DnsReply,
    Failure,
    FailureKind,
    Observation,
    Stage,
    TlsFacts,
)
from model.ooni import (
    failure_kinds,
    ooni_failure,
)
from model.rules import (
    PageRules,
)
from model.source import (
    Source,
)
from model.survey import (
    Answer,
    Probe,
    ProbeRole,
    Survey,
    Vantage,
)
from model.verdict import (
    ConnectionKind,
    ConnectionVerdict,
    EvidenceLevel,
    RuleHit,
)
from model.version import (
    Version,
)

__all__ = [
    "Answer",
    "Article",
    "BadConfigurationError",
    "BadUrlError",
    "Capture",
    "CaptureVia",
    "Comment",
    "CommentState",
    "CommentThread",
    "ConnectAttempt",
    "ConnectionKind",
    "ConnectionVerdict",
    "ContentSignal",
    "ContentState",
    "ContentVerdict",
    "CopiesAwayError",
    "Crawl",
    "CrawlState",
    "DamagedArchiveError",
    "Disagreement",
    "DnsAnswers",
    "DnsReply",
    "Event",
    "EventKind",
    "EvidenceLevel",
    "Exchange",
    "Failure",
    "FailureKind",
    "FeedLink",
    "FetchError",
    "Image",
    "InputError",
    "Judgement",
    "Link",
    "MandegarError",
    "Mirror",
    "NotASiteError",
    "NotAnArchiveError",
    "ObjectDiffersError",
    "ObjectMissingError",
    "Observation",
    "PageKind",
    "PageRole",
    "PageRules",
    "Probe",
    "ProbeRole",
    "ReadError",
    "Reading",
    "RemoteStoreError",
    "ResponseHead",
    "RuleHit",
    "SignalKind",
    "Source",
    "Stage",
    "StoreBusyError",
    "StoreError",
    "StoreFullError",
    "StoreRefusedError",
    "StoreUnreachableError",
    "Survey",
    "TlsFacts",
    "Truncation",
    "UnknownNameError",
    "Vantage",
    "Version",
    "Via",
    "failure_kinds",
    "from_json",
    "json_text",
    "ooni_failure",
    "to_json",
]
