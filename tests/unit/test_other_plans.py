"""What other counties' plans say that the two bundled ones do not: bands, open amounts, parts, deadlines, shares."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from weigai.states.counting.floor_area import Limit, limit_of
from weigai.states.counting.money import parts_fen
from weigai.states.errors import GuardsNotMet, PolicyRefused
from weigai.states.identity_number import synthetic
from weigai.states.policy.house_tables import Area
from weigai.states.proofs.load import load_policy
from weigai.workflow.library import bundled

from tests.support import VILLAGE, Desk, Road, household, person
from tests.unit.safety import toml

if TYPE_CHECKING:
    from pathlib import Path

TEXT = bundled()["zhalantun-2019-a"].replace('id = "zhalantun-2019-a"', 'id = "changed"', 1)
PAY = {"fund": "poverty_alleviation", "payee": "household", "channel": "one_card"}
SELF_BUILD = 'yuan = 25232\nwhen = { modes = ["self_build"] }\n'
CAP = (
    'floor = 40\ncap = 60\nrelaxed_cap = 80\nrelaxed_papers = ["large_family_application", "township_area_document"]\n'
)
BANDS = """bands = [
  { persons_from = 1, persons_to = 1, floor = 20, cap = 60 },
  { persons_from = 2, persons_to = 2, floor = 30, cap = 60 },
  { persons_from = 3, persons_to = 3, floor = 40, cap = 60 },
  { persons_from = 4, floor_per_head = 13, cap_per_head = 18 },
]
"""
PARTS = """[[instalments]]
id = "first"
name = { zh = "首期", en = "first part" }
share = "5/10"
source = "a made-up plan"

[[instalments]]
id = "second"
name = { zh = "二期", en = "second part" }
share = "4/10"
days = 30
source = "a made-up plan"

[[instalments]]
id = "third"
name = { zh = "末期", en = "third part" }
share = "1/10"
days = 365
source = "a made-up plan"

[[facts]]
id = "pay_instalment"
offices = ["finance"]
form = "instalment"
states = ["payment"]
source = "a made-up plan"

