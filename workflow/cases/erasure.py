"""Erase the personal values of a household when their time is over: keys, values, index rows and files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.log.entry import Entry
from ...db.log.streams import share
from ...db.register.offices import held_by
from ...db.vault import erasure as erasing
from ...db.vault import places
from ...db.vault.erasure import EVERYBODY
from ...db.vault.papers import of_stream
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
from ...states.guards.privacy import Erasure, may_erase
from ..context import fresh_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ...states.actor import Actor
    from ...states.case import Case
    from ...states.values import Event
    from ..context import Asked, Context


class Erased(NamedTuple):
    """An erased case, its event, and the files to which no row refers any more: `Approvals.forget` deletes them."""

    case: Case
    event: Event
    files: tuple[str, ...]


def erase(
    context: Context, case_id: str, person: str, asked: Asked, expect_version: int | None, request_id: str | None
) -> Erased:
    """Destroy what is personal of a household: data keys, values, salts and index rows, and with "all" papers and photographs.

    Raises:
        GuardsNotMet: the office, a second person or the reason is missing, the case has not ended, its file is still
            to be kept (a policy without a time keeps it for ever), or the day lies in the future.
        InputRefused: there is nothing of that person to erase, or members were corrected, so that a number means another.
        CaseNotFound, CaseMovedOn, RequestReused, KeysMissing.
    """
    cases, request = context.cases(writing=True), request_id or fresh_request()
    case = cases.listed(case_id, asked.recorder.units)  # one whose key is lost is erased too
    if not asked.actor.covers(case.unit):
        raise CaseNotFound(case_id)
    told = {"by": asked.actor.person, "office": asked.actor.office, "person": person, **asked.data}
    if (done := cases.find_request(case.id, request)) is not None:
        if not _same(cases.revealed_changes(case, done).get(f"erased/{done.seq}"), told, asked, done):
            raise RequestReused(request)
        return Erased(case, done, _files_of(context, case, [done]) if person == EVERYBODY else ())
    if expect_version not in (None, case.version):
        raise CaseMovedOn(case.id, case.version)
    day = asked.on or context.today()
    _insist(context, case, asked, day)
    _one_of(case, person, context)
    cases.lock(case)
    at = context.recorded_at()
    files = _destroyed(context, case, person, at)
    entry = Entry(
        action="erase",
        to=None,
        actor=asked.actor,
        recorded_by=asked.recorder.person,
        on=day,
        recorded_at=at,
        request_id=request,
        changes={f"erased/{case.version + 1}": {"on": day.isoformat(), **told}},
        policy=case.policy_hash,
    )
    after, event = cases.record(cases.get(case.id), entry)
    return Erased(after, event, files)


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


def _insist(context: Context, case: Case, asked: Asked, day: date) -> None:
    """Refuse an erasure that a guard bars; what is entered of who agreed is shared to the end."""
    agreed_by = asked.data["agreed_by"]
    if agreed_by:
        share(context.writing, case.county, [f"person/{agreed_by}"])
    known = may_agree(held_by(context.connection, case.county, agreed_by, day))
    erasure = Erasure(asked.actor, asked.recorder, agreed_by, known, asked.data["reason"], day, context.today())
    findings = may_erase(case, context.road(case), erasure)
    if any(not finding.ok for finding in findings):
        raise GuardsNotMet("erase", findings)


def _same(entry: Mapping[str, Any] | None, told: Mapping[str, Any], asked: Asked, done: Event) -> bool:
    """Tell whether an erasure that was done is the one that is asked for; a reason that was erased since is not compared."""
    if done.action != "erase" or entry is None or done.recorded_by != asked.recorder.person:
        return False
    before = {**entry, "reason": told["reason"] if entry["reason"] is None else entry["reason"]}
    return before == {**told, "on": entry["on"] if asked.on is None else asked.on.isoformat()}


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
    if person.startswith("member-") and any(path.startswith("household/members") for path in changed):
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
