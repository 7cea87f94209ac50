"""Compare this machine's clock with the server's and with the newest event of the county.

A host that passes its own clock answers for it, e.g. to play a past year. So only the machine's clock is compared.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, text

from ...states.calendar import shanghai_text, utc_text
from ...states.errors import ClockBehind, ClockDiffers
from ..prepared import Prepared
from ..statements import EVENT

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...states.actor import Seat

APART = timedelta(minutes=5)  # what transactions that take their time, and clocks that are set, may differ by
_SERVER = Prepared(text("SELECT CAST(extract(epoch FROM clock_timestamp()) AS bigint)"))
_NEWEST = Prepared(select(func.max(EVENT.c.recorded_at)).where(EVENT.c.county == bindparam("county")))


def server_differs(connection: Connection, own: datetime) -> ClockDiffers | None:
    """Return the refusal where a PostgreSQL server's clock is another by more than minutes; one round trip."""
    if connection.dialect.name != "postgresql":
        return None
    server = datetime.fromtimestamp(_SERVER(connection, {}).fetchone()[0], UTC)
    return None if abs(server - own) <= APART else ClockDiffers(shanghai_text(own), shanghai_text(server))


def differs(connection: Connection, own: datetime) -> ClockDiffers | None:
    """Return how the machine's clock differs from the server's, or lies before the newest event of a file."""
    if connection.dialect.name == "postgresql":
        return server_differs(connection, own)
    newest = connection.execute(select(func.max(EVENT.c.recorded_at))).scalar()
    if newest is None or not before(utc_text(own), newest):
        return None
    return ClockBehind(shanghai_text(own), shanghai_text(datetime.fromisoformat(newest)))


def entered(connection: Connection, county: str, recorded_at: str, *, trial: bool) -> dict[str, Any] | None:
    """Return what an event says of how it was entered at a command line, None where it was not.

    In a file, whose clock is the machine's, `newest` says when the newest event of the county was recorded, where that
    is later by more than minutes: a clock stood wrong, then or now.

    Raises:
        ClockBehind: it is later, and who sits there did not say that the clock was looked at; nothing was written.
    """
    seat: Seat | None = connection.get_execution_options().get("weigai_seat")
    if seat is None:
        return None
    told = {"user": seat.login}
    if connection.dialect.name != "sqlite":
        return told
    row = _NEWEST(connection, {"county": county}).fetchone()
    if row[0] is None or not before(recorded_at, row[0]):
        return told
    if not (seat.clock_checked or trial):
        own, newest = (shanghai_text(datetime.fromisoformat(at)) for at in (recorded_at, row[0]))
        raise ClockBehind(own, newest)
    return {**told, "newest": row[0]}


def before(one: str, other: str) -> bool:
    """Tell whether one UTC text is earlier than another by more than minutes; what is no time is not."""
    if one >= other:
        return False
    try:
        return datetime.fromisoformat(other) - datetime.fromisoformat(one) > APART
    except (ValueError, TypeError):
        return False
