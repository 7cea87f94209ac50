"""Check that no table of a policy takes the force of the floor: a waiver for a house, an appraisal by those who decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..guards import load
from ..values import Problem
from ..words.findings import WORDS
from ..words.render import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..policy.tables import Policy


def waivers(policy: Policy) -> Iterator[Problem]:
    """An appraisal is waived only for households without a house."""
    for at, step in enumerate(policy.steps):
        if step.waived_when is not None and step.waived_when.no_house is not True:
            yield Problem(
                f"steps.{at}.waived_when",
                "安全：免予鉴定不限于无房户，有房户未经鉴定就能获得补助；请写 waived_when = { no_house = true }",
                "safety: the appraisal is waived for houses too, which are then paid without one; write "
                "waived_when = { no_house = true }",
            )


def appraisers(policy: Policy) -> Iterator[Problem]:
    """A house is appraised neither by the village nor by who approves, pays, builds or is paid; no payer waives it."""
    decide = {office for step in policy.steps if step.kind == "approval" for office in step.offices}
    pay = {office for step in policy.steps if step.kind == "payment" for office in step.offices}
    gain = {name for mode in policy.modes for name in (*mode.builders, *(row.payee for row in mode.payees))}
    for at, step in enumerate(policy.steps):
        for name, barred in (("offices", {"village"} | decide | pay | gain), ("waived_by", {"village"} | pay)):
            wrong = tuple(office for office in getattr(step, name) if office in barred)
            if step.kind == "appraisal" and wrong:
                zh, en = shown(wrong, "zh"), shown(wrong, "en")
                yield Problem(
                    f"steps.{at}.{name}",
                    f"安全：房屋鉴定的 {name} 有{zh}；村、审批单位、拨付单位、施工方和收款人不得鉴定，请写鉴定单位，如 appraiser",
                    f"safety: {name} of the appraisal names {en}; neither the village nor who approves, pays, builds or is paid appraises: "
                    "name the appraising office, e.g. appraiser",
                )


def warnings(policy: Policy) -> Iterator[Problem]:
    """What the plan has of the floor holds an act back and does not only warn: firm guards, caps, payees, archive papers."""
    for path, zh, en, effect in _tables(policy):
        if effect != "block":
            yield Problem(
                f"{path}.effect",
                f"安全：{path} 只提醒：{zh}；effect 应为 block",
                f"safety: {path} gives only a warning: {en}; effect must be block",
            )


def _tables(policy: Policy) -> Iterator[tuple[str, str, str, str]]:
    """Yield the tables of the floor: place, what each holds in Chinese and in English, effect."""
    guards = load()
    for name, table in policy.guards:
        if table is not None and guards[name].firm:
            yield f"guards.{name}", WORDS[name][0].rstrip("。"), WORDS[name][1].rstrip("."), table.effect
    for at, mode in enumerate(policy.modes):
        if mode.area is not None:
            yield f"modes.{at}.area", "面积限额", "the area's limits", mode.area.effect
        for number, payee in enumerate(mode.payees):
            yield f"modes.{at}.payees.{number}", "收款人", "the payee", payee.effect
    for at, paper in enumerate(policy.papers):
        if paper.at == "archive":
            yield f"papers.{at}", f"归档材料“{paper.name.zh}”", f"the archive paper {paper.name.en}", paper.effect
