"""The tables. Derived from the WARC files: whatever is here can be made again from them.

Names of crawls and sources are stored once and stand as numbers elsewhere (a capture would be 40 bytes longer
in every index). Times are :class:`~archive.catalogue.columns.Moment`. Texts in full-text tables are named by
``passages.id``; those tables are made by :mod:`archive.catalogue.sqlite` and are not part of this metadata.

A change here needs a migration in ``migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from archive.catalogue.columns import Moment

HEAD: Final = "0007"
"""The newest revision in ``migrations/versions``."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column declared INTEGER; PostgreSQL needs 64 bits said.
_Number = BigInteger().with_variant(Integer(), "sqlite")


def _number() -> Column[int]:
    return Column("id", _Number, primary_key=True)


sources = Table(
    "sources",
    metadata,
    _number(),
    Column("name", String(200), nullable=False, unique=True),
    Column("noun", Text, nullable=False),
)

# What was learned of a source's pages and is read with; the newest that was kept.
learned = Table(
    "learned",
    metadata,
    _number(),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False, unique=True),
    # Empty: it is read without.
    Column("revision", Text, nullable=False),
    Column("learned_at", Moment, nullable=False),
    # JSON of whoever learned it.
    Column("content", Text, nullable=False),
)

crawls = Table(
    "crawls",
    metadata,
    _number(),
    Column("name", String(200), nullable=False, unique=True),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("warc_bytes", BigInteger, nullable=False),
    Column("noun", Text, nullable=False),
    Column("holder", Text),
    Column("heartbeat_at", Moment),
    Index("ix_crawls_source_started_at", "source", "started_at"),
)

