"""Decide whether a running case can move to another policy, and what changes then.

The case's history is replayed under the new policy (see `whatif`): every step taken must hold there and not have come
too early, and the replay says in which state the case stands. So no step of the new policy is ever skipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..counting import publicity
from ..policy.sourced import Words
from ..policy.step_tables import Fact
from ..record import ACTS, APPROVED_FEN, FACTS, LINE, OPENS_ON, PUBLICITY, SUBSIDY_KIND, SUBSIDY_TERMS
from ..values import Finding
from .whatif import replay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..calendar import Calendar
    from ..case import Case
    from ..procedure.acts import Act
    from ..procedure.graph import Part, Procedure
    from ..values import Event
    from .whatif import Barred, WhatIf

_APPROVED = (APPROVED_FEN, LINE, SUBSIDY_KIND, SUBSIDY_TERMS)


def moving_offices(new: Procedure) -> tuple[str, ...]:
    """Return the offices that may put a case under a policy: those that approve under it."""
    return next((part.step.offices for part in new.road if part.kind == "approval"), new.road[-1].step.offices)


def moving_act(old: Procedure, new: Procedure) -> Act:
    """Return the act of moving: a second person agrees to it."""
    fact = Fact(
        id="move_policy",
        form="moving",
        offices=moving_offices(new),
        second_person=True,
        source=new.policy.source,
        silent=("offices", "second_person"),
    )
    return old.fact(fact)


class Moving:
    """A case, the policy that it would go by, and what the replay of its history there found.

    Args:
        states: states of the old policy by those of the new, where they are not the same.
    """

    def __init__(
        self,
        case: Case,
        events: Sequence[Event],
        old: Procedure,
        new: Procedure,
        calendar: Calendar,
        states: Mapping[str, str],
    ) -> None:
        self.case, self.new, self.calendar, self.states = case, new, calendar, states
        self.names = _names(old, new, states)
        self.found: WhatIf | None = None
        self.there = case
        if not self._unfit():
            self.found, self.there = replay(case, events, new, calendar, self.names)

    def findings(self) -> list[Finding]:
        """Return what bars the move, each thing by itself; nothing where it can be made."""
        if self.found is None:
            return [self._finding("policy_fits_case", {"why": self._unfit()})]
        found = self._state()
        for barred in self.found.barred:
            for finding in barred.findings:
                values = {"action": barred.action, "on": barred.on, "why": finding}
                told = self._finding("step_holds", values)
                effect = "warn" if self._lifted(barred, finding) else told.effect
                found.append(told._replace(rule=finding.rule, source=finding.source, silent=False, effect=effect))
        for moved in self.found.moved:
            found.append(self._finding("step_not_early", moved._asdict()))
        if any(self.case.record.get(name) != self.there.record.get(name) for name in _APPROVED):
            amounts = {"was_fen": self.case.fen(APPROVED_FEN), "fen": self.there.fen(APPROVED_FEN)}
            found.append(self._finding("approval_stands", amounts))
        return found

    def _lifted(self, barred: Barred, finding: Finding) -> bool:
        """Tell whether a bar is an exemption, or what one lifted: it stays a doubt that payment waits for, and no bar here."""
        rules = {entry["data"].get("rule") for entry in self.case.record.facts("exempt").values()}
        act = self.new.acts.get(barred.action)
        return finding.rule in rules or (act is not None and act.form == "exemption")

    def _unfit(self) -> Words | None:
        """Say why the policy cannot be the case's at all; nothing where it can."""
        county, intake = self.new.policy.county, self.case.record.intake
        if county != self.case.county:
            return Words(
                zh=f"它是 {county} 的方案，本户属 {self.case.county}",
                en=f"it is a policy of {county}, and the case belongs to {self.case.county}",
            )
        if self.new.hash == self.case.policy_hash:
            return Words(zh="本户已按该方案内容办理", en="the case already follows this content")
        if intake is not None and intake not in self.new.variants:
            return Words(zh=f"它没有 {intake} 这一受理方式", en=f"it has no intake {intake}")
        return None

    def _state(self) -> list[Finding]:
        expected = self.states.get(self.case.state, self.case.state)
        if expected == self.there.state:
            return []
        values = {
            "state": self.there.state,
            "expected": expected,
            "old": _as_written(self.case.state),
            "new": _as_written(self.there.state),
        }
        return [self._finding("state_follows", values)]

    def _finding(self, guard: str, values: Mapping[str, Any]) -> Finding:
        return Finding(guard, None, False, "block", self.new.policy.source, values)

    def changes(self, seq: int, entry: object) -> dict[str, object]:
        """Return what the move changes: names and ways back as the new policy has them, a running notice counted again.

        What was done stays as it was; a notice never ends earlier than it would have.
        """
        changes: dict[str, object] = {FACTS.path("move_policy", seq): entry}
        for name, kept in self.case.record.acts.items():
            called = self.names.get(name, name)
            now: Mapping[str, object] = self.there.record.acts.get(called, {})
            right = {key: now[key] for key in ("from", "resumes") if key in now and now[key] != kept.get(key)}
            if called == name:
                changes |= {ACTS.path(name, key): value for key, value in right.items()}
            else:
                changes |= {ACTS.path(name): None, ACTS.path(called): {**kept, **right}}
        return {**changes, **self._notices()}

    def _notices(self) -> dict[str, object]:
        changes: dict[str, object] = {}
        opens_on = None
        shown = self.case.record.publicity
        renamed = {f"{k}_publicity": f"{v}_publicity" for k, v in _levels(self.states).items()}
        for level, kept in shown.items():
            now = renamed.get(f"{level}_publicity", f"{level}_publicity").removesuffix("_publicity")
            step = self.new.levels.get(now)
            if step is None or self.there.state != f"{now}_publicity":
                continue
            spans = publicity.suspensions(self.case.record)
            counted = publicity.recounted(kept, step, spans, self.calendar)
            if now != level:
                changes[PUBLICITY.path(level)] = None
            changes[PUBLICITY.path(now)] = counted
            opens_on = counted["opens_on"]
        if opens_on != self.case.record.opens_on:
            changes[OPENS_ON] = opens_on
        return changes


def _as_written(name: str) -> Words:
    """Return an id that is said as it is, not by its label."""
    return Words(zh=name, en=name)


def _levels(states: Mapping[str, str]) -> dict[str, str]:
    tail = "_publicity"
    return {
        old.removesuffix(tail): new.removesuffix(tail)
        for old, new in states.items()
        if old.endswith(tail) and new.endswith(tail)
    }


def _names(old: Procedure, new: Procedure, states: Mapping[str, str]) -> dict[str, str]:
    """Return the actions that the new policy calls otherwise, by the states that they lead out of."""

    def parts(procedure: Procedure) -> dict[str, Part]:
        return {part.state: part for part in procedure.road}

    before, after = parts(old), parts(new)
    pairs = [(before[a].action, after[b].action) for a, b in states.items() if a in before and b in after]
    return {a: b for a, b in pairs if a not in new.acts and b not in old.acts}
