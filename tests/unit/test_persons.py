"""Who acts: two steps by two persons, a second person where time was short, nobody on a case of their own (D8, D9, H1-H6)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from weigai.states.case import Case
from weigai.states.errors import PolicyRefused
from weigai.states.guards.base import Around, Question
from weigai.states.guards.persons import different_person
from weigai.states.procedure.four_eyes import tables
from weigai.states.proofs.load import load_policy
from weigai.states.reading.describe import described
from weigai.states.record import CaseRecord
from weigai.workflow import Actor, Approvals, Decision, Done, GuardsNotMet, Keys
from weigai.workflow.library import bundled, procedure_of

from tests.support import COUNTY, HEAD, TOWNSHIP, VILLAGE, Desk, Road, documents, household, person

KEYS = Keys(b"k" * 32)
WHY = {"reason": "补录纸质材料"}
SECOND = {"agreed_by": "p-second"}
TEXT = bundled()["zhalantun-2019-a"]
PAIRS = sorted(
    (first, second)
    for first, second in {
        (name, other)
        for name, act in procedure_of("zhalantun-2019-a").acts.items()
        for against in act.against
        for other in against.others
    }
    if first not in ("reissue_payment", "deny_identity") and second not in ("reissue_payment", "deny_identity")
)
STATES = {part.action: part.state for part in procedure_of("zhalantun-2019-a").road} | {
    "confirm_identity": "identity_check"
}


def as_(who: str, office: str, *, trial: bool = False) -> Actor:
    """Return somebody in an office, with that office's area."""
    return Actor(who, office, person(office).units, trial=trial)


def take(desk: Desk, case: str, actor: Actor, action: str, papers: str, data: dict[str, Any]) -> Done:
    return desk.api.take(case, action, actor=actor, on=desk.today, data=data, documents=documents(papers, case))


def ask(desk: Desk, case: str, actor: Actor, action: str, papers: str, data: dict[str, Any]) -> Decision:
    return desk.api.check(case, action, actor=actor, on=desk.today, data=data, documents=documents(papers, case))


def unmet(decision: Decision) -> set[str]:
    return {f.guard for f in decision.unmet}


def place(procedure: Any, action: str) -> int:
    return int(procedure.place[STATES[action]])


# ------------------------------------------------------------------ four eyes


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_nobody_takes_two_steps_that_are_for_two(desk: Desk, first: str, second: str) -> None:
    procedure = procedure_of("zhalantun-2019-a")
    if (place(procedure, first), first == "accept_identity") > (place(procedure, second), second == "accept_identity"):
        first, second = second, first
    case = desk.open()
    road = desk.walk(case, STATES[first])
    if first == "confirm_identity":
        take(desk, case, as_("p-both", "poverty_office"), first, "", {"authority": "poverty_office"})
    else:
        action, office, papers, data = road.act(STATES[first])
        take(desk, case, as_("p-both", office), action, papers, data)
    road.to(STATES[second])
    action, office, papers, data = road.act(STATES[second])
    refused = ask(desk, case, as_("P-Both", office), action, papers, data)
    assert unmet(refused) == {"different_person"}
    [finding] = refused.unmet
    assert (finding.rule, finding.silent) == ("R77", True)
    assert first in {str(step) for step in finding.values["steps"]}
    with pytest.raises(GuardsNotMet):
        take(desk, case, as_("p-both", office), action, papers, data)
    assert ask(desk, case, as_("p-other", office), action, papers, data).allowed


def test_a_step_taken_back_and_run_anew_still_counts(store_desk: Desk) -> None:
    desk = store_desk
    case = desk.open()
    road = desk.walk(case, "identity_check")
    action, office, papers, data = road.act("identity_check")
    take(desk, case, as_("p-early", office), action, papers, data)
    desk.take(case, "step_back", office, reason="录入有误")
    road.to("county_review")
    assert desk.api.get(case, actor=person("county")).record["acts"]["accept_identity"]["by"] == person(office).person
    approve = road.act("county_review")
    assert unmet(ask(desk, case, as_("p-early", "county"), approve[0], approve[2], approve[3])) == {"different_person"}
    assert ask(desk, case, person("county"), approve[0], approve[2], approve[3]).allowed


