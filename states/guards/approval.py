"""Guards on mode, builder, area, quota and budget (R4-R6, R8-R11, R30-R38, R74)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ..counting.floor_area import limit_of
from ..counting.money import approved_fen, line_for, subsidy_for
from ..forms.fields import CENT
from ..procedure.conditions import fits
from .base import Answer, Question, firm, guard, liftable

if TYPE_CHECKING:
    from ..policy.guards import Average, Of, Upto
    from ..policy.house_tables import Area, Grading
    from ..policy.sourced import Sourced
    from ..policy.step_tables import Step
    from ..procedure.conditions import Traits


@guard("approval", of_step=True)
def mode_offered(q: Question, p: Step) -> Answer | None:
    """The plan offers the mode to a house of this grade, or to a no-house household; in principle not: with a reason."""
    if q.data.mode is None:
        return None
    mode = q.procedure.mode(q.data.mode)
    values = {
        "mode": q.data.mode,
        "grade": q.case.grade,
        "no_house": q.case.no_house,
        "modes": tuple(q.procedure.modes),
    }
    if mode is None:
        return Answer(False, values)
    for row in mode.closed_to:
        if _is_for(row, q):
            return Answer(False, values, by=row)
    for row in mode.open_to:
        if _is_for(row, q):
            # a row that warns is the plan's "in principle not": it wants the reason for leaving the usual mode
            effect = "warn" if q.data.reason else "block"
            return Answer(row.effect == "block", values, by=row, effect=effect)
    return Answer(False, values, by=mode)


def _is_for(row: Grading, q: Question) -> bool:
    """Tell whether a row of a mode is about this house, or about households without one."""
    return row.no_house if q.case.no_house else q.case.grade in row.grades


@firm
@guard("approval")
def mode_chosen_freely(q: Question, p: Sourced) -> bool | None:
    """The household chose the mode of its own will (R3)."""
    return None if q.data.chosen_by_household is None else bool(q.data.chosen_by_household)


@guard("approval")
def not_stably_out_of_poverty(q: Question, p: Of) -> Answer:
    """A household stably out of poverty takes none of the modes that are barred to it (R32)."""
    barred = bool(q.case.household.get("stably_out_of_poverty")) and q.data.mode in p.any
    return Answer(not barred, {"mode": q.data.mode})


@guard("approval", of_step=True)
def builder_allowed(q: Question, p: Step) -> Answer | None:
    """The plan lets this builder build in this mode (R31, R35)."""
    mode = q.procedure.mode(q.data.mode)
    if mode is None or q.data.builder is None:
        return None
    return Answer(q.data.builder in mode.builders, {"builder": q.data.builder, "builders": mode.builders}, by=mode)


@guard("approval")
def difficulty_certified(q: Question, p: Of) -> bool | None:
    """Real difficulty in building is certified for the modes that are meant for it (R31)."""
    return bool(q.data.difficulty_certified) if q.data.mode in p.any else None


@guard("approval")
def nothing_to_pay_oneself(q: Question, p: Of) -> Answer | None:
    """In these modes the household pays nothing itself (R31)."""
    if q.data.mode not in p.any:
        return None
    return Answer(not q.data.self_funding, {"self_funding": q.data.self_funding})


@liftable()
@guard("approval")
def within_means(q: Question, p: Sourced) -> bool | None:
    """The household is not led beyond its means (R6)."""
    return False if q.data.beyond_means else None


@liftable()
@guard("approval")
def land_preferred(q: Question, p: Of) -> Answer | None:
    """New houses go to idle land, idle or old homesteads first (R5)."""
    return Answer(q.data.land in p.any, {"land": q.data.land}) if q.traits.new_build else None


@guard("approval")
def conforms_to_plans(q: Question, p: Sourced) -> bool | None:
    """A new house conforms to the land-use and township plans (R4)."""
    return bool(q.data.conforms_to_plans) if q.traits.new_build else None


@firm
@guard("approval", "preliminary", "final", of_step=True)
def area_within_limit(q: Question, p: Step) -> Answer | None:
    """A new house keeps within the area of its mode; above the cap only with both papers, never above the last (R74)."""
    mode = q.procedure.mode(q.traits.modes)
    if mode is None or mode.area is None:
        return None
    return within(q, mode.area, q.data.area)


def within(q: Question, table: Area, area: Decimal | None) -> Answer:
    """Compare an area (m2) with a mode's limits; above the cap, the papers for larger families must be there."""
    limit = limit_of(table, q.case.persons)
    values = {"area": area, "cap": limit.cap, "relaxed": limit.relaxed_cap, "missing": ()}
    if area is None:
        return Answer(False, values, by=table)
    if limit.cap is None or area <= limit.cap:
        return Answer(True, values, by=table)
    if limit.relaxed_cap is None or area > limit.relaxed_cap:
        return Answer(False, values, by=table)
    have = q.case.papers | {document.kind for document in q.documents}
    absent = tuple(kind for kind in table.relaxed_papers if kind not in have)
    return Answer(not absent, {**values, "missing": absent}, by=table)


