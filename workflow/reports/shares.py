"""Divide the figures by unit, class, grade, mode or quota, and list refusals and exemptions."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...db.register.register import units
from ...db.reports import counts as reports
from ...states.case import FORGED
from ...states.errors import InputRefused
from ..cases.guard_needs import tallies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...states.actor import Actor
    from ...states.procedure.graph import Procedure
    from ..context import Context

BY = ("unit", "class", "grade", "mode")


def spending(context: Context, actor: Actor, by: str, policy: str | None) -> Sequence[Mapping[str, Any]]:
    """Return approved and paid fen with the households, per policy and unit, class, grade or mode.

    A household of several classes counts under each of them.
    """
    if by not in BY:
        raise InputRefused(f"只能按 {', '.join(BY)} 分列。", f"spending can be divided only by {', '.join(BY)}.")
    names = {u["code"]: u["name"] for u in units(context.connection)} if by == "unit" else {}
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    rows: Iterable[Mapping[str, Any]] = (
        reports.spending_by_class(context.connection, actor.units, context.keys)
        if by == "class"
        else reports.spending(context.connection, actor.units, by)
    )
    for row in rows:
        if policy not in (None, row["policy_id"]):
            continue
        values = row["value"] if by == "class" else [row["value"]]
        for value in values:
            new = {
                "policy": row["policy_id"],
                "by": by,
                "value": value,
                "name": names.get(value),
                "households": 0,
                "approved_fen": 0,
                "paid_fen": 0,
            }
            entry = found.setdefault((row["policy_id"], value), new)
            for name in ("households", "approved_fen", "paid_fen"):
                entry[name] += int(row[name] or 0)
    ordered = sorted(found, key=lambda key: (key[0], key[1] or ""))
    return [{**found[key], "left_fen": found[key]["approved_fen"] - found[key]["paid_fen"]} for key in ordered]


def quotas(context: Context, actor: Actor, procedures: Sequence[Procedure]) -> Sequence[Mapping[str, Any]]:
    """Return, per policy and quota, how many households were planned, approved and are left; more than planned is `over`.

    A quota is the plan's, so the whole county counts; who has only a part of it sees what that part took, and neither
    what is left nor what is over (None).
    """
    counties = {code[:6] for code in actor.units}
    report = []
    for plan in procedures:
        if plan.policy.county not in counties:
            continue
        procedure = plan.of(None, context.today())  # a quota as it holds today
        whole = actor.covers(procedure.policy.county)
        within = None if whole else actor.units
        counted = tallies(context.connection, procedure.policy.county, procedure, within)["quotas"]
        for quota, _ in procedure.quotas:
            approved = counted[quota.id].households
            report.append(
                {
                    "policy": procedure.policy.id,
                    "quota": quota.id,
                    "name": quota.name.model_dump(),
                    "rule": quota.rule,
                    "source": quota.source,
                    "planned": quota.planned,
                    "reserve": quota.reserve,
                    "approved": approved,
                    "fen": counted[quota.id].fen,
                    "left": max(quota.planned - approved, 0) if whole else None,
                    "over": max(approved - quota.planned, 0) if whole else None,
                    "cap": quota.effect == "block",
                }
            )
    return report


def refusals(context: Context, actor: Actor, policy: str | None) -> Sequence[Mapping[str, Any]]:
    """Return the households that refused, with the talks and papers that show it: the poverty office's list (R13, R14)."""
    found = []
    for row in reports.marked(context.connection, actor.units, states=("refused",)):
        if policy in (None, row["policy_id"]):
            with suppress(*FORGED):  # a row that is damaged is a finding of its own
                found.append(_refusal(row))
    return found


def _refusal(row: Mapping[str, Any]) -> Mapping[str, Any]:
    record = row["record"]
    refused = record["acts"]["refuse"]
    talks = sorted(e["on"] for e in record.get("facts", {}).get("record_contact", {}).values())
    return {
        "case": row["id"],
        "unit": row["unit"],
        "policy": row["policy_id"],
        "refused_on": refused["on"],
        "by": refused["office"],
        "talks": talks,
        "papers": sorted(kind for kind in record.get("papers", {}) if kind.endswith("refusal_record")),
    }


def exemptions(context: Context, actor: Actor, policy: str | None) -> Sequence[Mapping[str, Any]]:
    """Return every exemption granted in the actor's area: which rule, by whom, until when."""
    found: list[Mapping[str, Any]] = []
    for row in reports.marked(context.connection, actor.units, mark="exempt"):
        if policy in (None, row["policy_id"]):
            with suppress(*FORGED):
                found += _exemptions(row)
    return found


def _exemptions(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for seq, entry in row["record"]["facts"]["exempt"].items():
        data = {name: entry["data"].get(name) for name in ("rule", "granted_by", "agreed_by", "until")}
        found.append(
            {
                "case": row["id"],
                "unit": row["unit"],
                "policy": row["policy_id"],
                "number": int(seq),
                "on": entry["on"],
                **data,
            }
        )
    return found
