"""Bringing a catalogue to the schema of this version, from the package's own folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, select

from archive.catalogue.schema import HEAD
from model import NotAnArchiveError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

# The table in which Alembic notes where a database stands.
_revision = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def revision(connection: Connection) -> str | None:
    """Return the schema revision of a catalogue; ``None`` of one that has none yet."""
    if not connection.dialect.has_table(connection, _revision.name):
        return None
    return connection.execute(select(_revision.c.version_num)).scalar()


def upgrade(connection: Connection, path: Path) -> None:
    """Migrate within the transaction of ``connection``; nothing when it is up to date.

    ``NotAnArchiveError`` when the catalogue was written by a newer version, whose schema nobody here knows.
    """
    current = revision(connection)
    if current == HEAD:
        return
    # Alembic costs 150 ms to import: only when there is something to do.
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise NotAnArchiveError(
            path.parent,
            f"it is one of a newer Mandegar (its catalogue has schema {current}, this version knows {HEAD});"
            " use that version, nothing was changed",
        )
    command.upgrade(config, "head")


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration: no file, the scripts beside this module, the connection given."""
    from alembic.config import Config

    config = Config()
    # "%" begins an interpolation in Alembic's configuration.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
