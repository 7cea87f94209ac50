"""What may never happen under any policy, proved over every history that a case can have; each break with its path.

Each check is given a procedure and yields what it found: the list of them is `CHECKS`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from .histories import MOST, explored
from .procedure import BACK, CLOSED, Edge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .acts import Act
    from .histories import Node, Walk
    from .policy import Way
    from .procedure import Procedure

_WORKS = ("start", "completion", "preliminary", "final")
_PAYING = frozenset({"payment", "instalment", "reissue"})
_CALLED = {
    "final": ("pass_final_acceptance",), "approval": ("approve",), "agreement": ("sign_agreement",),
    "appraisal": ("record_appraisal", "waive_appraisal"),
}  # fmt: skip
# (kinds of act, the kind that comes before, whether a plan that has the first must have the second)
_BEFORE: tuple[tuple[tuple[str, ...], str, bool], ...] = (
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


def unsafe(procedure: Procedure) -> Iterator[str]:
    """Yield what makes a procedure unsound or unsafe; nothing where it is proved."""
    for check in CHECKS:
        yield from check(procedure)


def steps(procedure: Procedure) -> Iterator[str]:
    """A plan's own road has one start, its application, and one end, the archive."""
    kinds = [part.kind for part in procedure.road]
    if procedure.intake is None and (kinds.count("application") != 1 or kinds[0] != "application"):
        yield "graph: the road does not start with one application"
    if "archiving" in kinds[:-1]:
        yield "graph: the archive is not the last step"


def ways(procedure: Procedure) -> Iterator[str]:
    """A way starts where something leads, has one target, and leads out of a closed state only to where it came from."""
    own = procedure.intake is None
    targets: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    for way in procedure.policy.ways:
        if targets.setdefault(way.action, way.to) != way.to and own:
            yield f"ways: {way.action} leads to {targets[way.action]} and to {way.to}; give one of them another name"
        if "open" in way.start and len(way.start) > 1 and own:
            yield f"ways: {way.action} starts from open and more; 'open' stands alone"
        for state in _starts(procedure, way):
            if (state, way.action) in taken and own:
                yield f"ways: {way.action} stands there twice from {state}"
            taken.add((state, way.action))
            if way.to not in (*BACK, "same") and Edge(state, way.action, way.to) not in procedure.edges:
                yield f"ways: {way.action} starts from {state}; write it after the way that leads there"
        for state in way.start:
            if state != "open" and state not in procedure.states and own:
                yield f"ways: {way.action} starts from {state}, which no step makes"
            if state in CLOSED and way.to not in ("back", "same"):
                yield f"ways: {way.action} leads out of {state}, which is closed"
        if way.form == "resubmission" and way.to != "back" and way.to not in procedure.place:
            yield f"ways: {way.action} is a resubmission and leads to {way.to}, which is no state of the road"
        yield from _resuming(procedure, way)


def _starts(procedure: Procedure, way: Way) -> tuple[str, ...]:
    return procedure.open if way.start == ("open",) else tuple(s for s in way.start if s in procedure.states)


def _resuming(procedure: Procedure, way: Way) -> Iterator[str]:
    here = [state for state in _starts(procedure, way) if state not in procedure.closed]
    if not way.resumes or not (here or procedure.intake is None):
        return
    if way.resumes not in procedure.place:
        yield f"ways: {way.action} resumes at {way.resumes}, which is no state of the road"
        return
    for state in here:
        if state in procedure.place and procedure.place[state] < procedure.place[way.resumes]:
            yield f"ways: {way.action} resumes at {way.resumes}, later than {state}, where it left"


def pretenders(procedure: Procedure) -> Iterator[str]:
    """No way or fact bears a step's name, or the form by which a step decides or pays."""
    if procedure.intake is not None:
        return
    policy = procedure.policy
    names = {part.action for part in procedure.road} | {"waive_appraisal", "open_case"}
    forms = {part.form for part in procedure.road} | {"waiver"}
    acts = {way.action for way in policy.ways}
    for table, name, form in (
        *(("ways", way.action, way.form) for way in policy.ways),
        *(("facts", fact.id, fact.form) for fact in policy.facts),
    ):
        if name in names or (table == "facts" and name in acts):
            yield f"{table}: {name} is the name of {'a step' if name in names else 'a way'}"
        if form in forms or (table == "ways" and form in _PAYING):
            yield f"{table}: {name} has the form {form}, which belongs to a step"


def targets(procedure: Procedure) -> Iterator[str]:
    """One action has one target in a state."""
    for edge in procedure.edges:
        others = {e.target for e in procedure.edges if (e.source, e.action) == (edge.source, edge.action)}
        if len(others) > 1:
            yield f"graph: {edge.action} has two targets from {edge.source}: {', '.join(sorted(others))}"


def order(procedure: Procedure) -> Iterator[str]:
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


def _without(procedure: Procedure, kinds: tuple[str, ...], names: tuple[str, ...]) -> Iterator[str]:
    for kind in kinds:
        for part in procedure.road:
            if part.kind != kind:
                continue
            path = path_to(procedure.edges, procedure.start, _takes(part.action), set(names))
            if path:
                yield f"safety: {part.action} without {' or '.join(names)}: {' -> '.join(path)}"
                return


