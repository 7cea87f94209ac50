"""The plans of nine other places, and what an official there expects of them: tables in tests/counties/*.toml."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from weigai.db.reports.counts import areas
from weigai.states.proofs.load import load_policy
from weigai.workflow import Actor, Approvals, InputRefused
from weigai.workflow.cli.main import main
from weigai.workflow.library import bundled

from tests.support import KEYS, Desk
from tests.unit.safety import toml
from tests.unit.test_other_plans import PARTS, changed
from tests.walker import Household, Next, Walker

COUNTIES = Path(__file__).parent.parent / "counties"
POLICIES = sorted((COUNTIES / "policies").glob("*.toml"))
TABLES = sorted(COUNTIES.glob("*.toml"))
NINE = {
    "xuchang", "fanqiao", "jingde", "jinzhai", "lingyuan", "gongan", "huidong", "template", "chayuan",
}  # fmt: skip


class Row(NamedTuple):
    """One case of a table, with the policy that it is about."""

    policy: Path
    case: dict[str, Any]


def rows() -> list[Any]:
    found = []
    for table in TABLES:
        told = tomllib.loads(table.read_text(encoding="utf-8"))
        found += [
            pytest.param(Row(COUNTIES / told["policy"], case), id=f"{table.stem}: {case['name']}")
            for case in told["cases"]
        ]
    return found


def named(path: Path) -> str:
    return path.stem


def walker(desk: Desk, policy: Path, case: dict[str, Any]) -> Walker:
    household = Household(
        tuple(case["classes"]),
        case.get("members", 1),
        case.get("no_house", False),
        case.get("choice", {}),
        case.get("more", {}),
    )
    return Walker(desk, str(policy), policy.read_text(encoding="utf-8"), household, case["on"])


@pytest.mark.parametrize("row", rows())
def test_what_an_official_expects(desk: Desk, row: Row) -> None:
    if row.case.get("opening") == "refused":
        with pytest.raises(InputRefused):
            walker(desk, row.policy, row.case)
        return
    others = row.case.get("others", {"count": 0})
    for _ in range(others["count"]):
        walker(desk, row.policy, {**row.case, **others}).to(row.case["others"]["until"])
    walk = walker(desk, row.policy, row.case)
    walk.to(row.case["until"])
    for act in row.case["acts"]:
        expected(walk, act)
    county = Actor("p-county", "county", (walk.procedure.policy.county,))
    assert desk.api.records.findings(actor=county, kinds=["decided_otherwise"]) == []


def expected(walk: Walker, told: dict[str, Any]) -> None:
    """Ask about an act of a table, compare what is found with what is expected, and take it if it is allowed."""
    walk.desk.today = max(walk.desk.today + timedelta(days=told.get("after_days", 0)), told.get("on", date.min))
    act = wanted(walk, told)
    decision = walk.check(act)
    assert all(f.reason(lang) for f in decision.findings for lang in ("zh", "en"))
    found = {"refused": {f.guard for f in decision.unmet}, "warned": {f.guard for f in decision.warnings}}
    expect = told.get("expect", "allowed")
    wished = {} if expect == "allowed" else {name: set(guards) for name, guards in expect.items()}
    assert found == {"refused": set(), "warned": set(), **wished}
    if decision.allowed and told.get("taken", True):
        walk.take(act)
    case = walk.case
    assert case.state == told.get("state", case.state)
    assert {name: case.record.get(name) for name in told.get("record", {})} == told.get("record", {})


def wanted(walk: Walker, told: dict[str, Any]) -> Next:
    """Return the act of a table: the road's own with what the table changes, any other as it is told."""
    action, papers = told["action"], list(told.get("papers", []))
    last = walk.case.version  # the number of what was recorded last
    data = {name: last if value == "last" else value for name, value in told.get("data", {}).items()}
    if action not in {part.action for part in walk.procedure.road if part.state == walk.case.state}:
        offices = walk.procedure.act(walk.case.state, action).offices
        return Next(action, told.get("office", offices[0]), " ".join(papers), data)
    valid = walk.next() if told.get("valid", True) else bare(walk, action)
    valid = valid if valid.action == action else bare(walk, action)
    kept = [kind for kind in valid.papers.split() if kind not in told.get("without", ())]
    own = {name: value for name, value in valid.data.items() if name not in told.get("without", ())}
    return Next(action, told.get("office", valid.office), " ".join([*kept, *papers]), {**own, **data})


