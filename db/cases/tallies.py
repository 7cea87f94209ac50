"""Rows of the county that stay locked until the host commits: running numbers without a gap, and counts for guards.

A row is held by an UPDATE, also where it changes nothing: whoever comes next waits for it, and at a higher isolation than
PostgreSQL's own is told that the race is lost. A mere lock would let it go on there with what it counted before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from ...states.errors import StoreBusy
from ..drivers import clash
from ..engine import store_errors
from ..prepared import Prepared, savepoint
from ..scope import county_wide
from ..statements import NUMBERED, TALLY

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROW = (TALLY.c.county == bindparam("in_county"), TALLY.c.key == bindparam("of_key"))
_RAISE = update(TALLY).where(*_ROW).values(value=TALLY.c.value + 1).returning(TALLY.c.value)
_HOLD = Prepared(update(TALLY).where(*_ROW).values(value=TALLY.c.value))


def next_archive_number(connection: Connection, county: str, key: str) -> int:
    """Return the next archive number of a plan: a township may give one of the whole county's. See `next_number`."""
    with county_wide(connection):
        return next_number(connection, county, f"archive/{key}")


def next_number(connection: Connection, county: str, key: str) -> int:
    """Return the next number of a running count.

    Raises:
        StoreBusy: another writer holds it, or began it and this transaction cannot see it: roll back and repeat.
    """
    with store_errors():
        for _ in range(2):
            value = connection.execute(_RAISE, {"in_county": county, "of_key": key}).scalar()
            if value is not None:
                return int(value)
            if _begun(connection, county, key, 1):
                return 1
    raise StoreBusy


def numbered(connection: Connection, county: str, archive_no: str) -> bool:
    """Tell whether a case of a county has an archive number already, in whichever area it lies."""
    with store_errors(), county_wide(connection):
        return NUMBERED(connection, {"county": county, "archive_no": archive_no}).fetchone() is not None


def hold(connection: Connection, county: str, key: str) -> None:
    """Hold what a guard reads to the end of the transaction; read it only then.

    Raises:
        StoreBusy: somebody else changed it since this transaction began, or holds it for too long.
    """
    with store_errors():
        for _ in range(2):
            if _HOLD(connection, {"in_county": county, "of_key": f"held/{key}"}).rowcount:
                return
            if _begun(connection, county, f"held/{key}", 0):
                return
    raise StoreBusy


def _begun(connection: Connection, county: str, key: str, value: int) -> bool:
    """Write the first row of a key; False where somebody else wrote it meanwhile."""
    try:
        with savepoint(connection):
            connection.execute(insert(TALLY), {"county": county, "key": key, "value": value})
    except IntegrityError as error:
        if not clash(error):
            raise
        return False
    return True
