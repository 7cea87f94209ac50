"""Alembic's environment: the caller's connection, our own tables only, no transaction of its own."""

from __future__ import annotations

from typing import Any

from alembic import context
from weigai.db.tables import METADATA, VERSION_TABLE


def ours(name: str | None, kind: str, parents: Any) -> bool:
    """Tell whether Alembic may look at an object: never at a host's tables."""
    return kind != "table" or (name in METADATA.tables and name != VERSION_TABLE)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    include_name=ours,
    render_as_batch=True,
    transactional_ddl=True,  # SQLite too: prepare_engine took sqlite3's own transaction mode away
    transaction_per_migration=False,
)
context.run_migrations()
