"""Made-up plans, and a search through them that shares nothing with the proof: cases moved as the program moves them."""

from __future__ import annotations

import json
import random
import tomllib
from collections import deque
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from weigai.states.case import Case
from weigai.states.effects.road import forgotten
from weigai.states.policy.step_tables import Way
from weigai.states.record import CaseRecord
from weigai.workflow.library import bundled

if TYPE_CHECKING:
    from collections.abc import Iterator

BUNDLED = tomllib.loads(bundled()["zhalantun-2019-a"])
SOURCE = {"source": "A 一", "rule": "R1"}
OFFICE = {"offices": ["county"], **SOURCE}
OBJECTIONS = [
    {"id": "raise_objection", "form": "objection", **OFFICE},
    {"id": "answer_objection", "form": "answer", **OFFICE},
]


# ---------------------------------------------------------------------- plans as text


def toml(table: dict[str, Any], path: str = "") -> str:
    """Write a policy as TOML: plain values first, then each table and each list of tables."""
    lines, later = [], []
    for plain, value in table.items():
        key = json.dumps(plain) if "." in plain else plain
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            later.append(f"[{name}]\n{toml(value, name)}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            later += [f"[[{name}]]\n{toml(one, name)}" for one in value]
        elif isinstance(value, date):
            lines.append(f"{key} = {value.isoformat()}")
        elif isinstance(value, list) and value and isinstance(value[0], date):
            lines.append(f"{key} = [{', '.join(day.isoformat() for day in value)}]")
        elif value is not None:
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False, default=str)}")
    return "\n".join([*lines, *later]) + "\n"


