"""What must be true of every policy before it is used: names that exist, a sound graph, and safety over all of it."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING

from pydantic import ValidationError

from .errors import PolicyRefused
from .fields import problems
from .forms import FORMS
from .policy import policy_hash, read_policy
from .procedure import CLOSED, Procedure, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .procedure import Edge


def load_policy(content: str, name: str = "(text)") -> Procedure:
    """Read, compile and check a policy; an unsound one is never used.

    Raises:
        PolicyRefused: with every problem found, a violated safety property with the path that breaks it.
    """
    policy = read_policy(content, name)
    found = [*_repeated(policy), *_names(policy)]
    if found:
        raise PolicyRefused(name, found)
    found = [*_intakes(policy)]
    if found:
        raise PolicyRefused(name, found)
    procedure = Procedure(policy, policy_hash(content))
    found = [*_graph(procedure), *_safety(procedure), *_papers(procedure), *_afterwards(procedure)]
    found += _instalments(procedure)
    for intake, variant in procedure.variants.items():
        found += [f"intake {intake}: {problem}" for problem in (*_graph(variant), *_safety(variant))]
    found += _changes(procedure)
    if found:
        raise PolicyRefused(name, found)
    return procedure


def _changes(procedure: Procedure) -> Iterator[str]:
    """Refuse dated changes that lead nowhere, are of the wrong form, or leave a policy that is unsound."""
    try:
        since = procedure.since
    except LookupError as error:
        yield f"changes: {error}: no such value, or one that may not change within a plan"
        return
    except ValidationError as error:
        yield from (f"changes: {problem}" for problem in problems(error))
        return
    for first, dated in since:
        found = (*_names(dated.policy), *_papers(dated), *_instalments(dated), *_afterwards(dated))
        yield from (f"changes: from {first}: {problem}" for problem in found)


def _repeated(policy: object) -> Iterator[str]:
    """Refuse two entries of one id, and two steps that would make the same state."""
    for table in (
        "classes",
        "offices",
        "facts",
        "modes",
        "lines",
        "quotas",
        "checklist",
        "stages",
        "duties",
        "instalments",
    ):
        ids = [entry.id for entry in getattr(policy, table)]
        yield from (f"{table}: {name} stands there twice" for name in sorted({i for i in ids if ids.count(i) > 1}))
    acts = [duty.action for duty in policy.duties if duty.action]  # type: ignore[attr-defined]
    yield from (f"duties: two have the action {name}" for name in sorted({a for a in acts if acts.count(a) > 1}))
    made = [(part.state, part.action) for step in policy.steps for part in parts(step)]  # type: ignore[attr-defined]
    for place, what in enumerate(("the state", "the action")):
        names = [one[place] for one in made]
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"steps: two steps make {what} {name}; give one of them a name of its own"


def _names(policy: object) -> Iterator[str]:
    """Refuse offices, forms, modes, classes and grades that are named but not known."""
    offices = {office.id for office in policy.offices}  # type: ignore[attr-defined]
    for where, wanted in _offices_named(policy):
        yield from (f"{where}: no such office: {name}" for name in wanted if name not in offices)
    for table in ("ways", "facts"):
        for entry in getattr(policy, table):
            if entry.form not in FORMS:
                yield f"{table}: no such form: {entry.form} (known: {', '.join(sorted(FORMS))})"
    modes = {mode.id for mode in policy.modes}  # type: ignore[attr-defined]
    classes = {c.id for c in policy.classes}  # type: ignore[attr-defined]
    for table in ("papers", "subsidies", "lines", "quotas", "checklist"):
        for entry in getattr(policy, table):
            yield from (f"{table}: no such mode: {m}" for m in entry.when.modes or () if m not in modes)
            yield from (f"{table}: no such class: {c}" for c in entry.when.classes or () if c not in classes)
    for mode in policy.modes:  # type: ignore[attr-defined]
        payees = {p.builder for p in mode.payees}
        yield from (f"modes: {mode.id} names no payee where {b} builds" for b in mode.builders if b not in payees)


def _intakes(policy: object) -> Iterator[str]:
    """Refuse a reading of an intake that orders steps which the plan has not."""
    keys = set(policy.keyed)  # type: ignore[attr-defined]
    for intake in policy.intakes:  # type: ignore[attr-defined]
        for reading in intake.readings:
            for key in (*reading.first, *reading.without):
                if key not in keys:
                    yield f"intakes: {intake.id}: no such step: {key} (known: {', '.join(sorted(keys))})"


def _offices_named(policy: object) -> Iterator[tuple[str, Iterable[str]]]:
    for step in policy.steps:  # type: ignore[attr-defined]
        yield f"steps: {step.kind}", (*step.offices, *step.waived_by)
    for way in policy.ways:  # type: ignore[attr-defined]
        yield f"ways: {way.action}", way.offices
    for hearing in policy.hearings:  # type: ignore[attr-defined]
        yield f"hearings: {hearing.level}", hearing.offices
    for intake in policy.intakes:  # type: ignore[attr-defined]
        yield f"intakes: {intake.id}", intake.offices
    for fact in policy.facts:  # type: ignore[attr-defined]
        yield f"facts: {fact.id}", fact.offices
    for office in policy.offices:  # type: ignore[attr-defined]
        yield f"offices: {office.id}", office.records_for
    for duty in policy.duties:  # type: ignore[attr-defined]
        yield f"duties: {duty.id}", duty.offices
    for entry in policy.classes:  # type: ignore[attr-defined]
        yield f"classes: {entry.id}", [name for group in entry.confirmed_by for name in group]


def _papers(procedure: Procedure) -> Iterator[str]:
    for paper in procedure.policy.papers:
        if paper.at not in procedure.acts and paper.at != "open_case":
            yield f"papers: {paper.kind} is wanted at {paper.at}, which no step, way or fact offers"
    for stage in procedure.policy.stages:
        yield from (f"stages: no such action: {a}" for a in stage.actions if a not in procedure.acts)


def _graph(procedure: Procedure) -> Iterator[str]:
    """Refuse unreachable states, traps, ways out of a closed state, and one action with two targets in a state."""
    edges = procedure.edges
    reached = _reach(edges, procedure.start)
    yield from (f"graph: {s} cannot be reached" for s in procedure.states if s not in reached)
    for way in procedure.policy.ways:
        for state in way.start:
            if state != "open" and state not in procedure.states and procedure.intake is None:
                yield f"ways: {way.action} starts from {state}, which no step makes"
            if state in CLOSED and way.to not in ("back", "same"):
                yield f"ways: {way.action} leads out of {state}, which is closed"
        if way.resumes and way.resumes not in procedure.place and procedure.intake is None:
            yield f"ways: {way.action} resumes at {way.resumes}, which is no state of the road"
        late = [s for s in way.start if way.resumes in procedure.place and _before(procedure, s, str(way.resumes))]
        yield from (f"ways: {way.action} resumes at {way.resumes}, later than {state}, where it left" for state in late)
    for state in procedure.open:
        if not _reach(edges, state) & procedure.closed:
            yield f"graph: {state} is a trap: no closed state can be reached from it"
    for edge in edges:
        others = {e.target for e in edges if (e.source, e.action) == (edge.source, edge.action)}
        if len(others) > 1:
            yield f"graph: {edge.action} has two targets from {edge.source}: {', '.join(sorted(others))}"


def _before(procedure: Procedure, state: str, other: str) -> bool:
    return state in procedure.place and procedure.place[state] < procedure.place[other]


def _afterwards(procedure: Procedure) -> Iterator[str]:
    """Refuse tables that name states or levels which the plan has not."""
    known = {*procedure.states, "open"}
    for fact in procedure.policy.facts:
        yield from (f"facts: {fact.id} is recorded in {s}, which no step makes" for s in fact.states if s not in known)
    for rerun in procedure.policy.reruns:
        if rerun.state not in procedure.place:
            yield f"reruns: {rerun.state} is no state of the road"
    levels = {hearing.level for hearing in procedure.policy.hearings}
    yield from (f"hearings: none for the {level} publicity" for level in procedure.levels if level not in levels)


def _instalments(procedure: Procedure) -> Iterator[str]:
    """Refuse parts that do not make a whole, or that are paid before the final acceptance (R40a)."""
    parts = procedure.policy.instalments
    if not parts:
        return
    if sum(Fraction(part.share) for part in parts) != 1:
        yield f"instalments: the shares make {sum(Fraction(part.share) for part in parts)}, not the whole"
    if len(parts) > 1 and not any(fact.id == "pay_instalment" for fact in procedure.policy.facts):
        yield "instalments: the fact pay_instalment is missing, so only the last part could be paid"
    places = {part.action: number for number, part in enumerate(procedure.road)}
    accepted = places.get("pass_final_acceptance", len(places))
    for part in parts:
        if part.after not in places:
            yield f"instalments: {part.id} waits for {part.after}, which no step offers"
        elif places[part.after] < accepted:
            yield f"safety: instalment {part.id} is paid after {part.after}, before pass_final_acceptance"


# (what comes later, what must have come before, when both are in the plan; words)
_BEFORE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pay", ("pass_final_acceptance",)),
    ("pass_final_acceptance", ("pass_preliminary_acceptance",)),
    ("start_works", ("record_appraisal", "waive_appraisal")),
    ("start_works", ("sign_agreement",)),
    ("register", ("approve",)),
    ("archive", ("pass_final_acceptance",)),
)
_MUST_EXIST = frozenset({"pass_final_acceptance", "sign_agreement", "record_appraisal"})


def _safety(procedure: Procedure) -> Iterator[str]:
    """Prove over the whole graph what may never happen; a violation names the path that shows it."""
    names = {e.action for e in procedure.edges}
    for later, before in _BEFORE:
        if later not in names or not (set(before) & names or set(before) & _MUST_EXIST):
            continue
        path = path_to(procedure.edges, procedure.start, _takes(later), set(before))
        if path:
            yield f"safety: {later} without {' or '.join(before)}: {' -> '.join(path)}"
    yield from _after_return(procedure)
    yield from _identity_first(procedure)
    yield from _publicity(procedure)


def _after_return(procedure: Procedure) -> Iterator[str]:
    """After a failed acceptance, the same acceptance has to be passed before any payment."""
    for edge in procedure.edges:
        if not edge.action.startswith("fail_"):
            continue
        passed = edge.action.replace("fail_", "pass_", 1)
        path = path_to(procedure.edges, edge.target, lambda e: e.action == "pay", {passed})
        if path:
            yield f"safety: pay after {edge.action} without {passed}: {' -> '.join(path)}"


def _identity_first(procedure: Procedure) -> Iterator[str]:
    """Where the plan orders identity before appraisal, no way leads round it."""
    kinds = [step.kind for step in procedure.policy.steps]
    ordered = "identity_check" in kinds and "appraisal" in kinds
    if not ordered or kinds.index("identity_check") > kinds.index("appraisal"):
        return
    path = path_to(procedure.edges, procedure.start, lambda e: e.action == "record_appraisal", {"accept_identity"})
    if path:
        yield f"safety: record_appraisal without accept_identity: {' -> '.join(path)}"


def _publicity(procedure: Procedure) -> Iterator[str]:
    """While a notice hangs, nothing goes on but through its close, which asks for days and objections."""
    for level in procedure.levels:
        state, close = f"{level}_publicity", f"close_{level}_publicity"
        for edge in procedure.edges:
            onward = edge.target not in CLOSED and edge.target in procedure.place
            if edge.source == state and onward and edge.action != close:
                yield f"safety: {edge.action} leaves {state} while the publicity runs: {state} -> {edge.target}"
        asked = {a.guard.name for a in procedure.acts[close].guards}
        for name in ("publicity_days_complete", "no_open_objection"):
            if name not in asked:
                yield f"safety: {close} does not ask {name}"


def _takes(action: str) -> Callable[[Edge], bool]:
    return lambda edge: edge.action == action


def _reach(edges: Iterable[Edge], start: str) -> set[str]:
    onward: dict[str, list[str]] = {}
    for edge in edges:
        onward.setdefault(edge.source, []).append(edge.target)
    seen, todo = {start}, [start]
    while todo:
        for target in onward.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def path_to(edges: Iterable[Edge], start: str, wanted: Callable[[Edge], bool], without: set[str]) -> tuple[str, ...]:
    """Return the actions of a shortest path from `start` through a wanted edge that uses none of `without`."""
    edges = tuple(edges)
    queue: deque[tuple[str, tuple[str, ...]]] = deque([(start, ())])
    seen = {start}
    while queue:
        here, path = queue.popleft()
        for edge in edges:
            if edge.source != here or edge.action in without:
                continue
            if wanted(edge):
                return (*path, edge.action)
            if edge.target not in seen:
                seen.add(edge.target)
                queue.append((edge.target, (*path, edge.action)))
    return ()