def test_it_is_who_acted_that_counts_not_who_entered_it(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "appraisal")
    action, _, papers, data = road.act("appraisal")
    desk.api.take(
        case,
        action,
        actor=as_("p-a", "appraiser"),
        recorder=as_("p-clerk", "county"),
        on=desk.today,
        data=data,
        documents=documents(papers, case),
    )
    approve = road.act("county_review")
    assert ask(desk, case, as_("p-clerk", "county"), approve[0], approve[2], approve[3]).allowed
    assert unmet(ask(desk, case, as_("p-a", "county"), approve[0], approve[2], approve[3])) == {"different_person"}


def test_in_a_trial_county_it_is_flagged_only(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "appraisal")
    action, office, papers, data = road.act("appraisal")
    take(desk, case, as_("p-all", office, trial=True), action, papers, data)
    approve = road.act("county_review")
    decision = ask(desk, case, as_("p-all", "county", trial=True), approve[0], approve[2], approve[3])
    assert decision.allowed
    assert "different_person" in {f.guard for f in decision.warnings}


ACTS = sorted({name for pair in PAIRS for name in pair})
PEOPLE = ("p-1", "P-1", "p-2", "p-3")  # the first two are one, whatever their accounts and offices


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(PEOPLE), st.booleans()), max_size=12))
def test_any_order_of_any_persons_agrees_with_the_lists(chart: list[tuple[str, str, bool]]) -> None:
    """`stands` tells a step on the record from one that only the history has: taken back, or run anew."""
    procedure = procedure_of("zhalantun-2019-a")
    lists = [
        {"record_appraisal", "approve", "pay"},
        {"pass_preliminary_acceptance", "pass_final_acceptance"},
        {"accept_township_review", "approve"},
        {"pass_final_acceptance", "pay"},
    ]
    done: list[tuple[str, str]] = []
    record: dict[str, Any] = {"acts": {}, "facts": {}}
    for action, who, stands in chart:
        act = procedure.acts[action]
        case = Case(
            id="x",
            county=COUNTY,
            unit=VILLAGE,
            policy_id="",
            policy_hash="",
            state="",
            version=1,
            head="",
            record=CaseRecord(record),
        )
        took: dict[str, frozenset[str]] = {}
        for name, by in done:
            took[name] = took.get(name, frozenset()) | {by.casefold()}
        rest: dict[str, Any] = dict.fromkeys(("recorder", "today", "data", "calendar", "traits"))
        q = Question(
            case=case,
            procedure=procedure,
            act=act,
            actor=Actor(who, "any", (COUNTY,)),
            on=date(2019, 6, 10),
            documents=(),
            around=Around(took=took),
            **rest,
        )
        mine = {name for name, by in done if by.casefold() == who.casefold()}
        identity = {"accept_identity", "confirm_identity"}
        barred = any(action in names and (mine & names) - {action} for names in lists)
        barred |= action == "approve" and bool(mine & identity)
        barred |= action in identity and "approve" in mine
        assert different_person(q, act.table).ok is not barred
        if not barred:
            done.append((action, who))
            if stands:
                record = {**record, "acts": {**record["acts"], action: {"by": who}}}


def without_tables(content: str = TEXT) -> str:
    return re.sub(r"\[\[four_eyes\]\]\n(?:.+\n)+\n", "", content)


def test_without_a_table_the_kinds_of_the_steps_say_it() -> None:
    plain = load_policy(without_tables())
    assert not plain.policy.four_eyes
    own = {frozenset(t.steps) for t in tables(procedure_of("zhalantun-2019-a").policy)}
    assert {frozenset(t.steps) for t in tables(plain.policy)} == own
    assert {t.rule for t in tables(plain.policy)} == {"R77"}
    for name, act in plain.acts.items():
        assert {a.others for a in act.against} == {
            a.others for a in procedure_of("zhalantun-2019-a").acts[name].against
        }


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_plan_in_words_says_which_steps_are_for_two_in_either_case(lang: str) -> None:
    for content in (TEXT, without_tables()):
        [part] = [p for p in described(load_policy(content).policy, lang) if p.name == "four_eyes"]
        assert len(part.lines) == 5
        assert ("审批" if lang == "zh" else "approval") in part.lines[0].text


