"""The acts of a policy beside its road: the opening of a case, an unmasking, an erasure, a second person's word, the duties of units."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..actor import READERS
from ..policy.sourced import Sourced
from .acts import Act

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..policy.step_tables import Intake
    from ..policy.tables import Duty, Policy
    from .acts import Acts


ASK, CONFIRM, DENY = "request_confirmation", "confirm_request", "deny_request"
ASKED = frozenset({ASK, CONFIRM, DENY})  # what becomes of an act that waits for a second person
# Names of the acts on a case that no policy makes. A new policy gives them to nothing of its own.
BESIDE = frozenset({"open_case", "unmask", "erase", "move_policy", *ASKED})


class _ByTwo(Sourced):
    """What an act cites that a second person agrees to under every policy."""

    second_person: bool = True


class BesideRoad:
    """The acts beside the road of one policy, each with the guards of its kind and its papers."""

    def __init__(self, policy: Policy, make: Acts, acts: Collection[Act], first: Act, intake: Intake | None) -> None:
        self._policy, self._make, self._acts, self._first, self._intake = policy, make, acts, first, intake

    @cached_property
    def whole(self) -> Sourced:
        """Return the policy as a table: cited by a finding that rests on none of its clauses."""
        return Sourced(source=self._policy.source)

    @cached_property
    def opening(self) -> Act:
        """Return the act that opens a case, by the offices of the intake, else of the road's first step."""
        table = (self._intake or self._first.table).model_copy(update={"silent": ()})
        offices = self._intake.offices if self._intake else self._first.offices
        return self._make.beside(_act("open_case", "opening", table, offices)._replace(form=self._first.form))

    @cached_property
    def unmasking(self) -> Act:
        """Return the act of seeing personal values in the clear, by the policy's offices, else by those that act or read."""
        privacy = self._policy.privacy
        acting = {office for act in self._acts for office in act.offices}
        offices = privacy.unmask if privacy else tuple(sorted(acting | READERS))
        act = _act("unmask", "unmasking", self._cited, offices)
        return self._make.beside(act._replace(office_guard="unmasking_allowed", reads=True))

    @cached_property
    def erasing(self) -> Act:
        """Return the act of erasing a household's personal values, by the policy's offices: none where it names none."""
        privacy = self._policy.privacy
        table = _ByTwo(source=self._cited.source)
        act = _act("erase", "erasing", table, privacy.erase if privacy else ())
        return self._make.beside(act._replace(office_guard="erasing_allowed"))

    @cached_property
    def confirming(self) -> Act:
        """Return the act by which a second person confirms what waits, by the policy's offices, else by those that act."""
        table = self._policy.guards.second_person_confirmed
        acting = tuple(sorted({office for act in self._acts for office in act.offices}))
        offices = (table and table.offices) or acting
        cited = Sourced(source=table.source, rule=table.rule) if table else self.whole
        return self._make.beside(_act(CONFIRM, "confirming", cited, offices)._replace(form="confirming"))

    @cached_property
    def denying(self) -> Act:
        """Return the act by which what waits ends, for the offices that may confirm; a guard lets who asked for it, too."""
        same = self.confirming
        act = _act(DENY, "denying", same.table, same.offices)
        return self._make.beside(act._replace(form="confirming", office_guard=None))

    @cached_property
    def _cited(self) -> Sourced:
        """Return the policy's clause on personal values, which the acts on them cite; without such a clause, the policy itself."""
        return Sourced(source=self._policy.privacy.source) if self._policy.privacy else self.whole

    @cached_property
    def on_case(self) -> dict[str, Act]:
        """Return the acts beside the road that are taken on a case, by name."""
        return {act.name: act for act in (self.unmasking, self.erasing, self.confirming, self.denying)}

    def duty(self, duty: Duty) -> Act:
        """Return the act by which a unit meets a duty of the policy; a guard of the act asks its office."""
        clause = Sourced(source=duty.source, rule=duty.rule)  # without the effect of the duty's own table
        act = _act(str(duty.action), "duty", clause, duty.offices)
        return self._make.beside(act._replace(form="unit_record", office_guard=None))


def _act(name: str, kind: str, table: Sourced, offices: tuple[str, ...]) -> Act:
    return Act(name, kind, "noted", table, None, offices, False, False, None, (), (), frozenset(), ordered=False)
