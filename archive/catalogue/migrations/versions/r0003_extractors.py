"""Which extractor read what, and the documents that comments were read from.

Of what was read before, the extractor is not known (NULL) until the catalogue is made anew: the WARC files
tell it, and the documents.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the columns, the table and what deleting needs."""
    op.add_column("captures", sa.Column("extractor", sa.Text(), nullable=True))
    op.add_column("versions", sa.Column("extractor", sa.Text(), nullable=True))
    op.add_column("versions", sa.Column("by_extractor", sa.Boolean(), nullable=False, server_default="0"))
    op.create_index(
        "ix_versions_by_extractor",
        "versions",
        ["article"],
        unique=False,
        sqlite_where=sa.text("by_extractor"),
        postgresql_where=sa.text("by_extractor"),
    )
    op.add_column("sightings", sa.Column("reading", sa.String(length=32), nullable=True))
    op.add_column("threads", sa.Column("extractor", sa.Text(), nullable=True))
    op.add_column(
        "comment_texts",
        sa.Column("by_extractor", sa.Boolean(), nullable=False, server_default="0"),
    )
    op.create_index("ix_sightings_version", "sightings", ["version"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("article", _NUMBER, nullable=False),
        sa.Column("crawl", _NUMBER, nullable=False),
        sa.Column("record_id", sa.String(length=100), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("reading", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_documents_article")),
        sa.ForeignKeyConstraint(["crawl"], ["crawls.id"], name=op.f("fk_documents_crawl")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("article", "record_id", name=op.f("uq_documents_article_record_id")),
    )
    op.create_index("ix_documents_record_id", "documents", ["record_id"], unique=False)
    for column in ("version", "comment_text"):
        op.create_index(
            f"ix_passages_{column}",
            "passages",
            [column],
            unique=False,
            sqlite_where=sa.text(f"{column} IS NOT NULL"),
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
