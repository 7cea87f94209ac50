"""Cases in the database: one event row per act, and the case row moves with it in the same savepoint."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from ..states.case import Actor, Case, Document, Event, apply_changes, summary
from ..states.errors import CaseMovedOn, CaseNotFound, InputRefused, StoreBusy
from . import events
from .engine import store_error
from .tables import CaseRow, DocumentRow, EventRow, IndexRow, PrivateRow, TallyRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Table

    from .keys import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an act writes: one event. `to` is None for a fact; `changes` hold personal values in the clear."""

    action: str
    to: str | None
    actor: Actor
    recorded_by: str
    on: date
    recorded_at: str
    request_id: str
    changes: Mapping[str, Any]
    documents: Sequence[Document] = ()
    warnings: Sequence[Mapping[str, Any]] = ()
    policy: str | None = field(default=None)


def table(model: type[Any]) -> Table:
    """Return the Core table of a model."""
    return model.__table__  # type: ignore[no-any-return]


CASE, EVENT, PRIVATE, DOCUMENT = table(CaseRow), table(EventRow), table(PrivateRow), table(DocumentRow)
INDEX, TALLY = table(IndexRow), table(TallyRow)

# Built once: building a statement anew costs as much as running it.
_GET = select(
    CASE.c.unit, CASE.c.policy_id, CASE.c.policy_hash, CASE.c.state, CASE.c.version, CASE.c.head, CASE.c.classes,
    CASE.c.record,
).where(CASE.c.county == bindparam("county"), CASE.c.id == bindparam("id"))  # fmt: skip
_LOCK = (
    select(CASE.c.version).where(CASE.c.county == bindparam("county"), CASE.c.id == bindparam("id")).with_for_update()
)
_VERSION = select(CASE.c.version).where(CASE.c.county == bindparam("county"), CASE.c.id == bindparam("id"))
_MOVED = (
    "state", "version", "head", "opens_on", "archive_no", "no_house", "grade", "mode", "line", "approved_fen",
    "paid_fen", "approved_on", "final_on", "record", "classes",
)  # fmt: skip
_MOVE = (
    update(CASE)
    .where(
        CASE.c.county == bindparam("k_county"), CASE.c.id == bindparam("k_id"), CASE.c.version == bindparam("k_version")
    )
    .values({name: bindparam(f"n_{name}") for name in _MOVED})
)
_INSERT_EVENT, _INSERT_CASE = insert(EVENT), insert(CASE)
_INSERT_PRIVATE, _INSERT_DOCUMENT, _INSERT_INDEX = insert(PRIVATE), insert(DOCUMENT), insert(INDEX)
_REQUEST = select(EVENT).where(
    EVENT.c.county == bindparam("county"),
    EVENT.c.stream == bindparam("stream"),
    EVENT.c.request_id == bindparam("request_id"),
)
_HISTORY = (
    select(EVENT)
    .where(EVENT.c.county == bindparam("county"), EVENT.c.stream == bindparam("stream"))
    .order_by(EVENT.c.seq)
)
_PRIVATE_OF = (
    select(PRIVATE.c.seq, PRIVATE.c.field, PRIVATE.c.value)
    .where(PRIVATE.c.county == bindparam("county"), PRIVATE.c.stream == bindparam("stream"))
    .order_by(PRIVATE.c.seq)
)
_TALLY = (
    select(
        CASE.c.unit, CASE.c.grade, CASE.c.mode, CASE.c.no_house, CASE.c.line, func.count().label("count"),
        func.coalesce(func.sum(CASE.c.approved_fen), 0).label("fen"),
    )
    .where(
        CASE.c.county == bindparam("county"), CASE.c.policy_id == bindparam("policy_id"),
        CASE.c.approved_on.is_not(None), CASE.c.state.not_in(("withdrawn", "refused", "disqualified")),
    )
    .group_by(CASE.c.unit, CASE.c.grade, CASE.c.mode, CASE.c.no_house, CASE.c.line)
)  # fmt: skip


