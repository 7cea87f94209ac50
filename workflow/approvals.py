"""Approvals: the whole of weigai for a backend. Ask, answer, insist: `available`, `check`, `advance`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..states.errors import InputRefused
from .cases.move_policy import PolicyMoves
from .cases.opening import Openings
from .cases.privacy import PersonalValues
from .request import Done, Request
from .scoped import scoped
from .services import Services

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ..states.actor import Actor, Document
    from ..states.case import Case
    from ..states.values import Decision, Event
    from .cases.lists import Lists
    from .papers import Attachment


class Approvals(Openings, PersonalValues, PolicyMoves, Services):
    """A county's approvals over a host's session. Never commits: the host does.

    Args:
        session: a SQLAlchemy or SQLModel session whose engine went through `weigai.db.prepare_engine`.
        now: the clock; returns an aware datetime. Only the default one, the machine's, is compared with a server's.
        keys: what personal values are encrypted with and found by; without them none is written or read.
        files: where attached papers are kept; without it only documents that the host stored itself are taken.
        calendar: working-day data; default the chinesecalendar package.
        policies: a folder of the county's own policy files, looked up by id beside the package's.
        alg: the hash of new events and heads, "sha256" or "sm3"; those that there are keep theirs.
        seat: of a command line, who sits there by the operating system; every event says so. A host passes none.
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
    def inbox(self, *, actor: Actor, limit: int = 50, after: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return what waits for the actor: cases in whose state the actor's office has the next move."""
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
        """Answer whether an act could be taken, with every finding; nothing is written.

        Raises:
            CaseNotFound: no such case in the actor's area.
            InputRefused: the data is not of its form, or the policy has no such act.
        """
        from .cases.acts import decided

        request = Request(action, actor, recorder or actor, on, data or {}, documents, moves=moves)
        return decided(self.context, case_id, request)

    @scoped
    def available(self, case_id: str, *, actor: Actor, on: date | None = None) -> tuple[Decision, ...]:
        """Return every action of the case's state, each as a decision, the road's own first."""
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
        """Take an action and return the case as it then stands. See `take` for what it raises."""
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
        """Record a fact on a case without moving it; the same findings as an action's. See `take`."""
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
        """Put papers on the file of a case."""
        if not documents:
            raise InputRefused("没有给出要附的文件。", "no paper was given to attach.")
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
        """Take an action or record a fact: ask every guard, then write one event and move the case with it.

        Args:
            on: the day on which it happened, default today in Asia/Shanghai.
            recorder: who enters it, where that is not who acted.
            expect_version: refuse unless the case is at this version.
            request_id: the same id again is done once and answers the same.
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
