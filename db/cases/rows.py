"""Read the rows of cases: a row that cannot be read is marked, and does not stop a list or report of the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...states.case import FORGED, Case, is_record
from ...states.errors import IntegrityBroken
from ..log.entry import event_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...states.values import Event

_DAMAGED = (
    "该户的数据行或事件无法读取，不予办理。请运行 weigai audit verify，并恢复备份。",
    (
        "The row of this case, or an event of it, cannot be read, so nothing can be done on it. Run weigai audit verify, "
        "then restore a backup."
    ),
)


def case_of(row: Any, classes: frozenset[str], lost: bool) -> Case:
    """Return the case of a row with all columns of its table, its classes as they were opened."""
    record = record_of(row.record)
    return Case(
        id=row.id,
        county=row.county,
        unit=row.unit,
        policy_id=row.policy_id,
        policy_hash=row.policy_hash,
        state=row.state,
        version=row.version,
        head=row.head,
        classes=classes,
        record=record or {},
        key_lost=lost,
        damaged=record is None,
    )


def record_of(text: str) -> dict[str, Any] | None:
    """Return the record that a case's row holds, None where it has not the form of one."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if is_record(told) else None


def damaged(case_id: str) -> IntegrityBroken:
    """Return the error for a case whose row, or an event of it, has not the form of one."""
    return IntegrityBroken([f"case/{case_id}"], _DAMAGED)


def events_of(case_id: str, rows: Iterable[Sequence[Any]]) -> list[Event]:
    """Return the events of a case out of their rows of (hash, body).

    Raises:
        IntegrityBroken: one of them has not the form of an event.
    """
    try:
        return [event_of(*row) for row in rows]
    except FORGED:
        raise damaged(case_id) from None
