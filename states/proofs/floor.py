"""Prove that no payment and no archive is reached under a new policy without the floor; a kept policy is not asked again.

`safety` proves on each way in that no history leads past a step of its road: ways, returns, reopenings, steps back and
what a correction reruns. Here it is proved that every step of the floor that the plan has stands on each of these roads
before the payment, and that no table takes its force. A move to the policy replays the case along the same roads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from ..procedure.road import parts
from ..values import Problem
from ..words.ids import label
from .lacks import lacks
from .reserved import hidden, reserved
from .safety import path_to
from .weakened import appraisers, waivers, warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from ..policy.step_tables import Step
    from ..policy.tables import Policy
    from ..procedure.edges import Edge
    from ..procedure.graph import Procedure

# Kinds of steps that an intake may leave out, beside a preliminary acceptance; every other kind is of the floor.
_MAY_FALL_AWAY = frozenset({"deliberation", "report", "review", "meeting", "registration", "start", "works"})


class Road(NamedTuple):
    """One of the roads that a case can take under a policy: how it is called, where the file has it, its procedure."""

    zh: str
    en: str
    path: str
    procedure: Procedure


def unfounded(procedure: Procedure) -> Iterator[Problem]:
    """Yield how a case could be paid or archived round the floor; nothing where it is proved."""
    for check in CHECKS:
        yield from check(procedure.policy)
        for first, dated in _since(procedure):
            for problem in check(dated.policy):
                yield problem.within(f"changes：自 {first} 起", f"changes: from {first}", "changes")
    for road in roads(procedure):
        yield from bypassed(road)


def roads(procedure: Procedure) -> Iterator[Road]:
    """Yield every road of a policy: its own, those of its intakes, and each of them since each dated change."""
    yield Road("", "", "steps", procedure)
    for at, (intake, variant) in enumerate(procedure.variants.items()):
        called = procedure.policy.intakes[at].name.zh
        yield Road(f"受理途径“{called}”", f"intake {intake}: ", f"intakes.{at}.taken", variant)
    for first, dated in _since(procedure):
        for road in roads(dated):
            yield Road(f"自 {first} 起{road.zh}", f"from {first}: {road.en}", "changes", road.procedure)


def _since(procedure: Procedure) -> tuple[tuple[date, Procedure], ...]:
    """Return the procedures since each dated change; none where a change cannot be made, which is told elsewhere."""
    try:
        return procedure.since
    except (LookupError, ValidationError):
        return ()


def bypassed(road: Road) -> Iterator[Problem]:
    """No payment and no archive is reached round a step of the floor; steps missed on one path are told together."""
    found: dict[tuple[str, ...], list[str]] = {}
    for step in _floor(road.procedure.policy):
        if path := _past(road.procedure, step):
            found.setdefault(path, []).append(parts(step)[-1].action)
    for path, missed in found.items():
        (past, last, way), (past_en, last_en, way_en) = (
            [
                _said(road.procedure, missed, lang),
                *(_said(road.procedure, way, lang, " → ") for way in (path[-1:], path)),
            ]
            for lang in ("zh", "en")
        )
        yield Problem(
            road.path,
            f"安全：{road.zh}不经{past}就能{last}：{way}；请让它经过这些步骤",
            f"safety: {road.en}{last_en} is reached round {past_en}: {way_en}; let it pass these steps",
        )


def _said(procedure: Procedure, actions: Iterable[str], lang: str, between: str = "") -> str:
    """Return actions in the plan's own words, as a list or as a path."""
    words = [label(procedure.names.get(action, action), lang) for action in actions]
    return (between or ("、", ", ")[lang == "en"]).join(words)


def _floor(policy: Policy) -> Iterator[Step]:
    """Yield each step of the floor that a plan has."""
    for step in policy.steps:
        if step.kind not in _MAY_FALL_AWAY and step.part != "preliminary":
            yield step


def _past(procedure: Procedure, step: Step) -> tuple[str, ...]:
    """Return the actions of a shortest path that pays or archives without a step; nothing where there is none."""
    kinds = [one.kind for one in procedure.policy.steps]
    paid = kinds.index("payment") if "payment" in kinds else len(kinds)
    there = any(part.step is step for part in procedure.road)
    if there and procedure.policy.steps.index(step) >= paid:
        return ()  # it comes with the payment or after it: the walk through the histories proves its place
    without = {parts(step)[-1].action, *(("waive_appraisal",) if step.kind == "appraisal" else ())}
    pays = {part.action for part in procedure.road if part.kind == "payment"} - without

    def ends(edge: Edge) -> bool:
        return edge.action in pays or edge.target == "archived"

    return path_to(procedure.edges, procedure.start, ends, without)


CHECKS: tuple[Callable[[Policy], Iterator[Problem]], ...] = (lacks, waivers, appraisers, warnings, reserved, hidden)
