"""The area in which somebody acts, and how a decision is shown to somebody who has less than the county."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...states.errors import NotFound

if TYPE_CHECKING:
    from ...states.actor import Actor
    from ...states.guards.base import Question
    from ...states.values import Decision

_OF_COUNTY = frozenset({"quotas", "lines", "subsidies", "areas"})


def require_area(unit: str, *who: Actor) -> None:
    """Make sure that a unit lies in everybody's area.

    Raises:
        NotFound: the unit is not there or not theirs, in the same words.
    """
    if not all(actor.covers(unit) for actor in who):
        raise NotFound(unit)


class _County(NamedTuple):
    zh: str = "（全县的数字，只有县级可见）"
    en: str = "(a number of the whole county, which only the county sees)"


_COUNTS = frozenset({"count", "total_fen", "average", "average_fen"})  # what guards count over the whole county


def readable(q: Question, decision: Decision) -> Decision:
    """Return a decision as who asks may read it: what was counted over a county is for who has the county."""
    if q.recorder.covers(q.case.county):
        return decision
    counting = {asked.guard.name for asked in q.act.guards if _OF_COUNTY & set(asked.guard.needs)}
    if not counting:
        return decision
    findings = tuple(
        f._replace(values={k: _County() if k in _COUNTS else v for k, v in f.values.items()})
        if f.guard in counting
        else f
        for f in decision.findings
    )
    return decision._replace(findings=findings)
