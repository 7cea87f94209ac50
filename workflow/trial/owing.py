"""The duties that the units of the trial county do over the year, a few of them late (R64)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ...states.counting.due_dates import due_dates
from ..library import procedure_of
from .county import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...states.policy.tables import Duty
    from .acts import Acts

_LEAD = timedelta(days=3)


def plan_duties(acts: Acts, plan: Callable[[date, Callable[[], object]], date], policy: str, late_every: int) -> None:
    """Plan every duty of a policy's units: in time, but for every `late_every`-th report of a township."""
    units = [u["code"] for u in read("units.json")]
    first = date(procedure_of(policy).policy.year, 1, 21)
    turn = 0
    for duty in procedure_of(policy).policy.duties:
        if duty.action is None or duty.level == "village":
            continue
        length = {"county": 6, "township": 9}[str(duty.level)]
        for unit in (code for code in units if len(code) == length):
            for due in due_dates(duty) or (None,):
                turn += 1
                late = due is not None and length == 9 and turn % late_every == 0
                day = first if due is None else due + _LEAD if late else due - _LEAD
                plan(day, lambda d=duty, u=unit, p=due: _done(acts, d, u, p))  # type: ignore[misc]


def _done(acts: Acts, duty: Duty, unit: str, due: date | None) -> None:
    actor = acts.people.of(duty.offices[0], unit)
    acts.approvals.units.record(unit, str(duty.action), actor=actor, on=acts.day, period=due)
    acts.events += 1
