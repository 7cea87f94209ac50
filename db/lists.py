"""Lists in the database: their events stand in the unit's stream, the cases they name in rows of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select, update

from ..states.case import Document
from ..states.errors import CaseMovedOn, InputRefused, NotFound, RequestReused
from .entries import Entry, dumps
from .events import reveal
from .statements import CASE, DOCUMENT, KEPT_VALUES, PRIVATE, area, table
from .streams import append, request_done
from .tables import ListCaseRow, ListRow
from .tallies import next_number
from .vault import Vault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection

    from ..states.case import Actor, Event
    from .keys import Keys

LIST, LIST_CASE = table(ListRow), table(ListCaseRow)
_LETTER = {"meeting": "M", "notice": "N", "hand_over": "L"}
_NEXT = {"send_list": ("new", "sent"), "receive_list": ("sent", "received")}


def new_list(
    connection: Connection, *, kind: str, unit: str, cases: Sequence[str], actor: Actor, recorded_by: str, on: date,
    recorded_at: str, data: dict[str, Any], documents: Sequence[Document], request_id: str, keys: Keys | None,
) -> dict[str, Any]:  # fmt: skip
    """Write a list and its event; its id is e.g. 150783101201-N-2019-0001."""
    county, stream = unit[:6], f"unit/{unit}"
    done = request_done(connection, county, stream, request_id)
    if done is not None:
        return _made_before(connection, done, unit, kind, on, cases, data, documents, keys)
    key = f"{unit}-{_LETTER[kind]}-{on.year}"
    list_id = f"{key}-{next_number(connection, county, f'list/{key}'):04d}"
    changes = {f"lists/{list_id}": {"kind": kind, "on": on.isoformat(), "cases": sorted(cases), "data": data}}
    entry = Entry(
        action="new_list", to=None, actor=actor, recorded_by=recorded_by, on=on, recorded_at=recorded_at,
        request_id=request_id, changes=changes, documents=documents,
    )  # fmt: skip
    event = append(connection, county, stream, entry, keys=keys)
    sealed = event.changes[f"lists/{list_id}"]["data"]
    record = {"data": sealed, "documents": len(documents), "seq": event.seq, "marks": {}}
    row = {"county": county, "id": list_id, "kind": kind, "unit": unit, "held_on": on.isoformat(), "state": "new"}
    connection.execute(insert(LIST), {**row, "seq": event.seq, "record": dumps(record)})
    connection.execute(
        insert(LIST_CASE), [{"county": county, "list_id": list_id, "case_id": case} for case in sorted(cases)]
    )
    return get_list(connection, list_id, (unit[:6],), keys)


def _made_before(
    connection: Connection, done: Event, unit: str, kind: str, on: date, cases: Sequence[str], data: dict[str, Any],
    documents: Sequence[Document], keys: Keys | None,
) -> dict[str, Any]:  # fmt: skip
    """Return the list that the same request made; other content under its id is refused."""
    path, made = next(iter(done.changes.items()))
    if done.action == "new_list":
        found = get_list(connection, path.removeprefix("lists/"), (unit[:6],), keys)
        same = (made["kind"], made["on"], made["cases"]) == (kind, on.isoformat(), sorted(cases))
        if same and found["data"] == data and found["documents"] == tuple(documents):
            return found
    raise RequestReused(done.request_id)


def get_list(connection: Connection, list_id: str, within: Sequence[str], keys: Keys | None) -> dict[str, Any]:
    """Return a list: id, kind, unit, on, state, data (in the clear), documents, marks, and those of its cases in these units.

    Raises:
        NotFound: there is none in these units.
    """
    from datetime import date

    where = (LIST.c.county == list_id[:6], LIST.c.id == list_id, area(LIST.c.unit, within))
    row = connection.execute(select(LIST).where(*where)).first()
    if row is None:
        raise NotFound(list_id)
    mine = and_(CASE.c.county == LIST_CASE.c.county, CASE.c.id == LIST_CASE.c.case_id, area(CASE.c.unit, within))
    cases = select(LIST_CASE.c.case_id).join(CASE, mine)
    cases = cases.where(LIST_CASE.c.county == row.county, LIST_CASE.c.list_id == list_id)
    papers = select(DOCUMENT).where(
        DOCUMENT.c.county == row.county, DOCUMENT.c.stream == f"unit/{row.unit}", DOCUMENT.c.seq == row.seq
    )
    stream = f"unit/{row.unit}"
    private = KEPT_VALUES.where(PRIVATE.c.county == row.county, PRIVATE.c.stream == stream, PRIVATE.c.seq == row.seq)
    kept = Vault(connection, keys).values(row.county, stream, connection.execute(private))
    values = {field: value for (_, field), value in kept.items()}
    record = json.loads(row.record)
    return {
        "id": row.id, "kind": row.kind, "unit": row.unit, "on": date.fromisoformat(row.held_on), "state": row.state,
        "data": reveal(record["data"], values, f"lists/{row.id}/data"), "marks": record["marks"],
        "cases": sorted(connection.execute(cases).scalars()),
        "documents": tuple(
            Document(p.kind, p.sha256, p.size, p.media_type)
            for p in connection.execute(papers.order_by(DOCUMENT.c.no))
        ),
    }  # fmt: skip


def names(connection: Connection, list_id: str, case_id: str, within: Sequence[str]) -> bool:
    """Tell whether a list of these units names a case."""
    here = and_(LIST.c.county == LIST_CASE.c.county, LIST.c.id == LIST_CASE.c.list_id)
    query = select(LIST.c.id).join(LIST_CASE, here).where(area(LIST.c.unit, within))
    own = (LIST.c.county == list_id[:6], LIST.c.id == list_id, LIST_CASE.c.case_id == case_id)
    return connection.execute(query.where(*own)).first() is not None


def policies_of(connection: Connection, list_id: str, within: Sequence[str]) -> list[str]:
    """Return the hashes of the policies that those of a list's cases go by which lie in these units."""
    mine = and_(CASE.c.county == LIST_CASE.c.county, CASE.c.id == LIST_CASE.c.case_id, area(CASE.c.unit, within))
    query = select(CASE.c.policy_hash).distinct().select_from(LIST_CASE.join(CASE, mine))
    query = query.where(LIST_CASE.c.county == list_id[:6], LIST_CASE.c.list_id == list_id)
    return sorted(connection.execute(query).scalars())


