"""Take an act: read the case, ask the guards, decide, and write one event with the case row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...db.cases.lists import naming
from ...db.cases.tallies import hold
from ...db.log.streams import share
from ...states.decide import decide, traits_of
from ...states.entry import entry_in, pending_in
from ...states.errors import CaseMovedOn, CaseNotFound, GuardsNotMet, NoSuchAct
from ...states.forms.acts import read
from ...states.forms.form import recorded
from ...states.guards.base import Question
from ...states.values import Decision, Event, Finding
from ..request import Done, Request
from .corrections import with_changes
from .events import ask, write
from .guard_needs import around
from .permission import readable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ...db.cases.cases import Cases
    from ...states.actor import Actor
    from ...states.case import Case
    from ...states.forms.form import Form
    from ...states.procedure.graph import Act, Procedure
    from ..context import Context


def decided(context: Context, case_id: str, request: Request) -> Decision:
    """Answer whether an act could be taken, on the road or beside it; nothing is written."""
    cases, erasing = context.cases(), request.action == "erase"
    case = (cases.listed if erasing else cases.get)(case_id, request.recorder.units)  # one without a key is erased too
    road = context.road(case)
    beside = None if request.action in road.acts else road.beside.on_case.get(request.action)
    if beside is None:
        _of_its_kind(road, request)
    q = question(context, case, request, beside)
    return readable(q, decide(q))


def offered(context: Context, case_id: str, actor: Actor, on: date | None) -> tuple[Decision, ...]:
    """Return every action of the case's state, each as a decision."""
    cases = context.cases()
    case = cases.get(case_id, actor.units)
    actions = context.road(case).actions(case.state)
    questions = (question(context, case, Request(action, actor, actor, on)) for action in actions)
    return tuple(readable(q, decide(q)) for q in questions)


def taken(context: Context, case_id: str, request: Request) -> Done:
    """Ask every guard, then write one event and move the case with it. See `Approvals.take`."""
    cases = context.cases(writing=True)
    case = cases.get(case_id, request.recorder.units)
    _of_its_kind(context.road(case), request)
    if (done := _done_before(context, cases, case, request)) is not None:
        return done
    if request.expect_version not in (None, case.version):
        raise CaseMovedOn(case_id, case.version)
    listed = {} if request.list_id is None else _of_list(context, case, request)
    take_turns(context, cases, case, context.road(case), request)
    q = question(context, case, request)
    decision = decide(q)
    if not decision.allowed:
        raise GuardsNotMet(request.action, readable(q, decision).findings)
    if request.documents and (done := _held(context, cases, case, request)) is not None:
        return done
    documents = context.stored(case.unit, request.documents)
    write_it = ask if decision.waiting else write
    done = write_it(context, cases, q, decision, documents, request.id, listed)
    return done._replace(decision=readable(q, decision))


def _held(context: Context, cases: Cases, case: Case, request: Request) -> Done | None:
    """Hold the case before the rows of its files; return what the same request did where it won the race."""
    try:
        cases.lock(case)
    except CaseMovedOn as moved:  # without a version the transaction itself is lost: nothing can be read in it
        done = _done_before(context, cases, case, request) if moved.current_version is not None else None
        if done is None:
            raise
        return done._replace(case=cases.get(case.id))
    context.renew(case.unit, f"case/{case.id}", lambda: None)  # it is held
    return None


def _of_list(context: Context, case: Case, request: Request) -> Mapping[str, str]:
    """Return what names a list in an event; refuse one that does not name the case, or is not of the recorder's area."""
    return naming(context.connection, str(request.list_id), case.id, request.recorder.units)


