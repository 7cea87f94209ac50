"""Try out another policy or calendar on the cases of an area; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...db.cases.histories import histories
from ...db.register.register import units
from ...states.errors import InputRefused
from ...states.replay.whatif import replayed, sums, unjudged
from ..policies.plans import usable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...states.actor import Actor
    from ...states.calendar import Calendar
    from ...states.case import Case
    from ...states.procedure.graph import Procedure
    from ...states.replay.whatif import WhatIf
    from ...states.values import Event
    from ..context import Context


class Outcome(NamedTuple):
    """The result of a simulation for one case."""

    case: str
    unit: str
    policy: str
    state: str
    found: WhatIf


class Simulation(NamedTuple):
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
        names={row["code"]: row["name"] for row in units(connection, actor.units) if row["code"] in by},
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
            self.outcomes.append(Outcome(case.id, case.unit, case.policy_id, case.state, found))

    def unjudged(self) -> tuple[str, ...]:
        """Return the names of the guards that were not asked."""
        return tuple(sorted({name for procedure in self._asked.values() for name in unjudged(procedure)}))
