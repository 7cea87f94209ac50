"""Compile a policy's steps to states and actions: one shared state machine per policy.

`transitions` owns the graph (states, names, moves); guards run outside it (see `decide`). Only this module imports it.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Any

from transitions import Machine

from ..case import CLOSED
from ..policy.changes import versions
from .acts import Act, Acts, Bound, Wanted
from .beside import BesideRoad
from .conditions import Fit, compiled
from .edges import BACK, backs, edges, starts
from .exemptible import Exempting, exempting, liftable
from .road import Part, ordered, own_names, parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ..case import Case
    from ..policy.house_tables import Mode
    from ..policy.money_tables import Line, Quota, Subsidy
    from ..policy.step_tables import Fact, Intake, Step
    from ..policy.tables import Policy
    from .guard import Guard

__all__ = ["CLOSED", "Act", "Bound", "Part", "Procedure", "Wanted"]


class Procedure:
    """A policy with its graph: built once per policy content and shared by every case under it.

    `edges` are the moves with one target. `backs` are those whose target only a case's history knows: to the state
    that it came from, or to the one before its last step. They lead only to states that the case has passed
    already, so whatever must come before something still comes before it. `guards` are those that the acts may bind.
    """

    def __init__(
        self, policy: Policy, content_hash: str, guards: Sequence[Guard], intake: Intake | None = None
    ) -> None:
        self.policy, self._guards = policy, tuple(guards)
        self.hash = content_hash
        self.intake = intake
        self.road = tuple(part for step in ordered(policy, intake) for part in parts(step))
        self.start = self.road[0].state
        self.place = {part.state: number for number, part in enumerate(self.road)}
        self.edges = tuple(edges(policy, self.road))
        self.states = tuple(dict.fromkeys([*(e.source for e in self.edges), *(e.target for e in self.edges)]))
        self.backs = tuple(dict.fromkeys(backs(policy, self.place, self.edges)))
        self.machine = self._machine()
        self.table, self.back_table = self._tables()
        self.names = own_names(policy, self.road)
        self.closed = frozenset(state for state in self.states if state in CLOSED)
        self.open = tuple(state for state in self.states if state not in self.closed)
        self.levels: dict[str, Step] = {p.step.at: p.step for p in self.road if p.kind == "closing"}
        self.modes: dict[str, Mode] = {mode.id: mode for mode in policy.modes}
        self.subsidies: tuple[tuple[Subsidy, Fit], ...] = tuple((s, compiled(s.when)) for s in policy.subsidies)
        self.lines: tuple[tuple[Line, Fit], ...] = tuple((x, compiled(x.when)) for x in policy.lines)
        self.quotas: tuple[tuple[Quota, Fit], ...] = tuple(
            (x, compiled(x.when)) for quota in policy.quotas for x in quota.each
        )
        self.items = tuple((item, compiled(item.when)) for item in policy.checklist)
        self.stages = {action: stage for stage in policy.stages for action in stage.actions}
        self.records_for = {office.id: frozenset(office.records_for) for office in policy.offices}
        self.classes = {entry.id: entry for entry in policy.classes}
        self.elsewhere = {entry.id: entry for entry in policy.elsewhere}
        self.hearings = {hearing.level: hearing for hearing in policy.hearings}

    def _machine(self) -> Machine:
        return Machine(
            model=None,
            states=list(self.states),
            initial=self.start,
            transitions=[
                {"trigger": e.action, "source": e.source, "dest": e.target} for e in (*self.edges, *self.backs)
            ],
            auto_transitions=False,
            queued=False,
        )

    def _tables(self) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, frozenset[str]]]]:
        """Read the machine's own moves once, so that asking costs a lookup: those with one target, and the rest."""
        fixed: dict[str, dict[str, str]] = {state: {} for state in self.machine.states}
        open_: dict[str, dict[str, frozenset[str]]] = {state: {} for state in self.machine.states}
        back = {way.action for way in self.policy.ways if way.to in (*BACK, "same")}
        for name, event in self.machine.events.items():
            for source, moves in event.transitions.items():
                if name in back:
                    open_[str(source)][name] = frozenset(str(move.dest) for move in moves)
                else:
                    fixed[str(source)][name] = str(moves[0].dest)
        return fixed, open_

    def target(self, case: Case, action: str) -> str | None:
        """Return the state that `action` leads a case to, None where the graph or the case's history has no such move."""
        fixed = self.table.get(case.state, {}).get(action)
        if fixed is not None:
            return fixed
        among = self.back_table.get(case.state, {}).get(action)
        if among is None:
            return None
        found = self._from_history(case, self.act(case.state, action).table)
        return found if found in among else None

    def _from_history(self, case: Case, way: Any) -> str | None:
        if way.to == "same":
            return case.state
        if way.to == "step":
            last = case.last_step
            return None if last is None or last[0] in way.never else last[1].get("from")
        led = [
            e for name, e in case.record.acts.items() if self.table.get(e.get("from", ""), {}).get(name) == case.state
        ]
        if not led:
            return None
        entry = max(led, key=lambda e: int(e["seq"]))
        came = entry.get("resumes") or entry["from"]
        return self.rerun(case, entry["seq"], came) if way.form == "resubmission" else came

    def rerun(self, case: Case, since: int, came: str | None) -> str | None:
        """Return where a resubmission enters: the state that asked, or an earlier one that a correction reruns (R53)."""
        changed = {
            path
            for seq, entry in case.record.facts("correct").items()
            if int(seq) > since
            for path in entry["data"].get("changed", ())
        }
        hit = [r.state for r in self.policy.reruns if any(_within(p, f) for p in changed for f in r.fields)]
        states = [state for state in (came, *hit) if state in self.place]
        return min(states, key=lambda state: self.place[state], default=came)

    def actions(self, state: str) -> tuple[str, ...]:
        """Return every action of a state, the road's own first."""
        return (*self.table[state], *self.back_table[state])

    def act(self, state: str, name: str) -> Act:
        """Return the act of that name as it is taken in a state: another office may take it there.

        Raises:
            KeyError: the policy has none of that name.
        """
        return self._ways.get((state, name)) or self.acts[name]

    def mode(self, name: str | None) -> Mode | None:
        """Return the mode of that id, None where the plan has none."""
        return self.modes.get(name) if name else None

    @cached_property
    def acts(self) -> dict[str, Act]:
        """Return every action and fact by name."""
        make = self._make
        acts = {}
        for step, _, action, kind, form in self.road:
            acts[action] = make.step(action, kind, form, step, step.offices)
            if step.kind == "appraisal" and step.waived_when is not None:
                acts["waive_appraisal"] = make.step(
                    "waive_appraisal", "waiver", "waiver", step, step.waived_by or step.offices
                )
        for way in self.policy.ways:
            acts.setdefault(way.action, make.way(way))
        for fact in self.policy.facts:
            acts[fact.id] = make.fact(fact)
        return acts

    @cached_property
    def _ways(self) -> dict[tuple[str, str], Act]:
        """Return the ways by the state that they are taken in, where one action has several tables."""
        make = self._make
        names = [way.action for way in self.policy.ways]
        several = [way for way in self.policy.ways if names.count(way.action) > 1]
        return {
            (state, way.action): act
            for way in several
            for act in [make.way(way)]
            for state in starts(way, set(self.states))
        }

    @cached_property
    def rules(self) -> frozenset[str]:
        """Return every rule that the policy carries out."""
        return frozenset(_rules(self.policy.model_dump(include=_RULED)))

    @cached_property
    def exempting(self) -> Exempting:
        """Return what the policy lets a household be exempted from."""
        return exempting(self.policy, self.rules)

    @cached_property
    def liftable(self) -> dict[str, frozenset[str]]:
        """Return by rule the acts at which an exemption can lift something of it; what is of the floor is in none."""
        return liftable(self.policy, (*self.acts.values(), *self._ways.values()))

    def fact(self, fact: Fact) -> Act:
        """Return the act of a fact that the policy does not list itself."""
        return self._make.fact(fact)

    @cached_property
    def beside(self) -> BesideRoad:
        """Return the acts that stand beside the road: the opening, an unmasking, an erasure, the duties of units."""
        first = self.acts[next(iter(self.table[self.start]))]
        return BesideRoad(self.policy, self._make, self.acts.values(), first, self.intake)

    @cached_property
    def _make(self) -> Acts:
        return Acts(self.policy, self.place, self._guards)

    @cached_property
    def variants(self) -> dict[str, Procedure]:
        """Return the procedures of the other ways in, by intake (R15)."""
        return {intake.id: Procedure(self.policy, self.hash, self._guards, intake) for intake in self.policy.intakes}

    @cached_property
    def since(self) -> tuple[tuple[date, Procedure], ...]:
        """Return the procedures that hold for cases opened since the day of each dated change, oldest first."""
        return tuple((first, Procedure(policy, self.hash, self._guards)) for first, policy in versions(self.policy))

    def of(self, intake: str | None, opened: date | None) -> Procedure:
        """Return the procedure of a case opened on that day that came in by an intake; None is the road's own."""
        now = self
        if opened is not None and self.policy.changes:
            now = next((p for first, p in reversed(self.since) if first <= opened), self)
        return now.variants[intake] if intake else now

    @cached_property
    def numbered_at(self) -> str | None:
        """Return the action at which a case gets its archive number: the registration, in a plan without one the approval."""
        for kind in ("registration", "approval"):
            for part in self.road:
                if part.kind == kind:
                    return part.action
        return None

    def moves(self) -> dict[str, dict[str, str]]:
        """Return, by office and state, the move that the office takes next: what an inbox shows."""
        on = [way for way in self.policy.ways if way.form in ("resubmission", "mending")]
        pairs = [(part.state, part.action) for part in self.road]
        pairs += [(e.source, e.action) for e in self.edges if e.action == "waive_appraisal"]
        pairs += [(state, way.action) for way in on for state in starts(way, set(self.states))]
        found: dict[str, dict[str, str]] = {office.id: {} for office in self.policy.offices}
        for state, action in pairs:
            for office in self.act(state, action).offices:
                found[office].setdefault(state, action)
        return found

    def first(self, state: str, action: str) -> tuple[str, ...]:
        """Return the actions of the shortest way from `state` to where `action` can be taken, without it."""
        queue: deque[tuple[str, tuple[str, ...]]] = deque([(state, ())])
        seen = {state}
        while queue:
            here, path = queue.popleft()
            if action in self.table.get(here, {}):
                return path
            for name, target in self.table.get(here, {}).items():
                if target not in seen:
                    seen.add(target)
                    queue.append((target, (*path, name)))
        return ()


_RULED = {"classes", "elsewhere", "steps", "papers", "modes", "subsidies", "lines", "quotas", "checklist", "guards"}


def _rules(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("rule"), str):
            yield value["rule"]
        yield from (rule for item in value.values() for rule in _rules(item))
    elif isinstance(value, (list, tuple)):
        yield from (rule for item in value for rule in _rules(item))


def _within(path: str, field: str) -> bool:
    return path == field or path.startswith(f"{field}/")
