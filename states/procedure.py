"""A policy's steps compiled to states and actions: one shared machine per policy, and a table read from it once.

`transitions` owns the graph (states, names, moves); guards run outside it (see `decide`). Only this module imports it.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from transitions import Machine

from .conditions import Fit, compiled
from .guards import Guard, load

if TYPE_CHECKING:
    from .policy import Fact, Line, Mode, Paper, Policy, Quota, Sourced, Step, Subsidy, Way

CLOSED = ("not_reported", "ineligible", "withdrawn", "refused", "disqualified", "archived")
_UP = {"village": "township", "township": "county", "county": "county"}


class Edge(NamedTuple):
    """One move of the graph."""

    source: str
    action: str
    target: str


class Asked(NamedTuple):
    """A guard bound to the policy table that it reads, and the offices that can mend it."""

    guard: Guard
    table: Any
    who: tuple[str, ...]


class Wanted(NamedTuple):
    """A paper bound to its compiled condition."""

    paper: Paper
    fit: Fit


class Act(NamedTuple):
    """One action or fact of a policy, ready to be asked about."""

    name: str
    kind: str
    form: str
    table: Sourced
    level: str | None
    offices: tuple[str, ...]
    moves: bool
    states: tuple[str, ...] | None  # where a fact may be recorded; None: any open state
    guards: tuple[Asked, ...]
    papers: tuple[Wanted, ...]
    needs: frozenset[str]


# What each kind of step contributes, in order: (state, action out of it, kind of act, form).
_KINDS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "application": (("draft", "submit_application", "application", "application"),),
    "deliberation": (("{level}_deliberation", "record_deliberation", "deliberation", "deliberation"),),
    "publicity": (
        ("{level}_notice", "post_{level}_notice", "posting", "posting"),
        ("{level}_publicity", "close_{level}_publicity", "closing", "closing"),
    ),
    "report": (("application_form", "report_to_{above}", "report", "report"),),
    "review": (("{level}_review", "accept_{level}_review", "review", "review"),),
    "meeting": (("{level}_meeting", "record_{level}_meeting", "meeting", "meeting"),),
    "identity_check": (("identity_check", "accept_identity", "identity", "identity"),),
    "appraisal": (("appraisal", "record_appraisal", "appraisal", "appraisal"),),
    "approval": (("{level}_review", "approve", "approval", "approval"),),
    "registration": (("registration", "register", "registration", "registration"),),
    "agreement": (("agreement", "sign_agreement", "agreement", "agreement"),),
    "start": (("site_preparation", "start_works", "start", "start"),),
    "works": (("construction", "complete_works", "completion", "completion"),),
    "acceptance": (("{part}_acceptance", "pass_{part}_acceptance", "{part}", "acceptance"),),
    "payment": (("payment", "pay", "payment", "payment"),),
    "archive": (("archiving", "archive", "archiving", "archiving"),),
}


class Part(NamedTuple):
    """A state of the road with the action out of it, the kind of that act, and its form."""

    step: Step
    state: str
    action: str
    kind: str
    form: str


def _parts(step: Step) -> list[Part]:
    names = {"level": step.level, "part": step.part or "", "above": _UP[step.level]}
    return [Part(step, *(word.format(**names) for word in part)) for part in _KINDS[step.kind]]


class Procedure:
    """A policy with its graph: built once per policy content and shared by every case under it."""

    def __init__(self, policy: Policy, content_hash: str) -> None:
        self.policy = policy
        self.hash = content_hash
        self.road = tuple(part for step in policy.steps for part in _parts(step))
        self.start = self.road[0].state
        self.edges = tuple(self._edges())
        self.states = tuple(dict.fromkeys([*(e.source for e in self.edges), *(e.target for e in self.edges)]))
        self.machine = self._machine()
        self.table = self._table()
        self.closed = frozenset(state for state in self.states if state in CLOSED)
        self.open = tuple(state for state in self.states if state not in self.closed)
        self.levels: dict[str, Step] = {s.level: s for s in policy.steps if s.kind == "publicity"}
        self.modes: dict[str, Mode] = {mode.id: mode for mode in policy.modes}
        self.paper_names = {paper.kind: paper.name for paper in policy.papers}
        self.subsidies: tuple[tuple[Subsidy, Fit], ...] = tuple((s, compiled(s.when)) for s in policy.subsidies)
        self.lines: tuple[tuple[Line, Fit], ...] = tuple((x, compiled(x.when)) for x in policy.lines)
        self.quotas: tuple[tuple[Quota, Fit], ...] = tuple((x, compiled(x.when)) for x in policy.quotas)
        self.items = tuple((item, compiled(item.when)) for item in policy.checklist)
        self.stages = {action: stage for stage in policy.stages for action in stage.actions}
        self.records_for = {office.id: frozenset(office.records_for) for office in policy.offices}
        self.classes = {entry.id: entry for entry in policy.classes}
        self.elsewhere = {entry.id: entry for entry in policy.elsewhere}

    def _edges(self) -> list[Edge]:
        """Return every move: the road in order, the waiver of an appraisal, then the ways off it."""
        following = [part.state for part in self.road[1:]] + ["archived"]
        edges = []
        for part, target in zip(self.road, following, strict=True):
            edges.append(Edge(part.state, part.action, target))
            if part.step.kind == "appraisal" and part.step.waived_when is not None:
                edges.append(Edge(part.state, "waive_appraisal", target))
        for _ in range(2):  # a way may start from a state that only another way leads to
            for way in self.policy.ways:
                known = {e.source for e in edges} | {e.target for e in edges}
                for source in self._starts(way, known):
                    if Edge(source, way.action, way.to) not in edges:
                        edges.append(Edge(source, way.action, way.to))
        return edges

    @staticmethod
    def _starts(way: Way, known: set[str]) -> list[str]:
        if way.start == ("open",):
            return sorted(s for s in known if s not in CLOSED)
        return [s for s in way.start if s in known]

    def _machine(self) -> Machine:
        return Machine(
            model=None,
            states=list(self.states),
            initial=self.start,
            transitions=[{"trigger": e.action, "source": e.source, "dest": e.target} for e in self.edges],
            auto_transitions=False,
            queued=False,
        )

    def _table(self) -> dict[str, dict[str, str]]:
        """Read the machine's own moves once, so that asking costs a lookup."""
        table: dict[str, dict[str, str]] = {state: {} for state in self.machine.states}
        for name, event in self.machine.events.items():
            for source, moves in event.transitions.items():
                table[str(source)][name] = str(moves[0].dest)
        return table

    def target(self, state: str, action: str) -> str | None:
        """Return the state that `action` leads to from `state`, None where the graph has no such move."""
        return self.table.get(state, {}).get(action)

    def mode(self, name: str | None) -> Mode | None:
        """Return the mode of that id, None where the plan has none."""
        return self.modes.get(name) if name else None

    @cached_property
    def acts(self) -> dict[str, Act]:
        """Return every action and fact by name."""
        acts = {}
        for step, _, action, kind, form in self.road:
            acts[action] = self._act(action, kind, form, step, step.level, step.offices)
            if step.kind == "appraisal" and step.waived_when is not None:
                by = step.waived_by or step.offices
                acts["waive_appraisal"] = self._act("waive_appraisal", "waiver", "waiver", step, step.level, by)
        for way in self.policy.ways:
            acts[way.action] = self._act(way.action, "way", way.form, way, None, way.offices)
        for fact in self.policy.facts:
            acts[fact.id] = self._fact(fact)
        return acts

    def _act(self, name: str, kind: str, form: str, table: Sourced, level: str | None, offices: tuple[str, ...]) -> Act:
        guards = self._asked((kind, "move"), table, offices)
        return Act(
            name=name, kind=kind, form=form, table=table, level=level, offices=offices, moves=True, states=None,
            guards=guards, papers=self._papers(name),
            needs=frozenset(n for asked in guards for n in asked.guard.needs),
        )  # fmt: skip

    def _fact(self, fact: Fact) -> Act:
        return Act(
            name=fact.id, kind="fact", form=fact.form, table=fact, level=None, offices=fact.offices, moves=False,
            states=None if fact.states == ("open",) else fact.states,
            guards=self._asked((fact.form, "record"), fact, fact.offices), papers=self._papers(fact.id),
            needs=frozenset(),
        )  # fmt: skip

    def _papers(self, action: str) -> tuple[Wanted, ...]:
        return tuple(Wanted(p, compiled(p.when)) for p in self.policy.papers if p.at == action)

    def _asked(self, kinds: tuple[str, ...], table: Sourced, offices: tuple[str, ...]) -> tuple[Asked, ...]:
        asked = []
        fact_offices = {fact.id: fact.offices for fact in self.policy.facts}
        for guard in load().values():
            if not set(kinds) & set(guard.at):
                continue
            own = table if guard.of_step else getattr(self.policy.guards, guard.name, None)
            if own is not None:
                asked.append(Asked(guard, own, fact_offices.get(guard.mended_by or "", offices)))
        return tuple(asked)

    def moves(self) -> dict[str, dict[str, str]]:
        """Return, by office and state, the move that the office takes next: what an inbox shows."""
        names = {part.action: part.state for part in self.road}
        names |= {e.action: e.source for e in self.edges if e.action in ("waive_appraisal", "complete_rectification")}
        found: dict[str, dict[str, str]] = {office.id: {} for office in self.policy.offices}
        for action, state in names.items():
            for office in self.acts[action].offices:
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
