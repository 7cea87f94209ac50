"""Cases in the database: one event row per act, and the case row moves with it in the same savepoint."""

from __future__ import annotations

import secrets
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError, OperationalError

from ...states.case import Case, folded, summary
from ...states.errors import CaseMovedOn, CaseNotFound, InputRefused, RequestReused, StoreBusy, StoreLost
from ...states.units import inside
from ..drivers import clash
from ..engine import store_errors
from ..faults import moved_on
from ..log import event as events
from ..log.entry import Entry, event_of, kept, same, written
from ..prepared import Prepared, savepoint, together
from ..scope import county_wide
from ..statements import (
    CASE,
    FINDABLE,
    GET,
    HISTORY,
    INSERT_CASE,
    INSERT_DOCUMENT,
    INSERT_EVENT,
    INSERT_PRIVATE,
    LOCK,
    MOVE,
    PRIVATE_OF,
    RECLASS,
    REQUEST,
    UNIT,
    VERSION,
    area,
)
from ..vault.index import index
from ..vault.papers import namer, of_event
from ..vault.values import Vault
from .rows import damaged, events_of, record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from ...states.values import Event
    from ..vault.keys import Keys


class Cases:
    """The cases of a database over one connection, which the host owns. Never commits.

    Args:
        connection: the session's connection; its engine went through `prepare_engine`.
        keys: what personal values are encrypted with; without them none is written or read.
        salts: where the salts of commitments, data keys and nonces come from.
        alg: the hash of new events, "sha256" or "sm3"; default the connection's.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        keys: Keys | None = None,
        salts: Callable[[int], bytes] = secrets.token_bytes,
        alg: str | None = None,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._salts = salts
        self._alg = alg or events.algorithm(connection)
        self._vault = Vault(connection, keys, random=salts)

    # ------------------------------------------------------------------ reading

    def get(self, case_id: str, within: Sequence[str] | None = None) -> Case:
        """Return a case.

        Args:
            within: unit codes; a case outside them is not found, in the same words as none at all.

        Raises:
            CaseNotFound: there is no such case there.
            KeysMissing, IntegrityBroken: the key of its household is lost, or its row has not the form of one.
        """
        case = self._case(case_id, within, lambda *columns: (self._vault.open_classes(*columns), False))
        if case.damaged:
            raise damaged(case_id)
        return case

    def listed(self, case_id: str, within: Sequence[str]) -> Case:
        """Return a case for a page of many: where its key is lost or its row damaged, it is marked so."""
        return self._case(case_id, within, self._vault.opens_classes)

    def _case(
        self, case_id: str, within: Sequence[str] | None, opens: Callable[..., tuple[frozenset[str], bool]]
    ) -> Case:
        unit, policy_id, policy_hash, state, version, head, text, *columns = self.row(case_id, within)
        classes, lost = opens(case_id, *columns)
        record = record_of(text)
        return Case(
            id=case_id, county=case_id[:6], unit=unit, policy_id=policy_id, policy_hash=policy_hash, state=state,
            version=version, head=head, classes=classes, record=record or {}, key_lost=lost, damaged=record is None,
        )  # fmt: skip

    def row(self, case_id: str, within: Sequence[str] | None = None) -> Sequence[Any]:
        """Return a case's row as it stands there, unread: see `get`."""
        row = self._do(GET, {"county": case_id[:6], "id": case_id}).fetchone()
        if row is None or (within is not None and not inside(row[0], within)):
            raise CaseNotFound(case_id)
        return row  # type: ignore[no-any-return]

    def by_prefix(self, text: str, within: Sequence[str]) -> Case:
        """Return the only case whose id begins with `text`, or whose archive number it is, marked where its key is lost.

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
        return self.listed(text.upper() if text.upper() in found else found[0], within)

    def find(
        self, within: Sequence[str], *, states: Sequence[str] = (), unit: str | None = None,
        policy_id: str | None = None, limit: int = 50, after: str | None = None,
    ) -> list[Case]:  # fmt: skip
        """Return cases of these units by id, from `after` on; `unit` narrows to a unit's own."""
        query = select(CASE.c.id).where(FINDABLE, area(CASE.c.unit, within)).order_by(CASE.c.county, CASE.c.id)
        if states:
            query = query.where(CASE.c.state.in_(tuple(states)))
        if unit:
            query = query.where(area(CASE.c.unit, (unit,)))
        if policy_id:
            query = query.where(CASE.c.policy_id == policy_id)
        if after:
            query = query.where(CASE.c.id > after)
        return [self.listed(case_id, within) for case_id in self._run(query.limit(limit), {}).scalars().all()]

    def history(self, case_id: str) -> list[Event]:
        """Return the events of a case, oldest first, personal values as commitments.

        Raises:
            IntegrityBroken: one of them has not the form of an event.
        """
        rows = self._do(HISTORY, {"county": case_id[:6], "stream": f"case/{case_id}"}).fetchall()
        return events_of(case_id, rows)

    def revealed(self, case: Case, part: str) -> Any:
        """Return a part of a case's record ("household") with its personal values put back; erased ones are None."""
        values = {f: v for (_, f), v in self.private(case).items()}  # later events come last and win
        return events.reveal(case.record.get(part, {}), values, part)

    def revealed_changes(self, case: Case, event: Event) -> dict[str, Any]:
        """Return the changes of an event with its personal values put back."""
        values = {f: v for (seq, f), v in self.private(case).items() if seq == event.seq}
        return {path: events.reveal(value, values, path) for path, value in event.changes.items()}

    def private(self, case: Case) -> dict[tuple[int, str], Any]:
        """Return every personal value of a case in the clear, by event and field; erased ones are left out."""
        stream = f"case/{case.id}"
        rows = self._do(PRIVATE_OF, {"county": case.county, "stream": stream}).fetchall()
        told = (row for row in rows if not row[1].startswith("documents/"))  # what a paper's bytes hash to is no value
        return self._vault.values(case.county, stream, told)

    def find_request(self, case_id: str, request_id: str) -> Event | None:
        """Return the event that a request id wrote to a case, if it did."""
        params = {"county": case_id[:6], "stream": f"case/{case_id}", "request_id": request_id}
        row = self._do(REQUEST, params).fetchone()
        return event_of(*row) if row else None

    def papers_of(self, event: Event) -> list[tuple[str, str]]:
        """Return (kind, SHA-256) of the papers that came with an event, as far as they are kept."""
        kept = of_event(self._connection, self._vault, event.county, event.stream, event.seq)
        return sorted((one.paper.kind, one.paper.sha256) for one in kept)

    def unit_names(self, codes: Sequence[str]) -> dict[str, str]:
        """Return the names of units by their codes, as far as they are registered."""
        rows = self._run(select(UNIT.c.code, UNIT.c.name).where(UNIT.c.code.in_(tuple(codes))), {})
        return {row.code: row.name for row in rows}

    # ------------------------------------------------------------------ writing

    def lock(self, case: Case) -> None:
        """Lock the case row.

        Raises:
            CaseMovedOn: it is no longer at the version that was read.
        """
        try:
            row = LOCK(self._connection, {"county": case.county, "id": case.id}).fetchone()
        except OperationalError as error:
            raise moved_on(case.id, error) from None
        version = row[0] if row else None
        if version != case.version:
            raise CaseMovedOn(case.id, version)

    def open(self, draft: Case, entry: Entry, ids: Iterable[str]) -> tuple[Case, Event]:
        """Write a new case with its first event under the first free id; the same request finds its own again.

        Raises:
            StoreBusy: somebody else opened it at this moment, and this transaction cannot see it: roll back and repeat.
        """
        for case_id in ids:
            if (done := self._opened_before(draft, entry, case_id)) is not None:
                return done
            try:
                return self._opened(replace(draft, id=case_id), entry)
            except IntegrityError as error:
                if not clash(error):
                    raise
                # the same request was opened beside us under this id; else another case has it: try the next
                if (done := self._opened_before(draft, entry, case_id)) is not None:
                    return done
                with county_wide(self._connection):
                    seen = self._do(VERSION, {"county": case_id[:6], "id": case_id}).fetchone()
                if seen is None:  # this transaction cannot see whose it is: under the next id it might be there twice
                    break
        raise StoreBusy

    def _opened_before(self, draft: Case, entry: Entry, case_id: str) -> tuple[Case, Event] | None:
        with county_wide(self._connection):  # the same request may have opened it elsewhere in the county
            return self._same_opening(draft, entry, case_id)

    def _same_opening(self, draft: Case, entry: Entry, case_id: str) -> tuple[Case, Event] | None:
        there = self.find_request(case_id, entry.request_id)
        if there is None:
            return None
        case = self.get(case_id)
        same = self.revealed_changes(case, there) == entry.changes and (case.unit, there.policy_hash) == (
            draft.unit, draft.policy_hash,
        )  # fmt: skip
        if not same or self.papers_of(there) != _papers(entry):
            raise RequestReused(entry.request_id)
        return case, there

    def _opened(self, draft: Case, entry: Entry) -> tuple[Case, Event]:
        case, event, rows = self._folded(draft, entry)
        row = self._case_row(case, entry.action)
        row |= {
            "county": case.county, "id": case.id, "unit": case.unit, "township": case.unit[:9],
            "opened_on": entry.on.isoformat(), "opened_at": entry.recorded_at,
            "classes": self._vault.seal_classes(case.id, case.classes, rows["keys"]),
        }  # fmt: skip
        with savepoint(self._connection):
            INSERT_CASE(self._connection, row)
            self._insert(rows)
            index(self._connection, self._keys, case, entry.changes)
        return case, event

    def record(self, case: Case, entry: Entry) -> tuple[Case, Event]:
        """Write one event and move the case row with it, or neither.

        Raises:
            CaseMovedOn: the case is no longer at the version that was read; the host's transaction stays usable.
            StoreBusy, StoreUnavailable: the database could not write.
        """
        moved, event, rows = self._folded(case, entry)
        params = {f"n_{name}": value for name, value in self._case_row(moved, entry.action).items()}
        params |= {"k_county": case.county, "k_id": case.id, "k_version": case.version}
        try:
            moves: list[Any] = []

            def won() -> None:
                if moves[0].rowcount != 1:
                    raise _LostRace

            corrects = any(path.startswith("household/") for path in entry.changes)
            with savepoint(self._connection) if corrects else nullcontext():
                with together(self._connection, won):
                    moves.append(MOVE(self._connection, params))
                    self._insert(rows)
                if moved.classes != case.classes:
                    self._reclass(moved)
                index(self._connection, self._keys, moved, entry.changes)
        except (_LostRace, IntegrityError) as error:
            return self._lost(case, entry, error)
        except OperationalError as error:
            raise moved_on(case.id, error) from None
        return moved, event

    def _reclass(self, case: Case) -> None:
        classes = self._vault.seal_classes(case.id, case.classes)
        RECLASS(self._connection, {"k_county": case.county, "k_id": case.id, "n_classes": classes})

    def _lost(self, case: Case, entry: Entry, error: Exception) -> tuple[Case, Event]:
        """Say what a lost race was, by the request id and the version read again; the same request answers the same."""
        if self._connection.invalidated:  # the server went away meanwhile: nothing can be read again here
            raise StoreLost from None
        there = self.find_request(case.id, entry.request_id)
        known = there is not None and same(there, self.revealed_changes(case, there), entry)
        if there is not None and known and self.papers_of(there) == _papers(entry):
            return self.get(case.id), there
        row = self._do(VERSION, {"county": case.county, "id": case.id}).fetchone()
        version = row[0] if row else None
        if version != case.version:
            raise CaseMovedOn(case.id, version) from None
        if there is not None:
            raise RequestReused(entry.request_id) from None
        last = max((event.seq for event in self.history(case.id)), default=0)
        raise damaged(case.id) if last > version else error  # else a fault of ours

    def _folded(self, case: Case, entry: Entry) -> tuple[Case, Event, dict[str, Any]]:
        """Return the case after the entry, the event, and the rows to insert."""
        seq, stream = case.version + 1, f"case/{case.id}"
        source = None if entry.to is None or seq == 1 else case.state
        head = {"county": case.county, "stream": stream, "seq": seq, "from": source, "prev": case.head or None}
        name = namer(self._vault, case.unit) if entry.documents else None
        event, rows, changes = written(entry, head, self._salts, self._alg, self._connection, name)
        rows["private"], rows["keys"] = self._vault.seal(case.county, stream, rows["private"], new=seq == 1)
        record = folded(case.record, changes)
        classes = entry.changes.get("household", {}).get("classes") or entry.changes.get("household/classes")
        moved = replace(
            case, policy_id=entry.policy_id or case.policy_id, policy_hash=entry.policy or case.policy_hash,
            state=entry.to or case.state, version=seq, head=event.hash, record=record,
            classes=frozenset(classes) if classes else case.classes,
        )  # fmt: skip
        return moved, event, rows

    @staticmethod
    def _case_row(case: Case, action: str) -> dict[str, Any]:
        return {
            "policy_id": case.policy_id,
            "policy_hash": case.policy_hash,
            "state": case.state,
            "version": case.version,
            "head": case.head,
            "record": kept(case.record, action),
            **summary(case.record),
        }

    def _insert(self, rows: Mapping[str, Any]) -> None:
        INSERT_EVENT(self._connection, rows["event"])
        self._vault.keep(rows["keys"])
        if rows["private"]:
            INSERT_PRIVATE.many(self._connection, rows["private"])
        if rows["documents"]:
            INSERT_DOCUMENT.many(self._connection, rows["documents"])

    def _do(self, prepared: Prepared, params: Mapping[str, Any]) -> Any:
        with store_errors():
            return prepared(self._connection, params)

    def _run(self, statement: Any, params: Any) -> Any:
        with store_errors():
            return self._connection.execute(statement, params)


def _papers(entry: Entry) -> list[tuple[str, str]]:
    return sorted((paper.kind, paper.sha256) for paper in entry.documents)


class _LostRace(Exception):
    """The case row was not at the version that was read."""
