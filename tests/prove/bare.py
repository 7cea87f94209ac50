"""The bare role of the application inside a scope: every verb on every row and column of every table, without the program.

What it comes to is compared with a second reading (`sight.py`) of a record that its owner reads whole. `run` tries
everything in every scope; `holding` takes every lock that a village's scope can take, and lets others go on with their work.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from weigai.db import open_engine
from weigai.db.drivers import sqlstate
from weigai.db.row_security.protect import ROLE
from weigai.db.scope import behind
from weigai.db.tables import METADATA
from weigai.states.errors import WeigaiError

from tests.prove.reads import levels
from tests.prove.sight import ADDED, CHANGED, Sight
from tests.prove.walled import TABLES, inside, record_of, walled
from tests.prove.world import OTHER, PLAN, VILLAGE, Place
from tests.support import household

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from tests.prove.sight import Row

MODES = (
    "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)  # fmt: skip
WEAK = {"ACCESS SHARE"}, {"ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE"}  # who reads, and who adds, may have these
HOLDS = ("UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE")
REFUSED, TAKEN = "42501", "23505"
# What everybody of a county takes turns at, by its nature: docs/trust.md names it.
TURNS = ("held/", "quota/", "count/")


@dataclass
class Found:
    """What a run came to: how many trials, how many did something, and what was not as it is written."""

    seed: int
    n: int = 0
    done: int = 0
    escapes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.n} trials, {self.done} had an effect, {len(self.escapes)} escapes"


class Outcome(NamedTuple):
    """What came of a statement: the rows that it returned, or the SQLSTATE of its error."""

    rows: list[Row]
    state: str


# ---------------------------------------------------------------------- the attack


class Attack:
    """One who has nothing but a connection in the application's role, and a scope."""

    def __init__(self, connection: Connection, level: str, sight: Sight, found: Found) -> None:
        self.connection, self.level, self.sight, self.found = connection, level, sight, found

    def said(self, sql: str, row: Row | None = None) -> Outcome:
        """Run a statement, and undo it."""
        self.found.n += 1
        savepoint = self.connection.begin_nested()
        try:
            result = self.connection.execute(text(sql.replace(":", "\\:") if row is None else sql), row or {})
            rows = [dict(one) for one in result.mappings()] if result.returns_rows else []
            self.found.done += bool(rows)
            return Outcome(rows, "")
        except DBAPIError as error:
            return Outcome([], sqlstate(error.orig))
        finally:
            savepoint.rollback()

    def escaped(self, what: str) -> None:
        """Write down what should not have been."""
        self.found.escapes.append(f"{what} in the scope of {self.level}")

    def on(self, table: str, tried: Sequence[Row]) -> None:
        """Try every verb on a table, and to add rows like those that are tried."""
        rows = self.sight.record[table]
        self._select(table, rows)
        for column in rows[0] if rows else ():
            self._update(table, column)
        for sql in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"UPDATE {table} SET ctid = ctid"):
            if not self.said(sql).state:
                self.escaped(sql)
        for mode in MODES:
            if not self.said(f"LOCK TABLE {table} IN {mode} MODE NOWAIT").state and mode not in WEAK[table in ADDED]:
                self.escaped(f"LOCK TABLE {table} IN {mode} MODE")
        for hold in HOLDS:
            outcome = self.said(f"SELECT * FROM {table} FOR {hold} NOWAIT")
            self._only(table, outcome, self.sight.holds, f"FOR {hold} on {table}")
        self._insert(table, tried)
        if table == "weigai_key":
            self._moved(tried)

    def _select(self, table: str, rows: Sequence[Row]) -> None:
        seen = {_key(row) for row in self.said(f"SELECT * FROM {table}").rows}
        for row in rows:
            if (_key(row) in seen) != self.sight.sees(table, row):
                verb = "hides" if self.sight.sees(table, row) else "shows"
                self.escaped(f"{table} {verb} {_name(row)}")

    def _update(self, table: str, column: str) -> None:
        whole = "int" in str(METADATA.tables[table].columns[column].type).lower() if table in METADATA.tables else False
        for value in (column, *(("0", "9") if whole else ("''", "'x'", "'-x'")), "NULL"):
            outcome = self.said(f"UPDATE {table} SET {column} = {value} RETURNING *")
            if outcome.state != REFUSED and column not in CHANGED.get(table, ()):
                self.escaped(f"UPDATE ({column}) of {table} is no matter of rights")
            self._changed(table, outcome, f"UPDATE ({column}) of {table} to {value}")
        if table in ("weigai_private", "weigai_document"):
            self._changed(table, self.said(f"UPDATE {table} SET {_EMPTY[table]} RETURNING *"), f"emptying {table}")

    def _changed(self, table: str, outcome: Outcome, what: str) -> None:
        self._only(table, outcome, self.sight.changes, what)
        if any(not _only_emptied(table, row) for row in outcome.rows):
            self.escaped(f"{what} is no emptying")

    def _only(self, table: str, outcome: Outcome, may: Any, what: str) -> None:
        here = {_key(row, table): row for row in self.sight.record[table]}
        for row in outcome.rows:
            before = here.get(_key(row, table), row)
            if not may(table, before):
                self.escaped(f"{what} reaches {_name(before)}")
                return

    def _insert(self, table: str, rows: Sequence[Row]) -> None:
        false = [{**row, **changed} for row in rows for changed in _FALSE.get(table, ())]
        for row in (*rows, *false):  # the key of each is taken, and that is told only to whom the wall lets through
            names = ", ".join(row)
            marks = ", ".join(f":{name}" for name in row)
            outcome = self.said(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)
            self.found.done += outcome.state == TAKEN
            if outcome.state != REFUSED and not self.sight.adds(table, row):
                self.escaped(f"INSERT into {table} like {_name(row)}: {outcome.state or 'done'}")

    def _moved(self, rows: Sequence[Row]) -> None:
        """Try to carry each data key to the stream of each other one."""
        sql = (
            "UPDATE weigai_key SET stream = :to, person = 'moved' WHERE county = :county AND stream = :stream"
            " AND person = :person RETURNING stream"
        )
        for row in rows:
            for stream in sorted({other["stream"] for other in rows if other["county"] == row["county"]}):
                moved = {**row, "stream": stream}
                may = self.sight.changes("weigai_key", row) and self.sight.changes("weigai_key", moved)
                if self.said(sql, {**row, "to": stream}).rows and not may:
                    self.escaped(f"the data key of {_name(row)} carried to {stream}")


