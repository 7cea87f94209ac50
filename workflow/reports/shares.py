"""Divide the figures by unit, class, grade, mode or quota, and list refusals and exemptions."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...db.register.register import units
from ...db.reports import counts as reports
from ...states.case import FORGED
from ...states.errors import InputRefused
from ...states.values import Row
from ..cases.guard_needs import tallies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...db.reports.counts import Marked, Spent
    from ...states.actor import Actor
    from ...states.procedure.graph import Procedure
    from ..context import Context

BY = ("unit", "class", "grade", "mode")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending(Row):
    """What was approved and paid under a policy for one value of `by`, and what is left to pay, in whole fen.

    `by` is "unit" (then `value` is a township of 9 digits, and `name` its name), "class", "grade" or "mode". `value` is
    None where a household has none, or where its class cannot be opened.
    """

    policy: str
    by: str
    value: str | None
    name: str | None
    households: int
    approved_fen: int
    paid_fen: int
    left_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse(Row):
    """How many households a plan has for a quota, how many were approved, and the fen approved for them.

    `left` and `over` are None for an actor who sees only a part of the county. `cap` tells whether the quota bars an
    approval beyond it. `name` has the keys "zh" and "en".
    """

    policy: str
    quota: str
    name: Mapping[str, str]
    rule: str | None
    source: str
    planned: int
    reserve: int
    approved: int
    fen: int
    left: int | None
    over: int | None
    cap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Row):
    """A household that refused: the day (ISO) and the office that entered it, the days of the talks, the kinds of papers."""

    case: str
    unit: str
    policy: str
    refused_on: str
    by: str
    talks: tuple[str, ...]
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedExemption(Row):
    """An exemption of a household from a rule, from the day `on`: for one act (`act`), or until the day `until` (ISO).

    `number` is that of its event, `granted_by` and `agreed_by` are persons.
    """

    case: str
    unit: str
    policy: str
    number: int
    on: str
    rule: str | None
    act: str | None
    granted_by: str | None
    agreed_by: str | None
    until: str | None


def spending(context: Context, actor: Actor, by: str, policy: str | None) -> Sequence[Spending]:
    """Return approved and paid fen with the households, per policy and unit, class, grade or mode.

    A household of several classes counts under each of them.
    """
    if by not in BY:
        raise InputRefused(f"只能按 {', '.join(BY)} 分列。", f"spending can be divided only by {', '.join(BY)}.")
    names = {u.code: u.name for u in units(context.connection)} if by == "unit" else {}
    shares: dict[tuple[str, str | None], list[Spent]] = defaultdict(list)
    rows = (
        reports.spending_by_class(context.connection, actor.units, context.keys)
        if by == "class"
        else reports.spending(context.connection, actor.units, by)
    )
    for spent in rows:
        if policy in (None, spent.policy_id):
            for value in spent.values:
                shares[spent.policy_id, value].append(spent)
    ordered = sorted(shares, key=lambda key: (key[0], key[1] or ""))
    return [_spending(by, key, names.get(key[1] or ""), shares[key]) for key in ordered]


def _spending(by: str, key: tuple[str, str | None], name: str | None, spent: Sequence[Spent]) -> Spending:
    approved, paid = sum(each.approved_fen for each in spent), sum(each.paid_fen for each in spent)
    return Spending(
        policy=key[0],
        by=by,
        value=key[1],
        name=name,
        households=sum(each.households for each in spent),
        approved_fen=approved,
        paid_fen=paid,
        left_fen=approved - paid,
    )


def quotas(context: Context, actor: Actor, procedures: Sequence[Procedure]) -> Sequence[QuotaUse]:
    """Return, per policy and quota, how many households were planned, approved and are left; more than planned is `over`.

    A quota is the plan's, so the whole county counts; an actor who has only a part of it sees what that part took, and
    neither what is left nor what is over (None).
    """
    counties = {code[:6] for code in actor.units}
    report: list[QuotaUse] = []
    for plan in procedures:
        if plan.policy.county in counties:
            report += _quotas(context, actor, plan.of(None, context.today()))  # a quota as it holds today
    return report


def _quotas(context: Context, actor: Actor, procedure: Procedure) -> list[QuotaUse]:
    whole = actor.covers(procedure.policy.county)
    within = None if whole else actor.units
    counted = tallies(context.connection, procedure.policy.county, procedure, within)["quotas"]
    return [
        QuotaUse(
            policy=procedure.policy.id,
            quota=quota.id,
            name=quota.name.model_dump(),
            rule=quota.rule,
            source=quota.source,
            planned=quota.planned,
            reserve=quota.reserve,
            approved=counted[quota.id].households,
            fen=counted[quota.id].fen,
            left=max(quota.planned - counted[quota.id].households, 0) if whole else None,
            over=max(counted[quota.id].households - quota.planned, 0) if whole else None,
            cap=quota.effect == "block",
        )
        for quota, _ in procedure.quotas
    ]


def refusals(context: Context, actor: Actor, policy: str | None) -> Sequence[Refusal]:
    """Return the households that refused, with the talks and papers that show it: the poverty office's list (R13, R14)."""
    report = []
    for row in reports.marked(context.connection, actor.units, states=("refused",)):
        if policy in (None, row.policy_id):
            with suppress(*FORGED):  # a row that is damaged is a finding of its own
                report.append(_refusal(row))
    return report


def _refusal(row: Marked) -> Refusal:
    refused = row.record.acts["refuse"]
    talks = sorted(e["on"] for e in row.record.facts("record_contact").values())
    return Refusal(
        case=row.id,
        unit=row.unit,
        policy=row.policy_id,
        refused_on=refused["on"],
        by=refused["office"],
        talks=tuple(talks),
        papers=tuple(sorted(kind for kind in row.record.papers if kind.endswith("refusal_record"))),
    )


def exemptions(context: Context, actor: Actor, policy: str | None) -> Sequence[GrantedExemption]:
    """Return every exemption granted in the actor's area: which rule, by whom, until when."""
    report: list[GrantedExemption] = []
    for row in reports.marked(context.connection, actor.units, mark="exempt"):
        if policy in (None, row.policy_id):
            with suppress(*FORGED):
                report += _exemptions(row)
    return report


def _exemptions(row: Marked) -> list[GrantedExemption]:
    return [
        GrantedExemption(
            case=row.id,
            unit=row.unit,
            policy=row.policy_id,
            number=int(seq),
            on=entry["on"],
            rule=entry["data"].get("rule"),
            act=entry["data"].get("act"),
            granted_by=entry["data"].get("granted_by"),
            agreed_by=entry["data"].get("agreed_by"),
            until=entry["data"].get("until"),
        )
        for seq, entry in row.record.facts("exempt").items()
    ]
