"""Store the duties that units did: one event in the unit's stream each, with a row for queries."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, insert, select

from ..states.errors import NotFound
from ..states.values import Row
from .log.entry import Entry, event_of
from .log.event import reveal_object
from .log.streams import STREAM, append, request_done
from .readable import read_each
from .statements import DOCUMENT, EVENT, KEPT_VALUES, LIVING, PRIVATE, area, table
from .tables import UnitRecordRow
from .vault.rows import StoredValue
from .vault.values import Vault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from ..states.actor import Actor, Document
    from ..states.values import Event, Json
    from .vault.keys import Keys

UNIT_RECORD = table(UnitRecordRow)


class DutyDone(NamedTuple):
    """What a unit did: the duty, the period that it was for, by whom, with what. `policies` are {id: hash}."""

    unit: str
    action: str
    period: str
    actor: Actor
    recorded_by: str
    on: date
    data: Mapping[str, Json]
    documents: Sequence[Document]
    policies: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPaper(Row):
    """A paper that came with a unit's record: its kind, the SHA-256 (hex) of its bytes, its size in bytes."""

    kind: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRecord(Row):
    """What a unit did of a duty, by whom and for which period; an erased personal value of `data` is None.

    `seq` is the number of its event in the unit's stream and `event` its hash; `policies` are {id: hash} of the plans
    that it was recorded for. `key_lost`: the key of its personal values is lost or damaged.
    """

    unit: str
    action: str
    period: str
    on: date
    seq: int
    by: str
    office: str
    recorded_by: str
    recorded_at: str
    request_id: str
    event: str
    policies: Mapping[str, str]
    data: Mapping[str, Json]
    documents: tuple[UnitPaper, ...]
    key_lost: bool


class _Stored(NamedTuple):
    """The row of a unit's record, with the event that it stands for."""

    unit: str
    action: str
    period: str
    seq: int
    done_on: str
    hash: str
    body: str


class _Beside(NamedTuple):
    """What lies beside the records of an area, each by unit and number: their personal values, their papers, lost keys."""

    values: Mapping[tuple[str, int], Mapping[str, Json]]
    papers: Mapping[tuple[str, int], Sequence[tuple[int, UnitPaper]]]
    lost: frozenset[tuple[str, int]]


def event_of_request(connection: Connection, unit: str, request_id: str) -> Event | None:
    """Return the event that a request wrote to a unit's stream before, if it did; the stream is locked from here on."""
    _last(connection, unit)
    return request_done(connection, unit[:6], f"unit/{unit}", request_id)


def _last(connection: Connection, unit: str) -> int:
    """Lock a unit's stream and return the number of its last event, 0 where there is none."""
    query = select(STREAM.c.seq).where(STREAM.c.county == unit[:6], STREAM.c.stream == f"unit/{unit}")
    return connection.execute(query.with_for_update()).scalar() or 0


def record(
    connection: Connection, deed: DutyDone, *, recorded_at: str, request_id: str, keys: Keys | None
) -> DutyRecord:
    """Write a unit's deed: one event, and its row.

    Raises:
        StoreBusy: somebody else began the unit's stream at this moment; roll back and repeat.
    """
    county, seq = deed.unit[:6], _last(connection, deed.unit) + 1
    made = {
        "on": deed.on.isoformat(),
        "by": deed.actor.person,
        "office": deed.actor.office,
        "data": dict(deed.data),
        "policies": dict(deed.policies),
    }
    entry = Entry(
        action=deed.action,
        to=None,
        actor=deed.actor,
        recorded_by=deed.recorded_by,
        on=deed.on,
        recorded_at=recorded_at,
        request_id=request_id,
        documents=deed.documents,
        changes={f"duties/{deed.action}/{deed.period}/{seq}": made},
    )
    append(connection, county, f"unit/{deed.unit}", entry, keys=keys)
    key = {"county": county, "unit": deed.unit, "action": deed.action, "period": deed.period, "seq": seq}
    connection.execute(insert(UNIT_RECORD), {**key, "done_on": deed.on.isoformat()})
    return record_of(connection, (deed.unit,), keys, deed.unit, seq)


def records(
    connection: Connection,
    within: Sequence[str],
    keys: Keys | None,
    *,
    unit: str | None = None,
    action: str | None = None,
) -> list[DutyRecord]:
    """Return what the units of an area did, by unit and in order; personal values are put back, erased ones None."""
    query = select(*(UNIT_RECORD.c[name] for name in _Stored._fields[:5]), EVENT.c.hash, EVENT.c.body)
    query = query.where(_of_records(EVENT, within, unit))
    if action is not None:
        query = query.where(UNIT_RECORD.c.action == action)
    rows = connection.execute(query.order_by(UNIT_RECORD.c.county, UNIT_RECORD.c.unit, UNIT_RECORD.c.seq)).all()
    values, lost = _values(connection, within, unit, keys)
    beside = _Beside(values, _papers(connection, within, unit), lost)
    return list(read_each(rows, lambda row: _shown(_Stored._make(row), beside)))


