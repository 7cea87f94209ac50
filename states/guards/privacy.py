"""Who may see personal values in the clear, and when they are erased: findings, like those of every other act."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..actor import READERS
from ..calendar import years_after
from ..values import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable
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
    table, kept = procedure.policy.privacy, _retention(case, procedure)
    offices = table.erase if table else ()
    source = table.source if table else procedure.policy.source
    ended = _ended_on(case)
    until = years_after(ended, kept.years) if ended and kept else None
    other = asked.agreed_by and asked.agreed_by.casefold() != asked.actor.person.casefold()
    office = {"office": asked.actor.office, "offices": offices}
    values = {"state": case.state, "until": until}
    own = kept.source if kept else source
    open_ = until if until and asked.on <= until else None
    over = until is not None and asked.on > until
    own_hand = (asked.recorder.person, asked.recorder.office) == (asked.actor.person, asked.actor.office)
    entered = {"recorder": asked.recorder.office, "office": asked.actor.office}
    day = {"on": asked.on, "today": asked.today}
    return [
        Finding("erasing_allowed", None, asked.actor.may_act_as(offices), "block", source, office, None, offices),
        Finding("by_own_hand", None, own_hand, "block", source, entered, None, offices),
        Finding("case_ended", None, case.closed, "block", source, {"state": case.state}, None, offices),
        Finding("not_in_future", None, asked.on <= asked.today, "block", source, day, None, offices),
        Finding(
            "retention_over",
            kept.rule if kept else None,
            over,
            "block",
            own,
            values,
            open_,
            offices,
            bool(kept and kept.silent),
        ),
        Finding(
            "second_person_agreed",
            None,
            bool(other) and asked.known,
            "block",
            source,
            {"agreed_by": asked.agreed_by},
            None,
            offices,
        ),
        Finding("reason_given", None, bool((asked.reason or "").strip()), "block", source, {}, None, offices),
    ]


def _retention(case: Case, procedure: Procedure) -> Retention | None:
    return next((kept for kept in procedure.policy.retention if case.state in kept.states), None)


def _ended_on(case: Case) -> date | None:
    return case.last_move_on if case.closed else None
