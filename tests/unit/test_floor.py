"""The floor is proved of every new plan: nothing it says leads round a step that it has, and no table takes its force."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weigai.states.errors import PolicyRefused
from weigai.states.guards import load as guards
from weigai.states.proofs.load import load_kept, load_policy
from weigai.workflow.library import bundled

from tests.profiles import examples
from tests.prove.defects import Defect
from tests.prove.planted_floor import FLOOR as FLOOR_DEFECTS
from tests.unit.safety import FLOOR, KEYS, SOURCE, Search, toml
from tests.unit.test_safety import intake, mended

A, B = bundled()["zhalantun-2019-a"], bundled()["zhalantun-2019-b"]


def refused(text: str) -> list[tuple[str | None, int | None, str, str]]:
    with pytest.raises(PolicyRefused) as told:
        load_policy(text)
    return [(problem.path, problem.line, problem.zh, problem.en) for problem in told.value.problems]


def with_step(kind: str, **values: Any) -> str:
    plan = tomllib.loads(A)
    plan["steps"] = [{**step, **values} if step["kind"] == kind else step for step in plan["steps"]]
    return toml(plan)


def set_in(path: str, value: object) -> str:
    """Return plan A with one value set, by its path."""
    plan: Any = tomllib.loads(A)
    *parents, last = path.split(".")
    node = plan
    for key in parents:
        node = node[int(key)] if key.isdigit() else node[key]
    node[last] = value
    return toml(plan)


# ---------------------------------------------------------------------- round a step


def test_an_intake_that_leaves_out_notices_and_application_is_refused_with_its_line_and_path() -> None:
    text = B.replace('taken = "full"', 'taken = "fast"')
    [(path, line, zh, en)] = refused(text)
    assert (path, line) == ("intakes.0.taken", text[: text.index('taken = "fast"')].count("\n") + 1)
    assert (
        "受理途径“灾害新增疑似D级”不经提交申请、村级公示期满、乡级公示期满就能发放补助：身份审核通过 → 登记鉴定结果 → 审批"
        in zh
    )
    assert "pay is reached round submit application, close village publicity, close township publicity" in en
    assert load_kept(text).variants


def test_an_intake_that_leaves_out_the_only_notice_is_refused() -> None:
    plan = mended(lambda road: [one for one in road if (one["kind"], one["level"]) != ("publicity", "township")])
    plan["intakes"] = intake((), ("village_publicity",))
    assert any("round close village publicity" in en for *_, en in refused(toml(plan)))


def test_an_identity_checked_after_the_payment_is_refused() -> None:
    plan = mended()
    identity = next(one for one in plan["steps"] if one["kind"] == "identity_check")
    rest = [one for one in plan["steps"] if one is not identity]
    plan["steps"], plan["lacks"] = [*rest[:-1], identity, rest[-1]], []
    assert any('[[lacks]] step = "identity"' in en for *_, en in refused(toml(plan)))
    plan = mended(intakes=intake(tuple(key for key in KEYS if key not in ("identity_check", "archive"))))
    assert any("intake disaster: pay is reached round accept identity" in en for *_, en in refused(toml(plan)))


def test_an_intake_without_payment_or_archive_is_refused() -> None:
    for key, words in (("payment", "round pay"), ("archive", "round archive")):
        found = refused(toml(mended(intakes=intake((), (key,)))))
        assert any(words in en for *_, en in found), found


FALLEN = st.sets(st.sampled_from(("deliberation", "report", "review", "start", "works", *KEYS)), max_size=3)
FIRST = st.lists(st.sampled_from(KEYS), max_size=2, unique=True)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(FIRST, FALLEN)
def test_no_reading_of_an_intake_leads_round_the_floor(first: list[str], without: set[str]) -> None:
    reading = intake(tuple(key for key in first if key not in without), tuple(sorted(without)))
    try:
        procedure = load_policy(toml(mended(intakes=reading)))
    except PolicyRefused:
        assert first or without
        return
    assert not without & {*FLOOR, "payment", "archive"}
    search = Search(procedure.variants["disaster"])
    search.wide(600)
    assert search.found == []


# ---------------------------------------------------------------------- waivers and appraisers


@pytest.mark.parametrize("waived", [{}, {"no_house": False}, {"grades": ["C"]}, {"classes": ["registered_poor"]}])
def test_an_appraisal_that_is_waived_for_houses_is_refused(waived: dict[str, Any]) -> None:
    [(path, _, zh, en)] = refused(with_step("appraisal", waived_when=waived))
    assert path == "steps.8.waived_when"
    assert "no_house = true" in zh
    assert "no_house = true" in en


def test_an_appraisal_may_be_waived_for_fewer_than_all_without_a_house() -> None:
    assert load_policy(with_step("appraisal", waived_when={"no_house": True, "classes": ["registered_poor"]}))


def test_a_change_that_waives_the_appraisal_of_houses_is_refused() -> None:
    change = {"first": date(2019, 8, 1), "set": {"steps.appraisal.waived_when.no_house": False}, **SOURCE}
    found = refused(toml({**tomllib.loads(A), "changes": [change]}))
    assert any("changes: from 2019-08-01: safety: the appraisal is waived for houses too" in en for *_, en in found)


@pytest.mark.parametrize("office", ["village", "county", "finance"])
def test_neither_village_nor_who_approves_or_pays_appraises(office: str) -> None:
    [(path, _, _, en)] = refused(with_step("appraisal", offices=["appraiser", office]))
    assert path == "steps.8.offices"
    assert office in en


def test_who_builds_or_is_paid_does_not_appraise() -> None:
    [(path, _, zh, en)] = refused(with_step("appraisal", offices=["township"]))
    assert path == "steps.8.offices"
    assert "施工方" in zh
    assert "builds or is paid" in en


@pytest.mark.parametrize("office", ["village", "finance"])
def test_neither_village_nor_who_pays_waives_an_appraisal(office: str) -> None:
    [(path, *_)] = refused(with_step("appraisal", waived_by=[office]))
    assert path == "steps.8.waived_by"


# ---------------------------------------------------------------------- what only warns, and names


FIRM = {name for name, guard in guards().items() if guard.firm}
WARNING = tuple(f"guards.{name}" for name in tomllib.loads(A)["guards"] if name in FIRM)
ARCHIVED = next(at for at, paper in enumerate(tomllib.loads(A)["papers"]) if paper["at"] == "archive")


@pytest.mark.parametrize("table", [*WARNING, "modes.0.area", "modes.0.payees.0", f"papers.{ARCHIVED}"])
def test_the_floor_does_not_only_warn(table: str) -> None:
    [(path, _, _, en)] = refused(set_in(f"{table}.effect", "warn"))
    assert path == f"{table}.effect"
    assert "effect must be block" in en


def test_a_table_that_may_only_warn_is_of_a_guard_that_really_warns() -> None:
    plan = tomllib.loads(A)
    for name in plan["guards"]:
        plan["guards"][name]["effect"] = "warn"
    told = {path.split(".")[1] for path, *_ in refused(toml(plan)) if path.startswith("guards.")}
    assert told >= {"mode_chosen_freely", "grade_eligible", "deliberation_passed", "second_person_confirmed"}
    assert told >= {*FIRM} & {*plan["guards"]}


@pytest.mark.parametrize("name", ["unmask", "erase", "open_case", "move_policy"])
@pytest.mark.parametrize("place", ["ways.0.action", "facts.0.id", "duties.0.action"])
def test_the_names_of_the_programs_own_acts_are_reserved(place: str, name: str) -> None:
    found = refused(set_in(place, name))
    assert any(path == place and name in en for path, _, _, en in found), found


# ---------------------------------------------------------------------- no check can be left out


@pytest.mark.parametrize("defect", FLOOR_DEFECTS, ids=lambda defect: defect.name)
def test_a_check_that_is_left_out_is_noticed(defect: Defect) -> None:
    ground: Any = None
    assert defect.look(ground) == []
    with defect.plant(ground):
        assert defect.look(ground)


def test_two_ways_in_of_one_name_are_refused_since_the_second_would_hide_the_first() -> None:
    plan = tomllib.loads(B)
    plan["intakes"] = [{**plan["intakes"][0], "taken": "fast"}, plan["intakes"][0]]
    assert any("two ways in are called disaster" in en for *_, en in refused(toml(plan)))
