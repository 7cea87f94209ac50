"""Running numbers, gap-free: each is a row that stays locked until the host commits, taken after the case row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from .engine import store_errors
from .prepared import savepoint
from .statements import TALLY

if TYPE_CHECKING:
    from sqlalchemy import Connection


def next_number(connection: Connection, county: str, key: str) -> int:
    """Return the next number of a running count.

    Raises:
        StoreBusy: another writer holds it.
    """
    where = (TALLY.c.county == county, TALLY.c.key == key)
    raised = update(TALLY).where(*where).values(value=TALLY.c.value + 1).returning(TALLY.c.value)
    with store_errors():
        value = connection.execute(raised).scalar()
        if value is not None:
            return int(value)
        try:
            with savepoint(connection):
                connection.execute(insert(TALLY), {"county": county, "key": key, "value": 1})
            return 1
        except IntegrityError:  # somebody else wrote the first number meanwhile
            return int(connection.execute(raised).scalar_one())
