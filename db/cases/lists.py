"""Store lists of cases: their content is in the events of the unit's stream; their rows only serve queries."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import insert, or_, select, update

from ...states.case import folded
from ...states.errors import CaseMovedOn, InputRefused, IntegrityBroken, NotFound, RequestReused
from ..log.entry import MEND, Entry, kept, proved
from ..log.event import commitments_of, fits, reveal
from ..log.streams import append, request_done
from ..statements import CASE, EVENT, KEPT_VALUES, PRIVATE, area, batched, table
from ..tables import ListCaseRow, ListRow
from ..vault.papers import of_event
from ..vault.values import Vault
from .tallies import next_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ...states.actor import Actor, Document
    from ...states.values import Event
    from ..vault.keys import Keys

LIST, LIST_CASE = table(ListRow), table(ListCaseRow)
_LETTER = {"meeting": "M", "notice": "N", "hand_over": "L"}
_MARKS = ("sent", "received")
_NEXT = {"send_list": ("new", "sent"), "receive_list": ("sent", "received")}


class _Wanted(NamedTuple):
    """What a new list is to say."""

    kind: str
    unit: str
    on: date
    cases: Sequence[str]
    data: dict[str, Any]
    documents: Sequence[Document]


def new_list(
    connection: Connection,
    *,
    kind: str,
    unit: str,
    cases: Sequence[str],
    actor: Actor,
    recorded_by: str,
    on: date,
    recorded_at: str,
    data: dict[str, Any],
    documents: Sequence[Document],
    request_id: str,
    keys: Keys | None,
) -> dict[str, Any]:
    """Write a list and its event; its id is e.g. 150783101201-N-2019-0001."""
    county, stream = unit[:6], f"unit/{unit}"
    done = request_done(connection, county, stream, request_id)
    if done is not None:
        return _made_before(connection, done, _Wanted(kind, unit, on, cases, data, documents), keys)
    key = f"{unit}-{_LETTER[kind]}-{on.year}"
    list_id = f"{key}-{next_number(connection, county, f'list/{key}'):04d}"
    changes = {f"lists/{list_id}": {"kind": kind, "on": on.isoformat(), "cases": sorted(cases), "data": data}}
    entry = Entry(
        action="new_list",
        to=None,
        actor=actor,
        recorded_by=recorded_by,
        on=on,
        recorded_at=recorded_at,
        request_id=request_id,
        changes=changes,
        documents=documents,
    )
    event = append(connection, county, stream, entry, keys=keys)
    row = {"county": county, "id": list_id, "kind": kind, "unit": unit, "held_on": on.isoformat(), "state": "new"}
    connection.execute(insert(LIST), {**row, "seq": event.seq, "record": _record(event, {})})
    connection.execute(
        insert(LIST_CASE), [{"county": county, "list_id": list_id, "case_id": case} for case in sorted(cases)]
    )
    return get_list(connection, list_id, (unit[:6],), keys)


def _record(made: Event, marks: Mapping[str, Any]) -> str:
    """Return what the row of a list keeps of its events."""
    (told,) = made.changes.values()
    return kept({"data": told["data"], "documents": len(made.documents), "seq": made.seq, "marks": marks}, made.action)


def _made_before(connection: Connection, done: Event, wanted: _Wanted, keys: Keys | None) -> dict[str, Any]:
    """Return the list that the same request made; other content under its id is refused."""
    path, made = next(iter(done.changes.items()))
    if done.action == "new_list":
        found = get_list(connection, path.removeprefix("lists/"), (wanted.unit[:6],), keys)
        same = (made["kind"], made["on"], made["cases"]) == (wanted.kind, wanted.on.isoformat(), sorted(wanted.cases))
        if same and found["data"] == wanted.data and _told(found["documents"]) == _told(wanted.documents):
            return found
    raise RequestReused(done.request_id)


def _told(papers: Sequence[Document]) -> list[tuple[str, str, int, str]]:
    return [(paper.kind, paper.sha256, paper.size, paper.media_type) for paper in papers]


def get_list(connection: Connection, list_id: str, within: Sequence[str], keys: Keys | None) -> dict[str, Any]:
    """Return a list: id, kind, unit, on, state, data (in the clear), documents, marks, event, and those of its cases in these units.

    All of it is read from the events of the list, each proved by its hash: the row only says where they stand.

    Raises:
        NotFound: there is none in these units.
        IntegrityBroken: an event, value or paper of the list is not what was written.
    """
    first, *later = _events(connection, list_id, within)
    told = folded({}, first.changes)
    for event in later:
        told = folded(told, event.changes)
    made = told["lists"][list_id]
    marks = {mark: made[mark] for mark in _MARKS if mark in made}
    return {
        "id": list_id,
        "kind": made["kind"],
        "unit": first.stream.removeprefix("unit/"),
        "on": date.fromisoformat(made["on"]),
        "state": next(reversed(marks), "new"),
        "data": reveal(made["data"], _values(connection, first, keys), f"lists/{list_id}/data"),
        "marks": marks,
        "cases": sorted(row.id for row in _cases(connection, made["cases"], within)),
        "documents": _papers(connection, first, keys),
        "event": first.hash,
    }


def _events(connection: Connection, list_id: str, within: Sequence[str], *, marks: bool = True) -> list[Event]:
    """Return the event that made a list and, with `marks`, those that marked it since."""
    where = (LIST.c.county == list_id[:6], LIST.c.id == list_id, area(LIST.c.unit, within))
    row = connection.execute(select(LIST.c.unit, LIST.c.seq).where(*where)).first()
    if row is None:
        raise NotFound(list_id)
    query = select(EVENT.c.hash, EVENT.c.body).where(
        EVENT.c.county == list_id[:6], EVENT.c.stream == f"unit/{row.unit}", EVENT.c.seq >= row.seq
    )
    named = EVENT.c.action.in_(tuple(_NEXT)) & EVENT.c.body.contains(f'"lists/{list_id}/', autoescape=True)
    query = query.where(or_(EVENT.c.seq == row.seq, named) if marks else EVENT.c.seq == row.seq)
    found = [proved(*event) for event in connection.execute(query.order_by(EVENT.c.seq))]
    first = (found[0].county, found[0].stream, found[0].seq) if found else None
    if first != (list_id[:6], f"unit/{row.unit}", row.seq) or f"lists/{list_id}" not in found[0].changes:
        raise IntegrityBroken([f"list {list_id}: the event that made it"], MEND)
    return found


def _cases(connection: Connection, cases: Sequence[str], within: Sequence[str]) -> Iterator[Any]:
    """Yield the rows (id, policy_hash) of those of a list's cases that lie in these units."""
    for some in batched(cases, 500):
        query = select(CASE.c.id, CASE.c.policy_hash).where(area(CASE.c.unit, within))
        yield from connection.execute(query.where(CASE.c.county == some[0][:6], CASE.c.id.in_(some)))


