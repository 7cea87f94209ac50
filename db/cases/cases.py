"""Store cases: each act writes one event row and changes the case row in the same savepoint."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError, OperationalError

from ...states.case import Case, folded, summary
from ...states.errors import CaseMovedOn, RequestReused, StoreBusy, StoreLost
from ..drivers import clash
from ..faults import moved_on
from ..log.entry import Entry, kept, same, written
from ..prepared import savepoint, together
from ..scope import county_wide
from ..statements import (
    INSERT_CASE,
    INSERT_DOCUMENT,
    INSERT_EVENT,
    INSERT_PRIVATE,
    LOCK,
    MOVE,
    RECLASS,
    VERSION,
)
from ..vault.index import index
from ..vault.papers import namer
from .reader import CaseReader
from .rows import damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...states.values import Event


class Cases(CaseReader):
    """The cases of a database, for reading and writing. Never commits."""

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
            draft.unit,
            draft.policy_hash,
        )
        if not same or self.papers_of(there) != _papers(entry):
            raise RequestReused(entry.request_id)
        return case, there

    def _opened(self, draft: Case, entry: Entry) -> tuple[Case, Event]:
        case, event, rows = self._folded(draft, entry)
        row = self._case_row(case, entry.action)
        row |= {
            "county": case.county,
            "id": case.id,
            "unit": case.unit,
            "township": case.unit[:9],
            "opened_on": entry.on.isoformat(),
            "opened_at": entry.recorded_at,
            "classes": self._vault.seal_classes(case.id, case.classes, rows["keys"]),
        }
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
            case,
            policy_id=entry.policy_id or case.policy_id,
            policy_hash=entry.policy or case.policy_hash,
            state=entry.to or case.state,
            version=seq,
            head=event.hash,
            record=record,
            classes=frozenset(classes) if classes else case.classes,
        )
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


def _papers(entry: Entry) -> list[tuple[str, str]]:
    return sorted((paper.kind, paper.sha256) for paper in entry.documents)


class _LostRace(Exception):
    """The case row was not at the version that was read."""
