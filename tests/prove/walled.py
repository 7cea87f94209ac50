"""A walled PostgreSQL with a row of every kind for every village, as its owner reads it and as the bare role is inside it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from weigai.db import open_engine, schema
from weigai.db.row_security.protect import ROLE
from weigai.db.tables import METADATA

from tests.prove.world import plant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from tests.prove.sight import Record
    from tests.prove.world import Planted

TABLES = sorted({*METADATA.tables, "weigai_version"})


def walled(url: str) -> dict[str, Planted]:
    """Plant the world in an empty PostgreSQL, add what the program writes rarely, and put the wall up."""
    engine = open_engine(url)
    schema.upgrade(engine)
    with tempfile.TemporaryDirectory() as folder:
        world = plant(engine, Path(folder))
    with engine.begin() as connection:
        for planted in world.values():
            for sql in _rare(planted):
                connection.exec_driver_sql(sql)
    schema.upgrade(engine, role=ROLE)
    engine.dispose()
    return world


def _rare(planted: Planted) -> Iterator[str]:
    unit, case = planted.unit, planted.cases[0]
    county, town, clerk = unit[:6], unit[:9], f"p-clerk-{unit}"
    streams = (f"case/{case}", f"unmasked/{case}", f"unit/{unit}", f"person/{clerk}", f"refused/{clerk}", "county")
    insert = "INSERT INTO weigai_{} VALUES ('" + county + "', {}) ON CONFLICT DO NOTHING"
    for stream in streams:
        yield insert.format("leaf", f"1, '{stream}', 1, 'h'")
        yield insert.format("stream", f"'{stream}', 1, 'h'")
        yield insert.format("key", f"'{stream}', 'planted', 'm', 'w', NULL")
        yield insert.format("private", f"'{stream}', 99, 'f', 'head', 's', 'v'")
        yield insert.format("index", f"'card', 't{unit}', '{stream}', 'self'")
    for no, name in enumerate((f"{unit}/t1", f"{town}/t2{unit}", f"{county}/t3{unit}", unit[::-1] * 5 + "abcd")):
        yield insert.format("key", f"'file/{name}', 'file', 'm', 'w', NULL")
        if no:  # a paper of a list of the township's or county's, in a case; and one as they were named before
            yield insert.format("document", f"'case/{case}', 98, {no}, 'notice', '{name}', 1, 'm', 's', NULL, NULL")
    yield insert.format("key", f"'file/{unit[::-1] * 5}ffff', 'file', 'm', 'w', NULL")  # one that no row names any more
    for key in (
        f"list/{unit}-N-2019",
        f"archive/plan/{unit}",
        f"archive/plan/{town}",
        f"archive/plan/{county}",
        "quota/plan/cap",
        "held/register",
        "held/count/plan",
    ):
        yield insert.format("tally", f"'{key}', 1")
    yield insert.format("head", "1, 'sha256', 't', 1, 1, NULL, 'r'")
    yield insert.format("unit_record", f"'{unit}', 'report', '2019', 1, 'd'")
    yield insert.format("succession", f"'{unit}', '{unit[:9]}999', 'd'")
    both = f"p-both-{unit}"  # an official of this village and of the whole county
    for no, code in enumerate((unit, county)):
        yield insert.format("grant", f"'{both}', {no}, 'township', '{code}', 'd', NULL, 'p', 'q'")
    yield insert.format("stream", f"'person/{both}', 1, 'h'")
    yield insert.format("key", f"'person/{both}', 'planted', 'm', 'w', NULL")
    yield insert.format("private", f"'person/{both}', 99, 'f', 'self', 's', 'v'")
    yield insert.format("index", f"'card', 'b{unit}', 'person/{both}', 'self'")
    yield insert.format("person", f"'{both}', 'both-{unit}', 0")
    for code in (town, county):
        yield insert.format("person", f"'p-official-{code}', 'official-{code}', 0")
        yield insert.format("grant", f"'p-official-{code}', 1, 'township', '{code}', 'd', NULL, 'p', 'q'")
        yield insert.format("stream", f"'person/p-official-{code}', 1, 'h'")
    yield "INSERT INTO weigai_master VALUES (1, 'm') ON CONFLICT DO NOTHING"


def record_of(url: str) -> Record:
    """Return every row of every table, as the owner reads them."""
    engine = open_engine(url)
    with engine.begin() as connection:
        record = {
            table: [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]
            for table in TABLES
        }
    engine.dispose()
    return record


class inside:  # noqa: N801 - read as a verb
    """A transaction in the application's role and a scope, rolled back in the end."""

    def __init__(self, engine: Engine, units: Sequence[str], person: str, before: str = "SELECT 1") -> None:
        self.engine, self.units, self.person, self.before = engine, units, person, before

    def __enter__(self) -> Connection:
        self.connection = self.engine.connect()
        self.connection.begin()
        self.connection.exec_driver_sql(self.before)
        self.connection.exec_driver_sql(f'SET LOCAL ROLE "{ROLE}"')
        said = text("SELECT set_config('weigai.units', :units, true), set_config('weigai.person', :person, true)")
        self.connection.execute(said, {"units": ",".join(self.units), "person": self.person})
        return self.connection

    def __exit__(self, *ended: object) -> None:
        self.connection.close()
