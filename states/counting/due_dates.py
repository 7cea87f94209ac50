"""Find when duties of units are due, and which were not done in time (R64, R65).

Everything is computed from the due dates of the policy and from what was submitted for each of them, never from
the last submission: a report that comes late moves no later one.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..policy.tables import Duty

_DAY = timedelta(days=1)


class Late(NamedTuple):
    """A due date that a unit did not meet: days late so far, or when it came; `came` is None while it is missing."""

    unit: str
    due: date
    days: int
    came: date | None


def due_dates(duty: Duty) -> tuple[date, ...]:
    """Return the days at the latest on which a duty is due, in order; none where the plan sets no day."""
    if duty.first_due is None or duty.last_due is None:
        return tuple(sorted(set(duty.due)))
    span = range((duty.last_due - duty.first_due).days + 1)
    return tuple(day for n in span if (day := duty.first_due + _DAY * n).day in duty.due_days)


def periods(duty: Duty, year: int) -> tuple[str, ...]:
    """Return the periods that may be recorded: the due dates, or the plan's year where there are none."""
    return tuple(day.isoformat() for day in due_dates(duty)) or (str(year),)


def period_of(duty: Duty, year: int, on: date) -> str | None:
    """Return the period that a submission of a day is for: the first due date on or after it; None behind the last."""
    return next((p for p in periods(duty, year) if p >= on.isoformat() or p == str(year)), None)


def late(duty: Duty, units: Iterable[str], done: Iterable[tuple[str, date, date]], today: date) -> list[Late]:
    """Return every due date before today that a unit did not meet by that day (R64, R65).

    Args:
        duty: the duty with its due dates.
        units: the units that owe it.
        done: what was submitted: (unit, the due date that it was for, the day on which it was).
        today: as of which day; what was submitted later does not count yet.
    """
    first: dict[tuple[str, date], date] = {}
    for unit, due, on in done:
        if on <= today:
            first[unit, due] = min(on, first.get((unit, due), on))
    found = []
    for unit in sorted(set(units)):
        for due in due_dates(duty):
            came = first.get((unit, due))
            if due < (came or today):
                found.append(Late(unit, due, ((came or today) - due).days, came))
    return found