def failing(procedure: Procedure) -> Iterator[str]:
    """After a failed acceptance the same acceptance has to be passed before any payment."""
    pays = {part.action for part in procedure.road if part.kind == "payment"}
    for way in (way for way in procedure.policy.ways if way.form == "failing"):
        for edge in (e for e in procedure.edges if e.action == way.action and e.source in procedure.place):
            passed = procedure.road[procedure.place[edge.source]].action
            path = path_to(procedure.edges, edge.target, lambda e: e.action in pays, {passed})
            if path:
                yield f"safety: pay after {edge.action} without {passed}: {' -> '.join((edge.action, *path))}"


def returns(procedure: Procedure) -> Iterator[str]:
    """A case that was returned comes back onto the road by a resubmission, which asks whether all still holds."""
    returned = {way.to for way in procedure.policy.ways if way.form == "returning"} - {*BACK, "same"}
    for way in procedure.policy.ways:
        onto = way.to == "back" or way.to in procedure.place
        if onto and way.form != "resubmission" and procedure.intake is None:
            for state in (s for s in _starts(procedure, way) if s in returned and s not in procedure.place):
                yield f"safety: {way.action} leads out of {state} and is no resubmission: {state} -> {way.to}"


def publicity(procedure: Procedure) -> Iterator[str]:
    """While a notice hangs, nothing goes on but its close, which asks for its days and its objections."""
    end = {**procedure.place, "archived": len(procedure.road)}
    for number, part in enumerate(procedure.road):
        if part.kind != "closing":
            continue
        for edge in procedure.edges:
            if edge.source == part.state and end.get(edge.target, 0) > number and edge.action != part.action:
                yield (
                    f"safety: {edge.action} leaves {part.state} while the publicity runs: {part.state} -> {edge.target}"
                )
        asked = {a.guard.name for a in procedure.acts[part.action].guards}
        for name in ("publicity_days_complete", "no_open_objection"):
            if name not in asked:
                yield f"safety: {part.action} does not ask {name}"


def objections(procedure: Procedure) -> Iterator[str]:
    """Every action that leads on along the road asks whether an objection is open, and is held back by one."""
    for edge in procedure.edges:
        act = procedure.act(edge.source, edge.action)
        asked = {a.guard.name for a in act.guards}
        if edge.target in {*procedure.place, "archived"} and "no_open_objection" not in asked:
            yield f"safety: {edge.action} leads to {edge.target} and does not ask no_open_objection"
    for hearing in procedure.policy.hearings:
        if hearing.effect != "block":
            yield f"safety: an open objection to the {hearing.level} publicity only warns: effect has to be block"


def effects(procedure: Procedure) -> Iterator[str]:
    """What the program itself asks of an act holds it back; a plan's own conditions may only warn."""
    said: set[str] = set()
    for act in (*procedure.acts.values(), *_of_ways(procedure)):
        asked = sorted(a.guard.name for a in act.guards if a.guard.of_step and a.table.effect != "block")
        if asked and act.name not in said:
            said.add(act.name)
            yield f"safety: {act.name} only warns of {', '.join(asked)}: effect has to be block"


def _of_ways(procedure: Procedure) -> Iterator[Act]:
    for way in procedure.policy.ways:
        yield from (procedure.act(state, way.action) for state in _starts(procedure, way))


def money(procedure: Procedure) -> Iterator[str]:
    """Money goes out only once the payment's turn has come, and is not taken back by stepping back."""
    pays = [number for number, part in enumerate(procedure.road) if part.kind == "payment"]
    turn = {*(part.state for part in procedure.road[min(pays, default=len(procedure.road)) :]), "archived"}
    for fact in procedure.policy.facts:
        early = [state for state in fact.states if state not in turn and fact.form in _PAYING]
        yield from (f"safety: {fact.id} pays in {state}, before the payment's turn" for state in early)
    for way in (way for way in procedure.policy.ways if way.to == "step"):
        for part in procedure.road:
            if part.kind == "payment" and part.action not in way.never:
                yield f"safety: {way.action} takes back {part.action}; name it in never"


def histories(procedure: Procedure) -> Iterator[str]:
    """No history leads past a step; every state is reached; and from every open one an end, also without payment."""
    walk = explored(procedure)
    if len(walk.before) > MOST:
        yield f"graph: more than {MOST} histories; with fewer states beside the road it could be proved"
        return
    yield from walk.broken.values()
    if walk.broken:
        return
    reached = {node.state for node in walk.before}
    yield from (f"graph: {state} cannot be reached" for state in procedure.states if state not in reached)
    yield from _traps(procedure, walk)


def _traps(procedure: Procedure, walk: Walk) -> Iterator[str]:
    pays = frozenset(part.action for part in procedure.road if part.kind == "payment")
    unpaid = _ending(procedure, walk, pays)
    paid = unpaid if len(unpaid) == len(walk.before) else _ending(procedure, walk, frozenset())
    said: set[str] = set()
    for node in walk.before:
        if node not in unpaid and node.state not in said:
            said.add(node.state)
            why = " where nothing can be paid" if node in paid else ""
            path = walk.path(node)
            yield f"graph: {node.state} is a trap: no closed state can be reached from it{why}: {path}"


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


CHECKS: tuple[Callable[[Procedure], Iterator[str]], ...] = (
    steps, ways, pretenders, targets, order, failing, returns, publicity, objections, effects, money, histories,
)  # fmt: skip
