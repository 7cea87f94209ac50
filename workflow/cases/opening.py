"""Open a case: read the household file, store the policy's content, and write the first event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.cases.policies import keep, kept
from ...db.log.entry import Entry
from ...db.log.streams import share
from ...db.register.units import ended
from ...states.case import Case
from ...states.decide import ask, papers_of, traits_of
from ...states.errors import GuardsNotMet, InputRefused
from ...states.forms.acts import read
from ...states.forms.household import read_household
from ...states.guards.base import Around, Question
from ...states.guards.general import somebody_else
from ...states.procedure.graph import CLOSED
from ...states.units import inside
from ...states.values import Finding
from ..context import fresh_request, named
from .acts import finding_json
from .classes import classes_known
from .guard_needs import agreed
from .ids import case_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ...states.actor import Actor, Document
    from ...states.forms.household import Household
    from ...states.procedure.graph import Procedure
    from ..context import Asked, Context
    from ..papers import Attachment

Held = tuple[tuple[str, tuple[str, ...]], ...]

_GENERAL = frozenset({"recorder_may_enter", "not_in_future", "entered_in_time", "late_entry_agreed"})


def _of_another(joins: Held, offices: tuple[str, ...], q: Question) -> bool:
    """Tell whether who joins in holds another of the intake's offices for the village (R15)."""
    return any(office in offices and office != q.actor.office and inside(q.case.unit, units) for office, units in joins)


class Way(NamedTuple):
    """How a case comes in: by the road's own application, or an intake of the policy with somebody who joins in.

    `follows` is an ended case of the same household that this one goes on from, e.g. under another plan (R2).
    """

    intake: str | None = None
    agreed_by: str | None = None
    follows: str | None = None


def opened(context: Context, policy: str, unit: str, asked: Asked, request_id: str | None, way: Way) -> Case:
    """Open a case for the household of `asked.data`; the same request id opens it once."""
    day = asked.on or context.today()
    procedure = _road(context.library.procedure(policy), way.intake, day)
    _unit_fits(unit, procedure)
    if asked.actor.covers(unit):
        people = [f"person/{way.agreed_by}"] if way.agreed_by else []
        share(context.writing, unit[:6], ["county", *people])  # no unit goes over into another until this is committed
        _unit_stands(context, unit, day)
    data = asked.data
    household = read_household(dict(data) if isinstance(data, Mapping) else data, at=day)
    classes_known(household.classes, procedure)
    if way.follows is not None:
        way = way._replace(follows=_ended(context, way.follows, household, asked.recorder))
    request = request_id or fresh_request()
    draft = _draft(procedure, unit, household.classes, case_id(unit, day.year, request), way)
    said = {"agreed_by": way.agreed_by, "reason": household.note}
    q = _question(context, procedure, draft, asked, day, said)
    findings = [*_findings(q, way), *_new_version(context, procedure)]
    if any(not f.ok and f.effect == "block" for f in findings):
        raise GuardsNotMet("open_case", findings)
    content = context.library.text(policy)
    return _written(context, q, content, asked.documents, request, findings, _changes(q, household, way))


def _new_version(context: Context, procedure: Procedure) -> list[Finding]:
    """Show that the content under a policy's id is another than the one that cases were opened under before."""
    before = [one.hash for one in kept(context.connection) if one.id == procedure.policy.id]
    if not before or procedure.hash in before:
        return []
    values = {"policy": procedure.policy.id, "hash": procedure.hash[:15], "before": before[-1][:15]}
    return [Finding("policy_unchanged", None, False, "warn", procedure.policy.source, values)]


def _ended(context: Context, follows: str, household: Household, reader: Actor) -> str:
    """Return the id of the case that a new one goes on from: ended, and of the same household (R2)."""
    case = context.cases().get(follows, reader.units)
    context.cases(writing=True).lock(case)  # it stays ended until this is committed
    before = context.cases().revealed(case, "household")
    people = [before.get("head") or {}, *(before.get("members") or ())]
    known = {person.get("id_number") for person in people}
    if case.state not in CLOSED or not known & {p.id_number for p in (household.head, *household.members)}:
        raise InputRefused(
            f"{case.id} 尚未结束，或不是同一农户，不能接续。",
            f"{case.id} has not ended, or belongs to another household, so no case can continue it.",
        )
    return case.id


def _road(procedure: Procedure, intake: str | None, day: date) -> Procedure:
    if intake is not None and intake not in procedure.variants:
        known = ", ".join(procedure.variants) or "-"
        raise InputRefused(
            f"方案 {procedure.policy.id} 没有 {intake} 这一受理方式；请用其中之一：{known}。",
            f"policy {procedure.policy.id} has no intake {intake}; use one of: {known}.",
        )
    return procedure.of(intake, day)


