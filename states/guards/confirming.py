"""Guards on the second person who confirms an act from their own login, and on what ends it before (R77)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..counting.money import moves_money
from .base import Answer, firm, guard

if TYPE_CHECKING:
    from datetime import date

    from ..policy.guards import Confirmed
    from ..policy.sourced import Sourced
    from ..values import PendingEntry
    from .base import Question


@firm
@guard("move", "record", of_moment=True, needs=("second",))
def second_person_confirmed(q: Question, p: Confirmed) -> Answer | None:
    """What exempts, shortens a period or corrects money takes effect once a second person has confirmed it (R77)."""
    if not to_confirm(q):
        return None
    offices = q.procedure.beside.confirming.offices
    named = q.data.agreed_by
    return Answer(
        bool(q.data.confirmed),
        {"agreed_by": named, "for": (named,) if named else offices},
        who=offices,
        effect="wait",
    )


def to_confirm(q: Question) -> bool:
    """Tell whether the plan wants an act confirmed by its second person; who agrees need not be named then."""
    table = q.procedure.policy.guards.second_person_confirmed
    return table is not None and table.confirmed and (q.act.form == "exemption" or _touches_money(q) or _shortens(q))


def _touches_money(q: Question) -> bool:
    found = q.around.corrected if q.around and q.act.form == "correction" else None
    return found is not None and moves_money(q.case.record, found.changes)


def _shortens(q: Question) -> bool:
    """Tell whether an act leaves less of a period; one person of a trial county is only warned."""
    table = q.procedure.policy.guards.shortening_agreed
    asked = table is not None and any(one.guard.name == "shortening_agreed" for one in q.act.guards)
    if not asked or table is None or table.days is None or q.actor.trial or q.recorder.trial:
        return False
    return (q.today - counted_from(q)).days > table.days


def counted_from(q: Question) -> date:
    """Return from when on a period counts: a notice's from the last of its places on."""
    days = getattr(q.data, "posted", None) or {}
    places = getattr(q.data, "places", None) or ()
    whole = set(places) >= set(getattr(q.act.table, "places", ()))
    last: date = max(days.get(place, q.on) for place in places) if whole and places else q.on
    return max(q.on, last)


@guard("confirming", "denying", of_step=True, of_moment=True)
def request_waits(q: Question, p: Sourced) -> Answer:
    """What is confirmed or denied waits on this case."""
    return Answer(_asked(q) is not None, {"number": q.data.request})


@guard("confirming", of_step=True, of_moment=True)
def not_own_request(q: Question, p: Sourced) -> Answer | None:
    """Nobody confirms what they asked for or entered themselves (R77)."""
    asked = _asked(q)
    return None if asked is None else Answer(not _own(q, asked), {"person": q.actor.person})


@guard("confirming", of_step=True, of_moment=True)
def confirmed_as_named(q: Question, p: Sourced) -> Answer | None:
    """Where the first person named the second, that person confirms."""
    asked = _asked(q)
    named = asked["data"].get("agreed_by") if asked else None
    return None if named is None else Answer(_same(named, q.actor.person), {"agreed_by": named})


@guard("denying", of_step=True, of_moment=True)
def denial_allowed(q: Question, p: Sourced) -> Answer:
    """An office that may confirm denies a request. Who asked for it, or entered it, takes it back."""
    asked = _asked(q)
    own = asked is not None and _own(q, asked)
    return Answer(own or q.actor.may_act_as(q.act.offices), {"office": q.actor.office, "offices": q.act.offices})


def _asked(q: Question) -> PendingEntry | None:
    return q.case.record.pending.get(str(q.data.request))


def _own(q: Question, asked: PendingEntry) -> bool:
    return any(_same(asked[name], q.actor.person) for name in ("by", "recorded_by"))


def _same(one: object, other: str) -> bool:
    return str(one).casefold() == other.casefold()
