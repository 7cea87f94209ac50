"""Prove what may never happen under any policy, over every possible history; each break is listed with its path.

Each check is given a procedure and yields what it found: the list of them is `CHECKS`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ..procedure.edges import BACK, Edge
from ..values import Problem
from .shape import PAYING, of_action, of_edge, of_part, pretenders, starts, steps, targets, ways
from .traps import traps
from .walks import MOST, explored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..procedure.acts import Act
    from ..procedure.graph import Procedure

_WISHED = ("deliberation", "posting", "review", "report", "meeting", "approval", "agreement")
_WORKS = ("start", "completion", "preliminary", "final")
_CALLED = {
    "final": ("pass_final_acceptance",),
    "approval": ("approve",),
    "agreement": ("sign_agreement",),
    "appraisal": ("record_appraisal", "waive_appraisal"),
}
# (kinds of act, the kind that comes before, whether a plan that has the first must have the second)
_BEFORE: tuple[tuple[tuple[str, ...], str, bool], ...] = (
    (_WISHED, "application", False),  # identity and appraisal may come first: no decision on the household does
    (("payment",), "final", True),
    (("payment",), "approval", True),
    (("final",), "preliminary", False),
    (_WORKS, "appraisal", True),
    (_WORKS, "agreement", True),
    (_WORKS, "approval", False),
    (("completion",), "start", False),
    (("preliminary", "final"), "completion", False),
    (("registration",), "approval", False),
    (("archiving",), "final", True),
)


def unsafe(procedure: Procedure) -> Iterator[Problem]:
    """Yield what makes a procedure unsound or unsafe; nothing where it is proved."""
    for check in CHECKS:
        yield from check(procedure)


def order(procedure: Procedure) -> Iterator[Problem]:
    """What must come before something does, on every path that does not need a history."""
    for kinds, before, must in _BEFORE:
        for names in _named(procedure, before, must=must):
            yield from _without(procedure, kinds, names)
    for part in procedure.road:
        if part.kind == "closing" and part.step.name is None:  # one with a name may follow: a notice of the results
            yield from _without(procedure, ("payment",), (part.action,))
    wanted = [step.kind for step in procedure.policy.steps]
    if "identity_check" in wanted and "appraisal" in wanted[wanted.index("identity_check") :]:
        yield from _without(procedure, ("appraisal",), ("accept_identity",))


def _named(procedure: Procedure, kind: str, *, must: bool) -> list[tuple[str, ...]]:
    """Return the actions that do each step of a kind; its usual name where a plan must have one and has none."""
    found: list[tuple[str, ...]] = [(part.action,) for part in procedure.road if part.kind == kind]
    if kind == "appraisal" and found:
        return [(*(name for names in found for name in names), "waive_appraisal")]
    return found or ([_CALLED[kind]] if must else [])


def _without(procedure: Procedure, kinds: tuple[str, ...], names: tuple[str, ...]) -> Iterator[Problem]:
    for kind in kinds:
        for part in procedure.road:
            if part.kind != kind:
                continue
            path = path_to(procedure.edges, procedure.start, _takes(part.action), set(names))
            if path:
                way = " -> ".join(path)
                words = (
                    f"安全：未经 {' 或 '.join(names)} 就能 {part.action}：{way}",
                    f"safety: {part.action} without {' or '.join(names)}: {way}",
                )
                yield Problem(of_part(procedure, part), *words)
                return


def failing(procedure: Procedure) -> Iterator[Problem]:
    """After a failed acceptance the same acceptance has to be passed before any payment."""
    pays = {part.action for part in procedure.road if part.kind == "payment"}
    for way in (way for way in procedure.policy.ways if way.form == "failing"):
        for edge in (e for e in procedure.edges if e.action == way.action and e.source in procedure.place):
            passed = procedure.road[procedure.place[edge.source]].action
            path = path_to(procedure.edges, edge.target, lambda e: e.action in pays, {passed})
            if path:
                shown = " -> ".join((edge.action, *path))
                words = (
                    f"安全：{edge.action} 后未再 {passed} 就能拨付：{shown}",
                    f"safety: pay after {edge.action} without {passed}: {shown}",
                )
                yield Problem(of_edge(procedure, edge), *words)


def returns(procedure: Procedure) -> Iterator[Problem]:
    """A case that was returned comes back onto the road by a resubmission, which asks whether all still holds."""
    returned = {way.to for way in procedure.policy.ways if way.form == "returning"} - {*BACK, "same"}
    for at, way in enumerate(procedure.policy.ways):
        onto = way.to == "back" or way.to in procedure.place
        if onto and way.form != "resubmission" and procedure.intake is None:
            for state in (s for s in starts(procedure, way) if s in returned and s not in procedure.place):
                yield Problem(
                    f"ways.{at}",
                    f"安全：{way.action} 引出 {state}，却不是重新上报：{state} -> {way.to}",
                    f"safety: {way.action} leads out of {state} and is not a resubmission: {state} -> {way.to}",
                )


def publicity(procedure: Procedure) -> Iterator[Problem]:
    """While a notice hangs, nothing goes on but its close, which asks for its days and its objections."""
    end = {**procedure.place, "archived": len(procedure.road)}
    for number, part in enumerate(procedure.road):
        if part.kind != "closing":
            continue
        for edge in procedure.edges:
            if edge.source == part.state and end.get(edge.target, 0) > number and edge.action != part.action:
                path = f"{part.state} -> {edge.target}"
                yield Problem(
                    of_edge(procedure, edge),
                    f"安全：公示期间 {edge.action} 就离开 {part.state}：{path}",
                    f"safety: {edge.action} leaves {part.state} while the publicity still runs: {path}",
                )
        asked = {a.guard.name for a in procedure.acts[part.action].guards}
        for name in ("publicity_days_complete", "no_open_objection"):
            if name not in asked:
                words = f"安全：{part.action} 不核查 {name}", f"safety: {part.action} does not check {name}"
                yield Problem(of_part(procedure, part), *words)


def objections(procedure: Procedure) -> Iterator[Problem]:
    """Every action that leads on along the road asks whether an objection is open, and is held back by one."""
    for edge in procedure.edges:
        act = procedure.act(edge.source, edge.action)
        asked = {a.guard.name for a in act.guards}
        if edge.target in {*procedure.place, "archived"} and "no_open_objection" not in asked:
            yield Problem(
                of_edge(procedure, edge),
                f"安全：{edge.action} 通向 {edge.target}，却不核查 no_open_objection",
                f"safety: {edge.action} leads to {edge.target} and does not check no_open_objection",
            )
    for at, hearing in enumerate(procedure.policy.hearings):
        if hearing.effect != "block":
            yield Problem(
                f"hearings.{at}",
                f"安全：{hearing.level} 公示有未答复的异议时只提醒；effect 应为 block",
                f"safety: an open objection to the {hearing.level} publicity gives only a warning; effect must be block",
            )


def effects(procedure: Procedure) -> Iterator[Problem]:
    """What the program itself asks of an act holds it back; a plan's own conditions may only warn."""
    said: set[str] = set()
    for act in (*procedure.acts.values(), *_of_ways(procedure)):
        asked = sorted(a.guard.name for a in act.guards if a.guard.of_step and a.table.effect != "block")
        if asked and act.name not in said:
            said.add(act.name)
            names = ", ".join(asked)
            words = (
                f"安全：{act.name} 对 {names} 只提醒；effect 应为 block",
                f"safety: {act.name} gives only a warning for {names}; effect must be block",
            )
            yield Problem(of_action(procedure, act.name), *words)


