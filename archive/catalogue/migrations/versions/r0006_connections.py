"""How sources could be reached, and how captures came about that did not come from the source's own address.

Both are made of WARC records, as everything here: a catalogue made anew has them again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.catalogue.columns import Moment

revision = "0006"
down_revision = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "connections",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("observed_at", Moment(), nullable=False),
        sa.Column("inside_share", sa.Float(), nullable=True),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_connections_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("record_id", name=op.f("uq_connections_record_id")),
    )
    op.create_index(
        "ix_connections_source_observed_at", "connections", ["source", "observed_at"], unique=False
    )
    op.create_table(
        "vias",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("via", sa.String(length=20), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_vias_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vias")),
        sa.UniqueConstraint("record_id", name=op.f("uq_vias_record_id")),
    )
    op.create_index("ix_vias_url_key", "vias", ["url_key"], unique=False)
    op.create_index("ix_vias_source_via", "vias", ["source", "via"], unique=False)
