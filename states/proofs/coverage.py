"""Check that every household that a plan serves has its tables, and that every table has its households."""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

from ..procedure.conditions import Traits, compiled, fits, units_of
from ..reading.phrases import when_of
from ..values import Problem
from ..words.ids import label
from ..words.policy_terms import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..policy.money_tables import Line, Quota, Subsidy
    from ..policy.tables import Item, Policy
    from ..procedure.graph import Procedure

    _Applied = Line | Quota | Subsidy | Item


MOST = 1_000_000  # pairs of a table and a kind of case
_TABLES = ("subsidies", "lines", "quotas", "checklist")


def uncovered(procedure: Procedure) -> Iterator[Problem]:
    """Refuse a plan that offers a mode to somebody for whom it names no subsidy (undetermined, at least) or no fund."""
    for table, zh, fits_of in (
        ("subsidies", "补助（未定的写 undetermined）", procedure.subsidies),
        ("lines", "资金项", procedure.lines),
    ):
        left = next(
            (traits for traits in offered(procedure.policy) if not any(fits(fit, traits) for _, fit in fits_of)), None
        )
        if left is not None:
            yield _left(procedure, table, zh, left)


def _left(procedure: Procedure, table: str, wanted: str, left: Traits) -> Problem:
    """Tell which household no table is for; where every table names units, that it lies outside of them."""
    served, grade = "/".join(left.classes), "no_house" if left.no_house else left.grades
    who = f"{served}, {grade}, {left.modes}, {left.builders}, {left.intakes}"
    names = procedure.names
    kind = "无房户" if left.no_house else f"{left.grades} 级"
    parts = [label(names.get(str(name), name)) for name in (served, left.modes, left.builders)]
    known = (parts[0], kind, parts[1], f"{parts[2]}施工", *([] if left.intakes == "application" else [left.intakes]))
    zh, en = f"{table}：没有适用于（{'、'.join(known)}）的{wanted}", f"{table}: no entry applies to ({who})"
    entries = getattr(procedure.policy, table)
    if all(entry.when.units for entry in entries):
        zh += f"：{len(entries)} 张表都只适用于所列单位，其余单位没有；请添加一张不写 units 的"
        en += f": each of the {len(entries)} tables is for the units it names, and none is for the others; add one without units"
    return Problem(table, zh, en)


def offered(policy: Policy) -> Iterator[Traits]:
    """Yield every kind of case to which the plan offers a mode, in a place that it does not name."""
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


def unreached(policy: Policy) -> Iterator[Problem]:
    """Name each table of money, quota or checklist that applies to no household that the plan serves."""
    kinds = _kinds(policy)
    if not kinds:
        zh = "subsidies：补助、资金项、户数和验收项目过多，无法逐一核对是否适用；请减少"
        yield Problem("subsidies", zh, "subsidies: there are too many tables to see which of them apply; use fewer")
        return
    for table in ("subsidies", "lines"):
        fitting = _fitting(getattr(policy, table), kinds)
        for at, mine in enumerate(fitting):
            before = [number for number, earlier in enumerate(fitting[:at], 1) if mine and mine <= earlier]
            if not mine or before:
                yield _never(policy, table, at, before[:1])
    for table in ("quotas", "checklist"):
        for at, mine in enumerate(_fitting(getattr(policy, table), kinds)):
            if not mine:
                yield _never(policy, table, at)


def overlaid(policy: Policy) -> Iterator[Problem]:
    """Name each table of money whose households all come to one of several tables before it."""
    kinds = _kinds(policy)
    for table in ("subsidies", "lines"):
        fitting = _fitting(getattr(policy, table), kinds)
        for at, mine in enumerate(fitting):
            earlier = fitting[:at]
            if mine <= set().union(*earlier) and mine and not any(mine <= one for one in earlier):
                yield _never(policy, table, at, [number for number, one in enumerate(earlier, 1) if mine & one])


def _fitting(entries: Sequence[_Applied], kinds: Sequence[Traits]) -> list[set[Traits]]:
    """Return for each table the kinds of case that it fits."""
    fits_of = [compiled(entry.when) for entry in entries]
    return [{traits for traits in kinds if fits(fit, traits)} for fit in fits_of]


def _never(policy: Policy, table: str, at: int, before: Sequence[int] = ()) -> Problem:
    when = getattr(policy, table)[at].when
    zh, en = (TABLES[table][0], when_of(when, "zh")), (TABLES[table][1], when_of(when, "en"))
    if before:
        numbers = "、".join(map(str, before)), ", ".join(map(str, before))
        why = (
            f"排在前面的第 {numbers[0]} 张已全部包含它；请把它移到前面",
            f"number {numbers[1]} before it takes every household; put it before that one",
        )
    else:
        why = "方案没有这样的农户", "the plan serves no such household"
    return Problem(
        f"{table}.{at}",
        f"{table}：第 {at + 1} 张（{zh[0]}：{zh[1]}）永不适用：{why[0]}",
        f"{table}: number {at + 1} ({en[0]}: {en[1]}) never applies: {why[1]}",
    )


def _everywhere(policy: Policy) -> Iterator[Traits]:
    """Yield every kind of case to which the plan offers a mode, in each place that a table names and outside of them.

    Of units that the same tables name, one stands for all.
    """
    named: dict[str, list[int]] = {}
    tables = [entry for table in _TABLES for entry in getattr(policy, table)]
    for number, entry in enumerate(tables):
        for code in entry.when.units or ():
            named.setdefault(code, []).append(number)
    apart = {tuple(numbers): code for code, numbers in sorted(named.items(), reverse=True)}
    for traits in offered(policy):
        yield traits
        for code in apart.values():
            yield traits._replace(units=units_of(code))


def _kinds(policy: Policy) -> tuple[Traits, ...]:
    """Return the kinds of case that the tables are held against; nothing where they are too many to go through."""
    tables = sum(len(getattr(policy, table)) for table in _TABLES)
    kinds = tuple(dict.fromkeys(islice(_everywhere(policy), MOST)))
    return kinds if len(kinds) * tables < MOST else ()
