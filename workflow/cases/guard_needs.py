"""Fetch what guards need beyond the case, for just the acts whose guards declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...db.cases import kin
from ...db.cases.cases import Cases
from ...db.duties import village_planned
from ...db.register.offices import held_by
from ...db.reports.counts import areas, tally
from ...db.scope import county_wide
from ...states.guards.base import Around, Before, Tally
from ...states.procedure.beside import ASKED
from ...states.procedure.conditions import Traits, fits, units_of
from ...states.procedure.guard import COUNTED
from ...states.recheck import again, lifted_floor, unsound
from ...states.record import CaseRecord
from ...states.units import inside
from .corrections import corrected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from ...db.reports.counts import ApprovedGroup
    from ...states.case import Case
    from ...states.guards.base import Question
    from ...states.procedure.conditions import Fit
    from ...states.procedure.graph import Procedure
    from ..context import Context

_NOT_IN_TALLY = frozenset({"classes", "builders", "relaxed_area", "demolished_first"})


def around(context: Context, q: Question) -> Around | None:
    """Return what the guards of a question need beyond its case, None where they need nothing."""
    case, procedure, needs = q.case, q.procedure, q.act.needs
    if not needs:
        return None
    found = counted(context, case, procedure, needs)
    if "before" in needs:
        found["before"] = _before(context.connection, case, procedure)
    if "unsound" in needs:
        found["unsound"] = unsound(again(case, procedure, context.calendar, on=q.on, documents=q.documents))
    if "lifted" in needs:
        found["lifted"] = lifted_floor(case, procedure, context.calendar, on=q.on)
    if "corrected" in needs:
        found["corrected"] = corrected(context, case, procedure, q.act, q.data, q.on)
    found |= persons(context, q)
    return Around(**found)


def counted(context: Context, case: Case, procedure: Procedure, needs: Collection[str]) -> dict[str, Any]:
    """Return what guards need that is counted over the cases of a policy."""
    found: dict[str, Any] = {"quotas": {}, "lines": {}}
    if COUNTED & set(needs) - {"areas"}:
        found |= tallies(context.connection, case.county, procedure)
        found["in_village"] = found.pop("villages").get(case.unit, 0)
        found["village_plan"] = village_planned(context.connection, case.unit)
    if "areas" in needs:
        with county_wide(context.connection):
            found["areas"] = areas(context.connection, case.county, procedure.policy.id)
    return found


def persons(context: Context, q: Question) -> dict[str, Any]:
    """Return what the guards of an act need of persons: who agreed, who took other steps, who is of the household."""
    found: dict[str, Any] = {}
    connection, case, act = context.connection, q.case, q.act
    if "second" in act.needs:
        over = (
            case.county if act.kind == "erasing" else case.unit
        )  # who agrees to an erasure holds an office of the county
        found |= agreed(context, over, q.data.agreed_by, q.on)
    if "took" in act.needs and case.version:
        found["took"] = kin.took(connection, case.id, {name for against in act.against for name in against.others})
    if "own" in act.needs and case.version:
        deliberations = {part.action for part in q.procedure.road if part.kind == "deliberation"}
        found["own"] = kin.in_household(
            connection, case.id, {p for p in (q.actor.person, q.data.agreed_by) if p}, deliberations
        )
    return found


def agreed(context: Context, unit: str, who: str | None, on: date) -> dict[str, Any]:
    """Return the offices that who agreed holds on the day of an act and today, over this unit; nothing where nobody did."""
    if who is None:
        return {}
    held = (held_by(context.connection, unit, who, day) for day in (on, context.today()))
    return dict(zip(("second", "second_now"), held, strict=True))


def tallies(
    connection: Connection, county: str, procedure: Procedure, within: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return what was approved so far under a policy: per quota, budget line and subsidy, and households per village.

    The whole county counts, or what lies `within` these units.
    """
    with county_wide(connection):
        groups = tally(connection, county, procedure.policy.id)
    groups = groups if within is None else [group for group in groups if inside(group.unit, within)]
    villages: dict[str, int] = {}
    for group in groups:
        villages[group.unit] = villages.get(group.unit, 0) + group.households
    return {
        "quotas": {quota.id: _sum(groups, fit, procedure) for quota, fit in procedure.quotas},
        "lines": {line.id: _sum(groups, fit, procedure) for line, fit in procedure.lines},
        "subsidies": _by_table(groups, procedure),
        "villages": villages,
    }


def _by_table(groups: Sequence[ApprovedGroup], procedure: Procedure) -> dict[int, Tally]:
    """Return what was approved by each subsidy table: of the first that fits, as far as counts can tell.

    Classes and builders are not counted: tables that ask for them count all that fit them otherwise.
    """
    tables = [(_countable(fit), len(_countable(fit)) == len(fit)) for _, fit in procedure.subsidies]
    found: dict[int, Tally] = {}
    for number, (fit, _) in enumerate(tables):
        before = [earlier for earlier, whole in tables[:number] if whole]
        left = [g for g in groups if not any(fits(earlier, _traits(g, procedure)) for earlier in before)]
        found[number] = _sum(left, fit, procedure)
    return found


def _countable(fit: Fit) -> Fit:
    return tuple(each for each in fit if Traits._fields[each[0]] not in _NOT_IN_TALLY)


def _sum(groups: Iterable[ApprovedGroup], fit: Fit, procedure: Procedure) -> Tally:
    count = fen = 0
    for group in groups:
        if fits(fit, _traits(group, procedure)):
            count += group.households
            fen += group.fen
    return Tally(count, fen)


def _traits(group: ApprovedGroup, procedure: Procedure) -> Traits:
    mode = procedure.mode(group.mode)
    return Traits(
        classes=frozenset(),
        no_house=bool(group.no_house),
        grades=group.grade,
        modes=group.mode,
        builders=None,
        new_build=mode.new_build if mode else None,
        relaxed_area=False,
        demolished_first=False,
        intakes=group.intake or "application",
        units=units_of(group.unit),
    )


def _before(connection: Connection, case: Case, procedure: Procedure) -> Before | None:
    """Return the record before a case's last step, what that step changed, and the offices that recorded since."""
    if case.last_step is None:
        return None
    aside = {way.action for way in procedure.policy.ways if way.to == "step"} | ASKED
    seq = case.last_step[1]["seq"]
    events = Cases(connection).history(case.id)
    record = CaseRecord()
    for event in events[: seq - 1]:
        record = record.folded(event.changes)
    since = tuple(e.office for e in events[seq:] if e.to_state in (None, e.from_state) and e.action not in aside)
    step = events[seq - 1]
    return Before(record, step.changes, step.office, since)
