"""Running cases put under another policy: validated by a replay of their history, one event each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...db.log.entry import Entry
from ...db.log.streams import share
from ...states.decide import ask, decide, traits_of
from ...states.effects import changes_of
from ...states.errors import CaseMovedOn, CaseNotFound, GuardsNotMet, RequestReused
from ...states.forms.acts import read
from ...states.guards.base import Around, Question
from ...states.procedure.guard import COUNTED
from ...states.recheck import question_of
from ...states.replay.move_policy import Moving, moving_act
from ...states.values import Decision
from ..context import Asked, Context, Done, fresh_request
from .acts import agreeing, kept, take_turns
from .guard_needs import counted, persons

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ...db.cases.cases import Cases
    from ...states.actor import Actor
    from ...states.case import Case
    from ...states.procedure.graph import Procedure
    from ...states.values import Event, Finding


def decided(
    context: Context, case_id: str, to: str, actor: Actor, recorder: Actor, on: date | None, data: Mapping[str, Any]
) -> tuple[Question, Moving, Decision]:
    """Answer whether a case may go over to a policy, with everything that bars it; nothing is written.

    Raises:
        CaseNotFound: there is no such case in the area of who acts and who records.
        NotFound, PolicyRefused: there is no such policy, or it is unsound.
        InputRefused: the data is not of its form.
    """
    cases = context.cases()
    case = cases.get(case_id, recorder.units)
    if not actor.covers(case.unit):
        raise CaseNotFound(case_id)
    target = context.library.procedure(to)
    intake = case.record.get("intake")
    new = target.of(intake if intake in target.variants else None, case.act_on("open_case"))
    old = context.road(case)
    told = {**data, "policy": new.policy.id, "left": case.policy_hash, "entered": new.hash}
    form = read("moving", told)
    today = context.today()
    day = on or today
    act = moving_act(old, new)
    beyond = persons(context, case, old, act, form, day, actor)
    q = Question(
        case=case,
        procedure=old,
        act=act,
        actor=actor,
        recorder=recorder,
        on=day,
        today=today,
        data=form,
        documents=(),
        calendar=context.calendar,
        traits=traits_of(case, old, act, form),
        around=Around(quotas={}, lines={}, **beyond),
    )
    moving = Moving(case, cases.history(case_id), old, new, context.calendar, form.states)  # type: ignore[attr-defined]
    findings = [*decide(q).findings, *moving.findings(), *_counted(context, moving.there, case, new)]
    allowed = all(f.ok or f.effect != "block" for f in findings)
    to_state = moving.there.state if moving.there.state != case.state else None
    return q, moving, Decision("move_policy", to_state, allowed, tuple(findings), act.offices)


def _counted(context: Context, there: Case, case: Case, new: Procedure) -> list[Finding]:
    """Ask what the new policy counts over its cases, where an approved case comes to it from another policy."""
    entry = there.record.get("acts", {}).get("approve")
    if entry is None or new.policy.id == case.policy_id:
        return []
    act = new.acts["approve"]
    q = question_of(there, new, act, entry, context.calendar)
    q = replace(q, around=Around(**counted(context, case, new, act.needs)))
    asked = (ask(a, q) for a in act.guards if a.guard.needs and set(a.guard.needs) <= COUNTED)
    return [finding for finding in asked if finding is not None]


def moved(
    context: Context,
    case_id: str,
    to: str,
    *,
    actor: Actor,
    recorder: Actor,
    on: date | None,
    data: Mapping[str, Any],
    expect_version: int | None,
    request_id: str | None,
) -> Done:
    """Put a case under another policy: one event, the case row with it. See `Approvals.move_policy`."""
    cases = context.cases(writing=True)
    case = cases.get(case_id, recorder.units)
    if request_id is not None and (event := cases.find_request(case.id, request_id)):
        return _repeated(context, cases, case, event, to, actor, recorder, data)
    if expect_version is not None and expect_version != case.version:
        raise CaseMovedOn(case_id, case.version)
    _wait(context, cases, case, to, Asked("approve", actor, recorder, on, data, ()))
    q, moving, decision = decided(context, case_id, to, actor, recorder, on, data)
    if not decision.allowed:
        raise GuardsNotMet("move_policy", decision.findings)
    from ...db.cases.policies import keep

    new = moving.new
    text = context.library.text(to)
    keep(
        context.connection, new.policy.id, new.hash, text, context.library.procedure(to).moves(), context.recorded_at()
    )
    seq = case.version + 1
    own = changes_of(q, seq)[f"facts/move_policy/{seq}"]
    entry = Entry(
        action="move_policy",
        to=decision.to,
        actor=actor,
        recorded_by=recorder.person,
        on=q.on,
        recorded_at=context.recorded_at(),
        request_id=request_id or fresh_request(),
        changes=moving.changes(seq, own),
        findings=[kept(f) for f in decision.warnings],
        policy=new.hash,
        policy_id=new.policy.id,
    )
    after, event = cases.record(case, entry)
    return Done(after, event, decision)


def _wait(context: Context, cases: Cases, case: Case, to: str, asked: Asked) -> None:
    """Hold what the new policy counts, where an approved case comes to it, and who agreed. See `acting.take_turns`."""
    new = context.library.procedure(to)
    if case.act_on("approve") is not None and new.policy.id != case.policy_id:
        take_turns(context, cases, case, new, asked)
    elif agreed := agreeing(asked):
        share(context.connection, case.county, [f"person/{agreed}"])


def _repeated(
    context: Context,
    cases: Cases,
    case: Case,
    event: Event,
    to: str,
    actor: Actor,
    recorder: Actor,
    data: Mapping[str, Any],
) -> Done:
    """Return what the same request did before.

    Raises:
        RequestReused: the request id was used for something else.
    """
    written = cases.revealed_changes(case, event).get(f"facts/move_policy/{event.seq}", {}).get("data", {})
    told = {name: written.get(name) for name in data}
    same = (
        event.action == "move_policy"
        and (event.acted_by, event.office, event.recorded_by) == (actor.person, actor.office, recorder.person)
        and event.policy_hash == context.library.procedure(to).hash
        and told == dict(data)
    )
    if not same:
        raise RequestReused(event.request_id)
    return Done(case, event, Decision("move_policy", event.to_state, True, ()))


def told(reason: str, agreed_by: str | None, states: Mapping[str, str] | None) -> dict[str, Any]:
    """Return what a caller says of a move, as its form takes it."""
    said = {"reason": reason, "agreed_by": agreed_by, "states": dict(states or {})}
    return {name: value for name, value in said.items() if value}
