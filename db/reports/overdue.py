"""Query what is overdue, and what was paid."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ..cases.lists import LIST
from ..cases.rows import record_of
from ..readable import read_each
from ..statements import CASE, area

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection


def lists_not_received(connection: Connection, within: Sequence[str]) -> list[dict[str, Any]]:
    """Return the hand-over lists that were sent and never received: id, unit, the day sent."""
    query = select(LIST.c.id, LIST.c.unit, LIST.c.held_on, LIST.c.record).where(
        LIST.c.kind == "hand_over", LIST.c.state == "sent", area(LIST.c.unit, within)
    )
    return list(read_each(connection.execute(query.order_by(LIST.c.county, LIST.c.id)), _sent))


def _sent(row: Any) -> dict[str, Any]:
    sent = json.loads(row.record)["marks"].get("sent", {}).get("on", row.held_on)
    return {"id": row.id, "unit": row.unit, "sent": date.fromisoformat(sent).isoformat()}


def run_out(connection: Connection, within: Sequence[str], today: str) -> Iterator[dict[str, Any]]:
    """Yield the cases whose first clock ran out before a day: id, unit, state, policy, due_on, the clocks as kept."""
    query = select(CASE).where(
        CASE.c.county.in_({code[:6] for code in within}), CASE.c.due_on < today, area(CASE.c.unit, within)
    )
    for row in connection.execute(query.order_by(CASE.c.county, CASE.c.due_on, CASE.c.id)):
        yield {**_case(row), "due_on": row.due_on, "clocks": (record_of(row.record) or {}).get("clocks")}


def standing(connection: Connection, within: Sequence[str], state: str, policy_hash: str) -> list[dict[str, Any]]:
    """Return the cases of one policy's content that stand in a state; `opened_on` is a day."""
    query = select(CASE.c.id, CASE.c.unit, CASE.c.state, CASE.c.policy_id, CASE.c.policy_hash, CASE.c.opened_on).where(
        CASE.c.county.in_({code[:6] for code in within}),
        CASE.c.state == state,
        CASE.c.policy_hash == policy_hash,
        area(CASE.c.unit, within),
    )
    rows = connection.execute(query.order_by(CASE.c.county, CASE.c.id))
    return list(read_each(rows, lambda row: {**_case(row), "opened_on": date.fromisoformat(row.opened_on)}))


def _case(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "unit", "state", "policy_id", "policy_hash")}


def paid(connection: Connection, within: Sequence[str], policy_id: str | None) -> list[dict[str, Any]]:
    """Return what the record says was paid: id, archive number and fen of every case of an area."""
    query = select(CASE.c.id, CASE.c.archive_no, CASE.c.paid_fen).where(area(CASE.c.unit, within))
    if policy_id is not None:
        query = query.where(CASE.c.policy_id == policy_id)
    return [dict(row) for row in connection.execute(query.order_by(CASE.c.county, CASE.c.id)).mappings()]
