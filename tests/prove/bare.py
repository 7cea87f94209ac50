"""Every table, column and verb tried by the application's bare role from inside one village's scope.

Nothing that lies outside is changed, and no lock is had on it. What the whole county may lock or count stands in `SHARED`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from weigai.db import open_engine
from weigai.db.drivers import sqlstate
from weigai.db.tables import METADATA

from tests.prove import matrix, reads
from tests.prove.world import VILLAGE
from tests.support import forged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from tests.prove.world import Planted

MODES = ("ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE",
         "EXCLUSIVE", "ACCESS EXCLUSIVE")  # fmt: skip
HARMLESS = frozenset({"ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE"})  # none of these stops reading or writing
STRENGTHS = ("UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE")
# rows that everybody of the county counts or wraps by, each a row that somebody of another village waits for
SHARED = frozenset({"weigai_master", "weigai_tally", "weigai_stream"})


class Row(NamedTuple):
    """A row as the owner sees it: where it lies, and what it says."""

    place: str
    said: tuple[Any, ...]


def run(url: str) -> matrix.Matrix:
    """Try everything in a walled world of its own."""
    return tried(url, matrix.walled(url), sorted(METADATA.tables))


def tried(url: str, world: Mapping[str, Planted], tables: Sequence[str], role: str = "weigai_app") -> matrix.Matrix:
    """Try everything on these tables of a protected PostgreSQL, each try in a transaction that is rolled back."""
    found, engine = matrix.Matrix(0), open_engine(url)
    actor = forged("m-bare", "auditor", (VILLAGE,))
    for table in tables:
        with engine.connect() as connection:
            foreign = _foreign(connection, table, world, actor)
            connection.rollback()
            for attack in _attacks(table):
                found.n += 1
                escaped = _tried(connection, table, attack, foreign, role)
                found.escapes += [f"{table}: {attack}: {what}" for what in escaped]
                connection.rollback()
    engine.dispose()
    return found


def _attacks(table: str) -> Iterator[str]:
    columns = METADATA.tables[table].columns
    yield from (f"UPDATE {table} SET {c.name} = {c.name}" for c in columns)
    yield from (f"UPDATE {table} SET {c.name} = {_other(c)}" for c in columns)
    yield from (f"DELETE FROM {table}", f"TRUNCATE {table}")
    yield from (f"LOCK TABLE {table} IN {mode} MODE NOWAIT" for mode in MODES)
    yield from (f"SELECT ctid::text FROM {table} FOR {strength} NOWAIT" for strength in STRENGTHS)


def _other(column: Any) -> str:
    if column.type.python_type is int:
        return "0"
    return "NULL" if column.nullable else "''"


def _foreign(connection: Connection, table: str, world: Mapping[str, Planted], actor: Any) -> dict[str, Row]:
    """Return the rows that tell of what lies outside the village, as the owner sees them."""
    found = {}
    for place, *said in connection.exec_driver_sql(f"SELECT ctid::text, t.* FROM {table} t").all():
        row = Row(place, tuple(said))
        told = str(row.said)
        if "'held/" in told:  # a row that is only held, and whose number means nothing
            continue
        own = any(word in told for word in (*world[VILLAGE].words, VILLAGE))
        if not own or reads.leaks(told, world, actor):
            found[place] = row
    return found


def _tried(connection: Connection, table: str, attack: str, foreign: Mapping[str, Row], role: str) -> Iterator[str]:
    connection.exec_driver_sql(f'SET LOCAL ROLE "{role}"')
    connection.execute(text("SELECT set_config('weigai.units', :units, true)"), {"units": VILLAGE})
    try:
        result = connection.exec_driver_sql(attack)
        locked = set(result.scalars()) if attack.startswith("SELECT") else set()
    except DBAPIError as error:
        if sqlstate(error.orig) not in ("42501", "23505", "23502", "23514"):
            yield f"{sqlstate(error.orig)} {error.orig}"
        return
    if attack.startswith(("DELETE", "TRUNCATE")):
        yield "is allowed"
    if attack.startswith("LOCK") and not any(f"IN {mode} MODE" in attack for mode in HARMLESS):
        yield "is allowed"
    if table not in SHARED and (outside := locked & set(foreign)):
        yield f"locks {len(outside)} rows of others, e.g. {foreign[min(outside)].said[:4]}"
    if attack.startswith("UPDATE"):
        connection.exec_driver_sql("RESET ROLE")
        left = {place for (place,) in connection.exec_driver_sql(f"SELECT ctid::text FROM {table}").all()}
        gone = set(foreign) - left
        if gone and not (table in SHARED and "SET held" in attack):
            yield f"changes {len(gone)} rows of others, e.g. {foreign[min(gone)].said[:4]}"
