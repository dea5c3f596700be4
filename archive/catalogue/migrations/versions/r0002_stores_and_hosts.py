"""What hosts asked of us, WARC files and their copies, manifests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.catalogue.columns import Moment

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.add_column("frontier", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_captures_warc_key", "captures", ["warc_key"], unique=False)
    op.create_table(
        "hosts",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("not_before", Moment(), nullable=True),
        sa.Column("delay_s", sa.Float(), nullable=True),
        sa.Column("back_off_s", sa.Float(), nullable=True),
        sa.Column("asked_at", Moment(), nullable=True),
        sa.Column("robots_at", Moment(), nullable=True),
        sa.Column("robots_state", sa.String(length=10), nullable=True),
        sa.Column("robots_text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hosts")),
        sa.UniqueConstraint("origin", name=op.f("uq_hosts_origin")),
    )
    op.create_table(
        "files",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("closed_at", Moment(), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("is_indexed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("key", name=op.f("uq_files_key")),
    )
    op.create_table(
        "copies",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("file", _NUMBER, nullable=False),
        sa.Column("store", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=True),
        sa.Column("stored_bytes", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", Moment(), nullable=True),
        sa.Column("locked_until", Moment(), nullable=True),
        sa.Column("upload", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["file"], ["files.id"], name=op.f("fk_copies_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copies")),
        sa.UniqueConstraint("file", "store", name=op.f("uq_copies_file_store")),
    )
    op.create_index("ix_copies_store_state", "copies", ["store", "state"], unique=False)
    op.create_table(
        "manifests",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("store", sa.String(length=100), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("head_sha256", sa.String(length=64), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("leaves", sa.BigInteger(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifests")),
        sa.UniqueConstraint("store", "path", name=op.f("uq_manifests_store_path")),
    )
    op.create_table(
        "manifest_files",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("manifest", _NUMBER, nullable=False),
        sa.Column("file", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["manifest"], ["manifests.id"], name=op.f("fk_manifest_files_manifest")),
        sa.ForeignKeyConstraint(["file"], ["files.id"], name=op.f("fk_manifest_files_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest_files")),
        sa.UniqueConstraint("manifest", "file", name=op.f("uq_manifest_files_manifest_file")),
    )
    op.create_index("ix_manifest_files_file", "manifest_files", ["file"], unique=False)
