"""Check the names in a policy: find names that occur twice, and names that name nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..actor import NEVER_ACT
from ..forms.acts import FORMS
from ..policy.toml_lines import meant
from ..problems import Problem
from ..procedure import four_eyes
from ..procedure.road import parts

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


def repeated(policy: Policy) -> Iterator[Problem]:
    """Refuse two entries of one id, and two steps that would make the same state."""
    for table in _KEYED:
        for at, name in _again([entry.id for entry in getattr(policy, table)]):
            yield Problem(f"{table}.{at}.id", f"{table}：{name} 重复", f"{table}: {name} occurs twice")
    for at, action in _again([duty.action for duty in policy.duties]):
        yield Problem(
            f"duties.{at}.action", f"duties：两项都用动作 {action}", f"duties: two duties have the action {action}"
        )
    made = [(at, part) for at, step in enumerate(policy.steps) for part in parts(step)]
    states, actions = [part.state for _, part in made], [part.action for _, part in made]
    for zh, en, names in (("环节", "the state", states), ("动作", "the action", actions)):
        for nth, name in _again(names):
            yield Problem(
                f"steps.{made[nth][0]}",
                f"steps：两步产生同一个{zh} {name}；请给其中一步另取 name",
                f"steps: two steps make {en} {name}; give one of them another name",
            )


def _again(values: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Yield each value that stands there twice, with the place of its second entry."""
    for at, value in enumerate(values):
        if value is not None and values[:at].count(value) == 1:
            yield at, value


def unknown(path: str, where: str, zh: str, en: str, names: Iterable[str], known: Collection[str]) -> Iterator[Problem]:
    """Yield each name that is not known, with what it may have meant."""
    for name in names:
        if name not in known:
            hint = meant(name, known)
            yield Problem(path, f"{where}：没有{zh} {name}{hint[0]}", f"{where}: no such {en}: {name}{hint[1]}")


def unknown_names(policy: Policy) -> Iterator[Problem]:
    """Refuse offices, forms, modes, classes and grades that are named but not known."""
    offices = {office.id for office in policy.offices}
    for path, where, wanted in _offices_named(policy):
        yield from unknown(path, where, "部门", "office", wanted, offices)
        for name in sorted(NEVER_ACT & set(wanted)):
            zh, en = f"{where}：{name} 只能查看，不得办理", f"{where}: {name} may only read, and not act (R58)"
            yield Problem(path, zh, en)
    if policy.privacy is not None:  # they may see what they supervise
        yield from unknown("privacy.unmask", "privacy", "部门", "office", policy.privacy.unmask, offices)
    for at, office in enumerate(policy.offices):
        if office.id in NEVER_ACT and office.records_for:
            zh, en = (
                f"offices：{office.id} 只能查看，不得代为登记",
                f"offices: {office.id} may only read, and not enter for others (R58)",
            )
            yield Problem(f"offices.{at}.records_for", zh, en)
    for table in ("ways", "facts"):
        for at, entry in enumerate(getattr(policy, table)):
            yield from unknown(f"{table}.{at}.form", table, "表单", "form", (entry.form,), FORMS)
    modes, classes = {mode.id for mode in policy.modes}, {c.id for c in policy.classes}
    for table in ("papers", "subsidies", "lines", "quotas", "checklist"):
        for at, entry in enumerate(getattr(policy, table)):
            path = f"{table}.{at}.when"
            yield from unknown(path, table, "改造方式", "mode", entry.when.modes or (), modes)
            yield from unknown(path, table, "对象类别", "class", entry.when.classes or (), classes)
    yield from _without_payee(policy)


def _without_payee(policy: Policy) -> Iterator[Problem]:
    """Refuse a mode with a builder for whom it names nobody to be paid."""
    for at, mode in enumerate(policy.modes):
        payees = {p.builder for p in mode.payees}
        for builder in (b for b in mode.builders if b not in payees):
            yield Problem(
                f"modes.{at}.payees",
                f"modes：{mode.id} 没有写明 {builder} 施工时的收款人",
                f"modes: {mode.id} names no payee where {builder} builds",
            )


def wrong_intakes(policy: Policy) -> Iterator[Problem]:
    """Refuse a reading of an intake that orders steps which the plan has not."""
    keys = set(policy.keyed)
    for i, intake in enumerate(policy.intakes):
        for j, reading in enumerate(intake.readings):
            at, where = f"intakes.{i}.readings.{j}", f"intakes: {intake.id}"
            named = (*reading.first, *reading.without)
            for key in (key for key in sorted(keys) if named.count(key) > 1):
                yield Problem(at, f"{where}：{key} 重复", f"{where}: {key} occurs twice")
            if keys <= set(reading.without):
                yield Problem(
                    at, f"{where}：采用 {reading.id} 后一步不剩", f"{where}: with {reading.id} no step is left"
                )
            yield from unknown(f"{at}.first", where, "步骤", "step", reading.first, keys)
            yield from unknown(f"{at}.without", where, "步骤", "step", reading.without, keys)


def wrong_pairs(policy: Policy) -> Iterator[Problem]:
    """Refuse pairs of steps that the plan has not, that are one step, or that bar nobody."""
    for at, table in enumerate(policy.four_eyes):
        path, where = f"four_eyes.{at}.steps", "four_eyes"
        yield from unknown(
            path, where, "步骤、动作或事实", "step, action or fact", table.steps, four_eyes.names(policy)
        )
        if not table.steps and len(policy.four_eyes) > 1:
            yield Problem(
                path,
                f"{where}：不写 steps（不要求）的表只能有一张",
                f"{where}: a table without steps must be the only one",
            )
        if len(table.steps) == 1:
            yield Problem(path, f"{where}：至少写两项", f"{where}: name at least two")
        for _, act in _again([act for name in table.steps for act in sorted(four_eyes.takes(policy, name))]):
            yield Problem(path, f"{where}：{act} 重复", f"{where}: {act} occurs twice")


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
