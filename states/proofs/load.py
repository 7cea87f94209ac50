"""Check what must be true of every policy before it is used."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ..errors import PolicyRefused
from ..forms.fields import problems
from ..guards import load
from ..policy.tables import policy_hash, read_policy
from ..policy.toml_lines import located
from ..procedure.conditions import Traits, fits
from ..procedure.graph import Procedure
from ..values import Problem
from .names import repeated, unknown, unknown_names, wrong_intakes, wrong_pairs
from .safety import unsafe
from .second import unconfirmed
from .sense import senseless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def load_policy(content: str, name: str = "(text)") -> Procedure:
    """Read, compile and check a policy under which something new may open; an unsound one is never used.

    Raises:
        PolicyRefused: with every problem found, a violated safety property with the path that breaks it.
    """
    procedure, found = _proved(content, name)
    policy = read_policy(content, name) if procedure is None else procedure.policy
    return _sound(content, name, procedure, [*found, *senseless(policy), *unconfirmed(policy)])


def load_kept(content: str, name: str = "(text)") -> Procedure:
    """Read and compile a policy that a database keeps by its hash, so that its cases stay readable.

    Add nothing to what it asks: a content that was kept once is read for ever. New checks belong in `load_policy`.

    Raises:
        PolicyRefused: it is no policy; it was never kept by this program or an earlier one.
    """
    procedure, found = _proved(content, name)
    return _sound(content, name, procedure, found)


def _sound(content: str, name: str, procedure: Procedure | None, found: Sequence[Problem]) -> Procedure:
    if found or procedure is None:
        raise PolicyRefused(name, located(found, content))
    return procedure


@lru_cache(maxsize=64)
def _proved(content: str, name: str) -> tuple[Procedure | None, tuple[Problem, ...]]:
    """Return the procedure of a policy and what is wrong with its names, its graph and its safety.

    Raises:
        PolicyRefused: the text is not of its form.
    """
    policy = read_policy(content, name)
    named = (*repeated(policy), *unknown_names(policy), *wrong_intakes(policy))
    if named:
        return None, named
    procedure = Procedure(policy, policy_hash(content), tuple(load().values()))
    placed = [*_papers(procedure), *_afterwards(procedure), *_instalments(procedure), *_changes(procedure)]
    placed += [*wrong_pairs(policy), *_uncovered(procedure), *_retained(procedure), *unsafe(procedure)]
    for intake, variant in procedure.variants.items():
        placed += [problem.within(f"intake {intake}", f"intake {intake}") for problem in unsafe(variant)]
    return procedure, tuple(placed)


def _changes(procedure: Procedure) -> Iterator[Problem]:
    """Refuse dated changes that lead nowhere, are of the wrong form, or leave a policy that is unsound."""
    try:
        since = procedure.since
    except LookupError as error:
        zh = f"changes：{error}：没有这个值，或者同一方案内不得改动"
        yield Problem("changes", zh, f"changes: {error}: no such value, or one that may not change within a plan")
        return
    except ValidationError as error:
        yield from (problem.within("changes", "changes", "changes") for problem in problems(error))
        return
    for first, dated in since:
        for check in (unsafe, _uncovered, _papers, _instalments, _afterwards):
            for problem in check(dated):
                yield problem.within(f"changes：自 {first} 起", f"changes: from {first}", "changes")
        for problem in (*unknown_names(dated.policy), *wrong_pairs(dated.policy)):
            yield problem.within(f"changes：自 {first} 起", f"changes: from {first}", "changes")


def _retained(procedure: Procedure) -> Iterator[Problem]:
    """Refuse a duty to keep files in a state in which no case ends: nothing is erased before its end."""
    for at, kept in enumerate(procedure.policy.retention):
        yield from unknown(
            f"retention.{at}.states", "retention", "办结环节", "closed state", kept.states, procedure.closed
        )


def _papers(procedure: Procedure) -> Iterator[Problem]:
    known = {*procedure.acts, "open_case"}
    for at, paper in enumerate(procedure.policy.papers):
        yield from unknown(f"papers.{at}.at", f"papers: {paper.kind}", "动作", "action", (paper.at,), known)
    for at, stage in enumerate(procedure.policy.stages):
        yield from unknown(f"stages.{at}.actions", f"stages: {stage.id}", "动作", "action", stage.actions, known)


def _afterwards(procedure: Procedure) -> Iterator[Problem]:
    """Refuse tables that name states or levels which the plan has not."""
    known = {*procedure.states, "open"}
    for at, fact in enumerate(procedure.policy.facts):
        yield from unknown(f"facts.{at}.states", f"facts: {fact.id}", "环节", "state", fact.states, known)
    for at, rerun in enumerate(procedure.policy.reruns):
        yield from unknown(
            f"reruns.{at}.state", "reruns", "在途环节", "state of the road", (rerun.state,), procedure.place
        )
    levels = {hearing.level for hearing in procedure.policy.hearings}
    for level in (level for level in procedure.levels if level not in levels):
        yield Problem(
            None, f"hearings：没有写明 {level} 公示的异议如何处理", f"hearings: no entry for the {level} publicity"
        )


def _uncovered(procedure: Procedure) -> Iterator[Problem]:
    """Refuse a plan that offers a mode to somebody for whom it names no subsidy (undetermined, at least) or no fund."""
    for table, zh, fits_of in (
        ("subsidies", "补助（未定的写 undetermined）", procedure.subsidies),
        ("lines", "资金项", procedure.lines),
    ):
        left = next(
            (traits for traits in _offered(procedure) if not any(fits(fit, traits) for _, fit in fits_of)), None
        )
        if left is not None:
            served, grade = "/".join(left.classes), "no_house" if left.no_house else left.grades
            who = f"{served}, {grade}, {left.modes}, {left.builders}, {left.intakes}"
            yield Problem(table, f"{table}：没有适用于（{who}）的{zh}", f"{table}: no entry applies to ({who})")


def _offered(procedure: Procedure) -> Iterator[Traits]:
    """Yield every kind of case to which the plan offers a mode, in a place that it does not name."""
    policy = procedure.policy
    ways_in = ("application", *(intake.id for intake in policy.intakes))
    for mode in policy.modes:
        houses: set[tuple[str | None, bool]] = {(grade, False) for row in mode.open_to for grade in row.grades}
        houses |= {(None, True) for row in mode.open_to if row.no_house}
        wide = (False, True) if mode.area is not None and mode.area.relaxed_cap is not None else (False,)
        for (grade, no_house), served, builder, relaxed, gone, intake in product(
            sorted(houses, key=str), policy.classes, mode.builders, wide, (False, True), ways_in
        ):
            yield Traits(
                classes=frozenset((served.id,)),
                no_house=no_house,
                grades=grade,
                modes=mode.id,
                builders=builder,
                new_build=mode.new_build,
                relaxed_area=relaxed,
                demolished_first=gone,
                intakes=intake,
                units=frozenset((policy.county,)),
            )


def _instalments(procedure: Procedure) -> Iterator[Problem]:
    """Refuse parts that do not make a whole, or that are paid before the final acceptance (R40a)."""
    plan = procedure.policy.instalments
    whole = sum(Fraction(part.share) for part in plan)
    if plan and whole != 1:
        zh = f"instalments：各期之和为 {whole}，不是全额"
        yield Problem("instalments", zh, f"instalments: the shares make {whole}, not the whole")
    if len(plan) > 1 and not any(fact.id == "pay_instalment" for fact in procedure.policy.facts):
        yield Problem(
            "facts",
            "instalments：缺少 facts 中的 pay_instalment，只能付最后一期",
            "instalments: the fact pay_instalment is missing, so only the last part could be paid",
        )
    places = {part.action: number for number, part in enumerate(procedure.road)}
    accepted = places.get("pass_final_acceptance", len(places))
    for at, part in enumerate(plan):
        yield from unknown(
            f"instalments.{at}.after", f"instalments: {part.id}", "动作", "action", (part.after,), places
        )
        if places.get(part.after, accepted) < accepted:
            yield Problem(
                f"instalments.{at}.after",
                f"安全：{part.id} 在 {part.after} 之后、pass_final_acceptance 之前就付款",
                f"safety: instalment {part.id} is paid after {part.after}, before pass_final_acceptance",
            )
