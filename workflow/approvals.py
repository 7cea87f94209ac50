"""`Approvals`, the whole of weigai for a backend: `available`, `check` and `advance`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..states.errors import InputRefused
from ..states.procedure.beside import CONFIRM, DENY
from .cases.move_policy import PolicyMoves
from .cases.opening import Openings
from .cases.privacy import PersonalValues
from .request import Done, Request, of_pending
from .scoped import scoped
from .services import Services

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ..states.actor import Actor, Document
    from ..states.case import Case
    from ..states.values import Decision, Event
    from .cases.inbox import Waiting
    from .cases.lists import Lists
    from .papers import Attachment


class Approvals(Openings, PersonalValues, PolicyMoves, Services):
    """A county's approvals over a host's session. It never commits: the host does.

    Args:
        session: a SQLAlchemy or SQLModel session whose engine went through `weigai.db.prepare_engine`.
        now: the clock; it returns an aware datetime. weigai compares only the machine's clock, the default, with a server's.
        keys: the keys that encrypt personal values and find them; without keys weigai writes and reads no personal value.
        files: the store of attached papers; without it you can only pass documents that the host itself stored.
        calendar: the working-day calendar; default the chinesecalendar package.
        policies: a folder of the county's own policy files; weigai finds them by id, like those in the package.
        alg: the hash of new events and heads, "sha256" or "sm3"; existing ones keep theirs.
        seat: for a command line, the user of the operating system; every event records it. A host passes none.
    """

    @property
    def lists(self) -> Lists:
        """Return the lists, notices and meetings that many cases refer to."""
        from .cases.lists import Lists

        return Lists(self.context)

    @scoped
    def get(self, case_id: str, *, actor: Actor) -> Case:
        """Return a case by its id.

        Raises:
            CaseNotFound: there is none, or it lies outside the actor's area.
        """
        return self.context.cases().get(case_id, actor.units)

    @scoped
    def find(self, text: str, *, actor: Actor) -> Case:
        """Return the case with this id, the only one whose id begins so, or the one with this archive number."""
        return self.context.cases().by_prefix(text, actor.units)

    @scoped
    def list(
        self,
        *,
        actor: Actor,
        states: Sequence[str] = (),
        unit: str | None = None,
        policy: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> Sequence[Case]:
        """Return cases of the actor's area, by id, from `after` on."""
        return self.context.cases().find(
            actor.units, states=tuple(states), unit=unit, policy_id=policy, limit=limit, after=after
        )

    @scoped
    def history(self, case_id: str, *, actor: Actor | None = None) -> Sequence[Event]:
        """Return every event of a case, oldest first; with an actor, only inside that actor's area."""
        cases = self.context.cases()
        if actor is not None:
            cases.listed(case_id, actor.units)
        return cases.history(case_id)

    @scoped
    def inbox(self, *, actor: Actor, limit: int = 50, after: str | None = None) -> Sequence[Waiting]:
        """Return the cases that wait for the actor: those in whose state the actor's office may take an action."""
        from .cases.inbox import inbox

        return inbox(self.context, actor, limit=limit, after=after)

    @scoped
    def check(
        self,
        case_id: str,
        action: str,
        *,
        actor: Actor,
        on: date | None = None,
        data: Mapping[str, Any] | None = None,
        documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None,
        moves: bool | None = None,
    ) -> Decision:
        """Check whether an act could be taken, and return every finding; nothing is written.

        Raises:
            CaseNotFound: no such case in the actor's area.
            InputRefused: the data is not of its form, or the policy has no such act.
        """
        from .cases.confirmations import decided

        request = Request(action, actor, recorder or actor, on, data or {}, documents, moves=moves)
        return decided(self.context, case_id, request)

    @scoped
    def available(self, case_id: str, *, actor: Actor, on: date | None = None) -> tuple[Decision, ...]:
        """Return every action of the case's state, each as a decision, with the main procedure's actions first."""
        from .cases.acts import offered

        return offered(self.context, case_id, actor, on)

    @scoped
    def advance(
        self,
        case_id: str,
        action: str,
        *,
        actor: Actor,
        on: date | None = None,
        data: Mapping[str, Any] | None = None,
        documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None,
        expect_version: int | None = None,
        request_id: str | None = None,
    ) -> Case:
        """Take an action and return the changed case. It raises what `take` raises."""
        return self.take(
            case_id,
            action,
            actor=actor,
            on=on,
            data=data,
            documents=documents,
            recorder=recorder,
            expect_version=expect_version,
            request_id=request_id,
            moves=True,
        ).case

    @scoped
    def record(
        self,
        case_id: str,
        fact: str,
        *,
        actor: Actor,
        on: date | None = None,
        data: Mapping[str, Any] | None = None,
        documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None,
        expect_version: int | None = None,
        request_id: str | None = None,
    ) -> Case:
        """Record a fact on a case, which stays in its state; the guards judge it like an action. See `take`."""
        return self.take(
            case_id,
            fact,
            actor=actor,
            on=on,
            data=data,
            documents=documents,
            recorder=recorder,
            expect_version=expect_version,
            request_id=request_id,
            moves=False,
        ).case

    @scoped
    def attach(
        self,
        case_id: str,
        documents: Sequence[Attachment | Document],
        *,
        actor: Actor,
        on: date | None = None,
        recorder: Actor | None = None,
        request_id: str | None = None,
    ) -> Case:
        """Attach papers to a case."""
        if not documents:
            raise InputRefused("没有给出要附的文件。", "there is no paper to attach; give at least one.")
        return self.record(
            case_id, "attach", actor=actor, on=on, documents=documents, recorder=recorder, request_id=request_id
        )

    @scoped
    def take(
        self,
        case_id: str,
        action: str,
        *,
        actor: Actor,
        on: date | None = None,
        data: Mapping[str, Any] | None = None,
        documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None,
        expect_version: int | None = None,
        request_id: str | None = None,
        list_id: str | None = None,
        moves: bool | None = None,
    ) -> Done:
        """Take an action or record a fact: ask every guard, then write one event and change the case in the same step.

        Where the plan wants a second person to confirm it, it waits and changes nothing: see `Done.pending` and `confirm`.

        Args:
            on: the day on which it happened, default today in Asia/Shanghai.
            recorder: the person who enters it, if another person acted.
            expect_version: refuse unless the case is at this version.
            request_id: weigai does the same id only once, and returns the same answer again.
            list_id: the list that the act is taken for; NotFound unless it is of the area and names the case.
            moves: True where an action is meant, False where a fact is; the other kind is then refused.

        Raises:
            CaseNotFound, InputRefused, GuardsNotMet, CaseMovedOn, RequestReused, StoreNotPrepared, StoreBusy.
        """
        from .cases.acts import taken

        request = Request(
            action,
            actor,
            recorder or actor,
            on,
            data or {},
            documents,
            request_id,
            expect_version,
            list_id,
            moves,
        )
        return taken(self.context, case_id, request)

    @scoped
    def confirm(
        self, pending: str, *, actor: Actor, expect_version: int | None = None, request_id: str | None = None
    ) -> Done:
        """Let an act that waits for a second person take effect; the actor confirms it from their own login.

        Every guard is asked again. The act keeps its day, and whether it comes late is judged by today.

        Args:
            pending: the id of what waits, see `Done.pending`.

        Raises:
            NotFound, GuardsNotMet, CaseMovedOn, RequestReused: see `take`; what is refused waits until it is denied.
        """
        from .cases.confirmations import confirmed

        case_id, number = of_pending(pending)
        data = {"request": number}
        request = Request(CONFIRM, actor, actor, None, data, (), request_id, expect_version)
        return confirmed(self.context, case_id, request)

    @scoped
    def deny(
        self,
        pending: str,
        *,
        reason: str,
        actor: Actor,
        expect_version: int | None = None,
        request_id: str | None = None,
    ) -> Done:
        """End an act that waits for a second person, for a reason: who may confirm it, or who asked for it. See `confirm`."""
        from .cases.confirmations import denied

        case_id, number = of_pending(pending)
        data = {"request": number, "reason": reason}
        request = Request(DENY, actor, actor, None, data, (), request_id, expect_version)
        return denied(self.context, case_id, request)
