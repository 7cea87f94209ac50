"""Restore a backup into an empty database, and erase again what was erased after the backup."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import Text, and_, case, cast, exists, or_, update
from sqlalchemy.exc import DataError, IntegrityError

from ...states.errors import InputRefused
from .. import schema
from ..audit.verify import Verified, verify
from ..engine import connected, store_errors
from ..row_security.protect import BRIEFLY, raise_wall, step_aside
from ..statements import CASE, DOCUMENT, EVENT, INDEX, KEY, LIVING, PRIVATE
from ..vault import places
from ..vault.erasure import EMPTY, file_destroyed, without_names
from ..vault.index import blank
from ..vault.renewal import as_before
from ..vault.values import Vault
from .backup import Saved, copy_all, copy_files, is_empty, no_backup, opened
from .foreign import Weighed
from .saved_keys import insert_keys

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection, Engine, Table

    from ..vault.files import FileStore
    from ..vault.keys import Keys


def restore(
    engine: Engine,
    source: Path,
    *,
    keys: Path,
    files: tuple[FileStore, FileStore] | None = None,
    master: Keys | None = None,
    role: str | None = None,
) -> tuple[Saved, int, Verified]:
    """Restore a backup into an empty database, all or nothing, and verify it; return how many rows were erased, too.

    Personal values, tokens and papers whose key is destroyed in the file of keys, or is not in it, are emptied.

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
                "目标数据库不是空的；备份只能恢复到空数据库，请另选数据库。",
                "the database is not empty; a backup can only be restored into an empty database, so choose another "
                "one.",
            )
        if target.dialect.name == "postgresql":
            target.exec_driver_sql(BRIEFLY)
        schema.bring_up(target)
        schema.check(target, whole=True)
        role = step_aside(target, role)
        rows = _copied(source, backup, target)
        kept = insert_keys(target, keys)
        if master is not None:
            as_before(target, Vault(target, master))
        erased = _erase_again(target)
        without_names(target)
        if files:
            places.begin(target, files[1].root)
        copied = copy_files(target, *files, master) if files else ()
        found = verify(target, keys=master, files=files[1] if files else None)
        if role is not None and target.dialect.name == "postgresql":
            raise_wall(target, role)
    schema.to_wal(engine)
    return Saved(rows, kept, *copied), erased, found


def _copied(path: Path, source: Connection, target: Connection) -> int:
    """Copy the rows of a backup, weighed one by one."""
    try:
        return copy_all(source, target, Weighed())
    except UnicodeError:
        raise
    except (ValueError, IntegrityError, DataError):  # a row that no table of ours takes
        raise no_backup(path) from None


def _erase_again(target: Connection) -> int:
    """Empty what an erasure empties, wherever its data key lives no more: as `erasing.destroy` does it for one case."""
    closed = (PRIVATE.c.value != "", ~_opened(PRIVATE))
    erased = target.execute(update(PRIVATE).where(*closed).values(EMPTY[PRIVATE])).rowcount
    erased += blank(target, _of_nobody(), random=secrets.token_bytes)
    papers = (LIVING, or_(_of_erased(), file_destroyed(), _unsealed()))
    erased += target.execute(update(DOCUMENT).where(*papers).values(EMPTY[DOCUMENT])).rowcount
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


def _unsealed() -> ColumnElement[bool]:
    """Return the condition that the SHA-256 of a paper, which was sealed beside its row, is there no more."""
    own = (
        PRIVATE.c.county == DOCUMENT.c.county,
        PRIVATE.c.stream == DOCUMENT.c.stream,
        PRIVATE.c.seq == DOCUMENT.c.seq,
    )
    field = PRIVATE.c.field == "documents/" + cast(DOCUMENT.c.no, Text)
    return and_(DOCUMENT.c.sha256.contains("/"), ~exists().where(*own, field, PRIVATE.c.value != ""))