def test_a_plan_that_wants_none_keeps_appraisal_approval_and_payment_apart() -> None:
    none = '[[four_eyes]]\nsource = "county notice 3"\nreading = "one clerk for the whole county"\n\n[[hearings]]'
    procedure = load_policy(without_tables().replace("[[hearings]]", none, 1))
    apart = {"record_appraisal", "approve", "pay", "reissue_payment"}
    assert {name for name, act in procedure.acts.items() if act.against} == apart
    assert {a.guard.name for a in procedure.acts["register"].guards} & {"different_person"} == set()


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ('["approval"]', "at least two"), ('["approval", "aproval"]', "no such step, action or fact: aproval"),
        ('["approval", "approve"]', "approve occurs twice"), ('["payment", "payment"]', "occurs twice"),
        ("[]", "must be the only one"),
    ],
)  # fmt: skip
def test_pairs_that_bar_nobody_are_refused(steps: str, wrong: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        load_policy(TEXT.replace('["review", "approval"]', steps, 1))
    assert wrong in str(refused.value)
    assert all(p.line for p in refused.value.problems)


# ------------------------------------------------------------------ entered late


def test_an_act_of_long_ago_is_entered_by_two(store_desk: Desk) -> None:
    desk = store_desk
    case = desk.open()
    action, office, papers, data = Road(desk, case).act("draft")
    day = desk.today
    for days, barred in ((30, set()), (31, {"late_entry_agreed"})):
        desk.today = day + timedelta(days=days)
        assert unmet(desk.check(case, action, office, papers, on=day, **data)) == barred
    late = {**data, **WHY}
    for more in ({}, {"agreed_by": "p-village"}, {"agreed_by": "P-Village"}):
        assert unmet(desk.check(case, action, office, papers, on=day, **late, **more)) == {"late_entry_agreed"}
    assert unmet(desk.check(case, action, office, papers, on=day, **data, **SECOND)) == {
        "late_entry_agreed"
    }  # no reason
    done = desk.take(case, action, office, papers, on=day, **late, **SECOND)
    assert done.case.act(action)["agreed_by"] == "p-second"
    assert "entered_in_time" in {f.guard for f in done.decision.warnings}


def test_who_enters_it_is_no_second_person_and_a_stranger_is_none(desk: Desk) -> None:
    case = desk.open()
    action, _, papers, data = Road(desk, case).act("draft")
    day, desk.today = desk.today, desk.today + timedelta(days=60)
    told = {
        "on": day,
        "documents": documents(papers, case),
        "actor": person("village"),
        "recorder": as_("p-c", "township"),
    }

    def alone(other: str) -> set[str]:
        return unmet(desk.api.check(case, action, data={**data, **WHY, "agreed_by": other}, **told))

    assert alone("p-c") == {"late_entry_agreed"}
    assert alone("p-second") == set()
    desk.api.register.add_person(COUNTY, "p-known", "某人", offices=[("township", TOWNSHIP)], actor=person("admin"))
    assert alone("p-second") == {"late_entry_agreed"}
    assert alone("p-known") == set()


def test_what_happened_before_the_case_was_opened_is_late_from_then_on(desk: Desk) -> None:
    case = desk.open()
    told: dict[str, Any] = {"on": date(2019, 2, 2), "how": "rented"}
    desk.today += timedelta(days=30)
    assert desk.check(case, "record_resettlement", "township", **told).allowed
    desk.today += timedelta(days=1)
    assert unmet(desk.check(case, "record_resettlement", "township", **told)) == {"late_entry_agreed"}
    assert desk.check(case, "record_resettlement", "township", **told, **WHY, **SECOND).allowed


def test_a_case_is_not_opened_long_after_by_one(desk: Desk) -> None:
    day, desk.today = desk.today, desk.today + timedelta(days=31)
    told: dict[str, Any] = {"policy": "zhalantun-2019-a", "unit": VILLAGE, "on": day}
    with pytest.raises(GuardsNotMet) as refused:
        desk.api.open_case(household=household(note="补录"), actor=person("village"), **told)
    assert {f.guard for f in refused.value.unmet} == {"late_entry_agreed"}
    with pytest.raises(GuardsNotMet):
        desk.api.open_case(household=household(), actor=person("village"), agreed_by="p-second", **told)
    made = desk.api.open_case(household=household(note="补录"), actor=person("village"), agreed_by="p-second", **told)
    assert made.record["acts"]["open_case"]["data"] == {"agreed_by": "p-second", "confirmed": False}
    assert desk.api.open_case(household=household(), actor=as_("p-x", "village", trial=True), **told).version == 1


def test_in_a_trial_county_late_entries_are_flagged_only(desk: Desk) -> None:
    case = desk.open()
    action, office, papers, data = Road(desk, case).act("draft")
    day, desk.today = desk.today, desk.today + timedelta(days=99)
    for actor, recorder in ((True, True), (False, True), (True, False)):
        decision = desk.api.check(
            case,
            action,
            actor=as_("p-a", office, trial=actor),
            recorder=as_("p-b", "township", trial=recorder),
            on=day,
            data=data,
            documents=documents(papers, case),
        )
        assert decision.allowed
        assert "late_entry_agreed" in {f.guard for f in decision.warnings}


# ------------------------------------------------------------------ entered so that a period is shorter


@given(st.integers(0, 40))
def test_a_notice_of_monday_is_entered_on_thursday_later_by_two(days: int) -> None:
    from weigai.states.guards.persons import shortening_agreed

    procedure = procedure_of("zhalantun-2019-a")
    act = procedure.acts["post_village_notice"]
    table = procedure.policy.guards.shortening_agreed
    assert table is not None
    monday = date(2019, 6, 10)
    from weigai.states.forms.acts import read

    def answer(**data: Any) -> bool:
        rest: dict[str, Any] = dict.fromkeys(("case", "calendar", "traits"))
        q = Question(
            procedure=procedure,
            act=act,
            actor=person("village"),
            recorder=person("village"),
            on=monday,
            today=monday + timedelta(days=days),
            data=read("posting", data),
            documents=(),
            **rest,
        )
        return bool(shortening_agreed(q, table).ok)

    both = ["village_board", "main_street"]
    assert answer(places=both) is (days <= 3)
    assert answer(places=both, **WHY, **SECOND)
    assert answer(places=both, **SECOND) is (days <= 3)  # no reason
    assert answer(places=both, **WHY, agreed_by="p-village") is (days <= 3)
    thursday = (monday + timedelta(days=3)).isoformat()
    assert answer(places=both, posted={"main_street": thursday}) is (days <= 6)  # the period starts with the last place
    assert answer(places=["village_board"], posted={"main_street": thursday}) is (
        days <= 3
    )  # which shows nothing there


@pytest.mark.parametrize(
    ("fact", "office", "data"),
    [
        ("take_down_notice", "village", {"level": "village", "place": "main_street"}),
        ("repost_notice", "village", {"level": "village", "corrected": True}),
        ("suspend", "township", WHY),
        ("resume", "township", {}),
        ("answer_objection", "village", {"upheld": False, "outcome_reason": "不属实"}),
    ],
)
def test_what_moves_a_period_is_entered_soon_or_by_two(
    desk: Desk, fact: str, office: str, data: dict[str, Any]
) -> None:
    case = desk.open()
    desk.walk(case, "village_publicity")
    data = dict(data)
    if fact == "resume":
        desk.take(case, "suspend", "township", **WHY)
    if fact == "answer_objection":
        objection = {"level": "village", "grounds": "不符合条件"}
        data["objection"] = desk.take(case, "raise_objection", "village", **objection).event.seq
    day = desk.today
    for days in (3, 4):
        desk.today = day + timedelta(days=days)
        decision = desk.check(case, fact, office, on=day, **data)
        waits = days > 3 and fact == "suspend"  # whose reason is given: it wants only the second person
        assert unmet(decision) == ({"shortening_agreed"} if days > 3 and not waits else set())
        assert bool(decision.waiting) is (days > 3)
    desk.take(case, fact, office, on=day, **{**data, **WHY, **SECOND})


def test_an_objection_of_the_last_day_wins_over_a_closing_of_that_day(desk: Desk) -> None:
    """D8: the objection holds the notice open, however the two are entered on one day."""
    case = desk.open()
    road = desk.walk(case, "village_publicity")
    close = road.act("village_publicity")
    desk.take(case, "raise_objection", "village", level="village", grounds="不符合条件")
    assert unmet(desk.check(case, *close[:3], **close[3])) == {"no_open_objection"}


# ------------------------------------------------------------------ a case of one's own


def with_keys(desk: Desk) -> Desk:
    desk.api = Approvals(desk.session, now=desk.now, files=desk.files, keys=KEYS)
    return desk


def declared(desk: Desk, who: str, kind: str, number: str, slot: str = "self", county: str = COUNTY) -> None:
    """Put a person's number into the blind index, as a declaration does."""
    row = {"county": county, "kind": kind, "token": KEYS.token(kind, number), "stream": f"person/{who}", "person": slot}
    desk.session.connection().execute(
        text(
            "INSERT INTO weigai_index (county, kind, token, stream, person) VALUES (:county, :kind, :token, :stream, :person)"
        ),
        row,
    )


SON = "150799198801010014"
OWN = [
    ("id_number", HEAD["id_number"], "self", "own_number"),
    ("id_number", SON, "relative-2", "relative"),
    ("card", "6217000000000001", "self", "own_card"),
]


@pytest.mark.parametrize(("kind", "number", "slot", "how"), OWN)
def test_nobody_decides_on_a_household_of_their_own(
    store_desk: Desk, kind: str, number: str, slot: str, how: str
) -> None:
    desk = with_keys(store_desk)
    members = [{"name": "张小", "id_number": SON, "relation": "child"}]
    case = desk.open(members=members)
    road = desk.walk(case, "township_review")
    declared(desk, "p-kin", kind, number, slot)
    declared(desk, "p-stranger", "id_number", "150799195406120025")
    declared(desk, "p-elsewhere", kind, number, slot, county="150784")
    action, office, papers, data = road.act("township_review")
    refused = ask(desk, case, as_("p-kin", office), action, papers, data)
    assert unmet(refused) == {"not_own_case"}
    [finding] = refused.unmet
    assert (finding.rule, finding.values["persons"], finding.values["how"]) == ("R77", ("p-kin",), (how,))
    assert number not in finding.reason("zh") + finding.reason("en")
    assert unmet(ask(desk, case, as_("P-Kin", office), action, papers, data)) == {"not_own_case"}
    agreed = {**data, "agreed_by": "p-kin"}
    assert unmet(ask(desk, case, as_("p-x", office), action, papers, agreed)) == {"not_own_case"}
    for other in ("p-stranger", "p-elsewhere", "p-x"):
        assert ask(desk, case, as_(other, office), action, papers, data).allowed
    flagged = ask(desk, case, as_("p-kin", office, trial=True), action, papers, data)
    assert flagged.allowed
    assert "not_own_case" in {f.guard for f in flagged.warnings}


def test_it_is_asked_at_every_decision_and_payment_and_at_no_other_act() -> None:
    for plan in "ab":
        procedure = procedure_of(f"zhalantun-2019-{plan}")
        asked = {name for name, act in procedure.acts.items() if "not_own_case" in {a.guard.name for a in act.guards}}
        deciding = {name for name, act in procedure.acts.items() if act.decides or act.kind == "payment"}
        assert deciding <= asked
        assert {"pay", "reissue_payment", "confirm_identity", "answer_objection", "exempt", "correct"} <= asked
        assert not {"post_village_notice", "record_survey", "start_works", "attach"} & asked


def test_a_policy_without_its_table_asks_too() -> None:
    lean = re.sub(r"\[guards\.not_own_case\]\n(?:.+\n)+\n", "", TEXT)
    assert lean != TEXT
    act = load_policy(lean).acts["approve"]
    assert "not_own_case" in {asked.guard.name for asked in act.guards}


def test_who_stepped_aside_decides_nothing_later_on(store_desk: Desk) -> None:
    desk = store_desk
    case = desk.open()
    road = desk.walk(case, "village_deliberation")
    action, office, papers, data = road.act("village_deliberation")
    aside = {**data, "relation_declared": True, "stepped_aside": ["p-uncle"]}
    assert unmet(ask(desk, case, as_("p-uncle", office), action, papers, aside)) == {"not_own_case"}
    desk.take(case, action, office, papers, **aside)
    desk.take(case, "step_back", office, reason="票数有误")
    desk.take(case, action, office, papers, **data)  # which says nothing of it any more
    road.to("township_review")
    action, office, papers, data = road.act("township_review")
    assert unmet(ask(desk, case, as_("p-uncle", office), action, papers, data)) == {"not_own_case"}
    assert ask(desk, case, as_("p-other", office), action, papers, data).allowed


def test_who_is_said_by_a_correction_to_have_stepped_aside_decides_nothing_later_on(store_desk: Desk) -> None:
    desk = store_desk
    case = desk.open()
    road = desk.walk(case, "township_review")
    right = {"acts": {"record_deliberation": {"stepped_aside": ["p-uncle"]}}}
    desk.take(case, "correct", "township", correction=right, cause="error", reason="漏记回避", agreed_by="p-second")
    action, office, papers, data = road.act("township_review")
    assert unmet(ask(desk, case, as_("p-uncle", office), action, papers, data)) == {"not_own_case"}
    assert ask(desk, case, as_("p-other", office), action, papers, data).allowed