def bare(walk: Walker, action: str) -> Next:
    """Return the road's act today, without what it rests on."""
    part = next(part for part in walk.procedure.road if part.action == action)
    return Next(action, part.step.offices[0], "", walk.data(part))


@pytest.mark.parametrize("policy", POLICIES, ids=named)
def test_every_plan_is_sound(capsys: pytest.CaptureFixture[str], policy: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "check", str(policy)])
    assert (ended.value.code, policy.stem in capsys.readouterr().out) == (0, True)


@pytest.mark.parametrize("policy", POLICIES, ids=named)
def test_every_table_of_a_plan_says_where_it_comes_from(policy: Path) -> None:
    told = tomllib.loads(policy.read_text(encoding="utf-8"))
    sourced = [entry for name in told if name not in ("offices", "silences") for entry in tables(told[name])]
    assert sourced
    assert all(entry.get("source", "").strip() for entry in sourced)
    assert told["silences"]


def tables(value: Any) -> list[dict[str, Any]]:
    """Return the tables of a part of a policy; of the guards each one's own."""
    if isinstance(value, list):
        return [entry for entry in value if isinstance(entry, dict)]
    if isinstance(value, dict) and not {"zh", "pattern"} & set(value):
        return list(value.values())
    return [value] if isinstance(value, dict) and "pattern" in value else []


def test_every_plan_has_cases_and_every_place_a_plan() -> None:
    told = {table.stem: tomllib.loads(table.read_text(encoding="utf-8")) for table in TABLES}
    assert {(COUNTIES / one["policy"]).stem for one in told.values()} == {policy.stem for policy in POLICIES}
    assert {policy.stem.partition("-")[0] for policy in POLICIES} == NINE
    assert {name: len(one["cases"]) for name, one in told.items() if len(one["cases"]) < 4} == {}


@pytest.mark.parametrize("policy", POLICIES, ids=named)
@pytest.mark.parametrize("grade", ["C", "D"])
def test_a_case_of_every_plan_runs_from_the_application_to_the_archive(desk: Desk, policy: Path, grade: str) -> None:
    text = policy.read_text(encoding="utf-8")
    plan = load_policy(text).policy
    for mode in plan.modes:
        open_to = {g for row in mode.open_to for g in row.grades} - {g for row in mode.closed_to for g in row.grades}
        if grade not in open_to:
            continue
        household = Household((plan.classes[0].id,), 3, choice={"grade": grade, "mode": mode.id})
        walk = Walker(desk, str(policy), text, household, date(plan.year, 3, 1))
        walk.to("archived")
        paid = walk.case.fen("paid_fen")
        assert bool(paid) is (walk.case.act_on("pay") is not None)
        assert bool(paid) is any(subsidy.kind != "undetermined" for subsidy in plan.subsidies)
        assert walk.case.record["archive_no"]
    replayed = desk.api.records.simulate(actor=Actor("p-1", "county", (plan.county,)), to=str(policy))
    assert (replayed.total["cases"], replayed.outcomes) == (replayed.total["same"], ())


@pytest.mark.parametrize(
    ("name", "no_house", "grade", "mode"),
    [
        ("zhalantun-2019-a", False, "D", "self_build"), ("zhalantun-2019-a", False, "C", "repair"),
        ("zhalantun-2019-a", True, "D", "guaranteed_housing"), ("zhalantun-2019-b", False, "D", "self_build"),
        ("zhalantun-2019-b", False, "C", "repair"),
    ],
)  # fmt: skip
def test_the_same_walker_walks_the_bundled_plans(desk: Desk, name: str, no_house: bool, grade: str, mode: str) -> None:
    plan = load_policy(bundled()[name]).policy
    household = Household((plan.classes[0].id,), 2, no_house, {"grade": grade, "mode": mode, "area": "40"})
    walk = Walker(desk, name, bundled()[name], household, date(2019, 6, 10))
    walk.to("archived")
    assert walk.case.fen("paid_fen") > 0