@guard("approval", "preliminary", "final", of_step=True)
def rooms_left_out(q: Question, p: Step) -> Answer | None:
    """Only rooms that the plan leaves out of the area are left out of it."""
    mode = q.procedure.mode(q.traits.modes)
    if not q.data.excluded:
        return None
    allowed = mode.area.excluded_rooms if mode is not None and mode.area is not None else ()
    wrong = tuple(sorted(set(q.data.excluded) - set(allowed)))
    return Answer(not wrong, {"rooms": wrong, "allowed": allowed}, by=mode and mode.area)


@guard("approval", "final", of_step=True)
def area_above_floor(q: Question, p: Step) -> Answer | None:
    """A new house is not smaller than the plan has in mind (R30)."""
    mode = q.procedure.mode(q.traits.modes)
    if mode is None or mode.area is None or q.data.area is None:
        return None
    floor = limit_of(mode.area, q.case.persons).floor
    values = {"area": q.data.area, "floor": floor}
    return None if floor is None else Answer(q.data.area >= floor, values, by=mode, effect="warn")


@guard("preliminary", "final", of_step=True)
def built_as_approved(q: Question, p: Step) -> Answer | None:
    """The house is not larger than was approved (R74)."""
    approved = q.case.approved_area
    mode = q.procedure.mode(q.case.mode)
    if approved is None or q.data.area is None or mode is None or mode.area is None:
        return None
    return Answer(q.data.area <= approved, {"area": q.data.area, "approved": approved}, by=mode.area, effect="warn")


@guard("approval", "reopening", "correction", needs=("quotas",), of_moment=True)
def quota_not_exceeded(q: Question, p: Sourced) -> Answer | None:
    """No more households than planned; a plan warns, only a cap blocks (R8, R11).

    A case that is reopened, or corrected into another quota, takes a place like a new approval.
    """
    traits = _joining(q)
    if q.around is None or traits is None:
        return None
    approved = q.case.act_on("approve") is not None
    over = [
        (quota, q.around.quotas[quota.id].households + 1)
        for quota, fit in q.procedure.quotas
        if fits(fit, traits)
        and q.around.quotas[quota.id].households >= quota.planned
        and not (approved and q.act.form == "correction" and fits(fit, q.traits))
    ]
    if not over:
        return Answer(True)
    quota, count = next((pair for pair in over if pair[0].effect == "block"), over[0])
    return Answer(False, {"count": count, "planned": quota.planned, "names": quota.name}, by=quota)


def _joining(q: Question) -> Traits | None:
    """Return what the case is that would take a place; None where no place is taken."""
    if q.act.kind == "approval":
        return q.traits
    counted = q.case.act_on("approve") is not None
    if q.act.form == "correction":
        corrected = q.around.corrected if q.around else None
        counted = counted and q.case.state not in q.procedure.closed - {"archived"}
        return corrected.traits if corrected and counted else None
    return q.traits if counted else None


