"""Write the event of an act: of one that takes effect, or of one that waits for its second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...db.cases.tallies import next_archive_number, numbered
from ...db.log.entry import Entry
from ...states.effects import changes_of
from ...states.forms.form import recorded
from ...states.procedure.beside import ASK
from ...states.record import PENDING
from ..request import Done

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...db.cases.cases import Cases
    from ...states.actor import Document
    from ...states.case import Case
    from ...states.guards.base import Question
    from ...states.values import Decision, Event, Finding
    from ..context import Context


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
    new = q.act.name == q.procedure.numbered_at and not q.case.record.archive_no
    number = archive_number(context, cases, q) if new else None
    changes = changes_of(q, q.case.version + 1, to=decision.to, listed=listed, archive_no=number)
    told = {"action": q.act.name, "to": decision.to and str(decision.to), "changes": changes}
    findings = decision.findings if q.act.decides else decision.warnings
    return Done(*_recorded(context, cases, q, request_id, documents=documents, findings=findings, **told), decision)


def ask(
    context: Context,
    cases: Cases,
    q: Question,
    decision: Decision,
    documents: tuple[Document, ...],
    request_id: str,
    listed: Mapping[str, str],
) -> Done:
    """Write down an act that waits for its second person; the case stays as it is."""
    waiting = {
        "action": q.act.name,
        "on": q.on.isoformat(),
        "by": q.actor.person,
        "office": q.actor.office,
        "recorded_by": q.recorder.person,
        "recorder_office": q.recorder.office,
        "data": recorded(q.data.said(confirmed=None)),
        "waits_for": [str(who) for f in decision.waiting for who in f.values["for"]],
        **listed,
    }
    told = {"action": ASK, "to": None, "changes": {PENDING.path(q.case.version + 1): waiting}}
    return Done(
        *_recorded(context, cases, q, request_id, documents=documents, findings=decision.warnings, **told), decision
    )


def _recorded(
    context: Context, cases: Cases, q: Question, request_id: str, *, findings: Sequence[Finding], **told: Any
) -> tuple[Case, Event]:
    """Write an event for the day, the persons and the policy of a question; return the changed case and the event."""
    entry = Entry(
        actor=q.actor,
        recorded_by=q.recorder.person,
        on=q.on,
        recorded_at=context.recorded_at(),
        request_id=request_id,
        policy=q.case.policy_hash,
        findings=[finding_json(f) for f in findings],
        **told,
    )
    return cases.record(q.case, entry)


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