captures = Table(
    "captures",
    metadata,
    _number(),
    Column("record_id", String(100), nullable=False, unique=True),
    Column("crawl", _Number, ForeignKey("crawls.id"), nullable=False),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    Column("url_key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("captured_at", Moment, nullable=False),
    Column("warc_key", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("mime", Text, nullable=False),
    Column("payload_digest", String(100), nullable=False),
    Column("payload_length", BigInteger, nullable=False),
    Column("revisit_of", String(100)),
    Column("truncated", String(20)),
    Column("role", String(20), nullable=False),
    Column("redirect_to", Text),
    # Name and version of what read it last; NULL: nothing did, or no record tells.
    Column("extractor", Text),
    Index("ix_captures_url_key_captured_at", "url_key", "captured_at"),
    Index("ix_captures_payload_digest", "payload_digest"),
    # What a damaged file touches.
    Index("ix_captures_warc_key", "warc_key"),
)

failures = Table(
    "failures",
    metadata,
    _number(),
    Column("record_id", String(100), nullable=False, unique=True),
    Column("crawl", _Number, ForeignKey("crawls.id"), nullable=False),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    Column("url_key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("kind", String(60), nullable=False),
    Column("stage", String(20), nullable=False),
    Column("detail", Text, nullable=False),
    Column("failed_at", Moment, nullable=False),
    Index("ix_failures_crawl_kind", "crawl", "kind"),
    Index("ix_failures_url_key", "url_key"),
)

articles = Table(
    "articles",
    metadata,
    _number(),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    Column("url_key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("section", Text),
    Column("language", Text),
    Column("published_at", Moment),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("wordpress_post_id", BigInteger),
    # The version shown by the canonical page when last captured, and the highest number given.
    Column("current_version", Integer, nullable=False),
    Column("versions", Integer, nullable=False),
    Column("declared_comments", BigInteger),
    UniqueConstraint("source", "url_key"),
    Index("ix_articles_url_key", "url_key"),
    Index("ix_articles_published_at", "published_at"),
    Index("ix_articles_source_published_at", "source", "published_at"),
    Index("ix_articles_source_wordpress_post_id", "source", "wordpress_post_id"),
)

versions = Table(
    "versions",
    metadata,
    _number(),
    Column("article", _Number, ForeignKey("articles.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", String(100), nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("noun", Text, nullable=False),
    # What read the capture that showed it last; NULL: not known.
    Column("extractor", Text),
    # It differs from what was shown before, but that was read by another extractor: the site need not have
    # changed.
    Column("by_extractor", Boolean, nullable=False, server_default="0"),
    # Digest of where its text links to; NULL: not known, and then compared with nothing.
    Column("links", String(32)),
    UniqueConstraint("article", "number"),
    Index(
        "ix_versions_by_extractor",
        "article",
        sqlite_where=text("by_extractor"),
        postgresql_where=text("by_extractor"),
    ),
)

sightings = Table(
    "sightings",
    metadata,
    _number(),
    Column("article", _Number, ForeignKey("articles.id"), nullable=False),
    Column("version", _Number, ForeignKey("versions.id"), nullable=False),
    Column("crawl", _Number, ForeignKey("crawls.id"), nullable=False),
    Column("record_id", String(100), nullable=False),
    Column("url_key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("captured_at", Moment, nullable=False),
    # Digest of all that was read, as JSON; NULL: not known.
    Column("reading", String(32)),
    UniqueConstraint("article", "record_id"),
    Index("ix_sightings_article_captured_at", "article", "captured_at"),
    Index("ix_sightings_url_key", "url_key"),
    # What a version is asked for when it goes.
    Index("ix_sightings_version", "version"),
)

# Captures that were read for an article's comments: to be read again, each as it was then.
documents = Table(
    "documents",
    metadata,
    _number(),
    Column("article", _Number, ForeignKey("articles.id"), nullable=False),
    Column("crawl", _Number, ForeignKey("crawls.id"), nullable=False),
    Column("record_id", String(100), nullable=False),
    # As of ``ReadThread``.
    Column("last", Boolean, nullable=False),
    Column("complete", Boolean, nullable=False),
    # Digest of the comments read, as JSON.
    Column("reading", String(32), nullable=False),
    UniqueConstraint("article", "record_id"),
    Index("ix_documents_record_id", "record_id"),
)

comments = Table(
    "comments",
    metadata,
    _number(),
    Column("article", _Number, ForeignKey("articles.id"), nullable=False),
    Column("key", Text, nullable=False),
    # The best known parent (it may be better than the noun's), and how well it is known.
    Column("parent_id", Text),
    Column("parent_rank", Integer, nullable=False),
    # What the noun was read from, how good that is, and its text's digest.
    Column("text_rank", Integer, nullable=False),
    Column("digest", String(100), nullable=False),
    Column("published_at", Moment),
    Column("noun", Text, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("last_crawl", _Number, ForeignKey("crawls.id"), nullable=False),
    UniqueConstraint("article", "key"),
)

comment_texts = Table(
    "comment_texts",
    metadata,
    _number(),
    Column("comment", _Number, ForeignKey("comments.id"), nullable=False),
    Column("text_rank", Integer, nullable=False),
    Column("digest", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    # As of versions.
    Column("by_extractor", Boolean, nullable=False, server_default="0"),
    Index("ix_comment_texts_comment", "comment"),
)

threads = Table(
    "threads",
    metadata,
    _number(),
    Column("article", _Number, ForeignKey("articles.id"), nullable=False),
    Column("crawl", _Number, ForeignKey("crawls.id"), nullable=False),
    # Capture time of the last document of comments that this crawl read.
    Column("read_at", Moment, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("declared_total", BigInteger),
    # What read them; empty: several did; NULL: not known.
    Column("extractor", Text),
    UniqueConstraint("article", "crawl"),
)

passages = Table(
    "passages",
    metadata,
    _number(),
    Column("article", _Number, ForeignKey("articles.id"), nullable=False),
    # Exactly one of the two: what the folded text under this number was made from.
    Column("version", _Number, ForeignKey("versions.id")),
    Column("comment_text", _Number, ForeignKey("comment_texts.id")),
)
for _column in (passages.c.version, passages.c.comment_text):
    Index(
        f"ix_passages_{_column.name}",
        _column,
        sqlite_where=_column.is_not(None),
        postgresql_where=_column.is_not(None),
    )

frontier = Table(
    "frontier",
    metadata,
    _number(),
    Column("crawl", _Number, ForeignKey("crawls.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("state", String(10), nullable=False),
    # The priority with its sign turned: the lowest goes first, so that one index in rising order serves.
    Column("turn", BigInteger, nullable=False),
    Column("url", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("request", Text, nullable=False),
    # When a leased or failed row becomes fresh again; NULL: never by itself.
    Column("ready_at", Moment),
    Column("reason", Text),
    # How often it was given up, for the time of the next try.
    Column("failures", Integer, nullable=False, server_default="0"),
    UniqueConstraint("crawl", "key"),
    Index("ix_frontier_crawl_state_turn_id", "crawl", "state", "turn", "id"),
)
Index(
    "ix_frontier_crawl_ready_at",
    frontier.c.crawl,
    frontier.c.ready_at,
    sqlite_where=frontier.c.ready_at.is_not(None),
    postgresql_where=frontier.c.ready_at.is_not(None),
)

# What hosts asked of us, beyond the life of a process; an origin is ``https://host:port`` as in requests.
hosts = Table(
    "hosts",
    metadata,
    _number(),
    Column("origin", Text, nullable=False, unique=True),
    # Retry-After or our own back-off: nothing is sent before.
    Column("not_before", Moment),
    Column("delay_s", Float),
    Column("back_off_s", Float),
    Column("asked_at", Moment),
    # What robots.txt said, when; the text only where it has rules.
    Column("robots_at", Moment),
    Column("robots_state", String(10)),
    Column("robots_text", Text),
)

# What was judged of articles' content; ``article`` is a canonical URL.
verdicts = Table(
    "verdicts",
    metadata,
    _number(),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    Column("article", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("judged_at", Moment),
    Column("noun", Text, nullable=False),
    UniqueConstraint("source", "article"),
    Index("ix_verdicts_article", "article"),
)

# What happened to them: one row an event, replaced once, when it closes.
events = Table(
    "events",
    metadata,
    _number(),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    # The event's own name, made of its evidence.
    Column("name", String(32), nullable=False),
    Column("article", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("noun", Text, nullable=False),
    UniqueConstraint("source", "name"),
    Index("ix_events_article", "article"),
    Index("ix_events_known_at", "known_at"),
)

# How a source could be reached: one row a verdict, the newest counts.
connections = Table(
    "connections",
    metadata,
    _number(),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    # The verdict's own record.
    Column("record_id", Text, nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("observed_at", Moment, nullable=False),
    # Which share of the hosts inside a watched country answered then; NULL: none was asked.
    Column("inside_share", Float),
    Column("noun", Text, nullable=False),
    Index("ix_connections_source_observed_at", "source", "observed_at"),
)

# Captures that did not come from the source's own address; ``url_key`` is that of the address they stand for.
vias = Table(
    "vias",
    metadata,
    _number(),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    Column("record_id", Text, nullable=False, unique=True),
    # A Via.
    Column("via", String(20), nullable=False),
    Column("url_key", Text, nullable=False),
    Column("noun", Text, nullable=False),
    Index("ix_vias_url_key", "url_key"),
    Index("ix_vias_source_via", "source", "via"),
)

# Looks at articles and searches for them: what verdicts on content are made of.
looks = Table(
    "looks",
    metadata,
    _number(),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    Column("article", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("record_id", String(100), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("lacks", Boolean),
    Column("noun", Text, nullable=False),
    UniqueConstraint("source", "article", "sequence"),
    Index("ix_looks_source_sequence", "source", "sequence"),
    Index("ix_looks_source_at", "source", "at"),
)

# How much attention an article asks for; follows from its looks.
attentions = Table(
    "attentions",
    metadata,
    _number(),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False),
    Column("article", Text, nullable=False),
    Column("attention", Integer, nullable=False),
    Column("since", Moment),
    Column("checked_at", Moment),
    UniqueConstraint("source", "article"),
)

# When whole sites behaved oddly: one row a source.
incidents = Table(
    "incidents",
    metadata,
    _number(),
    Column("source", _Number, ForeignKey("sources.id"), nullable=False, unique=True),
    Column("noun", Text, nullable=False),
)

# WARC files and where they lie. ``key`` is that of captures.warc_key.
files = Table(
    "files",
    metadata,
    _number(),
    Column("key", Text, nullable=False, unique=True),
    Column("bytes", BigInteger, nullable=False),
    # Hexadecimal; NULL until the file was read once after it was closed.
    Column("sha256", String(64)),
    Column("closed_at", Moment, nullable=False),
    # It lies below the archive's own warc/ folder.
    Column("is_local", Boolean, nullable=False),
    # The catalogue holds what it says.
    Column("is_indexed", Boolean, nullable=False),
)

copies = Table(
    "copies",
    metadata,
    _number(),
    Column("file", _Number, ForeignKey("files.id"), nullable=False),
    Column("store", String(100), nullable=False),
    # A CopyState.
    Column("state", String(20), nullable=False),
    Column("version_id", Text),
    Column("stored_bytes", BigInteger),
    Column("verified_at", Moment),
    Column("locked_until", Moment),
    # Of an upload that was begun: what to go on with.
    Column("upload", Text),
    Column("failures", Integer, nullable=False),
    Column("next_try", Moment),
    Column("reason", Text),
    UniqueConstraint("file", "store"),
    Index("ix_copies_store_state", "store", "state"),
)

# Day manifests, each chained to the one before it in its store.
manifests = Table(
    "manifests",
    metadata,
    _number(),
    Column("store", String(100), nullable=False),
    Column("path", Text, nullable=False),
    Column("day", String(10), nullable=False),
    Column("number", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("head_sha256", String(64), nullable=False),
    Column("root", String(64), nullable=False),
    Column("leaves", BigInteger, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("store", "path"),
)

manifest_files = Table(
    "manifest_files",
    metadata,
    _number(),
    Column("manifest", _Number, ForeignKey("manifests.id"), nullable=False),
    Column("file", _Number, ForeignKey("files.id"), nullable=False),
    UniqueConstraint("manifest", "file"),
    Index("ix_manifest_files_file", "file"),
)