# What a row that is there never says: tried besides.
_FALSE: dict[str, tuple[dict[str, Any], ...]] = {
    "weigai_master": ({"one": 2}, {"master": "none"}, {"master": "0123456789AB"}),
    "weigai_tally": ({"key": "archive/zhalantun-2019-a/150783", "value": 999999999},),
    "weigai_succession": ({"code": "150783101201", "successor": "150783101201"},),
    "weigai_key": ({"stream": "check", "person": "index", "wrapped": None},),
}
_EMPTY = {
    "weigai_private": "salt = '', value = ''",
    "weigai_document": "sha256 = '', salt = '', same = NULL, look = NULL, size = 0",
}


def _only_emptied(table: str, row: Row) -> bool:
    """Tell whether a changed row is one that was emptied, or a paper that got its new name."""
    if table == "weigai_private":
        return (row["salt"], row["value"]) == ("", "")
    if table == "weigai_document":
        emptied = (row["sha256"], row["salt"], row["same"], row["look"], row["size"]) == ("", "", None, None, 0)
        return emptied or ("/" in row["sha256"] and row["same"] is not None)
    if table == "weigai_index":
        return str(row["token"]).startswith("-")
    return table != "weigai_key" or (row["wrapped"] is None) == (row["erased_at"] is not None)


def _key(row: Row, table: str | None = None) -> tuple[Any, ...]:
    if table is None or table not in METADATA.tables:
        return tuple(row.values())
    changed = CHANGED.get(table, ()) if table == "weigai_index" else ()
    return tuple(row[column.name] for column in METADATA.tables[table].primary_key if column.name not in changed)


