"""What must be true of every policy before it is used: names that exist, and all that `safety` proves."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..actor import NEVER_ACT
from ..errors import PolicyRefused
from ..forms.acts import FORMS
from ..forms.fields import problems
from ..guards import load
from ..policy.tables import policy_hash, read_policy
from ..policy.toml_lines import located, meant
from ..problems import Problem
from ..procedure import four_eyes
from ..procedure.conditions import Traits, fits
from ..procedure.graph import Procedure
from ..procedure.road import parts
from .safety import unsafe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ..policy.tables import Policy

_KEYED = (
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
    "retention",
)


def load_policy(content: str, name: str = "(text)") -> Procedure:
    """Read, compile and check a policy; an unsound one is never used.

    Raises:
        PolicyRefused: with every problem found, a violated safety property with the path that breaks it.
    """
    policy = read_policy(content, name)
    named = [*_repeated(policy), *_names(policy), *_intakes(policy)]
    if named:
        raise PolicyRefused(name, located(named, content))
    procedure = Procedure(policy, policy_hash(content), tuple(load().values()))
    placed = [*_papers(procedure), *_afterwards(procedure), *_instalments(procedure), *_changes(procedure)]
    placed += [*_four_eyes(policy), *_uncovered(procedure), *_retained(procedure), *unsafe(procedure)]
    for intake, variant in procedure.variants.items():
        placed += [problem.within(f"intake {intake}", f"intake {intake}") for problem in unsafe(variant)]
    if placed:
        raise PolicyRefused(name, located(placed, content))
    return procedure


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
        for problem in (*_names(dated.policy), *_four_eyes(dated.policy)):
            yield problem.within(f"changes：自 {first} 起", f"changes: from {first}", "changes")


def _repeated(policy: Policy) -> Iterator[Problem]:
    """Refuse two entries of one id, and two steps that would make the same state."""
    for table in _KEYED:
        for at, name in _again([entry.id for entry in getattr(policy, table)]):
            yield Problem(f"{table}.{at}.id", f"{table}：{name} 重复", f"{table}: {name} stands there twice")
    for at, action in _again([duty.action for duty in policy.duties]):
        yield Problem(f"duties.{at}.action", f"duties：两项都用动作 {action}", f"duties: two have the action {action}")
    made = [(at, part) for at, step in enumerate(policy.steps) for part in parts(step)]
    states, actions = [part.state for _, part in made], [part.action for _, part in made]
    for zh, en, names in (("环节", "the state", states), ("动作", "the action", actions)):
        for nth, name in _again(names):
            yield Problem(
                f"steps.{made[nth][0]}",
                f"steps：两步产生同一个{zh} {name}；请给其中一步另取 name",
                f"steps: two steps make {en} {name}; give one of them a name of its own",
            )


def _again(values: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Yield each value that stands there twice, with the place of its second entry."""
    for at, value in enumerate(values):
        if value is not None and values[:at].count(value) == 1:
            yield at, value


def _unknown(
    path: str, where: str, zh: str, en: str, names: Iterable[str], known: Collection[str]
) -> Iterator[Problem]:
    """Yield each name that is not known, with what it may have meant."""
    for name in names:
        if name not in known:
            hint = meant(name, known)
            yield Problem(path, f"{where}：没有{zh} {name}{hint[0]}", f"{where}: no such {en}: {name}{hint[1]}")


def _names(policy: Policy) -> Iterator[Problem]:
    """Refuse offices, forms, modes, classes and grades that are named but not known."""
    offices = {office.id for office in policy.offices}
    for path, where, wanted in _offices_named(policy):
        yield from _unknown(path, where, "部门", "office", wanted, offices)
        for name in sorted(NEVER_ACT & set(wanted)):
            zh, en = f"{where}：{name} 只能查看，不得办理", f"{where}: {name} reads only and takes no act (R58)"
            yield Problem(path, zh, en)
    if policy.privacy is not None:  # they may see what they supervise
        yield from _unknown("privacy.unmask", "privacy", "部门", "office", policy.privacy.unmask, offices)
    for at, office in enumerate(policy.offices):
        if office.id in NEVER_ACT and office.records_for:
            zh, en = (
                f"offices：{office.id} 只能查看，不得代为登记",
                f"offices: {office.id} reads only and enters nothing (R58)",
            )
            yield Problem(f"offices.{at}.records_for", zh, en)
    for table in ("ways", "facts"):
        for at, entry in enumerate(getattr(policy, table)):
            yield from _unknown(f"{table}.{at}.form", table, "表单", "form", (entry.form,), FORMS)
    modes, classes = {mode.id for mode in policy.modes}, {c.id for c in policy.classes}
    for table in ("papers", "subsidies", "lines", "quotas", "checklist"):
        for at, entry in enumerate(getattr(policy, table)):
            path = f"{table}.{at}.when"
            yield from _unknown(path, table, "改造方式", "mode", entry.when.modes or (), modes)
            yield from _unknown(path, table, "对象类别", "class", entry.when.classes or (), classes)
    for at, mode in enumerate(policy.modes):
        payees = {p.builder for p in mode.payees}
        for builder in (b for b in mode.builders if b not in payees):
            yield Problem(
                f"modes.{at}.payees",
                f"modes：{mode.id} 没有写明 {builder} 施工时的收款人",
                f"modes: {mode.id} names no payee where {builder} builds",
            )


