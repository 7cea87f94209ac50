"""How long a notice hung, counted day by day by the model of the floor itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import chinese_calendar

_DAY = timedelta(days=1)
Span = list[date | None]  # from, and to when it came down


@dataclass
class Hung:
    """A notice: the day from which it counts, and when it hung at each place."""

    start: date
    places: dict[str, list[Span]] = field(default_factory=dict)

    def down(self, place: str, on: date) -> None:
        """Take it down at a place."""
        spans = self.places.get(place, [])
        if spans and spans[-1][1] is None:
            spans[-1][1] = on

    def up(self, place: str, on: date) -> None:
        """Put it up again at a place where it does not hang."""
        spans = self.places.setdefault(place, [])
        if not spans or spans[-1][1] is not None:
            spans.append([on, None])

    def moved(self, was: date, now: date) -> None:
        """Let it have been put up on another day."""
        self.start = now if self.start == was else self.start
        for spans in self.places.values():
            if spans and spans[0][0] == was:
                spans[0][0] = now

    def hangs(self, place: str, day: date, *, first: bool) -> bool:
        """Tell whether it hung at a place for the whole of a day; the day of posting is one where it counts."""
        for begin, end in self.places.get(place, ()):
            assert begin is not None
            if (begin < day or (first and begin == day)) and (end is None or end > day):
                return True
        return False


def over_on(step: dict[str, Any], notice: Hung, pauses: list[tuple[date, date | None]]) -> date | None:
    """Return the first day on which a publicity is over, None where that day does not come within two years."""
    wanted, counts = int(step.get("days") or 0), bool(step.get("count_posting_day"))
    stops = step.get("suspension", "stops") == "stops"
    day = notice.start if counts else notice.start + _DAY
    counted = 0
    for _ in range(730):
        if counted >= wanted:
            break
        if not all(notice.hangs(place, day, first=counts) for place in step.get("places", ())):
            counted = 0 if step.get("interruption", "restart") == "restart" else counted
        elif not (stops and any(a <= day and (b is None or day < b) for a, b in pauses)) and _counts(step, day):
            counted += 1
        day += _DAY
    else:
        return None
    while step.get("roll") and not chinese_calendar.is_workday(day - _DAY):
        day += _DAY
    return day


def _counts(step: dict[str, Any], day: date) -> bool:
    return step.get("unit", "calendar") == "calendar" or bool(chinese_calendar.is_workday(day))
