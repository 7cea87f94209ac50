"""Check what a new policy lets a household be exempted from: never what is of the floor, and no paper without another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..policy.toml_lines import meant
from ..values import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..policy.exemptible import Exemptible
    from ..procedure.graph import Procedure


def unexemptible(procedure: Procedure) -> Iterator[Problem]:
    """Refuse a list of what nobody is exempted from, and entries that could lift nothing or something of the floor."""
    policy = procedure.policy
    if policy.guards.rule_exemptible is not None:
        yield Problem(
            "guards.rule_exemptible",
            "guards.rule_exemptible：不再写不得例外的规则（never）；请删去本表，把可以例外的规则逐条写成 [[exemptible]]"
            "（rule、source），没有写的一律不得例外",
            "guards.rule_exemptible: do not list what nobody is exempted from (never); delete this table and write one "
            "[[exemptible]] (rule, source) for each rule that may be exempted: nobody is exempted from any other",
        )
    seen = set()
    for at, entry in enumerate(policy.exemptible):
        said = [*_lifting(procedure, entry)] if entry.replaces is None else [*_replacing(procedure, entry)]
        if (entry.rule, entry.replaces) in seen:
            said.append(("写了两次", "is listed twice"))
        seen.add((entry.rule, entry.replaces))
        for zh, en in said:
            yield Problem(f"exemptible.{at}", f"exemptible：{entry.rule} {zh}", f"exemptible: {entry.rule} {en}")


def _lifting(procedure: Procedure, entry: Exemptible) -> Iterator[tuple[str, str]]:
    if entry.papers:
        yield (
            "写了 papers，但没有写替代哪份材料；请写 replaces",
            "has papers, but not which paper they replace; write replaces",
        )
    elif entry.rule not in procedure.rules:
        hint = meant(entry.rule, procedure.rules)
        yield f"不是本方案的规则{hint[0]}", f"is not a rule of this plan{hint[1]}"
    elif entry.rule not in procedure.liftable:
        may = ", ".join(sorted(procedure.liftable))
        yield (
            f"属于底线，不得例外；请删去，或写 replaces 和 papers，由别的材料替代缺的材料。可以例外的：{may or '无'}",
            f"is of the floor; delete it, or replace a missing paper with replaces and papers. Possible: {may or 'none'}",
        )


def _replacing(procedure: Procedure, entry: Exemptible) -> Iterator[tuple[str, str]]:
    kinds = [paper.kind for paper in procedure.policy.papers if paper.rule == entry.rule]
    if entry.replaces not in kinds:
        hint = meant(str(entry.replaces), kinds)
        yield f"没有材料 {entry.replaces}{hint[0]}", f"wants no paper {entry.replaces}{hint[1]}"
    if not entry.papers or entry.replaces in entry.papers:
        yield (
            f"没有写由哪些别的材料替代 {entry.replaces}；请写 papers",
            f"does not say which other papers replace {entry.replaces}; write papers",
        )
