"""Exemptions are an allow-list: a policy names what may be exempted, and no exemption lifts what is of the floor."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weigai.states.decide import decide
from weigai.states.errors import PolicyRefused
from weigai.states.guards import load as guards
from weigai.states.guards.base import Question
from weigai.states.proofs import load
from weigai.states.proofs.load import load_kept, load_policy
from weigai.workflow import context, library
from weigai.workflow.library import procedure_of

from tests.exempted import BANK, LIFTABLE, OLD, STATES, in_each_state, lifted, named, of_rule, question, told_at
from tests.profiles import examples
from tests.support import VILLAGE, Desk, Road, household, person
from tests.unit.safety import toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from weigai.states.case import Case

REASON, SECOND = {"reason": "等同设施"}, {"agreed_by": "p-second"}


def forget() -> None:
    """Forget what was read before: the next process has another release's checks."""
    library.compiled.cache_clear()
    library.sound.cache_clear()
    context._PROCEDURES.clear()


@pytest.fixture
def earlier(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Add policies as an earlier release did, which asked nothing of exemptions."""
    forget()
    monkeypatch.setattr(load, "unexemptible", lambda procedure: ())
    yield monkeypatch
    forget()


def opened(desk: Desk, tmp_path: Path, text: str, plan: str = "a", **changes: Any) -> str:
    path = tmp_path / "our.toml"
    path.write_text(text, encoding="utf-8")
    told = household(plan, **changes)
    case = desk.api.open_case(policy=str(path), unit=VILLAGE, household=told, actor=person("village"), on=desk.today)
    path.unlink()
    return case.id


def exempt(desk: Desk, case: str, rule: str, **more: Any) -> None:
    bound = more or {"until": "2019-12-31"}
    desk.take(case, "exempt", "county", rule=rule, granted_by="p-head", **REASON, **SECOND, **bound)


def unmet(desk: Desk, *act: Any, **data: Any) -> set[str]:
    return {f.guard for f in desk.check(*act, **data).unmet}


def asked(desk: Desk, case: str, rule: str, **bound: Any) -> set[str]:
    return unmet(desk, case, "exempt", "county", rule=rule, granted_by="p-head", **REASON, **SECOND, **bound)


UNTIL = {"until": "2019-12-31"}


def furnished(desk: Desk, case: str) -> tuple[str, str, str, dict[str, Any]]:
    """Return the final acceptance of a guaranteed house that has no stove."""
    road = desk.walk(case, "final_acceptance", mode="guaranteed_housing", builder="township", area="40.00")
    act = road.act("final_acceptance")
    return (*act[:3], {**act[3], "checklist": {**act[3]["checklist"], "stove": False}})


# ------------------------------------------------------------------ what an exemption is


def test_an_exemption_lifts_what_the_policy_names_until_its_day_and_is_always_shown(desk: Desk) -> None:
    case = desk.open()
    act = furnished(desk, case)
    assert unmet(desk, case, *act[:3], **act[3]) == {"checklist_complete"}
    last = desk.today.isoformat()
    told = {"rule": "R36c", "granted_by": "p-head", **REASON, "until": last}
    assert [f.guard for f in desk.check(case, "exempt", "county", **told).waiting] == ["second_person_confirmed"]
    assert "office_may_act" in unmet(desk, case, "exempt", "township", **told, **SECOND)
    desk.take(case, "exempt", "county", **told, **SECOND)
    decision = desk.check(case, *act[:3], **act[3])
    assert decision.allowed
    assert {"checklist_complete", "exemption_in_force"} <= {f.guard for f in decision.warnings}
    desk.today = date(2019, 12, 31)
    assert "checklist_complete" in unmet(desk, case, *act[:3], **act[3])


def test_an_exemption_for_one_act_holds_for_that_act_alone_and_once(desk: Desk) -> None:
    case = desk.open()
    act = furnished(desk, case)
    early = desk.walk(case, "final_acceptance").act("preliminary_acceptance")
    exempt(desk, case, "R36c", act="pass_final_acceptance")
    assert desk.check(case, *act[:3], **act[3]).allowed
    assert early[0] == "pass_preliminary_acceptance"
    desk.take(case, *act[:3], **act[3])
    desk.take(case, "step_back", "county", reason="录入有误")
    assert unmet(desk, case, *act[:3], **act[3]) == set()  # taken back: it was not used
    desk.take(case, *act[:3], **act[3])
    found = desk.api.get(case, actor=person("county"))
    assert [n for n, _ in found.exemptions(desk.today, "pass_final_acceptance")] == []
    assert len(found.exemptions(desk.today, "pass_final_acceptance", taken=True)) == 1


def test_an_exemption_names_its_act_or_its_last_day(desk: Desk) -> None:
    case = desk.open()
    assert asked(desk, case, "R36c") == {"exemption_bounded"}
    assert asked(desk, case, "R36c", until="2019-06-01") == {"exemption_bounded"}
    assert asked(desk, case, "R36c", act="pass_final_acceptance") == set()
    assert asked(desk, case, "R36c", act="approve") == {"exemption_lifts"}
    assert asked(desk, case, "R36c", act="no_such_act", **UNTIL) == {"exemption_lifts"}


def test_an_exemption_from_one_item_leaves_the_other_items_wanting(desk: Desk) -> None:
    case = desk.open()
    action, office, papers, data = furnished(desk, case)
    exempt(desk, case, "R36c")
    for item, rule in (("safe", "R36b"), ("ring_beams", "R36b2"), ("workmanship", "R63")):
        worse = {**data, "checklist": {**data["checklist"], item: False}}
        decision = desk.check(case, action, office, papers, **worse)
        assert [(f.guard, f.rule) for f in decision.unmet] == [("checklist_complete", rule)]


def test_an_exemption_that_only_replaces_papers_leaves_an_item_of_its_rule_wanting(desk: Desk, tmp_path: Path) -> None:
    text = named("a", of_rule("R36c") + of_rule("R42", replaces="income_proof", papers=["village_statement"]))
    start = text.index('id = "whitewash"')
    text = text[:start] + text[start:].replace('"R36c"', '"R42"', 1)
    case = opened(desk, tmp_path, text)
    action, office, papers, data = furnished(desk, case)
    for rule in ("R36c", "R42"):
        exempt(desk, case, rule)
    worse = {**data, "checklist": {**data["checklist"], "whitewash": False}}
    decision = desk.check(case, action, office, papers, **worse)
    assert [(f.guard, f.rule) for f in decision.unmet] == [("checklist_complete", "R42")]


def test_what_the_policy_does_not_name_is_exempted_for_nobody(desk: Desk) -> None:
    case = desk.open()
    for rule in ("R77", "R74", "R46", "R40a", "R44", "R17", "R5", "R36b", "R999"):
        assert asked(desk, case, rule, **UNTIL) == {"rule_exemptible"}, rule


@pytest.mark.parametrize("text", ["# nothing\n", OLD.replace("[]", '["R36c"]')])
def test_without_a_table_and_by_an_old_list_that_names_it_nothing_is_exempted(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch, text: str
) -> None:
    assert "rule_exemptible" in asked(desk, opened(desk, tmp_path, named("a", text)), "R36c", **UNTIL)


# ------------------------------------------------------------------ the floor, under a kept policy that never named it

FLOOR = [
    "R77",
    "R74",
    "R46",
    "R47",
    "R50",
    "R51",
    "R54",
    "R29a",
    "R29b",
    "R29c",
    "R28",
    "R60",
    "R40a",
    "R30",
    "R56",
    "R41",
    "R42",
    "R44",
    "R69",
    "R62",
    "R78",
    "R66",
    "R55",
    "R45",
    "R49",
    "R57",
    "R37",
    "R38",
]


def test_what_is_of_the_floor_is_exempted_under_no_policy(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch
) -> None:
    case = opened(desk, tmp_path, named("a", OLD))
    for rule in FLOOR:
        assert asked(desk, case, rule, **UNTIL) == {"exemption_lifts"}, rule


def test_a_new_policy_that_lists_what_is_of_the_floor_is_refused() -> None:
    with pytest.raises(PolicyRefused) as refused:
        load_policy(named("a", "".join(of_rule(rule) for rule in FLOOR)))
    assert [p.zh.split("：")[1].split()[0] for p in refused.value.problems] == FLOOR
    assert all("底线" in p.zh and p.line is not None for p in refused.value.problems)


def granted(desk: Desk, case: str, *rules: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exempt a household as an earlier program did, which let every rule be exempted."""
    with monkeypatch.context() as m:
        m.setattr("weigai.states.decide.ask", without(("exemption_lifts",)))
        for rule in rules:
            exempt(desk, case, rule)


def without(names: tuple[str, ...]) -> Any:
    from weigai.states.decide import ask

    return lambda asked, q: None if asked.guard.name in names else ask(asked, q)


def under_old(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch, *rules: str, plan: str = "a", **more: Any
) -> str:
    case = opened(desk, tmp_path, named(plan, OLD), plan, **more)
    granted(desk, case, *rules, monkeypatch=earlier)
    return case


def test_an_area_above_the_cap_is_refused_whatever_was_exempted(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, earlier, "R77", "R74", "R30")
    road = desk.walk(case, "county_review", area="200.00")
    act = road.act("county_review")
    assert unmet(desk, case, *act[:3], **act[3]) == {"area_within_limit"}


def test_a_notice_hangs_its_days_and_is_answered_whatever_was_exempted(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, earlier, "R77", "R46", "R47", "R50", "R54")
    desk.walk(case, "village_publicity")
    close = (case, "close_village_publicity", "village", "")
    assert unmet(desk, *close, hung_throughout=True) == {"publicity_days_complete"}
    assert "hung_throughout" in unmet(desk, *close, hung_throughout=False)
    desk.take(case, "raise_objection", "village", level="village", grounds="x")
    assert "no_open_objection" in unmet(desk, *close, hung_throughout=True)


def test_a_household_with_a_house_is_appraised_whatever_was_exempted(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, earlier, "R29b", "R29a", "R30", "R28")
    road = desk.walk(case, "appraisal")
    assert unmet(desk, case, "waive_appraisal", "county") == {"waiver_allowed"}
    act = road.act("appraisal")
    by_township = {**act[3], "engaged_by": "township", "body": None}
    assert {"appraiser_engaged", "paper_attached"} <= unmet(desk, case, *act[:2], "", **by_township)
    assert unmet(desk, case, *act[:3], **{**act[3], "grade": "A"}) == {"grade_eligible"}


def test_the_township_never_appraises_by_itself_under_plan_b(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, earlier, "R29b", plan="b")
    road = desk.walk(case, "appraisal", plan="b")
    act = road.act("appraisal")
    by_township = {**act[3], "engaged_by": "township"}
    assert unmet(desk, case, *act[:2], "", **by_township) >= {"appraiser_engaged", "paper_attached"}


def test_an_application_is_written_and_signed_whatever_was_exempted(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, earlier, "R41", "R42", "R44", "R3")
    road = Road(desk, case)
    act = road.act("draft")
    bare = {**act[3], "signed_by_head": False, "consents": False, "photo_shows_head": False}
    found = unmet(desk, case, *act[:2], "", **bare)
    assert found == {
        "application_complete",
        "consent_given",
        "danger_photo_complete",
        "paper_attached",
    }


def test_agreement_supervisor_inspection_and_archive_are_asked_whatever_was_exempted(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, earlier, "R69", "R62", "R60", "R56", "R78", "R66", "R29c")
    road = desk.walk(case, "agreement")
    act = road.act("agreement")
    assert "agreement_complete" in unmet(desk, case, *act[:3], **{**act[3], "items": []})
    road.to("site_preparation")
    assert {"resettled", "supervisor_appointed"} <= unmet(desk, case, "start_works", "township")
    road.to("final_acceptance")
    desk.take(case, "record_inspection", "county", problem=True, blocks_acceptance=True, note="墙体开裂")
    act = road.act("final_acceptance")
    assert unmet(desk, case, *act[:3], **act[3]) == {"inspections_closed"}
    desk.take(case, "close_inspection", "county", inspection=desk.api.get(case, actor=person("county")).version)
    road.to("archiving")
    assert {"paper_attached", "report_copies_kept"} <= unmet(desk, case, "archive", "county", copies=[])


def test_resuming_what_is_not_suspended_is_a_finding_whatever_was_exempted(
    desk: Desk, tmp_path: Path, earlier: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, earlier, "R55")
    desk.walk(case, "village_publicity")
    assert unmet(desk, case, "resume", "township") == {"is_suspended"}


# ------------------------------------------------------------------ exemptions of earlier programs


@pytest.fixture
def lifting(earlier: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Lift as an earlier program did: every bar of the rule."""

    def lifted(finding: Any, asked: Any, q: Question) -> Any:
        of_rule = any(data["rule"] == finding.rule for _, data in q.case.exemptions(q.on))
        return finding._replace(effect="warn") if of_rule and not asked.guard.of_moment else finding

    earlier.setattr("weigai.states.decide.lifted", lifted)
    return earlier


def test_what_an_exemption_lifted_of_the_floor_is_a_doubt_and_payment_waits(
    desk: Desk, tmp_path: Path, lifting: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, lifting, "R69")
    road = desk.walk(case, "agreement")
    act = road.act("agreement")
    desk.take(case, *act[:3], **{**act[3], "items": []})
    lifting.undo()
    act = road.act("site_preparation")
    decision = desk.check(case, *act[:3], **act[3])
    assert decision.warnings and "floor_kept" in {f.guard for f in decision.findings if not f.ok}
    assert {f.guard for f in decision.unmet} == {"agreement_complete"}
    right = {"acts": {"sign_agreement": {"items": ["task", "quality", "progress", "safety", "completion"]}}}
    desk.take(case, "correct", "county", correction=right, cause="error", **REASON, **SECOND)
    road.to("archived")


def test_a_payment_waits_for_what_was_lifted_until_it_is_mended(
    desk: Desk, tmp_path: Path, lifting: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, lifting, "R56")
    road = desk.walk(case, "final_acceptance")
    told = {"problem": True, "blocks_acceptance": True, "note": "墙体开裂"}
    number = desk.take(case, "record_inspection", "county", **told).event.seq
    road.to("payment")
    lifting.undo()
    act = road.act("payment")
    found = next(f for f in desk.check(case, *act[:3], **act[3]).unmet)
    assert (found.guard, found.values["rules"]) == ("floor_kept", ("R56",))
    assert desk.api.records.verify(actor=person("county")).problems == ()
    desk.take(case, "close_inspection", "county", inspection=number, on=desk.today)
    road.to("archived")


def test_a_case_with_an_old_exemption_moves_to_a_mended_policy_and_keeps_its_doubt(
    desk: Desk, tmp_path: Path, lifting: pytest.MonkeyPatch
) -> None:
    case = under_old(desk, tmp_path, lifting, "R69", "R44")
    road = desk.walk(case, "agreement")
    act = road.act("agreement")
    desk.take(case, *act[:3], **{**act[3], "items": []})
    lifting.undo()
    path = tmp_path / "mended.toml"
    path.write_text(named("a"), encoding="utf-8")
    desk.api.move_policy(case, str(path), actor=person("county"), on=desk.today, reason="x", agreed_by="p-township")
    act = road.act("site_preparation")
    assert "agreement_complete" in unmet(desk, case, *act[:3], **act[3])
    assert "floor_kept" in {f.guard for f in desk.check(case, *act[:3], **act[3]).warnings}


def test_an_exemption_without_act_and_day_is_still_read(desk: Desk) -> None:
    case = desk.api.get(desk.open(), actor=person("county"))
    old = {"on": "2019-06-01", "by": "p-x", "office": "county", "data": {"rule": "R36c", "granted_by": "p-y"}}
    record = case.record.folded({"facts/exempt/2": old})
    assert replace(case, record=record).exemptions(date(2030, 1, 1), "approve") == [(2, old["data"])]


# ------------------------------------------------------------------ a missing paper

INSTEAD = of_rule("R42", replaces="income_proof", papers=["village_statement"])


def test_a_missing_paper_is_never_exempted_and_is_replaced_by_what_the_policy_names(desk: Desk, tmp_path: Path) -> None:
    case = opened(desk, tmp_path, named("a", INSTEAD))
    road = Road(desk, case)
    action, office, papers, data = road.act("draft")
    less = papers.replace("income_proof", "")
    exempt(desk, case, "R42", act="submit_application")
    assert {"paper_attached"} <= unmet(desk, case, action, office, less, **data)
    decision = desk.check(case, action, office, f"{less} village_statement", **data)
    assert decision.allowed
    assert "paper_replaced" in {f.guard for f in decision.warnings}
    other = less.replace("registration_proof", "") + " village_statement"
    assert "paper_attached" in unmet(desk, case, action, office, other, **data)  # of the same rule, and not named


def test_a_paper_is_replaced_by_an_exemption_only(desk: Desk, tmp_path: Path) -> None:
    case = opened(desk, tmp_path, named("a", INSTEAD))
    action, office, papers, data = Road(desk, case).act("draft")
    less = papers.replace("income_proof", "village_statement")
    assert "paper_attached" in unmet(desk, case, action, office, less, **data)


# ------------------------------------------------------------------ policy files


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        (OLD, "never"),
        (OLD.replace("[]", '["R999"]'), "never"),
        (of_rule("R998"), "不是本方案的规则"),
        (of_rule("R36c") + of_rule("R36c"), "写了两次"),
        (of_rule("R36c", papers=["village_statement"]), "replaces"),
        (of_rule("R42", replaces="income_proof"), "papers"),
        (of_rule("R42", replaces="income_proof", papers=["income_proof"]), "papers"),
        (of_rule("R42", replaces="income_prof", papers=["village_statement"]), "income_proof"),
    ],
)
def test_a_new_policy_says_what_may_be_exempted_and_how_to_mend_is_told(text: str, zh: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        load_policy(named("a", text))
    (problem,) = refused.value.problems
    assert zh in problem.zh
    assert problem.line is not None


def test_a_policy_that_was_kept_with_an_old_list_is_read(earlier: pytest.MonkeyPatch) -> None:
    kept = load_kept(named("a", OLD.replace("[]", '["R36b", "R63"]')))
    assert "R36c" in kept.exempting.lifts
    assert not {"R36b", "R63"} & kept.exempting.rules


# ------------------------------------------------------------------ every act, whatever was exempted

CASES: dict[str, Case] = {}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Bring a case into each of its states."""
    from weigai.db import open_engine

    from tests import templates

    folder = tmp_path_factory.mktemp("exempted")
    engine = open_engine(templates.sqlite(folder / "desk.db"))
    with Desk(engine, folder / "files") as desk:
        CASES.update(in_each_state(desk))
    engine.dispose()


PLAN = procedure_of("zhalantun-2019-a")
RULES = st.lists(st.sampled_from(sorted(PLAN.rules))) | st.just(sorted(PLAN.rules))


@settings(max_examples=examples(300), deadline=None)
@given(
    state=st.sampled_from(STATES),
    name=st.sampled_from(sorted(PLAN.acts)),
    rules=RULES,
    left_out=st.sets(st.sampled_from(sorted(BANK)), max_size=3),
)
def test_every_act_under_every_set_of_exemptions_is_judged_and_lifts_nothing_of_the_floor(
    cases: None, state: str, name: str, rules: list[str], left_out: set[str]
) -> None:
    assert lifted(CASES[state], load_kept(named("a", OLD)), name, set(rules), left_out) == set()


def test_the_guards_that_an_exemption_may_lift_judge_lasting_facts_of_no_part_of_the_floor() -> None:
    free = {guard.name: guard for guard in guards().values() if guard.liftable}
    assert set(free) == LIFTABLE
    assert not any(guard.of_moment or guard.firm for guard in free.values())


def warned(text: str) -> str:
    """Return a plan in which every table that may says that it only warns."""
    told = tomllib.loads(text)
    for name in ("subsidies", "lines"):
        for entry in told[name]:
            entry["effect"] = "warn"
    for mode in told["modes"]:
        for table in (mode, *mode["payees"], *([mode["area"]] if "area" in mode else [])):
            table["effect"] = "warn"
    for table in told["guards"].values():
        table["effect"] = "warn"
    return toml(told)


WORD = warned(named("a"))
FIRM = {guard.name for guard in guards().values() if guard.firm}


@settings(max_examples=examples(300), deadline=None)
@given(
    state=st.sampled_from(STATES),
    name=st.sampled_from(sorted(PLAN.acts)),
    left_out=st.sets(st.sampled_from(sorted(BANK)), max_size=3),
)
def test_no_word_of_a_policy_makes_what_is_of_the_floor_a_warning(
    cases: None, state: str, name: str, left_out: set[str]
) -> None:
    said = []
    for procedure in (load_kept(named("a")), load_kept(WORD)):
        act = procedure.acts[name]
        found = decide(question(CASES[state], procedure, act, told_at(act, left_out))).findings
        said.append({(f.guard, f.effect) for f in found if f.guard in FIRM})
    assert said[0] == said[1]
