"""Erase the personal values of a household when their time is over: keys, values, index rows and files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.log.entry import Entry
from ...db.log.streams import share
from ...db.vault import erasure as erasing
from ...db.vault import places
from ...db.vault.erasure import EVERYBODY
from ...db.vault.papers import of_stream
from ...states.decide import decide
from ...states.errors import (
    CaseMovedOn,
    CaseNotFound,
    GuardsNotMet,
    InputRefused,
    IntegrityBroken,
    KeysMissing,
    NotAdopted,
)
from ...states.record import ERASED, HOUSEHOLD
from .acts import question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...states.actor import Actor
    from ...states.case import Case
    from ...states.guards.base import Question
    from ...states.values import Event
    from ..context import Context
    from ..request import Request


class Erased(NamedTuple):
    """An erased case, its event, and the files to which no row refers any more: `Approvals.forget` deletes them."""

    case: Case
    event: Event
    files: tuple[str, ...]


def erase(context: Context, case_id: str, person: str, request: Request) -> Erased:
    """Destroy what is personal of a household: data keys, values, salts and index rows, and with "all" papers and photographs.

    Raises:
        GuardsNotMet: the office, a second person or the reason is missing, the case has not ended, its file is still
            to be kept (a policy without a time keeps it for ever), or the day lies in the future.
        InputRefused: there is nothing of that person to erase, or members were corrected, so that a number means another.
        CaseNotFound, CaseMovedOn, RequestReused, KeysMissing.
    """
    cases = context.cases(writing=True)
    case = cases.listed(case_id, request.recorder.units)  # one whose key is lost is erased too
    if not request.actor.covers(case.unit):
        raise CaseNotFound(case_id)
    if request.request_id is not None and (done := cases.find_request(case.id, request.request_id)) is not None:
        request.same_as(done, content=_holds(cases.revealed_changes(case, done), done, person, request))
        return Erased(case, done, _files_of(context, case, [done]) if person == EVERYBODY else ())
    if request.expect_version not in (None, case.version):
        raise CaseMovedOn(case.id, case.version)
    q = _insist(context, case, request)
    _one_of(case, person, context)
    cases.lock(case)
    at = context.recorded_at()
    files = _destroyed(context, case, person, at)
    entry = Entry(
        action="erase",
        to=None,
        actor=q.actor,
        recorded_by=q.recorder.person,
        on=q.on,
        recorded_at=at,
        request_id=request.id,
        changes={ERASED.path(case.version + 1): _erased(q, person, request)},
        policy=case.policy_hash,
    )
    after, event = cases.record(cases.get(case.id), entry)
    return Erased(after, event, files)


def _erased(q: Question, person: str, request: Request) -> Mapping[str, Any]:
    """Return what the record keeps of an erasure."""
    by = {"on": q.on.isoformat(), "by": q.actor.person, "office": q.actor.office}
    return {**by, "person": person, **request.data, "confirmed": False}


def _destroyed(context: Context, case: Case, person: str, at: str) -> tuple[str, ...]:
    """Destroy the keys, values and index rows; return the files that no key opens any more."""
    before = (*_former(context, case), *_left(context, case)) if person == EVERYBODY else ()
    return tuple(dict.fromkeys((*erasing.destroy(context.connection, case.id, person, at), *before)))


def _former(context: Context, case: Case) -> tuple[str, ...]:
    """Return the former files of papers that were renamed, named by the SHA-256 of their bytes, where they still lie.

    Where a key is lost nobody knows their names: they are left to `doctor --sweep`.
    """
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
    return erasing.lying(context.files, case.county, _files_of(context, case, context.cases().history(case.id)))


def _files_of(context: Context, case: Case, events: Sequence[Event]) -> tuple[str, ...]:
    """Return the files whose keys the erasures among these events destroyed."""
    moments = [event.recorded_at for event in events if event.action == "erase"]
    return erasing.dropped(context.connection, case.county, moments, context.files) if moments else ()


def _insist(context: Context, case: Case, request: Request) -> Question:
    """Refuse an erasure that a guard bars; what is entered of who agreed is shared to the end."""
    if request.agreed_by:
        share(context.writing, case.county, [f"person/{request.agreed_by}"])
    q = question(context, case, request, context.road(case).beside.erasing)
    decision = decide(q)
    if not decision.allowed:
        raise GuardsNotMet("erase", decision.findings)
    return q


def _holds(written: Mapping[str, Any], done: Event, person: str, request: Request) -> bool:
    """Tell whether an erasure that was done is the one that is asked for; a reason that was erased since is not compared."""
    entry = written.get(ERASED.path(done.seq))
    if entry is None:
        return False
    asked = {"person": person, **request.data}
    return all(entry.get(name) == value or (name == "reason" and entry[name] is None) for name, value in asked.items())


def _one_of(case: Case, person: str, context: Context) -> None:
    """Refuse to erase somebody who is not of the household, or of whom a number no longer tells who it is."""
    if not re.fullmatch("all|head|member-[0-9]+", person):
        raise InputRefused(
            "请写明删除谁的信息：all、head 或 member-0 等。",
            "write whose values to erase: all, head, or member-0 and so on.",
        )
    if not erasing.has_values(context.connection, case.id, person):
        raise InputRefused(
            f"{case.id} 没有可删除的 {person} 的个人信息。", f"{case.id} has no personal values of {person} to erase."
        )
    changed = {path for event in context.cases().history(case.id) for path in event.changes}
    if person.startswith("member-") and any(path.startswith(HOUSEHOLD.path("members")) for path in changed):
        raise InputRefused(
            f"{case.id} 的家庭成员曾被更正，{person} 在各次登记中不是同一人；只能删除全户（all）。",
            f"the members of {case.id} were corrected, so {person} is not the same person in every entry; erase the "
            "whole household (all).",
        )


def forget(context: Context, erased: Erased, actor: Actor) -> tuple[str, ...]:
    """Take the files of an erasure away, once it is committed, in a transaction that writes; return those that are left.

    They are left where their folder does not list this database alone (`weigai db adopt`), or no store was given. No key
    opens them; `weigai doctor --sweep` takes them away later.
    """
    if not actor.covers(erased.case.unit):
        raise CaseNotFound(erased.case.id)
    if context.files is None or not erased.files:
        return erased.files
    try:
        places.require(context.connection, places.of_folder(context.files.root))
    except NotAdopted:
        return erased.files
    erasing.drop(context.writing, context.files, erased.case.county, erased.files)
    return ()
