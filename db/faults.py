"""Turn database errors into weigai's errors, by their codes: the server's texts may be in another language."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from ..states.errors import (
    CaseMovedOn,
    NotADatabase,
    OutsideArea,
    RightMissing,
    SchemaTooOld,
    StoreBusy,
    StoreError,
    StoreLost,
    StoreUnavailable,
    TransactionFailed,
    WeigaiError,
)
from .drivers import clash, routine, sqlstate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.exc import DBAPIError

_WHY = {
    "reach": (
        "数据库无法访问或读写；请检查地址、权限与空间。",
        "the database cannot be reached, read or written; check its address, rights and space.",
    ),
    "full": (
        "磁盘已满，数据库无法写入；请腾出空间。",
        "the disk is full and the database cannot be written; make room.",
    ),
    "role": (
        "应用角色不存在，或未授予当前用户；请由表的所有者运行：weigai db protect。",
        (
            "the application's role does not exist, or was not granted to this user; the owner of the tables runs: weigai "
            "db protect."
        ),
    ),
    "read only": (
        "数据库只能读取，无法写入；请检查文件权限，或连接可写入的服务器。",
        "the database is read-only; check the rights of the file, or connect to a server that accepts writes.",
    ),
}


def known(error: DBAPIError) -> WeigaiError | None:
    """Return weigai's error for one of the driver's whose meaning is known; None for any other, which is a fault of ours."""
    if error.connection_invalidated:
        return StoreLost()
    state = sqlstate(error.orig)
    code = getattr(error.orig, "sqlite_errorcode", None)
    meaning = next((_POSTGRESQL[state[:n]] for n in (5, 3, 2) if state[:n] in _POSTGRESQL), None)
    if code is not None:
        meaning = _SQLITE.get(code & 0xFF)
    if meaning is not None:
        return meaning(error)
    if code == sqlite3.SQLITE_ERROR and "no such table" in str(error.orig):
        return SchemaTooOld(None)
    return unavailable() if isinstance(error, OperationalError) else None


def store_error(error: DBAPIError) -> WeigaiError:
    """Return weigai's error for one of the driver's, whatever it is."""
    return known(error) or unavailable()


def moved_on(case_id: str, error: DBAPIError) -> WeigaiError:
    """Return weigai's error for one of the driver's at a case: a serialization failure or a deadlock is a lost race."""
    return CaseMovedOn(case_id, None) if sqlstate(error.orig) in ("40001", "40P01") else store_error(error)


def unavailable(why: str = "reach") -> StoreUnavailable:
    """Return the error for a database that does not answer ("reach"), is "full" or "read only", or lacks the "role"."""
    return StoreUnavailable(*_WHY[why])


def other_encoding(name: str = "") -> StoreError:
    """Return the error for a PostgreSQL database whose encoding, `name` if known, cannot hold every character."""
    of = f" {name}" if name else ""
    return StoreError(
        f"PostgreSQL 数据库的编码{of} 不能保存所有汉字；请另建编码为 UTF8 的数据库："
        "CREATE DATABASE weigai ENCODING 'UTF8' TEMPLATE template0",
        f"the encoding{of} of the PostgreSQL database cannot store every character; make a database in UTF8: CREATE "
        "DATABASE weigai ENCODING 'UTF8' TEMPLATE template0",
    )


def damaged() -> NotADatabase:
    """Return the error for a file that is no database, or one that is damaged."""
    return NotADatabase("该文件不是数据库，或已损坏。", "the file is not a database, or is damaged.")


def _constraint(error: DBAPIError) -> WeigaiError:
    """Say what a refused row means: its key is there already, so somebody else was first; else it is a fault."""
    if clash(error):
        return StoreBusy()
    return StoreError(
        "数据库的约束拒绝了一行记录，本次未写入；请检查是否有不属于 weigai 的约束或触发器。",
        "a constraint of the database refused a row, and nothing was written; look for a constraint or trigger that "
        "does not belong to weigai.",
    )


def _held_back(error: DBAPIError) -> WeigaiError:
    """Tell a row that the wall holds back from a right or a role that the user does not have: all have the same SQLSTATE."""
    if _TAKES_ROLE in (error.statement or ""):
        return unavailable("role")
    if not routine(error.orig).startswith("aclcheck"):
        return OutsideArea()
    tables = re.findall(r"weigai_\w+", f"{error.orig} {error.statement}")
    return RightMissing(_right(error.statement or "", tables[:1]), tables[0] if tables else None)


def _unknown(error: DBAPIError) -> WeigaiError | None:
    """Tell a role that is not there from any other value that the server does not know, which is a fault of ours."""
    return unavailable("role") if _TAKES_ROLE in (error.statement or "") else None


def _right(statement: str, tables: list[str]) -> str:
    """Return what a statement needs of its table. In a pipeline, where acts are written, it is not known which it was."""
    verb = statement.partition(" ")[0].strip().upper()
    if verb == "SELECT" and not re.search(r"\bFOR (UPDATE|SHARE)", statement):
        return "SELECT"
    if verb == "INSERT" or (verb == "PIPELINE" and tables != ["weigai_case"]):
        return "INSERT"
    return "SELECT, UPDATE"


# each SQLSTATE, or the beginning of several, and what it means; the longest that fits counts
_TAKES_ROLE = "set_config('role'"
_POSTGRESQL: dict[str, Callable[[DBAPIError], WeigaiError | None]] = {
    "22021": lambda _: other_encoding(),
    "22023": _unknown,
    "22P05": lambda _: other_encoding(),  # a character that the database's encoding lacks
    "40001": lambda _: StoreBusy(),  # serialization failure
    "40P01": lambda _: StoreBusy(),  # deadlock
    "55P03": lambda _: StoreBusy(),  # waited too long for a lock
    "57014": lambda _: StoreBusy(),  # the server's or the host's own time limit
    "57P": lambda _: StoreLost(),
    "080": lambda _: StoreLost(),
    "08P": lambda _: StoreLost(),
    "23": _constraint,
    "25006": lambda _: unavailable("read only"),
    "25P02": lambda _: TransactionFailed(),
    "3F000": lambda _: SchemaTooOld(None),
    "42501": _held_back,
    "42704": _unknown,
    "42P01": lambda _: SchemaTooOld(None),
    "53100": lambda _: unavailable("full"),
}
_SQLITE: dict[int, Callable[[DBAPIError], WeigaiError]] = {
    sqlite3.SQLITE_BUSY: lambda _: StoreBusy(),
    sqlite3.SQLITE_LOCKED: lambda _: StoreBusy(),
    sqlite3.SQLITE_CONSTRAINT: _constraint,
    sqlite3.SQLITE_CORRUPT: lambda _: damaged(),
    sqlite3.SQLITE_FULL: lambda _: unavailable("full"),
    sqlite3.SQLITE_NOTADB: lambda _: damaged(),
    sqlite3.SQLITE_READONLY: lambda _: unavailable("read only"),
}
