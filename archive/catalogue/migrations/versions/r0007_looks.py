"""Looks at articles, how much attention each asks for, and incidents of whole sites.

Looks and incidents are made of WARC records; attention follows from them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.catalogue.columns import Moment

revision = "0007"
down_revision = "0006"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "looks",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("record_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("lacks", sa.Boolean(), nullable=True),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_looks_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
        sa.UniqueConstraint("source", "article", "sequence", name=op.f("uq_looks_source_article_sequence")),
    )
    op.create_index("ix_looks_source_sequence", "looks", ["source", "sequence"], unique=False)
    op.create_index("ix_looks_source_at", "looks", ["source", "at"], unique=False)
    op.create_table(
        "attentions",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("attention", sa.Integer(), nullable=False),
        sa.Column("since", Moment(), nullable=True),
        sa.Column("checked_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_attentions_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attentions")),
        sa.UniqueConstraint("source", "article", name=op.f("uq_attentions_source_article")),
    )
    op.create_table(
        "incidents",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_incidents_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("source", name=op.f("uq_incidents_source")),
    )
