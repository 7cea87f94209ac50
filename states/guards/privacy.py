"""Guards on personal values: who may see them, and when they may be erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..actor import READERS
from ..calendar import years_after
from ..values import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from ..actor import Actor
    from ..case import Case
    from ..policy.tables import Retention
    from ..procedure.graph import Procedure


def unmasking_offices(procedure: Procedure) -> tuple[str, ...]:
    """Return the offices that may see personal values in the clear: the policy's, else those that act under it."""
    named = procedure.policy.privacy
    if named is not None:
        return named.unmask
    return tuple(sorted({office for act in procedure.acts.values() for office in act.offices} | READERS))


def may_unmask(procedure: Procedure, actor: Actor, reason: str | None) -> list[Finding]:
    """Say whether somebody may see a household's personal values: the office has the right, and there is a reason."""
    offices = unmasking_offices(procedure)
    table = procedure.policy.privacy
    source = table.source if table else procedure.policy.source
    right = {"office": actor.office, "offices": offices}
    return [
        Finding("unmasking_allowed", None, actor.office in offices, "block", source, right, None, offices),
        Finding("reason_given", None, bool((reason or "").strip()), "block", source, {}, None, offices),
    ]


def may_unmask_under(procedures: Iterable[Procedure], actor: Actor, reason: str | None) -> list[Finding]:
    """Say the same of what several policies concern: each has to give the right; what they find alike is told once."""
    found = [finding for procedure in procedures for finding in may_unmask(procedure, actor, reason)]
    return list({(f.guard, f.source, f.ok): f for f in found}.values())


class Erasure(NamedTuple):
    """What is asked: who erases, who enters it, who agreed (with whether that person is known), why, on which day; and today."""

    actor: Actor
    recorder: Actor
    agreed_by: str | None
    known: bool
    reason: str | None
    on: date
    today: date


def may_erase(case: Case, procedure: Procedure, asked: Erasure) -> list[Finding]:
    """Say whether a household's personal values may be erased: ended, past every duty to keep, by two persons.

    Nobody enters it for another, since no paper of it stays. A policy that says nothing on how long a file is kept leaves it undetermined: then it is not erased (R66, R78).
    """
    table = procedure.policy.privacy
    offices = table.erase if table else ()
    source = table.source if table else procedure.policy.source

    def blocking(guard: str, ok: bool, values: Mapping[str, object]) -> Finding:
        return Finding(guard, None, ok, "block", source, values, None, offices)

    office = {"office": asked.actor.office, "offices": offices}
    own_hand = (asked.recorder.person, asked.recorder.office) == (asked.actor.person, asked.actor.office)
    entered = {"recorder": asked.recorder.office, "office": asked.actor.office}
    day = {"on": asked.on, "today": asked.today}
    other = asked.agreed_by and asked.agreed_by.casefold() != asked.actor.person.casefold()
    return [
        blocking("erasing_allowed", asked.actor.may_act_as(offices), office),
        blocking("by_own_hand", own_hand, entered),
        blocking("case_ended", case.closed, {"state": case.state}),
        blocking("not_in_future", asked.on <= asked.today, day),
        _retention_over(case, procedure, asked.on, source, offices),
        blocking("second_person_agreed", bool(other) and asked.known, {"agreed_by": asked.agreed_by}),
        blocking("reason_given", bool((asked.reason or "").strip()), {}),
    ]


def _retention_over(case: Case, procedure: Procedure, on: date, source: str, offices: tuple[str, ...]) -> Finding:
    """Say whether the time is over for which the file is kept; `source` is cited where the policy names no such time."""
    kept, ended = _retention(case, procedure), _ended_on(case)
    until = years_after(ended, kept.years) if ended and kept else None
    over = until is not None and on > until
    open_ = until if until and on <= until else None
    values = {"state": case.state, "until": until}
    rule, cited, silent = (kept.rule, kept.source, bool(kept.silent)) if kept else (None, source, False)
    return Finding("retention_over", rule, over, "block", cited, values, open_, offices, silent)


def _retention(case: Case, procedure: Procedure) -> Retention | None:
    return next((kept for kept in procedure.policy.retention if case.state in kept.states), None)


def _ended_on(case: Case) -> date | None:
    return case.last_move_on if case.closed else None