def take_turns(context: Context, cases: Cases, case: Case, road: Procedure, request: Request, action: str = "") -> None:
    """Hold to the end what may bar an act and lies outside its case; the guards are asked only then (R8, R77).

    What the road's policy counts over other cases is one row, held behind the case row; what only warns holds nothing. Who
    decides shares what was entered of them: the numbers that they declared, and the offices of who agreed.
    """
    act = road.acts[action or request.action]
    if act.capped:
        cases.lock(case)
        hold(context.connection, case.county, f"count/{road.policy.id}")
    deciding = (request.actor.person if "own" in act.needs else None, request.agreed_by)
    share(context.connection, case.county, [f"person/{who}" for who in deciding if who])


def _of_its_kind(procedure: Procedure, request: Request) -> None:
    """Refuse a fact where an action is meant, and an action where a fact is: recording never moves a case."""
    act, moves = procedure.acts.get(request.action), request.moves
    if act is None or moves not in (None, act.moves):
        known = tuple(name for name, a in procedure.acts.items() if moves in (None, a.moves))
        raise NoSuchAct(request.action, procedure.policy.id, known)


def question(context: Context, case: Case, request: Request, beside: Act | None = None) -> Question:
    """Make the question of an act on a case: of the act beside the road that is given, else of the road's own.

    Raises:
        NoSuchAct: the case's policy has none of that name.
        InputRefused: the data is not of its form.
        CaseNotFound: the case lies outside the area of who acts.
    """
    procedure = context.road(case)
    if beside is None and request.action not in procedure.acts:
        raise NoSuchAct(request.action, procedure.policy.id, tuple(procedure.acts))
    act = beside or procedure.act(case.state, request.action)
    if not request.actor.covers(case.unit):
        raise CaseNotFound(case.id)
    form = read(act.form, dict(request.data) if act.ordered else request.filled).said(confirmed=request.confirmed)
    q = question_on(context, request, case, procedure, act, form)
    beyond = around(context, q)
    if beyond is not None and beyond.corrected is not None:
        form = with_changes(case, form, beyond.corrected)
    return replace(q, data=form, around=beyond)


def question_on(context: Context, request: Request, case: Case, procedure: Procedure, act: Act, data: Form) -> Question:
    """Return the question of a request on a case, with its data as it was read; what lies around the case comes later."""
    today = context.today()
    return Question(
        case=case,
        procedure=procedure,
        act=act,
        actor=request.actor,
        recorder=request.recorder,
        on=request.on or today,
        today=today,
        data=data,
        documents=request.papers,
        calendar=context.calendar,
        traits=traits_of(case, procedure, act, data),
        listed=request.list_id is not None,
    )


def _done_before(context: Context, cases: Cases, case: Case, request: Request) -> Done | None:
    """Return what the same request did before, None where it is a new one.

    Raises:
        RequestReused: the request id was used for something else.
    """
    event = cases.find_request(case.id, request.request_id) if request.request_id is not None else None
    if event is None:
        return None
    act = context.road(case).acts.get(request.action)
    written = cases.revealed_changes(case, event)
    waiting = pending_in(written, event.seq)
    entry = waiting or entry_in(written, request.action, event.seq)
    content = (
        act is not None
        and entry is not None
        and entry.get("list") == request.list_id
        and _of_caller(act.form, entry["data"]) == _of_caller(act.form, recorded(read(act.form, dict(request.data))))
        and cases.papers_of(event) == sorted((d.kind, context.fingerprint(d)) for d in request.documents)
    )
    request.same_as(replace(event, action=waiting["action"]) if waiting else event, content=content)
    return Done(case, event, Decision(event.action, event.to_state, True, warned(event)), repeated=True)


def warned(event: Event) -> tuple[Finding, ...]:
    """Return the findings that warned when an event was written."""
    return tuple(
        Finding(w["guard"], w["rule"], False, "warn", w["source"], w.get("values", {})) for w in event.warnings
    )


def _of_caller(form: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a caller gave of an entry's data: the program's own words stand beside it."""
    own = ("confirmed", "changed", "values") if form == "correction" else ("confirmed",)
    return {k: v for k, v in data.items() if k not in own}
