"""Find the states of a plan from which a case could never end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values import Problem
from .shape import of_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..procedure.graph import Procedure
    from .walks import Node, Walk


def traps(procedure: Procedure, walk: Walk) -> Iterator[Problem]:
    """Yield the states from which no case could end, at all or where nothing can be paid, each kind as one problem."""
    pays = frozenset(part.action for part in procedure.road if part.kind == "payment")
    unpaid = _ending(procedure, walk, pays)
    paid = unpaid if len(unpaid) == len(walk.before) else _ending(procedure, walk, frozenset())
    for stuck, when in (
        ([node for node in walk.before if node not in paid], ("", "")),
        (
            [node for node in walk.before if node in paid and node not in unpaid],
            ("无法付款时，", " where nothing can be paid"),
        ),
    ):
        if stuck:
            yield _trap(procedure, walk, stuck, when)


def _trap(procedure: Procedure, walk: Walk, stuck: list[Node], when: tuple[str, str]) -> Problem:
    """Return one problem for every state from which a case could not end, with the way into the last of them and what to add."""
    node = max(stuck, key=lambda node: walk.path(node).count(" -> "))
    others = sorted({other.state for other in stuck} - {node.state})
    path = walk.path(node)
    shown = (f"：{path}", f": {path}") if path else ("", "")
    also = (f"；同样的还有 {'、'.join(others)}", f"; the same holds for {', '.join(others)}") if others else ("", "")
    mend = ("请在 ways 中添加由此办结的出路，如 withdraw", "add a way out to a closed state, e.g. withdraw, to ways")
    return Problem(
        _made_by(procedure, node.state),
        f"流程：{when[0]}{node.state} 是死路，不能由此办结{shown[0]}{also[0]}；{mend[0]}",
        f"graph: {node.state} is a trap: no closed state can be reached from it{when[1]}{shown[1]}{also[1]}; {mend[1]}",
    )


def _made_by(procedure: Procedure, state: str) -> str | None:
    """Return where the file has the step of a state, or the way that leads to it."""
    for part in procedure.road:
        if part.state == state:
            return of_part(procedure, part)
    return next((f"ways.{at}" for at, way in enumerate(procedure.policy.ways) if way.to == state), None)


def _ending(procedure: Procedure, walk: Walk, without: frozenset[str]) -> set[Node]:
    """Return the nodes from which a closed state can be reached without some actions."""
    into: dict[Node, list[Node]] = {}
    for node, moves in walk.moves.items():
        for move in moves:
            if move.action not in without:
                into.setdefault(move.node, []).append(node)
    todo = [node for node in walk.before if node.state in procedure.closed]
    found = set(todo)
    while todo:
        for node in into.get(todo.pop(), ()):
            if node not in found:
                found.add(node)
                todo.append(node)
    return found
