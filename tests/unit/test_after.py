"""What comes after acceptance and around payment: money that comes back, sales, later changes, late papers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from weigai.workflow.library import bundled

from tests.support import HEAD, VILLAGE, Desk, Road, household, person

D_GH = {"mode": "guaranteed_housing", "builder": "township", "area": "40.00", "amount": "45232"}
REASON = {"reason": "户主要求"}


def unmet(desk: Desk, *act: Any, **data: Any) -> set[str]:
    return {f.guard for f in desk.check(*act, **data).unmet}


def archived(desk: Desk, plan: str = "a", **choices: Any) -> str:
    case = desk.open(plan)
    desk.walk(case, "archived", plan=plan, **choices)
    return case


# ------------------------------------------------------------------ payment


def again(amount: str = "25232", **more: Any) -> dict[str, Any]:
    return {"amount": amount, "fund": "poverty_alleviation", "payee": "household", "channel": "one_card", **more}


def test_a_returned_payment_is_paid_again_once(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "archiving")
    assert "returned_within_paid" in unmet(desk, case, "payment_returned", "finance", amount="25232.01", reason="x")
    done = desk.take(case, "payment_returned", "finance", amount="25232", reason="账号有误")
    assert (done.case.fen("paid_fen"), done.case.fen("returned_fen")) == (0, 2_523_200)
    act = road.act("archiving")
    assert unmet(desk, case, *act[:3], **act[3]) == {"paid_or_closed"}
    assert "reissue_within_due" in unmet(desk, case, "reissue_payment", "finance", **again("25232.01"))
    desk.take(case, "reissue_payment", "finance", **again(voucher="P-2"))
    assert "reissue_within_due" in unmet(desk, case, "reissue_payment", "finance", **again("1"))
    road.to("archived")


def test_a_payment_is_issued_again_by_the_same_rules(desk: Desk) -> None:
    case = desk.open()
    desk.walk(case, "archiving")
    desk.take(case, "payment_returned", "finance", amount="25232", reason="账号有误")
    wrong = again(fund="local_finance", payee="township", channel="cash")
    found = {(f.guard, f.rule) for f in desk.check(case, "reissue_payment", "finance", **wrong).unmet}
    assert found == {("fund_matches_line", "R39"), ("payee_matches", "R40a"), ("channel_allowed", "R40a")}


def test_what_was_left_of_a_payment_is_paid_later(desk: Desk) -> None:
    case = desk.open()
    desk.walk(case, "archiving", amount="20000")
    assert "reissue_within_due" in unmet(desk, case, "reissue_payment", "finance", **again("5232.01"))
    done = desk.take(case, "reissue_payment", "finance", **again("5232"))
    assert done.case.fen("paid_fen") == 2_523_200
    assert "reissue_within_due" in unmet(desk, case, "reissue_payment", "finance", **again("0.01"))


def test_a_voucher_pays_once(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "payment")
    act = road.act("payment")
    desk.take(case, *act[:3], **act[3], voucher="P-1")
    desk.take(case, "payment_returned", "finance", amount="25232", reason="账号有误")
    assert unmet(desk, case, "reissue_payment", "finance", **again(voucher="P-1")) == {"voucher_new"}


def with_policy(desk: Desk, tmp_path: Any, *changes: tuple[str, str], plan: str = "a") -> str:
    """Open a case under a changed policy file and return its id."""
    text = bundled()[f"zhalantun-2019-{plan}"].replace(f'id = "zhalantun-2019-{plan}"', f'id = "changed-{plan}"', 1)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "changed.toml"
    path.write_text(text, encoding="utf-8")
    made = desk.api.open_case(
        policy=str(path), unit=VILLAGE, household=household(plan), actor=person("village"), on=desk.today
    )
    return made.id


INSTALMENTS = (
    '[[facts]]\nid = "payment_returned"',
    (
        '[[facts]]\nid = "pay_instalment"\noffices = ["finance"]\nform = "instalment"\nstates = ["payment"]\n'
        'rule = "R40a"\nsource = "test"\nsilent = ["form"]\n\n[[facts]]\nid = "payment_returned"'
    ),
)


def test_instalments_add_up_and_the_last_one_moves_the_case(desk: Desk, tmp_path) -> None:
    case = with_policy(desk, tmp_path, INSTALMENTS)
    desk.walk(case, "payment")
    desk.take(case, "pay_instalment", "finance", **again("10000", voucher="P-1"))
    assert "voucher_new" in unmet(desk, case, "pay_instalment", "finance", **again("1", voucher="P-1"))
    assert "amount_within_subsidy" in unmet(desk, case, "pay_instalment", "finance", **again("15232.01"))
    assert "amount_within_subsidy" in unmet(desk, case, "pay", "finance", **again("15232.01"))
    done = desk.take(case, "pay", "finance", **again("15232"))
    assert (done.case.state, done.case.fen("paid_fen")) == ("archiving", 2_523_200)


def test_the_two_plans_have_no_instalments(desk: Desk) -> None:
    from weigai.workflow import NoSuchAct

    case = desk.open()
    with pytest.raises(NoSuchAct):
        desk.take(case, "pay_instalment", "finance", **again("1"))


def test_what_can_never_be_paid_is_closed_and_archived(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "payment", mode="mutual_aid_home", builder="township", area="40.00")
    desk.take(case, "close_without_payment", "county", **REASON)
    road.to("archived")


def test_a_house_is_not_handed_over_before_it_is_accepted(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "preliminary_acceptance")
    failing = {"reason": "屋面漏水", "mend_by": "2019-08-20"}
    done = desk.take(case, "fail_preliminary_acceptance", "township", **failing)
    assert done.case.record["clocks"]["rectification"]["due"] == "2019-08-20"
    assert "action_available" in unmet(desk, case, "record_hand_over", "township")
    done = desk.take(case, "complete_rectification", "township")
    assert (done.case.state, done.case.record.get("clocks")) == ("preliminary_acceptance", {})
    road.to("payment")
    assert desk.check(case, "record_hand_over", "township").allowed


# ------------------------------------------------------------------ sale and refund


def test_a_guaranteed_house_is_sold_after_five_full_years_and_its_refund(desk: Desk) -> None:
    case = desk.open("b")
    road = Road(desk, case, plan="b", **D_GH)
    road.to("final_acceptance")
    accepted = desk.today = date(2019, 8, 20)
    road.to("archived")
    assert desk.api.get(case, actor=person("county")).act_on("pass_final_acceptance") == accepted
    desk.today = date(2024, 8, 20)
    sale = desk.check(case, "record_resale", "village")
    assert {(f.guard, f.rule) for f in sale.unmet} == {("resale_allowed", "R72"), ("refund_recorded", "R72")}
    assert next(f for f in sale.unmet if f.guard == "resale_allowed").opens_on == date(2024, 8, 21)
    desk.today = date(2024, 8, 21)
    assert unmet(desk, case, "record_resale", "village") == {"refund_recorded"}
    desk.take(case, "record_refund", "village", amount="20000", through="village,township")
    assert unmet(desk, case, "record_resale", "village") == {"refund_recorded"}
    desk.take(case, "record_refund", "finance", amount="1", through="treasury")
    assert desk.take(case, "record_resale", "village").case.state == "archived"


def test_a_leap_day_is_a_day(desk: Desk) -> None:
    case = desk.open("b")
    road = Road(desk, case, plan="b", **D_GH)
    road.to("final_acceptance")
    desk.today = date(2020, 2, 29)
    road.to("archived")
    desk.today = date(2025, 2, 28)
    assert "resale_allowed" in unmet(desk, case, "record_resale", "village")
    desk.today = date(2025, 3, 1)
    assert "resale_allowed" not in unmet(desk, case, "record_resale", "village")


def test_a_mutual_aid_home_is_never_sold_and_an_own_house_freely(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "payment", mode="mutual_aid_home", builder="township", area="40.00")
    desk.take(case, "close_without_payment", "county", **REASON)
    road.to("archived")
    desk.today = date(2040, 1, 1)
    assert unmet(desk, case, "record_resale", "village") == {"resale_allowed"}
    other = desk.open(head={**HEAD, "id_number": "150799196103030027", "registered_poor": True})
    Road(desk, other).to("archived")
    assert desk.check(other, "record_resale", "village").allowed


def test_plan_b_keeps_records_of_upkeep(desk: Desk) -> None:
    case = archived(desk, "b", **D_GH)
    assert desk.take(case, "record_upkeep", "village", note="换瓦").case.version


# ------------------------------------------------------------------ later changes and papers


def test_an_area_added_later_is_a_finding_and_too_much_is_to_be_recovered(desk: Desk) -> None:
    case = archived(desk)
    done = desk.take(case, "record_alteration", "county", area="60")
    assert [(f.guard, f.rule) for f in done.decision.warnings] == [("no_later_change", "R75")]
    assert not done.case.fen("recover_fen")
    done = desk.take(case, "record_alteration", "county", area="60.01")  # more only with both papers (R74)
    assert done.case.fen("recover_fen") == 2_523_200
    assert desk.check(case, "record_recovery", "finance", amount="25232").allowed


def test_an_alteration_before_payment_stops_it(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "payment")
    desk.take(case, "record_alteration", "county", area="150")
    act = road.act("payment")
    assert unmet(desk, case, *act[:3], **act[3]) == {"built_within_limit", "amount_within_subsidy"}


def test_late_papers_lie_beside_the_sealed_file(desk: Desk) -> None:
    case = archived(desk)
    before = desk.api.get(case, actor=person("county")).record["papers"]
    done = desk.take(case, "file_late_paper", "county", "after_photo", note="补照片")
    assert done.case.record["papers"] == before
    assert list(done.case.record["late_papers"]) == ["after_photo"]


def test_an_archived_case_is_corrected_without_reopening(desk: Desk) -> None:
    case = archived(desk)
    told = {"correction": {"household": {"dwellings": 0}}, "cause": "error", **REASON, "agreed_by": "p-other"}
    done = desk.take(case, "correct", "county", **told)
    assert (done.case.state, done.case.household["dwellings"]) == ("archived", 0)


def test_too_much_paid_by_a_corrected_approval_is_to_be_recovered(desk: Desk) -> None:
    case = archived(desk, **D_GH)
    right = {"acts": {"approve": {"mode": "self_build", "builder": "household"}}}
    done = desk.take(case, "correct", "county", correction=right, cause="error", **REASON, agreed_by="p-other")
    assert done.case.fen("recover_fen") == 4_523_200 - 2_523_200


# ------------------------------------------------------------------ caps


def capped(desk: Desk, tmp_path: Any) -> list[str]:
    made = []
    for number in ("150799195406120017", "150799196103030027"):
        text = bundled()["zhalantun-2019-a"].replace(
            'planned = 28\nwhen = { grades = ["D"] }\neffect = "warn"',
            'planned = 1\nwhen = { grades = ["D"] }\neffect = "block"',
        )
        path = tmp_path / "capped.toml"
        path.write_text(text.replace('id = "zhalantun-2019-a"', 'id = "capped"', 1), encoding="utf-8")
        head = {**HEAD, "id_number": number, "registered_poor": True}
        case = desk.api.open_case(
            policy=str(path), unit=VILLAGE, household=household(head=head), actor=person("village"), on=desk.today
        ).id
        Road(desk, case).to("county_review")
        made.append(case)
    return made


def test_a_cap_refuses_the_next_household_and_frees_the_place_of_one_that_left(desk: Desk, tmp_path) -> None:
    first, second = capped(desk, tmp_path)
    act = Road(desk, first).act("county_review")
    desk.take(first, *act[:3], **act[3])
    assert {(f.guard, f.rule) for f in desk.check(second, *act[:3], **act[3]).unmet} == {("quota_not_exceeded", "R8")}
    desk.take(first, "withdraw", "village", **REASON)
    desk.take(second, *act[:3], **act[3])


def test_a_reopened_or_corrected_case_takes_a_place_like_an_approval(desk: Desk, tmp_path) -> None:
    first, second = capped(desk, tmp_path)
    act = Road(desk, first).act("county_review")
    desk.take(first, *act[:3], **act[3])
    desk.take(first, "withdraw", "village", **REASON)
    desk.take(second, *act[:3], **act[3])
    told = {**REASON, "agreed_by": "p-other"}
    assert unmet(desk, first, "reopen", "township", **told) == {"quota_not_exceeded"}
    # and a case of another grade is not corrected into the full one
    right = {"correction": {"acts": {"record_appraisal": {"grade": "C"}}}, "cause": "error", **told}
    desk.take(second, "correct", "county", **right)
    desk.take(first, "reopen", "township", **told)
    back = {"correction": {"acts": {"record_appraisal": {"grade": "D"}}}, "cause": "error", **told}
    assert "quota_not_exceeded" in unmet(desk, second, "correct", "county", **back)


# ------------------------------------------------------------------ what is owed back


def test_what_is_owed_back_is_counted_once(desk: Desk) -> None:
    case = archived(desk, **D_GH)
    told = {"cause": "error", **REASON, "agreed_by": "p-other"}
    down = {"acts": {"approve": {"mode": "self_build", "builder": "household"}}}
    desk.take(case, "correct", "county", correction=down, **told)
    desk.take(case, "record_recovery", "finance", amount="20000")
    account = {"household": {"account": {"card": "6217000000000009", "card_holder": "张三"}}}
    done = desk.take(case, "correct", "county", correction=account, **told)
    assert (done.case.fen("recover_fen"), done.case.fen("paid_fen")) == (0, 2_523_200)
    up = {"acts": {"approve": {"mode": "guaranteed_housing", "builder": "township"}}}
    assert desk.take(case, "correct", "county", correction=up, **told).case.fen("recover_fen") == 0


def test_a_case_disqualified_again_owes_only_what_is_out(desk: Desk) -> None:
    case = desk.open()
    desk.walk(case, "archiving")
    desk.take(case, "disqualify", "county", **REASON)
    desk.take(case, "record_recovery", "finance", amount="25232")
    done = desk.take(case, "reopen", "county", **REASON, agreed_by="p-other")
    assert done.case.fen("recover_fen") == 0
    assert desk.take(case, "disqualify", "county", **REASON).case.fen("recover_fen") == 0


def test_a_cost_corrected_after_payment_is_owed_back(desk: Desk) -> None:
    case = desk.open()
    choices = {"grade": "C", "mode": "repair", "area": None, "amount": "20000"}
    desk.walk(case, "archiving", **choices, complete_works={"actual_cost": "20000"})
    told = {"cause": "error", **REASON, "agreed_by": "p-other"}
    for cost, due in (("5000", 1_500_000), ("0", 2_000_000)):
        right = {"acts": {"complete_works": {"actual_cost": cost}}}
        assert desk.take(case, "correct", "county", correction=right, **told).case.fen("recover_fen") == due


def test_money_is_not_paid_again_on_facts_that_do_not_hold(desk: Desk) -> None:
    case = desk.open()
    desk.walk(case, "archiving")
    desk.take(case, "payment_returned", "finance", amount="25232", reason="账号有误")
    right = {"household": {"in_relocation_plan": True}}
    desk.take(case, "correct", "county", correction=right, cause="error", **REASON, agreed_by="p-other")
    desk.take(case, "suspend", "township", **REASON)
    found = unmet(desk, case, "reissue_payment", "finance", **again())
    assert found == {"corrected_facts_hold", "not_suspended"}


def test_a_payment_that_can_never_arrive_is_written_off(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "archiving")
    assert unmet(desk, case, "close_without_payment", "county", **REASON) == {"nothing_paid"}
    desk.take(case, "payment_returned", "finance", amount="25232", reason="账号已销")
    done = desk.take(case, "close_without_payment", "county", **REASON)
    assert (done.case.state, done.case.fen("returned_fen"), done.case.fen("recover_fen")) == ("archiving", 0, 0)
    road.to("archived")


def test_no_more_waits_with_the_bank_than_may_be_paid(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "archiving", **D_GH)
    desk.take(case, "payment_returned", "finance", amount="45232", reason="账号有误")
    told = {"cause": "error", **REASON, "agreed_by": "p-other"}
    down = {"acts": {"approve": {"mode": "self_build", "builder": "household"}}}
    desk.take(case, "correct", "county", correction=down, **told)
    desk.take(case, "reissue_payment", "finance", **again())
    road.to("archived")


def test_the_budget_shows_money_that_is_out_of_an_ended_case(desk: Desk) -> None:
    case = desk.open()
    desk.walk(case, "archiving")
    desk.take(case, "disqualify", "county", **REASON)
    line = desk.api.records.budget(actor=person("county"), policy="zhalantun-2019-a")[0]
    assert (line.households, line.approved_fen, line.paid_fen) == (0, 0, 2_523_200)


@pytest.mark.parametrize("plan", ["a", "b"])
@pytest.mark.parametrize(("fact", "rule"), [("record_pairing", "R68"), ("record_energy_guidance", "R36e")])
def test_a_pairing_and_energy_guidance_can_be_recorded(desk: Desk, plan: str, fact: str, rule: str) -> None:
    case = desk.open(plan)
    done = desk.take(case, fact, "township", note="市直单位干部结对")
    assert {f.rule for f in done.decision.findings if f.guard == "office_may_act"} == {rule}
    assert len(done.case.facts(fact)) == 1
