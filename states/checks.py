"""What must be true of every policy before it is used: names that exist, and all that `safety` proves."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pydantic import ValidationError

from .errors import PolicyRefused
from .fields import problems
from .forms import FORMS
from .policy import policy_hash, read_policy
from .procedure import Procedure, parts
from .safety import unsafe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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
    found = [*unsafe(procedure), *_papers(procedure), *_afterwards(procedure)]
    found += _instalments(procedure)
    for intake, variant in procedure.variants.items():
        found += [f"intake {intake}: {problem}" for problem in unsafe(variant)]
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
        found = (*unsafe(dated), *_names(dated.policy), *_papers(dated), *_instalments(dated), *_afterwards(dated))
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
            named = (*reading.first, *reading.without)
            yield from (f"intakes: {intake.id}: {k} stands there twice" for k in keys if named.count(k) > 1)
            if keys <= set(reading.without):
                yield f"intakes: {intake.id}: {reading.id} leaves no step"
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
