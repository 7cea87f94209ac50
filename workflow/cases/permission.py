"""Decide who may change what no policy's table judges, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...states.actor import NEVER_ACT
from ...states.errors import GuardsNotMet, NotFound
from ...states.values import Finding
from ..register.grants import OFFICES

if TYPE_CHECKING:
    from collections.abc import Collection

    from ...states.actor import Actor
    from ...states.guards.base import Question
    from ...states.values import Decision

_OF_COUNTY = frozenset({"quotas", "lines", "areas"})


def may_change(what: str, unit: str, *who: Actor, never: Collection[str] = NEVER_ACT) -> None:
    """Let somebody change something of a unit: not in an office that only reads (R58), and not outside the own area.

    Raises:
        GuardsNotMet: the office only reads.
        NotFound: the unit is not there or not theirs, in the same words.
    """
    for actor in who:
        if actor.office in never:
            values = {"office": actor.office, "offices": tuple(o for o in OFFICES if o not in never)}
            raise GuardsNotMet(what, [Finding("office_may_act", "R58", False, "block", "weigai", values)])
    if not all(actor.covers(unit) for actor in who):
        raise NotFound(unit)


class _County(NamedTuple):
    zh: str = "（全县的数字，只有县级可见）"
    en: str = "(a number of the whole county, which only the county sees)"


_COUNTS = frozenset({"count", "total_fen", "average", "average_fen"})  # what guards count over the whole county


def told(q: Question, decision: Decision) -> Decision:
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
