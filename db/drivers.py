"""What drivers tell differently, in one form: the SQLSTATE of an error, and the class that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ExceptionContext

# By the first two letters of the SQLSTATE. asyncpg has no class for most of them, pg8000 one for all.
_CLASSES: dict[str, type[DBAPIError]] = {
    "23": IntegrityError,
    "42": ProgrammingError,
    **dict.fromkeys(("08", "28", "40", "53", "55", "57", "58"), OperationalError),
}


def sqlstate(error: Any) -> str:
    """Return the SQLSTATE of a driver's own error, empty where it tells none (SQLite, a connection that is gone)."""
    told = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)  # psycopg and asyncpg; psycopg2
    for answer in getattr(error, "args", ()):
        if isinstance(answer, dict):  # pg8000: the server's answer by its letters
            told = answer.get("C")
    return told or ""


def classed(error: DBAPIError) -> DBAPIError:
    """Return SQLAlchemy's error in the class that its SQLSTATE has, whatever class the driver gave it."""
    kind = OperationalError if error.connection_invalidated else _CLASSES.get(sqlstate(error.orig)[:2])
    return error if kind is None else _as(kind, error)


def on_error(context: ExceptionContext) -> DBAPIError | None:
    """Give the errors of a host's prepared engine their class, and those of connecting the one that psycopg gives."""
    error = context.sqlalchemy_exception
    if not isinstance(error, DBAPIError):
        return None
    return _as(OperationalError, error) if context.connection is None else classed(error)


def _as(kind: type[DBAPIError], error: DBAPIError) -> DBAPIError:
    if isinstance(error, kind):
        return error
    lost = error.connection_invalidated
    return kind(error.statement, error.params, error.orig, error.hide_parameters, connection_invalidated=lost)  # type: ignore[arg-type]
