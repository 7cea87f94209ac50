"""Open a case: read the household file, store the policy's content, and write the first event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.cases.policies import keep, stored_policies
from ...db.log.entry import Entry
from ...db.log.streams import share
from ...db.register.units import ended
from ...states.case import CLOSED, Case
from ...states.decide import decide
from ...states.errors import GuardsNotMet, InputRefused
from ...states.forms.acts import read
from ...states.forms.household import read_household
from ...states.guards.base import Around
from ...states.record import ACTS, FOLLOWS, HOUSEHOLD, INTAKE, PAPERS, UNIT, CaseRecord
from ..request import Request
from ..scoped import scoped
from .acts import question_on
from .classes import classes_known
from .events import finding_json
from .guard_needs import agreed
from .ids import case_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ...states.actor import Actor, Document
    from ...states.forms.household import Household
    from ...states.guards.base import Question
    from ...states.procedure.graph import Procedure
    from ...states.values import Decision
    from ..context import Context
    from ..papers import Attachment


class WayIn(NamedTuple):
    """How a case comes in: by the road's own application, or an intake of the policy with somebody who joins in.

    `follows` is an ended case of the same household that this one goes on from, e.g. under another plan (R2).
    """

    intake: str | None = None
    agreed_by: str | None = None
    follows: str | None = None


class Openings:
    """The methods of `Approvals` that open cases."""

    context: Context

    @scoped
    def open_case(
        self,
        *,
        policy: str,
        unit: str,
        household: Mapping[str, Any],
        actor: Actor,
        on: date | None = None,
        recorder: Actor | None = None,
        documents: Sequence[Attachment | Document] = (),
        request_id: str | None = None,
        intake: str | None = None,
        agreed_by: str | None = None,
        follows: str | None = None,
    ) -> Case:
        """Open a household's case under a policy (a bundled id or a policy file) in a village.

        Args:
            intake: a special way of intake that the policy has, e.g. "disaster" (R15).
            agreed_by: the person of another office who joins in, if the intake needs one; or the person who agreed to a
                late entry.
            follows: the ended case of the same household that this case continues, e.g. under another plan (R2).

        Raises:
            InputRefused: the household file is not of its form, or the policy has no such intake.
            GuardsNotMet: the actor may not open it, or papers are missing.
        """
        way = WayIn(intake, agreed_by, follows)
        request = Request("open_case", actor, recorder or actor, on, household, documents, request_id)
        return _opened(self.context, policy, unit, request, way)

    @scoped
    def check_opening(
        self,
        *,
        policy: str,
        unit: str,
        household: Mapping[str, Any],
        actor: Actor,
        on: date | None = None,
        recorder: Actor | None = None,
        documents: Sequence[Attachment | Document] = (),
        intake: str | None = None,
        agreed_by: str | None = None,
        follows: str | None = None,
    ) -> Decision:
        """Answer whether a case could be opened so, with every finding; nothing is written. See `open_case`.

        Raises:
            InputRefused: the household file is not of its form, or the policy has no such intake.
        """
        request = Request("open_case", actor, recorder or actor, on, household, documents)
        return _checked(self.context, policy, unit, request, WayIn(intake, agreed_by, follows))


def _opened(context: Context, policy: str, unit: str, request: Request, way: WayIn) -> Case:
    """Open a case for the household of `request.data`; the same request id opens it once."""
    request = request._replace(on=request.on or context.today(), request_id=request.id)
    q, household, way = _asked(context, policy, unit, request, way)
    decision = decide(q)
    if not decision.allowed:
        raise GuardsNotMet("open_case", decision.findings)
    entry = _entry(context, q, request, decision, _changes(q, household, way))
    road, content = q.procedure, context.library.text(policy)
    moves = context.library.procedure(policy).moves()  # of every way in, not of this one alone
    keep(context.writing, road.policy.id, road.hash, content, moves, entry.recorded_at)
    ids = (case_id(unit, q.on.year, entry.request_id, attempt) for attempt in range(20))
    return context.cases(writing=True).open(q.case, entry, ids)[0]


def _checked(context: Context, policy: str, unit: str, request: Request, way: WayIn) -> Decision:
    """Answer whether a case could be opened; nothing is written."""
    request = request._replace(on=request.on or context.today(), request_id=request.id)
    return decide(_asked(context, policy, unit, request, way, writing=False)[0])


def _asked(
    context: Context, policy: str, unit: str, request: Request, way: WayIn, *, writing: bool = True
) -> tuple[Question, Household, WayIn]:
    """Return the question of an opening, with the household as it was read; `writing` holds what the answer rests on.

    Raises:
        InputRefused: the household, the unit, the intake or the case that it follows is not fit.
    """
    day = request.on or context.today()
    procedure = _road(context.library.procedure(policy), way.intake, day)
    _unit_fits(unit, procedure)
    if request.actor.covers(unit):
        if writing:  # no unit goes over into another until this is committed
            people = [f"person/{way.agreed_by}"] if way.agreed_by else []
            share(context.writing, unit[:6], ["county", *people])
        _unit_stands(context, unit, day)
    household = read_household(dict(request.data) if isinstance(request.data, Mapping) else request.data, at=day)
    classes_known(household.classes, procedure)
    if way.follows is not None:
        way = way._replace(follows=_ended(context, way.follows, household, request.recorder, writing=writing))
    draft = _draft(procedure, unit, household.classes, case_id(unit, day.year, request.id), way)
    said = {"agreed_by": way.agreed_by, "reason": household.note}
    return _question(context, procedure, draft, request, said), household, way


def _ended(context: Context, follows: str, household: Household, reader: Actor, *, writing: bool) -> str:
    """Return the id of the case that a new one goes on from: ended, and of the same household (R2)."""
    case = context.cases().get(follows, reader.units)
    if writing:  # it stays ended until this is committed
        context.cases(writing=True).lock(case)
    before = context.cases().revealed_household(case)
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


def _entry(context: Context, q: Question, request: Request, decision: Decision, changes: Mapping[str, Any]) -> Entry:
    """Store the papers, and return what the first event of the case holds."""
    stored = context.stored(q.case.unit, request.documents)
    papers = {PAPERS.path(kind, 1): count for kind, count in sorted(Counter(d.kind for d in stored).items())}
    return Entry(
        action="open_case",
        to=q.procedure.start,
        actor=q.actor,
        recorded_by=q.recorder.person,
        on=q.on,
        recorded_at=context.recorded_at(),
        request_id=request.id,
        changes={**changes, **papers},
        documents=stored,
        policy=q.procedure.hash,
        findings=[finding_json(f) for f in decision.warnings],
    )


def _changes(q: Question, household: Household, way: WayIn) -> dict[str, Any]:
    """Return what an opening writes to the record, but for its papers."""
    plain = household.model_dump(mode="json", by_alias=True, exclude_none=True)
    plain["classes"] = sorted(plain["classes"])
    data = {"agreed_by": way.agreed_by, "confirmed": False} if way.agreed_by else {}
    entry = {"seq": 1, "on": q.on.isoformat(), "by": q.actor.person, "office": q.actor.office, "data": data}
    changes: dict[str, Any] = {UNIT: q.case.unit, HOUSEHOLD.name: plain, ACTS.path("open_case"): entry}
    return changes | {name: value for name, value in ((INTAKE, way.intake), (FOLLOWS, way.follows)) if value}


def _draft(procedure: Procedure, unit: str, classes: Sequence[str], name: str, way: WayIn) -> Case:
    record = CaseRecord({INTAKE: way.intake} if way.intake else {})
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
    context: Context, procedure: Procedure, draft: Case, request: Request, said: Mapping[str, str | None]
) -> Question:
    """Make the question of an opening; `said` is what the act's own form takes: the second person and the remarks."""
    act = procedure.beside.opening
    data = read(act.form, {name: value for name, value in said.items() if value})
    q = question_on(context, request, draft, procedure, act, data)
    before = tuple(each.hash for each in stored_policies(context.connection) if each.id == procedure.policy.id)
    second = agreed(context, draft.unit, data.agreed_by, q.on)
    return replace(q, around=Around(quotas={}, lines={}, contents=before, **second))
