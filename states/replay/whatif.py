"""Find what would have become of a case under another policy or calendar: take its acts again.

Every act is asked on the day on which it happened. Where time alone bars it, it waits for the day that opens it, and
what came after it waits too. What else bars it is told, and the replay goes on as if it had been mended, so that all
is told at once. The household's classes, which stand sealed in the history, are those of today. Who acts, and what rests on other cases and on open personal values, is not judged: see `unjudged`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from ..actor import Actor, Document
from ..counting.money import entitled_fen
from ..decide import decide, papers_of, traits_of
from ..effects import changes_of
from ..entry import entry_in
from ..forms.acts import restored
from ..guards.base import REGISTRY, Around, Before, Question, Tally
from ..record import ACTS, ARCHIVE_NO, DOUBTS, CaseRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..calendar import Calendar
    from ..case import Case
    from ..forms.form import Form
    from ..procedure.graph import Act, Procedure
    from ..values import Decision, Event, Finding

_AMOUNTS = frozenset(
    {"amount_within_subsidy", "amount_is_whole", "instalment_exact", "reissue_within_due"}
)  # told by the amounts instead
_OFFICES = "office_may_act"
_WAITS = 5  # a day that opens an act may itself be no day for it


class Barred(NamedTuple):
    """An act that another policy would not have allowed: the day it was asked on, and every finding that bars it."""

    action: str
    on: date
    findings: tuple[Finding, ...]


class Moved(NamedTuple):
    """An act that another policy would have allowed only later."""

    action: str
    was: date
    on: date


class WhatIf(NamedTuple):
    """What another policy or calendar makes of a case. Amounts in whole fen, None where none is determined.

    `days` is by how many calendar days its most delayed step comes later, `end_days` its last step; `state` is where it
    would stand.
    """

    barred: tuple[Barred, ...]
    moved: tuple[Moved, ...]
    end_days: int
    was_fen: int | None
    fen: int | None
    state: str

    @property
    def days(self) -> int:
        """Return by how many calendar days the most delayed step comes later."""
        return max(((m.on - m.was).days for m in self.moved), default=0)

    @property
    def differs(self) -> bool:
        """Tell whether anything would have been otherwise."""
        return bool(self.barred or self.moved or self.was_fen != self.fen)

    @property
    def more_fen(self) -> int:
        """Return by how much more (less: below 0) the household is entitled to; an undetermined amount counts 0."""
        return (self.fen or 0) - (self.was_fen or 0)


def unjudged(procedure: Procedure) -> tuple[str, ...]:
    """Return the guards of a procedure that a replay cannot judge: they ask who acts, other cases, or open values."""
    alone = {(), ("lifted",)}  # every step is asked here, also what an exemption lifted of it
    asked = {a.guard.name for act in procedure.acts.values() for a in act.guards if a.guard.needs not in alone}
    return (_OFFICES, *sorted(asked))


def replayed(case: Case, events: Sequence[Event], policy: Procedure, calendar: Calendar) -> WhatIf:
    """Take every act of a case again under a policy; `events` are the case's own, oldest first.

    Raises:
        YearUndetermined: working days of a year that the calendar does not know.
    """
    return replay(case, events, policy, calendar)[0]


def replay(
    case: Case, events: Sequence[Event], policy: Procedure, calendar: Calendar, names: Mapping[str, str] | None = None
) -> tuple[WhatIf, Case]:
    """Return what a replay finds, and the case as it would stand; `names` are actions that the policy calls otherwise."""
    first = events[0]
    record = CaseRecord().folded(first.changes)
    opened = date.fromisoformat(first.occurred_on)
    procedure = policy.of(record.intake if record.intake in policy.variants else None, opened)
    new = replace(
        case, policy_id=policy.policy.id, policy_hash=policy.hash, state=procedure.start, version=1, record=record
    )
    again = _Replay(procedure, calendar, new)
    again.opening(first)
    for event in events[1:]:
        again.take(_called(event, (names or {}).get(event.action)))
    days = max((again.last_on - again.last_was).days, 0) if again.last_was and again.last_on else 0
    found = WhatIf(
        tuple(again.barred),
        tuple(again.moved),
        days,
        entitled_fen(case.record),
        entitled_fen(again.case.record),
        again.case.state,
    )
    return found, again.case


def _called(event: Event, name: str | None) -> Event:
    """Return an event under the name that another policy has for its action."""
    if name is None:
        return event
    old, new = ACTS.path(event.action), ACTS.path(name)
    changes = {new if path == old else path: value for path, value in event.changes.items()}
    return replace(event, action=name, changes=changes)


class _Replay:
    """One case on its way through another procedure."""

    def __init__(self, procedure: Procedure, calendar: Calendar, case: Case) -> None:
        self.procedure, self.calendar, self.case = procedure, calendar, case
        self.alone = Around(
            quotas={quota.id: Tally() for quota, _ in procedure.quotas},
            lines={line.id: Tally() for line, _ in procedure.lines},
        )
        self.barred: list[Barred] = []
        self.moved: list[Moved] = []
        self.last_was: date | None = None
        self.last_on: date | None = None
        self.steps: dict[int, tuple[CaseRecord, Mapping[str, object]]] = {}  # seq: the record before, the changes

    def opening(self, event: Event) -> None:
        """Ask for the papers of an opening."""
        act = self.procedure.acts[self.procedure.road[0].action]
        entry = {**event.changes[ACTS.path("open_case")], "data": {}}
        q = self.question(act, entry, event, date.fromisoformat(event.occurred_on))
        unmet = tuple(f for f in papers_of(q, self.procedure.beside.opening.papers) if not f.ok and f.effect == "block")
        if unmet:
            self.barred.append(Barred(event.action, q.on, unmet))

    def take(self, event: Event) -> None:
        """Take one act again; one that the policy does not have asks nothing and changes nothing."""
        entry = entry_in(event.changes, event.action, event.seq)
        if event.action not in self.procedure.acts or entry is None:
            self.case = replace(self.case, version=event.seq)
            return
        act = self.procedure.act(self.case.state, event.action)
        if act.form == "correction":  # the right values are the household's under any policy
            self.fold(event.seq, {p: v for p, v in event.changes.items() if not DOUBTS.has(p)})
            return
        was = date.fromisoformat(event.occurred_on)
        waits = self.last_was is not None and self.last_on is not None and was >= self.last_was
        q, decision = self.asked(act, entry, event, max(was, self.last_on) if waits and self.last_on else was)
        unmet = _unmet(decision)
        if unmet:
            self.barred.append(Barred(event.action, q.on, unmet))
        if act.moves and decision.to is None:
            self.jump(event)
            q = replace(q, case=self.case)
        self.keep(q, event, entry)
        if act.moves:
            if q.on > was:
                self.moved.append(Moved(event.action, was, q.on))
            self.last_was, self.last_on = was, q.on

    def asked(self, act: Act, entry: Mapping[str, Any], event: Event, on: date) -> tuple[Question, Decision]:
        """Ask an act, on the first day from `on` that time leaves open."""
        for _ in range(_WAITS):
            q = self.question(act, entry, event, on)
            decision = decide(q)
            opens = max((f.opens_on for f in _unmet(decision) if f.opens_on), default=on)
            if opens <= on:
                break
            on = opens
        return q, decision

    def question(self, act: Act, entry: Mapping[str, Any], event: Event, on: date) -> Question:
        """Make the question of an act as it was taken."""
        data = self.later(restored(act.form, entry["data"]))
        actor = Actor.recorded(event.acted_by, event.office, self.case.unit)
        return Question(
            case=self.case,
            procedure=self.procedure,
            act=act,
            actor=actor,
            recorder=actor,
            on=on,
            today=on,
            data=data,
            # of size 0: no guard asks for the size, and an earlier program recorded any that `Document` would now refuse
            documents=tuple(Document(paper["kind"], "", 0) for paper in event.documents),
            calendar=self.calendar,
            traits=traits_of(self.case, self.procedure, act, data),
            around=self.around() if act.needs or getattr(act.table, "to", None) == "step" else None,
            listed="list" in entry,
        )

    def later(self, data: Form) -> Form:
        """Put off the days in an act's data as acts are: what was done after the last step is not done before it."""
        was, on = self.last_was, self.last_on
        if was is None or on is None or was == on:
            return data

        def put_off(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: put_off(each) for key, each in value.items()}
            return max(value, on) if isinstance(value, date) and value >= was else value

        return data.model_copy(update={name: put_off(getattr(data, name)) for name in type(data).model_fields})

    def around(self) -> Around:
        """Return what a step back needs; nothing of other cases."""
        last = self.case.last_step
        before = self.steps.get(last[1]["seq"]) if last else None
        return replace(self.alone, before=None if before is None else Before(*before, "", ()))

    def jump(self, event: Event) -> None:
        """Put the case where the act is taken: what the policy wants before it was told, and counts as done."""
        own = (part.state for part in self.procedure.road if part.action == event.action)
        states = (event.from_state, *own, *self.procedure.states)
        for state in states:
            there = replace(self.case, state=state or "")
            if state in self.procedure.table and self.procedure.target(there, event.action) is not None:
                self.case = there
                return

    def keep(self, q: Question, event: Event, entry: Mapping[str, Any]) -> None:
        """Fold in what the act changes."""
        to = self.procedure.target(self.case, event.action) if q.act.moves else None
        number = event.changes.get(ARCHIVE_NO)
        changes = changes_of(q, event.seq, to=to, listed=_listed(entry), archive_no=number)
        if q.act.moves and to != self.case.state:
            self.steps[event.seq] = self.case.record, changes
        self.fold(event.seq, changes, to)

    def fold(self, seq: int, changes: Mapping[str, object], to: str | None = None) -> None:
        """Fold changes into the case."""
        record = self.case.record.folded(changes)
        self.case = replace(self.case, state=to or self.case.state, version=seq, record=record)


