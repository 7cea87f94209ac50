"""The reports on the whole record: budget, progress, the log, and its verification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...db.cases.policies import in_use, kept
from ...db.reports.counts import latest, lines
from ...states.errors import InputRefused
from ..actors import seen_by
from ..evidence.evidence import Evidence
from ..exchange.reconcile import reconcile
from ..policies.plans import unusable, usable
from ..scoped import scoped
from .attempts import Attempt, read, write
from .budget import of_line
from .overdue import overdue
from .policies import policies
from .progress import progress
from .shares import exemptions, quotas, refusals, spending
from .simulation import simulate
from .suspicions import KINDS, Limits, suspicions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from ...db.audit.verify import Verified
    from ...states.actor import Actor
    from ...states.calendar import Calendar
    from ...states.procedure.graph import Procedure
    from ...states.replay.suspicions import Suspicion
    from ...states.values import Event
    from ..context import Context
    from ..exchange.reconcile import Payment
    from .simulation import Simulation


class Records:
    """Reports over the cases of an area, and the verification of the whole record."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @scoped
    def budget(self, *, actor: Actor, policy: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return, per policy and budget line, what was planned, approved, paid and is left, in fen."""
        rows = lines(self._context.connection, actor.units)
        report = []
        for procedure in self._procedures(actor, policy):
            own = [r for r in rows if r["policy_id"] == procedure.policy.id]
            report += [of_line(procedure, line, own) for line, _ in procedure.lines]
        return report

    @scoped
    def spending(self, by: str, *, actor: Actor, policy: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return what was approved and paid by "unit" (township), "class", "grade" or "mode", in fen (R8, R9, R11)."""
        return spending(self._context, actor, by, policy)

    @scoped
    def quotas(self, *, actor: Actor, policy: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the planned and approved households per quota, with the number left or over (R8, R11)."""
        return quotas(self._context, actor, self._procedures(actor, policy))

    @scoped
    def refusals(self, *, actor: Actor, policy: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the households that refused, with talks and papers: the poverty office's list (R13, R14)."""
        return refusals(self._context, actor, policy)

    @scoped
    def exemptions(self, *, actor: Actor, policy: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return every exemption granted in the actor's area."""
        return exemptions(self._context, actor, policy)

    @scoped
    def progress(self, *, actor: Actor, policy: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return, per township and policy, how many cases stand in which state, with approved and paid fen."""
        return progress(self._context, actor, policy)

    @scoped
    def findings(
        self, *, actor: Actor, kinds: Sequence[str] = (), policy: str | None = None, limits: Limits | None = None
    ) -> Sequence[Suspicion]:
        """Return the suspicions in the cases of the actor's area: doubles, short publicities, early or double payments ...

        Args:
            kinds: narrow to some of `weigai.workflow.reports.suspicions.KINDS`.
            limits: from where on something is told.
        """
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            listed = ", ".join(KINDS)
            raise InputRefused(
                f"没有 {', '.join(unknown)} 这一类；请用其中之一：{listed}。",
                f"there is no such kind; use one of: {listed}",
            )
        return suspicions(self._context, actor, policy, kinds, limits or Limits())

    @scoped
    def overdue(
        self, *, actor: Actor, policy: str | None = None, today: date | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return what is late in the actor's area: duties of units, lists not received, cases past a deadline.

        Each entry: kind (duty, hand_over, clock, works), what, unit, name, case, list, policies, due, days, came,
        rule, who. See `reports.overdue`.
        """
        return overdue(self._context, actor, policy, today or self._context.today())

    @scoped
    def policies(self, *, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Return every content of the area's policies that the database keeps: another content is a new version.

        Each entry: policy, hash, kept_since (UTC), open and ended (cases of the actor's area), and `file`: whether the
        file of that id is this content today ("same"), another ("changed"), or not there ("gone"); or "broken" where the
        content that is kept is damaged, or no policy.
        """
        return policies(self._context, actor, self._plans_of(actor))

    @scoped
    def simulate(
        self,
        *,
        actor: Actor,
        to: str | None = None,
        calendar: Calendar | None = None,
        policy: str | None = None,
        unit: str | None = None,
    ) -> Simulation:
        """Try out another policy or another calendar on the cases of the actor's area; nothing is written.

        Every act is asked again on its day by the guards of that policy: which cases it would have refused, delayed
        (calendar days) and paid otherwise (fen). Guards that need more than the case are not asked: `unjudged`.

        Args:
            to: the policy, see `Library.text`; default each case's own.
            calendar: default the one that is in use.
            policy: only cases under the policy of this id.
            unit: only cases of this unit (6, 9 or 12 digits).

        Raises:
            InputRefused: neither a policy nor a calendar was given.
            NotFound, PolicyRefused: there is no such policy, or it is unsound.
            YearUndetermined: the calendar does not know a year that working days are counted in.
        """
        return simulate(self._context, actor, to=to, calendar=calendar, policy=policy, unit=unit)

    @scoped
    def reconcile(
        self, rows: Iterable[Payment], *, actor: Actor, policy: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Compare the payment list of the finance office with the payments on record, row by row (R40, R40a).

        See `workflow.exchange.reconcile`; `read_payments` reads the rows from a sheet.
        """
        return reconcile(self._context, rows, actor, policy)

    @scoped
    def log(self, *, actor: Actor, limit: int = 50, stream: str | None = None) -> Sequence[Event]:
        """Return the latest events of the actor's area, newest first, or those of one stream."""
        whose = (seen_by(actor), actor.person)
        return latest(self._context.connection, actor.units, limit=limit, stream=stream, attempts_of=whose)

    @scoped
    def refused_attempt(
        self,
        *,
        actor: Actor,
        action: str | None,
        case_id: str | None = None,
        rules: Sequence[str] = (),
        exit_code: int = 3,
        command: str | None = None,
        county: str | None = None,
    ) -> Event:
        """Record that an attempt was refused, in the stream of who tried; the command line does, a host may.

        To be called in a transaction of its own, after that of the attempt was rolled back. No words and no data of
        the attempt are kept: a text that has not the form of an action, a case id or a rule is left out.

        Args:
            actor: who tried, in the office used.
            rules: rule ids or names of guards that were not met (`GuardsNotMet.unmet`).
            exit_code: 3 refused by rules, 4 not found or outside the area.
            county: of whoever has no area; default that of the case, else the actor's first.
        """
        return write(self._context, actor, Attempt(action, case_id, rules, exit_code, command), county)

    @scoped
    def attempts(self, *, actor: Actor, limit: int = 50, person: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return refused attempts, the latest first: person, office, at (UTC), county, action, command, case, rules, exit.

        Offices that oversee the whole county (county, auditor, discipline, admin) see everybody's, others their own.
        """
        return read(self._context, actor, limit, person)

    @scoped
    def verify(
        self,
        *,
        case_id: str | None = None,
        most: int = 100,
        held: Sequence[str | Path] = (),
        papers: bool = True,
        actor: Actor | None = None,
    ) -> Verified:
        """Verify the record. See `Evidence.verify`."""
        return Evidence(self._context).verify(case_id=case_id, most=most, held=held, papers=papers, actor=actor)

    @scoped
    def unusable(self, *, actor: Actor) -> Mapping[str, Sequence[str]]:
        """Return the cases of the actor's area whose policy cannot be used, by the hash of its content.

        It is damaged, or it is no policy at all. Reports leave out what needs it; no act is taken on these cases.
        """
        return unusable(self._context, actor.units)

    def _procedures(self, actor: Actor, policy: str | None) -> list[Procedure]:
        """Return the plans that are kept, as they last were: of the actor's counties, or of cases of the area."""
        latest: dict[str, Procedure] = {}
        for policy_hash, name in self._plans_of(actor).items():
            plan = usable(self._context, policy_hash) if policy in (None, name) else None
            if plan is not None:
                latest[plan.policy.id] = plan
        return list(latest.values())

    def _plans_of(self, actor: Actor) -> dict[str, str]:
        """Return the contents that are the actor's to see, oldest first, with their ids: of the counties, or of its cases."""
        connection, counties = self._context.connection, {code[:6] for code in actor.units}
        every, used = kept(connection), set(in_use(connection, actor.units))
        names = {one.id for one in every if one.hash in used}
        return {one.hash: one.id for one in every if one.county in counties or one.id in names}
