"""Make and use lists: a meeting, a notice or a hand-over that covers many households."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.cases.lists import get_list, policies_of
from ...db.log.streams import locked
from ...states.errors import (
    GuardsNotMet,
    InputRefused,
    IntegrityBroken,
    KeysMissing,
    NotFound,
    PolicyRefused,
    WeigaiError,
)
from ...states.personal import mask
from ..request import Request, fresh_request
from ..scoped import scoped
from . import acts
from .list_entries import checked, made, mark
from .privacy import insist_on_unmasking, write_unmasking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ...db.cases.lists import CaseList
    from ...states.actor import Actor, Document
    from ...states.inputs.arguments import JsonObject
    from ...states.values import Decision
    from ..context import Context
    from ..papers import Attachment
    from ..request import Done

KINDS = ("meeting", "notice", "hand_over")


class Taken(NamedTuple):
    """The result for one case of an action on a whole list: what was done, or the error that refused it."""

    case_id: str
    done: Done | None
    error: WeigaiError | None


class Lists:
    """The lists of a county. You can take an action for all households of a list; each gets its own result."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @scoped
    def new(
        self,
        kind: str,
        *,
        unit: str,
        cases: Sequence[str],
        actor: Actor,
        on: date | None = None,
        data: JsonObject | None = None,
        documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None,
        request_id: str | None = None,
    ) -> CaseList:
        """Make a list of cases: a meeting's, a notice's, or one that a level hands on.

        `data` and `documents` are what all the households share (the assembly, the places, the minutes); an
        action taken for the list brings them to every case.

        Raises:
            InputRefused: an unknown kind, no case, or the same case twice.
            NotFound: the unit is not in the area of who acts and who enters it.
            CaseNotFound: a case is not in the actor's area.
            GuardsNotMet: the office only reads or acts on nothing under the cases' policies, or the day lies in the future.
            RequestReused: the request id was used for something else.
        """
        if kind not in KINDS:
            raise InputRefused(f"名单种类应为：{', '.join(KINDS)}", f"a list must be one of: {', '.join(KINDS)}")
        request = Request("new_list", actor, recorder or actor, on, dict(data or {}), documents, request_id)
        return self.get(made(self._context, kind, unit, cases, request), actor=request.recorder)

    @scoped
    def get(self, list_id: str, *, actor: Actor) -> CaseList:
        """Return a list with its cases, as far as they lie in the actor's area, its free text masked.

        Raises:
            NotFound: there is none in the actor's area.
        """
        listed = self._in_the_clear(list_id, actor)
        return replace(listed, data=mask(listed.data))

    @scoped
    def unmask(self, list_id: str, *, actor: Actor, reason: str, request_id: str | None = None) -> CaseList:
        """Return a list with its text unmasked; weigai records this as an event in the unit's stream.

        Raises:
            NotFound: there is none in the actor's area, or none of its cases lies there.
            GuardsNotMet: a policy of its cases gives the office no right to see personal values, or there is no reason.
        """
        listed = self._in_the_clear(list_id, actor)
        if not listed.cases:
            raise NotFound(list_id)
        context, request = (
            self._context,
            Request("unmask", actor, actor, data={"reason": reason}, request_id=request_id),
        )
        plans = [context.procedure(one) for one in policies_of(context.connection, list_id, actor.units)]
        insist_on_unmasking(context, plans, list_id, listed.unit, request)
        write_unmasking(context, list_id[:6], f"unit/{listed.unit}", request, shown=list_id)
        return listed

    def _shared(self, listed: CaseList, actor: Actor) -> Sequence[Document]:
        """Return the papers of a list; those of an earlier release are first stored anew, so that all its cases share them."""
        if all(paper.unit for paper in listed.documents):
            return listed.documents
        context, stream = self._context, f"unit/{listed.unit}"
        context.renew(listed.unit, stream, lambda: locked(context.writing, listed.id[:6], stream))
        return self._in_the_clear(listed.id, actor).documents

    def _in_the_clear(self, list_id: str, actor: Actor) -> CaseList:
        return get_list(self._context.connection, list_id, actor.units, self._context.keys)

    @scoped
    def check(
        self, list_id: str, action: str, *, actor: Actor, on: date | None = None, recorder: Actor | None = None
    ) -> Decision:
        """Answer whether a list could be sent ("send_list") or received ("receive_list"); nothing is written.

        Raises:
            NotFound: there is no such list in the actor's area.
            NoSuchAct: the action is neither of the two.
            InputRefused: the list was received or not yet sent before, or the day lies before its last one.
        """
        return checked(self._context, list_id, Request(action, actor, recorder or actor, on))

    @scoped
    def send(
        self,
        list_id: str,
        *,
        actor: Actor,
        on: date | None = None,
        recorder: Actor | None = None,
        request_id: str | None = None,
    ) -> CaseList:
        """Record that a list was sent to the next level. See `receive` for what is raised."""
        return self._marked(list_id, Request("send_list", actor, recorder or actor, on, request_id=request_id))

    @scoped
    def receive(
        self,
        list_id: str,
        *,
        actor: Actor,
        on: date | None = None,
        recorder: Actor | None = None,
        request_id: str | None = None,
    ) -> CaseList:
        """Record that a list that was sent has been received.

        Raises:
            NotFound: there is no such list in the area of who acts and who enters it.
            GuardsNotMet: see `check`.
            InputRefused: the list is not in the state for it, or the day lies before its last one.
            RequestReused: the request id was used for something else.
        """
        return self._marked(list_id, Request("receive_list", actor, recorder or actor, on, request_id=request_id))

    def _marked(self, list_id: str, request: Request) -> CaseList:
        mark(self._context, list_id, request)
        return self.get(list_id, actor=request.recorder)

    @scoped
    def advance(
        self,
        list_id: str,
        action: str,
        *,
        actor: Actor,
        on: date | None = None,
        data: Mapping[str, Any] | None = None,
        documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None,
        request_id: str | None = None,
    ) -> tuple[Taken, ...]:
        """Take an action, or record a fact, for every case of a list; each case succeeds or fails by itself.

        Raises:
            NotFound: there is no such list in the actor's area, or none of its cases lies there.
        """
        listed = self._in_the_clear(list_id, recorder or actor)
        if not listed.cases:
            raise NotFound(list_id)
        shared = (*self._shared(listed, recorder or actor), *self._context.stored(listed.unit, documents))
        merged, day, request = {**listed.data, **(data or {})}, on or listed.on, request_id or fresh_request()
        every = Request(action, actor, recorder or actor, day, merged, shared, request, list_id=list_id)
        taken = []
        for case_id in listed.cases:
            try:
                done = acts.taken(self._context, case_id, every)
                taken.append(Taken(case_id, done, None))
            except (GuardsNotMet, InputRefused, NotFound, PolicyRefused, KeysMissing, IntegrityBroken) as error:
                taken.append(Taken(case_id, None, error))
        return tuple(taken)
