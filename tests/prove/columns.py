"""Every column of every table changed, every row taken away, and rows put in: each is found, or stands among the caches.

The tables and columns are read from the metadata, so that a new one is tried as well. Each trial changes one cell of an
honest county inside a transaction that is rolled back, and asks the whole verification, with keys and files.
"""

from __future__ import annotations

import io
import random
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw
from sqlalchemy import Integer, delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from weigai.db.audit.columns import CACHES, OF_EMPTIED, ROWS
from weigai.db.tables import METADATA
from weigai.workflow import Attachment

from tests.prove.tampering import unguarded
from tests.support import COUNTY, FIRST, TOWNSHIP, VILLAGE, Desk, documents, founded, holds, merged, person

MAY_BE_GONE = ("weigai_master",)  # written at the next wrap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Column, Engine, Table

OTHER = "150783101202"
NUMBER = "150799198802290038"


def county(desk: Desk) -> None:
    """Write an honest county that has rows in every table."""
    register, clerk = desk.api.register, person("village")
    founded(desk)
    register.import_units([(COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村"), (OTHER, "二村")], actor=FIRST)
    register.declare(FIRST.person, {"id_number": NUMBER, "card": "6217000000000009"}, actor=FIRST)
    holds(register, "p-second", "county", COUNTY)
    merged(register, OTHER, VILLAGE)
    desk.api.units.record(
        TOWNSHIP, "submit_progress", actor=person("township"), on=date(2019, 5, 14), documents=documents("report")
    )
    whole, gone = desk.open(), desk.open()
    desk.take(whole, "attach", "village", "")
    desk.api.attach(whole, [Attachment("danger_photo", content=picture())], actor=clerk, on=desk.today)
    desk.walk(whole, "archived")
    desk.take(gone, "attach", "village", "danger_photo")
    desk.api.unmask(gone, actor=person("county"), reason="核对")
    desk.take(gone, "withdraw", "village", "", reason="不改了")
    third = desk.open()
    made = desk.api.lists.new(
        "hand_over",
        unit=VILLAGE,
        cases=[third],
        actor=clerk,
        on=desk.today,
        data={"note": "三户"},
        documents=documents("village_plan"),
    )
    desk.api.lists.advance(made.id, "attach", actor=clerk)
    desk.api.lists.send(made.id, actor=clerk, on=desk.today)
    desk.api.evidence.head(actor=person("county"))
    desk.today = date(2080, 1, 1)
    erased = desk.api.erase(gone, actor=person("county"), agreed_by="p-second", reason="期满", on=desk.today)
    desk.api.forget(erased, actor=person("county"))
    desk.api.evidence.head(actor=person("county"))


def picture() -> bytes:
    """Return a picture that has a look."""
    image, told = Image.new("L", (64, 64), 200), io.BytesIO()
    ImageDraw.Draw(image).rectangle((8, 8, 30, 50), fill=20)
    image.save(told, "PNG")
    return told.getvalue()


Told = set[tuple[str, int, str]]


def told(desk: Desk) -> Told:
    """Return everything that the whole verification says."""
    found = desk.api.evidence.verify(most=500)
    return {tuple(one) for one in (*found.problems, *found.remarks)}  # type: ignore[misc]


def run(engine: Engine, files: Path, *, seed: int, rows: int = 2, part: float = 1) -> tuple[int, list[str]]:
    """Try every column on so many rows of each table, or a part of all changes; return how many, and what nobody told of."""
    rng, tried, missed = random.Random(seed), 0, []
    with Desk(engine, files) as desk:
        county(desk)
        desk.session.commit()
        missed += [f"the honest county: {one}" for one in sorted(told(desk))]
        with undone(desk):
            honest = told(desk)  # with what guards the events away, which is told
        for table in METADATA.sorted_tables:
            there = [dict(row) for row in desk.session.execute(select(table)).mappings()]
            if not there:
                missed.append(f"{table.name}: the county has no row of it")
                continue
            for row in rng.sample(there, min(rows, len(there))):
                for name, new, change in changes(table, row, rng):
                    if rng.random() >= part:
                        continue
                    tried += 1
                    with undone(desk):
                        if change(desk) and told(desk) == honest and not passed_over(table, name, new):
                            missed.append(f"{table.name}.{name}: {row}")
    return tried, missed


@contextmanager
def undone(desk: Desk) -> Iterator[None]:
    """Roll back whatever is done inside; what guards the events against changes is taken away for it."""
    unguarded(desk.session.connection())
    yield
    desk.session.rollback()


def changes(table: Table, row: dict[str, Any], rng: random.Random) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield the name, the row and the work of each change of a row: every column in every way, the row taken away, one put in."""
    here = [column == row[column.name] for column in table.primary_key]
    for column in table.columns:
        for value in values(column, row[column.name], rng):
            yield column.name, row, done(update(table).where(*here).values({column.name: value}))
    yield "-", row, done(delete(table).where(*here))
    for column in table.primary_key:
        for value in values(column, row[column.name], rng):
            new = {**row, column.name: value}
            yield f"+{column.name}", new, done(insert(table).values(new))


def done(statement: Any) -> Any:
    """Return the work that runs a statement and tells whether it could be done."""

    def work(desk: Desk) -> bool:
        try:
            with desk.session.begin_nested():
                return bool(desk.session.execute(statement).rowcount)
        except DBAPIError:
            return False

    return work


def values(column: Column[Any], old: Any, rng: random.Random) -> list[Any]:
    """Return other values of a column: one near the old one, one far off, and none where it may be empty."""
    if isinstance(column.type, Integer) or type(old) is int:
        return [
            n for n in (1 if old is None else old + 1, 0 if old is None else old - 1, None) if allowed(column, old, n)
        ]
    far = f"{rng.getrandbits(64):016x}"
    near = far if not old else old[:-1] + ("1" if old[-1] != "1" else "2")
    return [v for v in (near, far, None) if allowed(column, old, v)]


def allowed(column: Column[Any], old: Any, new: Any) -> bool:
    """Tell whether a value is another one that the column can hold."""
    return new != old and (new is not None or bool(column.nullable))


def passed_over(table: Table, name: str, row: dict[str, Any]) -> bool:
    """Tell whether a change stands in the list of what nothing is decided on."""
    if f"{table.name}.{name}" in CACHES or (name == "-" and table.name in MAY_BE_GONE):
        return True
    emptied = OF_EMPTIED.get(f"{table.name}.{name}")
    if emptied is not None and all(row[column] == value for column, value in emptied.items()):
        return True
    return any(all(fits(row[name], begin) for name, begin in one.items()) for one in ROWS.get(table.name, ()))


def fits(value: Any, begin: str | None) -> bool:
    """Tell whether a value begins so; nothing and the empty text are just that."""
    return str(value).startswith(begin) if begin else bool(value == begin)
