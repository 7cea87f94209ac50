"""No clerk's mistake in a policy file opens a road round the rules: made-up plans, planted mistakes, checks left out."""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weigai.states.checks import load_policy
from weigai.states.errors import PolicyRefused

from tests.unit.safety import OFFICE, OPTIONAL, ROAD_STATES, SOURCE, STEPS, WAYS, Search, plan, toml, way

EXAMPLES = int(os.environ.get("SAFETY", "250"))
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


def test_what_is_accepted_is_broken_by_no_history() -> None:
    counts: Counter[str] = Counter()
    why: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(plans(), st.integers(0, 10**6))
    def hold(made: dict[str, Any], seed: int) -> None:
        try:
            procedure = load_policy(toml(made))
        except PolicyRefused as refused:
            counts["refused"] += 1
            why.update({problem.split(":")[0] + ":" + problem.split(":")[1][:24] for problem in refused.problems})
            return
        counts["accepted"] += 1
        assert not broken(procedure, random.Random(seed), counts)

    hold()
    print(dict(counts), why.most_common(40))
    assert counts["accepted"] >= (counts["accepted"] + counts["refused"]) / 10
    assert counts["refused"] >= (counts["accepted"] + counts["refused"]) / 10
    assert counts["whole"] >= counts["searched"] / 10