def test_the_walker_pays_in_parts_where_a_plan_does(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "parts.toml"
    path.write_text(changed(("[[lines]]\n", PARTS)), encoding="utf-8")
    walk = Walker(desk, str(path), path.read_text(encoding="utf-8"), Household(("registered_poor",)), date(2019, 6, 10))
    walk.to("archived")
    assert (len(walk.case.facts("pay_instalment")), walk.case.fen("paid_fen")) == (2, 2_523_200)


def test_each_return_lies_in_the_inbox_of_who_mends_it() -> None:
    moves = load_policy((COUNTIES / "policies" / "fanqiao-2020.toml").read_text(encoding="utf-8")).moves()
    assert moves["village"]["returned_to_village"] == "resubmit"
    assert moves["township"]["returned_to_township"] == "resubmit"
    assert "returned_to_village" not in moves["township"]


def test_an_office_of_a_county_s_own_is_registered_acts_and_is_called_by_its_name(desk: Desk, tmp_path: Path) -> None:
    text = (COUNTIES / "policies" / "fanqiao-2020.toml").read_text(encoding="utf-8")
    county = load_policy(text).policy.county
    root = Actor("p-admin", "admin", (county,))
    told = {"offices": [("leading_group", county)], "actor": root}
    with pytest.raises(InputRefused, match="leading_group"):
        desk.api.register.add_person(county, "p-1", "甲", **told)
    (tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    api = Approvals(desk.session, now=desk.now, files=desk.files, keys=KEYS, policies=tmp_path)
    with pytest.raises(InputRefused, match="leading_grup"):
        api.register.add_person(county, "p-1", "甲", offices=[("leading_grup", county)], actor=root)
    api.register.add_person(county, "p-1", "甲", **told)
    assert [actor.office for actor in api.register.actors("p-1")] == ["leading_group"]
    served = load_policy(text).policy.classes[0].id
    walk = Walker(desk, str(tmp_path / "ours.toml"), text, Household((served,)), date(2020, 3, 1))
    walk.to("county_review")
    refused = desk.api.check(walk.id, "approve", actor=Actor("p-2", "county", (county,)), on=desk.today)
    said = next(finding for finding in refused.findings if finding.guard == "office_may_act")
    assert "县领导小组" in said.reason("zh")
    assert "the county's leading group" in said.reason("en")
    assert said.as_json()["who"] == ["leading_group"]


def test_an_archive_number_may_have_the_township_s_name(desk: Desk) -> None:
    path = COUNTIES / "policies" / "huidong-2015.toml"
    plan = load_policy(path.read_text(encoding="utf-8")).policy
    town = f"{plan.county}101"
    root = Actor("p-admin", "admin", (plan.county,))
    desk.api.register.import_units([(plan.county, "会东县"), (town, "会东镇"), (f"{town}201", "某村")], actor=root)
    walk = Walker(desk, str(path), path.read_text(encoding="utf-8"), Household((plan.classes[0].id,)), date(2015, 3, 1))
    walk.to("agreement")
    assert walk.case.record["archive_no"] == "会东镇危改字[2015]0001号"


def test_the_areas_of_what_was_approved_add_up_on_each_back_end(store_desk: Desk) -> None:
    path = COUNTIES / "policies" / "huidong-2015.toml"
    text = path.read_text(encoding="utf-8")
    for area, until in (("58", "agreement"), ("61.5", "registration"), ("60", "county_review")):
        choice = {"mode": "new_scattered", "area": area}
        walk = Walker(store_desk, str(path), text, Household(("minimum_living",), 5, choice=choice), date(2015, 4, 1))
        walk.to(until)
    found = areas(store_desk.session.connection(), walk.case.county, "huidong-2015")
    assert found == (2, Decimal("119.50"))


def test_a_titled_step_is_called_as_the_plan_calls_it(store_desk: Desk) -> None:
    desk = store_desk
    path = COUNTIES / "policies" / "jinzhai-2021.toml"
    text = path.read_text(encoding="utf-8")
    walk = Walker(desk, str(path), text, Household(("minimum_living",)), date(2021, 3, 1))
    walk.to("county_review")
    early = desk.api.check(walk.id, "accept_file_review", actor=walk.person("county"), on=desk.today)
    assert early.action == "accept_file_review"
    order = early.findings[0]
    assert "档案审核通过" in order.reason("zh")
    assert "accept file review" in order.reason("en")
    walk.to("archived")
    assert desk.api.records.verify().problems == ()


def test_identity_and_appraisal_may_come_before_the_application(desk: Desk, tmp_path: Path) -> None:
    plan = tomllib.loads(bundled()["zhalantun-2019-a"])
    early = [step for step in plan["steps"] if step["kind"] in ("identity_check", "appraisal")]
    plan["steps"] = [*early, *(step for step in plan["steps"] if step not in early)]
    text = toml(plan)
    path = tmp_path / "early.toml"
    path.write_text(text, encoding="utf-8")
    walk = Walker(desk, str(path), text, Household(("registered_poor",), 2), date(2019, 6, 10))
    assert walk.case.state == "identity_check"
    walk.to("archived")
    assert walk.case.fen("paid_fen") > 0