def _of_ways(procedure: Procedure) -> Iterator[Act]:
    for way in procedure.policy.ways:
        yield from (procedure.act(state, way.action) for state in starts(procedure, way))


def money(procedure: Procedure) -> Iterator[Problem]:
    """Money goes out only once the payment's turn has come, and is not taken back by stepping back."""
    pays = [number for number, part in enumerate(procedure.road) if part.kind == "payment"]
    turn = {*(part.state for part in procedure.road[min(pays, default=len(procedure.road)) :]), "archived"}
    for at, fact in enumerate(procedure.policy.facts):
        for state in (s for s in fact.states if s not in turn and fact.form in PAYING):
            words = (
                f"安全：{fact.id} 在 {state} 就付款，未到拨付环节",
                f"safety: {fact.id} pays in {state}, before the payment step",
            )
            yield Problem(f"facts.{at}.states", *words)
    for at, way in enumerate(procedure.policy.ways):
        for part in procedure.road:
            if way.to == "step" and part.kind == "payment" and part.action not in way.never:
                words = (
                    f"安全：{way.action} 会撤回 {part.action}；请写入 never",
                    f"safety: {way.action} could take back {part.action}; name it in never",
                )
                yield Problem(f"ways.{at}", *words)


def histories(procedure: Procedure) -> Iterator[Problem]:
    """No history leads past a step; every state is reached; and from every open one an end, also without payment."""
    walk = explored(procedure)
    if len(walk.before) > MOST:
        yield Problem(
            None,
            f"流程：可能的经过超过 {MOST} 种，无法逐一证明；请减少流程之外的环节",
            f"graph: there are more than {MOST} possible histories, too many to prove; use fewer states outside the "
            "main procedure",
        )
        return
    for edge, words in walk.broken.items():
        yield Problem(of_edge(procedure, edge), *words)
    if walk.broken:
        return
    reached = {node.state for node in walk.before}
    for state in (state for state in procedure.states if state not in reached):
        yield Problem(None, f"流程：{state} 无法到达", f"graph: {state} cannot be reached")
    yield from traps(procedure, walk)


def _takes(action: str) -> Callable[[Edge], bool]:
    return lambda edge: edge.action == action


def path_to(edges: Iterable[Edge], start: str, wanted: Callable[[Edge], bool], without: set[str]) -> tuple[str, ...]:
    """Return the actions of a shortest path from `start` through a wanted edge that uses none of `without`."""
    onward: dict[str, list[Edge]] = {}
    for edge in edges:
        if edge.action not in without:
            onward.setdefault(edge.source, []).append(edge)
    queue: deque[tuple[str, tuple[str, ...]]] = deque([(start, ())])
    seen = {start}
    while queue:
        here, path = queue.popleft()
        for edge in onward.get(here, ()):
            if wanted(edge):
                return (*path, edge.action)
            if edge.target not in seen:
                seen.add(edge.target)
                queue.append((edge.target, (*path, edge.action)))
    return ()


CHECKS: tuple[Callable[[Procedure], Iterator[Problem]], ...] = (
    steps,
    ways,
    pretenders,
    targets,
    order,
    failing,
    returns,
    publicity,
    objections,
    effects,
    money,
    histories,
)
