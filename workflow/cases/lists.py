"""Make and use lists: a meeting, a notice or a hand-over that covers many households."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.cases.lists import get_list, mark_list, new_list, policies_of
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
from ...states.guards.privacy import may_unmask_under
from ...states.personal import mask
from ...states.values import Finding
from ..context import Asked, fresh_request
from ..policies.plans import usable
from ..scoped import scoped
from . import acts
from .permission import may_change
from .privacy import noted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from ...states.actor import Actor, Document
    from ...states.arguments import JsonObject
    from ..context import Context, Done
    from ..papers import Attachment

KINDS = ("meeting", "notice", "hand_over")


class Taken(NamedTuple):
    """The result for one case of an action on a whole list: what was done, or the error that refused it."""

    case_id: str
    done: Done | None
    error: WeigaiError | None


def _by_another(found: Mapping[str, Any], actor: Actor) -> None:
    """Refuse that who sent a list receives it: the deadline of the hand-over rests on it. In a trial county it passes."""
    sent = found["marks"].get("sent")
    if sent is None or actor.trial:
        return
    if actor.person.casefold() == str(sent["by"]).casefold() or actor.office == sent["office"]:
        values = {"person": actor.person, "sent_by": sent["by"], "office": sent["office"]}
        raise GuardsNotMet("receive_list", [Finding("received_by_another", None, False, "block", "weigai", values)])


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
    ) -> Mapping[str, Any]:
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
            raise InputRefused(f"名单种类应为：{', '.join(KINDS)}", f"a list must be one of: {', '.join(KINDS)}")
        may_change("new_list", unit, actor, recorder or actor)
        known, area = self._context.cases(), (recorder or actor).units
        named = [known.by_prefix(case, area) for case in cases]
        self._by_office("new_list", {case.policy_hash for case in named}, actor)
        found = [case.id for case in named]
        if not found or len(set(found)) < len(found):
            raise InputRefused("名单为空，或同一户出现两次。", "the list is empty, or names a case twice.")
        day = on or self._context.today()
        if day > self._context.today():
            raise InputRefused(
                "日期在将来；事后方可登记。", "the date lies in the future; enter it once it has happened."
            )
        made = new_list(
            self._context.writing,
            kind=kind,
            unit=unit,
            cases=found,
            actor=actor,
            recorded_by=(recorder or actor).person,
            on=day,
            recorded_at=self._context.recorded_at(),
            data=dict(data or {}),
            documents=self._context.stored(unit, documents),
            request_id=request_id or fresh_request(),
            keys=self._context.keys,
        )
        return self.get(made["id"], actor=recorder or actor)

    @scoped
    def get(self, list_id: str, *, actor: Actor) -> Mapping[str, Any]:
        """Return a list with its cases, as far as they lie in the actor's area, its free text masked.

        Raises:
            NotFound: there is none in the actor's area.
        """
        found = self._found(list_id, actor)
        return {**found, "data": mask(found["data"])}

    @scoped
    def unmask(self, list_id: str, *, actor: Actor, reason: str, request_id: str | None = None) -> Mapping[str, Any]:
        """Return a list with its text unmasked; weigai records this as an event in the unit's stream.

        Raises:
            NotFound: there is none in the actor's area, or none of its cases lies there.
            GuardsNotMet: a policy of its cases gives the office no right to see personal values, or there is no reason.
        """
        found = self._found(list_id, actor)
        if not found["cases"]:
            raise NotFound(list_id)
        roads = [self._context.procedure(one) for one in policies_of(self._context.connection, list_id, actor.units)]
        findings = may_unmask_under(roads, actor, reason)
        if any(not finding.ok for finding in findings):
            raise GuardsNotMet("unmask", findings)
        noted(self._context, list_id[:6], f"unit/{found['unit']}", actor, reason, request_id, shown=list_id)
        return found

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

    def _shared(self, list_id: str, found: Mapping[str, Any], actor: Actor) -> Sequence[Document]:
        """Return the papers of a list; those of an earlier release are first stored anew, so that all its cases share them."""
        if all(paper.unit for paper in found["documents"]):
            return found["documents"]  # type: ignore[no-any-return]
        context, stream = self._context, f"unit/{found['unit']}"
        context.renew(found["unit"], stream, lambda: locked(context.writing, list_id[:6], stream))
        return self._found(list_id, actor)["documents"]  # type: ignore[no-any-return]

    def _found(self, list_id: str, actor: Actor) -> Mapping[str, Any]:
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
    ) -> Mapping[str, Any]:
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
    ) -> Mapping[str, Any]:
        """Record that a list that was sent has been received."""
        return self._mark(list_id, "receive_list", actor, on, recorder, request_id)

    def _mark(
        self, list_id: str, action: str, actor: Actor, on: date | None, recorder: Actor | None, request_id: str | None
    ) -> Mapping[str, Any]:
        locked(self._context.writing, list_id[:6], f"unit/{list_id.partition('-')[0]}")  # who else marks it waits
        found = self.get(list_id, actor=recorder or actor)
        may_change(action, found["unit"], actor, recorder or actor)
        self._by_office(action, policies_of(self._context.connection, list_id, actor.units), actor)
        if action == "receive_list":
            _by_another(found, actor)
        day = on or self._context.today()
        if day > self._context.today():
            raise InputRefused(
                "日期在将来；事后方可登记。", "the date lies in the future; enter it once it has happened."
            )
        mark_list(
            self._context.writing,
            list_id,
            action,
            actor=actor,
            recorded_by=(recorder or actor).person,
            on=day,
            recorded_at=self._context.recorded_at(),
            request_id=request_id or fresh_request(),
            keys=self._context.keys,
        )
        return self.get(list_id, actor=recorder or actor)

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
        found = self._found(list_id, recorder or actor)
        if not found["cases"]:
            raise NotFound(list_id)
        shared = (*self._shared(list_id, found, recorder or actor), *self._context.stored(found["unit"], documents))
        merged = {**found["data"], **(data or {})}
        day = on or found["on"]
        request = request_id or fresh_request()
        asked, taken = Asked(action, actor, recorder or actor, day, merged, shared), []
        for case_id in sorted(found["cases"]):
            try:
                done = acts.taken(self._context, case_id, asked, None, request, list_id, None)
                taken.append(Taken(case_id, done, None))
            except (GuardsNotMet, InputRefused, NotFound, PolicyRefused, KeysMissing, IntegrityBroken) as error:
                taken.append(Taken(case_id, None, error))
        return tuple(taken)
