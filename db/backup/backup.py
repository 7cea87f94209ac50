"""Make a backup: every row in one SQLite file, and the encrypted keys in a second file.

Values stay encrypted, so nobody can read a personal value in a backup without its keys.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, create_engine, delete, event, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ...states.errors import (
    InputRefused,
    IntegrityBroken,
    KeysMissing,
    KeysOutdated,
    NotADatabase,
    SchemaTooNew,
    SchemaTooOld,
    StoreUnavailable,
)
from .. import schema
from ..engine import connected, open_engine, store_errors
from ..scope import seeing_all
from ..statements import DATABASE, DOCUMENT, KEY, MASTER, table
from ..tables import METADATA, SCHEMA, CanaryRow, LowestRow
from ..vault.files import FileStore
from ..vault.papers import file_name, lock_by
from ..vault.values import Vault
from . import foreign
from .new_files import new_files
from .saved_keys import write_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine, Table

    from ..vault.keys import Keys

CANARY, LOWEST = table(CanaryRow), table(LowestRow)
TABLES: tuple[Table, ...] = tuple(made for made in METADATA.sorted_tables if made not in (KEY, LOWEST, MASTER))
_MANY, _FEW = 1000, 4
_OF_THE_MACHINE = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
)


class Saved(NamedTuple):
    """What a backup or a restore copied: rows, encrypted keys, files; and the files that are missing or damaged.

    `unchecked` counts the files that were copied as they are: the master key of their data key is missing.
    """

    rows: int
    keys: int = 0
    files: int = 0
    missing: tuple[str, ...] = ()
    unchecked: int = 0


def backup(
    engine: Engine,
    to: Path,
    *,
    keys: Path | None = None,
    files: tuple[FileStore, Path] | None = None,
    master: Keys | None = None,
) -> Saved:
    """Copy the record, as it is at one moment, into a new SQLite file; writers are not held up.

    Args:
        to: the new file; made under a temporary name beside it, synced, and named once the file of keys has its name.
        keys: a new file for the wrapped keys, one JSON object a line; to be kept apart from the backup.
        files: the file store, and a folder that its files are copied to, encrypted as they are.
        master: the master keys; with them each file is opened and held against its name.

    Raises:
        InputRefused: a file of that name, or of that of the keys, is there; neither is made then.
        StoreUnavailable: it cannot be written, or the role does not see every row.
        SchemaTooOld, SchemaTooNew: the schema is not this release's; of a later one, tables would be left out.
    """
    named = (to,) if keys is None else (keys, to)
    with store_errors(), _writable(to), _snapshot(engine) as source, new_files(*named) as made:
        rows = _all_rows(source, made[-1])
        copied: tuple[int, tuple[str, ...], int] = (0, (), 0)
        if files:
            store, folder = files
            copied = copy_files(source, store, FileStore(folder, largest=store.largest), master)
        kept = write_keys(source, made[0]) if keys else 0
    return Saved(rows, kept, *copied)


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(
            f"无法写入 {path.name}：{error.strerror}", f"cannot write {path.name}: {error.strerror}"
        ) from None


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """Open one view of the whole database; where rows would be held back from this role, fail and do not leave them out."""
    postgresql = engine.dialect.name == "postgresql"
    with connected(engine) as connection:
        if postgresql:  # on the connection: an option of the engine would give way to the host's own
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            if postgresql:
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            with seeing_all(connection):
                schema.check(connection, whole=True)
                yield connection


def _all_rows(source: Connection, to: Path) -> int:
    """Copy every row into an empty file, and bring its write-ahead log into it: the file alone is the whole backup."""
    target = open_engine(f"sqlite:///{to}")
    try:
        schema.upgrade(target)
        with target.connect().execution_options(weigai_write=True) as connection, connection.begin():
            rows = copy_all(source, connection)
    finally:
        target.dispose()
    with closing(sqlite3.connect(to)) as last:
        last.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        last.execute("PRAGMA journal_mode=DELETE")
    return rows


def copy_all(source: Connection, target: Connection, weighed: foreign.Weighed | None = None) -> int:
    """Copy every row of the record into an empty schema; return how many. See `copy_rows` for `weighed`."""
    for own in (CANARY, DATABASE):  # the schema's own; the copy brings its own
        target.execute(delete(own))
    return sum(copy_rows(source, target, made, weighed) for made in TABLES)


def copy_rows(source: Connection, target: Connection, made: Table, weighed: foreign.Weighed | None = None) -> int:
    """Copy a table's rows as they are, a batch at a time; return how many.

    Raises:
        ValueError: of a source from outside, `weighed` refuses a row.
    """
    names = [column.name for column in made.columns]
    some = _FEW if source.dialect.name == "sqlite" else _MANY  # of a file from outside each row may be large
    result = source.execution_options(yield_per=some).execute(select(made).order_by(*made.primary_key.columns))
    count, size, batch = 0, 0, list[tuple[Any, ...]]()
    for row in result:
        if weighed is not None:
            weighed.take(made.name, dict(zip(names, row, strict=True)))
        batch.append(tuple(row))
        count += 1
        size += sum(len(value) for value in row if isinstance(value, str))
        if len(batch) == _MANY or size > foreign.LARGEST:
            insert_rows(target, made, names, batch)
            size, batch = 0, []
    if batch:
        insert_rows(target, made, names, batch)
    return count


def insert_rows(target: Connection, made: Table, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Insert a batch of rows in one statement of the driver."""
    listed = ", ".join(names)
    if target.dialect.name == "postgresql":
        kinds = ["bigint" if made.c[name].type.python_type is int else "text" for name in names]
        arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        statement = f"INSERT INTO {made.name} ({listed}) SELECT * FROM unnest({arrays})"  # noqa: S608 - our own names
        target.exec_driver_sql(statement, columns)
    else:
        marks = ", ".join("?" for _ in names)
        target.exec_driver_sql(f"INSERT INTO {made.name} ({listed}) VALUES ({marks})", rows)  # noqa: S608 - our own names