def _name(row: Row) -> str:
    return "/".join(str(value)[:40] for value in list(row.values())[:4])


# ---------------------------------------------------------------------- the runs


def run(seed: int, url: str, sample: int | None = None) -> Found:
    """Attack a world of its own in every scope, with every row of each table or `sample` of them; then hold every lock."""
    walled(url)
    found = attacked(seed, url, sample=sample)
    found.escapes += holding(url)
    found.n += 1
    return found


def attacked(
    seed: int,
    url: str,
    *,
    sample: int | None = None,
    only: Sequence[str] = (),
    tables: Sequence[str] = TABLES,
    before: str = "SELECT 1",
) -> Found:
    """Attack a walled world in every scope or in those named, and put everything back.

    `before` is a statement of the owner in the same transaction: a hole in the wall.
    """
    chance, found, record = random.Random(seed), Found(seed), record_of(url)
    engine = open_engine(url)
    for level, units in levels():
        if only and level not in only:
            continue
        sight = Sight(units, f"p-clerk-{VILLAGE}", record)
        with inside(engine, units, sight.person, before) as connection:
            for table in tables:
                rows = list(record[table])
                tried = rows if sample is None or len(rows) <= sample else chance.sample(rows, sample)
                Attack(connection, level, sight, found).on(table, tried)
    engine.dispose()
    return found


def holding(url: str) -> list[str]:
    """Take every lock that a village's scope can take; return what others can then no longer do.

    Left out is what the whole county takes turns at, and the heads of those whose office reaches that village.
    """
    engine, record = open_engine(url), record_of(url)
    sight = Sight((VILLAGE,), f"p-clerk-{VILLAGE}", record)
    with inside(engine, (VILLAGE,), sight.person) as connection:
        attack = Attack(connection, "own village", sight, Found(0))
        for table in TABLES:
            _take(attack, table)
        stopped = list(_others(url, record))
    engine.dispose()
    return stopped


def _take(attack: Attack, table: str) -> None:
    """Take every lock on a table and its rows that can be had, and keep it."""
    some = {"weigai_stream": " WHERE stream NOT LIKE 'person/%'", "weigai_tally": ""}.get(table, "")
    if table == "weigai_tally":
        some = " WHERE " + " AND ".join(f"key NOT LIKE '{turn}%'" for turn in TURNS)
    wanted = [f"LOCK TABLE {table} IN {mode} MODE NOWAIT" for mode in MODES]
    for sql in (*wanted, *(f"SELECT * FROM {table}{some} FOR {hold} NOWAIT" for hold in HOLDS)):
        if not attack.said(sql).state:
            attack.connection.execute(text(sql))


def _others(url: str, record: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Yield what the owner cannot read, and another village, behind the wall itself, cannot do."""
    engine = open_engine(url)
    for table in TABLES:
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
                whole = len(connection.exec_driver_sql(f"SELECT * FROM {table}").all()) == len(record[table])
        except DBAPIError:
            whole = False
        if not whole:
            yield f"{table} is not read whole beside a village that holds what it can"
    engine.dispose()
    engine = open_engine(url)
    behind(engine, ROLE)
    with tempfile.TemporaryDirectory() as folder, Place(engine, Path(folder), OTHER, Path(folder)) as place:
        try:
            _work(place)
            place.session.commit()
        except (WeigaiError, DBAPIError) as error:
            yield f"another village cannot work beside one that holds what it can: {type(error).__name__} {error}"
    engine.dispose()


def _work(place: Place) -> None:
    """Open a case, put it on a list, take it up to the township with its papers, and leave a refused attempt."""
    clerk = place.person("village")
    made = place.api.open_case(policy=PLAN, unit=place.unit, household=household(), actor=clerk, on=place.today)
    place.api.lists.new("meeting", unit=place.unit, cases=[made.id], actor=clerk, on=place.today)
    place.walk_here(made.id, "township_review")
    place.api.records.refused_attempt(actor=clerk, county=place.unit[:6], action="pay", exit_code=3)
