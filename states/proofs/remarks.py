"""Remark on what is odd in a policy and may still be meant; nothing is refused for it.

Each check is given a policy and yields what it found: the list of them is `REMARKS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..policy.defaults import SAFE, silent_on
from ..policy.toml_lines import located
from ..reading.phrases import called
from ..values import Problem
from ..words.ids import label
from .coverage import overlaid
from .persons import rank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..policy.tables import Policy


def remarked(policy: Policy, content: str) -> list[Problem]:
    """Return what is odd in a policy, with lines, in the order of the file."""
    return located((found for remark in REMARKS for found in remark(policy)), content)


def counted_nowhere(policy: Policy) -> Iterator[Problem]:
    """A meeting whose quorum the plan does not name is not counted."""
    if policy.guards.quorum_reached is None:
        for at, step in enumerate(policy.steps):
            if step.kind == "deliberation":
                zh = f"{called('steps', step, 'zh')}：没有 guards.quorum_reached，到会和同意人数不核查"
                en = f"{called('steps', step, 'en')}: without guards.quorum_reached nobody counts who came and agreed"
                yield Problem(f"steps.{at}", zh, en)


def no_days(policy: Policy) -> Iterator[Problem]:
    """A notice without days may come down on the day on which it was put up."""
    for at, step in enumerate(policy.steps):
        if step.kind == "publicity" and step.days is None:
            zh, en = called("steps", step, "zh"), called("steps", step, "en")
            zh = f"{zh}：没有天数，张贴当日即可期满；方案补明后请写 days"
            yield Problem(
                f"steps.{at}",
                zh,
                f"{en}: it has no days and may end on the day it begins; write days once the plan says",
            )


def waits(policy: Policy) -> Iterator[Problem]:
    """The days of an instalment are a wait, those of the payment a deadline."""
    for at, part in enumerate(policy.instalments):
        if part.days:
            zh = f"instalments：{part.name.zh}的 days 是至少要等的天数（{part.days} 天），不是期限；拨付期限写在拨付步骤的 days"
            en = f"instalments: days of {part.id} are a wait of {part.days} days at least, no deadline; the deadline of the payment stands in days of its step"
            yield Problem(f"instalments.{at}.days", zh, en)


def paid_to_another(policy: Policy) -> Iterator[Problem]:
    """Where a household builds, somebody else is paid."""
    for i, mode in enumerate(policy.modes):
        for j, row in enumerate(mode.payees):
            if row.builder == "household" and row.payee != "household":
                zh = f"{called('modes', mode, 'zh')}：农户自己施工，收款人却是{label(row.payee)}"
                en = f"modes: {mode.id}: the household builds, and {row.payee} is paid"
                yield Problem(f"modes.{i}.payees.{j}.payee", zh, en)


def amounts(policy: Policy) -> Iterator[Problem]:
    """An amount of nothing, and an average that no household may reach."""
    for at, table in enumerate(policy.subsidies):
        if table.yuan == 0:
            zh, en = (
                f"{called('subsidies', table, 'zh')}：金额为 0，谁都领不到",
                "subsidies: the amount is 0, so nobody gets anything",
            )
            yield Problem(f"subsidies.{at}.yuan", zh, en)
        if table.kind == "average" and table.most is not None and table.yuan is not None and table.most < table.yuan:
            zh = f"{called('subsidies', table, 'zh')}：每户最高 {table.most} 元，低于户均 {table.yuan} 元"
            yield Problem(
                f"subsidies.{at}.most",
                zh,
                f"subsidies: at most {table.most} for one household is below the average of {table.yuan}",
            )


def planned(policy: Policy) -> Iterator[Problem]:
    """A quota of no household, and units of a city that this county's cases never come from."""
    for at, quota in enumerate(policy.quotas):
        name = called("quotas", quota, "zh")
        if quota.planned == 0:
            yield Problem(
                f"quotas.{at}.planned", f"{name}：计划户数为 0", f"quotas: {quota.id}: no household is planned"
            )
        for code in (code for code in quota.by_unit if not code.startswith(policy.county)):
            zh = f"{name}：{code} 不在本县（{policy.county}），只计入合计"
            en = (
                f"quotas: {quota.id}: {code} is not in the county {policy.county}; its households only count in the sum"
            )
            yield Problem(f"quotas.{at}.by_unit.{code}", zh, en)


def issued(policy: Policy) -> Iterator[Problem]:
    """A plan that was issued in another year than its own, or after its first day."""
    if abs(policy.issued.year - policy.year) > 1:
        zh = f"issued：印发于 {policy.issued}，方案年度却是 {policy.year}"
        yield Problem("issued", zh, f"issued: it was issued on {policy.issued}, but its year is {policy.year}")
    if policy.last_day is not None and policy.issued > policy.last_day:
        zh = f"issued：印发于 {policy.issued}，已过受理截止日 {policy.last_day}"
        yield Problem("issued", zh, f"issued: it was issued on {policy.issued}, after its last day {policy.last_day}")


def sideways(policy: Policy) -> Iterator[Problem]:
    """One office enters for another that stands beside it."""
    for at, office in enumerate(policy.offices):
        for other in office.records_for:
            if office.id not in ("county", other) and rank(policy, other) == rank(policy, office.id):
                zh = f"offices：{label(office.id)}代平级的{label(other)}登记"
                yield Problem(
                    f"offices.{at}.records_for", zh, f"offices: {office.id} enters for {other}, which stands beside it"
                )


def safe_defaults(policy: Policy) -> Iterator[Problem]:
    """A plan that is silent on late entries goes by the safe default."""
    for name in silent_on(policy):
        days = SAFE[name].days
        yield Problem(
            "guards",
            f"guards：没有写明 {name} 的天数，按稳妥的 {days} 天办理：过后登记须有理由并经另一人同意",
            f"guards: {name} has no days, so the safe default of {days} days holds: a later entry needs a reason and a "
            "second person",
        )


REMARKS: tuple[Callable[[Policy], Iterator[Problem]], ...] = (
    counted_nowhere,
    no_days,
    waits,
    paid_to_another,
    amounts,
    planned,
    issued,
    sideways,
    overlaid,
    safe_defaults,
)
