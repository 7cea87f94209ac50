"""The plans that lay a duty on units, and what each of them answers before a unit's record is written."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

from ..db.register.register import units
from ..states.counting.due_dates import due_dates, period_of, periods
from ..states.decide import decide, joined
from ..states.guards.units import DutyReport
from ..states.values import Row
from .library import bundled, compiled
from .policies.plans import of_counties
from .request import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ..db.register.rows import RegisteredUnit
    from ..states.counting.due_dates import Late
    from ..states.policy.tables import Duty
    from ..states.procedure.graph import Procedure
    from ..states.values import Decision
    from .context import Context
    from .request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDuty(Row):
    """A duty of the units of a level under a plan: the offices `who` may record it, its rule, source and due dates."""

    policy: str
    duty: str
    action: str
    name: Mapping[str, str]
    level: str
    who: tuple[str, ...]
    rule: str | None
    source: str
    due_dates: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedDuty(UnitDuty):
    """A due date that a unit did not meet: the days late so far, or until it `came`; None while it is missing."""

    unit: str
    due: date
    days: int
    came: date | None


class Owed(NamedTuple):
    """A duty with the procedure of the plan that lays it on units, and the plan's text."""

    duty: Duty
    procedure: Procedure
    content: str

    def as_row(self) -> UnitDuty:
        """Return the duty as its readers see it."""
        duty, policy = self.duty, self.procedure.policy
        return UnitDuty(
            policy=policy.id,
            duty=duty.id,
            action=str(duty.action),
            name={"zh": duty.name.zh, "en": duty.name.en},
            level=str(duty.level),
            who=duty.offices,
            rule=duty.rule,
            source=duty.source,
            due_dates=due_dates(duty),
        )

    def missed(self, late: Late) -> MissedDuty:
        """Return a due date of the duty that a unit did not meet."""
        row = self.as_row()
        return MissedDuty(**{each.name: getattr(row, each.name) for each in fields(row)}, **late._asdict())


def plans(context: Context, counties: Sequence[str], policy: str | None = None) -> dict[str, str]:
    """Return the texts of the plans of these counties, by id, or that of one: bundled, a file, or kept in the database.

    Raises:
        NotFound: a plan was named and there is none of that name.
    """
    if policy is not None:
        text = context.library.text(policy)
        return {compiled(text, policy).policy.id: text}
    there = {name: text for name, (_, text) in of_counties(context, counties).items()}
    return {
        name: text
        for name, text in sorted({**there, **bundled(), **context.library.own}.items())
        if compiled(text, name).policy.county in counties
    }


def owed(context: Context, counties: Sequence[str], policy: str | None = None) -> list[Owed]:
    """Return every duty of units under the plans of these counties, or under one plan."""
    read = [(compiled(text, name), text) for name, text in plans(context, counties, policy).items()]
    return [Owed(duty, plan, text) for plan, text in read for duty in plan.policy.duties if duty.action]


def period_meant(every: Sequence[Owed], wanted: str | None, day: date) -> tuple[str | None, list[Owed]]:
    """Return the period meant and the plans that have it; where none has it, every plan, so that each says so."""
    if wanted is None:
        offered = [period_of(one.duty, one.procedure.policy.year, day) for one in every]
        wanted = min((p for p in offered if p is not None), default=None)
    fitting = [one for one in every if wanted in periods(one.duty, one.procedure.policy.year)]
    return wanted, fitting or list(every)


def decided(
    context: Context, unit: str, request: Request, meant: Sequence[Owed], wanted: str | None
) -> tuple[Decision, str | None, list[Owed]]:
    """Ask every plan concerned whether a unit's duty may be recorded; return the answer, the period and the plans meant."""
    today = context.today()
    day = request.on or today
    period, fitting = period_meant(meant, wanted, day)
    registered = any(u.code == unit and in_force(u, day) for u in units(context.connection, (unit,)))
    place = Place(unit, unit)
    matters = (
        request.on_matter(plan.beside.duty(duty), place, today, plan, around=DutyReport(duty, period, registered))
        for duty, plan, _ in fitting
    )
    return joined([decide(matter) for matter in matters]), period, fitting


def in_force(unit: RegisteredUnit, day: date) -> bool:
    """Tell whether a unit stood on a day: what went over into another owes nothing any more."""
    return (unit.since or "") <= day.isoformat() <= (unit.until or "9999-12-31")