def _intakes(policy: Policy) -> Iterator[Problem]:
    """Refuse a reading of an intake that orders steps which the plan has not."""
    keys = set(policy.keyed)
    for i, intake in enumerate(policy.intakes):
        for j, reading in enumerate(intake.readings):
            at, where = f"intakes.{i}.readings.{j}", f"intakes: {intake.id}"
            named = (*reading.first, *reading.without)
            for key in (key for key in sorted(keys) if named.count(key) > 1):
                yield Problem(at, f"{where}：{key} 重复", f"{where}: {key} stands there twice")
            if keys <= set(reading.without):
                yield Problem(at, f"{where}：{reading.id} 一步不剩", f"{where}: {reading.id} leaves no step")
            yield from _unknown(f"{at}.first", where, "步骤", "step", reading.first, keys)
            yield from _unknown(f"{at}.without", where, "步骤", "step", reading.without, keys)


def _four_eyes(policy: Policy) -> Iterator[Problem]:
    """Refuse pairs of steps that the plan has not, that are one step, or that bar nobody."""
    for at, table in enumerate(policy.four_eyes):
        path, where = f"four_eyes.{at}.steps", "four_eyes"
        yield from _unknown(
            path, where, "步骤、动作或事实", "step, action or fact", table.steps, four_eyes.names(policy)
        )
        if not table.steps and len(policy.four_eyes) > 1:
            yield Problem(
                path, f"{where}：不写 steps（不要求）的表须单独一张", f"{where}: a table without steps stands alone"
            )
        if len(table.steps) == 1:
            yield Problem(path, f"{where}：至少写两项", f"{where}: name at least two")
        for _, act in _again([act for name in table.steps for act in sorted(four_eyes.takes(policy, name))]):
            yield Problem(path, f"{where}：{act} 重复", f"{where}: {act} stands there twice")


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
    if policy.privacy is not None:
        yield "privacy.erase", "privacy", policy.privacy.erase


def _retained(procedure: Procedure) -> Iterator[Problem]:
    """Refuse a duty to keep files in a state in which no case ends: nothing is erased before its end."""
    for at, kept in enumerate(procedure.policy.retention):
        yield from _unknown(
            f"retention.{at}.states", "retention", "办结环节", "closed state", kept.states, procedure.closed
        )


def _papers(procedure: Procedure) -> Iterator[Problem]:
    known = {*procedure.acts, "open_case"}
    for at, paper in enumerate(procedure.policy.papers):
        yield from _unknown(f"papers.{at}.at", f"papers: {paper.kind}", "动作", "action", (paper.at,), known)
    for at, stage in enumerate(procedure.policy.stages):
        yield from _unknown(f"stages.{at}.actions", f"stages: {stage.id}", "动作", "action", stage.actions, known)


def _afterwards(procedure: Procedure) -> Iterator[Problem]:
    """Refuse tables that name states or levels which the plan has not."""
    known = {*procedure.states, "open"}
    for at, fact in enumerate(procedure.policy.facts):
        yield from _unknown(f"facts.{at}.states", f"facts: {fact.id}", "环节", "state", fact.states, known)
    for at, rerun in enumerate(procedure.policy.reruns):
        yield from _unknown(
            f"reruns.{at}.state", "reruns", "在途环节", "state of the road", (rerun.state,), procedure.place
        )
    levels = {hearing.level for hearing in procedure.policy.hearings}
    for level in (level for level in procedure.levels if level not in levels):
        yield Problem(None, f"hearings：没有写 {level} 公示的异议处理", f"hearings: none for the {level} publicity")


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
            yield Problem(table, f"{table}：没有适用于（{who}）的{zh}", f"{table}: none is for ({who})")


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
        yield from _unknown(
            f"instalments.{at}.after", f"instalments: {part.id}", "动作", "action", (part.after,), places
        )
        if places.get(part.after, accepted) < accepted:
            yield Problem(
                f"instalments.{at}.after",
                f"安全：{part.id} 在 {part.after} 之后、pass_final_acceptance 之前就付款",
                f"safety: instalment {part.id} is paid after {part.after}, before pass_final_acceptance",
            )
