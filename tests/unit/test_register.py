"""The register as its events say it: offices of earlier forms, offices that wait, times that are none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from weigai.states.replay.entries import days_of, moment_of
from weigai.states.replay.register import OfficeHistory

COUNTY, VILLAGE = "150783", "150783101201"
NOON = "2019-06-10T04:00:00Z"
DAY = ("2019-06-10",)


def event(stream: str, seq: int, changes: dict[str, Any], at: str = NOON) -> dict[str, Any]:
    """Return what an event of the register says that was entered at a command line."""
    entered = {f"entered/{seq}": {"user": "zhang"}}
    return {
        "county": COUNTY,
        "stream": stream,
        "seq": seq,
        "request_id": "r",
        "action": "add_person",
        "acted_by": "p-0001",
        "recorded_by": "p-0001",
        "office": "admin",
        "recorded_at": at,
        "changes": {**changes, **entered},
    }


def test_offices_from_before_grants_had_numbers_are_held() -> None:
    offices = [{"office": "village", "unit": VILLAGE, "since": "2019-01-01"}]
    register = OfficeHistory([event("person/p-7", 1, {"persons/p-7": {"account": "wang", "offices": offices}})])
    assert register.holds("p-7", VILLAGE, DAY, datetime(2019, 6, 10, 5, tzinfo=UTC), "village")
    assert not register.holds("p-7", VILLAGE, ("2018-12-31",), None, "village")
    assert register.offices("p-7", VILLAGE, DAY, None) == (("village", (VILLAGE,)),)


def test_an_office_that_waits_is_held_only_once_it_is_confirmed() -> None:
    grant = {f"grants/1/village@{VILLAGE}": {"since": "2019-01-01", "proposed_by": "p-0001", "confirmed_by": None}}
    events = [
        event("person/p-7", 1, {"persons/p-7": {"account": "wang"}, **grant}),
        event("person/p-7", 2, {f"grants/1/village@{VILLAGE}/until": "2019-06-30"}),
    ]
    assert not OfficeHistory(events).holds("p-7", VILLAGE, DAY, None)
    events.append(event("person/p-7", 3, {f"grants/1/village@{VILLAGE}/confirmed_by": "p-0002"}))
    assert OfficeHistory(events).holds("p-7", VILLAGE, DAY, None)
    assert not OfficeHistory(events).holds("p-7", VILLAGE, ("2019-07-01",), None)


def test_events_that_are_none_of_a_register_say_nothing() -> None:
    told = [event("unit/150783101201", 1, {}), event("person/p-7", 1, {}), event("person/p-8", 2, {"grants/x": 7})]
    register = OfficeHistory(told)
    assert not register.real
    assert register.before(NOON)
    assert not register.holds("p-7", VILLAGE, DAY, None)


@pytest.mark.parametrize("text", ["", "x", "2019-13-01T00:00:00Z"])
def test_a_time_that_is_none_tells_no_moment_and_no_day(text: str) -> None:
    assert moment_of(text, {"user": "zhang"}) is None
    assert days_of(text) == ()
    assert moment_of(NOON, None) is None
