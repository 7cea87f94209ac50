"""Personal values in the clear: shown with a right, a reason and an event; found by number; erased when their time is over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.log.entry import Entry
from ...db.log.streams import share
from ...db.register.offices import held_by
from ...db.vault.held_keys import hold_keys
from ...states.actor import may_agree
from ...states.errors import (
    CaseMovedOn,
    CaseNotFound,
    GuardsNotMet,
    InputRefused,
    IntegrityBroken,
    KeysMissing,
    NotAdopted,
    RequestReused,
)
from ...states.guards.privacy import Erasure, may_erase, may_unmask
from ..context import fresh_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ...states.actor import Actor
    from ...states.case import Case
    from ...states.values import Event
    from ..context import Context


class Unmasked(NamedTuple):
    """A household in the clear, every other personal value of the case by event and field, and the event that says so."""

    household: Mapping[str, Any]
    values: Mapping[tuple[int, str], Any]
    event: Event


class Erased(NamedTuple):
    """An erased case, its event, and the files that no row names any more: `Approvals.forget` drops them."""

    case: Case
    event: Event
    files: tuple[str, ...]


def unmask(context: Context, case_id: str, actor: Actor, reason: str, request_id: str | None) -> Unmasked:
    """Return the personal values of a case in the clear. See `Approvals.unmask`."""
    cases = context.cases(writing=True)
    case = cases.get(case_id, actor.units)
    findings = may_unmask(context.road(case), actor, reason)
    if any(not finding.ok for finding in findings):
        raise GuardsNotMet("unmask", findings)
    hold_keys(context.writing, case.county, f"case/{case.id}")  # an erasure and this wait for each other
    values = cases.private(case)
    event = noted(context, case.county, f"unmasked/{case.id}", actor, reason, request_id)
    return Unmasked(cases.revealed(case, "household"), values, event)


def noted(
    context: Context,
    county: str,
    stream: str,
    actor: Actor,
    reason: str,
    request_id: str | None,
    shown: str | None = None,
) -> Event:
    """Write the event of an unmasking to a stream: who, in which office, why; the reason is a personal value itself.

    `shown` names what of a stream was shown, where that is not all of it: a list, the number of a record. The same
    request again, on the same day, is the same showing.
    """
    from ...db.log.streams import append, request_done, revealed

    request, day = request_id or fresh_request(), context.today()
    told = {"on": day.isoformat(), "by": actor.person, "office": actor.office, "reason": reason}
    changes = {f"unmaskings/{request.replace('/', '%2F')}": {**told, "of": shown} if shown else told}
    if (done := request_done(context.writing, county, stream, request)) is not None:
        if done.action != "unmask" or revealed(context.writing, done, context.keys) != changes:
            raise RequestReused(request)
        return done
    entry = Entry(
        action="unmask",
        to=None,
        actor=actor,
        recorded_by=actor.person,
        on=day,
        recorded_at=context.recorded_at(),
        request_id=request,
        changes=changes,
    )
    return append(context.writing, county, stream, entry, keys=context.keys, alg=context.alg)


def household(context: Context, case: Case) -> Mapping[str, Any]:
    """Return the household of a case, its personal values masked."""
    from ...states.personal import mask

    return mask(context.cases().revealed(case, "household"))  # type: ignore[no-any-return]


def basis(context: Context, case: Case, action: str) -> Mapping[str, Any]:
    """Return what a decision rested on, the personal values of the household masked. See `Approvals.basis`."""
    from ...db.cases.histories import basis as rested_on
    from ...states.personal import mask

    found = rested_on(context.cases(), case, action)
    return {**found, "household": mask(found["household"])}


def paper(
    context: Context, case_id: str, seq: int, no: int, actor: Actor, reason: str, request_id: str | None
) -> bytes:
    """Unmask a case and return the bytes of a paper of it. See `Approvals.paper`."""
    from ...db.vault.papers import find, lock_of

    unmask(context, case_id, actor, reason, request_id)
    case = context.cases().get(case_id, actor.units)
    context.renew(case.unit, f"case/{case.id}", lambda: context.cases(writing=True).lock(case))
    name = find(context.connection, case.county, f"case/{case.id}", seq, no)
    lock = lock_of(context.vault, case.county, name)
    if context.files is None or lock is None:
        raise InputRefused("没有指定文件库，或该文件已删除。", "no file store was given, or the file is erased.")
    return context.files.content(case.county, lock)


def search(context: Context, kind: str, value: str, actor: Actor) -> Sequence[Case]:
    """Return the cases of the actor's area in which a number or name stands. See `Approvals.search`."""
    from ...db.vault.index import KINDS, find

    if kind not in KINDS:
        raise InputRefused(f"只能按 {', '.join(KINDS)} 查找。", f"cases are searched by {', '.join(KINDS)}.")
    cases = context.cases()
    for county in sorted({code[:6] for code in actor.units}):
        context.vault.find_in(county)
    found = find(context.connection, context.vault.keys, kind, value, actor.units)
    return [cases.listed(case, actor.units) for case in found]


