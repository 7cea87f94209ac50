"""Take an act: read the case, ask the guards, decide, and write one event with the case row."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...db.cases.lists import naming
from ...db.cases.tallies import hold, next_archive_number, numbered
from ...db.log.entry import Entry
from ...db.log.streams import share
from ...states.decide import decide, traits_of
from ...states.effects import changes_of
from ...states.errors import CaseMovedOn, CaseNotFound, GuardsNotMet, NoSuchAct, RequestReused
from ...states.forms.acts import read
from ...states.forms.fields import PERSON
from ...states.forms.form import recorded
from ...states.guards.base import Question
from ...states.values import Decision, Event, Finding
from ..context import Asked, Context, Done, fresh_request, named
from . import permission as keeping
from .corrections import told
from .guard_needs import around

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ...db.cases.cases import Cases
    from ...states.actor import Actor, Document
    from ...states.case import Case
    from ...states.procedure.graph import Procedure


def decided(context: Context, case_id: str, asked: Asked, moves: bool | None) -> Decision:
    """Answer whether an act could be taken; nothing is written."""
    cases = context.cases()
    case = cases.get(case_id, asked.recorder.units)
    _of_its_kind(context.road(case), asked.action, moves)
    q = question(context, case, asked)
    return keeping.told(q, decide(q))


def offered(context: Context, case_id: str, actor: Actor, on: date | None) -> tuple[Decision, ...]:
    """Return every action of the case's state, each as a decision."""
    cases = context.cases()
    case = cases.get(case_id, actor.units)
    actions = context.road(case).actions(case.state)
    asked = (question(context, case, Asked(action, actor, actor, on, {}, ())) for action in actions)
    return tuple(keeping.told(q, decide(q)) for q in asked)


def taken(
    context: Context,
    case_id: str,
    asked: Asked,
    expect_version: int | None,
    request_id: str | None,
    list_id: str | None,
    moves: bool | None,
) -> Done:
    """Ask every guard, then write one event and move the case with it. See `Approvals.take`."""
    cases = context.cases(writing=True)
    case = cases.get(case_id, asked.recorder.units)
    _of_its_kind(context.road(case), asked.action, moves)
    if request_id is not None and (event := cases.find_request(case.id, request_id)):
        return repeated(context, cases, case, event, asked, list_id)
    if expect_version is not None and expect_version != case.version:
        raise CaseMovedOn(case_id, case.version)
    listed = {} if list_id is None else _of_list(context, case, asked, list_id)
    take_turns(context, cases, case, context.road(case), asked)
    q = question(context, case, asked, listed=list_id is not None)
    decision = decide(q)
    if not decision.allowed:
        raise GuardsNotMet(asked.action, keeping.told(q, decision).findings)
    if asked.documents:  # the case before the rows of its files: the loser of a race learns of it here
        try:
            cases.lock(case)
        except CaseMovedOn as moved:  # without a version the transaction itself is lost: nothing can be read in it
            again = request_id if moved.current_version is not None else None
            if again is not None and (event := cases.find_request(case.id, again)):
                return repeated(context, cases, cases.get(case.id), event, asked, list_id)
            raise
        context.renew(case.unit, f"case/{case.id}", lambda: None)  # it is held
    documents = context.stored(case.unit, asked.documents)
    done = write(context, cases, q, decision, documents, request_id or fresh_request(), listed)
    return done._replace(decision=keeping.told(q, decision))


def _of_list(context: Context, case: Case, asked: Asked, list_id: str) -> Mapping[str, str]:
    """Return what names a list in an event; refuse one that does not name the case, or is not of the recorder's area."""
    return naming(context.connection, list_id, case.id, asked.recorder.units)


def take_turns(context: Context, cases: Cases, case: Case, road: Procedure, asked: Asked, action: str = "") -> None:
    """Hold to the end what may bar an act and lies outside its case; the guards are asked only then (R8, R77).

    What the road's policy counts over other cases is one row, held behind the case row; what only warns holds nothing. Who
    decides shares what was entered of them: the numbers that they declared, and the offices of who agreed.
    """
    act = road.acts[action or asked.action]
    if act.capped:
        cases.lock(case)
        hold(context.connection, case.county, f"count/{road.policy.id}")
    deciding = (asked.actor.person if "own" in act.needs else None, agreeing(asked))
    share(context.connection, case.county, [f"person/{who}" for who in deciding if who])


def agreeing(asked: Asked) -> str | None:
    """Return the id of who is said to have agreed; None where it is no id, which the form refuses when it is read."""
    who = asked.data.get("agreed_by")
    return who if isinstance(who, str) and re.fullmatch(PERSON, who) else None


def _of_its_kind(procedure: Procedure, action: str, moves: bool | None) -> None:
    """Refuse a fact where an action is meant, and an action where a fact is: recording never moves a case."""
    act = procedure.acts.get(action)
    if act is None or (moves is not None and act.moves is not moves):
        known = tuple(name for name, a in procedure.acts.items() if moves is None or a.moves is moves)
        raise NoSuchAct(action, procedure.policy.id, known)