# ------------------------------------------------------------------ files


def copy_files(
    source: Connection, store: FileStore, other: FileStore, master: Keys | None
) -> tuple[int, tuple[str, ...], int]:
    """Copy every file that the record names, and whose key lives, from one store into another; each is read again.

    Returns:
        How many were copied, those that are missing or damaged, and how many of the copied could not be opened.
    """
    vault = Vault(source, master)
    count, missing, unchecked = 0, list[str](), 0
    living = and_(
        KEY.c.county == DOCUMENT.c.county, KEY.c.stream == "file/" + DOCUMENT.c.sha256, KEY.c.wrapped.is_not(None)
    )
    named = select(DOCUMENT.c.county, DOCUMENT.c.sha256, KEY.c.person).join(KEY, living).distinct()
    for county, name, slot in source.execute(named.order_by(*named.selected_columns)).all():
        file, lock, closed = file_name(name, slot), None, False
        try:
            lock = lock_by(vault, county, name, slot) if master is not None else None
        except (KeysMissing, KeysOutdated):  # one lost key stops no backup; the bytes are copied as they are
            closed = True
        except IntegrityBroken:
            missing.append(file)
            continue
        if store.copy_to(other, county, file, lock):
            count, unchecked = count + 1, unchecked + closed
        else:
            missing.append(file)
    return count, tuple(missing), unchecked


# ------------------------------------------------------------------ reading one


@contextmanager
def opened(path: Path) -> Iterator[Connection]:
    """Open a backup for reading only, after a check of its pages; nothing in it is run.

    Raises:
        NotADatabase: it is none, is damaged, or is not weigai's.
        SchemaTooOld, SchemaTooNew: another release made it; an old one is brought up by `db upgrade` first.
    """
    if not path.is_file():
        raise InputRefused(f"文件 {path} 不存在；请检查路径。", f"file {path} does not exist; check the path.")
    known = _known(path)
    engine = create_engine("sqlite://", creator=lambda: _reading(path, known), poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "handle_error", lambda context: _damaged(path, context.original_exception), retval=True)
    try:
        with store_errors(), engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("BEGIN")  # all of one moment: sqlite3 begins none to read
            if schema.current(connection) is None:
                raise no_backup(path)
            schema.check(connection, whole=True)
            yield connection
    finally:
        engine.dispose()


def _known(path: Path) -> foreign.Schema:
    """Return the schema of a backup, every object of which this release makes; no row was read."""
    found = foreign.schema_of(path)
    if found is None or found.revision is None:
        raise no_backup(path)
    if found.revision < SCHEMA:
        raise SchemaTooOld(found.revision)
    if found.revision > SCHEMA:
        raise SchemaTooNew(found.revision)
    if found.strange:
        raise NotADatabase(
            f"{path} 不是 weigai 的备份：其中有 {found.strange} 个表、视图或触发器不属于 weigai。",
            f"{path} is not a backup of weigai: {found.strange} tables, views or triggers in it do not belong to "
            "weigai.",
        )
    return found


def _reading(path: Path, known: foreign.Schema) -> sqlite3.Connection:
    try:
        found = foreign.reading(str(path.resolve()))
        if not foreign.unchanged(found, known) or found.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise no_backup(path)
    except sqlite3.Error:
        raise no_backup(path) from None
    return found


def _damaged(path: Path, error: BaseException) -> NotADatabase | None:
    """Return the error for a backup that SQLite cannot read; None where it is the machine that does not let it."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return no_backup(path) if isinstance(error, sqlite3.Error) and code not in _OF_THE_MACHINE else None


def no_backup(path: Path) -> NotADatabase:
    """Return the error for a file that is no backup, or a damaged one."""
    return NotADatabase(f"{path} 不是 weigai 的备份，或已损坏。", f"{path} is not a backup of weigai, or is damaged.")


def is_empty(connection: Connection) -> bool:
    """Tell whether a database holds no row of the record, whether or not it has the schema."""
    if schema.current(connection) is None:
        return True
    try:
        return not any(
            connection.execute(select(literal(1)).select_from(made).limit(1)).first()
            for made in (*TABLES, KEY)
            if made not in (CANARY, DATABASE)
        )
    except DBAPIError:
        return False  # an older schema that lacks a table is no empty database
