"""Confirm or deny an act that waits for its second person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from ...db.log.entry import Entry
from ...db.prepared import savepoint
from ...states.actor import Actor
from ...states.decide import decide, joined
from ...states.entry import entry_in, pending_in
from ...states.errors import CaseMovedOn
from ...states.forms.acts import given
from ...states.forms.form import recorded
from ...states.procedure.beside import CONFIRM
from ...states.record import FACTS, PENDING
from ...states.values import Decision
from ..register.seats import in_person
from ..request import Done, Request, fresh_request, insist
from . import acts
from .events import finding_json, write
from .permission import readable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ...db.cases.cases import Cases
    from ...states.case import Case
    from ...states.guards.base import Question
    from ...states.procedure.graph import Procedure
    from ...states.values import Event
    from ..context import Context


def decided(context: Context, case_id: str, request: Request) -> Decision:
    """Answer whether an act could be taken; of a confirmation, whether what waits could be taken with it."""
    if request.action != CONFIRM:
        return acts.decided(context, case_id, request)
    cases = context.cases()
    case = cases.get(case_id, request.actor.units)
    asked = _asked(context, cases, case, request)
    return joined([readable(q, decide(q)) for q in _questions(context, case, request, asked)])


def confirmed(context: Context, case_id: str, request: Request) -> Done:
    """Let what waits take effect: one event for the second person's word, and one for the act on its own day."""
    cases, case, done = _begun(context, case_id, request)
    if done is not None:
        return done
    asked = _asked(context, cases, case, request)
    if asked is not None:
        acts.take_turns(context, cases, case, context.road(case), asked)
    questions = _questions(context, case, request, asked)
    decisions = [decide(q) for q in questions]
    insist(CONFIRM, *(readable(*each) for each in zip(questions, decisions, strict=True)))
    own, q = questions
    listed = {name: each for name, each in _waiting(case, request).items() if name in ("list", "list_event")}
    with savepoint(context.connection):
        after, _ = _answer(context, cases, own, request._replace(request_id=fresh_request()))
        written = replace(q, case=after, recorder=request.actor)  # the event alone names who confirmed as its recorder
        done = write(context, cases, written, decisions[-1], q.documents, request.id, listed)
    return done._replace(decision=readable(q, done.decision))


def denied(context: Context, case_id: str, request: Request) -> Done:
    """End what waits. An office that may confirm denies it; who asked for it takes it back."""
    cases, case, done = _begun(context, case_id, request)
    if done is not None:
        return done
    q = _own(context, case, request)
    decision = decide(q)
    insist(request.action, readable(q, decision))
    after, event = _answer(context, cases, q, request)
    return Done(after, event, decision)


def may_confirm(context: Context, case: Case, number: int, actor: Actor) -> bool:
    """Tell whether somebody may confirm what waits on a case; of an open case not, whether it could be taken."""
    action = case.record.pending[str(number)]["action"]
    if _ended(context.road(case), case, action):
        return False
    return decide(_own(context, case, Request(CONFIRM, actor, actor, data={"request": number}))).allowed


def _ended(road: Procedure, case: Case, action: str) -> bool:
    """Tell whether what waits cannot be taken any more: the plan has no such act, or the case is closed to it."""
    if action not in road.acts:
        return True
    if case.state not in road.closed:
        return False
    act = road.act(case.state, action)
    return road.target(case, action) is None if act.moves else case.state not in (act.states or ())


def _begun(context: Context, case_id: str, request: Request) -> tuple[Cases, Case, Done | None]:
    """Return the case of an answer, and what the same request did before."""
    cases = context.cases(writing=True)
    case = cases.get(case_id, request.actor.units)
    event = cases.find_request(case.id, request.request_id) if request.request_id is not None else None
    if event is not None:
        return cases, case, _done_before(cases, case, event, request)
    if request.expect_version not in (None, case.version):
        raise CaseMovedOn(case_id, case.version)
    if context.seat is not None:
        in_person(context, request.action, case.county, request.actor)
    return cases, case, None


def _done_before(cases: Cases, case: Case, event: Event, request: Request) -> Done:
    """Return what the same answer did before: of a confirmation the act, which stands behind the second person's word.

    Raises:
        RequestReused: the request id was used for something else.
    """
    said = cases.history(case.id)[max(event.seq - 2, 0)] if request.action == CONFIRM else event
    told = (entry_in(cases.revealed_changes(case, said), said.action, said.seq) or {}).get("data", {})
    request.same_as(said, content=all(told.get(name) == value for name, value in request.data.items()))
    return Done(case, event, Decision(event.action, event.to_state, True, acts.warned(event)), repeated=True)


def _questions(context: Context, case: Case, request: Request, asked: Request | None) -> list[Question]:
    """Return the question of a confirmation, and that of the act that waits, asked again as a whole."""
    own = _own(context, case, request)
    return [own] if asked is None else [own, acts.question(context, case, asked)]


def _own(context: Context, case: Case, request: Request) -> Question:
    beside = context.road(case).beside
    return acts.question(context, case, request, beside.confirming if request.action == CONFIRM else beside.denying)


def _waiting(case: Case, request: Request) -> Mapping[str, Any]:
    return case.record.pending.get(str(request.data.get("request")), {})


def _asked(context: Context, cases: Cases, case: Case, request: Request) -> Request | None:
    """Return the first person's request as the second person confirms it; None where nothing of the kind waits."""
    waiting, second = _waiting(case, request), request.actor
    if not waiting:
        return None
    event = cases.history(case.id)[int(request.data["request"]) - 1]
    told = pending_in(cases.revealed_changes(case, event), event.seq) or waiting
    known = context.road(case).acts.get(waiting["action"])
    data = given(known.form, told["data"]) if known else {}
    return Request(
        waiting["action"],
        Actor(waiting["by"], waiting["office"], (case.unit,), trial=second.trial),
        Actor(waiting["recorded_by"], waiting["recorder_office"], (case.unit,), trial=second.trial),
        date.fromisoformat(waiting["on"]),
        {**data, "agreed_by": second.person},
        cases.documents_of(event),
        list_id=waiting.get("list"),
        confirmed=True,
    )


def _answer(context: Context, cases: Cases, q: Question, request: Request) -> tuple[Case, Event]:
    """Write down the second person's answer; the act waits no longer."""
    seq = q.case.version + 1
    entry = {"on": q.on.isoformat(), "by": q.actor.person, "office": q.actor.office, "data": recorded(q.data)}
    return cases.record(
        q.case,
        Entry(
            action=request.action,
            to=None,
            actor=q.actor,
            recorded_by=q.actor.person,
            on=q.on,
            recorded_at=context.recorded_at(),
            request_id=request.id,
            changes={PENDING.path(q.data.request): None, FACTS.path(request.action, seq): entry},
            policy=q.case.policy_hash,
            findings=[finding_json(f) for f in decide(q).warnings],
        ),
    )