def mark_list(
    connection: Connection, list_id: str, action: str, *, actor: Actor, recorded_by: str, on: date, recorded_at: str,
    request_id: str, keys: Keys | None,
) -> dict[str, Any]:  # fmt: skip
    """Record that a list was sent, or received after it was sent.

    Raises:
        InputRefused: it was not made, or not sent, before; or the day lies before it was.
        CaseMovedOn: somebody else marked it at this moment.
    """
    found = get_list(connection, list_id, (list_id[:6],), keys)
    before, after = _NEXT[action]
    if done := request_done(connection, list_id[:6], f"unit/{found['unit']}", request_id):
        if done.action != action or f"lists/{list_id}/{after}" not in done.changes:
            raise RequestReused(request_id)
        return found
    marks = found["marks"]
    earliest = max([found["on"].isoformat(), *(m["on"] for m in marks.values())])
    if found["state"] != before or on.isoformat() < earliest:
        raise InputRefused(
            f"名单 {list_id} 现为 {found['state']}（{earliest}），不能作此登记。",
            f"list {list_id} is {found['state']} (since {earliest}); that cannot be recorded.",
        )
    marks[after] = {"on": on.isoformat(), "by": actor.person, "office": actor.office}
    entry = Entry(
        action=action, to=None, actor=actor, recorded_by=recorded_by, on=on, recorded_at=recorded_at,
        request_id=request_id, changes={f"lists/{list_id}/{after}": marks[after]},
    )  # fmt: skip
    append(connection, list_id[:6], f"unit/{found['unit']}", entry, keys=keys)
    row = connection.execute(
        select(LIST.c.record).where(LIST.c.county == list_id[:6], LIST.c.id == list_id)
    ).scalar_one()
    moved = connection.execute(
        update(LIST)
        .where(LIST.c.county == list_id[:6], LIST.c.id == list_id, LIST.c.state == before)
        .values(state=after, record=dumps({**json.loads(row), "marks": marks}))
    )
    if moved.rowcount != 1:
        raise CaseMovedOn(list_id, None)
    return get_list(connection, list_id, (list_id[:6],), keys)
