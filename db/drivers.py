"""Give one form to what each database driver reports differently: SQLSTATE, error class, and what clashed."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ExceptionContext

# The first letters of the SQLSTATEs of each class, as psycopg has them. asyncpg has no class for most, pg8000 one for all.
_STATES: dict[type[DBAPIError], str] = {
    DataError: "22",
    IntegrityError: "23",
    InternalError: "24 25 2B 2D X",
    NotSupportedError: "0A",
    OperationalError: "08 27 28 2F 38 39 3B 40 53 54 55 57 58 F H",
    ProgrammingError: "10 20 21 26 34 3D 3F 42 44 P",
}
_CLASSES = {first: kind for kind, states in _STATES.items() for first in states.split()}


def sqlstate(error: Any) -> str:
    """Return the SQLSTATE of a driver's own error, empty where it tells none (SQLite, a connection that is gone)."""
    told = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)  # psycopg and asyncpg; psycopg2
    for answer in getattr(error, "args", ()):
        if isinstance(answer, dict):  # pg8000: the server's answer by its letters
            told = answer.get("C")
    return told or ""


_UNIQUE = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID)


def clash(error: DBAPIError) -> bool:
    """Tell whether a row was refused because its key is there already: somebody else was first, and it is no other fault."""
    return sqlstate(error.orig) == "23505" or getattr(error.orig, "sqlite_errorcode", None) in _UNIQUE


def routine(error: Any) -> str:
    """Return the name of the server's own routine that raised an error: no language changes it, as it does the words."""
    told = getattr(getattr(error, "diag", None), "source_function", None)  # psycopg
    told = told or getattr(error.__cause__, "server_source_function", None)  # asyncpg, behind SQLAlchemy's own
    for answer in getattr(error, "args", ()):
        if isinstance(answer, dict):  # pg8000
            told = answer.get("R")
    return told or ""


def classed(error: DBAPIError) -> DBAPIError:
    """Return SQLAlchemy's error in the class that its SQLSTATE has, whatever class the driver gave it; SQLite has no SQLSTATE."""
    if error.connection_invalidated:
        return _as(OperationalError, error)
    state = sqlstate(error.orig)
    kind = _CLASSES.get(state[:2]) or _CLASSES.get(state[:1], DatabaseError)
    return _as(kind, error) if state else error


def on_error(context: ExceptionContext) -> DBAPIError | None:
    """Give the errors of a host's prepared engine their class, and those of connecting the one that psycopg gives."""
    error = context.sqlalchemy_exception
    made = getattr(context, "chained_exception", None)  # unset until a listener answers
    if not isinstance(error, DBAPIError) or made is not None:
        return None  # a listener of the host's has made it its own
    told = _as(OperationalError, error) if context.connection is None else classed(error)
    return None if told is error else told


def _as(kind: type[DBAPIError], error: DBAPIError) -> DBAPIError:
    if isinstance(error, kind):
        return error
    lost = error.connection_invalidated
    return kind(error.statement, error.params, error.orig, error.hide_parameters, connection_invalidated=lost)  # type: ignore[arg-type]
