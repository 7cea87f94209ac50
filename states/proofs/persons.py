"""Check that a policy keeps persons and offices apart: who confirms, who enters for others, who must be two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..reading.phrases import called
from ..values import Problem
from ..words.ids import label
from .second import BY_TWO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..policy.tables import Policy

_RANK = {"village": 0, "township": 1, "county": 2}
_OTHER = 2  # a department stands beside the county, unless it takes steps of a lower level alone


def confirmed(policy: Policy) -> Iterator[Problem]:
    """Every group of offices that confirms a class has somebody in it."""
    for at, served in enumerate(policy.classes):
        for number, group in enumerate(served.confirmed_by):
            if not group:
                zh = f"classes：{served.name.zh}的确认单位中有一组是空的，谁都不必确认；请写明单位"
                en = f"classes: one group of those who confirm {served.name.en} is empty, so nobody has to; name an office"
                yield Problem(f"classes.{at}.confirmed_by.{number}", zh, en)


def two(policy: Policy) -> Iterator[Problem]:
    """A correction and an exemption take two persons."""
    for at, fact in enumerate(policy.facts):
        if fact.form in BY_TWO and not fact.second_person:
            zh = f"facts：{label(fact.id)}（{fact.id}）须由两人办理；请写 second_person = true"
            yield Problem(f"facts.{at}", zh, f"facts: {fact.id} takes two persons; write second_person = true")


def apart(policy: Policy) -> Iterator[Problem]:
    """That two persons are two never only warns."""
    for at, table in enumerate(policy.four_eyes):
        if table.effect != "block":
            zh = f'{called("four_eyes", table, "zh")}：不能只提醒；请删去 effect = "warn"'
            yield Problem(f"four_eyes.{at}.effect", zh, 'four_eyes: cannot only warn; take out effect = "warn"')


def upwards(policy: Policy) -> Iterator[Problem]:
    """Nobody enters the acts of an office above: the county enters for the village, never the village for the county."""
    ranks = {office.id: rank(policy, office.id) for office in policy.offices}
    for at, office in enumerate(policy.offices):
        for number, other in enumerate(office.records_for):
            above = other == "county" or ranks.get(other, _OTHER) > ranks[office.id]
            if above or other == office.id:
                zh = f"offices：{_name(policy, office.id)}不得代{_name(policy, other)}登记：只能由上级代下级登记"
                en = f"offices: {office.id} may not enter for {other}: only an office above enters for one below"
                yield Problem(f"offices.{at}.records_for.{number}", zh, en)


def rank(policy: Policy, office: str) -> int:
    """Return how high an office stands: of another than the three levels, the highest level of the steps it takes."""
    if office in _RANK:
        return _RANK[office]
    return max((_RANK[step.level] for step in policy.steps if office in step.offices), default=_OTHER)


def _name(policy: Policy, office: str) -> str:
    own = next((one.name.zh for one in policy.offices if one.id == office and one.name is not None), None)
    return own or label(office)
