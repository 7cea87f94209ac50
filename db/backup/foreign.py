"""Check a database file from outside: every table, index and trigger must be weigai's before anything is read.

SQLite reads the statements of a file's schema when it is first asked anything, and a view or a generated column is
computed for whoever reads a row. So a process of its own lists the schema first.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import create_engine

from ...states.input_files import shallow
from .. import schema
from ..child import apart
from ..engine import prepare_engine
from ..log.event import LONGEST, parse_body
from ..row_security.census_tables import plain
from ..stoppable import Stoppable
from ..tables import VERSION_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LARGEST = LONGEST  # bytes of a row, and of a value
_MANY = 500  # objects of a schema; ours has fewer
_OBJECTS = f"SELECT type, name, sql FROM sqlite_schema LIMIT {_MANY + 1}"  # noqa: S608 - our own number
_SHORT = 64 * 1024  # characters; what is no longer is small however it is read
_BEGINS = '{"acted_by":'  # the canonical text of every event
_READ_AS: dict[str, Callable[[str], Any]] = {
    "weigai_event.body": parse_body,
    "weigai_case.record": json.loads,
    "weigai_list.record": json.loads,
}
_MAY_BE_LONG = {*_READ_AS, "weigai_private.value", "weigai_policy.content"}
_SQLITES = ("sqlite_autoindex_", "sqlite_stat", "sqlite_sequence")


class Weighed:
    """The rows of a backup on their way into a database: what would take much memory or time there is refused first.

    Of one whose texts are ours any number passes. Texts that stand where an event or a record should, and are none, pass
    for the verification to tell of, up to `LARGEST` together.
    """

    def __init__(self) -> None:
        self._strange = 0
        self._sealed: tuple[Any, ...] = ()
        self._of_event = 0

    def take(self, table: str, row: Mapping[str, Any]) -> None:
        """Weigh one row.

        Raises:
            ValueError: a text is longer than any of its kind, has too many values or too deep ones, or too much is strange.
        """
        if table == "weigai_event" and not row["body"].startswith(_BEGINS):
            self._strange += len(row["body"])
        if table == "weigai_private":
            self._of_one_event((row["county"], row["stream"], row["seq"]), len(row["value"]))
        for name, value in row.items():
            if isinstance(value, str) and len(value) > _SHORT:
                self._long(f"{table}.{name}", value)
        if self._strange > LARGEST:
            raise ValueError("too much of it is nothing of ours")

    def _of_one_event(self, place: tuple[Any, ...], size: int) -> None:
        self._of_event = size + (self._of_event if place == self._sealed else 0)
        self._sealed = place
        if self._of_event > 2 * LARGEST:
            raise ValueError("the values of one event are too long")

    def _long(self, column: str, value: str) -> None:
        if column not in _MAY_BE_LONG:
            raise ValueError(f"{column} is too long")
        if column in _READ_AS:
            shallow(value)
            try:
                _READ_AS[column](value)
            except (ValueError, RecursionError):
                self._strange += len(value)


class Schema(NamedTuple):
    """What a file's schema is: its revision, and its objects as (kind, name, statement)."""

    revision: str | None
    objects: tuple[tuple[str, str, str | None], ...]

    @property
    def strange(self) -> int:
        """Return how many objects are not those that this release makes."""
        return sum(not _known(*one) for one in self.objects)


def schema_of(path: Path) -> Schema | None:
    """Return the schema of a file, listed by a process of its own; None where it cannot be listed within the limits."""
    found = apart(listed, str(path.resolve()).encode())
    return found and Schema(found[0], tuple((kind, name, sql) for kind, name, sql in found[1]))


def listed(path: bytes) -> Any:
    """Return a file's revision and objects, inside the process that lists them."""
    with closing(reading(path.decode())) as file:
        objects = file.execute(_OBJECTS).fetchall()
        plain_table = any(kind == "table" and name == VERSION_TABLE for kind, name, _ in objects)
        query = f"SELECT version_num FROM {VERSION_TABLE} LIMIT 1"  # noqa: S608 - our own name
        row = file.execute(query).fetchone() if plain_table else None
    return row and str(row[0])[:40], objects


def reading(path: str) -> sqlite3.Connection:
    """Open a file for reading only, with SQLite's guards against a file that was made to do harm."""
    found = sqlite3.connect(f"{Path(path).as_uri()}?mode=ro", uri=True, factory=Stoppable)
    found.execute("PRAGMA trusted_schema=OFF")
    found.execute("PRAGMA cell_size_check=ON")
    found.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
    found.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    found.set_progress_handler(_go_on, 100_000)
    return found


def unchanged(file: sqlite3.Connection, before: Schema) -> bool:
    """Tell whether a file that was opened has the schema that was listed."""
    return tuple(file.execute(_OBJECTS).fetchall()) == before.objects


def _go_on() -> int:
    """Let Python's signal handlers run while SQLite works."""
    return 0


def _known(kind: str, name: str, sql: str | None) -> bool:
    own = kind in ("table", "index") and name.startswith(_SQLITES)
    return own or (kind, name, _same(sql)) in _ours()


@lru_cache(maxsize=1)
def _ours() -> frozenset[tuple[str, str, str]]:
    """Return the objects of a fresh database of this release."""
    engine = prepare_engine(create_engine("sqlite://"))
    try:
        with engine.connect() as connection, connection.begin():
            schema.bring_up(connection)
            rows: Iterable[Any] = connection.exec_driver_sql(_OBJECTS).all()
        return frozenset((kind, name, _same(sql)) for kind, name, sql in rows)
    finally:
        engine.dispose()


def _same(sql: str | None) -> str:
    """Return a statement without what may differ between releases of the libraries: blanks and quotes."""
    return plain(sql).replace('"', "").lower()
