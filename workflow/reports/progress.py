"""Count how far the cases of an area have come, per township and policy."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...db.reports.counts import townships
from ...states.values import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...db.reports.counts import TownshipSum
    from ...states.actor import Actor
    from ..context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Row):
    """How many cases of a policy stand in which state in a township (9 digits); amounts in whole fen."""

    policy: str
    township: str
    name: str
    states: Mapping[str, int]
    cases: int
    approved: int
    approved_fen: int
    paid_fen: int
    exempted: int


def progress(context: Context, actor: Actor, policy: str | None) -> Sequence[Progress]:
    """Return how many cases stand in which state. See `Records.progress`."""
    by_township: dict[tuple[str, str], list[TownshipSum]] = defaultdict(list)
    for each in townships(context.connection, actor.units):
        if not policy or each.policy_id == policy:
            by_township[each.policy_id, each.township].append(each)
    return [_progress(sums) for _, sums in sorted(by_township.items())]


def _progress(sums: Sequence[TownshipSum]) -> Progress:
    """Return the row of a township, out of one sum for each state."""
    first, states = sums[0], Counter[str]()
    for each in sums:
        states[each.state] += each.cases
    return Progress(
        policy=first.policy_id,
        township=first.township,
        name=first.name or first.township,
        states=dict(states),
        cases=states.total(),
        approved=sum(each.approved for each in sums),
        approved_fen=sum(each.approved_fen for each in sums),
        paid_fen=sum(each.paid_fen for each in sums),
        exempted=sum(each.exempted for each in sums),
    )
