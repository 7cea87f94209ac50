"""Guards on a unit: it lies in the actor's area, and it owes the duty that is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..counting.due_dates import periods
from ..units import UNIT_LENGTHS
from .base import Answer, guard

if TYPE_CHECKING:
    from ..policy.sourced import Sourced
    from ..policy.tables import Duty
    from .base import Matter, Question


class DutyReport(NamedTuple):
    """Of which duty a unit reports, for which period (None where none is left), and whether the unit is registered."""

    duty: Duty
    period: str | None
    registered: bool


@guard("duty", of_step=True, of_moment=True)
def office_may_act(q: Matter, p: Sourced) -> Answer:
    """A duty is recorded by an office that the plan names."""
    duty: Duty = q.around.duty
    values = {"office": q.actor.office, "offices": duty.offices}
    return Answer(q.actor.may_act_as(duty.offices), values, by=_who_owes(duty))


@guard("opening", "duty", of_step=True, of_moment=True)
def unit_in_area(q: Question | Matter, p: Sourced) -> Answer:
    """Whoever acts, and whoever enters it, has the unit in their area."""
    return Answer(_in_area(q), {"unit": q.unit})


@guard("duty", of_step=True, of_moment=True)
def unit_owes_duty(q: Matter, p: Sourced) -> Answer | None:
    """A registered unit of the duty's level owes it; whether a unit outside the area is registered is not answered."""
    if not _in_area(q) or q.procedure is None:
        return None
    duty: Duty = q.around.duty
    of_level = UNIT_LENGTHS.get(len(q.unit)) == duty.level and q.unit[:6] == q.procedure.policy.county
    values = {"unit": q.unit, "level": f"level_{duty.level}"}
    return Answer(q.around.registered and of_level, values, who=("admin",), by=_who_owes(duty))


@guard("duty", of_step=True, of_moment=True)
def period_known(q: Matter, p: Sourced) -> Answer | None:
    """A duty is recorded for one of its due dates, or for the plan's year where the plan sets no day."""
    if q.procedure is None:
        return None
    report: DutyReport = q.around
    known = periods(report.duty, q.procedure.policy.year)
    return Answer(report.period in known, {"period": report.period or q.on, "known": known})


def _in_area(q: Question | Matter) -> bool:
    return q.actor.covers(q.unit) and q.recorder.covers(q.unit)


def _who_owes(duty: Duty) -> Duty:
    """Return a duty as the clause that names its level and its offices: silent where the plan is silent on these."""
    return duty.model_copy(update={"silent": tuple(name for name in duty.silent if name in ("level", "offices"))})
