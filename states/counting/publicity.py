"""Count a publicity period: a day counts only while every required place shows the notice (R46, R50, R54).

The record keeps, per level: `places` {place: [[from, to or None], ...]}, `counted_from`, `posted_on`, `opens_on`
(None while no day can be named) and `calendar`, the data that it was counted with.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ..calendar import counted_with, first_allowed
from ..errors import InputRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..calendar import Calendar
    from ..policy.step_tables import Step

_DAY = timedelta(days=1)
Span = tuple[date, date | None]


def posted(step: Step, places: Mapping[str, date], on: date, calendar: Calendar) -> dict[str, Any]:
    """Return the record of a notice that hangs at each place since its day; the period starts with the last of them."""
    start = max([on, *places.values()]) if set(places) >= set(step.places) else on
    return {
        "posted_on": on.isoformat(),
        "counted_from": start.isoformat(),
        "places": {place: [[(places.get(place) or on).isoformat(), None]] for place in places or step.places},
        "opens_on": first_allowed(start, step.period, calendar).isoformat(),
        "calendar": counted_with(step.period, calendar),
    }


def taken_down(record: Mapping[str, Any], place: str, on: date) -> dict[str, Any]:
    """Return the record with the notice of a place down from `on`."""
    spans = [list(span) for span in record["places"].get(place, ())]
    if spans and spans[-1][1] is None:
        spans[-1][1] = on.isoformat()
    return {**record, "places": {**record["places"], place: spans}}


def put_back(record: Mapping[str, Any], places: Iterable[str], on: date, *, anew: bool) -> dict[str, Any]:
    """Return the record with the notice back at these places; `anew`: a corrected notice, which starts the period."""
    shown = dict(record["places"])
    for place in places:
        spans = [list(span) for span in shown.get(place, ())]
        if spans and spans[-1][1] is None:
            if not anew:
                continue
            spans[-1][1] = on.isoformat()
        shown[place] = [*spans, [on.isoformat(), None]]
    new = {**record, "places": shown}
    return {**new, "counted_from": on.isoformat()} if anew else new


def recounted(record: Mapping[str, Any], step: Step, suspended: Iterable[Span], calendar: Calendar) -> dict[str, Any]:
    """Return the record with its end counted again; an end that could be named moves later, never earlier."""
    opens = opening(record, step, suspended, calendar)
    before = record.get("least") or record.get("opens_on")
    if opens is not None and before is not None:
        opens = max(opens, date.fromisoformat(before))
    return {**record, "opens_on": opens.isoformat() if opens else None, "least": opens.isoformat() if opens else before}


def opening(record: Mapping[str, Any], step: Step, suspended: Iterable[Span], calendar: Calendar) -> date | None:
    """Return the first day on which the next step may happen; None while the notice is down at a required place."""
    start = date.fromisoformat(record["counted_from"])
    spans = {place: _spans(record["places"].get(place, ())) for place in step.places}
    paused = tuple(suspended) if step.suspension == "stops" else ()
    if not paused and all(_through(own, start) for own in spans.values()):
        return first_allowed(start, step.period, calendar)
    return _walk(start, step, spans, paused, calendar)


def _walk(
    start: date, step: Step, spans: Mapping[str, list[Span]], paused: tuple[Span, ...], calendar: Calendar
) -> date | None:
    """Count day by day: a day on which a place does not show the notice restarts the count, or is left out."""
    last_change = max([start, *(d for own in (*spans.values(), paused) for span in own for d in span if d)])
    left, day = step.period.days, start if step.count_posting_day else start + _DAY
    while left > 0:
        if day > last_change and not all(_shown(own, day, step.count_posting_day) for own in spans.values()):
            return None
        if day > last_change and any(end is None for _, end in paused):
            return None
        if day.year > 9990:
            raise InputRefused("日期超出范围。", "the date is out of range.")
        left = _left_after(day, left, step, spans, paused, calendar)
        day += _DAY
    last = day - _DAY
    while step.period.roll and not calendar.is_working(last):
        last += _DAY
    return last + _DAY


def _left_after(
    day: date, left: int, step: Step, spans: Mapping[str, list[Span]], paused: tuple[Span, ...], calendar: Calendar
) -> int:
    if not all(_shown(own, day, step.count_posting_day) for own in spans.values()):
        return step.period.days if step.interruption == "restart" else left
    if any(begin <= day and (end is None or day < end) for begin, end in paused):
        return left
    return left - 1 if step.unit == "calendar" or calendar.is_working(day) else left


def _shown(spans: list[Span], day: date, from_posting_day: bool) -> bool:
    """Tell whether a place showed the notice the whole day; the day that it went up counts only where the plan says so."""
    return any(
        (begin < day or (from_posting_day and begin == day)) and (end is None or end > day) for begin, end in spans
    )


def _through(spans: list[Span], start: date) -> bool:
    return any(begin <= start and end is None for begin, end in spans)


def _spans(pairs: Iterable[Any]) -> list[Span]:
    return [(date.fromisoformat(begin), date.fromisoformat(end) if end else None) for begin, end in pairs]


def down(record: Mapping[str, Any], step: Step) -> tuple[str, ...]:
    """Return the required places at which the notice does not hang now."""
    return tuple(p for p in step.places if not any(end is None for _, end in record["places"].get(p, ())))


def suspensions(record: Mapping[str, Any]) -> list[Span]:
    """Return the spans of days in which a case was suspended; a running one has no end."""
    spans = _spans(record.get("suspensions", {}).values())
    running = record.get("suspended")
    return [*spans, (date.fromisoformat(running["on"]), None)] if running else spans