@guard("approval", needs=("lines",), of_moment=True)
def budget_not_exceeded(q: Question, p: Sourced) -> Answer | None:
    """No more money than planned, to the unit in which the plan prints it (R9, R11)."""
    line = line_for(q.procedure, q.traits)
    if q.around is None or line is None or line.planned_wan is None:
        return None
    places = len(line.planned_wan.partition(".")[2])
    planned = int(Decimal(line.planned_wan) * 1_000_000)
    printed_unit = int(Decimal(1_000_000).scaleb(-places))
    total = q.around.lines[line.id].fen + (approved_fen(q.procedure, q.traits, q.data) or 0)
    return Answer(total < planned + printed_unit, {"total_fen": total, "planned_fen": planned, "names": line.name})


@guard("approval", needs=("in_village",), of_moment=True)
def village_planned(q: Question, p: Upto) -> Answer | None:
    """A village with many renovations has a village plan (R36d)."""
    if q.around is None or p.at_least is None or q.around.in_village + 1 < p.at_least:
        return None
    planned = q.around.village_plan or "village_plan" in q.case.papers
    return Answer(planned, {"households": q.around.in_village + 1, "many": p.at_least})


@guard("approval", needs=("areas",), of_moment=True)
def area_average_kept(q: Question, p: Average) -> Answer | None:
    """With this household, those approved under the plan have on average no more m2 than it has in mind."""
    if q.around is None or q.around.areas is None or q.data.area is None or not q.traits.new_build:
        return None
    before = q.around.areas
    average = (before.m2 + q.data.area) / (before.households + 1)
    return Answer(average <= p.most, {"average": average.quantize(CENT), "most": p.most})


@firm
@guard("approval", of_step=True)
def subsidy_as_planned(q: Question, p: Step) -> Answer | None:
    """An amount that the approval names is one that the plan allows; where the plan leaves it open, it is named (R37)."""
    table, given = subsidy_for(q.procedure, q.traits), q.data.subsidy
    if table is None or table.yuan is None:
        return None
    if given is None:
        wanted = table.kind in ("floor", "average")
        return (
            Answer(False, {"given_fen": None, "kind": table.kind, "yuan": table.yuan, "most": table.most}, by=table)
            if wanted
            else None
        )
    fen = int(given * 100)
    allowed = approved_fen(q.procedure, q.traits, q.data)
    ok = fen >= table.yuan * 100 if table.kind == "floor" else fen == allowed
    ok = ok and (table.most is None or fen <= table.most * 100)
    return Answer(ok, {"given_fen": fen, "kind": table.kind, "yuan": table.yuan, "most": table.most}, by=table)


@guard("approval", of_step=True, needs=("subsidies",), of_moment=True, warns=True)
def subsidy_average_kept(q: Question, p: Step) -> Answer | None:
    """With this household, those of its subsidy table get on average no more than the plan has in mind (R37).

    Tables of one clause with the same average share it.
    """
    table = subsidy_for(q.procedure, q.traits)
    if q.around is None or q.around.subsidies is None or table is None or table.kind != "average":
        return None
    if q.data.subsidy is None or table.yuan is None:
        return None
    shared = [
        q.around.subsidies[number]
        for number, other in enumerate(q.procedure.policy.subsidies)
        if (other.kind, other.yuan, other.source) == (table.kind, table.yuan, table.source)
    ]
    total = sum(tally.fen for tally in shared) + int(q.data.subsidy * 100)
    households = sum(tally.households for tally in shared) + 1
    average = total // households
    return Answer(average <= table.yuan * 100, {"average_fen": average, "yuan": table.yuan}, by=table)


@guard("approval", "payment", "instalment", of_step=True)
def subsidy_determined(q: Question, p: Step) -> Answer | None:
    """The plan gives an amount for the mode; without one nothing is paid (R38)."""
    if q.traits.modes is None:
        return None
    subsidy = subsidy_for(q.procedure, q.traits)
    ok = subsidy is not None and subsidy.kind != "undetermined"
    effect = "warn" if q.act.kind == "approval" else "block"
    return Answer(ok, {"mode": q.traits.modes}, by=subsidy, effect=effect)
