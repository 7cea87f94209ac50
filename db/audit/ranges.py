"""The ranges of the record that a verification reads, in the order of their keys, and the number of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import and_, exists, func, or_, select, true, tuple_
from sqlalchemy.exc import OperationalError

from ..statements import CASE, EVENT, area, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

Place = tuple[str, str]  # a county and a stream
T = TypeVar("T")


def wanted(
    columns: Sequence[Any],
    only: str | None = None,
    start: Place | None = None,
    end: Place | None = None,
    within: Sequence[str] | None = None,
) -> Any:
    """Return the query for events in the order of their key: a case's, a range of streams, or those of units."""
    query = select(*columns).order_by(EVENT.c.county, EVENT.c.stream, EVENT.c.seq)
    if only:
        query = query.where(EVENT.c.county == only[:6], EVENT.c.stream == f"case/{only}")
    if within is not None:
        theirs = CASE.c.county == EVENT.c.county, CASE.c.id == func.substr(EVENT.c.stream, 6), area(CASE.c.unit, within)
        of_case = and_(EVENT.c.stream.startswith("case/"), exists().where(*theirs))
        query = query.where(or_(EVENT.c.county.in_(whole(within)), of_case))
    key = tuple_(EVENT.c.county, EVENT.c.stream)
    if start is not None:
        query = query.where(key >= start)
    return query if end is None else query.where(key < end)


def tolerant(connection: Connection, read: Callable[[], T]) -> T:
    """Read, and once more as bytes where SQLite holds a text that is no UTF-8: it is to be found, and no crash."""
    try:
        return read()
    except OperationalError as error:
        if "decode" not in str(error.orig):
            raise
    driver: Any = connection.connection.driver_connection
    before, driver.text_factory = driver.text_factory, lambda raw: raw.decode(errors="surrogateescape")
    try:
        return read()
    finally:
        driver.text_factory = before


def places(connection: Connection, parts: int, at_least: int, within: Sequence[str] | None = None) -> list[Place]:
    """Return the streams at which the record falls into so many parts of like size; none under so many events."""
    mine = true() if within is None else EVENT.c.county.in_({code[:6] for code in within})
    total = connection.execute(select(func.count()).select_from(EVENT).where(mine)).scalar_one()
    if total < max(at_least, 1):
        return []
    parts = min(parts, total)  # more fall on the same streams
    query = select(EVENT.c.county, EVENT.c.stream).where(mine)
    query = query.order_by(EVENT.c.county, EVENT.c.stream, EVENT.c.seq).limit(1)
    rows = [connection.execute(query.offset(total * i // parts)).first() for i in range(1, parts)]
    return list(dict.fromkeys((row.county, row.stream) for row in rows if row is not None))
