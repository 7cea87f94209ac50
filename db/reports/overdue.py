"""Query what is overdue, and what was paid."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from ...states.record import CaseRecord
from ..cases.lists import LIST
from ..cases.rows import record_of
from ..readable import read_each
from ..statements import CASE, area

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection


class SentList(NamedTuple):
    """A hand-over list that was sent and never received."""

    id: str
    unit: str
    sent_on: date


def lists_not_received(connection: Connection, within: Sequence[str]) -> list[SentList]:
    """Return the hand-over lists that were sent and never received, by id."""
    query = select(LIST.c.id, LIST.c.unit, LIST.c.held_on, LIST.c.record).where(
        LIST.c.kind == "hand_over", LIST.c.state == "sent", area(LIST.c.unit, within)
    )
    rows = connection.execute(query.order_by(LIST.c.county, LIST.c.id))
    return list(read_each(rows, lambda row: SentList(row.id, row.unit, _sent_on(row.record, row.held_on))))


def _sent_on(record: str, held_on: str) -> date:
    return date.fromisoformat(json.loads(record)["marks"].get("sent", {}).get("on", held_on))


class RunOut(NamedTuple):
    """A case whose first clock ran out: by its columns the day `due_on`, and its record, which names its clocks."""

    id: str
    unit: str
    state: str
    policy_id: str
    due_on: str
    record: CaseRecord


def run_out(connection: Connection, within: Sequence[str], today: str) -> Iterator[RunOut]:
    """Yield the cases whose first clock ran out before a day."""
    query = select(CASE.c.id, CASE.c.unit, CASE.c.state, CASE.c.policy_id, CASE.c.due_on, CASE.c.record).where(
        CASE.c.county.in_({code[:6] for code in within}), CASE.c.due_on < today, area(CASE.c.unit, within)
    )
    for row in connection.execute(query.order_by(CASE.c.county, CASE.c.due_on, CASE.c.id)):
        yield RunOut(row.id, row.unit, row.state, row.policy_id, row.due_on, CaseRecord(record_of(row.record) or {}))


class OpenedCase(NamedTuple):
    """A case, its village and the day on which it was opened."""

    id: str
    unit: str
    opened_on: date


def standing(connection: Connection, within: Sequence[str], state: str, policy_hash: str) -> list[OpenedCase]:
    """Return the cases of one policy's content that stand in a state."""
    query = select(CASE.c.id, CASE.c.unit, CASE.c.opened_on).where(
        CASE.c.county.in_({code[:6] for code in within}),
        CASE.c.state == state,
        CASE.c.policy_hash == policy_hash,
        area(CASE.c.unit, within),
    )
    rows = connection.execute(query.order_by(CASE.c.county, CASE.c.id))
    return list(read_each(rows, lambda row: OpenedCase(row.id, row.unit, date.fromisoformat(row.opened_on))))


class PaidCase(NamedTuple):
    """What the record says was paid for a case, in fen; None where nothing was."""

    id: str
    archive_no: str | None
    paid_fen: int | None


def paid(connection: Connection, within: Sequence[str], policy_id: str | None) -> list[PaidCase]:
    """Return what the record says was paid for every case of an area, by id."""
    query = select(CASE.c.id, CASE.c.archive_no, CASE.c.paid_fen).where(area(CASE.c.unit, within))
    if policy_id is not None:
        query = query.where(CASE.c.policy_id == policy_id)
    return [PaidCase(*row) for row in connection.execute(query.order_by(CASE.c.county, CASE.c.id))]
