"""Try out another policy or calendar on the cases of an area; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...db.cases.histories import histories
from ...db.register.register import units
from ...states.errors import InputRefused
from ...states.replay.whatif import replayed, sums, unjudged
from ...states.values import Row
from ..policies.plans import usable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...states.actor import Actor
    from ...states.calendar import Calendar
    from ...states.case import Case
    from ...states.procedure.graph import Procedure
    from ...states.replay.whatif import WhatIf
    from ...states.values import Event, Json
    from ..context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Row):
    """What becomes of one case; `found` has its days and amounts (calendar days, whole fen)."""

    case: str
    unit: str
    policy: str
    state: str
    found: WhatIf

    def as_json(self, lang: str = "zh") -> dict[str, Json]:
        """Return the row as the JSON object of the contract, with the sentences of its findings in `lang` ("zh" or "en")."""
        found = self.found
        return {
            "case": self.case,
            "unit": self.unit,
            "policy": self.policy,
            "state": self.state,
            "would_be": found.state,
            "refused": [
                {"action": b.action, "on": b.on.isoformat(), "findings": [f.as_json(lang) for f in b.findings]}
                for b in found.barred
            ],
            "delayed": [
                {"action": m.action, "was": m.was.isoformat(), "on": m.on.isoformat(), "days": (m.on - m.was).days}
                for m in found.moved
            ],
            "days": found.days,
            "end_days": found.end_days,
            "was_fen": found.was_fen,
            "fen": found.fen,
            "more_fen": found.more_fen,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation(Row):
    """The result of a simulation for all cases.

    `total` and `townships` (by 9-digit code) hold counts of cases, days and fen, see `states.replay.whatif.sums`; `outcomes`
    are the cases for which anything would have been otherwise, by id; `unjudged` the guards that were not asked; `lost`
    the cases whose keys are lost, and `unusable` those whose policy is damaged or none, which were left out.
    """

    policy: str | None
    hash: str | None
    total: Mapping[str, int]
    townships: Mapping[str, Mapping[str, int]]
    names: Mapping[str, str]
    outcomes: tuple[Outcome, ...]
    unjudged: tuple[str, ...]
    lost: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()

    def as_json(self, lang: str = "zh") -> dict[str, Json]:
        """Return the simulation as the JSON object of the contract, its sentences in `lang` ("zh" or "en")."""
        return {
            "policy": self.policy,
            "hash": self.hash,
            "total": dict(self.total),
            "units": [
                {"unit": code, "name": self.names.get(code, code), **sums} for code, sums in self.townships.items()
            ],
            "cases": [outcome.as_json(lang) for outcome in self.outcomes],
            "unjudged": list(self.unjudged),
            "key_lost": list(self.lost),
            "policy_lost": list(self.unusable),
        }


def simulate(
    context: Context, actor: Actor, *, to: str | None, calendar: Calendar | None, policy: str | None, unit: str | None
) -> Simulation:
    """Take the acts of every case of the actor's area again. See `Records.simulate`."""
    if to is None and calendar is None:
        raise InputRefused("请给出另一方案或另一日历。", "give another policy or another calendar.")
    target = context.library.procedure(to) if to else None
    replay = _Replay(context, target, calendar)
    connection = context.connection
    for case, events in histories(connection, actor.units, context.keys, policy=policy, unit=unit):
        replay.take(case, events)
    by = replay.by_township
    return Simulation(
        policy=target.policy.id if target else None,
        hash=target.hash if target else None,
        total=sums(one for each in by.values() for one in each),
        townships={code: sums(each) for code, each in sorted(by.items())},
        names={unit.code: unit.name for unit in units(connection, actor.units) if unit.code in by},
        outcomes=tuple(replay.outcomes),
        unjudged=replay.unjudged(),
        lost=tuple(replay.lost),
        unusable=tuple(replay.unusable),
    )


class _Replay:
    """The cases taken so far: what becomes of each, and which were left out."""

    def __init__(self, context: Context, target: Procedure | None, calendar: Calendar | None) -> None:
        self._context, self._target, self._calendar = context, target, calendar
        self._asked = {} if target is None else {target.hash: target}
        self.by_township: dict[str, list[WhatIf]] = {}
        self.outcomes: list[Outcome] = []
        self.lost: list[str] = []
        self.unusable: list[str] = []

    def take(self, case: Case, events: Sequence[Event]) -> None:
        """Take the acts of one case again, or note why it is left out."""
        if case.key_lost:
            self.lost.append(case.id)
            return
        broken = case.damaged or not events
        procedure = None if broken else self._target or usable(self._context, case.policy_hash)
        if procedure is None:
            self.unusable.append(case.id)
            return
        self._asked[procedure.hash] = procedure
        found = replayed(case, events, procedure, self._calendar or self._context.calendar)
        self.by_township.setdefault(case.unit[:9], []).append(found)
        if found.differs:
            self.outcomes.append(
                Outcome(case=case.id, unit=case.unit, policy=case.policy_id, state=case.state, found=found)
            )

    def unjudged(self) -> tuple[str, ...]:
        """Return the names of the guards that were not asked."""
        return tuple(sorted({name for procedure in self._asked.values() for name in unjudged(procedure)}))
