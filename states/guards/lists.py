"""Guards on a list of cases: on which day, by which office, and by another person than before it is made or marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..actor import NEVER_ACT
from ..policy.sourced import Sourced
from .base import Answer, built_in
from .general import not_in_future

if TYPE_CHECKING:
    from .base import Matter

_READERS_CHANGE_NOTHING = Sourced(source="weigai", rule="R58")


class Sender(NamedTuple):
    """The person and the office that sent a list."""

    person: str
    office: str


@built_in("list", name="office_may_act")
def office_does_more_than_read(q: Matter, p: Sourced) -> Answer:
    """Whoever makes or marks a list, and whoever enters it, holds an office that does more than read (R58)."""
    reading = next((who.office for who in (q.actor, q.recorder) if who.office in NEVER_ACT), None)
    values = {"office": reading or q.actor.office, "offices": q.act.offices}
    return Answer(reading is None, values, by=_READERS_CHANGE_NOTHING)


@built_in("list", name="office_may_act")
def office_acts_under_plan(q: Matter, p: Sourced) -> Answer | None:
    """The office takes acts under the policy of the cases; of an office that only reads another guard answers."""
    if q.procedure is None or q.actor.office in NEVER_ACT:
        return None
    acting = {office for act in q.procedure.acts.values() for office in act.offices}
    offices = tuple(sorted(acting - NEVER_ACT))
    values = {"office": q.actor.office, "offices": offices}
    return Answer(q.actor.office in offices, values, who=offices, by=q.procedure.beside.whole)


@built_in("list")
def received_by_another(q: Matter, p: Sourced) -> Answer | None:
    """Somebody else in another office than the sender receives a list: the deadline of the hand-over rests on it.

    In a trial county one person holds every office, and receives what they sent.
    """
    sender: Sender | None = q.around
    if sender is None or q.actor.trial:
        return None
    another = q.actor.person.casefold() != sender.person.casefold() and q.actor.office != sender.office
    values = {"person": q.actor.person, "sent_by": sender.person, "office": sender.office}
    return Answer(another, values, who=tuple(office for office in q.act.offices if office != sender.office))


built_in("list")(not_in_future)