def question(context: Context, case: Case, asked: Asked, *, listed: bool = False) -> Question:
    """Make the question of an act on a case.

    Raises:
        NoSuchAct: the case's policy has none of that name.
        InputRefused: the data is not of its form.
        CaseNotFound: the case lies outside the area of who acts.
    """
    procedure = context.road(case)
    if asked.action not in procedure.acts:
        raise NoSuchAct(asked.action, procedure.policy.id, tuple(procedure.acts))
    act = procedure.act(case.state, asked.action)
    if not asked.actor.covers(case.unit):
        raise CaseNotFound(case.id)
    today = context.today()
    form = read(act.form, dict(asked.data))
    q = Question(
        case=case,
        procedure=procedure,
        act=act,
        actor=asked.actor,
        recorder=asked.recorder,
        on=asked.on or today,
        today=today,
        data=form,
        documents=named(asked.documents),
        calendar=context.calendar,
        traits=traits_of(case, procedure, act, form),
        listed=listed,
    )
    beyond = around(context, q)
    if beyond is not None and beyond.corrected is not None:
        form = told(case, form, beyond.corrected)
    return replace(q, data=form, around=beyond)


def repeated(
    context: Context, cases: Cases, case: Case, event: Event, asked: Asked, list_id: str | None = None
) -> Done:
    """Return what the same request did before.

    Raises:
        RequestReused: the request id was used for something else.
    """
    act = context.road(case).acts.get(asked.action)
    written = cases.revealed_changes(case, event)
    entry = written.get(f"acts/{asked.action}") or written.get(f"facts/{asked.action}/{event.seq}")
    same = (
        act is not None
        and entry is not None
        and (event.acted_by, event.office) == (asked.actor.person, asked.actor.office)
        and (event.recorded_by, entry.get("list")) == (asked.recorder.person, list_id)
        and (asked.on is None or event.occurred_on == asked.on.isoformat())
        and _told(act.form, entry["data"]) == recorded(read(act.form, dict(asked.data)))
        and cases.papers_of(event) == sorted((d.kind, context.fingerprint(d)) for d in asked.documents)
    )
    if not same:
        raise RequestReused(event.request_id)
    warnings = tuple(
        Finding(w["guard"], w["rule"], False, "warn", w["source"], w.get("values", {})) for w in event.warnings
    )
    return Done(case, event, Decision(event.action, event.to_state, True, warnings))


def _told(form: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a caller gave of an entry's data: a correction has the program's own words beside it."""
    return {k: v for k, v in data.items() if form != "correction" or k not in ("changed", "values")}


def write(
    context: Context,
    cases: Cases,
    q: Question,
    decision: Decision,
    documents: tuple[Document, ...],
    request_id: str,
    listed: Mapping[str, str],
) -> Done:
    """Write the event of an allowed act and move the case."""
    new = q.act.name == q.procedure.numbered_at and not q.case.record.get("archive_no")
    number = archive_number(context, cases, q) if new else None
    changes = changes_of(q, q.case.version + 1, to=decision.to, listed=listed, archive_no=number)
    entry = Entry(
        action=q.act.name,
        to=decision.to and str(decision.to),
        actor=q.actor,
        recorded_by=q.recorder.person,
        on=q.on,
        recorded_at=context.recorded_at(),
        request_id=request_id,
        changes=changes,
        documents=documents,
        policy=q.case.policy_hash,
        findings=[finding_json(f) for f in (decision.findings if q.act.decides else decision.warnings)],
    )
    case, event = cases.record(q.case, entry)
    return Done(case, event, decision)


def archive_number(context: Context, cases: Cases, q: Question) -> str:
    """Give the next archive number of the policy's pattern; its tally row is locked after the case row."""
    cases.lock(q.case)
    rule = q.procedure.policy.numbering
    parts = {
        "year": str(q.procedure.policy.year),
        "county": q.case.county,
        "township": q.case.unit[:9],
        "village": q.case.unit,
    }
    if "_name}" in rule.pattern:
        parts |= _names(cases, q.case)
    while True:
        key = f"{q.procedure.policy.id}/{parts[rule.per]}"
        number = next_archive_number(context.connection, q.case.county, key)
        text = rule.pattern
        for name, value in {**parts, "number": f"{number:0{rule.digits}d}"}.items():
            text = text.replace("{" + name + "}", value)
        # another policy of the county may have the same pattern
        if not numbered(context.connection, q.case.county, text):
            return text


def _names(cases: Cases, case: Case) -> dict[str, str]:
    """Return the names of a case's township and village as the register has them, else their codes."""
    codes = {"township_name": case.unit[:9], "village_name": case.unit}
    known = cases.unit_names(tuple(codes.values()))
    return {name: known.get(code, code) for name, code in codes.items()}


_CLASSES = frozenset({"class", "classes", "names"})


def finding_json(finding: Finding) -> Mapping[str, Any]:
    """Return a finding as it enters the event: ids and values, no words and nothing personal."""
    values = {k: _plain(v) for k, v in finding.values.items() if k not in _CLASSES}
    told = {"guard": finding.guard, "rule": finding.rule, "source": finding.source, "values": values}
    return {**told, "ok": True} if finding.ok else told


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int, bool)) or value is None:
        return value
    if isinstance(value, (tuple, list, frozenset, set)):
        return [_plain(v) for v in (sorted(value) if isinstance(value, (frozenset, set)) else value)]
    return str(value)
