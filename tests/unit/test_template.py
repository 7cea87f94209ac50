"""A new county's file, made from another plan's: every source to be filled in, nothing else lost."""

from __future__ import annotations

import re
from datetime import date

import pytest
from weigai.states.errors import PolicyRefused
from weigai.states.policy.draft import FILL, County, made_from
from weigai.states.policy.tables import read_policy
from weigai.states.proofs.load import load_policy
from weigai.states.reading.compare import compare

from tests.unit.test_describe import TEXTS

WHOSE = County("our-2026", ("某旗2026年方案", "Our plan"), "150784", ("某旗", "Our banner"), 2026, date(2026, 3, 1))
OWN = {"id", "label", "title", "county", "county_name", "year", "issued", "units", "first_day", "last_day"}


def filled(text: str, lang: str = "zh") -> str:
    return re.sub(r" # (待核|check; ).*", "", text.replace(f'"{FILL[lang]}"', '"ours, 1"'))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", TEXTS)
def test_filled_in_it_says_what_its_base_says(name: str, lang: str) -> None:
    made = made_from(TEXTS[name], WHOSE, lang=lang)
    policy = load_policy(filled(made, lang)).policy
    assert (policy.id, policy.county, policy.year, policy.issued) == ("our-2026", "150784", 2026, date(2026, 3, 1))
    assert policy.units == ()
    differs = [change.path for change in compare(load_policy(TEXTS[name]).policy, policy) if not change.only_words]
    assert set(differs) <= OWN


@pytest.mark.parametrize("name", TEXTS)
def test_unfilled_it_is_refused_at_every_line_that_waits(name: str) -> None:
    made = made_from(TEXTS[name], WHOSE)
    with pytest.raises(PolicyRefused) as refused:
        load_policy(made)
    waits = [number for number, row in enumerate(made.split("\n"), 1) if f'"{FILL["zh"]}"' in row and row[0] != "#"]
    assert [problem.line for problem in refused.value.problems] == waits
    assert all(problem.zh.endswith("：待填写") for problem in refused.value.problems)
    sources = sum(row.startswith(("source = ", "identity_source = ")) for row in TEXTS[name].split("\n"))
    assert len(waits) == sources


def test_numbers_are_to_be_checked_or_filled_in() -> None:
    text = TEXTS["zhalantun-2019-a"]
    assert "days = 5 # 待核，原为 5" in made_from(text, WHOSE)
    assert "yuan = 45232 # check; was 45232" in made_from(text, WHOSE, lang="en")
    blank = made_from(text, WHOSE, blank=True)
    assert 'yuan = "待填" # 待核，原为 45232' in blank
    with pytest.raises(PolicyRefused) as refused:
        read_policy(blank)
    waiting = {problem.path for problem in refused.value.problems}
    assert {"steps.2.days", "subsidies.0.yuan", "modes.0.area.cap"} <= waiting
    assert all(problem.en.endswith("still to be filled in") for problem in refused.value.problems)


def test_what_is_wrong_besides_is_said_too() -> None:
    made = made_from(TEXTS["zhalantun-2019-a"], WHOSE).replace("days = 5 ", "dayz = 5 ", 1)
    with pytest.raises(PolicyRefused) as refused:
        read_policy(made)
    assert any("steps.2.dayz" in problem.en for problem in refused.value.problems)
    assert any("still to be filled in" in problem.en for problem in refused.value.problems)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_number_that_nobody_checked_is_refused_at_its_line(lang: str) -> None:
    made = made_from(TEXTS["zhalantun-2019-a"], WHOSE, lang=lang).replace(f'"{FILL[lang]}"', '"ours, 1"')
    marks = [n for n, row in enumerate(made.split("\n"), 1) if re.search(r"\S # (待核，|check; )", row)]
    assert len(marks) > 40
    with pytest.raises(PolicyRefused) as refused:
        load_policy(made)
    assert [problem.line for problem in refused.value.problems] == marks
