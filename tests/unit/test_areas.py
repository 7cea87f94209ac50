"""Areas after units were merged, recoded and put elsewhere: against a simple model over random histories."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weigai.states.units import Succession, area, inside, lies_in
from weigai.workflow import Actor

from tests.profiles import examples
from tests.support import forged

COUNTY, T1, T2, T3 = "450981", "450981101", "450981102", "450981103"
V1, V2, V3 = f"{T1}201", f"{T1}202", f"{T2}201"
UNITS = (COUNTY, T1, T2, T3, V1, V2, V3)
DAY = date(2020, 1, 1)


def of(held: str, *gone: tuple[str, str], on: date = DAY, units: tuple[str, ...] = UNITS) -> tuple[str, ...]:
    return area((held,), units, [Succession(code, into, "2020-01-01") for code, into in gone], on)


def test_without_changes_a_unit_is_its_code() -> None:
    assert of(T1) == (T1,)
    assert of("450981999") == ("450981999",)
    assert area((T1, V3), UNITS, [], DAY) == (T1, V3)


def test_what_went_over_is_of_its_successor_from_the_day_on_and_not_before() -> None:
    assert of(T1, (T2, T1)) == (T1, T2)
    assert of(T1, (T2, T1), on=DAY - timedelta(days=1)) == (T1,)
    assert of(T2, (T2, T1)) == ()
    assert of(V3, (T2, T1)) == (V3,)  # the village committee stays what it was
    assert of(COUNTY, (T2, T1)) == (COUNTY,)
    assert of(T1, (T3, T2), (T2, T1)) == (T1, T2, T3)


def test_a_township_that_lost_a_village_is_what_is_left_of_it() -> None:
    new = f"{T2}209"
    gone, units = [(V1, new)], (*UNITS, new)
    assert of(T1, *gone, units=units) == (f"{T1}000", V2)
    assert of(T2, *gone, units=units) == (V1, T2)
    assert of(V1, *gone, units=units) == ()
    actor = Actor("p-1", "township", of(T1, *gone, units=units))
    assert [actor.covers(code) for code in (T1, V2, V1, f"{T1}777", T2, COUNTY)] == [True, True] + [False] * 4
    assert Actor("p-1", "village", (V1,)).covers(V1[:11]) is False


def test_units_that_go_over_in_a_circle_or_in_parts_are_nobodys_in_doubt() -> None:
    assert of(T1, (T1, T2), (T2, T1)) == ()
    assert of(COUNTY, (V1, V2), (V2, V1)) == (f"{COUNTY}000000", f"{T1}000", T2, T3)
    assert of(T1, (V1, V2), (V1, V3)) == (f"{T1}000", V2)
    assert of(V2, (V1, V2), (V1, V3)) == (V2,)
    assert of(COUNTY, (V1, V2), (V1, V3)) == (COUNTY,)


@pytest.mark.parametrize("held", ["45098", "4509811", "", "45098110120"])
def test_codes_of_other_lengths_reach_nothing(held: str) -> None:
    for units in ((held,), of(held, (T2, T1))):
        assert not forged("p-1", "county", units).covers(V1)
        assert not inside(V1, units)


class County:
    """The model: a tree of living units, each with the codes of everything that is filed under it by now."""

    def __init__(self) -> None:
        self.parent: dict[str, str | None] = {c: self._above(c) for c in UNITS}
        self.files: dict[str, set[str]] = {c: {c} for c in UNITS}

    @staticmethod
    def _above(code: str) -> str | None:
        return code[:-3] if len(code) > 6 else None

    def found(self, code: str) -> None:
        self.parent[code], self.files[code] = self._above(code), {code}

    def merge(self, code: str, into: str) -> None:
        self.files[into] |= self.files.pop(code)
        del self.parent[code]
        self.parent = {c: into if p == code else p for c, p in self.parent.items()}

    def area(self, unit: str) -> set[str]:
        if unit not in self.parent:
            return set()
        found = set(self.files[unit])
        for child, parent in self.parent.items():
            if parent == unit:
                found |= self.area(child)
        return found


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Succession], list[tuple[date, dict[str, set[str]]]]]:
    """Draw a history: who went over into whom, and on which day which code has which area in the model."""
    model, codes, gone = County(), list(UNITS), []
    snapshots = [(DAY, {code: model.area(code) for code in codes})]
    for step in range(1, draw(st.integers(1, 8))):
        code = draw(st.sampled_from([c for c in model.parent if c != COUNTY]))
        level = [c for c in model.parent if len(c) == len(code) and c != code]
        above = [c for c in model.parent if len(c) == len(code) - 3 and c != code]
        fresh = [f"{a}{n}" for a in above for n in (301, 302) if f"{a}{n}" not in codes]
        if not level + fresh:
            continue
        into = draw(st.sampled_from(level + fresh))
        if into not in model.parent:
            model.found(into)
            codes.append(into)
        model.merge(code, into)
        day = DAY + timedelta(days=step)
        gone.append(Succession(code, into, day.isoformat()))
        snapshots.append((day, {code: model.area(code) for code in codes}))
    return gone, snapshots


@settings(max_examples=examples(300))
@given(histories(), st.integers(100, 999), st.integers(100, 999))
def test_an_area_is_what_the_model_of_the_county_says(history, town: int, village: int) -> None:
    gone, snapshots = history
    for day, areas in snapshots:
        into = {s.code: [s.successor] for s in gone if s.since <= day.isoformat()}
        strangers = {f"{COUNTY}{town}{village}", f"{T1}{village}", f"{T1}301{village}"[:12], "450982101201"} - set(
            areas
        )
        for unit, expected in areas.items():
            codes = area((unit,), areas, gone, day)
            actor = Actor("p-1", "county", codes)
            assert {c for c in areas if actor.covers(c)} == expected, unit
            assert {c for c in areas if inside(c, codes)} == expected
            for stranger in strangers:
                assert not actor.covers(stranger) or lies_in(stranger, unit, into)
