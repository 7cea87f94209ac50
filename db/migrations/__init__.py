"""Run the migrations with Alembic's operations alone, because the host may use its own Alembic."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert

from ..tables import VERSION_TABLE, LowestRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table

SCRIPTS = ScriptDirectory(str(Path(__file__).parent))
_LOWEST: Table = LowestRow.__table__  # type: ignore[attr-defined]


def run(connection: Connection, to: str = "head") -> None:
    """Run the migrations that are missing up to a revision, in the caller's transaction.

    Alembic's commands are not used: they would take `alembic.context` and `alembic.op` away from a host's own migration.
    """
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    missing = list(SCRIPTS.iterate_revisions(to, context.get_current_revision() or "base"))
    with _as_it_was(), Operations.context(context):
        for script in reversed(missing):
            script.module.upgrade()
            context.stamp(SCRIPTS, script.revision)
            if lowest := getattr(script.module, "lowest", None):
                connection.execute(delete(_LOWEST))
                connection.execute(insert(_LOWEST).values(revision=lowest))


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Give `alembic.op` back as a host's migration had it."""
    before = dict(vars(op))
    try:
        yield
    finally:
        for name in vars(op).keys() - before.keys():
            delattr(op, name)
        vars(op).update(before)