def _written(
    context: Context,
    q: Question,
    content: str,
    documents: Sequence[Attachment | Document],
    request: str,
    findings: list[Finding],
    changes: Mapping[str, Any],
) -> Case:
    """Keep the policy's content and the papers, and write the first event with the case row."""
    connection, procedure = context.writing, q.procedure
    stored = context.stored(q.case.unit, documents)
    keep(connection, procedure.policy.id, procedure.hash, content, procedure.moves(), context.recorded_at())
    papers = {f"papers/{kind}/1": count for kind, count in sorted(Counter(d.kind for d in stored).items())}
    entry = Entry(
        action="open_case",
        to=procedure.start,
        actor=q.actor,
        recorded_by=q.recorder.person,
        on=q.on,
        recorded_at=context.recorded_at(),
        request_id=request,
        changes={**changes, **papers},
        documents=stored,
        policy=procedure.hash,
        findings=[finding_json(f) for f in findings if not f.ok],
    )
    ids = (case_id(q.case.unit, q.on.year, request, attempt) for attempt in range(20))
    return context.cases(writing=True).open(q.case, entry, ids)[0]


def _changes(q: Question, household: Household, way: Way) -> dict[str, Any]:
    """Return what an opening writes to the record, but for its papers."""
    plain = household.model_dump(mode="json", by_alias=True, exclude_none=True)
    plain["classes"] = sorted(plain["classes"])
    data = {"agreed_by": way.agreed_by} if way.agreed_by else {}
    entry = {"seq": 1, "on": q.on.isoformat(), "by": q.actor.person, "office": q.actor.office, "data": data}
    changes: dict[str, Any] = {"unit": q.case.unit, "household": plain, "acts/open_case": entry}
    return changes | {name: value for name, value in (("intake", way.intake), ("follows", way.follows)) if value}


def _draft(procedure: Procedure, unit: str, classes: Sequence[str], name: str, way: Way) -> Case:
    record = {"intake": way.intake} if way.intake else {}
    return Case(
        id=name,
        county=procedure.policy.county,
        unit=unit,
        policy_id=procedure.policy.id,
        policy_hash=procedure.hash,
        state=procedure.start,
        version=0,
        head="",
        classes=frozenset(classes),
        record=record,
    )


def _unit_fits(unit: str, procedure: Procedure) -> None:
    if len(unit) != 12 or not unit.isascii() or not unit.isdigit() or unit[:6] != procedure.policy.county:
        raise InputRefused(
            f"村代码应为 12 位数字，并以 {procedure.policy.county} 开头。",
            f"a village code must have 12 digits and begin with {procedure.policy.county}.",
        )


def _unit_stands(context: Context, unit: str, day: date) -> None:
    """Refuse a village that went over into another before the day: its code takes no new case."""
    if last := ended(context.connection, unit, day.isoformat()):
        raise InputRefused(
            f"{unit} 已撤销（最后一天：{last}）；请以并入后的单位立户。",
            f"{unit} was merged into another unit (its last day: {last}); open the case under that unit.",
        )


def _question(
    context: Context, procedure: Procedure, draft: Case, asked: Asked, day: date, said: Mapping[str, Any]
) -> Question:
    act = procedure.acts[next(iter(procedure.table[procedure.start]))]
    data = read(act.form, {name: value for name, value in said.items() if value})
    return Question(
        case=draft,
        procedure=procedure,
        act=act,
        actor=asked.actor,
        recorder=asked.recorder,
        on=day,
        today=context.today(),
        data=data,
        documents=named(asked.documents),
        calendar=context.calendar,
        traits=traits_of(draft, procedure, act, data),
        around=Around(quotas={}, lines={}, **agreed(context, draft.unit, data.agreed_by, day)),
    )


def _in_force(q: Question) -> list[Finding]:
    """Say whether the policy is for cases opened on that day, where it says so."""
    policy = q.procedure.policy
    first, last = policy.first_day, policy.last_day
    if first is None and last is None:
        return []
    ok = (first is None or q.on >= first) and (last is None or q.on <= last)
    opens = first if first and q.on < first else None
    return [Finding("policy_in_force", None, ok, "block", policy.source, {"first": first, "last": last}, opens)]


def _findings(q: Question, way: Way) -> list[Finding]:
    """Ask what an opening can be asked: office, area, papers, who joins in, and the guards on dates and who enters."""
    intake = q.procedure.intake
    table: Any = intake or q.act.table
    offices = table.offices
    office = q.actor.may_act_as(offices)
    area = q.actor.covers(q.case.unit) and q.recorder.covers(q.case.unit)
    values = {"office": q.actor.office, "offices": offices}
    found = [
        Finding("office_may_act", table.rule, office, "block", table.source, values, None, offices),
        Finding("unit_in_area", table.rule, area, "block", table.source, {"unit": q.case.unit}, None, offices),
        *papers_of(q, q.procedure.opening_papers),
        *_in_force(q),
    ]
    if intake is not None and intake.joint:
        joins = q.around.second if q.around else None
        other = somebody_else(q, way.agreed_by) and (joins is None or _of_another(joins, intake.offices, q))
        values = {"agreed_by": way.agreed_by}
        found.append(Finding("second_person_agreed", table.rule, other, "block", table.source, values, None, offices))
    asked = (ask(a, q) for a in q.act.guards if a.guard.name in _GENERAL)
    return found + [f for f in asked if f is not None]
