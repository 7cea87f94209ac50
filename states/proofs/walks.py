"""Walk through every history that a case can have under a procedure.

A node remembers how a state beside the road was entered, so ways "back" lead where they really lead, and how far along
the road the steps are `due`. Ways "step" undo the last move exactly, so they reach nothing that was not reached before.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from ..policy.step_tables import Way
from ..procedure.edges import Edge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..procedure.graph import Part, Procedure

MOST = 50_000  # nodes: what cannot be proved is not used


class Node(NamedTuple):
    """Where a case can stand: its state, how many steps of the road hold, and from where it came into each state."""

    state: str
    due: int
    came: tuple[tuple[str, str], ...] = ()


class Move(NamedTuple):
    """A move that a case can make: by which action, to where, and what it breaks, in Chinese and in English."""

    action: str
    node: Node
    breaks: tuple[str, str] | None = None


class Walk(NamedTuple):
    """Every node that can be reached, how each was reached first, its moves, and the moves that break something."""

    before: dict[Node, tuple[Node, str] | None]
    moves: dict[Node, list[Move]]
    broken: dict[Edge, tuple[str, str]]

    def path(self, node: Node, *last: str) -> str:
        """Return the actions of a shortest path to a node."""
        path: list[str] = [*reversed(last)]
        at = self.before[node]
        while at is not None:
            path.append(at[1])
            at = self.before[at[0]]
        return " -> ".join(reversed(path))


def explored(procedure: Procedure) -> Walk:
    """Walk every history of a procedure; what follows a broken move is not walked."""
    start = Node(procedure.start, 0)
    walk = Walk({start: None}, {}, {})
    queue = deque([start])
    keeps = frozenset(state for state in procedure.states if _back(procedure, state))
    while queue and len(walk.before) <= MOST:
        node = queue.popleft()
        walk.moves[node] = []
        for move in (*_fixed(procedure, node, keeps), *_backward(procedure, node, keeps)):
            if move.breaks:
                zh, en = move.breaks
                path = walk.path(node, move.action)
                edge = Edge(node.state, move.action, move.node.state)
                walk.broken.setdefault(edge, (f"安全：{zh}：{path}", f"safety: {en}: {path}"))
                continue
            walk.moves[node].append(move)
            if move.node not in walk.before:
                walk.before[move.node] = (node, move.action)
                queue.append(move.node)
    return walk


def _fixed(procedure: Procedure, node: Node, keeps: frozenset[str]) -> Iterator[Move]:
    """Yield the moves with one target: a step holds from then on, a way leaves it undone or takes others back."""
    part = procedure.road[procedure.place[node.state]] if node.state in procedure.place else None
    for action, target in procedure.table[node.state].items():
        way = procedure.act(node.state, action).table
        due, came = node.due, dict(node.came)
        resumes = None
        if not isinstance(way, Way):
            due += 1
        elif way.form == "unpaid" and part is not None and part.kind == "payment":
            due = _after_payment(procedure, due + 1)
        if isinstance(way, Way):
            resumes = way.resumes
            due = min(due, procedure.place.get(resumes or "", due))
        if target != node.state:
            came[target] = resumes or node.state
        yield _arrived(procedure, node, Move(action, Node(target, due, tuple(came.items()))), keeps)


def _after_payment(procedure: Procedure, place: int) -> int:
    """Return the place after the notices of the results: without a payment there are none to post."""
    while place < len(procedure.road) and procedure.road[place].step.name and _notice(procedure.road[place]):
        place += 1
    return place


def _notice(part: Part) -> bool:
    return part.kind in ("posting", "closing")


def _backward(procedure: Procedure, node: Node, keeps: frozenset[str]) -> Iterator[Move]:
    """Yield the moves that the history decides: to where the case came from, or to what a correction reruns."""
    came = dict(node.came).get(node.state)
    for action, way in _back(procedure, node.state):
        found = {came} if came is not None else set()
        if way.form == "resubmission" and came is not None:
            reruns = {r.state for r in procedure.policy.reruns if r.state in procedure.place}
            latest = procedure.place.get(came, len(procedure.road))
            found |= {state for state in reruns if procedure.place[state] < latest}
        for target in sorted(found & procedure.back_table[node.state][action]):
            move = _arrived(procedure, node, Move(action, Node(target, node.due, node.came)), keeps)
            if way.form == "resubmission" and target not in procedure.place:
                words = (
                    f"{action} 进入 {target}，它不在正常流程上",
                    f"{action} enters at {target}, which is not a state of the main procedure",
                )
                move = move._replace(breaks=words)
            yield move


def _back(procedure: Procedure, state: str) -> list[tuple[str, Way]]:
    found = [(name, procedure.act(state, name).table) for name in procedure.back_table[state]]
    return [(name, way) for name, way in found if isinstance(way, Way) and way.to == "back"]


def _arrived(procedure: Procedure, node: Node, move: Move, keeps: frozenset[str]) -> Move:
    """Return the move with what it skips, and with no more history than ways back from there can ask for."""
    state, due, came = move.node
    place = len(procedure.road) if state == "archived" else procedure.place.get(state)
    breaks = None
    if place is not None and place > due:
        past = ", ".join(part.action for part in procedure.road[due:place])
        breaks = (
            f"{move.action} 从 {node.state} 到 {state}，跳过 {past}",
            f"{move.action} leads from {node.state} to {state} past {past}",
        )
    kept: dict[str, str] = {}
    known, here = dict(came), state
    while here in keeps and here in known and here not in kept:
        kept[here] = known[here]
        here = known[here]
    place = due if place is None else place
    return Move(move.action, Node(state, place, tuple(sorted(kept.items()))), breaks)
