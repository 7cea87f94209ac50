"""The actions and facts of a policy, each with its offices, guards and papers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .conditions import Fit, compiled
from .four_eyes import Against, pairs
from .guard import COUNTED, Guard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..policy.sourced import Sourced
    from ..policy.step_tables import Fact, Step, Way
    from ..policy.tables import Paper, Policy


_DECISIONS = frozenset(
    {"deliberation", "review", "meeting", "identity", "appraisal", "waiver", "approval", "preliminary", "final"}
)
_ENDINGS = frozenset({"reasoned", "returning", "failing", "reopening"})


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
    kind: str  # of a step's act, else "way" or "fact"
    form: str
    table: Sourced
    level: str | None
    offices: tuple[str, ...]
    moves: bool
    upward: bool  # it leads on along the road: what holds a case back holds it
    states: tuple[str, ...] | None  # where a fact may be recorded; None: any open state
    guards: tuple[Asked, ...]
    papers: tuple[Wanted, ...]
    needs: frozenset[str]
    against: tuple[Against, ...] = ()  # the steps that who takes this one may not take too
    capped: bool = False  # what is counted over other cases may bar it

    @property
    def decides(self) -> bool:
        """Tell whether it is a decision on the household: what it rested on is then kept with it."""
        return self.kind in _DECISIONS or (self.kind == "way" and self.form in _ENDINGS)

    @property
    def computes(self) -> str:
        """Return under which name its computed values are found: a step's kind, else the form."""
        return self.form if self.kind in ("way", "fact") else self.kind


class Acts:
    """Makes the acts of one policy."""

    def __init__(self, policy: Policy, road_states: Iterable[str], guards: Sequence[Guard]) -> None:
        self._policy, self._guards = policy, guards
        self._road = frozenset(road_states)
        self._pairs = pairs(policy)
        self._fact_offices = {fact.id: fact.offices for fact in policy.facts}

    def step(self, name: str, kind: str, form: str, step: Step, offices: tuple[str, ...]) -> Act:
        """Make the act of a step."""
        guards = self._asked(name, (kind, "move", "upward"), step, offices)
        return Act(
            name,
            kind,
            form,
            step,
            step.at,
            offices,
            True,
            True,
            None,
            guards,
            self.papers(name),
            _needs(guards),
            self._against(name),
            self._capped(guards),
        )

    def way(self, way: Way) -> Act:
        """Make the act of a way off the road or back to it."""
        upward = way.to in self._road or way.form == "resubmission"
        at = ("way", way.form, "move", *(["upward"] if upward else []))
        guards = self._asked(way.action, at, way, way.offices)
        papers = self.papers(way.action)
        return Act(
            way.action,
            "way",
            way.form,
            way,
            None,
            way.offices,
            True,
            upward,
            None,
            guards,
            papers,
            _needs(guards),
            self._against(way.action),
            self._capped(guards),
        )

    def fact(self, fact: Fact) -> Act:
        """Make the act of a fact."""
        states = None if fact.states == ("open",) else fact.states
        guards = self._asked(fact.id, (fact.form, fact.id, "record"), fact, fact.offices)
        papers = self.papers(fact.id)
        return Act(
            fact.id,
            "fact",
            fact.form,
            fact,
            None,
            fact.offices,
            False,
            False,
            states,
            guards,
            papers,
            _needs(guards),
            self._against(fact.id),
            self._capped(guards),
        )

    def papers(self, action: str) -> tuple[Wanted, ...]:
        """Return the papers that are wanted at an act, with their conditions compiled."""
        return tuple(Wanted(p, compiled(p.when)) for p in self._policy.papers if p.at == action)

    def _against(self, name: str) -> tuple[Against, ...]:
        return self._pairs.get(name, ())

    def _capped(self, guards: tuple[Asked, ...]) -> bool:
        """Tell whether a guard that counts other cases may bar the act: a quota by its own effect, else by the guard's."""
        quotas = any(part.effect == "block" for quota in self._policy.quotas for part in quota.each)
        counting = [a for a in guards if COUNTED & set(a.guard.needs) and not a.guard.warns]
        return any(quotas if "quotas" in a.guard.needs else a.table.effect == "block" for a in counting)

    def _asked(self, name: str, kinds: tuple[str, ...], table: Sourced, offices: tuple[str, ...]) -> tuple[Asked, ...]:
        asked = []
        for guard in self._guards:
            if not set(kinds) & set(guard.at) or (guard.paired and name not in self._pairs):
                continue
            own = table if guard.of_step else getattr(self._policy.guards, guard.name, None)
            if own is not None and (guard.where is None or getattr(own, guard.where, None)):
                asked.append(Asked(guard, own, self._fact_offices.get(guard.mended_by or "", offices)))
        return tuple(asked)


def _needs(guards: tuple[Asked, ...]) -> frozenset[str]:
    return frozenset(need for asked in guards for need in asked.guard.needs)
