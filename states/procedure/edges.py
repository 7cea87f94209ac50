"""List the moves of a policy: along the main procedure, off it and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..case import CLOSED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ..policy.step_tables import Way
    from ..policy.tables import Policy
    from .road import Part

BACK = ("back", "step")  # targets that a case's history decides


class Edge(NamedTuple):
    """One move of the graph."""

    source: str
    action: str
    target: str


def edges(policy: Policy, road: Sequence[Part]) -> list[Edge]:
    """Return the moves with one target: the road in order, the waiver of an appraisal, the ways off the road."""
    following = [part.state for part in road[1:]] + ["archived"]
    made = []
    for part, target in zip(road, following, strict=True):
        made.append(Edge(part.state, part.action, target))
        if part.step.kind == "appraisal" and part.step.waived_when is not None:
            made.append(Edge(part.state, "waive_appraisal", target))
    for _ in range(2):  # a way may start from a state that only another way leads to
        for way in policy.ways:
            if way.to in (*BACK, "same"):
                continue
            for source in starts(way, _states(made)):
                if Edge(source, way.action, way.to) not in made:
                    made.append(Edge(source, way.action, way.to))
    return made


def backs(policy: Policy, place: Collection[str], fixed: Sequence[Edge]) -> Iterator[Edge]:
    """Yield the moves whose target the history decides, with every target that they can have.

    `place` holds the states of the road, `fixed` are the moves with one target.
    """
    states = _states(fixed)
    for way in policy.ways:
        for source in starts(way, states):
            if way.to == "same":
                yield Edge(source, way.action, source)
            elif way.to == "back":
                yield from _returns(policy, place, fixed, way, source)
    resubmissions = [
        edge
        for way in policy.ways
        if way.form == "resubmission"
        for source in starts(way, states)
        for edge in _returns(policy, place, fixed, way, source)
    ]
    for way in policy.ways:
        if way.to == "step":
            for edge in (*fixed, *resubmissions):
                if edge.action not in way.never and edge.target in starts(way, states):
                    yield Edge(edge.target, way.action, edge.source)


def _returns(policy: Policy, place: Collection[str], fixed: Sequence[Edge], way: Way, source: str) -> Iterator[Edge]:
    """Yield the moves of a way from a state beside the road: to where it was left, or is entered again."""
    came = {edge.source for edge in fixed if edge.target == source}
    for other in policy.ways:
        if other.to == source and other.resumes in place:
            came.add(str(other.resumes))
    if source not in CLOSED:
        came |= {rerun.state for rerun in policy.reruns if rerun.state in place}
    yield from (Edge(source, way.action, target) for target in sorted(came))


def starts(way: Way, known: Collection[str]) -> list[str]:
    """Return the states, of those that are known, in which a way can be taken."""
    if way.start == ("open",):
        return sorted(state for state in known if state not in CLOSED)
    return [state for state in way.start if state in known]


def _states(moves: Sequence[Edge]) -> set[str]:
    return {move.source for move in moves} | {move.target for move in moves}
