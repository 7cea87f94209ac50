"""Where the adversarial walk plays by the rules alone: a case that is asked with `decide` and folded in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from weigai.states.actor import Actor, Document
from weigai.states.calendar import Calendar
from weigai.states.case import Case
from weigai.states.decide import decide, traits_of
from weigai.states.effects import changes_of
from weigai.states.errors import GuardsNotMet, InputRefused, NoSuchAct, YearUndetermined
from weigai.states.forms.acts import read
from weigai.states.forms.form import recorded
from weigai.states.forms.household import read_household
from weigai.states.guards.base import Around, Before, Question, Tally
from weigai.states.recheck import again, unsound
from weigai.states.record import ACTS, FACTS, HOUSEHOLD, INTAKE, PAPERS, CaseRecord
from weigai.states.replay.move_policy import Moving, moving_act
from weigai.states.values import Decision, Event
from weigai.workflow.cases.corrections import corrected, with_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weigai.states.procedure.graph import Act, Procedure

REFUSED = (GuardsNotMet, InputRefused, NoSuchAct, YearUndetermined)


@dataclass
class Wish:
    """An act that somebody wants to take: entered `today`, as done `on` a day."""

    action: str
    office: str
    person: str
    on: date
    today: date
    data: dict[str, Any] = field(default_factory=dict)
    papers: tuple[str, ...] = ()


@cache
def actor(person: str, office: str, area: str) -> Actor:
    """Return somebody in an office."""
    return Actor(person, office, (area,))


@cache
def paper(kind: str) -> Document:
    """Return a stored paper of a kind."""
    return Document(kind, "0" * 64, 1)


class Cast:
    """Who holds which offices, and who is of the household; nobody else is known."""

    def __init__(self, village: str, offices: Mapping[str, tuple[str, ...]], kin: frozenset[str]) -> None:
        self.village, self.offices, self.kin = village, offices, kin

    def area(self, office: str) -> str:
        """Return the code that an office covers."""
        return self.village[: {"village": 12, "township": 9}.get(office, 6)]

    def actor(self, person: str, office: str) -> Actor:
        """Return somebody in an office here."""
        return actor(person, office, self.area(office))

    def held(self, person: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the offices that a person holds, as a register tells them."""
        return tuple((office, (self.area(office),)) for office in self.offices.get(person, ()))


