"""Find what is late in an area: duties (R64, R65), lists that nobody received, deadlines, works (R12)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ...db.register.register import units
from ...db.reports.overdue import lists_not_received, run_out, standing
from ...states.procedure.graph import CLOSED
from ...states.values import Row
from ..duties import Units
from ..policies.plans import plans_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...db.reports.overdue import RunOut
    from ...states.actor import Actor
    from ..context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue(Row):
    """What a unit, a list or a case is late with: `kind` is "duty", "hand_over", "clock" or "works".

    `what` names the act or the clock. `due` is the day (ISO) by which it was due, or on which the list was sent, and `days`
    counts the calendar days since. `came` is the day (ISO) on which it came late, None while it is missing. `who` names the
    offices that can do it, `policies` the plans that want it. `name` is that of the unit.
    """

    kind: str
    what: str
    unit: str
    name: str | None = None
    due: str
    days: int
    came: str | None = None
    case: str | None = None
    list: str | None = None
    policies: tuple[str, ...] = ()
    rule: str | None = None
    source: str | None = None
    who: tuple[str, ...] = ()


def overdue(context: Context, actor: Actor, policy: str | None, today: date) -> Sequence[Overdue]:
    """Return every entry of the report, what is still missing first, each by its due day."""
    names = {u.code: u.name for u in units(context.connection, actor.units)}
    entries = [*_duties(context, actor, policy, today)]
    if policy is None:
        entries += _lists(context, actor, today)
    entries += [*_clocks(context, actor, policy, today), *_works(context, actor, policy, today)]
    named = [replace(entry, name=names.get(entry.unit)) for entry in entries]
    return sorted(named, key=lambda e: (e.came is not None, e.kind, e.due, e.unit, e.case or ""))


def _duties(context: Context, actor: Actor, policy: str | None, today: date) -> Iterator[Overdue]:
    """Yield the late duties; one that two plans want alike is one entry with both plans (R64, R65)."""
    alike = defaultdict(list)
    for late in Units(context).late(actor=actor, policy=policy, today=today):
        alike[late.unit, late.action, late.due, late.came, late.rule].append(late)
    for (unit, action, due, came, rule), each in alike.items():
        yield Overdue(
            kind="duty",
            what=action,
            unit=unit,
            due=due.isoformat(),
            days=each[0].days,
            came=came.isoformat() if came else None,
            policies=tuple(late.policy for late in each),
            rule=rule,
            source=each[0].source,
            who=each[0].who,
        )


def _lists(context: Context, actor: Actor, today: date) -> Iterator[Overdue]:
    """Yield the hand-over lists that were sent and never received, late by the days since."""
    for row in lists_not_received(context.connection, actor.units):
        days = (today - row.sent_on).days
        if days >= 0:
            due = row.sent_on.isoformat()
            yield Overdue(kind="hand_over", what="receive_list", unit=row.unit, due=due, days=days, list=row.id)


def _clocks(context: Context, actor: Actor, policy: str | None, today: date) -> Iterator[Overdue]:
    """Yield every clock of an open case that ran out before today, as the record of the case names it."""
    for row in run_out(context.connection, actor.units, today.isoformat()):
        if policy not in (None, row.policy_id) or row.state in CLOSED:
            continue
        for clock in _ran_out(row, today):
            yield Overdue(
                kind="clock",
                what=clock.name,
                unit=row.unit,
                due=clock.due,
                days=(today - date.fromisoformat(clock.due)).days,
                case=row.id,
                policies=(row.policy_id,),
                rule=clock.rule,
                who=clock.who,
            )


class _Clock(NamedTuple):
    """A clock of a case: its name, the day (ISO) by which it runs, the rule that it is for, the offices that stop it."""

    name: str
    due: str
    rule: str | None = None
    who: tuple[str, ...] = ()


def _ran_out(row: RunOut, today: date) -> list[_Clock]:
    """Return the clocks before today; a record that names none of them stands for one without a name."""
    clocks = [clock for clock in _clocks_of(row) if _before(clock.due, today)]
    bare = _Clock("clock", row.due_on)
    return clocks or ([bare] if _before(bare.due, today) else [])


def _clocks_of(row: RunOut) -> Iterator[_Clock]:
    """Yield the clocks that the record of a case names; one that has not the form of a clock is left out."""
    for name, clock in sorted(row.record.clocks.items()):
        if isinstance(clock, dict) and "due" in clock:
            who = clock.get("who")
            yield _Clock(name, clock["due"], clock.get("rule"), tuple(who) if isinstance(who, list) else ())


def _before(due: str, today: date) -> bool:
    try:
        return date.fromisoformat(due) < today
    except (TypeError, ValueError):
        return False


def _works(context: Context, actor: Actor, policy: str | None, today: date) -> Iterator[Overdue]:
    """Yield the houses that are still being built after the plan's day for all works (R12)."""
    for policy_hash, plan in plans_of(context, actor.units).items():
        if plan is None or policy not in (None, plan.policy.id):
            continue
        for part in (p for p in plan.road if p.step.kind == "works"):
            for row in standing(context.connection, actor.units, part.state, policy_hash):
                procedure = plan.of(None, row.opened_on)
                rule = procedure.policy.guards.works_on_time
                if rule is None or rule.by is None or rule.by >= today:
                    continue
                yield Overdue(
                    kind="works",
                    what=part.action,
                    unit=row.unit,
                    due=rule.by.isoformat(),
                    days=(today - rule.by).days,
                    case=row.id,
                    policies=(plan.policy.id,),
                    rule=rule.rule,
                    source=rule.source,
                    who=procedure.acts[part.action].offices,
                )
