"""Read cases from their rows: one or many, their events, and their personal values without a mask."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, TypeVarTuple

from sqlalchemy import or_, select

from ...states.case import Case
from ...states.errors import CaseNotFound, InputRefused
from ...states.record import HOUSEHOLD, CaseRecord
from ...states.units import inside
from ..engine import store_errors
from ..log import event as events
from ..log.entry import event_of
from ..log.hashes import algorithm
from ..statements import (
    CASE,
    FINDABLE,
    GET,
    HISTORY,
    PRIVATE_OF,
    REQUEST,
    UNIT,
    area,
)
from ..vault.papers import of_event
from ..vault.values import Vault
from .rows import damaged, events_of, record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, CursorResult, Select

    from ...states.actor import Document
    from ...states.values import Event
    from ..prepared import Cursor, Prepared
    from ..vault.keys import Keys

_Columns = TypeVarTuple("_Columns")


class CaseReader:
    """The cases of a database over one connection, which the host owns, for reading.

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
        self._alg = alg or algorithm(connection)
        self._vault = Vault(connection, keys, random=salts)

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
            id=case_id,
            county=case_id[:6],
            unit=unit,
            policy_id=policy_id,
            policy_hash=policy_hash,
            state=state,
            version=version,
            head=head,
            classes=classes,
            record=CaseRecord(record or {}),
            key_lost=lost,
            damaged=record is None,
        )

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
        found = self._run(select(CASE.c.id).where(match, area(CASE.c.unit, within)).limit(2)).scalars().all()
        if not text or not found:
            raise CaseNotFound(text)
        if len(found) > 1 and text.upper() not in found:
            raise InputRefused(
                f"{text} 对应多个户档，请多写几位。", f"several cases begin with {text}; write more of it."
            )
        return self.listed(text.upper() if text.upper() in found else found[0], within)

    def find(
        self,
        within: Sequence[str],
        *,
        states: Sequence[str] = (),
        unit: str | None = None,
        policy_id: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> list[Case]:
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
        return [self.listed(case_id, within) for case_id in self._run(query.limit(limit)).scalars().all()]

    def history(self, case_id: str) -> list[Event]:
        """Return the events of a case, oldest first, personal values as commitments.

        Raises:
            IntegrityBroken: one of them has not the form of an event.
        """
        rows = self._do(HISTORY, {"county": case_id[:6], "stream": f"case/{case_id}"}).fetchall()
        return events_of(case_id, rows)

    def revealed_household(self, case: Case) -> dict[str, Any]:
        """Return the household of a case with its personal values put back; erased ones are None."""
        values = {f: v for (_, f), v in self.private(case).items()}  # later events come last and win
        return events.reveal_object(case.record.household, values, HOUSEHOLD.name)

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

    def documents_of(self, event: Event) -> tuple[Document, ...]:
        """Return the papers that came with an event, as far as they are kept."""
        kept = of_event(self._connection, self._vault, event.county, event.stream, event.seq)
        return tuple(one.paper for one in kept)

    def unit_names(self, codes: Sequence[str]) -> dict[str, str]:
        """Return the names of units by their codes, as far as they are registered."""
        rows = self._run(select(UNIT.c.code, UNIT.c.name).where(UNIT.c.code.in_(tuple(codes))))
        return {row.code: row.name for row in rows}

    def _do(self, prepared: Prepared, params: Mapping[str, object]) -> Cursor:
        with store_errors():
            return prepared(self._connection, params)

    def _run(self, statement: Select[*_Columns]) -> CursorResult[*_Columns]:
        with store_errors():
            return self._connection.execute(statement)
