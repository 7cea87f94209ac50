"""The restore of a backup into an empty database of either kind, and what was erased since is erased again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, delete, exists, or_, update

from ..states.errors import InputRefused
from . import schema
from .audit import Verified, verify
from .backup import Saved, copy_all, copy_files, insert_keys, is_empty, opened
from .engine import connected, store_errors
from .erasing import file_destroyed
from .index import STANDS
from .protection import BRIEFLY, raise_wall, step_aside
from .statements import CASE, DOCUMENT, EVENT, INDEX, KEY, LIVING, PRIVATE

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection, Engine, Table

    from .files import FileStore
    from .keys import Keys


def restore(
    engine: Engine, source: Path, *, keys: Path, files: tuple[FileStore, FileStore] | None = None,
    master: Keys | None = None, role: str | None = None,
) -> tuple[Saved, int, Verified]:  # fmt: skip
    """Restore a backup into an empty database, all or nothing, and verify it; return how many rows were erased, too.

    Personal values, tokens and papers whose key is destroyed in the file of keys, or is not in it, are deleted.

    Args:
        keys: the file of keys, the latest there is: it says what was erased after the backup was made.
        files: the store that the backup's files lie in, and the one that they go to.
        master: the master keys; with them each file and value is opened and held against its name or commitment.
        role: on PostgreSQL, put up row-level security for this role; where it was up it is again at the end.

    Raises:
        InputRefused: the database is not empty, or the file of keys is none.
        NotADatabase, SchemaTooOld, SchemaTooNew: see `backup.opened`. A later schema of the target is refused as well.
    """
    writing = engine.execution_options(weigai_write=True)
    with opened(source) as backup, store_errors(), connected(writing) as target, target.begin():
        if not is_empty(target):
            raise InputRefused(
                "目标数据库不是空的，只能恢复到空数据库。",
                "the database is not empty; a backup is only restored into an empty one.",
            )
        if target.dialect.name == "postgresql":
            target.exec_driver_sql(BRIEFLY)
        schema.bring_up(target)
        schema.check(target, whole=True)
        role = step_aside(target, role)
        rows = copy_all(backup, target)
        kept = insert_keys(target, keys)
        erased = _erase_again(target)
        copied, missing = copy_files(target, *files, master) if files else (0, ())
        found = verify(target, keys=master, files=files[1] if files else None)
        if role is not None and target.dialect.name == "postgresql":
            raise_wall(target, role)
    schema.to_wal(engine)
    return Saved(rows, kept, copied, missing), erased, found


def _erase_again(target: Connection) -> int:
    """Delete what an erasure deletes, wherever its data key lives no more: as `erasing.destroy` does it for one case."""
    gone = {
        PRIVATE: and_(PRIVATE.c.value != "", ~_opened(PRIVATE)),
        INDEX: and_(STANDS, _of_nobody()),
        DOCUMENT: and_(LIVING, or_(_of_erased(), file_destroyed())),
    }
    erased = sum(target.execute(delete(made).where(where)).rowcount for made, where in gone.items())
    mine = and_(PRIVATE.c.county == CASE.c.county, PRIVATE.c.stream == "case/" + CASE.c.id)
    kept = exists().where(mine, PRIVATE.c.field == "household/classes", PRIVATE.c.value != "")
    target.execute(update(CASE).where(CASE.c.classes.is_not(None), ~kept).values(classes=None))
    return erased


def _opened(side: Table) -> ColumnElement[bool]:
    """Return the condition that the very data key of a row's person lives."""
    here = (KEY.c.county == side.c.county, KEY.c.stream == side.c.stream, KEY.c.person == side.c.person)
    return exists().where(*here, KEY.c.wrapped.is_not(None))


def _of_nobody() -> ColumnElement[bool]:
    """Return the condition that of a case's token no value is left whose it is: a card is the head's. Values go first."""
    whose = case((INDEX.c.kind == "card", "head"), else_=INDEX.c.person)
    here = (PRIVATE.c.county == INDEX.c.county, PRIVATE.c.stream == INDEX.c.stream, PRIVATE.c.value != "")
    left = exists().where(*here, or_(PRIVATE.c.person == whose, PRIVATE.c.person.like(whose + "~%")))
    return and_(INDEX.c.stream.startswith("case/"), ~left)


def _of_erased() -> ColumnElement[bool]:
    """Return the condition that a paper came to a case before its whole household was erased."""
    own = (KEY.c.county == DOCUMENT.c.county, KEY.c.stream == DOCUMENT.c.stream, KEY.c.person == "household")
    here = (EVENT.c.county == DOCUMENT.c.county, EVENT.c.stream == DOCUMENT.c.stream, EVENT.c.seq == DOCUMENT.c.seq)
    return exists().where(*own, *here, EVENT.c.recorded_at <= KEY.c.erased_at)