def plan(steps: list[dict[str, Any]], ways: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a small plan of these steps and ways."""
    kept = ("format", "id", "label", "title", "county", "county_name", "year", "issued", "source", "classes", "offices")
    small = {key: BUNDLED[key] for key in kept}
    small |= {"subsidies": [{"kind": "undetermined", **SOURCE}], "lines": [without(BUNDLED["lines"][0], "when")]}
    small |= {"modes": BUNDLED["modes"][:1], "numbering": BUNDLED["numbering"]}
    small |= {"guards": {"entered_in_time": BUNDLED["guards"]["entered_in_time"]}}
    levels = {step["level"] for step in steps if step["kind"] == "publicity"}
    small["hearings"] = [{"level": level, **OFFICE} for level in sorted(levels)]
    small["facts"] = OBJECTIONS if levels else []
    small["lacks"] = [{"step": name, **SOURCE} for name in lacking(steps)]
    return {**small, "steps": steps, "ways": ways, **more}


def lacking(steps: list[dict[str, Any]]) -> list[str]:
    """Return what a plan of these steps has to say that it lacks."""
    kinds = [one["kind"] for one in steps]
    paid = steps[: kinds.index("payment")] if "payment" in kinds else steps
    has = {
        "village_publicity" if one["kind"] == "publicity" else "identity"
        for one in paid
        if (one["kind"], one["level"]) == ("publicity", "village") or one["kind"] == "identity_check"
    }
    return [name for name in ("village_publicity", "identity") if name not in has]


def without(table: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a table without some values."""
    return {key: value for key, value in table.items() if key not in names}


def step(kind: str, level: str = "county", **more: Any) -> dict[str, Any]:
    """Return a step."""
    if kind == "publicity":
        more |= {"days": 5, "places": ["village_board"]}
    return {"kind": kind, "level": level, **OFFICE, **more}


def way(action: str, start: list[str], to: str, **more: Any) -> dict[str, Any]:
    """Return a way."""
    return {"action": action, "start": start, "to": to, **OFFICE, **more}


# (step, its key in an intake's reading, its states)
STEPS: tuple[tuple[dict[str, Any], str, tuple[str, ...]], ...] = (
    (step("application", "village"), "application", ("draft",)),
    (step("deliberation", "village"), "deliberation", ("village_deliberation",)),
    (step("publicity", "village"), "village_publicity", ("village_notice", "village_publicity")),
    (step("report", "village"), "report", ("application_form",)),
    (step("review", "township"), "review", ("township_review",)),
    (step("publicity", "township"), "township_publicity", ("township_notice", "township_publicity")),
    (step("identity_check"), "identity_check", ("identity_check",)),
    (step("appraisal", offices=["appraiser"], waived_when={"no_house": True}), "appraisal", ("appraisal",)),
    (step("approval"), "approval", ("county_review",)),
    (step("agreement", "village"), "agreement", ("agreement",)),
    (step("start", "township"), "start", ("site_preparation",)),
    (step("works", "township"), "works", ("construction",)),
    (
        step("acceptance", "township", part="preliminary"),
        "preliminary_acceptance",
        ("preliminary_acceptance",),
    ),
    (step("acceptance", part="final"), "final_acceptance", ("final_acceptance",)),
    (step("payment"), "payment", ("payment",)),
    (step("archive"), "archive", ("archiving",)),
)
KEYS = tuple(key for _, key, _ in STEPS)
OPTIONAL = (1, 2, 3, 4, 5, 6, 10, 11, 12)
# The states in which the floor is done, by the step's key: what the plan has of it is passed before money or the archive.
FLOOR = {
    "application": "draft",
    "village_publicity": "village_publicity",
    "township_publicity": "township_publicity",
    "identity_check": "identity_check",
    "appraisal": "appraisal",
    "approval": "county_review",
    "agreement": "agreement",
    "final_acceptance": "final_acceptance",
}
ROAD_STATES = tuple(state for _, _, states in STEPS for state in states)
WAYS: tuple[dict[str, Any], ...] = (
    way("withdraw", ["open"], "withdrawn"),
    way("close_without_payment", ["payment", "archiving"], "archiving", form="unpaid"),
    way("fail_final_acceptance", ["final_acceptance"], "rectification", form="failing"),
    way("complete_rectification", ["rectification"], "final_acceptance", form="mending"),
    way("return_to_village", ["township_review", "appraisal"], "returned_to_village", form="returning"),
    way(
        "reject_approval",
        ["county_review", "agreement"],
        "returned_to_village",
        form="returning",
        resumes="county_review",
    ),
    way("resubmit", ["returned_to_village"], "back", form="resubmission"),
    way("reopen", ["withdrawn"], "back", form="reopening", second_person=True),
    way("step_back", ["open"], "step", form="stepping", never=["pay", "resubmit", "reopen"]),
)


# ---------------------------------------------------------------------- cases moved by the program's own rules


@dataclass(frozen=True)
class Seen:
    """What has been seen of a case so far: what was done, what is passed now, and where it was returned."""

    done: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    left: int | None = None


@dataclass(frozen=True)
class At:
    """A case as it stands: its state, its acts (name, from, where it resumes) in order, and what was seen."""

    state: str
    acts: tuple[tuple[str, str, str | None], ...] = ()
    seen: Seen = Seen()

    def case(self) -> Case:
        """Return the case as the program has it."""
        acts = {
            name: {"seq": 2 + number, "from": came, "data": {}, **({"resumes": resumes} if resumes else {})}
            for number, (name, came, resumes) in enumerate(self.acts)
        }
        return Case(
            id="c",
            county="1",
            unit="u",
            policy_id="p",
            policy_hash="h",
            state=self.state,
            version=2 + len(acts),
            head="",
            record=CaseRecord({"acts": acts}),
        )


class Search:
    """Looks for a history that breaks a property; `found` says which, and how."""

    def __init__(self, procedure: Any) -> None:
        self.procedure = procedure
        self.kinds = {part.action: part.kind for part in procedure.road} | {"waive_appraisal": "appraisal"}
        self.first = [part.kind for part in procedure.road]
        order = [one.kind for one in procedure.policy.steps]
        both = "identity_check" in order and "appraisal" in order
        self.identity_first = both and order.index("identity_check") < order.index("appraisal")
        paid = order.index("payment") if "payment" in order else len(order)
        self.floor = {FLOOR[key] for key in list(procedure.policy.keyed)[:paid] if key in FLOOR}
        self.found: list[str] = []
        self.backs = {
            state: any(getattr(procedure.act(state, name).table, "to", None) == "back" for name in names)
            for state, names in procedure.back_table.items()
        }

    def moves(self, at: At) -> Iterator[tuple[str, Any, str]]:
        """Yield every move (action, its way, target), a resubmission also after corrections that rerun steps."""
        case = at.case()
        for action in self.procedure.actions(at.state):
            table = self.procedure.act(at.state, action).table
            it = table if isinstance(table, Way) else None
            if it is not None and it.to in ("step", "same"):
                continue
            targets = {self.procedure.target(case, action)}
            if it is not None and it.form == "resubmission":
                for rerun in self.procedure.policy.reruns:
                    fact = {"9999": {"data": {"changed": list(rerun.fields)}}}
                    record = CaseRecord({**case.record, "facts": {"correct": fact}})
                    targets.add(self.procedure.target(replace(case, record=record), action))
            for target in sorted(t for t in targets if t is not None):
                yield action, it, target

    def moved(self, at: At, action: str, it: Any, target: str) -> At:
        """Return the case after a move, as `changes_of` leaves its acts."""
        record = at.case().record
        gone: set[str] = set()
        for state in [it.resumes, target if it.form == "resubmission" else None] if it else []:
            if state:
                gone |= {path.removeprefix("acts/") for path in forgotten(self.procedure, record, state)}
        acts = tuple(act for act in at.acts if act[0] not in gone)
        if target != at.state:
            resumes = it.resumes if it else None
            acts = (*(act for act in acts if act[0] != action), (action, at.state, resumes))
        return At(target, acts, self.noted(at, action, it, target))

    def noted(self, at: At, action: str, it: Any, target: str) -> Seen:
        """Note what happened, and whether it may."""
        seen, kind = at.seen, self.kinds.get(action) if it is None else None
        place = self.procedure.place
        here, there = place.get(at.state), place.get(target)
        self.judge(at, action, it, target, kind)
        passed = seen.passed
        if it is None:
            passed |= {at.state}
        elif it.form == "failing":
            passed -= {at.state}
        left = seen.left
        if it is not None and it.form == "returning":
            left = min(x for x in (here, place.get(it.resumes), len(place)) if x is not None)
        elif there is not None:
            left = None
        done = (
            seen.done | ({kind} if kind else set()) | ({"unpaid"} if it is not None and it.form == "unpaid" else set())
        )
        return Seen(frozenset(done), frozenset(passed), left)

    def judge(self, at: At, action: str, it: Any, target: str, kind: str | None) -> None:
        """Write down each property that the move breaks."""
        done, passed, place = at.seen.done, at.seen.passed, self.procedure.place
        here, there = place.get(at.state), place.get(target)
        there = len(place) if target == "archived" else there
        states = {self.procedure.road[number].state: k for number, k in enumerate(self.first)}
        closed = passed | ({at.state} if it is None else set())
        hanging = [s for s, k in states.items() if k == "closing" and (there or 0) > place[s] and s not in closed]
        if kind == "payment":
            finals = [s for s, k in states.items() if k == "final"]
            self.broken(not finals or any(s not in passed for s in finals), f"{action} without final acceptance")
            self.broken("approval" not in done, f"{action} without approval")
            self.broken(any(k == "closing" and s not in passed for s, k in states.items()), f"{action} before a close")
        if kind == "payment" or target == "archived":
            around = sorted(self.floor - passed - {at.state if it is None else ""})
            self.broken(bool(around), f"{action} leads round {around}")
        if kind == "final":
            self.broken(
                any(k == "preliminary" and s not in passed for s, k in states.items()), "final before preliminary"
            )
        if kind in ("start", "completion", "preliminary", "final"):
            self.broken(not {"appraisal", "agreement"} <= done, f"{action} without appraisal and agreement")
        if action == "record_appraisal" and self.identity_first:
            self.broken("identity" not in done, "appraisal before identity")
        self.broken(target == "archived" and "final" not in {*done, kind}, "archived without final acceptance")
        self.broken(bool(hanging), f"{action} leads past {hanging}")
        if here is not None and self.first[here] == "closing" and it is not None:
            self.broken((there or 0) > here, f"{action} leaves {at.state} while it hangs")
        if it is not None and it.form == "resubmission" and at.seen.left is not None and there is not None:
            self.broken(there > at.seen.left, f"{action} enters later than it left")
        if at.state in self.procedure.closed:
            self.broken(it is None or it.to != "back", f"{action} leads out of {at.state}")

    def broken(self, yes: bool, what: str) -> None:
        """Write a broken property down."""
        if yes:
            self.found.append(what)

    def key(self, at: At) -> tuple[Any, ...]:
        """Return what the future of a case depends on: of its acts only those that led, one after another, to where it is."""
        led: dict[str, tuple[str, str | None]] = {}
        for name, came, resumes in at.acts:
            target = self.procedure.table[came].get(name)
            if target is not None:
                led[target] = (came, resumes)
        chain, state = [], at.state
        while state in led and self.backs[state]:
            came, resumes = led.pop(state)
            chain.append((state, resumes or came))
            state = resumes or came
        return at.state, tuple(chain), at.seen

    def wide(self, most: int) -> tuple[bool, int]:
        """Search breadth first up to `most` cases; tell whether that was all of them, and how many."""
        start = At(self.procedure.start)
        unpaid: dict[At, list[At]] = {}
        queue, known = deque([start]), {self.key(start): start}
        while queue and len(known) < most:
            at = queue.popleft()
            unpaid[at] = []
            for action, it, target in self.moves(at):
                after = self.moved(at, action, it, target)
                after = known.get(self.key(after), after)
                if it is not None or self.kinds.get(action) != "payment":
                    unpaid[at].append(after)
                if self.key(after) not in known:
                    known[self.key(after)] = after
                    queue.append(after)
        if queue:
            return False, len(known)
        absent = set(self.procedure.states) - {at.state for at in known.values()}
        self.broken(bool(absent), f"never reached: {absent}")
        self.ends(set(known.values()), unpaid)
        return True, len(known)

    def ends(self, known: set[At], onward: dict[At, list[At]]) -> None:
        """Check that every case can end."""
        good = {at for at in known if at.state in self.procedure.closed}
        grown = True
        while grown:
            more = {at for at in known - good if good & set(onward[at])}
            grown = bool(more)
            good |= more
        self.broken(good != known, f"traps: {sorted({at.state for at in known - good})}")

    def long(self, dice: random.Random, steps: int) -> None:
        """Walk at random, stepping back too: a step back leads to where the case was before its last move."""
        at, before = At(self.procedure.start), []
        for _ in range(steps):
            backs = [
                name
                for name in self.procedure.actions(at.state)
                if getattr(self.procedure.act(at.state, name).table, "to", None) == "step"
            ]
            moves = list(self.moves(at))
            if backs and before and dice.random() < 0.2:
                to = self.procedure.target(at.case(), backs[0])
                if to is not None:
                    paid = self.kinds.get(at.acts[-1][0]) == "payment"
                    self.broken(to != before[-1].state, f"{backs[0]} leads to {to}, not {before[-1].state}")
                    self.broken(paid, f"{backs[0]} takes a payment back")
                    at = before.pop()
                    continue
            if not moves:
                return
            road = [move for move in moves if move[1] is None]
            action, it, target = dice.choice(road if road and dice.random() < 0.6 else moves)
            if target != at.state:
                before.append(at)
            at = self.moved(at, action, it, target)