class Bare:
    """A case under the rules alone: asked with `decide`, folded as its events say."""

    def __init__(self, plans: Mapping[str, Procedure], plan: str, cast: Cast) -> None:
        self.plans, self.name, self.cast, self.calendar = plans, plan, cast, Calendar.official()
        self.events: list[Event] = []
        self.steps: dict[int, tuple[CaseRecord, Mapping[str, object], str]] = {}
        self.took: dict[str, frozenset[str]] = {}
        self.aside: set[str] = set()
        self.asked: dict[int, Wish] = {}  # what waits for a second person, by the number of its event
        self.case: Case = None  # type: ignore[assignment]

    @property
    def road(self) -> Procedure:
        """Return the procedure that the case goes by."""
        return self.plans[self.name].of(self.case.record.intake, self.case.act_on("open_case"))

    def open(self, wish: Wish, intake: str | None) -> bool:
        """Open the case; tell whether it was."""
        road = self.plans[self.name].of(intake, wish.on)
        household = read_household(wish.data, at=wish.on)
        record = CaseRecord({INTAKE: intake} if intake else {})
        self.case = Case(
            id=f"{self.cast.village}-1",
            county=self.cast.village[:6],
            unit=self.cast.village,
            policy_id=road.policy.id,
            policy_hash=road.hash,
            state=road.start,
            version=0,
            head="",
            classes=frozenset(household.classes),
            record=record,
        )
        act = road.beside.opening
        q = self._question(act, wish, read(act.form, {"agreed_by": "p-joined"} if intake else {}), road)
        joined = tuple((office, (self.cast.area(office),)) for office in act.offices)
        decision = decide(replace(q, around=Around(quotas={}, lines={}, second=joined)))
        if not decision.allowed:
            return False
        plain = household.model_dump(mode="json", by_alias=True, exclude_none=True)
        entry = {"seq": 1, "on": wish.on.isoformat(), "by": wish.person, "office": wish.office, "data": {}}
        papers = {PAPERS.path(kind, 1): wish.papers.count(kind) for kind in wish.papers}
        changes = {HOUSEHOLD.name: plain, ACTS.path("open_case"): entry, **papers}
        self._write("open_case", wish, {**changes, **({INTAKE: intake} if intake else {})}, road.start)
        return True

    def act(self, name: str) -> Act | None:
        """Return the act of a name as it is taken now."""
        return self.road.act(self.case.state, name) if name in self.road.acts else None

    def ask(self, wish: Wish) -> Decision | None:
        """Return the decision on an act; None for one that is not even of its form."""
        try:
            q = self._asked(wish)
        except REFUSED:
            return None
        return None if q is None else decide(q)

    def take(self, wish: Wish) -> bool:
        """Take an act; tell whether it was taken."""
        try:
            q = self._asked(wish)
        except REFUSED:
            return False
        decision = None if q is None else decide(q)
        if q is None or decision is None or not decision.allowed:
            return False
        if getattr(decision, "waiting", ()):
            self._wait(q, wish)
            return False
        self._effect(q, decision, wish)
        return True

    def confirm(self, wish: Wish) -> Wish | None:
        """Let a second person confirm what waits; return what took effect."""
        number = wish.data["request"]
        first, act = self.asked[number], self.road.beside.confirming
        told = {**first.data, "agreed_by": wish.person}
        same = replace(first, data=told, today=wish.today)
        own = self._question(act, wish, read("confirming", {"request": number}), self.road)
        own = replace(own, around=Around(quotas={}, lines={}, **self._persons(own)))
        try:
            q = self._asked(same, confirmed=True)
        except REFUSED:
            return None
        decision = None if q is None else decide(q)
        if q is None or decision is None or not decision.allowed or decision.waiting or not decide(own).allowed:
            return None
        entry = {"on": wish.on.isoformat(), "by": wish.person, "office": wish.office, "data": {"request": number}}
        seq = self.case.version + 1
        self._write(wish.action, wish, {f"pending/{number}": None, FACTS.path(wish.action, seq): entry}, None)
        del self.asked[number]
        q = replace(q, case=self.case)
        self._effect(q, decide(q), same)
        return same

    def move(self, wish: Wish) -> bool:
        """Put the case under another plan of the walk; tell whether it was."""
        name = wish.data["policy"]
        new = self.plans[name].of(None, self.case.act_on("open_case"))
        if self.case.record.intake is not None:
            return False
        told = {"reason": "改用", "agreed_by": wish.data.get("agreed_by"), "policy": new.policy.id}
        told |= {"left": self.case.policy_hash, "entered": new.hash}
        act = moving_act(self.road, new)
        q = self._question(act, wish, read("moving", {k: v for k, v in told.items() if v}), self.road)
        q = replace(q, around=Around(quotas={}, lines={}, **self._persons(q)))
        moving = Moving(self.case, self.events, self.road, new, self.calendar, {})
        findings = [*decide(q).findings, *moving.findings()]
        if not all(f.ok or f.effect != "block" for f in findings):
            return False
        seq, to = self.case.version + 1, moving.there.state
        own = changes_of(q, seq)[FACTS.path("move_policy", seq)]
        changes = moving.changes(seq, own)
        self.case = replace(self.case, policy_id=new.policy.id, policy_hash=new.hash)
        self.name = name
        self._write("move_policy", wish, changes, to if to != self.case.state else None)
        return True

    # ------------------------------------------------------------------ questions

    def _asked(self, wish: Wish, *, confirmed: bool = False) -> Question | None:
        act = self.act(wish.action)
        if act is None:
            return None
        form = read(act.form, dict(wish.data))
        form = form.said(confirmed=True) if confirmed else form
        q = self._question(act, wish, form, self.road)
        if not act.needs:
            return q
        beyond = self._around(q)
        if beyond.corrected is not None:
            form = with_changes(self.case, form, beyond.corrected)
        return replace(q, data=form, around=beyond)

    def _question(self, act: Act, wish: Wish, form: Any, road: Procedure) -> Question:
        who = self.cast.actor(wish.person, wish.office)
        return Question(
            case=self.case,
            procedure=road,
            act=act,
            actor=who,
            recorder=who,
            on=wish.on,
            today=wish.today,
            data=form,
            documents=tuple(paper(kind) for kind in wish.papers),
            calendar=self.calendar,
            traits=traits_of(self.case, road, act, form),
        )

    def _around(self, q: Question) -> Around:
        road, needs = q.procedure, q.act.needs
        found: dict[str, Any] = {
            "quotas": {quota.id: Tally() for quota, _ in road.quotas},
            "lines": {line.id: Tally() for line, _ in road.lines},
            **self._persons(q),
        }
        if "before" in needs and (last := self.case.last_step) is not None:
            record, undone, office = self.steps[last[1]["seq"]]
            later = [e for e in self.events[last[1]["seq"] :] if e.to_state is None and e.action != "step_back"]
            found["before"] = Before(record, undone, office, tuple(e.office for e in later))
        if "unsound" in needs:
            found["unsound"] = unsound(again(q.case, road, self.calendar, on=q.on, documents=q.documents))
        if "corrected" in needs:
            found["corrected"] = corrected(self._context(q), q.case, road, q.act, q.data, q.on)  # type: ignore[arg-type]
        return Around(**found)

    def _persons(self, q: Question) -> dict[str, Any]:
        other = q.data.agreed_by
        named = [person for person in (q.actor.person, other) if person]
        aside = [(person, "stepped_aside") for person in named if person.casefold() in self.aside]
        own = [(person, "own_number") for person in named if person.casefold() in self.cast.kin]
        held = None if other is None else self.cast.held(other)
        return {"own": (*own, *aside), "took": self.took, "second": held, "second_now": held}

    def _context(self, q: Question) -> SimpleNamespace:
        reader = SimpleNamespace(revealed_household=lambda case: case.record.household)
        return SimpleNamespace(
            cases=lambda: reader, calendar=self.calendar, today=lambda: q.today, road=lambda case: self.road
        )

    # ------------------------------------------------------------------ writing

    def _effect(self, q: Question, decision: Decision, wish: Wish) -> None:
        """Write what an allowed act changes."""
        number = "1" if q.act.name == q.procedure.numbered_at and not q.case.record.archive_no else None
        to = None if decision.to is None else str(decision.to)
        self._write(wish.action, wish, changes_of(q, q.case.version + 1, to=to, archive_no=number), to)

    def _wait(self, q: Question, wish: Wish) -> None:
        """Write down what waits for a second person; the case stays as it is."""
        seq = self.case.version + 1
        who = {"by": wish.person, "office": wish.office, "recorded_by": wish.person, "recorder_office": wish.office}
        entry = {"action": wish.action, "on": wish.on.isoformat(), **who, "data": recorded(q.data), "waits_for": []}
        self._write("request_confirmation", wish, {f"pending/{seq}": entry}, None)
        self.asked[seq] = wish

    def _write(self, action: str, wish: Wish, changes: Mapping[str, Any], to: str | None) -> None:
        """Keep the event and fold it in."""
        case, seq = self.case, self.case.version + 1
        at = datetime(wish.today.year, wish.today.month, wish.today.day, 4, tzinfo=UTC).isoformat()
        event = Event(
            county=case.county,
            stream=f"case/{case.id}",
            seq=seq,
            request_id=f"r-{seq}",
            action=action,
            from_state=None if seq == 1 else case.state,
            to_state=to,
            acted_by=wish.person,
            office=wish.office,
            recorded_by=wish.person,
            occurred_on=wish.on.isoformat(),
            recorded_at=at,
            policy_hash=case.policy_hash,
            changes=changes,
            documents=[{"kind": kind} for kind in wish.papers],
            findings=[],
            prev_hash=None,
            hash="",
        )
        self.events.append(event)
        self.steps[seq] = case.record, changes, wish.office
        self.took[action] = self.took.get(action, frozenset()) | {wish.person.casefold()}
        if action != "request_confirmation":
            acts = (wish.data.get("correction") or {}).get("acts") or {}
            told = [wish.data, *acts.values()]
            self.aside |= {person.casefold() for each in told for person in each.get("stepped_aside") or ()}
        record = case.record.folded(changes)
        classes = frozenset(record.household.get("classes", ()))
        self.case = replace(case, record=record, version=seq, state=to or case.state, classes=classes)
