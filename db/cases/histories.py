"""Read many cases with all their events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ...states.case import FORGED, Case, folded
from ...states.errors import NotFound
from ..log.entry import event_of
from ..log.event import reveal
from ..statements import CASE, CLASSES, EVENT, WITH_KEY, area
from ..vault.values import Vault
from .rows import case_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ...states.values import Event
    from ..vault.keys import Keys
    from .cases import Cases

_MANY = 400  # cases per round


def histories(
    connection: Connection,
    within: Sequence[str],
    keys: Keys | None,
    *,
    policy: str | None = None,
    unit: str | None = None,
) -> Iterator[tuple[Case, list[Event]]]:
    """Yield every case of these units with its events, oldest first; two queries for every few hundred cases.

    One whose row has not the form of one is marked `damaged`; where an event has not, there is none: the verification
    tells of both.

    Args:
        within: unit codes of 6, 9 or 12 digits.
        policy: only cases under a policy of this id.
        unit: only cases of this unit.
    """
    query = (
        select(
            CASE.c.county,
            CASE.c.id,
            CASE.c.unit,
            CASE.c.policy_id,
            CASE.c.policy_hash,
            CASE.c.state,
            CASE.c.version,
            CASE.c.head,
            CASE.c.record,
            *CLASSES,
        )
        .select_from(WITH_KEY)
        .where(area(CASE.c.unit, within))
        .order_by(CASE.c.id)
        .limit(_MANY)
    )
    if policy:
        query = query.where(CASE.c.policy_id == policy)
    if unit:
        query = query.where(area(CASE.c.unit, (unit,)))
    last, vault = "", Vault(connection, keys)
    while rows := connection.execute(query.where(CASE.c.id > last)).fetchall():
        last = rows[-1].id
        events = _events_of(connection, rows)
        for row in rows:
            classes, lost = vault.opens_classes(row.id, row.classes, row.master, row.wrapped)
            yield case_of(row, classes, lost), events[f"case/{row.id}"]


def _events_of(connection: Connection, rows: Sequence[Any]) -> dict[str, list[Event]]:
    """Return the events of the cases of these rows by their streams; none where one of them has not the form of one."""
    found: dict[str, list[Event]] = {f"case/{row.id}": [] for row in rows}
    spoiled: set[str] = set()
    lines = select(EVENT.c.stream, EVENT.c.hash, EVENT.c.body).where(
        EVENT.c.county.in_({row.county for row in rows}), EVENT.c.stream.in_(found)
    )
    for line in connection.execute(lines.order_by(EVENT.c.stream, EVENT.c.seq)):
        try:
            found[line.stream].append(event_of(line.hash, line.body))
        except FORGED:
            spoiled.add(line.stream)
    return {**found, **{stream: [] for stream in spoiled}}


def basis(cases: Cases, case: Case, action: str) -> dict[str, Any]:
    """Return what the last decision of that name rested on: every finding, and the household as it then stood.

    Raises:
        NotFound: no such decision was taken on the case.
    """
    history = cases.history(case.id)
    decision = next((e for e in reversed(history) if e.action == action), None)
    if decision is None:
        raise NotFound(f"{case.id} {action}")
    record: dict[str, Any] = {}
    for event in history[: decision.seq - 1]:
        record = folded(record, event.changes)
    then = {field: value for (seq, field), value in cases.private(case).items() if seq < decision.seq}
    return {
        "seq": decision.seq,
        "on": decision.occurred_on,
        "policy": decision.policy_hash,
        "household": reveal(record.get("household", {}), then, "household"),
        "findings": list(decision.findings),
    }
