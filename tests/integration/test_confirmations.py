"""Two persons are two: what the first asks for waits, and takes effect once the second confirms it; on each back end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from weigai.db.cases.cases import Cases
from weigai.states.forms.acts import FORMS, schema
from weigai.workflow import Actor, CaseMovedOn, CaseNotFound, GuardsNotMet, InputRefused, NotFound, RequestReused

from tests.support import COUNTY, FIRST, TOWNSHIP, Desk, documents, founded, holds, person

if TYPE_CHECKING:
    from weigai.workflow import Done

WHY = {"reason": "灾后集中开工"}
EXEMPT = {"rule": "R36c", "granted_by": "p-head", "until": "2019-12-31", **WHY}
CARD = {
    "correction": {"household": {"account": {"card": "6217000000000002", "card_holder": "张三"}}},
    "cause": "error",
    **WHY,
}
OTHER = Actor("p-other", "county", (COUNTY,))


def asked(desk: Desk, **more: Any) -> tuple[str, Done]:
    """Ask for an exemption on a new case; return the case and what waits."""
    case = desk.open()
    return case, desk.ask(case, "exempt", "county", **{**EXEMPT, **more})


def confirm(desk: Desk, done: Done, who: Actor = OTHER, **more: Any) -> Done:
    return desk.api.confirm(str(done.pending), actor=who, **more)


def refused(desk: Desk, done: Done, who: Actor) -> set[str]:
    """Return the guards that refuse a confirmation; nothing is then written."""
    before = desk.api.get(done.case.id, actor=OTHER).version
    with pytest.raises(GuardsNotMet) as told:
        confirm(desk, done, who)
    assert desk.api.get(done.case.id, actor=OTHER).version == before
    return {f.guard for f in told.value.unmet}


def actions(desk: Desk, case: str) -> list[str]:
    return [event.action for event in desk.api.history(case, actor=OTHER)]


def sound(desk: Desk) -> None:
    """Nothing of the record fails to verify, and no act differs from its policy."""
    verified = desk.api.records.verify()
    assert (verified.problems, desk.api.records.findings(actor=OTHER, kinds=["decided_otherwise", "no_office"])) == (
        (),
        [],
    )


def test_what_is_asked_for_changes_nothing_until_it_is_confirmed(store_desk: Desk) -> None:
    case, done = asked(store_desk)
    assert done.pending == f"{case}-2"
    assert done.waits_for == ("township", "county")
    waiting = store_desk.api.get(case, actor=OTHER)
    assert (waiting.exemptions(date(2019, 7, 1)), list(waiting.record.pending)) == ([], ["2"])
    after = confirm(store_desk, done)
    assert (after.event.action, after.event.acted_by, after.event.recorded_by) == ("exempt", "p-county", "p-other")
    ((_, granted),) = after.case.exemptions(date(2019, 7, 1))
    assert (granted["agreed_by"], granted["confirmed"]) == ("p-other", True)
    assert not after.case.record.pending
    assert actions(store_desk, case) == ["open_case", "request_confirmation", "confirm_request", "exempt"]
    sound(store_desk)


def test_the_act_keeps_its_day_and_is_late_by_the_day_of_confirming(store_desk: Desk) -> None:
    day = store_desk.today
    _case, done = asked(store_desk)
    store_desk.today = day + timedelta(days=20)
    after = confirm(store_desk, done)
    assert after.event.occurred_on == day.isoformat()
    late = [f for f in after.event.warnings if f["guard"] == "entered_in_time"]
    assert [f["values"]["late"] for f in late] == [20]
    sound(store_desk)


def test_a_late_entry_without_a_reason_is_refused_on_confirming(desk: Desk) -> None:
    case = desk.open()
    desk.walk(case, "village_publicity")
    posted = desk.today
    desk.today += timedelta(days=4)
    with pytest.raises(GuardsNotMet):  # one person's late entry has a reason
        desk.ask(case, "take_down_notice", "village", on=posted, level="village", place="main_street")
    done = desk.ask(case, "take_down_notice", "village", on=posted, level="village", place="main_street", **WHY)
    assert confirm(desk, done).event.occurred_on == posted.isoformat()


def test_what_comes_too_late_by_the_day_of_confirming_is_refused(store_desk: Desk) -> None:
    case = store_desk.open()
    told = {"rule": "R36c", "granted_by": "p-head", "until": store_desk.today.isoformat(), **WHY}
    done = store_desk.ask(case, "exempt", "county", **told)
    store_desk.today += timedelta(days=1)
    assert refused(store_desk, done, OTHER) == {"exemption_bounded"}


def test_a_period_made_shorter_moves_the_case_when_it_is_confirmed(store_desk: Desk) -> None:
    desk, case = store_desk, store_desk.open()
    road = desk.walk(case, "village_notice")
    posted = desk.today
    desk.today += timedelta(days=4)
    _, _, papers, data = road.act("village_notice")
    done = desk.ask(case, "post_village_notice", "village", papers, on=posted, **data, **WHY)
    assert (done.pending is not None, done.case.state) == (True, "village_notice")
    after = confirm(desk, done, person("township"))
    assert (after.event.from_state, after.event.to_state) == ("village_notice", "village_publicity")
    assert after.event.occurred_on == posted.isoformat()
    assert [paper["kind"] for paper in after.event.documents] == papers.split()
    assert after.case.record.papers["village_notice_photo"] == {str(after.event.seq): 2}
    sound(desk)


def test_a_correction_waits_only_where_it_touches_money(store_desk: Desk) -> None:
    case = store_desk.open()
    income = {"correction": {"household": {"income": "5200"}}, "cause": "error", **WHY, "agreed_by": "p-other"}
    plain = store_desk.ask(case, "correct", "county", **income)
    assert plain.pending is None
    assert plain.case.facts("correct")[0]["data"]["confirmed"] is False
    done = store_desk.ask(case, "correct", "county", **CARD)
    before = store_desk.api.household(case, actor=OTHER)["account"]
    assert done.pending
    assert "6217000000000002" not in str(store_desk.api.history(case, actor=OTHER))
    confirm(store_desk, done)
    assert store_desk.api.household(case, actor=OTHER)["account"] != before
    sound(store_desk)


def test_nobody_confirms_what_they_asked_for_or_entered(store_desk: Desk) -> None:
    case = store_desk.open()
    store_desk.walk(case, "village_publicity")
    posted, clerk = store_desk.today, Actor("p-clerk", "township", (TOWNSHIP,))
    store_desk.today += timedelta(days=4)
    done = store_desk.api.take(
        case,
        "take_down_notice",
        actor=person("village"),
        recorder=clerk,
        on=posted,
        data={"level": "village", "place": "main_street", **WHY},
        documents=documents("village_record", case),
    )
    for who in (clerk, Actor("P-Clerk", "county", (COUNTY,)), Actor("p-village", "township", (TOWNSHIP,))):
        assert "not_own_request" in refused(store_desk, done, who)
    after = confirm(store_desk, done)
    assert (after.event.acted_by, after.event.recorded_by) == ("p-village", "p-other")
    sound(store_desk)


def test_the_answer_is_the_decision_under_which_the_act_took_effect(store_desk: Desk) -> None:
    _, done = asked(store_desk)
    after = confirm(store_desk, done)
    assert after.decision.allowed
    assert after.decision.action == "exempt"
    assert not [f for f in after.decision.findings if not f.ok and f.effect == "block"]


def test_what_was_asked_for_is_read_from_the_history_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, done = asked(desk)
    read: list[int] = []
    whole = Cases.revealed_changes

    def counted(cases: Cases, case: Any, event: Any) -> Any:
        read.append(event.seq)
        return whole(cases, case, event)

    monkeypatch.setattr(Cases, "revealed_changes", counted)
    confirm(desk, done)
    assert read == [2]


def test_the_second_person_holds_an_office_that_the_plan_names_over_the_case(store_desk: Desk) -> None:
    _, done = asked(store_desk)
    assert refused(store_desk, done, person("village")) == {"office_may_act"}
    assert refused(store_desk, done, Actor("p-x", "auditor", (COUNTY,))) == {"office_may_act"}
    with pytest.raises(CaseNotFound):
        confirm(store_desk, done, Actor("p-far", "township", ("150783102",)))


def test_whoever_was_named_confirms(store_desk: Desk) -> None:
    _, done = asked(store_desk, agreed_by="p-named")
    assert done.waits_for == ("p-named",)
    assert refused(store_desk, done, OTHER) == {"confirmed_as_named"}
    assert confirm(store_desk, done, Actor("p-named", "township", (TOWNSHIP,))).event.action == "exempt"


def test_a_second_person_of_the_register_holds_an_office_today(store_desk: Desk) -> None:
    register = founded(store_desk)
    for who in ("p-county", "p-other", "p-gone"):
        holds(register, who, "county", COUNTY, date(2019, 1, 1))
    _, done = asked(store_desk)
    store_desk.today += timedelta(days=5)
    register.revoke("p-gone", "county", COUNTY, actor=FIRST, on=store_desk.today - timedelta(days=1))
    assert refused(store_desk, done, Actor("p-gone", "county", (COUNTY,))) == {"second_person_agreed"}
    confirm(store_desk, done)
    sound(store_desk)


def test_nobody_confirms_for_their_own_household(store_desk: Desk) -> None:
    register = founded(store_desk)
    for who in ("p-county", "p-other"):
        holds(register, who, "county", COUNTY, date(2019, 1, 1))
    number = "150799195406120017"  # of the household's head
    register.declare("p-other", {"id_number": number}, actor=OTHER)
    _, done = asked(store_desk)
    assert "not_own_case" in refused(store_desk, done, OTHER)


def test_the_guards_are_asked_again_and_what_they_refuse_waits_until_it_is_denied(store_desk: Desk) -> None:
    case, done = asked(store_desk)
    store_desk.take(case, "withdraw", "village", **WHY)
    assert "action_available" in refused(store_desk, done, OTHER)
    assert list(store_desk.api.get(case, actor=OTHER).record.pending) == ["2"]
    assert store_desk.api.check(case, "confirm_request", actor=OTHER, data={"request": 2}).allowed is False
    ended = store_desk.api.deny(str(done.pending), reason="已撤回申请", actor=OTHER)
    assert not ended.case.record.pending
    assert refused(store_desk, done, OTHER) == {"request_waits"}
    sound(store_desk)


def test_it_is_denied_with_a_reason_or_taken_back_by_who_asked_for_it(store_desk: Desk) -> None:
    for who, allowed in ((OTHER, True), (person("county"), True), (person("village"), False)):
        case, done = asked(store_desk)
        with pytest.raises(GuardsNotMet):
            store_desk.api.deny(str(done.pending), reason=" ", actor=who)
        if not allowed:
            with pytest.raises(GuardsNotMet):
                store_desk.api.deny(str(done.pending), reason="不同意", actor=who)
            continue
        ended = store_desk.api.deny(str(done.pending), reason="不同意", actor=who)
        assert (ended.event.action, ended.case.exemptions(date(2019, 7, 1))) == ("deny_request", [])
        assert actions(store_desk, case) == ["open_case", "request_confirmation", "deny_request"]
    sound(store_desk)


def test_the_same_request_is_answered_again_and_another_version_is_refused(store_desk: Desk) -> None:
    case = store_desk.open()
    ask = {"actor": person("county"), "data": EXEMPT, "on": store_desk.today, "request_id": "asked"}
    first, again = (store_desk.api.take(case, "exempt", **ask) for _ in range(2))
    assert (again.repeated, again.pending, again.waits_for) == (True, first.pending, first.waits_for)
    with pytest.raises(RequestReused):
        store_desk.api.take(case, "exempt", **{**ask, "data": {**EXEMPT, "rule": "R44"}})
    with pytest.raises(CaseMovedOn):
        confirm(store_desk, first, expect_version=1)
    done, same = (confirm(store_desk, first, expect_version=2, request_id="said") for _ in range(2))
    assert (same.repeated, same.event.hash, same.event.request_id) == (True, done.event.hash, "said")
    assert store_desk.api.take(case, "exempt", **ask).pending == first.pending
    with pytest.raises(RequestReused):
        store_desk.api.deny(str(first.pending), reason="x", actor=OTHER, request_id="said")
    with pytest.raises(NotFound):
        store_desk.api.confirm("nothing", actor=OTHER)


def test_the_programs_own_word_is_not_the_callers(desk: Desk) -> None:
    case = desk.open()
    with pytest.raises(InputRefused):
        desk.ask(case, "exempt", "county", **EXEMPT, confirmed=True, agreed_by="p-other")
    told = {"agreed_by": "p-x", "confirmed": True}
    with pytest.raises(InputRefused):
        desk.api.units.record(TOWNSHIP, "submit_progress", actor=person("township"), data=told)
    forged = {"acts": {"submit_application": told}}
    desk.walk(case, "village_deliberation")
    with pytest.raises(InputRefused):
        desk.ask(case, "correct", "county", correction=forged, cause="error", **WHY)
    assert not [name for name in FORMS if "confirmed" in schema(name)["properties"]]
