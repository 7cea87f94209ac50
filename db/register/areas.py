"""Read which units were merged into which, to find the area of an office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ...states.units import Succession, area
from ..statements import UNIT, table
from ..tables import SuccessionRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection

SUCCESSION = table(SuccessionRow)


def area_on(connection: Connection, held: Sequence[str], on: date) -> tuple[str, ...]:
    """Return the codes that make up the area of these units on a day; see `states.units.area`."""
    counties = sorted({code[:6] for code in held})
    query = select(SUCCESSION.c.code, SUCCESSION.c.successor, SUCCESSION.c.since)
    rows = connection.execute(
        query.where(SUCCESSION.c.county.in_(counties), SUCCESSION.c.since <= on.isoformat())
    ).all()
    if not rows:
        return tuple(held)
    known = connection.execute(select(UNIT.c.code).where(UNIT.c.county.in_(counties))).scalars().all()
    return area(held, known, [Succession(*row) for row in rows], on)
