"""The request of a caller, its result, and how weigai recognises a repeated request."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from ..states.actor import Document
from ..states.decide import joined
from ..states.entry import pending_in
from ..states.errors import GuardsNotMet, NotFound, RequestReused
from ..states.forms.fields import PERSON
from ..states.guards.base import Matter
from ..states.procedure.beside import ASK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ..states.actor import Actor
    from ..states.case import Case
    from ..states.procedure.graph import Act, Procedure
    from ..states.values import Decision, Event
    from .papers import Attachment


class Request(NamedTuple):
    """The request of a caller: the action, the actor, the recorder, the day, the data and the papers.

    weigai carries out a request once for each `request_id`. `expect_version` is the version that the case must have.
    `list_id` is the list for which the act is taken. `moves` is True for an action and False for a fact.
    `confirmed` is True where the second person confirmed it from their own login.
    """

    action: str
    actor: Actor
    recorder: Actor
    on: date | None = None
    data: Mapping[str, Any] = {}
    documents: Sequence[Attachment | Document] = ()
    request_id: str | None = None
    expect_version: int | None = None
    list_id: str | None = None
    moves: bool | None = None
    confirmed: bool = False

    @property
    def id(self) -> str:
        """Return the id that the caller gave, else a fresh one."""
        return self.request_id or fresh_request()

    @property
    def agreed_by(self) -> str | None:
        """Return the id of the second person; None where the value is no id, which the form refuses when it is read."""
        person = self.data.get("agreed_by")
        return person if isinstance(person, str) and re.fullmatch(PERSON, person) else None

    @property
    def filled(self) -> dict[str, Any]:
        """Return the data without blank texts: for acts of which a guard says that a reason is missing."""
        return {name: value for name, value in self.data.items() if not isinstance(value, str) or value.strip()}

    @property
    def papers(self) -> tuple[Document, ...]:
        """Return the papers for a question only: nothing is stored, an attachment counts by its kind."""
        return tuple(d if isinstance(d, Document) else Document(d.kind, "", 0, d.media_type) for d in self.documents)

    def on_matter(
        self,
        act: Act,
        place: Place,
        today: date,
        plan: Procedure | None = None,
        *,
        data: object = None,
        around: object = None,
    ) -> Matter:
        """Return the question of the request on a unit, a person or a county, under a plan or under none.

        Args:
            data: the data as its form reads it, default as the caller gave it.
            around: what the guards of the act need beyond the subject.
        """
        return Matter(
            act=act,
            actor=self.actor,
            recorder=self.recorder,
            on=self.on or today,
            today=today,
            data=self.data if data is None else data,
            documents=self.papers,
            around=around,
            subject=place.subject,
            unit=place.unit,
            procedure=plan,
        )

    def same_as(self, event: Event, *, content: bool) -> None:
        """Check that this request wrote an event.

        Args:
            content: whether the event has the data and the papers of the request.

        Raises:
            RequestReused: the request id was used for something else.
        """
        people = (self.actor.person, self.actor.office, self.recorder.person)
        same = (
            event.action == self.action
            and (event.acted_by, event.office, event.recorded_by) == people
            and (self.on is None or event.occurred_on == self.on.isoformat())
        )
        if not (same and content):
            raise RequestReused(event.request_id)


class Place(NamedTuple):
    """The subject of a request that is not about a case (a list, a unit, a person), and the code of the area it lies in."""

    subject: str
    unit: str


class Done(NamedTuple):
    """The result of an act: the changed case, its event, and the decision.

    An act that waits for a second person has changed nothing yet: see `pending`.
    `repeated` is True if the same request was carried out before; weigai then writes nothing.
    """

    case: Case
    event: Event
    decision: Decision
    repeated: bool = False

    @property
    def pending(self) -> str | None:
        """Return the id by which a second person confirms or denies the act; None where it took effect."""
        return pending_id(self.case.id, self.event.seq) if self.event.action == ASK else None

    @property
    def act(self) -> str:
        """Return the name of the act, also of one that waits."""
        asked = pending_in(self.event.changes, self.event.seq) or {}
        return str(asked.get("action", self.event.action))

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Return who may confirm it: offices, or the person who was named; nobody where it took effect."""
        asked = pending_in(self.event.changes, self.event.seq) or {}
        return tuple(asked.get("waits_for", ()))


def pending_id(case_id: str, number: int) -> str:
    """Return the id of what waits on a case for a second person, by the number of its event."""
    return f"{case_id}-{number}"


def of_pending(pending: str) -> tuple[str, int]:
    """Return the case and the number of what waits on it, by its id.

    Raises:
        NotFound: it is no such id.
    """
    case_id, _, number = pending.rpartition("-")
    if not re.fullmatch("[1-9][0-9]{0,8}", number, re.ASCII):
        raise NotFound(pending)
    return case_id.upper(), int(number)


def insist(action: str, *decisions: Decision) -> None:
    """Let an act be taken that every decision allows.

    Raises:
        GuardsNotMet: one does not allow it; the error has the findings of all, see `states.decide.joined`.
    """
    if not all(decision.allowed for decision in decisions):
        raise GuardsNotMet(action, joined(decisions).findings)


def fresh_request() -> str:
    """Return a fresh request id."""
    return uuid.uuid4().hex