[[lines]]
"""


def changed(*changes: tuple[str, str]) -> str:
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def opened(desk: Desk, folder: Path, *changes: tuple[str, str], members: int = 0) -> str:
    path = folder / "changed.toml"
    path.write_text(changed(*changes), encoding="utf-8")
    others = [{"name": "李四", "id_number": n, "relation": "child"} for n in OTHERS[:members]]
    told = household("a", members=others)
    return desk.api.open_case(policy=str(path), unit=VILLAGE, household=told, actor=person("village"), on=desk.today).id


OTHERS = [synthetic("150783", date(1990, 1, day), day) for day in (1, 2, 3, 4)]


def unmet(desk: Desk, *act: Any, **data: Any) -> dict[str, Any]:
    return {f.guard: f for f in desk.check(*act, **data).unmet}


def warned(desk: Desk, *act: Any, **data: Any) -> set[str]:
    return {f.guard for f in desk.check(*act, **data).warnings}


# ------------------------------------------------------------------ area

AREA = {
    "source": "a made-up plan",
    "bands": [
        {"persons_from": 1, "persons_to": 1, "floor": 20, "cap": 60},
        {"persons_from": 2, "persons_to": 3, "floor": 30, "cap": 60},
        {"persons_from": 4, "floor_per_head": 13, "cap_per_head": 18},
    ],
}


@pytest.mark.parametrize(
    ("table", "persons", "floor", "cap"),
    [
        (AREA, 1, 20, 60), (AREA, 2, 30, 60), (AREA, 3, 30, 60), (AREA, 4, 52, 72), (AREA, 9, 117, 162),
        ({**AREA, "cap": 80}, 9, 117, 80), ({"source": "x", "floor": 40}, 2, 40, None),
        ({"source": "x", "cap": 40}, 7, None, 40),
    ],
)  # fmt: skip
def test_the_limits_follow_the_size_of_the_household(table: Any, persons: int, floor: int, cap: int) -> None:
    assert limit_of(Area.model_validate(table), persons) == Limit(
        None if floor is None else Decimal(floor), None if cap is None else Decimal(cap), None
    )


@pytest.mark.parametrize(
    ("bands", "why"),
    [
        ([{"persons_from": 2, "cap": 40}], "must begin with 1 persons"),
        ([{"persons_from": 1, "persons_to": 3, "cap": 40}], "leave persons_to out of the last one"),
        ([{"persons_from": 1, "cap": 40}, {"persons_from": 4, "cap": 50}], "has no persons_to, so no band may follow"),
        ([{"persons_from": 1, "persons_to": 3, "cap": 4}, {"persons_from": 5, "cap": 5}], "must begin with 4 persons"),
        ([], "needs cap, floor or bands"),
    ],
)
def test_bands_leave_no_household_out(bands: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Area.model_validate({"source": "x", "bands": bands})


def test_a_family_of_five_may_build_more_than_a_single(desk: Desk, tmp_path: Path) -> None:
    for members, fits, over in ((0, "60.00", "60.01"), (4, "90.00", "90.01")):
        case = opened(desk, tmp_path, (CAP, BANDS), members=members)
        road = desk.walk(case, "county_review")
        action, office, papers, data = road.act("county_review")
        assert "area_within_limit" not in unmet(desk, case, action, office, papers, **{**data, "area": fits})
        assert "area_within_limit" in unmet(desk, case, action, office, papers, **{**data, "area": over})
        assert "area_above_floor" in warned(desk, case, action, office, papers, **{**data, "area": "19.00"})


# ------------------------------------------------------------------ amounts


def approving(desk: Desk, folder: Path, table: str) -> tuple[str, Road, tuple[str, str, str, dict[str, Any]]]:
    case = opened(desk, folder, (f'kind = "fixed"\n{SELF_BUILD}', table + 'when = { modes = ["self_build"] }\n'))
    road = desk.walk(case, "county_review")
    return case, road, road.act("county_review")


@pytest.mark.parametrize(
    ("table", "subsidy", "approved"),
    [
        ('kind = "floor"\nyuan = 7500\nmost = 9000\n', "7500", 750_000),
        ('kind = "floor"\nyuan = 7500\nmost = 9000\n', "9000", 900_000),
        ('kind = "floor"\nyuan = 7500\nmost = 9000\n', "9000.01", None),
        ('kind = "floor"\nyuan = 7500\n', "7499.99", None),
        ('kind = "floor"\nyuan = 7500\n', "", None),
        ('kind = "average"\nyuan = 14000\n', "13000", 1_300_000),
        ('kind = "average"\nyuan = 14000\n', "", None),
        ('kind = "ceiling"\nyuan = 12000\n', "11000", 1_100_000),
        ('kind = "ceiling"\nyuan = 12000\n', "12000.01", None),
        ('kind = "fixed"\nyuan = 12000\n', "11000", None),
        ('kind = "fixed"\nyuan = 12000\n', "12000", 1_200_000),
        ('kind = "per_m2"\nyuan = 300\narea_cap = 50\n', "", 1_500_000),
        ('kind = "per_m2"\nyuan = 300\n', "", 1_740_000),
        ('kind = "per_m2"\nyuan = 300\nmost = 16000\n', "", 1_600_000),
        ('kind = "per_m2"\nyuan = 300\n', "17000", None),
    ],
)
def test_an_approval_grants_what_the_plan_allows(
    desk: Desk, tmp_path: Path, table: str, subsidy: str, approved: int | None
) -> None:
    case, _, (action, office, papers, data) = approving(desk, tmp_path, table)
    told = {**data, **({"subsidy": subsidy} if subsidy else {})}
    if approved is None:
        assert set(unmet(desk, case, action, office, papers, **told)) == {"subsidy_as_planned"}
    else:
        assert desk.take(case, action, office, papers, **told).case.record["approved_fen"] == approved


def test_a_house_built_smaller_gets_less_where_every_m2_counts(desk: Desk, tmp_path: Path) -> None:
    case, road, _ = approving(desk, tmp_path, 'kind = "per_m2"\nyuan = 300\narea_cap = 57\n')
    road.to("preliminary_acceptance")
    for action in ("pass_preliminary_acceptance", "pass_final_acceptance"):
        state = desk.api.get(case, actor=person("county")).state
        name, office, papers, data = road.act(state)
        assert name == action
        desk.take(case, action, office, papers, **{**data, "area": "50.01"})
    assert "amount_within_subsidy" in unmet(desk, case, "pay", "finance", **PAY, amount="15003.01")
    assert not unmet(desk, case, "pay", "finance", **PAY, amount="15003")


def test_an_average_is_watched_over_the_households_of_its_table(desk: Desk, tmp_path: Path) -> None:
    average = 'kind = "average"\nyuan = 14000\n'
    case, _, (action, office, papers, data) = approving(desk, tmp_path, average)
    assert "subsidy_average_kept" in warned(desk, case, action, office, papers, **data, subsidy="14000.01")
    desk.take(case, action, office, papers, **data, subsidy="12000")
    case, _, (action, office, papers, data) = approving(desk, tmp_path, average)
    assert "subsidy_average_kept" not in warned(desk, case, action, office, papers, **data, subsidy="16000")
    assert "subsidy_average_kept" in warned(desk, case, action, office, papers, **data, subsidy="16000.02")


def test_households_of_another_table_of_the_line_do_not_count(desk: Desk, tmp_path: Path) -> None:
    small = 'yuan = 20000\nwhen = { modes = ["self_build"], grades = ["C"] }\n'
    tables = (
        (f'kind = "ceiling"\n{small}', f'kind = "average"\n{small.replace("20000", "7500")}'),
        (f'kind = "fixed"\n{SELF_BUILD}', f'kind = "average"\n{SELF_BUILD.replace("25232", "17500")}'),
    )
    large = desk.walk(opened(desk, tmp_path, *tables), "county_review")
    action, office, papers, data = large.act("county_review")
    desk.take(large.case, action, office, papers, **data, subsidy="17500")
    only = opened(desk, tmp_path, *tables)
    action, office, papers, data = desk.walk(only, "county_review", grade="C").act("county_review")
    assert "subsidy_average_kept" not in warned(desk, only, action, office, papers, **data, subsidy="7500")
    assert "subsidy_average_kept" in warned(desk, only, action, office, papers, **data, subsidy="7500.01")


def test_an_amount_may_hang_on_the_township(desk: Desk, tmp_path: Path) -> None:
    own = f'kind = "fixed"\nyuan = 20000\nsource = "x"\nwhen = {{ units = ["{VILLAGE[:9]}"] }}\n\n[[subsidies]]\n'
    other = own.replace(VILLAGE[:9], "150783999").replace("20000", "1")
    first = '[[subsidies]]\nkind = "fixed"\n'
    case = opened(desk, tmp_path, (first, f"[[subsidies]]\n{other}{own}" + 'kind = "fixed"\n'))
    desk.walk(case, "county_notice")
    assert desk.api.get(case, actor=person("county")).record["approved_fen"] == 2_000_000


# ------------------------------------------------------------------ parts and deadlines


@pytest.mark.parametrize("entitled", [0, 1, 9, 10, 2_523_200, 2_523_201, 1_400_007])
def test_parts_add_up_to_the_fen(entitled: int) -> None:
    parts = parts_fen(load_policy(changed(("[[lines]]\n", PARTS))), entitled)
    assert sum(parts) == entitled
    assert parts[:2] == (entitled * 5 // 10, entitled * 4 // 10)


def test_a_subsidy_in_parts_is_paid_in_order_each_in_its_time(desk: Desk, tmp_path: Path) -> None:
    case = opened(desk, tmp_path, ("[[lines]]\n", PARTS))
    desk.walk(case, "payment")
    accepted = desk.api.get(case, actor=person("county")).act_on("pass_final_acceptance") or desk.today
    pay: dict[str, Any] = {**PAY, "voucher": "P-1"}
    assert "instalment_due" in unmet(desk, case, "pay", "finance", **PAY, amount="25232")
    assert "instalment_exact" in unmet(desk, case, "pay_instalment", "finance", **PAY, amount="12616.01")
    desk.take(case, "pay_instalment", "finance", **pay, amount="12616")
    early = unmet(desk, case, "pay_instalment", "finance", **PAY, amount="10092.80")
    assert early["instalment_due"].opens_on == date.fromordinal(accepted.toordinal() + 30)
    desk.today = early["instalment_due"].opens_on
    desk.take(case, "pay_instalment", "finance", **{**pay, "voucher": "P-2"}, amount="10092.80")
    assert "instalment_due" in unmet(desk, case, "pay_instalment", "finance", **PAY, amount="2523.20")
    desk.today = date.fromordinal(accepted.toordinal() + 365)
    done = desk.take(case, "pay", "finance", **{**pay, "voucher": "P-3"}, amount="2523.20")
    assert (done.case.state, done.case.fen("paid_fen")) == ("archiving", 2_523_200)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('share = "1/10"', 'share = "2/10"', "the shares make 11/10"),
        ("days = 30\n", 'days = 30\nafter = "start_works"\n', "second is paid after start_works, before pass_final"),
        ("days = 30\n", 'days = 30\nafter = "celebrate"\n', "second: no such action: celebrate"),
        ('id = "pay_instalment"', 'id = "record_something"', "the fact pay_instalment is missing"),
        ('id = "second"', 'id = "first"', "instalments: first occurs twice"),
    ],
)  # fmt: skip
def test_parts_that_do_not_make_a_whole_or_come_too_early_are_refused(old: str, new: str, why: str) -> None:
    with pytest.raises(PolicyRefused, match=why):
        load_policy(changed(("[[lines]]\n", PARTS), (old, new)))


def test_a_payment_has_days(desk: Desk, tmp_path: Path) -> None:
    step = 'kind = "payment"\nlevel = "county"\n'
    case = opened(desk, tmp_path, (step, step + "days = 30\n"))
    desk.walk(case, "payment")
    accepted = desk.api.get(case, actor=person("county")).act_on("pass_final_acceptance") or desk.today
    due = date.fromordinal(accepted.toordinal() + 30)
    assert desk.api.get(case, actor=person("county")).record["clocks"]["payment"]["due"] == due.isoformat()
    desk.today = due
    assert "paid_in_time" not in warned(desk, case, "pay", "finance", **PAY, amount="25232")
    desk.today = date.fromordinal(due.toordinal() + 1)
    assert "paid_in_time" in warned(desk, case, "pay", "finance", **PAY, amount="25232")
    assert desk.take(case, "pay", "finance", **PAY, amount="25232").case.record["clocks"] == {}


# ------------------------------------------------------------------ shares of units, days in force


def test_a_quota_is_shared_out_to_units_with_a_reserve(desk: Desk, tmp_path: Path) -> None:
    share = f'planned = 28\nreserve = 27\nby_unit = {{ "{VILLAGE[:9]}" = 1 }}\n'
    first = opened(desk, tmp_path, ("planned = 28\n", share))
    desk.walk(first, "county_notice")
    second = opened(desk, tmp_path, ("planned = 28\n", share))
    action, office, papers, data = desk.walk(second, "county_review").act("county_review")
    found = [f for f in desk.check(second, action, office, papers, **data).warnings if f.guard == "quota_not_exceeded"]
    assert [f.values["planned"] for f in found] == [1]
    with pytest.raises(PolicyRefused, match="by_unit and reserve must add up to planned"):
        load_policy(changed(("planned = 28\n", share.replace("27", "26"))))


def test_a_plan_has_its_days(desk: Desk, tmp_path: Path) -> None:
    days = ("issued = 2019-06-04\n", "issued = 2019-06-04\nfirst_day = 2019-06-11\nlast_day = 2019-06-12\n")
    with pytest.raises(GuardsNotMet) as refused:
        opened(desk, tmp_path, days)
    assert [(f.guard, f.opens_on) for f in refused.value.findings if not f.ok] == [
        ("policy_in_force", date(2019, 6, 11))
    ]
    desk.today = date(2019, 6, 12)
    assert opened(desk, tmp_path, days)
    desk.today = date(2019, 6, 13)
    with pytest.raises(GuardsNotMet, match="policy_in_force"):
        opened(desk, tmp_path, days)


# ------------------------------------------------------------------ dated changes

CHANGES = """[[changes]]
first = 2019-06-20
source = "a made-up notice"
set = { "steps.township_publicity.days" = 7, "modes.self_build.area.cap" = 50, "subsidies.6.yuan" = 30000 }

