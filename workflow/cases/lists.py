"""Lists: a meeting, a notice or a hand-over that covers many households is one record that their events refer to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.cases.list_entries import NewList, NewMark, mark_list, new_list
from ...db.cases.lists import get_list, policies_of
from ...db.log.streams import locked
from ...states.actor import NEVER_ACT
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
from ...states.values import Finding
from ..policies.plans import usable
from ..request import Request, fresh_request
from ..scoped import scoped
from . import acts
from .permission import may_change
from .privacy import insist_on_unmasking, write_unmasking

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from ...db.cases.lists import CaseList
    from ...states.actor import Actor, Document
    from ...states.arguments import JsonObject
    from ..context import Context
    from ..papers import Attachment
    from ..request import Done

KINDS = ("meeting", "notice", "hand_over")


class Taken(NamedTuple):
    """What an action taken for a whole list came to for one case: done, or the error that refused it."""

    case_id: str
    done: Done | None
    error: WeigaiError | None


def _by_another(listed: CaseList, actor: Actor) -> None:
    """Refuse that who sent a list receives it: the deadline of the hand-over rests on it. In a trial county it passes."""
    sent = listed.marks.get("sent")
    if sent is None or actor.trial:
        return
    sender = str(sent.by)  # an earlier program took a number too
    if actor.person.casefold() == sender.casefold() or actor.office == sent.office:
        values = {"person": actor.person, "sent_by": sent.by, "office": sent.office}
        raise GuardsNotMet("receive_list", [Finding("received_by_another", None, False, "block", "weigai", values)])


class Lists:
    """The lists of a county. An action may be taken for all households of one, with a result per case."""

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
            GuardsNotMet: the office only reads.
        """
        if kind not in KINDS:
            raise InputRefused(f"名单种类应为：{', '.join(KINDS)}", f"a list is one of: {', '.join(KINDS)}")
        may_change("new_list", unit, actor, recorder or actor)
        known, area = self._context.cases(), (recorder or actor).units
        named = [known.by_prefix(case, area) for case in cases]
        self._by_office("new_list", {case.policy_hash for case in named}, actor)
        ids = [case.id for case in named]
        if not ids or len(set(ids)) < len(ids):
            raise InputRefused("名单为空，或同一户出现两次。", "the list is empty, or names a case twice.")
        wanted = NewList(
            kind=kind,
            unit=unit,
            cases=ids,
            actor=actor,
            recorded_by=(recorder or actor).person,
            on=self._day(on),
            data=data or {},
            documents=self._context.stored(unit, documents),
        )
        context, request = self._context, request_id or fresh_request()
        made = new_list(
            context.writing, wanted, recorded_at=context.recorded_at(), request_id=request, keys=context.keys
        )
        return self.get(made.id, actor=recorder or actor)

    def _day(self, on: date | None) -> date:
        """Return the day of an act on a list, default today.

        Raises:
            InputRefused: it lies in the future.
        """
        today = self._context.today()
        if on is not None and on > today:
            raise InputRefused("日期在将来。", "the date lies in the future.")
        return on or today

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
        """Return a list with its free text in the clear; that it was shown is an event of the unit's stream.

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

    def _by_office(self, action: str, hashes: Iterable[str], actor: Actor) -> None:
        """Refuse an office that acts on nothing under the policies of the cases."""
        roads = (usable(self._context, one) for one in sorted(hashes))
        for road in filter(None, roads):  # a case whose plan cannot be used is refused by itself
            offices = tuple(sorted({office for act in road.acts.values() for office in act.offices} - NEVER_ACT))
            if actor.office not in offices:
                values = {"office": actor.office, "offices": offices}
                raise GuardsNotMet(
                    action, [Finding("office_may_act", None, False, "block", road.policy.source, values)]
                )

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
    def send(
        self,
        list_id: str,
        *,
        actor: Actor,
        on: date | None = None,
        recorder: Actor | None = None,
        request_id: str | None = None,
    ) -> CaseList:
        """Record that a list was sent to the next level."""
        return self._mark(list_id, "send_list", actor, on, recorder, request_id)

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
        """Record that a list that was sent has been received."""
        return self._mark(list_id, "receive_list", actor, on, recorder, request_id)

    def _mark(
        self, list_id: str, action: str, actor: Actor, on: date | None, recorder: Actor | None, request_id: str | None
    ) -> CaseList:
        context, reader = self._context, recorder or actor
        locked(context.writing, list_id[:6], f"unit/{list_id.partition('-')[0]}")  # who else marks it waits
        listed = self.get(list_id, actor=reader)
        may_change(action, listed.unit, actor, reader)
        self._by_office(action, policies_of(context.connection, list_id, actor.units), actor)
        if action == "receive_list":
            _by_another(listed, actor)
        wanted = NewMark(list_id=list_id, action=action, actor=actor, recorded_by=reader.person, on=self._day(on))
        request = request_id or fresh_request()
        mark_list(context.writing, wanted, recorded_at=context.recorded_at(), request_id=request, keys=context.keys)
        return self.get(list_id, actor=reader)

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
        """Take an action, or record a fact, for every case of a list; each is done or refused on its own.

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
