"""Prepare a host's engine once, and open the engine of the command line."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    DisconnectionError,
    MissingGreenlet,
    NoSuchModuleError,
    OperationalError,
)

from ..states.errors import NotADatabase, StoreBusy, StoreNotPrepared, StoreUnavailable, WeigaiError
from .drivers import on_error, sqlstate
from .faults import damaged, known, store_error, unavailable
from .stoppable import Stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

Made = TypeVar("Made")

WAIT_MS = 5000  # how long one waits for a lock
_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={WAIT_MS}",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA recursive_triggers=ON",
)


_TRIES = 20  # of what locks whole tables
WAL = "PRAGMA journal_mode=WAL"  # it rewrites the file's head, so never on a file that is another program's
_OURS = "SELECT count(*) = 0 OR sum(name = 'weigai_version') > 0 FROM sqlite_master"


def prepare_engine(engine: Engine) -> Engine:
    """Make an engine fit for weigai, once; return it. Pass the `sync_engine` of an `AsyncEngine`.

    On SQLite: sqlite3's own transaction mode off, so that savepoints and rollbacks are whole; WAL with
    synchronous=FULL; and BEGIN IMMEDIATE for every session with `execution_options(weigai_write=True)`.
    """
    base = engine
    while isinstance(base, OptionEngine):  # made by execution_options: shares its parent
        base = base._proxied
    if not event.contains(base, "checkout", _on_checkout):
        event.listen(base, "connect", _on_connect_anywhere)
        event.listen(base, "checkout", _on_checkout)
        event.listen(base, "handle_error", on_error, retval=True)
        if base.dialect.name == "sqlite":
            event.listen(base, "connect", _on_connect)
            event.listen(base, "checkout", _on_checkout_of_sqlite)
            event.listen(base, "begin", _on_begin)
    return engine


def _on_connect_anywhere(_connection: Any, record: Any) -> None:
    record.info["weigai_pid"] = os.getpid()


def _on_checkout(_connection: Any, record: Any, proxy: Any) -> None:
    """Open a fresh connection in a forked process: neither database survives two processes on one."""
    if record.info.get("weigai_pid", os.getpid()) != os.getpid():
        record.dbapi_connection = proxy.dbapi_connection = None
        raise DisconnectionError("this connection belongs to another process")


def _on_checkout_of_sqlite(connection: Any, record: Any, _proxy: Any) -> None:
    """Prepare a connection that the engine had opened before it was prepared."""
    if not record.info.get("weigai"):
        _on_connect(connection, record)


def _on_connect(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.execute(_OURS)
    if cursor.fetchone()[0]:
        cursor.execute(WAL)
    cursor.close()
    record.info["weigai"] = True


def _on_begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("weigai_write")
    cursor = connection.connection.cursor()
    try:
        cursor.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
    except sqlite3.Error as error:
        raise DBAPIError.instance("BEGIN", None, error, sqlite3.Error, hide_parameters=True) from None
    cursor.close()


def require_prepared(connection: Connection) -> None:
    """Refuse a connection on which weigai's writes would not be whole.

    Raises:
        StoreNotPrepared: `prepare_engine` was not called, or the connection commits each statement by itself.
    """
    driver = connection.connection.dbapi_connection
    sqlite = connection.dialect.name == "sqlite"
    ours = sqlite and connection.info.get("weigai")
    asked = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    if asked or (not sqlite and getattr(driver, "autocommit", False)):
        raise StoreNotPrepared(
            "会话处于自动提交状态，weigai 不能在其中写入；请使用事务。",
            "this session is in AUTOCOMMIT, and weigai writes only inside a transaction; use one.",
        )
    if sqlite and not ours:
        raise StoreNotPrepared(
            "请先对引擎调用一次 weigai.db.prepare_engine(engine)。",
            "call weigai.db.prepare_engine(engine) once before the first write.",
        )


def open_engine(url: str) -> Engine:
    """Open the command line's database; an SQLite file is created with mode 0600.

    Raises:
        StoreUnavailable: the address is not one, or the file cannot be made.
        NotADatabase: the file is something else; it is left as it is.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_dialect().is_async:
            raise StoreUnavailable(
                f"{parsed.drivername} 是异步驱动，只能由程序使用；命令行请用 sqlite:///… 或 postgresql://…。",
                f"{parsed.drivername} is a driver for asyncio, which only programs can use; on the command line use "
                "sqlite:///... or postgresql://...",
            )
        if parsed.drivername.startswith("sqlite"):
            _sqlite_file(parsed)
        libpq = parsed.drivername in ("postgresql+psycopg", "postgresql+psycopg2")
        told: dict[str, Any] = {}
        if libpq:
            told["client_encoding"] = "utf8"  # else psycopg reads a database in SQL_ASCII as bytes
        if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
            told["factory"] = Stoppable
        return prepare_engine(create_engine(parsed, hide_parameters=True, connect_args=told))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        raise StoreUnavailable(
            "数据库地址无效，或缺少驱动；例：sqlite:///weigai.db、postgresql://…（需安装 weigai[postgresql]）。",
            "the database address is not valid, or its driver is missing; e.g. sqlite:///weigai.db, or "
            "postgresql://... with weigai[postgresql] installed.",
        ) from None


