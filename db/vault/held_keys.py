"""Lock rows of keys until the transaction ends: the data keys of a stream, and the newest master key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from ..faults import store_error
from ..statements import HOLD_KEYS, HOLD_MASTER, NEWEST_MASTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


def hold_keys(connection: Connection, county: str, stream: str) -> None:
    """Hold the data keys of a stream to the end of the transaction: an erasure and who uses them wait for each other.

    Raises:
        StoreBusy: somebody else held them at this moment, and this transaction cannot see what became of them.
    """
    try:
        HOLD_KEYS(connection, {"in_county": county, "of_stream": stream})
    except OperationalError as error:
        raise store_error(error) from None


def newest_of(connection: Connection) -> str | None:
    """Return the id of the newest master key, None before the first data key is wrapped."""
    found = NEWEST_MASTER(connection, {}).fetchone()
    return None if found is None else str(found[0])


def newest_held(connection: Connection, first: Callable[[], str]) -> str:
    """Return the id of the newest master key, held to the end of the transaction; where none is there yet, it is `first`.

    Raises:
        StoreBusy: a rotation is at work at this moment, or this transaction cannot see what became of it.
    """
    try:
        there = NEWEST_MASTER(connection, {}).fetchone()
        HOLD_MASTER(connection, {"one": 1, "master": there[0] if there else first()})
        return str(NEWEST_MASTER(connection, {}).fetchone()[0])
    except OperationalError as error:
        raise store_error(error) from None
