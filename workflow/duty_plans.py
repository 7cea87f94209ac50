"""Find the plans that lay a duty on units, and check a duty before it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..states.actor import NEVER_ACT
from ..states.counting.due_dates import period_of, periods
from ..states.units import UNIT_LENGTHS
from ..states.values import Finding
from .library import bundled, compiled
from .policies.plans import of_counties

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ..states.actor import Actor, Document
    from ..states.policy.tables import Duty
    from ..states.procedure.graph import Procedure
    from .context import Context
    from .papers import Attachment


class Owed(NamedTuple):
    """A duty with the procedure of the plan that lays it on units, and the plan's text."""

    duty: Duty
    procedure: Procedure
    content: str


class Asked(NamedTuple):
    """What a caller asks to be recorded."""

    unit: str
    action: str
    period: str | None
    actor: Actor
    recorder: Actor
    on: date | None
    data: dict[str, Any]
    documents: Sequence[Attachment | Document]


def plans(context: Context, counties: Sequence[str], policy: str | None = None) -> dict[str, str]:
    """Return the texts of the plans of these counties, by id, or that of one: bundled, a file, or kept in the database.

    Raises:
        NotFound: a plan was named and there is none of that name.
    """
    if policy is not None:
        text = context.library.text(policy)
        return {compiled(text, policy).policy.id: text}
    there = {name: text for name, (_, text) in of_counties(context, counties).items()}
    return {
        name: text
        for name, text in {**there, **bundled(), **context.library.own}.items()
        if compiled(text, name).policy.county in counties
    }


def owed(context: Context, counties: Sequence[str], policy: str | None = None) -> list[Owed]:
    """Return every duty of units under the plans of these counties, or under one plan."""
    found = []
    for name, text in plans(context, counties, policy).items():
        procedure = compiled(text, name)
        found += [Owed(duty, procedure, text) for duty in procedure.policy.duties if duty.action]
    return found


def period_meant(every: Sequence[Owed], wanted: str | None, day: date) -> tuple[str | None, list[Owed]]:
    """Return the period meant and the plans that have it; where none has it, every plan, so that each says so."""
    if wanted is None:
        offered = [period_of(one.duty, one.procedure.policy.year, day) for one in every]
        wanted = min((p for p in offered if p is not None), default=None)
    fitting = [one for one in every if wanted in periods(one.duty, one.procedure.policy.year)]
    return wanted, fitting or list(every)


def findings(
    asked: Asked, every: Sequence[Owed], period: str | None, day: date, today: date, *, registered: bool
) -> tuple[Finding, ...]:
    """Ask everything of every plan concerned; what two plans answer alike under one rule is said once."""
    found: dict[tuple[str, str | None, bool], Finding] = {}
    for one in every:
        duty = one.duty
        for name, ok, values in _answers(asked, one, period, day, today, registered):
            opens = day if name == "not_in_future" and not ok else None
            who = ("admin",) if name == "unit_owes_duty" else duty.offices
            silent = bool({"offices", "level"} & set(duty.silent)) and name in ("office_may_act", "unit_owes_duty")
            finding = Finding(name, duty.rule, ok, "block", duty.source, values, opens, who, silent)
            found.setdefault((name, duty.rule, ok), finding)
    return tuple(found.values())


def _answers(
    asked: Asked, one: Owed, period: str | None, day: date, today: date, registered: bool
) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    duty, actor, unit = one.duty, asked.actor, asked.unit
    known = periods(duty, one.procedure.policy.year)
    area = actor.covers(unit) and asked.recorder.covers(unit)
    of_county = unit[:6] == one.procedure.policy.county
    owes = registered and of_county and UNIT_LENGTHS.get(len(unit)) == duty.level
    yield "office_may_act", actor.may_act_as(duty.offices), {"office": actor.office, "offices": duty.offices}
    yield "unit_in_area", area, {"unit": unit}
    if area:  # whether a unit outside is registered is not said
        yield "unit_owes_duty", owes, {"unit": unit, "level": f"level_{duty.level}"}
    yield "period_known", period in known, {"period": period or day, "known": known}
    yield "not_in_future", day <= today, {"on": day, "today": today}
    yield _recorder(asked, one)


def _recorder(asked: Asked, one: Owed) -> tuple[str, bool, dict[str, Any]]:
    """Say whether who enters it may: an office on paper only through one that the policy allows, with the paper."""
    recorder, actor, papers = asked.recorder, asked.actor, bool(asked.documents)
    if (recorder.person, recorder.office) == (actor.person, actor.office):
        return "recorder_may_enter", True, {}
    allowed = recorder.office not in NEVER_ACT and actor.office in one.procedure.records_for.get(recorder.office, ())
    values = {"recorder": recorder.office, "office": actor.office, "allowed": allowed, "paper": papers}
    return "recorder_may_enter", allowed and papers, values
