"""Take an act on a case, or check it, and print the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .... import workflow
from ...words import label
from ..inputs import read_papers
from ..language import lang, t
from ..output import note, out, out_json
from ..view import print_decisions

if TYPE_CHECKING:
    from ... import Actor, Approvals, Case, Decision, Done, GuardsNotMet
    from ..desk import Desk
    from ..options import EntryOptions


def act(
    desk: Desk,
    case_id: str,
    action: str,
    data: dict[str, Any],
    papers: tuple[str, ...],
    entry: EntryOptions,
    *,
    moves: bool,
) -> int:
    """Take an action or record a fact, and print what came of it."""
    if entry.dry_run:
        found, decision = checked(desk, case_id, action, data, papers, entry, moves=moves)
        if entry.expect_version not in (None, found.version):
            raise workflow.CaseMovedOn(found.id, found.version)
        return print_check(desk, found, decision)
    attached = read_papers(papers, dry_run=False)

    def work(approvals: Approvals) -> Done:
        found, actor, recorder = who(desk, approvals, case_id, action, entry)
        return approvals.take(
            found.id,
            action,
            actor=actor,
            recorder=recorder,
            on=entry.on,
            data=data,
            documents=attached,
            expect_version=entry.expect_version,
            request_id=entry.request_id,
            moves=moves,
        )

    try:
        done = desk.write(work, action=action)
    except workflow.GuardsNotMet as error:
        return _refused(desk, case_id, action, error)
    print_done(desk, done)
    return 0


def _refused(desk: Desk, case_id: str, action: str, error: GuardsNotMet) -> int:
    def work(approvals: Approvals) -> tuple[Case, Decision]:
        found = approvals.find(case_id, actor=desk.reader(approvals))
        return found, approvals.offices.refused(found, action, error)

    return print_check(desk, *desk.read(work))


def print_done(desk: Desk, done: Done) -> None:
    """Print what came of an act."""
    event = done.event
    if done.pending is not None:
        _print_pending(desk, done)
        return
    if desk.json:
        out_json(
            {
                "case": done.case.id,
                "action": event.action,
                "from": event.from_state,
                "to": event.to_state,
                "version": event.seq,
                "event": event.hash,
                "request_id": event.request_id,
                "warnings": [f.as_json(lang()) for f in done.decision.warnings],
            }
        )
        return
    arrow = (
        f"{label(event.from_state, lang())} → {label(event.to_state, lang())}"
        if event.to_state
        else t("已登记", "recorded")
    )
    out(f"✓ {done.case.id}  {label(event.action, lang())}：{arrow}  (v{event.seq})")
    opens = done.case.record.opens_on
    if opens and event.to_state:
        out(t(f"  下一步自 {opens} 起可办。", f"  The next step opens on {opens}."))
    for finding in done.decision.warnings:
        note(t("  注意 ", "  note ") + f"[{finding.rule or finding.guard}] {finding.reason(lang())}")
    note(t(f"  请求号 {event.request_id}", f"  request id {event.request_id}"))


def _print_pending(desk: Desk, done: Done) -> None:
    """Say what waits and for whom; nothing has changed yet."""
    event = done.event
    if desk.json:
        out_json(
            {
                "case": done.case.id,
                "action": done.act,
                "pending": done.pending,
                "for": list(done.waits_for),
                "version": event.seq,
                "event": event.hash,
                "request_id": event.request_id,
                "warnings": [f.as_json(lang()) for f in done.decision.warnings],
            }
        )
        return
    name, who = label(done.act, lang()), t("、", ", ").join(label(each, lang()) for each in done.waits_for)
    out(
        t(
            f"… {done.case.id}  {name}：待复核，尚未生效。可确认者：{who}。",
            f"… {done.case.id}  {name}: it waits for a second person and has changed nothing yet. Who may confirm it: {who}.",
        )
    )
    out(f"  weigai case confirm {done.pending}")
    note(t(f"  请求号 {event.request_id}", f"  request id {event.request_id}"))


def checked(
    desk: Desk,
    case_id: str,
    action: str,
    data: dict[str, Any],
    papers: tuple[str, ...],
    entry: EntryOptions,
    *,
    moves: bool | None = None,
) -> tuple[Case, Decision]:
    """Return the case and the decision on one action of it; `moves` as in `Approvals.take`."""
    attached = read_papers(papers, dry_run=True)

    def work(approvals: Approvals) -> tuple[Case, Decision]:
        found, actor, recorder = who(desk, approvals, case_id, action, entry)
        return found, approvals.check(
            found.id, action, actor=actor, recorder=recorder, on=entry.on, data=data, documents=attached, moves=moves
        )

    return desk.read(work)


def who(desk: Desk, approvals: Approvals, case_id: str, action: str, entry: EntryOptions) -> tuple[Case, Actor, Actor]:
    """Return the case, who acts on it and who records."""
    found = approvals.find(case_id, actor=desk.reader(approvals))
    desk.about = found.id
    offices = approvals.offices.for_act(found, action)
    return found, *desk.acting(approvals, offices, entry.for_, found.unit, entry.on)


def print_check(desk: Desk, found: Case, decision: Decision) -> int:
    """Print one decision and return its exit code."""
    if desk.json:
        out_json({"case": found.id, "state": found.state, "version": found.version, **decision.as_json(lang())})
    else:
        print_decisions(found, [decision], None)
    return 0 if decision.allowed else 3