def _listed(entry: Mapping[str, Any]) -> dict[str, str]:
    return {name: entry[name] for name in ("list", "list_event") if name in entry}


def _unmet(decision: Decision) -> tuple[Finding, ...]:
    """Return the findings that bar an act and that a replay can judge; what has to come first is named once."""
    order, *others = decision.findings
    first = () if order.ok or order.effect != "block" else (order,)
    return (
        *first,
        *(f for f in others if not f.ok and f.effect == "block" and f.guard != order.guard and _judged(f.guard)),
    )


def _judged(name: str) -> bool:
    return name not in _AMOUNTS and name != _OFFICES and not (name in REGISTRY and REGISTRY[name].needs)


def sums(found: Iterable[WhatIf]) -> dict[str, int]:
    """Return how many cases are the same, refused, delayed and paid otherwise, with the sums of days and of fen."""
    total = dict.fromkeys(
        ("cases", "same", "refused", "delayed", "days", "end_days", "paid_otherwise", "more_fen", "less_fen"), 0
    )
    for one in found:
        total["cases"] += 1
        total["same"] += not one.differs
        total["refused"] += bool(one.barred)
        total["delayed"] += bool(one.moved)
        total["days"] += one.days
        total["end_days"] += one.end_days
        total["paid_otherwise"] += one.was_fen != one.fen
        total["more_fen"] += max(one.more_fen, 0)
        total["less_fen"] += max(-one.more_fen, 0)
    return total