class Cases:
    """The cases of a database over one connection, which the host owns. Never commits.

    Args:
        connection: the session's connection; its engine went through `prepare_engine`.
        keys: the blind index's keys; without them no token is written.
        salts: where the salts of commitments come from.
        alg: the hash of new events, "sha256" or "sm3".
    """

    def __init__(
        self,
        connection: Connection,
        *,
        keys: Keys | None = None,
        salts: Callable[[int], bytes] = secrets.token_bytes,
        alg: str = "sha256",
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._salts = salts
        self._alg = alg

    # ------------------------------------------------------------------ reading

    def get(self, case_id: str, within: Sequence[str] | None = None) -> Case:
        """Return a case.

        Args:
            within: unit codes; a case outside them is not found, in the same words as none at all.

        Raises:
            CaseNotFound: there is no such case there.
        """
        row = self._run(_GET, {"county": case_id[:6], "id": case_id}).first()
        if row is None or not (within is None or any(row.unit.startswith(code) for code in within)):
            raise CaseNotFound(case_id)
        return Case(
            id=case_id, county=case_id[:6], unit=row.unit, policy_id=row.policy_id, policy_hash=row.policy_hash,
            state=row.state, version=row.version, head=row.head, classes=frozenset(json.loads(row.classes or "[]")),
            record=json.loads(row.record),
        )  # fmt: skip

    def by_prefix(self, text: str, within: Sequence[str]) -> Case:
        """Return the only case whose id begins with `text`, or whose archive number it is.

        Raises:
            CaseNotFound: there is none in these units.
            InputRefused: there are several.
        """
        match = or_(CASE.c.id.startswith(text.upper(), autoescape=True), CASE.c.archive_no == text)
        found = self._run(select(CASE.c.id).where(match, area(CASE.c.unit, within)).limit(2), {}).scalars().all()
        if not text or not found:
            raise CaseNotFound(text)
        if len(found) > 1 and text.upper() not in found:
            raise InputRefused(f"{text} 对应多个档案，请多写几位。", f"{text} fits several cases; write more of it.")
        return self.get(text.upper() if text.upper() in found else found[0], within)

    def find(
        self, within: Sequence[str], *, states: Sequence[str] = (), unit: str | None = None,
        policy_id: str | None = None, limit: int = 50, after: str | None = None,
    ) -> list[Case]:  # fmt: skip
        """Return cases of these units by id, from `after` on; `unit` narrows to a unit's own."""
        query = select(CASE.c.id).where(area(CASE.c.unit, within)).order_by(CASE.c.county, CASE.c.id).limit(limit)
        if states:
            query = query.where(CASE.c.state.in_(tuple(states)))
        if unit:
            query = query.where(area(CASE.c.unit, (unit,)))
        if policy_id:
            query = query.where(CASE.c.policy_id == policy_id)
        if after:
            query = query.where(CASE.c.id > after)
        return [self.get(case_id, within) for case_id in self._run(query, {}).scalars().all()]

    def worklist(
        self, within: Sequence[str], policy_hash: str, states: Sequence[str], *, limit: int, after: str | None = None
    ) -> list[dict[str, Any]]:
        """Return plain rows of the cases in these states, oldest first: what an inbox shows."""
        columns = (
            CASE.c.id, CASE.c.state, CASE.c.opened_at, CASE.c.opens_on, CASE.c.township, CASE.c.unit,
            CASE.c.no_house, CASE.c.archive_no, CASE.c.version,
        )  # fmt: skip
        query = (
            select(*columns)
            .where(CASE.c.county.in_({code[:6] for code in within}), CASE.c.state.in_(tuple(states)))
            .where(CASE.c.policy_hash == policy_hash, area(CASE.c.unit, within))
            .order_by(CASE.c.opened_at, CASE.c.id)
            .limit(limit)
        )
        townships = {code[:9] for code in within if len(code) >= 9}
        if len(townships) == len(set(within)):
            query = query.where(CASE.c.township.in_(townships))
        if after:
            query = query.where(CASE.c.id > after)
        return [dict(row) for row in self._run(query, {}).mappings()]

    def history(self, case_id: str) -> list[Event]:
        """Return the events of a case, oldest first, personal values as commitments."""
        rows = self._run(_HISTORY, {"county": case_id[:6], "stream": f"case/{case_id}"}).all()
        return [event_of(row) for row in rows]

    def revealed(self, case: Case, part: str) -> Any:
        """Return a part of a case's record ("household") with its personal values put back; erased ones are None."""
        values = {f: v for (_, f), v in self._private(case).items()}  # later events come last and win
        return events.reveal(case.record.get(part, {}), values, part)

    def revealed_changes(self, case: Case, event: Event) -> dict[str, Any]:
        """Return the changes of an event with its personal values put back."""
        values = {f: v for (seq, f), v in self._private(case).items() if seq == event.seq}
        return {path: events.reveal(value, values, path) for path, value in event.changes.items()}

    def _private(self, case: Case) -> dict[tuple[int, str], Any]:
        rows = self._run(_PRIVATE_OF, {"county": case.county, "stream": f"case/{case.id}"})
        return {(row.seq, row.field): json.loads(row.value) for row in rows}

    def find_request(self, case_id: str, request_id: str) -> Event | None:
        """Return the event that a request id wrote to a case, if it did."""
        params = {"county": case_id[:6], "stream": f"case/{case_id}", "request_id": request_id}
        row = self._run(_REQUEST, params).first()
        return event_of(row) if row else None

    def tally(self, county: str, policy_id: str) -> list[dict[str, Any]]:
        """Return what was approved under a policy: count and fen by village, grade, mode, no_house and line."""
        rows = self._run(_TALLY, {"county": county, "policy_id": policy_id}).mappings()
        return [{**row, "fen": int(row["fen"])} for row in rows]

    # ------------------------------------------------------------------ writing

    def lock(self, case: Case) -> None:
        """Lock the case row.

        Raises:
            CaseMovedOn: it is no longer at the version that was read.
        """
        version = self._run(_LOCK, {"county": case.county, "id": case.id}).scalar()
        if version != case.version:
            raise CaseMovedOn(case.id, version)

    def next_number(self, county: str, key: str) -> int:
        """Return the next number of a running count, gap-free; its row stays locked until the host commits."""
        where = (TALLY.c.county == county, TALLY.c.key == key)
        raised = update(TALLY).where(*where).values(value=TALLY.c.value + 1).returning(TALLY.c.value)
        value = self._run(raised, {}).scalar()
        if value is not None:
            return int(value)
        try:
            with self._connection.begin_nested():
                self._run(insert(TALLY), {"county": county, "key": key, "value": 1})
            return 1
        except IntegrityError:  # somebody else wrote the first number meanwhile
            return int(self._run(raised, {}).scalar_one())

    def open(self, draft: Case, entry: Entry, ids: Iterable[str]) -> tuple[Case, Event]:
        """Write a new case with its first event under the first free id; the same request finds its own again."""
        for case_id in ids:
            there = self.find_request(case_id, entry.request_id)
            if there is not None:
                return self.get(case_id), there
            try:
                return self._opened(replace(draft, id=case_id), entry)
            except IntegrityError:
                continue  # another case has this id, or the same request is being opened beside us
        raise StoreBusy

    def _opened(self, draft: Case, entry: Entry) -> tuple[Case, Event]:
        case, event, rows = self._folded(draft, entry)
        row = self._case_row(case)
        row |= {
            "county": case.county, "id": case.id, "unit": case.unit, "township": case.unit[:9],
            "policy_id": case.policy_id, "policy_hash": case.policy_hash, "opened_on": entry.on.isoformat(),
            "opened_at": entry.recorded_at,
        }  # fmt: skip
        with self._connection.begin_nested():
            self._run(_INSERT_CASE, row)
            self._insert(rows)
            self._index(case, entry)
        return case, event

    def record(self, case: Case, entry: Entry) -> tuple[Case, Event]:
        """Write one event and move the case row with it, or neither.

        Raises:
            CaseMovedOn: the case is no longer at the version that was read; the host's transaction stays usable.
            StoreBusy, StoreUnavailable: the database could not write.
        """
        moved, event, rows = self._folded(case, entry)
        params = {f"n_{name}": value for name, value in self._case_row(moved).items()}
        params |= {"k_county": case.county, "k_id": case.id, "k_version": case.version}
        try:
            with self._connection.begin_nested():
                if self._connection.execute(_MOVE, params).rowcount != 1:
                    raise _LostRace
                self._insert(rows)
        except _LostRace:
            raise CaseMovedOn(case.id, self._current(case)) from None
        except IntegrityError:
            if self._current(case) == case.version:
                raise  # not a race: a fault of ours
            raise CaseMovedOn(case.id, self._current(case)) from None
        except OperationalError as error:
            raise _conflict(case, error) from None
        return moved, event

    def _current(self, case: Case) -> int | None:
        version: int | None = self._run(_VERSION, {"county": case.county, "id": case.id}).scalar()
        return version

    def _folded(self, case: Case, entry: Entry) -> tuple[Case, Event, dict[str, Any]]:
        """Return the case after the entry, the event, and the rows to insert."""
        seq, stream = case.version + 1, f"case/{case.id}"
        source = None if entry.to is None or seq == 1 else case.state
        head = {"county": case.county, "stream": stream, "seq": seq, "from": source, "prev": case.head or None}
        event, rows, changes = written(replace(entry, policy=case.policy_hash), head, self._salts, self._alg)
        record = json.loads(json.dumps(case.record))
        apply_changes(record, changes)
        classes = entry.changes.get("household", {}).get("classes") or entry.changes.get("household/classes")
        moved = replace(
            case, state=entry.to or case.state, version=seq, head=event.hash, record=record,
            classes=frozenset(classes) if classes else case.classes,
        )  # fmt: skip
        return moved, event, rows

    @staticmethod
    def _case_row(case: Case) -> dict[str, Any]:
        return {
            "state": case.state,
            "version": case.version,
            "head": case.head,
            "record": dumps(case.record),
            "classes": dumps(sorted(case.classes)),
            **summary(case.record),
        }

    def _insert(self, rows: Mapping[str, Any]) -> None:
        self._connection.execute(_INSERT_EVENT, rows["event"])
        if rows["private"]:
            self._connection.execute(_INSERT_PRIVATE, rows["private"])
        if rows["documents"]:
            self._connection.execute(_INSERT_DOCUMENT, rows["documents"])

    def _index(self, case: Case, entry: Entry) -> None:
        if self._keys is None:
            return
        household = entry.changes.get("household", {})
        people = [("head", household.get("head", {}))]
        people += [(f"member-{i}", member) for i, member in enumerate(household.get("members", ()))]
        tokens = [("id_number", who, person["id_number"]) for who, person in people if person.get("id_number")]
        if household.get("account"):
            tokens.append(("card", "household", household["account"]["card"]))
        rows = [
            {"county": case.county, "kind": kind, "token": self._keys.token(kind, value), "stream": f"case/{case.id}",
             "person": who}
            for kind, who, value in tokens
        ]  # fmt: skip
        if rows:
            self._connection.execute(_INSERT_INDEX, rows)

    def _run(self, statement: Any, params: Any) -> Any:
        try:
            return self._connection.execute(statement, params)
        except OperationalError as error:
            raise store_error(error) from None


class _LostRace(Exception):
    """The case row was not at the version that was read."""


def _conflict(case: Case, error: DBAPIError) -> Exception:
    """Say what an operational error in a write was: a serialization failure or deadlock is a lost race."""
    if getattr(error.orig, "sqlstate", None) in ("40001", "40P01"):
        return CaseMovedOn(case.id, None)
    return store_error(error)


def dumps(value: Any) -> str:
    """Return a JSON value as compact text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def area(column: Any, within: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a unit code lies in one of these units; codes have 6, 9 or 12 digits."""
    codes = [code for code in within if len(code) in (6, 9, 12) and code.isdigit()]
    return or_(False, *(column.between(code, code + "9" * (12 - len(code))) for code in codes))


def written(
    entry: Entry, head: Mapping[str, Any], salts: Callable[[int], bytes], alg: str
) -> tuple[Event, dict[str, Any], dict[str, Any]]:
    """Make the event of an entry: the event, the rows to insert, and the sealed changes."""
    key = {"county": head["county"], "stream": head["stream"], "seq": head["seq"]}
    changes, sealed = events.seal(entry.changes, head["county"], head["stream"], head["seq"], salts, alg)
    documents, papers = _documents(entry.documents, key, salts, alg)
    body = events.canonical(
        {
            "v": events.VERSION, "alg": alg, **key, "request_id": entry.request_id, "action": entry.action,
            "from": head["from"], "to": entry.to, "acted_by": entry.actor.person, "office": entry.actor.office,
            "recorded_by": entry.recorded_by, "occurred_on": entry.on.isoformat(), "recorded_at": entry.recorded_at,
            "policy": entry.policy, "changes": changes, "documents": papers, "findings": list(entry.warnings),
            "prev": head["prev"],
        }
    )  # fmt: skip
    row = {
        **key, "request_id": entry.request_id, "action": entry.action, "from_state": head["from"],
        "to_state": entry.to, "acted_by": entry.actor.person, "office": entry.actor.office,
        "recorded_by": entry.recorded_by, "occurred_on": entry.on.isoformat(), "recorded_at": entry.recorded_at,
        "policy_hash": entry.policy, "hash": events.event_hash(alg, body), "body": body,
    }  # fmt: skip
    event = Event(
        **{k: v for k, v in row.items() if k != "body"}, changes=changes, documents=papers, warnings=entry.warnings,
        prev_hash=head["prev"],
    )  # fmt: skip
    private = [{**key, **value._asdict()} for value in sealed]
    return event, {"event": row, "private": private, "documents": documents}, changes


def _documents(
    documents: Sequence[Document], key: Mapping[str, Any], salts: Callable[[int], bytes], alg: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows, papers = [], []
    for no, paper in enumerate(documents, 1):
        salt = salts(16).hex()
        place = (key["county"], key["stream"], key["seq"], f"documents/{no}")
        commit = events.commitment(alg, salt, *place, events.canonical(paper.sha256))
        papers.append({"kind": paper.kind, "size": paper.size, "media_type": paper.media_type, "commit": commit})
        rows.append(
            {**key, "no": no, "kind": paper.kind, "sha256": paper.sha256, "size": paper.size,
             "media_type": paper.media_type, "salt": salt}
        )  # fmt: skip
    return rows, papers


def event_of(row: Any) -> Event:
    """Return an event row as a value; its body is the truth, its columns are copies."""
    body = json.loads(row.body)
    return Event(
        county=row.county, stream=row.stream, seq=row.seq, request_id=body["request_id"], action=body["action"],
        from_state=body["from"], to_state=body["to"], acted_by=body["acted_by"], office=body["office"],
        recorded_by=body["recorded_by"], occurred_on=body["occurred_on"], recorded_at=body["recorded_at"],
        policy_hash=body["policy"], changes=body["changes"], documents=body["documents"], warnings=body["findings"],
        prev_hash=body["prev"], hash=row.hash,
    )  # fmt: skip
