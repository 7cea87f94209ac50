"""The plans under which the adversarial walk plays: those of the tests, and mutated ones that the check of policies takes."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weigai.states.errors import PolicyRefused
from weigai.states.proofs.load import load_policy
from weigai.workflow.library import bundled

from tests.prove.floor_plan import Plan
from tests.unit.safety import toml
from tests.unit.test_other_plans import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from weigai.states.procedure.graph import Procedure

    Mutation = Callable[[Random, dict[str, Any]], None]

_COUNTIES = Path(__file__).parent.parent / "counties" / "policies"
LINES = "[[lines]]\n"
_EFFECTS = (
    "steps",
    "ways",
    "facts",
    "hearings",
    "papers",
    "modes",
    "subsidies",
    "four_eyes",
    "lines",
    "checklist",
    "intakes",
)


class Plans:
    """Policies by name: their text, as the program has them, and as the model of the floor reads them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.roads: dict[str, Procedure] = {}
        self.read: dict[str, Plan] = {}
        self.of: dict[str, str] = {}  # by mutant, the plan that it came from
        self.tried = 0

    def add(self, name: str, text: str, base: str) -> None:
        """Take a policy in.

        Raises:
            PolicyRefused: the check of policies does not take it.
        """
        self.roads[name] = load_policy(text, name)
        self.texts[name], self.read[name], self.of[name] = text, Plan(text), base

    def mutate(self, rng: Random, wanted: int, tries: int, how: tuple[Mutation, ...] = ()) -> None:
        """Add mutants that the check of policies takes, until there are enough or it was tried often enough.

        `how` are the mutations that are drawn; every known one where none is given.
        """
        bases, many = [name for name, base in self.of.items() if name == base], len(self.of)
        for number in range(tries):
            base = rng.choice(bases[:3] + bases)
            name = f"{base[:40]}-m{number}"
            if len(self.of) >= many + wanted:
                return
            self.tried += 1
            try:
                self.add(name, mutated(rng, self.texts[base], name, how or MUTATIONS), base)
            except (PolicyRefused, KeyError, StopIteration):
                continue


def plans() -> Plans:
    """Return the policies of the tests: the bundled two, one of them paid in parts, and the ten of other counties."""
    made = Plans()
    for name, text in bundled().items():
        made.add(name, text, name)
    parts = "zhalantun-2019-a-in-parts"
    text = made.texts["zhalantun-2019-a"].replace('id = "zhalantun-2019-a"', f'id = "{parts}"', 1)
    made.add(parts, f"{text}\n{PARTS.removesuffix(LINES)}", parts)
    for path in sorted(_COUNTIES.glob("*.toml")):
        made.add(path.stem, path.read_text(encoding="utf-8"), path.stem)
    return made


def mutated(rng: Random, text: str, name: str, how: tuple[Mutation, ...]) -> str:
    """Return a policy's text with one to three things in it changed, under another id."""
    told = copy.deepcopy(tomllib.loads(text))
    told["id"] = name
    for _ in range(rng.choice((1, 1, 2, 3))):
        rng.choice(how)(rng, told)
    return toml(told)


def _step(rng: Random, told: dict[str, Any], *kinds: str) -> dict[str, Any]:
    found: dict[str, Any] = rng.choice([s for s in told["steps"] if not kinds or s["kind"] in kinds] or [{}])
    return found


def _warns(rng: Random, told: dict[str, Any]) -> None:
    table = rng.choice([*_tables(told), *told["guards"].values()])
    table["effect"] = "warn"


