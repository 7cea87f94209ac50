"""Store refused attempts in the streams `refused/<person id>`, and read them by area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from ..readable import read_each
from ..statements import EVENT
from .entry import event_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from ...states.values import Event


def visible(whole: Sequence[str], counties: Sequence[str], own: str) -> ColumnElement[bool]:
    """Return the condition that an event is no refused attempt, or one of a county seen whole, or of the asker's own."""
    mine = and_(EVENT.c.county.in_(tuple(counties)), EVENT.c.stream == f"refused/{own}")
    return or_(~EVENT.c.stream.startswith("refused/"), EVENT.c.county.in_(tuple(whole)), mine)


def attempts(
    connection: Connection, whole: Sequence[str], counties: Sequence[str], own: str, *, person: str | None, limit: int
) -> list[Event]:
    """Return the refused attempts of the counties seen whole, and the asker's own, the latest first."""
    query = select(EVENT.c.hash, EVENT.c.body).where(
        EVENT.c.county.in_(tuple(counties)), EVENT.c.stream.startswith("refused/"), visible(whole, counties, own)
    )
    if person is not None:
        query = query.where(EVENT.c.stream == f"refused/{person}")
    query = query.order_by(EVENT.c.recorded_at.desc(), EVENT.c.stream, EVENT.c.seq.desc()).limit(limit)
    return list(read_each(connection.execute(query), lambda row: event_of(row.hash, row.body)))