[[changes]]
first = 2019-07-01
source = "a made-up notice"
set = { "modes.self_build.area.cap" = 45, "guards.works_on_time.by" = 2019-10-31 }

[[lines]]
"""


@pytest.mark.parametrize(
    ("day", "days", "cap", "yuan", "by"),
    [
        (None, 5, 60, 25232, "2019-08-31"), (date(2019, 6, 19), 5, 60, 25232, "2019-08-31"),
        (date(2019, 6, 20), 7, 50, 30000, "2019-08-31"), (date(2019, 6, 30), 7, 50, 30000, "2019-08-31"),
        (date(2019, 7, 1), 7, 45, 30000, "2019-10-31"), (date(2025, 1, 1), 7, 45, 30000, "2019-10-31"),
    ],
)  # fmt: skip
def test_a_dated_change_holds_for_what_is_opened_since(
    day: date | None, days: int, cap: int, yuan: int, by: str
) -> None:
    road = load_policy(changed(("[[lines]]\n", CHANGES))).of(None, day)
    area = road.modes["self_build"].area
    assert (road.levels["township"].days, area and area.cap) == (days, cap)
    assert road.policy.subsidies[5].yuan == yuan
    assert road.policy.guards.works_on_time is not None
    assert road.policy.guards.works_on_time.by == date.fromisoformat(by)


def test_a_case_keeps_what_held_when_it_was_opened(desk: Desk, tmp_path: Path) -> None:
    first = opened(desk, tmp_path, ("[[lines]]\n", CHANGES))
    desk.today = date(2019, 6, 20)
    second = opened(desk, tmp_path, ("[[lines]]\n", CHANGES))
    for case, days in ((first, 5), (second, 7)):
        desk.walk(case, "township_publicity")
        found = {f.guard: f for f in desk.check(case, "close_township_publicity", "township").findings}
        assert found["publicity_days_complete"].values["days"] == days


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("steps.township_publicity.offices", '["county"]', "may not change within a plan"),
        ("steps.township_publicity.dayz", "3", "no such value"),
        ("steps.moon_publicity.days", "3", "no such value"),
        ("subsidies.99.yuan", "3", "no such value"),
        ("modes.self_build.area.cap", '"wide"', "changes: modes.0.area.cap"),
        ("papers.1.at", '"celebrate"', "from 2019-06-20: papers: application: no such action: celebrate"),
    ],
)
def test_a_dated_change_that_cannot_be_is_refused(path: str, value: str, why: str) -> None:
    text = f'[[changes]]\nfirst = 2019-06-20\nsource = "x"\nset = {{ "{path}" = {value} }}\n\n[[lines]]\n'
    with pytest.raises(PolicyRefused, match=why):
        load_policy(changed(("[[lines]]\n", text)))


# ------------------------------------------------------------------ nobody is forgotten


def test_a_mode_that_is_offered_to_somebody_without_a_subsidy_or_a_fund_is_refused() -> None:
    for table, who in (("subsidies", "registered_poor, .*"), ("lines", "registered_poor, no_house, .*")):
        plan = tomllib.loads(TEXT)
        plan[table] = plan[table][:1]
        with pytest.raises(PolicyRefused, match=rf"{table}: no entry applies to \({who}\)"):
            load_policy(toml(plan))


def test_a_place_that_no_table_names_is_thought_of() -> None:
    plan = tomllib.loads(TEXT)
    for table in plan["subsidies"]:
        table["when"] = {**table.get("when", {}), "units": [VILLAGE[:9]]}
    with pytest.raises(PolicyRefused, match="subsidies: no entry applies to"):
        load_policy(toml(plan))
    plan["subsidies"].append({"kind": "undetermined", "source": "x"})
    assert load_policy(toml(plan))


def test_no_part_is_paid_while_an_objection_is_open(desk: Desk, tmp_path: Path) -> None:
    case = opened(desk, tmp_path, ("[[lines]]\n", PARTS))
    desk.walk(case, "payment")
    part = {"amount": "12616", **PAY, "voucher": "P-1"}
    assert unmet(desk, case, "pay_instalment", "finance", **part).keys() == set()
    desk.take(case, "raise_objection", "county", level="county", grounds="有异议")
    assert unmet(desk, case, "pay_instalment", "finance", **part).keys() == {"no_open_objection"}
