"""Lists written: a new one, and that it was sent or received. Each is an event of the unit's stream and a row for queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, update

from ...states.errors import CaseMovedOn, InputRefused
from ..log.entry import Entry, record_text
from ..log.streams import append
from .lists import LIST, LIST_CASE, NEXT, ListMark, get_list, made_of
from .tallies import next_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from ...states.actor import Actor, Document
    from ...states.values import Event, Json
    from ..vault.keys import Keys
    from .lists import CaseList

_LETTER = {"meeting": "M", "notice": "N", "hand_over": "L"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """A list that is to be made: of what kind, for which cases of a unit, by whom, with what its cases share."""

    kind: str
    unit: str
    cases: Sequence[str]
    actor: Actor
    recorded_by: str
    on: date
    data: Mapping[str, Json]
    documents: Sequence[Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMark:
    """That a list is to be marked as sent or as received: by whom, entered by whom, on which day."""

    list_id: str
    action: str
    actor: Actor
    recorded_by: str
    on: date


def new_list(
    connection: Connection, wanted: NewList, *, recorded_at: str, request_id: str, keys: Keys | None
) -> CaseList:
    """Write a list and its event; its id is e.g. 150783101201-N-2019-0001."""
    unit, county, cases = wanted.unit, wanted.unit[:6], sorted(wanted.cases)
    key = f"{unit}-{_LETTER[wanted.kind]}-{wanted.on.year}"
    list_id = f"{key}-{next_number(connection, county, f'list/{key}'):04d}"
    made = {"kind": wanted.kind, "on": wanted.on.isoformat(), "cases": cases, "data": dict(wanted.data)}
    entry = Entry(
        action="new_list",
        to=None,
        actor=wanted.actor,
        recorded_by=wanted.recorded_by,
        on=wanted.on,
        recorded_at=recorded_at,
        request_id=request_id,
        changes={f"lists/{list_id}": made},
        documents=wanted.documents,
    )
    event = append(connection, county, f"unit/{unit}", entry, keys=keys)
    row = {"county": county, "id": list_id, "kind": wanted.kind, "unit": unit, "held_on": made["on"], "state": "new"}
    connection.execute(insert(LIST), {**row, "seq": event.seq, "record": _record(event, {})})
    connection.execute(insert(LIST_CASE), [{"county": county, "list_id": list_id, "case_id": case} for case in cases])
    return get_list(connection, list_id, (county,), keys)


def _record(event: Event, marks: Mapping[str, ListMark]) -> str:
    """Return what the row of a list copies of its events."""
    (made,) = event.changes.values()
    marked = {name: mark.as_json() for name, mark in marks.items()}
    record = {"data": made["data"], "documents": len(event.documents), "seq": event.seq, "marks": marked}
    return record_text(record, event.action)


def mark_list(
    connection: Connection, wanted: NewMark, *, recorded_at: str, request_id: str, keys: Keys | None
) -> CaseList:
    """Record that a list was sent, or received after it was sent.

    Raises:
        InputRefused: it was not made, or not sent, before; or the day lies before it was.
        CaseMovedOn: somebody else marked it at this moment.
    """
    list_id, county = wanted.list_id, wanted.list_id[:6]
    before, after = NEXT[wanted.action]
    there = get_list(connection, list_id, (county,), keys)
    require_next(there, wanted.action, wanted.on)
    mark = ListMark(on=wanted.on, by=wanted.actor.person, office=wanted.actor.office)
    entry = Entry(
        action=wanted.action,
        to=None,
        actor=wanted.actor,
        recorded_by=wanted.recorded_by,
        on=wanted.on,
        recorded_at=recorded_at,
        request_id=request_id,
        changes={f"lists/{list_id}/{after}": mark.as_json()},
    )
    append(connection, county, f"unit/{there.unit}", entry, keys=keys)
    _move(connection, list_id, (before, after), {**there.marks, after: mark})
    return get_list(connection, list_id, (county,), keys)


def _move(connection: Connection, list_id: str, states: tuple[str, str], marks: Mapping[str, ListMark]) -> None:
    """Bring the row of a list from one state into the next.

    Raises:
        CaseMovedOn: it is no longer in the state before.
    """
    made = made_of(connection, list_id, (list_id[:6],))
    before, after = states
    this = (LIST.c.county == list_id[:6], LIST.c.id == list_id, LIST.c.state == before)
    moved = connection.execute(update(LIST).where(*this).values(state=after, record=_record(made, marks)))
    if moved.rowcount != 1:
        raise CaseMovedOn(list_id, None)


def require_next(listed: CaseList, action: str, on: date) -> None:
    """Make sure that a list may be marked next by this action, on a day that does not lie before its last one.

    Raises:
        InputRefused: it was not made, or not sent, before; or the day lies before it was.
    """
    earliest = max([listed.on, *(mark.on for mark in listed.marks.values())])
    if listed.state != NEXT[action][0] or on < earliest:
        raise InputRefused(
            f"名单 {listed.id} 现为 {listed.state}（{earliest}），不能作此登记。",
            f"list {listed.id} is {listed.state} (since {earliest}); that cannot be recorded.",
        )
