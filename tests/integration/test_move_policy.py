"""Running cases put under another version of their plan, or another plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from weigai.states.calendar import Calendar
from weigai.states.errors import CaseMovedOn, CaseNotFound, GuardsNotMet, InputRefused, RequestReused
from weigai.states.proofs.load import load_policy
from weigai.states.record import CaseRecord
from weigai.states.replay.move_policy import Moving
from weigai.workflow.library import bundled

from tests.support import VILLAGE, Desk, household, person

if TYPE_CHECKING:
    from pathlib import Path

    from weigai.workflow import Case, Done

A = "zhalantun-2019-a"
TEXT = bundled()[A]
COUNTY = person("county")
Plan = "Callable[..., str]"


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    def made(*changes: tuple[str, str], text: str = TEXT) -> str:
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return made


def move(desk: Desk, case: str, to: str, **more: Any) -> Done:
    told = {"reason": "the county issued a new version", "agreed_by": "p-township", "actor": COUNTY, "on": desk.today}
    return desk.api.move_policy(case, to, **{**told, **more})


def of(desk: Desk, case: str) -> Case:
    return desk.api.get(case, actor=COUNTY)


def refused(desk: Desk, case: str, to: str, **more: Any) -> list[str]:
    before = of(desk, case)
    with pytest.raises(GuardsNotMet) as error:
        move(desk, case, to, **more)
    assert of(desk, case) == before
    for lang in ("zh", "en"):
        assert all(f.reason(lang) != f.guard for f in error.value.unmet)
    return [f.guard for f in error.value.unmet]


QUOTED = '"village_notice"'
LONGER = ("days = 5\n", "days = 8\n")


def test_a_case_that_waits_for_the_changed_step_goes_over(store_desk: Desk, plan: Any) -> None:
    desk, case = store_desk, store_desk.open()
    desk.walk(case, "village_deliberation")
    before = of(desk, case)
    done = move(desk, case, plan(LONGER))
    after = of(desk, case)
    assert (done.event.action, done.event.from_state, done.event.to_state) == ("move_policy", None, None)
    assert after.policy_hash == done.event.policy_hash != before.policy_hash
    assert (after.policy_id, after.state, after.version) == (A, before.state, before.version + 1)
    data = desk.api.household(case, actor=COUNTY)
    assert data["head"]["name"]
    entry = after.facts("move_policy")[0]["data"]
    assert (entry["left"], entry["entered"], entry["agreed_by"]) == (
        before.policy_hash,
        after.policy_hash,
        "p-township",
    )
    desk.walk(case, "village_publicity")
    found = desk.check(case, "close_village_publicity", "village", hung_throughout=True)
    assert found.opens_on == desk.today + timedelta(days=9)
    desk.today += timedelta(days=3)
    desk.walk(case, "archived")
    assert desk.api.records.verify().problems == ()


def test_without_it_a_case_stays_where_it_was_opened_even_when_the_file_is_gone(store_desk: Desk, plan: Any) -> None:
    from pathlib import Path

    path = Path(plan(("days = 5\n", "days = 6\n")))
    desk = store_desk
    case = desk.api.open_case(
        policy=str(path), unit=VILLAGE, household=household("a"), actor=person("village"), on=desk.today
    ).id
    path.unlink()
    desk.walk(case, "village_publicity")
    asked = desk.check(case, "close_village_publicity", "village", hung_throughout=True)
    assert asked.opens_on == desk.today + timedelta(days=7)
    desk.today += timedelta(days=1)
    desk.walk(case, "archived")
    assert desk.api.records.verify().problems == ()


def test_a_running_notice_is_counted_again_and_never_ends_earlier(store_desk: Desk, plan: Any) -> None:
    desk = store_desk
    first, second = desk.open(), desk.open()
    for case in (first, second):
        desk.walk(case, "village_publicity")
    opens = of(desk, first).record["opens_on"]
    move(desk, first, plan(LONGER))
    later = (date.fromisoformat(opens) + timedelta(days=3)).isoformat()
    assert of(desk, first).record["opens_on"] == of(desk, first).record["publicity"]["village"]["opens_on"] == later
    move(desk, first, plan(("days = 5\n", "days = 2\n")))
    assert of(desk, first).record["opens_on"] == later
    move(desk, second, plan(("days = 5\n", "days = 3\n")))
    assert of(desk, second).record["opens_on"] == opens
    assert desk.api.records.verify().problems == ()


def test_a_step_that_came_too_early_for_the_new_version_bars_it(store_desk: Desk, plan: Any) -> None:
    case = store_desk.open()
    store_desk.walk(case, "township_review")
    assert "step_not_early" in refused(store_desk, case, plan(LONGER))


def test_a_step_that_no_longer_holds_bars_it_by_its_rule(store_desk: Desk, plan: Any) -> None:
    case = store_desk.open()
    store_desk.walk(case, "agreement", area="58.00")
    tight = plan(("cap = 60\n", "cap = 50\n"))
    with pytest.raises(GuardsNotMet) as error:
        move(store_desk, case, tight)
    rules = {f.rule for f in error.value.unmet if f.guard == "step_holds"}
    assert rules
    assert all(f.values["action"] == "approve" for f in error.value.unmet)


def test_what_was_approved_is_not_changed_in_silence(store_desk: Desk, plan: Any) -> None:
    desk, case = store_desk, store_desk.open()
    desk.walk(case, "agreement")
    more = plan(*[("yuan = 25232", "yuan = 26000")] * 2)
    assert refused(desk, case, more) == ["approval_stands"]
    early = desk.open()
    desk.walk(early, "county_review")
    move(desk, early, more)
    desk.walk(early, "agreement")
    assert of(desk, early).fen("approved_fen") == 2600000


MEETING = (
    '[[steps]]\nkind = "approval"',
    '[[steps]]\nkind = "meeting"\nlevel = "county"\noffices = ["county"]\nsource = "x"\n\n[[steps]]\nkind = "approval"',
)


def test_a_new_step_before_the_case_s_own_is_not_skipped(store_desk: Desk, plan: Any) -> None:
    desk, case = store_desk, store_desk.open()
    desk.walk(case, "county_review")
    new = plan(MEETING)
    assert refused(desk, case, new) == ["state_follows"]
    assert refused(desk, case, new, states={"county_review": "agreement"}) == ["state_follows"]
    done = move(desk, case, new, states={"county_review": "county_meeting"})
    assert (done.event.from_state, done.event.to_state, of(desk, case).state) == (
        "county_review",
        "county_meeting",
        "county_meeting",
    )
    with pytest.raises(GuardsNotMet):
        desk.take(case, "approve", "county")
    late = desk.open()
    desk.walk(late, "agreement")
    assert "step_holds" in refused(desk, late, new)
    assert desk.api.records.verify().problems == ()


def test_a_step_with_another_name_keeps_what_was_done(store_desk: Desk, plan: Any) -> None:
    desk, case = store_desk, store_desk.open()
    desk.walk(case, "village_publicity")
    opens = of(desk, case).record["opens_on"]
    text = TEXT.replace(
        'kind = "publicity"\nlevel = "village"', 'kind = "publicity"\nlevel = "village"\nname = "hamlet"', 1
    )
    text = text.replace("post_village", "post_hamlet").replace("close_village_p", "close_hamlet_p")
    text = text.replace(QUOTED, QUOTED.replace("village", "hamlet"))
    renamed = text.replace("village_publicity", "hamlet_publicity").replace(
        '[[hearings]]\nlevel = "village"', '[[hearings]]\nlevel = "hamlet"'
    )
    new = plan(text=renamed)
    assert refused(desk, case, new)
    move(desk, case, new, states={"village_notice": "hamlet_notice", "village_publicity": "hamlet_publicity"})
    after = of(desk, case)
    assert (after.state, after.record["opens_on"]) == ("hamlet_publicity", opens)
    assert "post_hamlet_notice" in after.record["acts"]
    assert "post_village_notice" not in after.record["acts"]
    desk.take(case, "close_hamlet_publicity", "village", on=date.fromisoformat(opens), hung_throughout=True)
    assert desk.api.records.verify().problems == ()


def test_a_case_beside_the_road_can_still_go_back(store_desk: Desk, plan: Any) -> None:
    desk, case = store_desk, store_desk.open()
    desk.walk(case, "township_review")
    desk.take(case, "return_to_village", "township", reason="papers", papers="return_notice")
    state = of(desk, case).state
    move(desk, case, plan(("days = 5\n", "days = 4\n")))
    assert of(desk, case).state == state
    desk.take(case, "resubmit", "village")
    assert of(desk, case).state == "township_review"


def test_who_may_and_with_whom(store_desk: Desk, plan: Any) -> None:
    desk, case = store_desk, store_desk.open()
    new = plan(LONGER)
    assert refused(desk, case, new, agreed_by=None) == ["second_person_agreed"]
    assert refused(desk, case, new, agreed_by=COUNTY.person) == ["second_person_agreed"]
    assert "office_may_act" in refused(desk, case, new, actor=person("village"))
    assert "data_complete" in refused(desk, case, new, reason="")
    assert refused(desk, case, A) == ["policy_fits_case"]
    with pytest.raises(CaseNotFound):
        move(desk, case, new, actor=type(COUNTY)("p-x", "county", ("999999",)))


def test_an_ended_case_stays(store_desk: Desk, plan: Any) -> None:
    desk, case = store_desk, store_desk.open()
    desk.take(case, "withdraw", "village", reason="moved away", papers="withdrawal_statement")
    assert "action_available" in refused(desk, case, plan(LONGER))


def test_another_county_s_plan_is_none_for_the_case(store_desk: Desk, plan: Any) -> None:
    case = store_desk.open()
    other = plan(('county = "150783"', 'county = "150784"'), ('id = "zhalantun-2019-a"', 'id = "other"'))
    assert refused(store_desk, case, other) == ["policy_fits_case"]


def test_the_same_request_is_done_once(store_desk: Desk, plan: Any) -> None:
    desk, case = store_desk, store_desk.open()
    new, other = plan(LONGER), plan(("days = 5\n", "days = 9\n"))
    first = move(desk, case, new, request_id="r-1")
    again = move(desk, case, new, request_id="r-1")
    assert (again.event.hash, of(desk, case).version) == (first.event.hash, 2)
    with pytest.raises(RequestReused):
        move(desk, case, other, request_id="r-1")
    with pytest.raises(CaseMovedOn):
        move(desk, case, other, expect_version=1)
    with pytest.raises(InputRefused):
        move(desk, case, other, states={"draft": "Not An Id"})


def test_asking_writes_nothing(store_desk: Desk, plan: Any) -> None:
    case = store_desk.open()
    found = store_desk.api.check_move(
        case, plan(LONGER), actor=COUNTY, reason="x", agreed_by="p-township", on=store_desk.today
    )
    assert found.allowed
    assert of(store_desk, case).version == 1


def test_the_same_rules_under_another_content_bar_nothing_at_any_moment(desk: Desk) -> None:
    case = desk.open()
    desk.walk(case, "village_publicity")
    shown = {"level": "village", "place": "village_board"}
    desk.take(case, "take_down_notice", "village", on=desk.today + timedelta(days=2), **shown)
    desk.take(case, "repost_notice", "village", on=desk.today + timedelta(days=1), level="village")
    desk.walk(case, "township_review")
    desk.take(case, "return_to_village", "township", reason="papers", papers="return_notice")
    desk.take(case, "resubmit", "village")
    desk.walk(case, "county_review")
    desk.take(case, "step_back", "appraiser", reason="wrong grade")
    desk.walk(case, "archived")
    old, new = load_policy(TEXT), load_policy(f"{TEXT}\n# another content\n")
    now, events, record, state = of(desk, case), desk.api.history(case), CaseRecord(), ""
    for number, event in enumerate(events[:-1], 1):
        record, state = record.folded(event.changes), event.to_state or state
        then = replace(now, record=record, state=state, version=number)
        moving = Moving(then, events[:number], old, new, Calendar.official(), {})
        assert moving.findings() == [], (number, event.action)
        changed = set(moving.changes(number + 1, {"data": {}}))
        assert all(path.startswith(("facts/move_policy/", "publicity/")) for path in changed)
