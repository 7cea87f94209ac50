"""Move running cases to another policy: check each by a replay of its history, and write one event."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...db.cases.policies import keep
from ...db.log.entry import Entry
from ...db.log.streams import share
from ...states.decide import ask, decide
from ...states.effects import changes_of
from ...states.errors import CaseMovedOn, CaseNotFound, GuardsNotMet
from ...states.forms.acts import read
from ...states.guards.base import Around, Question
from ...states.policy.tables import policy_hash
from ...states.procedure.guard import COUNTED
from ...states.recheck import question_of
from ...states.record import FACTS
from ...states.replay.move_policy import Moving, moving_act
from ...states.values import Decision
from ..request import Done, Request
from ..scoped import scoped
from .acts import question_on, take_turns
from .events import finding_json
from .guard_needs import counted, persons

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ...db.cases.cases import Cases
    from ...states.actor import Actor
    from ...states.case import Case
    from ...states.procedure.graph import Procedure
    from ...states.values import Event, Finding
    from ..context import Context


class PolicyMoves:
    """The methods of `Approvals` that put a running case under another policy."""

    context: Context

    @scoped
    def move_policy(
        self,
        case_id: str,
        to: str,
        *,
        actor: Actor,
        reason: str,
        agreed_by: str | None = None,
        states: Mapping[str, str] | None = None,
        on: date | None = None,
        recorder: Actor | None = None,
        expect_version: int | None = None,
        request_id: str | None = None,
    ) -> Done:
        """Put a running case under another policy, or another version of its own, by one event in its history.

        Without it a case stays on the content that it was opened under. Its history is replayed under the new one:
        every step taken must hold there and not have come too early, and what was approved stays as it is. A notice
        that hangs is counted again and never ends earlier.

        Args:
            to: the policy: an id, "id@sha256:...", or a file.
            agreed_by: the second person who agreed.
            states: where the case's state is another one there: {old: new}.

        Raises:
            GuardsNotMet: with every finding that bars it.
            NotFound, PolicyRefused, CaseNotFound, InputRefused, CaseMovedOn, RequestReused, StoreBusy.
        """
        data = _data(reason, agreed_by, states)
        request = Request("move_policy", actor, recorder or actor, on, data, (), request_id, expect_version)
        return _moved(self.context, case_id, to, request)

    @scoped
    def check_move(
        self,
        case_id: str,
        to: str,
        *,
        actor: Actor,
        reason: str = "",
        agreed_by: str | None = None,
        states: Mapping[str, str] | None = None,
        on: date | None = None,
        recorder: Actor | None = None,
    ) -> Decision:
        """Answer whether `move_policy` would be allowed, with every finding; nothing is written."""
        request = Request("move_policy", actor, recorder or actor, on, _data(reason, agreed_by, states))
        return _decided(self.context, case_id, to, request)[2]


def _decided(context: Context, case_id: str, to: str, request: Request) -> tuple[Question, Moving, Decision]:
    """Answer whether a case may go over to a policy, with everything that bars it; nothing is written.

    Raises:
        CaseNotFound: there is no such case in the area of who acts and who records.
        NotFound, PolicyRefused: there is no such policy, or it is unsound.
        InputRefused: the data is not of its form.
    """
    cases = context.cases()
    case = cases.get(case_id, request.recorder.units)
    if not request.actor.covers(case.unit):
        raise CaseNotFound(case_id)
    target = context.library.procedure(to)
    intake = case.record.intake
    new = target.of(intake if intake in target.variants else None, case.act_on("open_case"))
    q = _question(context, case, new, request)
    moving = Moving(case, cases.history(case_id), q.procedure, new, context.calendar, q.data.states)
    findings = [*decide(q).findings, *moving.findings(), *_counted(context, moving.there, case, new)]
    allowed = all(f.ok or f.effect != "block" for f in findings)
    to_state = moving.there.state if moving.there.state != case.state else None
    return q, moving, Decision("move_policy", to_state, allowed, tuple(findings), q.act.offices)


def _question(context: Context, case: Case, new: Procedure, request: Request) -> Question:
    """Make the question whether a case may leave its own policy for a new one."""
    old = context.road(case)
    form = read("moving", {**request.data, "policy": new.policy.id, "left": case.policy_hash, "entered": new.hash})
    form = form.said(confirmed=False)
    q = question_on(context, request, case, old, moving_act(old, new), form)
    return replace(q, around=Around(quotas={}, lines={}, **persons(context, q)))


def _counted(context: Context, there: Case, case: Case, new: Procedure) -> list[Finding]:
    """Ask what the new policy counts over its cases, where an approved case comes to it from another policy."""
    entry = there.record.acts.get("approve")
    if entry is None or new.policy.id == case.policy_id:
        return []
    act = new.acts["approve"]
    q = question_of(there, new, act, entry, context.calendar)
    q = replace(q, around=Around(**counted(context, case, new, act.needs)))
    asked = (ask(a, q) for a in act.guards if a.guard.needs and set(a.guard.needs) <= COUNTED)
    return [finding for finding in asked if finding is not None]


def _moved(context: Context, case_id: str, to: str, request: Request) -> Done:
    """Put a case under another policy: one event, the case row with it."""
    cases = context.cases(writing=True)
    case = cases.get(case_id, request.recorder.units)
    if request.request_id is not None and (event := cases.find_request(case.id, request.request_id)):
        return _done_before(context, cases, case, event, to, request)
    if request.expect_version not in (None, case.version):
        raise CaseMovedOn(case_id, case.version)
    _wait(context, cases, case, to, request)
    q, moving, decision = _decided(context, case_id, to, request)
    if not decision.allowed:
        raise GuardsNotMet("move_policy", decision.findings)
    _keep(context, to, moving.new)
    seq = case.version + 1
    own = changes_of(q, seq)[FACTS.path("move_policy", seq)]
    entry = Entry(
        action="move_policy",
        to=decision.to,
        actor=q.actor,
        recorded_by=q.recorder.person,
        on=q.on,
        recorded_at=context.recorded_at(),
        request_id=request.id,
        changes=moving.changes(seq, own),
        findings=[finding_json(f) for f in decision.warnings],
        policy=moving.new.hash,
        policy_id=moving.new.policy.id,
    )
    after, event = cases.record(case, entry)
    return Done(after, event, decision)


def _keep(context: Context, to: str, new: Procedure) -> None:
    """Keep the content of the new policy in the database."""
    library = context.library
    moves = library.procedure(to).moves()
    keep(context.connection, new.policy.id, new.hash, library.text(to), moves, context.recorded_at())


def _wait(context: Context, cases: Cases, case: Case, to: str, request: Request) -> None:
    """Hold what the new policy counts, where an approved case comes to it, and who agreed. See `acts.take_turns`."""
    new = context.library.procedure(to)
    if case.act_on("approve") is not None and new.policy.id != case.policy_id:
        take_turns(context, cases, case, new, request, "approve")
    elif request.agreed_by:
        share(context.connection, case.county, [f"person/{request.agreed_by}"])


def _done_before(context: Context, cases: Cases, case: Case, event: Event, to: str, request: Request) -> Done:
    """Return what the same request did before.

    Raises:
        RequestReused: the request id was used for something else.
    """
    written = cases.revealed_changes(case, event).get(FACTS.path("move_policy", event.seq), {}).get("data", {})
    content = (
        event.policy_hash == policy_hash(context.library.text(to))
        and {name: written.get(name) for name in request.data} == request.data
    )
    request.same_as(event, content=content)
    return Done(case, event, Decision("move_policy", event.to_state, True, ()), repeated=True)


def _data(reason: str, agreed_by: str | None, states: Mapping[str, str] | None) -> dict[str, Any]:
    """Return what a caller says of a move, as its form takes it."""
    said = {"reason": reason, "agreed_by": agreed_by, "states": dict(states or {})}
    return {name: value for name, value in said.items() if value}
