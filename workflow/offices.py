"""Find which offices may take an act, for programs that choose an office for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..db.duties import record_of
from ..states.errors import NotFound
from ..states.replay.move_policy import moving_offices
from ..states.values import Decision
from .arguments import checked
from .scoped import scoped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..states.actor import Actor
    from ..states.case import Case
    from ..states.errors import GuardsNotMet
    from .context import Context


class Offices:
    """The offices that may take an act. This is not yet a permission: `Approvals.check` judges the act itself."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @checked
    def for_act(self, case: Case, action: str) -> tuple[str, ...]:
        """Return the offices that may take an action or record a fact in the case's state; none where there is no such act."""
        road = self._context.road(case)
        return road.act(case.state, action).offices if action in road.acts else ()

    @checked
    def by_action(self, case: Case) -> Mapping[str, tuple[str, ...]]:
        """Return every action of the case's state with the offices that may take it, the main procedure's actions first."""
        road = self._context.road(case)
        return {action: road.act(case.state, action).offices for action in road.actions(case.state)}

    @checked
    def to_open(self, policy: str, *, intake: str | None = None) -> tuple[str, ...]:
        """Return the offices that may open a case under a policy: those of its first action, or of the intake.

        Raises:
            NotFound, InputRefused, PolicyRefused: there is no such policy, or it cannot be used.
        """
        procedure = self._context.library.procedure(policy)
        return procedure.variants.get(intake or "", procedure).beside.opening.offices

    @checked
    def to_move(self, policy: str) -> tuple[str, ...]:
        """Return the offices that may move a running case to a policy. It raises what `to_open` raises."""
        return moving_offices(self._context.library.procedure(policy))

    @checked
    def to_unmask(self, case: Case) -> tuple[str, ...]:
        """Return the offices that may see the personal values of a case without a mask."""
        return self._context.road(case).beside.unmasking.offices

    @checked
    def to_erase(self, case: Case) -> tuple[str, ...]:
        """Return the offices that may erase the personal values of a case; none if its policy names none."""
        return self._context.road(case).beside.erasing.offices

    @checked
    def to_confirm(self, case: Case) -> tuple[str, ...]:
        """Return the offices that may confirm what waits on a case for a second person."""
        return self._context.road(case).beside.confirming.offices

    @scoped
    def to_unmask_record(self, unit: str, seq: int, *, actor: Actor) -> tuple[str, ...]:
        """Return the offices that may see the remarks of record number `seq` of a unit in the clear.

        Raises:
            NotFound: there is no such record in the actor's area.
        """
        record = record_of(self._context.connection, actor.units, self._context.keys, unit, seq)
        if not record.policies:
            raise NotFound(unit)
        return self._context.procedure(next(iter(record.policies.values()))).beside.unmasking.offices

    @checked
    def for_lists(self, unit: str) -> tuple[str, ...]:
        """Return the office that makes, sends and receives the lists of a unit: county, township or village."""
        return ({6: "county", 9: "township"}.get(len(unit), "village"),)

    @checked
    def refused(self, case: Case, action: str, error: GuardsNotMet) -> Decision:
        """Return an action that was refused as a decision: where it leads, every finding, which offices may take it."""
        to = self._context.road(case).target(case, action)
        return Decision(action, to, False, error.findings, self.for_act(case, action))
