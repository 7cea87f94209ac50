"""Guards on every act: its day, the person who enters it, and the extra needs of unusual acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..actor import NEVER_ACT, may_agree
from ..units import inside
from .base import REGISTRY, Answer, Question, guard
from .confirming import to_confirm

if TYPE_CHECKING:
    from ..policy.guards import Upto
    from ..policy.sourced import Sourced
    from ..policy.step_tables import Fact, Intake, Way
    from ..values import Doubt


@guard("move", "record", "opening", "erasing", "duty", of_step=True, of_moment=True)
def not_in_future(q: Question, p: Sourced) -> Answer | bool:
    """Nothing is entered before it happened."""
    return Answer(q.on <= q.today, {"on": q.on, "today": q.today}, opens_on=None if q.on <= q.today else q.on)


@guard("move", of_step=True, of_moment=True)
def in_order(q: Question, p: Sourced) -> Answer | None:
    """No act lies before the one that it rests on."""
    last = q.case.last_move_on
    return None if last is None else Answer(q.on >= last, {"on": q.on, "last": last})


@guard("move", "record", "opening", of_moment=True)
def entered_in_time(q: Question, p: Upto) -> Answer:
    """What happens is entered within the plan's days; later entry is flagged."""
    late = (q.today - q.on).days
    return Answer(p.days is None or late <= p.days, {"late": late, "days": p.days})


@guard("move", of_step=True, of_moment=True)
def in_stage(q: Question, p: Sourced) -> Answer | None:
    """An act falls into the stage of the year that the plan has for it (R16)."""
    stage = q.procedure.stages.get(q.act.name)
    if stage is None:
        return None
    values = {"on": q.on, "first": stage.first, "last": stage.last}
    return Answer(stage.first <= q.on <= stage.last, values, by=stage)


@guard("move", "record", "opening", "duty", of_step=True, of_moment=True)
def recorder_may_enter(q: Question, p: Sourced) -> Answer | bool:
    """An office that works on paper is entered only by an office that the policy allows, with the paper attached."""
    if q.recorder is q.actor or (q.recorder.person, q.recorder.office) == (q.actor.person, q.actor.office):
        return True
    may = q.procedure.records_for.get(q.recorder.office, ()) if q.recorder.office not in NEVER_ACT else ()
    allowed = q.actor.office in may
    values = {
        "recorder": q.recorder.office,
        "office": q.actor.office,
        "allowed": allowed,
        "paper": bool(q.documents),
    }
    area = q.act.kind in ("opening", "duty") or q.recorder.covers(q.unit)  # there `unit_in_area` says it
    return Answer(allowed and bool(q.documents) and area, values)


@guard("way", of_step=True, mended_by="record_contact")
def contacts_made(q: Question, p: Way) -> Answer | None:
    """A household refuses only after it was talked to as often as the plan wants (R13)."""
    if p.contacts is None:
        return None
    days = {entry["on"] for entry in q.case.facts("record_contact")}
    return Answer(len(days) >= p.contacts, {"made": len(days), "wanted": p.contacts})


@guard("way", "record", "opening", "erasing", of_step=True, of_moment=True, needs=("second",), where="second_person")
def second_person_agreed(q: Question, p: Way | Fact | Intake) -> Answer | None:
    """Where the plan wants a second person, somebody else agreed, who neither acted nor entered it.

    With an intake of two offices that is somebody who holds another one of them for the village (R15).
    """
    other = getattr(q.data, "agreed_by", None)
    if other is None and q.act.kind not in ("opening", "erasing") and to_confirm(q):
        return None  # `second_person_confirmed` says it
    now = bool(getattr(q.data, "confirmed", None))
    return Answer(
        somebody_else(q, other, now=now) and (q.act.kind != "opening" or _of_another(q, p.offices)),
        {"agreed_by": other},
    )


def _of_another(q: Question, offices: tuple[str, ...]) -> bool:
    """Tell whether the second person holds another one of these offices over the village; True where there is no register."""
    held = q.around.second if q.around else None
    return held is None or any(
        office in offices and office != q.actor.office and inside(q.unit, units) for office, units in held
    )


def somebody_else(q: Question, other: str | None, *, now: bool = False) -> bool:
    """Tell whether a person named is another one than who acts and who enters it, and known where there is a register.

    Somebody holds an office that may change something on the day of the act; `now`: today, on which it is entered.
    """
    held = (q.around.second_now if now else q.around.second) if q.around else None
    known = may_agree(held)
    same = {q.actor.person.casefold(), q.recorder.person.casefold()}
    return bool(other) and str(other).casefold() not in same and known


@guard("upward", "instalment", "reissue", of_step=True, mended_by="resume", of_moment=True)
def not_suspended(q: Question, p: Sourced) -> Answer | None:
    """A suspended case does not go on; it can still be ended."""
    held = q.case.record.suspended
    return Answer(False, {"since": held["on"]}) if held else None


@guard("upward", mended_by="attach", of_moment=True)
def rejected_papers_resent(q: Question, p: Sourced) -> Answer | None:
    """Papers that were marked as rejected were sent again before the case goes on (R53)."""
    again = frozenset(d.kind for d in q.documents)
    absent = tuple(kind for kind in q.case.rejected if kind not in again)
    return Answer(False, {"papers": absent}) if absent else None


@guard("upward", "instalment", "reissue", "resale", mended_by="correct", of_moment=True)
def corrected_facts_hold(q: Question, p: Sourced) -> Answer | None:
    """What was decided still holds on the facts as corrected; else approval and payment wait, the rest is flagged."""
    doubts = [doubt for key, doubt in q.case.record.doubts.items() if not _exempted(q, key, doubt)]
    if not doubts:
        return None
    rules = tuple(sorted({str(d["rule"] or d["guard"]) for d in doubts}))
    blocks = q.act.kind in ("approval", "payment") or q.act.form in ("instalment", "reissue", "resale")
    return Answer(False, {"rules": rules}, effect="block" if blocks else None)


def _exempted(q: Question, key: str, doubt: Doubt) -> bool:
    """Tell whether an exemption covers a doubt: the guard is not of the floor, and the exemption holds for its step."""
    told = REGISTRY.get(doubt["guard"])
    if told is None or not told.liftable or doubt["rule"] not in q.procedure.exempting.lifts:
        return False
    granted = q.case.exemptions(q.on, key.partition(":")[0], taken=True)
    return any(data.get("rule") == doubt["rule"] for _, data in granted)


@guard(
    "upward", "instalment", "reissue", "resale", of_step=True, mended_by="correct", of_moment=True, needs=("lifted",)
)
def floor_kept(q: Question, p: Sourced) -> Answer | None:
    """No step rests on an exemption from what nobody is exempted from; else approval and payment wait, the rest is flagged."""
    lifted = q.around.lifted if q.around else ()
    if not lifted:
        return None
    rules = tuple(sorted({str(f.rule or f.guard) for f in lifted}))
    blocks = q.act.kind in ("approval", "payment") or q.act.form in ("instalment", "reissue", "resale")
    return Answer(False, {"rules": rules}, effect="block" if blocks else "warn")
