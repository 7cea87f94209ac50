"""Check the money, areas and numbers of households of a policy against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..policy.toml_lines import meant
from ..reading.phrases import called
from ..values import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from ..policy.tables import Policy


def payees(policy: Policy) -> Iterator[Problem]:
    """Who is paid is the household, or one who builds."""
    for i, mode in enumerate(policy.modes):
        known = {"household", *mode.builders}
        for j, row in enumerate(mode.payees):
            for key, name, among in (("payee", row.payee, known), ("builder", row.builder, set(mode.builders))):
                if name not in among:
                    zh, en = meant(name, among)
                    said = f"{called('modes', mode, 'zh')}：方案没有{'收款人' if key == 'payee' else '施工主体'} {name}{zh}"
                    yield Problem(f"modes.{i}.payees.{j}.{key}", said, f"modes: {mode.id}: no such {key}: {name}{en}")


def areas(policy: Policy) -> Iterator[Problem]:
    """A floor lies below its cap, the relaxed cap above it, and a relaxed cap has its papers."""
    for at, mode in enumerate(policy.modes):
        area, path = mode.area, f"modes.{at}.area"
        if area is None:
            continue
        pairs = [(f"{path}.floor", "floor", area.floor, "cap", area.cap)]
        for n, band in enumerate(area.bands):
            inside = f"{path}.bands.{n}"
            pairs.append((f"{inside}.floor", "floor", band.floor, "cap", band.cap))
            pairs.append(
                (f"{inside}.floor_per_head", "floor_per_head", band.floor_per_head, "cap_per_head", band.cap_per_head)
            )
            pairs.append((f"{inside}.floor", "floor", band.floor, "cap", area.cap))
        yield from _above(pairs, called("modes", mode, "zh"), mode.id, " m²")
        if area.relaxed_cap is not None and area.cap is not None and area.relaxed_cap <= area.cap:
            zh = f"{called('modes', mode, 'zh')}：放宽上限 {area.relaxed_cap} m² 不高于上限 {area.cap} m²"
            en = f"modes: {mode.id}: the relaxed cap {area.relaxed_cap} m2 is not above the cap {area.cap} m2"
            yield Problem(f"{path}.relaxed_cap", zh, en)
        if (area.relaxed_cap is None) != (not area.relaxed_papers):
            zh = f"{called('modes', mode, 'zh')}：relaxed_cap 与 relaxed_papers 须同写：凭哪些材料放宽"
            en = f"modes: {mode.id}: write relaxed_cap together with relaxed_papers, the papers that allow it"
            yield Problem(f"{path}.relaxed_cap", zh, en)


def limits(policy: Policy) -> Iterator[Problem]:
    """What no household goes beyond is no less than what every household gets."""
    for at, table in enumerate(policy.subsidies):
        if table.kind in ("floor", "per_m2"):
            name = called("subsidies", table, "zh")
            yield from _above(
                [(f"subsidies.{at}.most", "yuan", table.yuan, "most", table.most)], name, "subsidies", " 元"
            )


def _above(
    pairs: list[tuple[str, str, Decimal | None, str, Decimal | None]], zh: str, en: str, unit: str
) -> Iterator[Problem]:
    for path, low, least, high, most in pairs:
        if least is not None and most is not None and least > most:
            yield Problem(
                path,
                f"{zh}：{low} {least}{unit} 高于 {high} {most}{unit}",
                f"{en}: {low} {least} is above {high} {most}",
            )


def units(policy: Policy) -> Iterator[Problem]:
    """Units that tables name are of the plan's county; a city's numbers may stand beside those of its other counties."""
    tables = ("papers", "subsidies", "lines", "quotas", "checklist")
    named = [
        (f"{table}.{at}.when.units.{n}", called(table, entry, "zh"), code)
        for table in tables
        for at, entry in enumerate(getattr(policy, table))
        for n, code in enumerate(entry.when.units or ())
    ]
    named += [
        (f"quotas.{at}.by_unit.{code}", called("quotas", quota, "zh"), code)
        for at, quota in enumerate(policy.quotas)
        for code in quota.by_unit
        if not (len(code) == 6 and code[:4] == policy.county[:4])
    ]
    for path, where, code in named:
        if not code.startswith(policy.county):
            zh = f"{where}：{code} 不在本县（{policy.county}），永不适用"
            yield Problem(path, zh, f"{path}: {code} is not in the county {policy.county}, so it never applies")


def shares(policy: Policy) -> Iterator[Problem]:
    """A household is counted in one unit of a quota: a township's number has its villages' inside, or they have their own."""
    for at, quota in enumerate(policy.quotas):
        for inside in quota.by_unit:
            for code in (
                inside[:length] for length in (6, 9) if length < len(inside) and inside[:length] in quota.by_unit
            ):
                zh = f"{called('quotas', quota, 'zh')}：{code} 与其中的 {inside} 都写了户数，会重复计算；请只写一层"
                en = f"quotas: {quota.id}: {code} and {inside} inside it both have a number, so households count twice; write one level"
                yield Problem(f"quotas.{at}.by_unit.{inside}", zh, en)


def waits(policy: Policy) -> Iterator[Problem]:
    """The wait before an instalment ends before the deadline of the payment."""
    deadline = next((step.days for step in policy.steps if step.kind == "payment" and step.days is not None), None)
    last = policy.instalments[-1] if policy.instalments else None
    if deadline is not None and last is not None and last.after == "pass_final_acceptance" and last.days > deadline:
        zh = f"instalments：{last.name.zh}须先满 {last.days} 天才可拨付（instalments 的 days），拨付期限却只有 {deadline} 天（steps 的 days）"
        en = f"instalments: {last.id} waits {last.days} days (days of instalments), but the payment's deadline is {deadline} days (days of steps)"
        yield Problem(f"instalments.{len(policy.instalments) - 1}.days", zh, en)
