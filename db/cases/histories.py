"""Read many cases with all their events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ...states.case import FORGED, Case
from ...states.errors import NotFound
from ...states.record import HOUSEHOLD, CaseRecord
from ...states.values import Finding, Row
from ..log.entry import event_of
from ..log.event import reveal_object
from ..statements import CASE, CLASSES, EVENT, WITH_KEY, area
from ..vault.values import Vault
from .rows import case_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ...states.inputs.arguments import JsonObject
    from ...states.values import Data, Event, Json
    from ..statements import DbRow
    from ..vault.keys import Keys
    from .cases import Cases

_MANY = 400  # cases per round


def histories(
    connection: Connection,
    within: Sequence[str],
    keys: Keys | None,
    *,
    policy: str | None = None,
    unit: str | None = None,
) -> Iterator[tuple[Case, list[Event]]]:
    """Yield every case of these units with its events, oldest first; two queries for every few hundred cases.

    One whose row has not the form of one is marked `damaged`; where an event has not, there is none: the verification
    tells of both.

    Args:
        within: unit codes of 6, 9 or 12 digits.
        policy: only cases under a policy of this id.
        unit: only cases of this unit.
    """
    query = (
        select(
            CASE.c.county,
            CASE.c.id,
            CASE.c.unit,
            CASE.c.policy_id,
            CASE.c.policy_hash,
            CASE.c.state,
            CASE.c.version,
            CASE.c.head,
            CASE.c.record,
            *CLASSES,
        )
        .select_from(WITH_KEY)
        .where(area(CASE.c.unit, within))
        .order_by(CASE.c.id)
        .limit(_MANY)
    )
    if policy:
        query = query.where(CASE.c.policy_id == policy)
    if unit:
        query = query.where(area(CASE.c.unit, (unit,)))
    last, vault = "", Vault(connection, keys)
    while rows := connection.execute(query.where(CASE.c.id > last)).fetchall():
        last = rows[-1].id
        events = _events_of(connection, rows)
        for row in rows:
            classes, lost = vault.opens_classes(row.id, row.classes, row.master, row.wrapped)
            yield case_of(row, classes, lost), events[f"case/{row.id}"]


def _events_of(connection: Connection, rows: Sequence[DbRow]) -> dict[str, list[Event]]:
    """Return the events of the cases of these rows by their streams; none where one of them has not the form of one."""
    found: dict[str, list[Event]] = {f"case/{row.id}": [] for row in rows}
    spoiled: set[str] = set()
    lines = select(EVENT.c.stream, EVENT.c.hash, EVENT.c.body).where(
        EVENT.c.county.in_({row.county for row in rows}), EVENT.c.stream.in_(found)
    )
    for line in connection.execute(lines.order_by(EVENT.c.stream, EVENT.c.seq)):
        try:
            found[line.stream].append(event_of(line.hash, line.body))
        except FORGED:
            spoiled.add(line.stream)
    return {**found, **{stream: [] for stream in spoiled}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis(Row):
    """What a decision rested on when it was taken: event `seq` of the case, of the day `on` (ISO).

    `policy` is the hash of the policy's content, `household` is as it then stood, and `findings` are all findings as the
    event has them, with their values.
    """

    seq: int
    on: str
    policy: str | None
    household: JsonObject
    findings: Sequence[Data]

    def as_json(self, lang: str = "zh") -> dict[str, Json]:
        """Return the row as the JSON object of the contract, each finding with its sentence in `lang` ("zh" or "en")."""
        return {**Row.as_json(self), "findings": [*self.worded(lang)]}

    def worded(self, lang: str = "zh") -> list[dict[str, Json]]:
        """Return the findings, each with its sentence in `lang` ("zh" or "en")."""
        return [_worded(finding, lang) for finding in self.findings]


def _worded(finding: Data, lang: str) -> dict[str, Json]:
    """Return a finding of an event with its sentence, made again from its values."""
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in finding["values"].items()}
    again = Finding(finding["guard"], finding["rule"], finding.get("ok", False), "warn", finding["source"], values)
    return {**finding, "ok": again.ok, "reason": again.reason(lang)}


def basis(cases: Cases, case: Case, action: str) -> Basis:
    """Return what the last decision of that name rested on: every finding, and the household as it then stood.

    Raises:
        NotFound: no such decision was taken on the case.
    """
    history = cases.history(case.id)
    decision = next((e for e in reversed(history) if e.action == action), None)
    if decision is None:
        raise NotFound(f"{case.id} {action}")
    record = CaseRecord()
    for event in history[: decision.seq - 1]:
        record = record.folded(event.changes)
    then = {field: value for (seq, field), value in cases.private(case).items() if seq < decision.seq}
    return Basis(
        seq=decision.seq,
        on=decision.occurred_on,
        policy=decision.policy_hash,
        household=reveal_object(record.household, then, HOUSEHOLD.name),
        findings=tuple(decision.findings),
    )
