"""Run by Alembic, from :mod:`archive.catalogue.migrate`, on the connection given there."""

from __future__ import annotations

from alembic import context

from archive.catalogue.schema import metadata


def run() -> None:
    """Bring the connection's database to the revision asked for, in the transaction already begun."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    context.run_migrations()


# Alembic loads this file under this name; whatever else imports it (a doctest collector) runs nothing.
if __name__ == "env_py":
    run()
