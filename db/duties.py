"""Store the duties that units did: one event in the unit's stream each, with a row for queries."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, insert, select

from ..states.errors import RequestReused
from .log.entry import Entry, event_of
from .log.event import reveal
from .log.streams import STREAM, append, request_done
from .readable import read_each
from .statements import DOCUMENT, EVENT, KEPT_VALUES, PRIVATE, area, table
from .tables import UnitRecordRow
from .vault.values import Vault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from ..states.actor import Actor, Document
    from ..states.values import Event
    from .vault.keys import Keys

UNIT_RECORD = table(UnitRecordRow)


class Deed(NamedTuple):
    """What a unit did: the duty, the period that it was for, by whom, with what. `policies` are {id: hash}."""

    unit: str
    action: str
    period: str
    actor: Actor
    recorded_by: str
    on: date
    data: Mapping[str, Any]
    documents: Sequence[Document]
    policies: Mapping[str, str]


def before(connection: Connection, unit: str, request_id: str, keys: Keys | None) -> dict[str, Any] | None:
    """Return what the same request recorded for a unit before, if it did; the unit's stream is locked from here on."""
    county, stream = unit[:6], f"unit/{unit}"
    connection.execute(_head(county, stream).with_for_update()).first()
    done = request_done(connection, county, stream, request_id)
    if done is None:
        return None
    found = [r for r in records(connection, (unit,), keys, unit=unit) if r["seq"] == done.seq]
    if not found:  # the request did something else to the unit: a list
        raise RequestReused(request_id)
    return found[0]


def _head(county: str, stream: str) -> Any:
    return select(STREAM.c.seq).where(STREAM.c.county == county, STREAM.c.stream == stream)


def record(
    connection: Connection, deed: Deed, *, recorded_at: str, request_id: str, keys: Keys | None
) -> dict[str, Any]:
    """Write a unit's deed: one event, and its row.

    Raises:
        StoreBusy: somebody else began the unit's stream at this moment; roll back and repeat.
    """
    county, stream = deed.unit[:6], f"unit/{deed.unit}"
    seq = (connection.execute(_head(county, stream).with_for_update()).scalar() or 0) + 1
    told = {
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
        changes={f"duties/{deed.action}/{deed.period}/{seq}": told},
    )
    append(connection, county, stream, entry, keys=keys)
    key = {"county": county, "unit": deed.unit, "action": deed.action, "period": deed.period, "seq": seq}
    connection.execute(insert(UNIT_RECORD), {**key, "done_on": deed.on.isoformat()})
    return next(r for r in records(connection, (deed.unit,), keys, unit=deed.unit) if r["seq"] == seq)


def records(
    connection: Connection,
    within: Sequence[str],
    keys: Keys | None,
    *,
    unit: str | None = None,
    action: str | None = None,
) -> list[dict[str, Any]]:
    """Return what the units of an area did, by unit and in order; personal values are put back, erased ones None."""
    here = and_(
        EVENT.c.county == UNIT_RECORD.c.county,
        EVENT.c.stream == "unit/" + UNIT_RECORD.c.unit,
        EVENT.c.seq == UNIT_RECORD.c.seq,
    )
    query = select(UNIT_RECORD, EVENT.c.hash, EVENT.c.body).select_from(UNIT_RECORD.join(EVENT, here))
    query = query.where(area(UNIT_RECORD.c.unit, within))
    if unit is not None:
        query = query.where(UNIT_RECORD.c.county == unit[:6], UNIT_RECORD.c.unit == unit)
    if action is not None:
        query = query.where(UNIT_RECORD.c.action == action)
    rows = connection.execute(query.order_by(UNIT_RECORD.c.county, UNIT_RECORD.c.unit, UNIT_RECORD.c.seq)).all()
    (private, lost), papers = _values(connection, within, unit, keys), _papers(connection, within, unit)

    def read(row: Any) -> dict[str, Any]:
        date.fromisoformat(row.done_on)
        shown = _shown(row, event_of(row.hash, row.body), private, papers)
        return {**shown, "key_lost": (row.unit, row.seq) in lost}

    return list(read_each(rows, read))


def _shown(row: Any, event: Event, private: Any, papers: Any) -> dict[str, Any]:
    path = f"duties/{row.action}/{row.period}/{row.seq}"
    told, place = event.changes.get(path, {}), (row.unit, row.seq)
    return {
        "unit": row.unit,
        "action": row.action,
        "period": row.period,
        "on": row.done_on,
        "seq": row.seq,
        "by": event.acted_by,
        "office": event.office,
        "recorded_by": event.recorded_by,
        "recorded_at": event.recorded_at,
        "request_id": event.request_id,
        "event": event.hash,
        "policies": dict(told.get("policies", {})),
        "data": reveal(told.get("data", {}), private.get(place, {}), f"{path}/data"),
        "documents": [_paper(row, private.get(place, {})) for row in papers.get(place, ())],
    }


def _values(
    connection: Connection, within: Sequence[str], unit: str | None, keys: Keys | None
) -> tuple[dict[tuple[str, int], dict[str, Any]], set[tuple[str, int]]]:
    """Return the personal values of the unit records of an area, by (unit, seq); and the records whose keys are lost."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    lost: set[tuple[str, int]] = set()
    vault = Vault(connection, keys)
    query = _of_records(KEPT_VALUES.add_columns(UNIT_RECORD.c.unit), PRIVATE, within, unit)
    for *row, code in connection.execute(query):
        text, gone = vault.opens(code[:6], f"unit/{code}", *row)
        if gone:
            lost.add((code, row[0]))
        elif text is not None:
            found.setdefault((code, row[0]), {})[row[1]] = json.loads(text)
    return found, lost


def _papers(connection: Connection, within: Sequence[str], unit: str | None) -> dict[tuple[str, int], list[Any]]:
    """Return the papers of the unit records of an area, by (unit, seq)."""
    found: dict[tuple[str, int], list[Any]] = {}
    query = _of_records(select(UNIT_RECORD.c.unit, DOCUMENT).select_from(DOCUMENT), DOCUMENT, within, unit)
    for row in connection.execute(query.where(DOCUMENT.c.sha256 != "").order_by(DOCUMENT.c.no)):
        found.setdefault((row.unit, row.seq), []).append(row)
    return found


def _paper(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": row.kind, "sha256": values.get(f"documents/{row.no}", row.sha256), "size": row.size}


def _of_records(query: Any, side: Any, within: Sequence[str], unit: str | None) -> Any:
    """Narrow a query on values or papers to those of the unit records of an area."""
    here = (
        side.c.county == UNIT_RECORD.c.county,
        side.c.stream == "unit/" + UNIT_RECORD.c.unit,
        side.c.seq == UNIT_RECORD.c.seq,
    )
    query = query.where(*here, area(UNIT_RECORD.c.unit, within))
    if unit is not None:
        query = query.where(UNIT_RECORD.c.county == unit[:6], UNIT_RECORD.c.unit == unit)
    return query


def village_planned(connection: Connection, village: str) -> bool:
    """Tell whether a village has adopted its plan (R36d)."""
    query = select(UNIT_RECORD.c.seq).where(
        UNIT_RECORD.c.county == village[:6], UNIT_RECORD.c.unit == village, UNIT_RECORD.c.action == "adopt_village_plan"
    )
    return connection.execute(query.limit(1)).first() is not None