def _tables(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in _EFFECTS:
        yield from told.get(name, ())
    for mode in told["modes"]:
        yield from [mode["area"]] if "area" in mode else []


def _guard_gone(rng: Random, told: dict[str, Any]) -> None:
    told["guards"].pop(rng.choice([name for name in told["guards"] if name != "entered_in_time"] or [""]), None)


def _publicity(rng: Random, told: dict[str, Any]) -> None:
    step = _step(rng, told, "publicity")
    change: dict[str, Any] = {
        "days": rng.choice((0, 1, 3, 15)), "unit": rng.choice(("working", "calendar")), "places": step.get("places", [])[:1],
        "roll": True, "interruption": rng.choice(("extend", "restart")), "suspension": "runs", "count_posting_day": True,
    }  # fmt: skip
    name = rng.choice(sorted(change))
    step[name] = change[name]


def _step_gone(rng: Random, told: dict[str, Any]) -> None:
    gone = _step(rng, told)
    told["steps"] = [step for step in told["steps"] if step is not gone]


def _steps_swapped(rng: Random, told: dict[str, Any]) -> None:
    at = rng.randrange(len(told["steps"]) - 1)
    told["steps"][at : at + 2] = told["steps"][at : at + 2][::-1]


def waived(rng: Random, told: dict[str, Any]) -> None:
    """Let the appraisal be waived for somebody else, by somebody else."""
    step = _step(rng, told, "appraisal")
    step["waived_when"] = rng.choice(
        ({}, {"no_house": True}, {"no_house": False}, {"classes": [told["classes"][0]["id"]]})
    )
    step["waived_by"] = [rng.choice(("village", "county", "township"))]


def intake(rng: Random, told: dict[str, Any]) -> None:
    """Add a way in that leaves steps out, or take another reading of one."""
    keys = [s["kind"] for s in told["steps"] if s["kind"] not in ("publicity", "acceptance") and "name" not in s]
    keys += [f"{s['level']}_publicity" for s in told["steps"] if s["kind"] == "publicity"]
    reading = {"id": "odd", "first": [], "without": rng.sample(keys, rng.choice((1, 1, 2, 3)))}
    made = {"id": "odd", "name": {"zh": "其他", "en": "another"}, "offices": ["village", "township"], "source": "x"}
    if told.get("intakes") and rng.random() < 0.4:
        told["intakes"][0]["taken"] = rng.choice(told["intakes"][0]["readings"])["id"]
    else:
        told["intakes"] = [*told.get("intakes", ()), {**made, "taken": "odd", "readings": [reading]}]


def _offices(rng: Random, told: dict[str, Any]) -> None:
    table = rng.choice([*told["steps"], *told["ways"], *told["facts"], *told.get("hearings", ())])
    table["offices"] = [rng.choice(("village", "township", "county", "finance"))]


def _way(rng: Random, told: dict[str, Any]) -> None:
    way = rng.choice(told["ways"])
    states = [
        "payment",
        "archiving",
        "agreement",
        "final_acceptance",
        "village_publicity",
        "rectification",
        "construction",
    ]
    change: dict[str, Any] = {
        "to": rng.choice(("back", "archiving", "payment", "final_acceptance", "same")),
        "start": [rng.choice(states)], "never": [], "form": rng.choice(("reasoned", "resubmission", "mending")),
        "resumes": rng.choice(states), "second_person": False,
    }  # fmt: skip
    name = rng.choice(sorted(change))
    way[name] = change[name]


def _extra_way(rng: Random, told: dict[str, Any]) -> None:
    states = [
        "draft",
        "payment",
        "archiving",
        "final_acceptance",
        "village_publicity",
        "appraisal",
        "withdrawn",
        "agreement",
    ]
    made = {"action": "extra_way", "start": [rng.choice(states)], "to": rng.choice((*states, "back")), "source": "x"}
    told["ways"].append({**made, "offices": ["county"], "form": rng.choice(("reasoned", "reopening", "unpaid"))})


def _four_eyes(rng: Random, told: dict[str, Any]) -> None:
    told["four_eyes"] = rng.choice(
        ([{"source": "x"}], [{"steps": ["approval", "payment"], "source": "x"}], told.get("four_eyes", [])[1:])
    )


def _instalments(rng: Random, told: dict[str, Any]) -> None:
    after = rng.choice(("start_works", "pass_final_acceptance", "pass_final_acceptance", "complete_works"))
    parts = [
        {"id": "one", "share": "5/10", "after": after},
        {"id": "two", "share": "5/10", "days": rng.choice((0, 30))},
    ]
    told["instalments"] = [{**part, "name": {"zh": "期", "en": "part"}, "source": "x"} for part in parts]
    states = rng.choice((["payment"], ["payment"], ["construction", "payment"], ["open"]))
    fact = {"id": "pay_instalment", "form": "instalment", "offices": ["finance"], "states": states, "source": "x"}
    told["facts"] = [*(f for f in told["facts"] if f["id"] != "pay_instalment"), fact]


def _areas(rng: Random, told: dict[str, Any]) -> None:
    areas = [mode["area"] for mode in told["modes"] if "area" in mode]
    if areas:
        area = rng.choice(areas)
        area.update(rng.choice(({"relaxed_papers": []}, {"cap": 30}, {"cap": 60, "relaxed_cap": 90}, {"floor": 70})))


def _exemptible(rng: Random, told: dict[str, Any]) -> None:
    rules = sorted({str(t["rule"]) for t in [*_tables(told), *told["guards"].values()] if t.get("rule")})
    picked = rng.sample(rules, min(len(rules), 6))
    if told["guards"].get("rule_exemptible"):
        told["guards"]["rule_exemptible"]["never"] = rng.choice(([], picked))
    else:
        told["exemptible"] = [{"rule": rule, "source": "x"} for rule in picked]


def _hearing(rng: Random, told: dict[str, Any]) -> None:
    hearing = rng.choice(told.get("hearings") or [{}])
    hearing.update(
        rng.choice(({"upheld": "post_again"}, {"upheld": "return"}, {"late": "recorded"}, {"cleared": "post_again"}))
    )


def _papers(rng: Random, told: dict[str, Any]) -> None:
    papers = told.get("papers") or [{}]
    rng.choice(papers).update(
        rng.choice(({"or_kinds": ["other_paper"]}, {"at": "archive"}, {"when": {"no_house": True}}))
    )


def _fact(rng: Random, told: dict[str, Any]) -> None:
    fact = rng.choice(told["facts"])
    fact.update(rng.choice(({"states": ["open"]}, {"states": ["archived"]}, {"second_person": False})))


MUTATIONS: tuple[Mutation, ...] = (
    _warns, _warns, _guard_gone, _guard_gone, _publicity, _publicity, _step_gone, _steps_swapped, waived, intake, _offices,
    _offices, _way, _way, _extra_way, _four_eyes, _instalments, _areas, _exemptible, _hearing, _papers, _fact,
)  # fmt: skip
