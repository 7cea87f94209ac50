"""Planted defects of the proof of the floor: a check of new policies is left out, and files that lead round the floor come."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from weigai.states.errors import PolicyRefused
from weigai.states.proofs.load import load_policy
from weigai.workflow.library import bundled

from tests.prove.defects import Defect, Ground
from tests.prove.plants import swap
from tests.unit.safety import Search, toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from weigai.states.procedure.graph import Procedure

A, B = bundled()["zhalantun-2019-a"], bundled()["zhalantun-2019-b"]


def _lacking() -> str:
    """Return plan A without its notice in the village, of which it says nothing."""
    plan: dict[str, Any] = tomllib.loads(A)
    kept = [step for step in plan["steps"] if (step["kind"], step["level"]) != ("publicity", "village")]
    gone = {"village_notice", "village_publicity"}
    ways = [{**way, "start": [s for s in way["start"] if s not in gone]} for way in plan["ways"]]
    hearings = [hearing for hearing in plan["hearings"] if hearing["level"] != "village"]
    papers = [paper for paper in plan["papers"] if paper["at"] != "post_village_notice"]
    return toml({**plan, "steps": kept, "ways": ways, "hearings": hearings, "papers": papers})


# what a careless or a hostile hand writes, each a plan that leads round the floor
FILES = {
    "an intake round the notices": B.replace('taken = "full"', 'taken = "fast"'),
    "an empty waiver": A.replace("waived_when = { no_house = true }", "waived_when = {}"),
    "no notice in the village, and not a word of it": _lacking(),
    "the village appraises": A.replace('offices = ["appraiser"]', 'offices = ["village"]', 1),
    "consent that only warns": A.replace("[guards.consent_given]\n", '[guards.consent_given]\neffect = "warn"\n'),
}


def looked(ground: Ground) -> Sequence[str]:
    """Return every such file that is accepted, with how a case goes round the floor under it."""
    return [f"{name}: accepted; {_round(procedure)}" for name, procedure in _accepted()]


def _accepted() -> Iterator[tuple[str, Procedure]]:
    for name, text in FILES.items():
        try:
            yield name, load_policy(text)
        except PolicyRefused:
            continue


def _round(procedure: Procedure) -> str:
    """Return how a case that is moved by the program's own rules is paid round a step of the plan."""
    for variant in procedure.variants.values():
        search = Search(variant)
        search.wide(400)
        if search.found:
            return search.found[0]
    return "nothing refuses it"


def _without(check: str) -> Callable[[Ground], Any]:
    """Return the plant under which one check of the floor is left out."""
    return swap("weigai.states.proofs.floor:CHECKS", lambda was: tuple(one for one in was if one.__name__ != check))


FLOOR = (
    Defect("an intake may lead round a notice",
           swap("weigai.states.proofs.floor:bypassed", lambda was: lambda road: ()), looked),
    Defect("an appraisal may be waived for a house", _without("waivers"), looked),
    Defect("a plan need not say what it lacks", _without("lacks"), looked),
    Defect("the village may appraise", _without("appraisers"), looked),
    Defect("consent may only warn", _without("warnings"), looked),
)  # fmt: skip
FLOORED: dict[str, Callable[[Ground], Sequence[str]]] = {"files round the floor": looked}
