"""Read lists of cases: their content is in the events of the unit's stream; their rows only serve queries."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from ...states.errors import IntegrityBroken, NotFound
from ...states.record import folded
from ...states.values import Row, plain
from ..log.entry import MEND, proved
from ..log.event import commitments_of, fits, reveal_object
from ..statements import CASE, EVENT, KEPT_VALUES, PRIVATE, area, batched, table
from ..tables import ListCaseRow, ListRow
from ..vault.papers import of_event
from ..vault.rows import StoredValue
from ..vault.values import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ...states.actor import Document
    from ...states.values import Event, Json
    from ..vault.keys import Keys

LIST, LIST_CASE = table(ListRow), table(ListCaseRow)
_MARKS = ("sent", "received")
NEXT = {"send_list": ("new", "sent"), "receive_list": ("sent", "received")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMark(Row):
    """The day on which a list was sent or received, and the person and office that did it."""

    on: date
    by: str
    office: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseList(Row):
    """A list: what its cases share, whether it was "sent" and "received", and those of its cases that its reader may see.

    `documents` are its papers; the JSON object names each by kind, SHA-256 and size. `event` is the hash of the event
    that made the list.
    """

    id: str
    kind: str
    unit: str
    on: date
    state: str
    data: Mapping[str, Json]
    marks: Mapping[str, ListMark]
    cases: tuple[str, ...]
    documents: tuple[Document, ...]
    event: str

    def as_json(self) -> dict[str, Json]:
        """Return the list as the JSON object of the contract."""
        papers: list[Json] = [{"kind": d.kind, "sha256": d.sha256, "size": d.size} for d in self.documents]
        names = [each.name for each in fields(self)]
        return {name: papers if name == "documents" else plain(getattr(self, name)) for name in names}


def get_list(connection: Connection, list_id: str, within: Sequence[str], keys: Keys | None) -> CaseList:
    """Return a list with its data in the clear, and those of its cases that lie in these units.

    All of it is read from the events of the list, each proved by its hash: the row only says where they stand.

    Raises:
        NotFound: there is none in these units.
        IntegrityBroken: an event, value or paper of the list is not what was written.
    """
    first, *later = _events(connection, list_id, within)
    record = folded({}, first.changes)
    for event in later:
        record = folded(record, event.changes)
    made = record["lists"][list_id]
    marks = {name: _mark(made[name]) for name in _MARKS if name in made}
    return CaseList(
        id=list_id,
        kind=made["kind"],
        unit=first.stream.removeprefix("unit/"),
        on=date.fromisoformat(made["on"]),
        state=next(reversed(marks), "new"),
        data=reveal_object(made["data"], _values(connection, first, keys), f"lists/{list_id}/data"),
        marks=marks,
        cases=tuple(sorted(case for case, _ in _cases(connection, made["cases"], within))),
        documents=_papers(connection, first, keys),
        event=first.hash,
    )


def _mark(made: Mapping[str, str]) -> ListMark:
    return ListMark(on=date.fromisoformat(made["on"]), by=made["by"], office=made["office"])


def made_of(connection: Connection, list_id: str, within: Sequence[str]) -> Event:
    """Return the event that made a list. See `get_list` for what is raised."""
    return _events(connection, list_id, within, marks=False)[0]


def _events(connection: Connection, list_id: str, within: Sequence[str], *, marks: bool = True) -> list[Event]:
    """Return the event that made a list and, with `marks`, those that marked it since."""
    where = (LIST.c.county == list_id[:6], LIST.c.id == list_id, area(LIST.c.unit, within))
    row = connection.execute(select(LIST.c.unit, LIST.c.seq).where(*where)).first()
    if row is None:
        raise NotFound(list_id)
    query = select(EVENT.c.hash, EVENT.c.body).where(
        EVENT.c.county == list_id[:6], EVENT.c.stream == f"unit/{row.unit}", EVENT.c.seq >= row.seq
    )
    named = EVENT.c.action.in_(tuple(NEXT)) & EVENT.c.body.contains(f'"lists/{list_id}/', autoescape=True)
    query = query.where(or_(EVENT.c.seq == row.seq, named) if marks else EVENT.c.seq == row.seq)
    events = [proved(*event) for event in connection.execute(query.order_by(EVENT.c.seq))]
    first = (events[0].county, events[0].stream, events[0].seq) if events else None
    if first != (list_id[:6], f"unit/{row.unit}", row.seq) or f"lists/{list_id}" not in events[0].changes:
        raise IntegrityBroken([f"list {list_id}: the event that made it"], MEND)
    return events


def _cases(connection: Connection, cases: Sequence[str], within: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the id and the policy's hash of those of a list's cases that lie in these units."""
    for some in batched(cases, 500):
        query = select(CASE.c.id, CASE.c.policy_hash).where(area(CASE.c.unit, within))
        for row in connection.execute(query.where(CASE.c.county == some[0][:6], CASE.c.id.in_(some))):
            yield row.id, row.policy_hash


def _values(connection: Connection, event: Event, keys: Keys | None) -> dict[str, Json]:
    """Return the personal values of the event of a list, in the clear, each proved by its commitment."""
    here = (PRIVATE.c.county == event.county, PRIVATE.c.stream == event.stream, PRIVATE.c.seq == event.seq)
    rows = connection.execute(KEPT_VALUES.add_columns(PRIVATE.c.salt).where(*here)).all()
    vault, values, commits = Vault(connection, keys), dict[str, "Json"](), dict(commitments_of(event.changes))
    for *row, salt in rows:
        text = vault.open(event.county, event.stream, StoredValue(*row))
        if text is not None and row[1] in commits:
            _fit(event, row[1], salt, text, commits[row[1]])
            values[row[1]] = json.loads(text)
    return values


def _papers(connection: Connection, event: Event, keys: Keys | None) -> tuple[Document, ...]:
    """Return the papers of the event of a list, each proved by its commitment."""
    papers = of_event(connection, Vault(connection, keys), event.county, event.stream, event.seq)
    for no, salt, paper in papers:
        written = event.documents[no - 1] if no <= len(event.documents) else {}
        _fit(event, f"documents/{no}", salt, f'"{paper.sha256}"', written.get("commit"))
    return tuple(paper for _, _, paper in papers)


def _fit(event: Event, field: str, salt: str, text: str, commit: str | None) -> None:
    if commit is None or not fits(commit, event.alg, salt, (event.county, event.stream, event.seq), field, text):
        raise IntegrityBroken([f"{event.county}:{event.stream} #{event.seq}: {field}"], MEND)


def naming(connection: Connection, list_id: str, case_id: str, within: Sequence[str]) -> dict[str, str]:
    """Return what an event that is written for a list says of it: its id, and the hash of the event that made it.

    Raises:
        NotFound: there is none in these units, or it does not name the case.
        IntegrityBroken: its event is not what was written.
    """
    made = made_of(connection, list_id, within)
    if case_id not in made.changes[f"lists/{list_id}"]["cases"]:
        raise NotFound(list_id)
    return {"list": list_id, "list_event": made.hash}


def policies_of(connection: Connection, list_id: str, within: Sequence[str]) -> list[str]:
    """Return the hashes of the policies that those of a list's cases go by which lie in these units."""
    made = made_of(connection, list_id, within)
    cases = _cases(connection, made.changes[f"lists/{list_id}"]["cases"], within)
    return sorted({policy_hash for _, policy_hash in cases})
