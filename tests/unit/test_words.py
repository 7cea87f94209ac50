"""Every guard speaks both languages, held and unmet, and no value is left unfilled."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from weigai.states.guards import load
from weigai.states.values import Finding
from weigai.states.words.findings import WORDS
from weigai.states.words.ids import LABELS, label
from weigai.states.words.render import sentence
from weigai.workflow.library import bundled, procedure_of

from tests.support import Desk, Road, person

BUILT_IN = {"action_available", "office_may_act", "unit_in_area", "data_complete", "paper_attached", "original_seen",
            "exemption_in_force", "paper_replaced"}  # fmt: skip
BUILT_IN |= {"policy_in_force", "policy_unchanged"}  # of an opening
BUILT_IN |= {"policy_fits_case", "state_follows", "step_holds", "step_not_early", "approval_stands"}  # of move_policy
BUILT_IN |= {"unit_owes_duty", "period_known"}  # of duties of units
BUILT_IN |= {"office_held", "confirmed_by_another", "two_admins_left", "own_login", "own_account"}  # of the register
BUILT_IN |= {"unmasking_allowed", "erasing_allowed", "case_ended", "retention_over", "reason_given"}  # of privacy
BUILT_IN |= {"by_own_hand"}  # of an erasure
BUILT_IN |= {"received_by_another"}  # of a list


def test_every_guard_has_its_words_and_no_words_are_left_over() -> None:
    assert set(WORDS) == set(load()) | BUILT_IN
    for words in WORDS.values():
        assert len(words) == 4
        assert all(words)


def test_every_name_of_the_plans_has_its_label() -> None:
    for name in bundled():
        procedure = procedure_of(name)
        ids = {*procedure.states, *procedure.acts, *procedure.modes, *procedure.classes, *procedure.records_for}
        ids |= {place for step in procedure.policy.steps for place in step.places}
        ids |= {line.fund for line, _ in procedure.lines}
        assert ids <= set(LABELS), ids - set(LABELS)
    assert label("unheard_of") == "unheard_of"
    assert label(None) == "—"


def test_every_needed_field_has_its_name() -> None:
    from weigai.states.forms import acts as forms
    from weigai.states.forms.form import missing
    from weigai.states.words.ids import FIELDS, field

    needed = {name for form in forms.FORMS for name in missing(forms.read(form, None))}
    assert needed == set(FIELDS)
    assert field("contents").endswith("[contents]")
    assert field("other") == "other"


def test_a_finding_of_an_unknown_guard_says_its_name() -> None:
    assert Finding("some_guard", None, False, "block", "X").reason() == "some_guard"


def test_silence_is_said_in_a_refusal_only() -> None:
    unmet = Finding("resettled", "R60", False, "block", "A", {"day": None}, silent=True)
    assert "方案未作规定" in unmet.reason("zh")
    assert "silent" in unmet.reason("en")
    assert "silent" not in unmet._replace(ok=True).reason("en")


def test_an_exemption_is_told_with_the_bounds_that_it_has_and_no_empty_ones() -> None:
    told = {"exempt": "R999", "number": 7, "by": "p-head"}
    act, until = {"act": "pass_final_acceptance"}, {"until": "2019-12-31"}
    said = [Finding("exemption_in_force", "R999", False, "warn", "A", {**told, **more}).reason("en")
            for more in ({"act": None, "until": None}, {**act, "until": None}, {"act": None, **until}, {**act, **until})]  # fmt: skip
    assert said[0] == "An exemption from R999 was granted (no. 7, by p-head)."
    assert [("only for" in one, "until" in one) for one in said[1:]] == [(True, False), (False, True), (True, True)]
    day, late = date(2019, 6, 10), date(2019, 6, 1)
    open_end, early = (
        Finding("exemption_bounded", None, False, "block", "A", {"until": u, "on": day}) for u in (None, late)
    )
    assert open_end.reason("zh").endswith("（until），截止日期不得早于 2019-06-10。")
    assert open_end.reason("en").endswith("(until), 2019-06-10 or later.")
    assert early.reason("zh").endswith("截止日期 2019-06-01 早于 2019-06-10。")
    assert early.reason("en").endswith("2019-06-01 is before 2019-06-10.")


@pytest.mark.parametrize("plan", ["a", "b"])
def test_every_finding_of_a_whole_road_reads_well(desk: Desk, plan: str) -> None:
    case = desk.open(plan)
    road = Road(desk, case, plan=plan)
    seen = set()
    for _ in range(40):
        state = desk.api.get(case, actor=person("county")).state
        if state == "archived":
            break
        empty = [d for office in ("village", "county") for d in desk.api.available(case, actor=person(office))]
        action, office, papers, data = road.act(state)
        for decision in (*empty, desk.check(case, action, office, papers, **data)):
            for finding in decision.findings:
                seen.add((finding.guard, finding.ok))
                for lang in ("zh", "en"):
                    said = finding.reason(lang)
                    assert "{" not in said, said
                    assert "None" not in said, said
                    assert said != finding.guard
                assert set(finding.as_json()) == {
                    "guard",
                    "rule",
                    "ok",
                    "effect",
                    "reason",
                    "source",
                    "silent",
                    "opens_on",
                    "who",
                }
        desk.take(case, action, office, papers, **data)
    assert len(seen) > 60


@pytest.mark.parametrize(
    ("kind", "most", "zh", "en"),
    [
        ("floor", None, "不得低于 26,500 元。", "must not be below 26,500 yuan."),
        ("floor", 40000, "不得低于 26,500 元，也不得高于 40,000 元。", "26,500 yuan, and no more than 40,000 yuan."),
        ("fixed", None, "应为 26,500 元。", "must be 26,500 yuan."),
        ("ceiling", None, "不得高于 26,500 元，也不得高于计划造价。", "no more than 26,500 yuan and the planned cost."),
    ],
)
def test_an_amount_that_does_not_fit_says_what_the_plan_wants(kind: str, most: int | None, zh: str, en: str) -> None:
    values = {"given_fen": 2_000_000, "kind": kind, "yuan": Decimal(26500), "most": most}
    assert sentence("subsidy_as_planned", values, ok=False) == f"金额 20,000.00 元不符合方案：{zh}"
    assert sentence("subsidy_as_planned", values, ok=False, lang="en").endswith(en)
    unnamed = sentence("subsidy_as_planned", {**values, "given_fen": None}, ok=False)
    assert unnamed == f"没有写明金额：{zh}"
