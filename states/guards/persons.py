"""Guards on the persons who act: different persons, second persons, nobody on their own household."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..forms.form import missing
from .base import Answer, Question, firm, guard
from .confirming import counted_from, to_confirm
from .general import somebody_else

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..policy.guards import Upto
    from ..policy.sourced import Sourced

# What decides on a household (`Act.decides`), pays it, or settles a fact that such an act rests on.
_DECIDING = (
    "deliberation",
    "review",
    "meeting",
    "identity",
    "appraisal",
    "waiver",
    "approval",
    "preliminary",
    "final",
    "payment",
    "instalment",
    "reissue",
    "reasoned",
    "returning",
    "failing",
    "reopening",
    "unpaid",
    "confirmation",
    "answer",
    "appeal_answer",
    "exemption",
    "correction",
    "moving",
    "confirming",
    "denying",
)


@guard("move", "record", of_step=True, of_moment=True, needs=("took",), paired=True)
def different_person(q: Question, p: Sourced) -> Answer:
    """Nobody takes two steps of a case that are for two persons; who acted counts, in its whole history (R77)."""
    me = q.actor.person.casefold()
    hit = [(against.table, name) for against in q.act.against for name in against.others if me in _took(q, name)]
    table = min((t for t, _ in hit), key=lambda t: t.effect, default=q.act.against[0].table)  # "block" before "warn"
    steps = tuple(sorted({name for found, name in hit if found.effect == table.effect}))
    values = {"person": q.actor.person, "steps": steps}
    return Answer(not hit, values, by=table, effect="warn" if q.actor.trial else None)


def _took(q: Question, name: str) -> frozenset[str]:
    """Return who ever took an act on the case: as it stands on the record, and as the history has it."""
    step = q.case.record.acts.get(name)
    known = {str(entry["by"]).casefold() for entry in (*q.case.facts(name), *((step,) if step else ()))}
    took = (q.around and q.around.took) or {}
    return took.get(name, frozenset()) | known


@firm
@guard("move", "record", "opening", of_moment=True, needs=("second",))
def late_entry_agreed(q: Question, p: Upto) -> Answer:
    """What is entered later than the plan's days has a reason, and a second person agreed to it (R78).

    Counted from the day on which it happened, or that on which the case was opened: nothing can be entered before.
    """
    late = (q.today - max(q.on, q.case.act_on("open_case") or q.on)).days
    return _agreed(q, late, p)


@firm
@guard("posting", "taking_down", "reposting", "suspending", "resuming", "answer", of_moment=True, needs=("second",))
def shortening_agreed(q: Question, p: Upto) -> Answer:
    """What starts, stops or moves a period and is entered late shortens what is left of it: a second person agreed."""
    return _agreed(q, (q.today - counted_from(q)).days, p)


def _agreed(q: Question, late: int, p: Upto) -> Answer:
    """Say whether what is late has a reason and a second person; what the act itself wants, its own guards say."""
    other = q.data.agreed_by
    values: Mapping[str, Any] = {"late": late, "days": p.days, "agreed_by": other}
    if p.days is None or late <= p.days:
        return Answer(True, values)
    own = q.act.ordered and getattr(q.act.table, "second_person", False)
    waits = other is None and q.act.kind != "opening" and to_confirm(q)
    second = somebody_else(q, other, now=True) or own or waits
    why = bool(q.data.reason) or "reason" in missing(q.data)
    return Answer(second and why, values, effect="warn" if q.actor.trial or q.recorder.trial else None)


@firm
@guard(*_DECIDING, of_moment=True, needs=("own",))
def not_own_case(q: Question, p: Sourced) -> Answer:
    """Nobody decides, or agrees to, a case of their own household, of relatives, or of their own bank card (R77)."""
    deciding = {str(person).casefold() for person in (q.actor.person, q.data.agreed_by) if person}
    aside = {(person, "stepped_aside") for person in getattr(q.data, "stepped_aside", None) or ()}
    own = sorted({pair for pair in (*(q.around.own if q.around else ()), *aside) if pair[0].casefold() in deciding})
    values = {"persons": tuple(dict.fromkeys(person for person, _ in own)), "how": tuple(sorted({h for _, h in own}))}
    return Answer(not own, values, effect="warn" if q.actor.trial else None)
