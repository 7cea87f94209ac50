"""What another policy or another calendar would have made of the cases that there are; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...states.errors import InputRefused
from ...states.replay.whatif import replayed, sums, unjudged
from ..policies.plans import usable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...states.actor import Actor
    from ...states.calendar import Calendar
    from ...states.replay.whatif import WhatIf
    from ..context import Context


class Outcome(NamedTuple):
    """What becomes of one case."""

    case: str
    unit: str
    policy: str
    state: str
    found: WhatIf


class Simulation(NamedTuple):
    """What becomes of all of them.

    `total` and `townships` (by 9-digit code) hold counts of cases, days and fen, see `states.whatif.sums`; `outcomes`
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
    from ...db.cases.histories import histories
    from ...db.register.register import units

    if to is None and calendar is None:
        raise InputRefused("请给出另一方案或另一日历。", "name another policy or another calendar.")
    target = context.library.procedure(to) if to else None
    connection = context.connection
    by: dict[str, list[WhatIf]] = {}
    outcomes: list[Outcome] = []
    asked: set[str] = set()
    lost: list[str] = []
    unusable: list[str] = []
    for case, events in histories(connection, actor.units, context.keys, policy=policy, unit=unit):
        if case.key_lost:
            lost.append(case.id)
            continue
        procedure = None if case.damaged or not events else target or usable(context, case.policy_hash)
        if procedure is None:
            unusable.append(case.id)
            continue
        asked.add(procedure.hash)
        found = replayed(case, events, procedure, calendar or context.calendar)
        by.setdefault(case.unit[:9], []).append(found)
        if found.differs:
            outcomes.append(Outcome(case.id, case.unit, case.policy_id, case.state, found))
    procedures = [target] if target else [context.procedure(policy_hash) for policy_hash in sorted(asked)]
    return Simulation(
        target.policy.id if target else None,
        target.hash if target else None,
        sums(one for each in by.values() for one in each),
        {code: sums(each) for code, each in sorted(by.items())},
        {row["code"]: row["name"] for row in units(connection, actor.units) if row["code"] in by},
        tuple(outcomes),
        tuple(sorted({name for procedure in procedures for name in unjudged(procedure)})),
        tuple(lost),
        tuple(unusable),
    )
