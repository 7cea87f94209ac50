"""Find what is late in an area: duties (R64, R65), lists that nobody received, deadlines, works (R12)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ...db.register.register import units
from ...db.reports.overdue import lists_not_received, run_out, standing
from ...states.procedure.graph import CLOSED
from ..duties import Units
from ..policies.plans import plans_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...states.actor import Actor
    from ...states.procedure.graph import Procedure
    from ..context import Context


def overdue(context: Context, actor: Actor, policy: str | None, today: date) -> list[dict[str, Any]]:
    """Return every entry of the report, what is still missing first, each by its due day."""
    names = {u["code"]: u["name"] for u in units(context.connection, actor.units)}
    found = [*_duties(context, actor, policy, today)]
    if policy is None:
        found += _lists(context, actor, today)
    found += [*_clocks(context, actor, policy, today), *_works(context, actor, policy, today)]
    for entry in found:
        entry["name"] = names.get(entry["unit"])
    return sorted(found, key=lambda e: (e["came"] is not None, e["kind"], e["due"] or "", e["unit"], e["case"] or ""))


def _entry(kind: str, what: str, unit: str, due: str | None, days: int, **more: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "kind": kind,
        "what": what,
        "unit": unit,
        "name": None,
        "due": due,
        "days": days,
        "came": None,
        "case": None,
        "list": None,
        "policies": [],
        "rule": None,
        "source": None,
        "who": [],
    }
    return {**entry, **more}


def _duties(context: Context, actor: Actor, policy: str | None, today: date) -> list[dict[str, Any]]:
    """Return the late duties; one that two plans want alike is one entry with both plans (R64, R65)."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for late in Units(context).late(actor=actor, policy=policy, today=today):
        came = late["came"].isoformat() if late["came"] else None
        key = (late["unit"], late["action"], late["due"], came, late["rule"])
        entry = found.setdefault(
            key,
            _entry(
                "duty",
                late["action"],
                late["unit"],
                late["due"].isoformat(),
                late["days"],
                came=came,
                rule=late["rule"],
                source=late["source"],
                who=late["who"],
            ),
        )
        entry["policies"] = [*entry["policies"], late["policy"]]
    return list(found.values())


def _lists(context: Context, actor: Actor, today: date) -> Iterator[dict[str, Any]]:
    """Yield the hand-over lists that were sent and never received, late by the days since."""
    for row in lists_not_received(context.connection, actor.units):
        days = (today - date.fromisoformat(row["sent"])).days
        if days >= 0:
            yield _entry("hand_over", "receive_list", row["unit"], row["sent"], days, list=row["id"])


def _clocks(context: Context, actor: Actor, policy: str | None, today: date) -> Iterator[dict[str, Any]]:
    """Yield every clock of an open case that ran out before today, as the record of the case names it."""
    for row in run_out(context.connection, actor.units, today.isoformat()):
        if policy not in (None, row["policy_id"]) or row["state"] in CLOSED:
            continue
        for name, clock in _ran_out(row, today):
            who = clock.get("who")
            yield _entry(
                "clock",
                name,
                row["unit"],
                clock["due"],
                (today - date.fromisoformat(clock["due"])).days,
                case=row["id"],
                policies=[row["policy_id"]],
                rule=clock.get("rule"),
                who=list(who) if isinstance(who, (list, tuple)) else [],
            )


def _ran_out(row: Mapping[str, Any], today: date) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the clocks before today; a record that names none of them stands for one without a name."""
    kept = row["clocks"] if isinstance(row["clocks"], dict) else {}
    found: list[tuple[str, Mapping[str, Any]]] = [
        (name, clock) for name, clock in sorted(kept.items()) if _before(clock, today)
    ]
    bare = {"due": row["due_on"]}
    return found or ([("clock", bare)] if _before(bare, today) else [])


def _before(clock: Any, today: date) -> bool:
    try:
        return date.fromisoformat(clock["due"]) < today
    except (TypeError, KeyError, ValueError):
        return False


def _works(context: Context, actor: Actor, policy: str | None, today: date) -> Iterator[dict[str, Any]]:
    """Yield the houses that are still being built after the plan's day for all works (R12)."""
    for policy_hash, plan in plans_of(context, actor.units).items():
        if plan is None or policy not in (None, plan.policy.id):
            continue
        for part in (p for p in plan.road if p.step.kind == "works"):
            for row in standing(context.connection, actor.units, part.state, policy_hash):
                procedure = plan.of(None, row["opened_on"])
                rule = procedure.policy.guards.works_on_time
                if rule is None or rule.by is None or rule.by >= today:
                    continue
                yield _entry(
                    "works",
                    part.action,
                    row["unit"],
                    rule.by.isoformat(),
                    (today - rule.by).days,
                    case=row["id"],
                    policies=[plan.policy.id],
                    rule=rule.rule,
                    source=rule.source,
                    who=_offices(procedure, part.action),
                )


def _offices(procedure: Procedure, action: str) -> list[str]:
    return list(procedure.acts[action].offices)
