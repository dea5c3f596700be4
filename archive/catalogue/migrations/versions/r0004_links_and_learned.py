"""Where versions link to, and what was learned of the pages of a source.

Of what was read before, links are not known (NULL) until it is read again; nothing was learned and kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.catalogue.columns import Moment

revision = "0004"
down_revision = "0003"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the column and the table."""
    op.add_column("versions", sa.Column("links", sa.String(length=32), nullable=True))
    op.create_table(
        "learned",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", _NUMBER, nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("learned_at", Moment(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name=op.f("fk_learned_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned")),
        sa.UniqueConstraint("source", name=op.f("uq_learned_source")),
    )
