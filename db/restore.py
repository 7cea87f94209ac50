"""The restore of a backup into an empty database of either kind, and what was erased since is erased again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, exists, select, update

from ..states.errors import InputRefused
from . import schema
from .backup import KEY, Saved, copy_all, copy_files, insert_keys, is_empty, opened
from .engine import store_errors
from .statements import CASE, INDEX, PRIVATE

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from .files import FileStore


def restore(
    engine: Engine, source: Path, *, keys: Path, files: tuple[FileStore, FileStore] | None = None
) -> tuple[Saved, int]:
    """Restore a backup into an empty database, all or nothing; return what was moved and how many values were erased.

    Personal values and index tokens whose key is erased in the file of keys, or is not in it, are deleted.

    Args:
        keys: the file of keys, the latest there is: it says what was erased after the backup was made.
        files: the store that the backup's files lie in, and the one that they go to.

    Raises:
        InputRefused: the database is not empty, or the file of keys is none.
        NotADatabase, SchemaTooOld, SchemaTooNew: see `backup.opened`.
    """
    with opened(source) as backup:
        copied, missing = copy_files(backup, *files) if files else (0, ())
        with store_errors(), engine.connect().execution_options(weigai_write=True) as target, target.begin():
            if not is_empty(target):
                raise InputRefused(
                    "目标数据库不是空的，只能恢复到空数据库。",
                    "the database is not empty; a backup is only restored into an empty one.",
                )
            schema.bring_up(target)
            rows = copy_all(backup, target)
            kept = insert_keys(target, keys)
            erased = _erase_again(target)
    schema.to_wal(engine)
    return Saved(rows, kept, copied, missing), erased


def _erase_again(target: Connection) -> int:
    """Delete every personal value and token without a living key, and the open copies of erased classes."""
    erased = 0
    for side in (PRIVATE, INDEX):
        living = exists().where(
            KEY.c.county == side.c.county, KEY.c.stream == side.c.stream, KEY.c.person == side.c.person,
            KEY.c.wrapped.is_not(None), KEY.c.erased_at.is_(None),
        )  # fmt: skip
        erased += target.execute(delete(side).where(~living)).rowcount
    kept = (
        select(PRIVATE.c.county)
        .where(
            and_(
                PRIVATE.c.county == CASE.c.county,
                PRIVATE.c.stream == "case/" + CASE.c.id,
                PRIVATE.c.field == "household/classes",
            )
        )
        .exists()
    )
    target.execute(update(CASE).where(CASE.c.classes.is_not(None), ~kept).values(classes=None))
    return erased