def _values(connection: Connection, event: Event, keys: Keys | None) -> dict[str, Any]:
    """Return the personal values of the event of a list, in the clear, each proved by its commitment."""
    here = (PRIVATE.c.county == event.county, PRIVATE.c.stream == event.stream, PRIVATE.c.seq == event.seq)
    rows = connection.execute(KEPT_VALUES.add_columns(PRIVATE.c.salt).where(*here)).all()
    vault, found, commits = Vault(connection, keys), {}, dict(commitments_of(event.changes))
    for *row, salt in rows:
        text = vault.open(event.county, event.stream, *row)
        if text is not None and row[1] in commits:
            _fit(event, row[1], salt, text, commits[row[1]])
            found[row[1]] = json.loads(text)
    return found


def _papers(connection: Connection, event: Event, keys: Keys | None) -> tuple[Document, ...]:
    """Return the papers of the event of a list, each proved by its commitment."""
    kept = of_event(connection, Vault(connection, keys), event.county, event.stream, event.seq)
    for one in kept:
        told = event.documents[one.no - 1] if one.no <= len(event.documents) else {}
        _fit(event, f"documents/{one.no}", one.salt, f'"{one.paper.sha256}"', told.get("commit"))
    return tuple(one.paper for one in kept)


def _fit(event: Event, field: str, salt: str, text: str, commit: str | None) -> None:
    if commit is None or not fits(commit, event.alg, salt, (event.county, event.stream, event.seq), field, text):
        raise IntegrityBroken([f"{event.county}:{event.stream} #{event.seq}: {field}"], MEND)


def naming(connection: Connection, list_id: str, case_id: str, within: Sequence[str]) -> dict[str, str]:
    """Return what an event that is written for a list says of it: its id, and the hash of the event that made it.

    Raises:
        NotFound: there is none in these units, or it does not name the case.
        IntegrityBroken: its event is not what was written.
    """
    (made,) = _events(connection, list_id, within, marks=False)
    if case_id not in made.changes[f"lists/{list_id}"]["cases"]:
        raise NotFound(list_id)
    return {"list": list_id, "list_event": made.hash}


def policies_of(connection: Connection, list_id: str, within: Sequence[str]) -> list[str]:
    """Return the hashes of the policies that those of a list's cases go by which lie in these units."""
    (made,) = _events(connection, list_id, within, marks=False)
    return sorted({row.policy_hash for row in _cases(connection, made.changes[f"lists/{list_id}"]["cases"], within)})


def mark_list(
    connection: Connection,
    list_id: str,
    action: str,
    *,
    actor: Actor,
    recorded_by: str,
    on: date,
    recorded_at: str,
    request_id: str,
    keys: Keys | None,
) -> dict[str, Any]:
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
    _refuse_mark(found, before, on)
    marks = found["marks"]
    marks[after] = {"on": on.isoformat(), "by": actor.person, "office": actor.office}
    entry = Entry(
        action=action,
        to=None,
        actor=actor,
        recorded_by=recorded_by,
        on=on,
        recorded_at=recorded_at,
        request_id=request_id,
        changes={f"lists/{list_id}/{after}": marks[after]},
    )
    append(connection, list_id[:6], f"unit/{found['unit']}", entry, keys=keys)
    (made,) = _events(connection, list_id, (list_id[:6],), marks=False)
    mine, kept = (LIST.c.county == list_id[:6], LIST.c.id == list_id), {"state": after, "record": _record(made, marks)}
    moved = connection.execute(update(LIST).where(*mine, LIST.c.state == before).values(kept))
    if moved.rowcount != 1:
        raise CaseMovedOn(list_id, None)
    return get_list(connection, list_id, (list_id[:6],), keys)


def _refuse_mark(found: Mapping[str, Any], before: str, on: date) -> None:
    """Refuse to mark a list that is not in the state before, or a day that lies before its last one."""
    list_id, state = found["id"], found["state"]
    earliest = max([found["on"].isoformat(), *(mark["on"] for mark in found["marks"].values())])
    if state != before or on.isoformat() < earliest:
        raise InputRefused(
            f"名单 {list_id} 现为“{state}”（{earliest}），不能作此登记。",
            f"list {list_id} is {state} (since {earliest}), so this cannot be recorded.",
        )