def record_of(connection: Connection, within: Sequence[str], keys: Keys | None, unit: str, seq: int) -> DutyRecord:
    """Return record number `seq` of a unit.

    Raises:
        NotFound: there is none in these units.
    """
    for record in records(connection, within, keys, unit=unit):
        if record.seq == seq:
            return record
    raise NotFound(unit)


def _shown(row: _Stored, beside: _Beside) -> DutyRecord:
    event, path, place = (
        event_of(row.hash, row.body),
        f"duties/{row.action}/{row.period}/{row.seq}",
        (row.unit, row.seq),
    )
    made, values = event.changes.get(path, {}), beside.values.get(place, {})
    return DutyRecord(
        unit=row.unit,
        action=row.action,
        period=row.period,
        on=date.fromisoformat(row.done_on),
        seq=row.seq,
        by=event.acted_by,
        office=event.office,
        recorded_by=event.recorded_by,
        recorded_at=event.recorded_at,
        request_id=event.request_id,
        event=event.hash,
        policies=dict(made.get("policies", {})),
        data=reveal_object(made.get("data", {}), values, f"{path}/data"),
        documents=tuple(_in_the_clear(no, paper, values) for no, paper in beside.papers.get(place, ())),
        key_lost=place in beside.lost,
    )


def _in_the_clear(no: int, paper: UnitPaper, values: Mapping[str, Json]) -> UnitPaper:
    return replace(paper, sha256=str(values.get(f"documents/{no}", paper.sha256)))


def _values(
    connection: Connection, within: Sequence[str], unit: str | None, keys: Keys | None
) -> tuple[dict[tuple[str, int], dict[str, Json]], frozenset[tuple[str, int]]]:
    """Return the personal values of the unit records of an area, by (unit, seq); and the records whose keys are lost."""
    values: dict[tuple[str, int], dict[str, Json]] = {}
    lost: set[tuple[str, int]] = set()
    vault = Vault(connection, keys)
    query = KEPT_VALUES.add_columns(UNIT_RECORD.c.unit).where(_of_records(PRIVATE, within, unit))
    for *row, code in connection.execute(query):
        text, gone = vault.opens(code[:6], f"unit/{code}", StoredValue(*row))
        if gone:
            lost.add((code, row[0]))
        elif text is not None:
            values.setdefault((code, row[0]), {})[row[1]] = json.loads(text)
    return values, frozenset(lost)


def _papers(
    connection: Connection, within: Sequence[str], unit: str | None
) -> dict[tuple[str, int], list[tuple[int, UnitPaper]]]:
    """Return the papers of the unit records of an area with their numbers, by (unit, seq), each under its stored name."""
    papers: dict[tuple[str, int], list[tuple[int, UnitPaper]]] = {}
    query = select(UNIT_RECORD.c.unit, DOCUMENT).where(_of_records(DOCUMENT, within, unit), LIVING)
    for row in connection.execute(query.order_by(DOCUMENT.c.no)):
        paper = UnitPaper(kind=row.kind, sha256=row.sha256, size=row.size)
        papers.setdefault((row.unit, row.seq), []).append((row.no, paper))
    return papers


def _of_records(side: Table, within: Sequence[str], unit: str | None) -> ColumnElement[bool]:
    """Return the condition that rows of another table belong to the unit records of an area."""
    belongs = and_(
        side.c.county == UNIT_RECORD.c.county,
        side.c.stream == "unit/" + UNIT_RECORD.c.unit,
        side.c.seq == UNIT_RECORD.c.seq,
        area(UNIT_RECORD.c.unit, within),
    )
    if unit is None:
        return belongs
    return and_(belongs, UNIT_RECORD.c.county == unit[:6], UNIT_RECORD.c.unit == unit)


def village_planned(connection: Connection, village: str) -> bool:
    """Tell whether a village has adopted its plan (R36d)."""
    query = select(UNIT_RECORD.c.seq).where(
        UNIT_RECORD.c.county == village[:6], UNIT_RECORD.c.unit == village, UNIT_RECORD.c.action == "adopt_village_plan"
    )
    return connection.execute(query.limit(1)).first() is not None