def erase(
    context: Context,
    case_id: str,
    person: str,
    *,
    actor: Actor,
    recorder: Actor,
    reason: str,
    agreed_by: str | None,
    on: date | None,
    expect_version: int | None,
    request_id: str | None,
) -> Erased:
    """Destroy what is personal of a household: data keys, values, salts and index rows, and with "all" papers and photographs.

    Raises:
        GuardsNotMet: the office, a second person or the reason is missing, the case has not ended, its file is still
            to be kept (a policy without a time keeps it for ever), or the day lies in the future.
        InputRefused: there is nothing of that person to erase, or members were corrected, so that a number means another.
        CaseNotFound, CaseMovedOn, RequestReused, KeysMissing.
    """
    from ...db.vault import erasure as erasing

    cases, request = context.cases(writing=True), request_id or fresh_request()
    case = cases.listed(case_id, recorder.units)  # one whose key is lost is erased too
    if not actor.covers(case.unit):
        raise CaseNotFound(case_id)
    told = {"by": actor.person, "office": actor.office, "person": person, "agreed_by": agreed_by, "reason": reason}
    if (done := cases.find_request(case.id, request)) is not None:
        if not _same(cases.revealed_changes(case, done).get(f"erased/{done.seq}"), told, recorder, done, on):
            raise RequestReused(request)
        return Erased(case, done, _files_of(context, case, [done]) if person == erasing.EVERYBODY else ())
    if expect_version not in (None, case.version):
        raise CaseMovedOn(case.id, case.version)
    day = on or context.today()
    if agreed_by:
        share(context.writing, case.county, [f"person/{agreed_by}"])
    known = may_agree(held_by(context.connection, case.county, agreed_by, day))
    _insist(context, case, Erasure(actor, recorder, agreed_by, known, reason, day, context.today()))
    _one_of(case, person, context)
    cases.lock(case)
    at = context.recorded_at()
    before = (*_former(context, case), *_left(context, case)) if person == erasing.EVERYBODY else ()
    files = tuple(dict.fromkeys((*erasing.destroy(context.connection, case.id, person, at), *before)))
    entry = Entry(
        action="erase",
        to=None,
        actor=actor,
        recorded_by=recorder.person,
        on=day,
        recorded_at=at,
        request_id=request,
        changes={f"erased/{case.version + 1}": {"on": day.isoformat(), **told}},
        policy=case.policy_hash,
    )
    after, event = cases.record(cases.get(case.id), entry)
    return Erased(after, event, files)


def _former(context: Context, case: Case) -> tuple[str, ...]:
    """Return the former files of papers that were renamed, named by the SHA-256 of their bytes, where they still lie.

    Where a key is lost nobody knows their names: they are left to `doctor --sweep`.
    """
    from ...db.vault.papers import of_stream

    files = context.files
    if files is None:
        return ()
    try:
        papers = of_stream(context.connection, context.vault, case.county, f"case/{case.id}")
    except (KeysMissing, IntegrityBroken):
        return ()
    hashes = sorted({one.paper.sha256 for one in papers})
    return tuple(sha256 for sha256 in hashes if files.has(case.county, sha256))


def _left(context: Context, case: Case) -> tuple[str, ...]:
    """Return the files that earlier erasures of a case left lying, since they were stopped before they took them away."""
    from ...db.vault.erasure import lying

    return lying(context.files, case.county, _files_of(context, case, context.cases().history(case.id)))


def _files_of(context: Context, case: Case, events: Sequence[Event]) -> tuple[str, ...]:
    """Return the files whose keys the erasures among these events destroyed."""
    from ...db.vault.erasure import dropped

    moments = [event.recorded_at for event in events if event.action == "erase"]
    return dropped(context.connection, case.county, moments, context.files) if moments else ()


def _insist(context: Context, case: Case, asked: Erasure) -> None:
    findings = may_erase(case, context.road(case), asked)
    if any(not finding.ok for finding in findings):
        raise GuardsNotMet("erase", findings)


def _same(
    entry: Mapping[str, Any] | None, told: Mapping[str, Any], recorder: Actor, done: Event, on: date | None
) -> bool:
    """Tell whether an erasure that was done is the one that is asked for; a reason that was erased since is not compared."""
    if done.action != "erase" or entry is None or done.recorded_by != recorder.person:
        return False
    before = {**entry, "reason": told["reason"] if entry["reason"] is None else entry["reason"]}
    return before == {**told, "on": entry["on"] if on is None else on.isoformat()}


def _one_of(case: Case, person: str, context: Context) -> None:
    """Refuse to erase somebody who is not of the household, or of whom a number no longer tells who it is."""
    from ...db.vault import erasure as erasing

    if not re.fullmatch("all|head|member-[0-9]+", person):
        raise InputRefused("删除对象应为 all、head 或 member-0 等。", "erased are all, head, or member-0 and so on.")
    if not erasing.has_values(context.connection, case.id, person):
        raise InputRefused(f"{case.id} 没有可删除的 {person}。", f"{case.id} has nothing of {person} to erase.")
    changed = {path for event in context.cases().history(case.id) for path in event.changes}
    if person.startswith("member-") and any(path.startswith("household/members") for path in changed):
        raise InputRefused(
            f"{case.id} 的家庭成员曾被更正，{person} 在各次登记中不是同一人；只能删除全户（all）。",
            f"the members of {case.id} were corrected, so that {person} is not the same person throughout; erase all.",
        )


def forget(context: Context, erased: Erased, actor: Actor) -> tuple[str, ...]:
    """Take the files of an erasure away, once it is committed, in a transaction that writes; return those that are left.

    They are left where their folder does not list this database alone (`weigai db adopt`), or no store was given. No key
    opens them; `weigai doctor --sweep` takes them away later.
    """
    from ...db.vault import places
    from ...db.vault.erasure import drop

    if not actor.covers(erased.case.unit):
        raise CaseNotFound(erased.case.id)
    if context.files is None or not erased.files:
        return erased.files
    try:
        places.require(context.connection, places.of_folder(context.files.root))
    except NotAdopted:
        return erased.files
    drop(context.writing, context.files, erased.case.county, erased.files)
    return ()
