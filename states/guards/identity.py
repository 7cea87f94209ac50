"""Guards on who confirms the household's identity (R23, R25-R28)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ..policy.sourced import Sourced
from ..record import HOUSEHOLD
from .base import Answer, Question, firm, guard

if TYPE_CHECKING:
    from ..policy.guards import Of
    from ..policy.step_tables import Step
    from ..policy.tables import ClassRule


def _words(q: Question) -> dict[str, bool]:
    """Return each authority's latest word up to the act's day, or after it was accepted: True confirmed, False denied."""
    on, changed, accepted = q.on.isoformat(), _changed(q), q.case.record.act_seq("accept_identity")
    said: list[tuple[str, int, str, bool]] = []
    for fact, word in (("confirm_identity", True), ("deny_identity", False)):
        for seq, entry in q.case.record.facts(fact).items():
            if int(seq) > changed and (entry["on"] <= on or 0 < accepted < int(seq)):
                said.append((entry["on"], int(seq), entry["data"].get("authority", ""), word))
    return {authority: word for _, _, authority, word in sorted(said)}


def _changed(q: Question) -> int:
    """Return the number of the last correction of who the household is; what was said before it was of another."""
    who = {HOUSEHOLD.path(name) for name in ("classes", "head", "members", "no_house")}
    facts = q.case.record.facts("correct")
    return max((int(seq) for seq, e in facts.items() if who & set(e["data"].get("changed", ()))), default=0)


@lru_cache(maxsize=256)
def _by(rule: ClassRule) -> Sourced:
    return Sourced(source=rule.identity_source, rule=rule.identity_rule)


@guard("identity", of_step=True, mended_by="confirm_identity")
def identity_confirmed(q: Question, p: Step) -> Answer:
    """Every authority that the household's class needs has confirmed it (R25-R27)."""
    words = _words(q)
    open_groups: dict[str, tuple[str, ...]] = {}
    for name, rule in q.procedure.classes.items():
        if name in q.case.classes:
            open_groups[name] = tuple(
                "|".join(group) for group in rule.confirmed_by if not any(words.get(a) for a in group)
            )
    denied = tuple(sorted(a for a, word in words.items() if not word))
    settled = [not missing for missing in open_groups.values()]
    ok = bool(settled) and (any(settled) if p.classes_confirmed == "any" else all(settled))
    open_class = next((name for name, missing in open_groups.items() if missing), None)
    by = q.procedure.classes.get(open_class if not ok and open_class else next(iter(open_groups), ""))
    who = tuple(dict.fromkeys(a for m in open_groups.values() for group in m for a in group.split("|")))
    values = {"missing": open_groups.get(open_class or "", ()), "denied": denied}
    return Answer(ok, values, who=who, by=_by(by) if by else None)


@firm
@guard("identity", mended_by="confirm_identity")
def no_house_confirmed(q: Question, p: Of) -> Answer | None:
    """A no-house household is surveyed by the township and confirmed by the poverty office (R23)."""
    if not q.case.no_house:
        return None
    spoke = {
        entry["data"].get("authority")
        for entry in q.case.facts("confirm_identity")
        if entry["data"].get("no_house_confirmed") and entry["on"] <= q.on.isoformat()
    }
    absent = tuple(authority for authority in p.all if authority not in spoke)
    days = [entry["on"] for entry in q.case.facts("record_survey")] + [q.case.household.get("surveyed_on")]
    surveyed = any(day and day <= q.on.isoformat() for day in days)
    return Answer(not absent and surveyed, {"missing": absent, "surveyed": surveyed}, who=absent)


@guard("confirmation", of_step=True)
def authority_speaks(q: Question, p: Sourced) -> Answer | None:
    """An authority speaks for itself only (R25-R27)."""
    authority = q.data.authority
    if authority is None:
        return None
    needs = [
        c for c in q.procedure.policy.classes if c.id in q.case.classes and any(authority in g for g in c.confirmed_by)
    ]
    values = {"authority": authority, "office": q.actor.office}
    return Answer(q.actor.office == authority, values, who=(authority,), by=_by(needs[0]) if needs else None)
