"""Personal values in the clear: shown with a right, a reason and an event; found by number; erased when their time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..db.entries import Entry
from ..db.register import held_by
from ..states.errors import CaseMovedOn, CaseNotFound, GuardsNotMet, InputRefused, RequestReused
from ..states.privacy import Erasure, may_erase, may_unmask
from .context import fresh_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ..states.case import Actor, Case, Event
    from .context import Context


class Unmasked(NamedTuple):
    """A household in the clear, every other personal value of the case by event and field, and the event that says so."""

    household: Mapping[str, Any]
    values: Mapping[tuple[int, str], Any]
    event: Event


class Erased(NamedTuple):
    """An erased case, its event, and the files (SHA-256) that no row names any more: `Approvals.forget` drops them."""

    case: Case
    event: Event
    files: tuple[str, ...]


def unmask(
    context: Context, case_id: str, actor: Actor, reason: str, on: date | None, request_id: str | None
) -> Unmasked:
    """Return the personal values of a case in the clear. See `Approvals.unmask`."""
    cases = context.cases(writing=True)
    case = cases.get(case_id, actor.units)
    findings = may_unmask(context.road(case), actor, reason)
    if any(not finding.ok for finding in findings):
        raise GuardsNotMet("unmask", findings)
    values = cases.private(case)
    event = noted(context, case.county, f"unmasked/{case.id}", actor, reason, on, request_id)
    return Unmasked(cases.revealed(case, "household"), values, event)


def noted(
    context: Context, county: str, stream: str, actor: Actor, reason: str, on: date | None, request_id: str | None
) -> Event:  # fmt: skip
    """Write the event of an unmasking to a stream: who, in which office, why; the reason is a personal value itself."""
    from ..db.streams import append, request_done

    request, day = request_id or fresh_request(), on or context.today()
    if (done := request_done(context.writing, county, stream, request)) is not None:
        if (done.action, done.acted_by, done.office) != ("unmask", actor.person, actor.office):
            raise RequestReused(request)
        return done
    told = {"on": day.isoformat(), "by": actor.person, "office": actor.office, "reason": reason}
    entry = Entry(
        action="unmask", to=None, actor=actor, recorded_by=actor.person, on=day, recorded_at=context.recorded_at(),
        request_id=request, changes={f"unmaskings/{request}": told},
    )  # fmt: skip
    return append(context.writing, county, stream, entry, keys=context.keys, alg=context.alg)


def paper(context: Context, case_id: str, seq: int, no: int, actor: Actor) -> bytes:
    """Return the bytes of a paper of a case that was unmasked before in this transaction. See `Approvals.paper`."""
    from ..db.files import found

    case = context.cases().get(case_id, actor.units)
    sha256 = found(context.connection, case.county, f"case/{case.id}", seq, no)
    lock = context.vault.lock_of(case.county, sha256)
    if context.files is None or lock is None:
        raise InputRefused("没有指定文件库，或该文件已删除。", "no file store was given, or the file is erased.")
    return context.files.content(case.county, sha256, lock)


def search(context: Context, kind: str, value: str, actor: Actor) -> Sequence[Case]:
    """Return the cases of the actor's area in which a number or name stands. See `Approvals.search`."""
    from ..db.index import KINDS, find

    if kind not in KINDS:
        raise InputRefused(f"只能按 {', '.join(KINDS)} 查找。", f"cases are searched by {', '.join(KINDS)}.")
    cases = context.cases()
    found = find(context.connection, context.vault.keys, kind, value, actor.units)
    return [cases.get(case, actor.units) for case in found]


def erase(
    context: Context, case_id: str, person: str, *, actor: Actor, recorder: Actor, reason: str, agreed_by: str | None,
    on: date | None, expect_version: int | None, request_id: str | None,
) -> Erased:  # fmt: skip
    """Destroy what is personal of a household: data keys, values, salts and index rows, and with "all" papers and photographs.

    Raises:
        GuardsNotMet: the office, a second person or the reason is missing, the case has not ended, or its file is still
            to be kept (a policy without a time keeps it for ever).
        InputRefused: there is nothing of that person to erase.
        CaseNotFound, CaseMovedOn, RequestReused, KeysMissing.
    """
    from ..db import erasing

    cases, request = context.cases(writing=True), request_id or fresh_request()
    case = cases.get(case_id, recorder.units)
    if not actor.covers(case.unit):
        raise CaseNotFound(case_id)
    if (done := cases.find_request(case.id, request)) is not None:
        if done.action != "erase" or done.changes.get(f"erased/{done.seq}", {}).get("person") != person:
            raise RequestReused(request)
        return Erased(case, done, ())
    if expect_version not in (None, case.version):
        raise CaseMovedOn(case.id, case.version)
    day = on or context.today()
    known = held_by(context.connection, case.county, agreed_by, day)
    asked = Erasure(actor, recorder, agreed_by, known is None or bool(known), reason, day)
    findings = may_erase(case, context.road(case), asked)
    if any(not finding.ok for finding in findings):
        raise GuardsNotMet("erase", findings)
    if not erasing.has_values(context.connection, case.id, person):
        raise InputRefused(f"{case.id} 没有可删除的 {person}。", f"{case.id} has nothing of {person} to erase.")
    cases.lock(case)
    files = erasing.destroy(context.connection, case.id, person, context.recorded_at())
    told = {"on": day.isoformat(), "by": actor.person, "office": actor.office, "person": person, "agreed_by": agreed_by}
    entry = Entry(
        action="erase", to=None, actor=actor, recorded_by=recorder.person, on=day, recorded_at=context.recorded_at(),
        request_id=request, changes={f"erased/{case.version + 1}": {**told, "reason": reason}}, policy=case.policy_hash,
    )  # fmt: skip
    after, event = cases.record(cases.get(case.id), entry)
    return Erased(after, event, tuple(files))
