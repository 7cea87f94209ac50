"""Compile statements once for each engine and run them on the driver's own cursor; the same for savepoints.

Building a statement costs as much as running it, and so does a result object. All columns are text or whole numbers,
so the compiled text and plain parameters are all that the driver needs. The transaction stays the host's: its
connection has begun it, and the driver's errors come out as SQLAlchemy's.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy.exc import DBAPIError, InvalidRequestError

from .drivers import classed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Dialect
    from sqlalchemy.sql.expression import Executable


class _Text(NamedTuple):
    """A compiled statement and, where the driver takes parameters by position, their names in order."""

    text: str
    names: tuple[str, ...] | None


class Prepared:
    """A statement over text and whole-number columns, ready to run on either database; rows are plain tuples."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        # By dialect, of which each engine has its own: the text depends on its driver, its marks for parameters and how
        # it quotes. Where a host maps schemas, by that map too.
        self._texts: WeakKeyDictionary[Dialect, _Text] = WeakKeyDictionary()
        self._mapped: WeakKeyDictionary[Dialect, dict[frozenset[Any], _Text]] = WeakKeyDictionary()

    def __call__(self, connection: Connection, params: Mapping[str, Any]) -> Any:
        """Run it with one set of parameters and return the driver's cursor."""
        text, names = self._text(connection)
        values = params if names is None else tuple([params[name] for name in names])
        return _on_cursor(connection, text, lambda cursor: cursor.execute(text, values))

    def many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each row."""
        if len(rows) == 1:
            self(connection, rows[0])
            return
        text, names = self._text(connection)
        values = list(rows) if names is None else [tuple([row[name] for name in names]) for row in rows]
        _on_cursor(connection, text, lambda cursor: cursor.executemany(text, values))

    def _text(self, connection: Connection) -> _Text:
        dialect, schemas = connection.dialect, connection.get_execution_options().get("schema_translate_map")
        if not schemas:
            return self._texts.get(dialect) or self._texts.setdefault(dialect, self._compile(dialect))
        texts, key = self._mapped.setdefault(dialect, {}), frozenset(schemas.items())
        if key not in texts:
            texts[key] = self._compile(dialect, schema_translate_map=schemas, render_schema_translate=True)
        return texts[key]

    def _compile(self, dialect: Dialect, **schemas: Any) -> _Text:
        compiled = self._statement.compile(dialect=dialect, **schemas)  # type: ignore[attr-defined]
        return _Text(str(compiled), tuple(compiled.positiontup) if compiled.positiontup is not None else None)


def _on_cursor(connection: Connection, text: str, work: Callable[[Any], Any]) -> Any:
    with _drivers_errors(connection, text):
        cursor = connection.connection.cursor()  # a closed connection fails here already
        work(cursor)
    return cursor


@contextmanager
def _drivers_errors(connection: Connection, text: str) -> Iterator[None]:
    """Let the driver's errors come out as SQLAlchemy's, without the values."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        base = connection.dialect.loaded_dbapi.Error
        if not connection.invalidated and _is_lost(connection, error):
            connection.invalidate(error)  # else the host's own rollback and close would fail on it
        lost = connection.invalidated
        told: Any = DBAPIError.instance(text, None, error, base, hide_parameters=True, connection_invalidated=lost)
        raise classed(told) from None


def _is_lost(connection: Connection, error: Any) -> bool:
    driver: Any = connection.connection.dbapi_connection
    return connection.dialect.is_disconnect(error, driver, None)


def _run(connection: Connection, text: str) -> None:
    _on_cursor(connection, text, lambda cursor: cursor.execute(text))


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Make what happens inside whole or nothing, whatever becomes of the host's transaction around it."""
    _run(connection, "SAVEPOINT weigai")
    with _undone_on_error(connection):
        yield
    _run(connection, "RELEASE SAVEPOINT weigai")


@contextmanager
def together(connection: Connection, check: Callable[[], None]) -> Iterator[None]:
    """Do as `savepoint` does, but send the statements in one round trip where the driver can, then `check` them."""
    with _undone_on_error(connection):
        with _drivers_errors(connection, "pipeline"), _pipeline(connection):
            _run(connection, "SAVEPOINT weigai")
            yield
        check()
    _run(connection, "RELEASE SAVEPOINT weigai")


@contextmanager
def _pipeline(connection: Connection) -> Iterator[None]:
    """Open psycopg's pipeline; the statements of another driver, and of psycopg's own asyncio, go one by one.

    The pipeline ends before an error inside it is raised on: else it would warn on the host's log of every lost race.
    """
    if connection.dialect.driver != "psycopg" or connection.dialect.is_async:
        yield
        return
    failed: BaseException | None = None
    try:
        with connection.connection.driver_connection.pipeline():  # type: ignore[union-attr]
            try:
                yield
            except BaseException as error:  # noqa: BLE001 - raised again below
                failed = error
    except Exception as error:
        failed = failed or _ended(error)
        if failed is None:
            raise
        if not isinstance(failed, Exception):
            connection.invalidate(error)  # it is left in the pipeline, and the host's own rollback would fail on it
    if failed is not None:
        raise failed


def _ended(error: BaseException) -> BaseException | None:
    """Return what ended the run while the pipeline was being closed, if it did: the driver fails only because of it."""
    behind: BaseException | None = error
    while isinstance(behind, Exception):
        behind = behind.__context__
    return behind


@contextmanager
def _undone_on_error(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # the connection itself may be gone; the first error is the one to tell
        with suppress(DBAPIError, InvalidRequestError):
            _run(connection, "ROLLBACK TO SAVEPOINT weigai")
            _run(connection, "RELEASE SAVEPOINT weigai")
        raise