def _sqlite_file(url: URL) -> None:
    path = url.database
    if not path or path == ":memory:" or path.startswith("file:"):
        return
    try:
        with suppress(FileExistsError):  # ours, or another process just made it
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return
        _is_database(path)
    except OSError as error:
        raise StoreUnavailable(
            f"无法打开数据库文件 {path}：{error.strerror}", f"cannot open the database file {path}: {error.strerror}"
        ) from None


def _is_database(path: str) -> None:
    """Refuse a file that is something else. Only SQLite itself looks into it.

    Were the file opened and closed here, every lock that this process holds on it would be gone: another process that
    closes its connection would then take itself for the last one and delete the write-ahead log that is still in use.
    """
    if Path(path).stat().st_size == 0:
        return
    try:
        with closing(sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True)) as looking:
            looking.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise NotADatabase(f"{path} 不是数据库文件。", f"{path} is not a database file.") from None
        # locked, damaged or not ours to read: the connection that is opened next says so


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn the driver's errors into weigai's, those of a commit too; nothing of the values or the password is in them."""
    try:
        yield
    except WeigaiError:
        raise
    except MissingGreenlet:
        raise _outside_asyncio() from None
    except DBAPIError as error:
        if (told := known(error)) is not None:
            raise told from None
        raise
    except UnicodeDecodeError as error:  # the driver reads SQLite's own words, which quote what is damaged
        if b"malformed" in error.object:
            raise damaged() from None
        raise


@contextmanager
def connecting() -> Iterator[None]:
    """Turn what asyncpg itself raises where it gets no connection: SQLAlchemy knows no class for it."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) or sqlstate(error):
            raise unavailable() from None
        raise


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """Give a connection, closed in the end.

    Raises:
        StoreUnavailable: there is none; a driver's error of a known class is left to `store_errors` and `patiently`.
    """
    with connecting():
        connection = engine.connect()
    with connection:
        yield connection


def patiently(work: Callable[[], Made]) -> Made:
    """Do what locks whole tables, some times over while others hold them.

    Raises:
        StoreBusy: they held them for too long.
    """
    for attempt in range(_TRIES):
        try:
            return work()
        except OperationalError as error:
            if not isinstance(told := store_error(error), StoreBusy):
                raise told from None
            time.sleep(0.05 * (attempt + 1))
        except MissingGreenlet:
            raise _outside_asyncio() from None
    raise StoreBusy


def _outside_asyncio() -> StoreUnavailable:
    return StoreUnavailable(
        "异步引擎的 sync_engine 只能在 run_sync 之内使用：await connection.run_sync(lambda sync: schema.upgrade(sync.engine))。",
        "you can use the sync_engine of an AsyncEngine only inside run_sync: await connection.run_sync(lambda sync: "
        "schema.upgrade(sync.engine)).",
    )
