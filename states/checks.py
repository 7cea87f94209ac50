"""What must be true of every policy before it is used: names that exist, and all that `safety` proves."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from .errors import PolicyRefused
from .fields import problems
from .forms import FORMS
from .lines import located, meant
from .policy import policy_hash, read_policy
from .procedure import Procedure, parts
from .safety import unsafe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .policy import Policy

    Found = tuple[str | None, str]  # the dotted path of what is wrong, and the words


def load_policy(content: str, name: str = "(text)") -> Procedure:
    """Read, compile and check a policy; an unsound one is never used.

    Raises:
        PolicyRefused: with every problem found, a violated safety property with the path that breaks it.
    """
    policy = read_policy(content, name)
    named = [*_repeated(policy), *_names(policy), *_intakes(policy)]
    if named:
        raise PolicyRefused(name, located(named, content))
    procedure = Procedure(policy, policy_hash(content))
    placed = [*_papers(procedure), *_afterwards(procedure), *_instalments(procedure), *_changes(procedure)]
    found = [*unsafe(procedure)]
    for intake, variant in procedure.variants.items():
        found += [f"intake {intake}: {problem}" for problem in unsafe(variant)]
    if placed or found:
        placed += [(_way_of(policy, problem), problem) for problem in found]
        raise PolicyRefused(name, located(placed, content))
    return procedure


def _changes(procedure: Procedure) -> Iterator[Found]:
    """Refuse dated changes that lead nowhere, are of the wrong form, or leave a policy that is unsound."""
    try:
        since = procedure.since
    except LookupError as error:
        yield "changes", f"changes: {error}: no such value, or one that may not change within a plan"
        return
    except ValidationError as error:
        yield from (("changes", f"changes: {problem}") for problem in problems(error))
        return
    for first, dated in since:
        found = (*_names(dated.policy), *_papers(dated), *_instalments(dated), *_afterwards(dated))
        words = (*unsafe(dated), *(problem for _, problem in found))
        yield from (("changes", f"changes: from {first}: {problem}") for problem in words)


def _way_of(policy: Policy, problem: str) -> str | None:
    """Return the path of the way that a problem of the graph speaks of, if it does."""
    said = re.findall(r"\w+", problem)
    if said[0] != "ways":
        return None
    taken = [(at, way) for at, way in enumerate(policy.ways) if way.action == said[1]]
    nearest = [at for at, way in taken if {*way.start, way.resumes} & {*said[2:]}]
    return f"ways.{(nearest or [at for at, _ in taken])[0]}" if taken else None


def _repeated(policy: Policy) -> Iterator[Found]:
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
        for at, name in _again([entry.id for entry in getattr(policy, table)]):
            yield f"{table}.{at}.id", f"{table}: {name} stands there twice"
    for at, action in _again([duty.action for duty in policy.duties]):
        yield f"duties.{at}.action", f"duties: two have the action {action}"
    made = [(at, part) for at, step in enumerate(policy.steps) for part in parts(step)]
    for what, names in (("state", [part.state for _, part in made]), ("action", [part.action for _, part in made])):
        for nth, name in _again(names):
            words = f"steps: two steps make the {what} {name}; give one of them a name of its own"
            yield f"steps.{made[nth][0]}", words


def _again(values: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Yield each value that stands there twice, with the place of its second entry."""
    for at, value in enumerate(values):
        if value is not None and values[:at].count(value) == 1:
            yield at, value


def _names(policy: Policy) -> Iterator[Found]:
    """Refuse offices, forms, modes, classes and grades that are named but not known."""
    offices = {office.id for office in policy.offices}
    for path, where, wanted in _offices_named(policy):
        yield from ((path, f"{where}: no such office: {x}{meant(x, offices)}") for x in wanted if x not in offices)
    for table in ("ways", "facts"):
        for at, entry in enumerate(getattr(policy, table)):
            if entry.form not in FORMS:
                yield f"{table}.{at}.form", f"{table}: no such form: {entry.form}{meant(entry.form, FORMS)}"
    modes, classes = {mode.id for mode in policy.modes}, {c.id for c in policy.classes}
    for table in ("papers", "subsidies", "lines", "quotas", "checklist"):
        for at, entry in enumerate(getattr(policy, table)):
            for what, wanted, known in (("mode", entry.when.modes, modes), ("class", entry.when.classes, classes)):
                for name in wanted or ():
                    if name not in known:
                        yield f"{table}.{at}.when", f"{table}: no such {what}: {name}{meant(name, known)}"
    for at, mode in enumerate(policy.modes):
        payees = {p.builder for p in mode.payees}
        missing = [b for b in mode.builders if b not in payees]
        yield from ((f"modes.{at}.payees", f"modes: {mode.id} names no payee where {b} builds") for b in missing)


