"""No clerk's mistake in a policy file opens a road round the rules: made-up plans, planted mistakes, checks left out."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weigai.states.errors import PolicyRefused
from weigai.states.proofs import safety
from weigai.states.proofs.load import load_policy

from tests.profiles import examples
from tests.unit.safety import KEYS, OFFICE, OPTIONAL, ROAD_STATES, SOURCE, STEPS, WAYS, Search, plan, toml, way

SIDE = ("rectification", "returned_to_village", "hold")
ENDS = ("withdrawn", "refused", "archived")
ANY = st.sampled_from((*ROAD_STATES, *SIDE, *ENDS))
TO = st.one_of(ANY, st.sampled_from(("back", "same", "back", "withdrawn", "hold")))
FORMS = st.sampled_from(
    ("reasoned", "reasoned", "returning", "resubmission", "mending", "failing", "unpaid", "reopening")
)
SELDOM = st.sampled_from((0, 0, 1))


@st.composite
def roads(draw: Any) -> list[dict[str, Any]]:
    left_out = draw(st.sets(st.sampled_from(OPTIONAL), max_size=7))
    for _ in range(draw(SELDOM)):
        left_out = left_out | {draw(st.integers(0, len(STEPS) - 1))}
    road = [dict(one) for number, (one, _, _) in enumerate(STEPS) if number not in left_out]
    for _ in range(draw(SELDOM)):
        one = road.pop(draw(st.integers(0, len(road) - 1)))
        road.insert(draw(st.integers(0, len(road))), one)
    return road


@st.composite
def side_roads(draw: Any, states: frozenset[str]) -> list[dict[str, Any]]:
    ways = [dict(one) for one in WAYS if draw(st.sampled_from((True, True, False)))]
    for _ in range(draw(SELDOM)):
        if ways:
            one = ways[draw(st.integers(0, len(ways) - 1))]
            name = draw(st.sampled_from(("start", "to", "resumes", "form", "never")))
            values = {
                "start": st.lists(ANY, min_size=1, max_size=3, unique=True),
                "to": TO,
                "resumes": ANY,
                "form": FORMS,
            }
            one[name] = draw(values.get(name, st.just([])))
    for number in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
        start = draw(st.one_of(st.just(["open"]), st.lists(ANY, min_size=1, max_size=3, unique=True)))
        form, resumes = draw(FORMS), draw(st.one_of(st.none(), st.none(), ANY))
        action = draw(st.sampled_from((f"extra_{number}",) * 8 + ("pay", "withdraw", "resubmit")))
        extra = way(action, start, draw(TO), form=form, resumes=resumes)
        ways.insert(draw(st.integers(0, len(ways))), extra)
    made = states | {one["to"] for one in ways}
    for one in ways:  # most names are right: a state that nothing makes is refused at once
        known = [s for s in one["start"] if s in made or s == "open"]
        one["start"] = known or (["open"] if draw(SELDOM) == 0 else one["start"])
        if one.get("resumes") not in made and draw(SELDOM) == 0:
            one.pop("resumes", None)
    return ways


@st.composite
def plans(draw: Any) -> dict[str, Any]:
    road = draw(roads())
    kinds = [(one["kind"], one["level"], one.get("part")) for one in road]
    kept = [(k, s) for one, k, s in STEPS if (one["kind"], one["level"], one.get("part")) in kinds]
    states = frozenset(state for _, made in kept for state in made)
    more: dict[str, Any] = {}
    if draw(st.booleans()):
        fields = st.sampled_from(("household/members", "acts/approve"))
        rows = draw(st.lists(st.tuples(fields, st.sampled_from(sorted(states))), max_size=2))
        more["reruns"] = [{"fields": [field], "state": state, **SOURCE} for field, state in rows]
    if draw(SELDOM):
        keys = [key for key, _ in kept]
        first = draw(st.lists(st.sampled_from(keys), max_size=3, unique=True))
        gone = draw(st.lists(st.sampled_from([k for k in keys if k not in first] or keys), max_size=2, unique=True))
        reading = {"id": "full", "first": first, "without": gone}
        name = {"zh": "灾", "en": "disaster"}
        more["intakes"] = [{"id": "disaster", "name": name, "taken": "full", **OFFICE, "readings": [reading]}]
    return plan(road, draw(side_roads(states)), **more)


def broken(procedure: Any, dice: random.Random, counts: Counter[str]) -> list[str]:
    found = []
    for one in (procedure, *procedure.variants.values()):
        search = Search(one)
        whole, many = search.wide(1000)
        counts["whole"] += whole
        counts["searched"] += 1
        counts["cases"] += many
        for _ in range(3):
            search.long(dice, 60)
        found += search.found
    return found


@pytest.mark.heavy
def test_what_is_accepted_is_broken_by_no_history() -> None:
    counts: Counter[str] = Counter()
    why: Counter[str] = Counter()

    @settings(max_examples=examples(2000), deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(plans(), st.integers(0, 10**6))
    def hold(made: dict[str, Any], seed: int) -> None:
        try:
            procedure = load_policy(toml(made))
        except PolicyRefused as refused:
            counts["refused"] += 1
            why.update({":".join(p.en.split(":")[:2])[:40] for p in refused.problems})
            return
        counts["accepted"] += 1
        assert not broken(procedure, random.Random(seed), counts)

    hold()
    print(dict(counts), why.most_common(40))
    assert counts["accepted"] >= (counts["accepted"] + counts["refused"]) / 10
    assert counts["refused"] >= (counts["accepted"] + counts["refused"]) / 10
    assert counts["whole"] >= counts["searched"] / 10


# ---------------------------------------------------------------------- planted mistakes


def mended(steps: Any = None, ways: Any = None, **more: Any) -> dict[str, Any]:
    """Return the whole small plan with its steps or ways changed by a function."""
    road, side = [dict(one) for one, _, _ in STEPS], [dict(one) for one in WAYS]
    return plan((steps or list)(road), (ways or list)(side), **more)


def drop(*keys: str) -> Any:
    return lambda road: [one for one, key in zip(road, KEYS, strict=True) if key not in keys]


def put(key: str, before: str) -> Any:
    def moved(road: list[Any]) -> list[Any]:
        named = dict(zip(KEYS, road, strict=True))
        order = [k for k in KEYS if k != key]
        order.insert(order.index(before), key)
        return [named[k] for k in order]

    return moved


def plus(*more: dict[str, Any]) -> Any:
    return lambda side: [*side, *more]


def but(action: str, **values: Any) -> Any:
    return lambda side: [{**one, **values} if one["action"] == action else one for one in side]


def warned(key: str) -> Any:
    return lambda road: [{**one, "effect": "warn"} if k == key else one for one, k in zip(road, KEYS, strict=True)]


def fact(name: str, form: str = "noted", **values: Any) -> dict[str, Any]:
    return {"id": name, "form": form, **OFFICE, **values}


def intake(first: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    reading = {"id": "full", "first": list(first), "without": list(without)}
    return [{"id": "disaster", "name": {"zh": "灾", "en": "it"}, "taken": "full", **OFFICE, "readings": [reading]}]


RERUN = {"fields": ["household/members"], **SOURCE}
INTO = "submit_application -> record_deliberation -> "
PLANTED: dict[str, tuple[dict[str, Any], str, str]] = {  # name: plan, words, the check that finds it
    "no final acceptance": (mended(drop("final_acceptance", "archive")), "safety: pay without pass_final_acceptance: " + INTO, "order"),
    "no approval": (mended(drop("approval")), "safety: pay without approve", "order"),
    "pays before acceptance": (mended(put("payment", "final_acceptance")), "safety: pay without pass_final_acceptance", "order"),
    "final before preliminary": (
        mended(put("final_acceptance", "preliminary_acceptance")),
        "safety: pass_final_acceptance without pass_preliminary_acceptance", "order",
    ),
    "starts without appraisal": (mended(drop("appraisal")), "safety: start_works without record_appraisal or waive_appraisal", "order"),
    "works without an agreement, and no start": (mended(drop("agreement", "start")), "safety: complete_works without sign_agreement", "order"),
    "built before it is approved": (mended(put("approval", "works")), "safety: start_works without approve", "order"),
    "accepted before it is built": (mended(put("works", "payment")), "safety: pass_preliminary_acceptance without complete_works", "order"),
    "paid before a notice is closed": (
        mended(put("township_publicity", "archive")), "safety: pay without close_township_publicity", "order",
    ),
    "intake appraises before identity": (
        mended(intakes=intake(("appraisal",))), "intake disaster: safety: record_appraisal without accept_identity: record_appraisal", "order",
    ),
    "intake drops the final acceptance": (
        mended(intakes=intake((), ("final_acceptance",))), "intake disaster: safety: pay without pass_final_acceptance", "order",
    ),
    "no application": (mended(drop("application")), "graph: the procedure needs exactly one application step", "steps"),
    "approved before it is applied for": (
        mended(put("application", "agreement")), "safety: .* without submit_application", "order",
    ),
    "archived before it is paid": (mended(put("archive", "payment")), "graph: the archive must be the last step", "steps"),
    "a way from nowhere": (mended(ways=plus(way("jump", ["nowhere"], "refused"))), "ways: jump starts from nowhere, which no step makes", "ways"),
    "a way out of an end": (mended(ways=plus(way("jump", ["withdrawn"], "draft"))), "ways: jump leads out of withdrawn, but that state is closed", "ways"),
    "one action, two targets": (
        mended(ways=plus(way("jump", ["draft"], "refused"), way("jump", ["payment"], "withdrawn"))),
        "ways: jump leads to refused and to withdrawn", "ways",
    ),
    "open and more": (mended(ways=but("withdraw", start=["open", "payment"])), "write open alone", "ways"),
    "twice from one state": (
        mended(ways=plus(way("reopen", ["withdrawn"], "back", form="reopening"))), "ways: reopen is listed twice from withdrawn", "ways",
    ),
    "a way that is not compiled": (
        mended(ways=plus(way("c", ["s2"], "refused"), way("b", ["s1"], "s2"), way("a", ["s0"], "s1"), way("z", ["payment"], "s0"))),
        "ways: b starts from s1; write it after the way that leads to that state", "ways",
    ),
    "resumes later": (
        mended(ways=but("reject_approval", start=["appraisal", "agreement"])),
        "resumes at county_review, later than appraisal, from which it left", "ways",
    ),
    "a resubmission to an end": (
        mended(ways=but("resubmit", to="withdrawn")), "ways: resubmit is a resubmission, but leads to withdrawn, which is not a state", "ways",
    ),
    "resumes nowhere": (mended(ways=but("reject_approval", resumes="rectification")), "which is not a state of the main procedure", "ways"),
    "a way named pay": (mended(ways=plus(way("pay", ["agreement"], "refused"))), "ways: pay is already the action name of a step", "pretenders"),
    "a fact named approve": (mended(facts=[fact("approve")]), "facts: approve is already the action name of a step", "pretenders"),
    "a fact named as a way": (mended(facts=[fact("withdraw")]), "facts: withdraw is already the action name of a way", "pretenders"),
    "a fact that approves": (
        mended(facts=[fact("grant", "approval")]), "facts: grant uses the form approval, which only a step may use", "pretenders",
    ),
    "a way that pays": (
        mended(ways=plus(way("advance", ["agreement"], "same", form="instalment"))), "ways: advance uses the form instalment", "pretenders",
    ),
    "a step that has two targets": (
        mended(ways=plus(way("a", ["payment"], "refused"), way("a", ["payment"], "withdrawn"))), "graph: a from payment leads to two states", "targets",
    ),
    "paid after a failure": (
        mended(ways=but("complete_rectification", to="payment")),
        "safety: pay after fail_final_acceptance without pass_final_acceptance: fail_final_acceptance -> complete_rectification -> pay", "failing",
    ),
    "back without a resubmission": (
        mended(ways=plus(way("carry_on", ["returned_to_village"], "back"))),
        "safety: carry_on leads out of returned_to_village and is not a resubmission", "returns",
    ),
    "reports up while the notice hangs": (
        mended(ways=plus(way("hurry", ["village_publicity"], "township_review"))),
        "safety: hurry leaves village_publicity while the publicity still runs: village_publicity -> township_review", "publicity",
    ),
    "archived while the notice hangs": (
        mended(ways=plus(way("shelve", ["village_publicity"], "archived"))), "safety: shelve leaves village_publicity while", "publicity",
    ),
    "a close that only warns": (
        mended(warned("village_publicity")), "safety: close_village_publicity gives only a warning for .*no_open_objection.*publicity_days_complete", "effects",
    ),
    "a payment that only warns": (mended(warned("payment")), "safety: pay gives only a warning for accepted_before_payment", "effects"),
    "a resubmission that only warns": (mended(ways=but("resubmit", effect="warn")), "safety: resubmit gives only a warning for .*earlier_steps_hold", "effects"),
    "an instalment at once": (mended(facts=[fact("pay_instalment", "instalment")]), "safety: pay_instalment pays in open", "money"),
    "a payment stepped back over": (mended(ways=but("step_back", never=[])), "safety: step_back could take back pay; name it in never", "money"),
    "a jump over the approval": (
        mended(ways=plus(way("jump", ["appraisal"], "agreement"))),
        "safety: jump leads from appraisal to agreement past record_appraisal, approve: " + INTO + ".*accept_identity -> jump", "histories",
    ),
    "a jump through a state beside the road": (
        mended(ways=plus(way("park", ["draft"], "hold"), way("unpark", ["hold"], "township_review"))),
        "safety: unpark leads from hold to township_review past .*: park -> unpark", "histories",
    ),
    "archived at once": (mended(ways=plus(way("shelve", ["draft"], "archived"))), "safety: shelve leads from draft to archived past", "histories"),
    "built anew, not accepted anew": (
        mended(ways=plus(way("redo", ["payment"], "hold", form="returning", resumes="site_preparation"), way("on", ["hold"], "payment", form="resubmission"))),
        "safety: on leads from hold to payment past start_works, complete_works", "histories",
    ),
    "a correction reruns a later step": (
        mended(
            ways=plus(way("send", ["rectification"], "returned_to_village", form="returning")), reruns=[{**RERUN, "state": "payment"}],
        ),
        "safety: resubmit leads from returned_to_village to payment past pass_final_acceptance", "histories",
    ),
    "a resubmission beside the road": (
        mended(ways=plus(way("send", ["rectification"], "returned_to_village", form="returning"))),
        "safety: resubmit enters at rectification, which is not a state of the main procedure: .*fail_final_acceptance -> send -> resubmit", "histories",
    ),
    "a trap": (
        mended(ways=lambda side: [*but("withdraw", start=["draft"])(side), way("park", ["draft"], "hold")]),
        "graph: hold is a trap: no closed state can be reached from it: park", "histories",
    ),
    "a trap where nothing can be paid": (
        mended(ways=lambda side: [one for one in but("withdraw", start=["draft"])(side) if one["action"] != "close_without_payment"]),
        "graph: payment is a trap: no closed state can be reached from it where nothing can be paid: " + INTO, "histories",
    ),
    "a trap of two states that lead back to each other": (
        mended(
            ways=lambda side: [
                *but("withdraw", start=["draft"])(side),
                way("park", ["draft"], "hold"), way("store", ["hold"], "shelf"), way("fetch", ["shelf"], "hold"), way("out", ["hold"], "back"),
                way("give_up", ["draft", "agreement"], "refused"),
            ],
        ),
        "graph: (hold|shelf) is a trap: .*: park -> store", "histories",
    ),
    "a state that is never reached": (
        mended(ways=plus(way("a", ["s1"], "s2"), way("b", ["s2"], "s1"))), "ways: (a|b) starts from s., which no step makes", "ways",
    ),
    "an objection that only warns": (
        mended() | {"hearings": [{"level": level, **OFFICE, "effect": "warn"} for level in ("village", "township")]},
        "safety: an open objection to the village publicity gives only a warning", "objections",
    ),
    "a change makes the close warn": (
        mended(
            lambda road: [{**one, "effect": "block"} for one in road],
            changes=[{"first": date(2019, 8, 1), "set": {"steps.payment.effect": "warn"}, **SOURCE}],
        ),
        "changes: from 2019-08-01: safety: pay gives only a warning for accepted_before_payment", "effects",
    ),
}  # fmt: skip


def problems_of(made: dict[str, Any]) -> list[str]:
    try:
        load_policy(toml(made))
    except PolicyRefused as refused:
        assert all(re.search("[一-鿿]", problem.zh) for problem in refused.problems)
        return [problem.en for problem in refused.problems]
    return []


def test_the_plan_without_a_mistake_is_accepted() -> None:
    assert problems_of(mended()) == []
    assert (
        problems_of(mended(intakes=intake(("identity_check", "appraisal"), ("deliberation", "report", "review")))) == []
    )


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_refused_with_its_path(name: str) -> None:
    made, words, _ = PLANTED[name]
    found = problems_of(made)
    assert any(re.search(words, problem) for problem in found), found


@pytest.mark.parametrize("check", safety.CHECKS, ids=lambda check: check.__name__)
def test_no_check_can_be_left_out(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "CHECKS", tuple(one for one in safety.CHECKS if one is not check))
    planted = [(made, words) for made, words, by in PLANTED.values() if by == check.__name__]
    assert planted
    for made, words in planted:
        assert not any(re.search(words, problem) for problem in problems_of(made)), words
