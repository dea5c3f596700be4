"""The first schema: captures, failures, articles, comments, crawls, frontier, full text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.catalogue.columns import Moment
from archive.catalogue.sqlite import FULL_TEXT

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sources",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_sources_name")),
    )
    op.create_table(
        "articles",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("published_at", Moment(), nullable=True),
        sa.Column("first_seen_at", Moment(), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=False),
        sa.Column("wordpress_post_id", sa.BigInteger(), nullable=True),
        sa.Column("current_version", sa.Integer(), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("declared_comments", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_articles_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("source", "url_key", name=op.f("uq_articles_source_url_key")),
    )
    op.create_index("ix_articles_published_at", "articles", ["published_at"], unique=False)
    op.create_index("ix_articles_source_published_at", "articles", ["source", "published_at"], unique=False)
    op.create_index(
        "ix_articles_source_wordpress_post_id", "articles", ["source", "wordpress_post_id"], unique=False
    )
    op.create_index("ix_articles_url_key", "articles", ["url_key"], unique=False)
    op.create_table(
        "crawls",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("warc_bytes", sa.BigInteger(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("heartbeat_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_crawls_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawls")),
        sa.UniqueConstraint("name", name=op.f("uq_crawls_name")),
    )
    op.create_index("ix_crawls_source_started_at", "crawls", ["source", "started_at"], unique=False)
    op.create_table(
        "captures",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("record_id", sa.String(length=100), nullable=False),
        sa.Column("crawl", _NUMBER, nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("captured_at", Moment(), nullable=False),
        sa.Column("warc_key", sa.Text(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("payload_digest", sa.String(length=100), nullable=False),
        sa.Column("payload_length", sa.BigInteger(), nullable=False),
        sa.Column("revisit_of", sa.String(length=100), nullable=True),
        sa.Column("truncated", sa.String(length=20), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("redirect_to", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["crawl"], ["crawls.id"], name=op.f("fk_captures_crawl")),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_captures_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
        sa.UniqueConstraint("record_id", name=op.f("uq_captures_record_id")),
    )
    op.create_index("ix_captures_payload_digest", "captures", ["payload_digest"], unique=False)
    op.create_index("ix_captures_url_key_captured_at", "captures", ["url_key", "captured_at"], unique=False)
    op.create_table(
        "comments",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("article", _NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("parent_rank", sa.Integer(), nullable=False),
        sa.Column("text_rank", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=100), nullable=False),
        sa.Column("published_at", Moment(), nullable=True),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("first_seen_at", Moment(), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=False),
        sa.Column("last_crawl", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_comments_article")),
        sa.ForeignKeyConstraint(["last_crawl"], ["crawls.id"], name=op.f("fk_comments_last_crawl")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("article", "key", name=op.f("uq_comments_article_key")),
    )
    op.create_table(
        "failures",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("record_id", sa.String(length=100), nullable=False),
        sa.Column("crawl", _NUMBER, nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("failed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["crawl"], ["crawls.id"], name=op.f("fk_failures_crawl")),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_failures_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failures")),
        sa.UniqueConstraint("record_id", name=op.f("uq_failures_record_id")),
    )
    op.create_index("ix_failures_crawl_kind", "failures", ["crawl", "kind"], unique=False)
    op.create_index("ix_failures_url_key", "failures", ["url_key"], unique=False)
    op.create_table(
        "frontier",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("crawl", _NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("ready_at", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["crawl"], ["crawls.id"], name=op.f("fk_frontier_crawl")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frontier")),
        sa.UniqueConstraint("crawl", "key", name=op.f("uq_frontier_crawl_key")),
    )
    op.create_index(
        "ix_frontier_crawl_ready_at",
        "frontier",
        ["crawl", "ready_at"],
        unique=False,
        sqlite_where=sa.text("ready_at IS NOT NULL"),
        postgresql_where=sa.text("ready_at IS NOT NULL"),
    )
    op.create_index(
        "ix_frontier_crawl_state_turn_id", "frontier", ["crawl", "state", "turn", "id"], unique=False
    )
    op.create_table(
        "threads",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("article", _NUMBER, nullable=False),
        sa.Column("crawl", _NUMBER, nullable=False),
        sa.Column("read_at", Moment(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("declared_total", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_threads_article")),
        sa.ForeignKeyConstraint(["crawl"], ["crawls.id"], name=op.f("fk_threads_crawl")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("article", "crawl", name=op.f("uq_threads_article_crawl")),
    )
    op.create_table(
        "versions",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("article", _NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=100), nullable=False),
        sa.Column("first_seen_at", Moment(), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_versions_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
        sa.UniqueConstraint("article", "number", name=op.f("uq_versions_article_number")),
    )
    op.create_table(
        "comment_texts",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("comment", _NUMBER, nullable=False),
        sa.Column("text_rank", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_seen_at", Moment(), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["comment"], ["comments.id"], name=op.f("fk_comment_texts_comment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_texts")),
    )
    op.create_index("ix_comment_texts_comment", "comment_texts", ["comment"], unique=False)
    op.create_table(
        "sightings",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("article", _NUMBER, nullable=False),
        sa.Column("version", _NUMBER, nullable=False),
        sa.Column("crawl", _NUMBER, nullable=False),
        sa.Column("record_id", sa.String(length=100), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("captured_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_sightings_article")),
        sa.ForeignKeyConstraint(["crawl"], ["crawls.id"], name=op.f("fk_sightings_crawl")),
        sa.ForeignKeyConstraint(["version"], ["versions.id"], name=op.f("fk_sightings_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
        sa.UniqueConstraint("article", "record_id", name=op.f("uq_sightings_article_record_id")),
    )
    op.create_index("ix_sightings_article_captured_at", "sightings", ["article", "captured_at"], unique=False)
    op.create_index("ix_sightings_url_key", "sightings", ["url_key"], unique=False)
    op.create_table(
        "passages",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("article", _NUMBER, nullable=False),
        sa.Column("version", _NUMBER, nullable=True),
        sa.Column("comment_text", _NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_passages_article")),
        sa.ForeignKeyConstraint(
            ["comment_text"], ["comment_texts.id"], name=op.f("fk_passages_comment_text")
        ),
        sa.ForeignKeyConstraint(["version"], ["versions.id"], name=op.f("fk_passages_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passages")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in FULL_TEXT:
            op.execute(statement)