def _intakes(policy: Policy) -> Iterator[Found]:
    """Refuse a reading of an intake that orders steps which the plan has not."""
    keys = set(policy.keyed)
    for i, intake in enumerate(policy.intakes):
        for j, reading in enumerate(intake.readings):
            at = f"intakes.{i}.readings.{j}"
            named = (*reading.first, *reading.without)
            yield from ((at, f"intakes: {intake.id}: {k} stands there twice") for k in keys if named.count(k) > 1)
            if keys <= set(reading.without):
                yield at, f"intakes: {intake.id}: {reading.id} leaves no step"
            for field, wanted in (("first", reading.first), ("without", reading.without)):
                for name in wanted:
                    if name not in keys:
                        words = f"intakes: {intake.id}: no such step: {name}{meant(name, keys)}"
                        yield f"{at}.{field}", words


def _offices_named(policy: Policy) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Yield where offices are named: path, words, and the offices."""
    named = (("ways", "action"), ("hearings", "level"), ("intakes", "id"), ("facts", "id"), ("duties", "id"))
    for table, name in (("steps", "kind"), *named):
        for at, entry in enumerate(getattr(policy, table)):
            yield f"{table}.{at}.offices", f"{table}: {getattr(entry, name)}", entry.offices
    for at, step in enumerate(policy.steps):
        yield f"steps.{at}.waived_by", f"steps: {step.kind}", step.waived_by
    for at, office in enumerate(policy.offices):
        yield f"offices.{at}.records_for", f"offices: {office.id}", office.records_for
    for at, served in enumerate(policy.classes):
        groups = [name for group in served.confirmed_by for name in group]
        yield f"classes.{at}.confirmed_by", f"classes: {served.id}", groups


def _papers(procedure: Procedure) -> Iterator[Found]:
    known = {*procedure.acts, "open_case"}
    for at, paper in enumerate(procedure.policy.papers):
        if paper.at not in known:
            words = f"papers: {paper.kind} is wanted at {paper.at}, which no step, way or fact offers"
            yield f"papers.{at}.at", words + meant(paper.at, known)
    for at, stage in enumerate(procedure.policy.stages):
        unknown = [name for name in stage.actions if name not in procedure.acts]
        yield from ((f"stages.{at}.actions", f"stages: no such action: {x}{meant(x, known)}") for x in unknown)


def _afterwards(procedure: Procedure) -> Iterator[Found]:
    """Refuse tables that name states or levels which the plan has not."""
    known = {*procedure.states, "open"}
    for at, fact in enumerate(procedure.policy.facts):
        for name in (state for state in fact.states if state not in known):
            words = f"facts: {fact.id} is recorded in {name}, which no step makes{meant(name, known)}"
            yield f"facts.{at}.states", words
    for at, rerun in enumerate(procedure.policy.reruns):
        if rerun.state not in procedure.place:
            words = f"reruns: {rerun.state} is no state of the road{meant(rerun.state, procedure.place)}"
            yield f"reruns.{at}.state", words
    levels = {hearing.level for hearing in procedure.policy.hearings}
    yield from (
        (None, f"hearings: none for the {level} publicity") for level in procedure.levels if level not in levels
    )


def _instalments(procedure: Procedure) -> Iterator[Found]:
    """Refuse parts that do not make a whole, or that are paid before the final acceptance (R40a)."""
    plan = procedure.policy.instalments
    whole = sum(Fraction(part.share) for part in plan)
    if plan and whole != 1:
        yield "instalments", f"instalments: the shares make {whole}, not the whole"
    if len(plan) > 1 and not any(fact.id == "pay_instalment" for fact in procedure.policy.facts):
        yield "facts", "instalments: the fact pay_instalment is missing, so only the last part could be paid"
    places = {part.action: number for number, part in enumerate(procedure.road)}
    accepted = places.get("pass_final_acceptance", len(places))
    for at, part in enumerate(plan):
        if part.after not in places:
            words = f"instalments: {part.id} waits for {part.after}, which no step offers{meant(part.after, places)}"
            yield f"instalments.{at}.after", words
        elif places[part.after] < accepted:
            words = f"safety: instalment {part.id} is paid after {part.after}, before pass_final_acceptance"
            yield f"instalments.{at}.after", words
