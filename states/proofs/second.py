"""Check that a new policy says how, and how soon, its second person agrees: what a database keeps is read as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..actor import NEVER_ACT
from ..policy.defaults import SAFE
from ..values import Problem
from .names import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..policy.tables import Policy

BY_TWO = ("exemption", "correction")


def unconfirmed(policy: Policy) -> Iterator[Problem]:
    """Yield the facts that two persons record, where the policy does not say whether the second one confirms."""
    if policy.guards.second_person_confirmed is not None:
        return
    for at, fact in enumerate(policy.facts):
        if fact.form in BY_TWO:
            yield Problem(
                f"facts.{at}.form",
                f"facts：{fact.id} 须由两人办理，但没有写明复核人是否须用本人登录确认；请写一张 "
                "[guards.second_person_confirmed] 表（方案未写明的列入 silent）",
                f"facts: {fact.id} is recorded by two persons, and nothing says whether the second confirms it; write a "
                'table [guards.second_person_confirmed], with silent = ["confirmed"] if the plan does not say',
            )


def nobodys(policy: Policy) -> Iterator[Problem]:
    """Yield the offices that are to confirm and that the policy has not, or that may only read: nobody could confirm."""
    table = policy.guards.second_person_confirmed
    if table is None:
        return
    path = "guards.second_person_confirmed.offices"
    yield from unknown(path, path, "部门", "office", table.offices, {office.id for office in policy.offices})
    for name in sorted(NEVER_ACT & set(table.offices)):
        yield Problem(
            path, f"{path}：{name} 只能查看，不得确认", f"{path}: {name} may only read, and not confirm (R58)"
        )


def agreed_soon(policy: Policy) -> Iterator[Problem]:
    """No plan lets one person alone enter later than the safe default has it."""
    for name, safe in SAFE.items():
        table = getattr(policy.guards, name)
        if table is not None and (table.days or 0) > (safe.days or 0):
            yield Problem(
                f"guards.{name}.days",
                f"guards.{name}：{table.days} 天内一人就能补登，长于稳妥的 {safe.days} 天；days 至多写 {safe.days}",
                f"guards.{name}: one person alone may enter for {table.days} days, longer than the safe {safe.days}; write "
                f"{safe.days} days at most",
            )
