"""Approvals: the whole of weigai for a backend. Ask, answer, insist: `available`, `check`, `advance`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..states.case import Actor, Case, Decision, Document, Event, Finding
from ..states.decide import decide, traits_of
from ..states.effects import changes_of
from ..states.errors import CaseMovedOn, CaseNotFound, GuardsNotMet, InputRefused, NoSuchAct, RequestReused
from ..states.forms import read, recorded
from ..states.guards.base import Question
from .context import Attachment, Context, fresh_request, named, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from ..db.cases import Cases
    from ..db.files import FileStore
    from ..db.keys import Keys
    from ..states.calendar import Calendar
    from ..states.procedure import Procedure
    from .lists import Lists
    from .records import Records
    from .register import Register


class Done(NamedTuple):
    """What an act that was taken leaves: the case as it now stands, its event, and the decision."""

    case: Case
    event: Event
    decision: Decision


class Approvals:
    """A county's approvals over a host's session. Never commits: the host does.

    Args:
        session: a SQLAlchemy or SQLModel session whose engine went through `weigai.db.prepare_engine`.
        now: the clock; returns an aware datetime.
        keys: keys of the blind index; without them no one is looked up by number.
        files: where attached papers are kept; without it only documents that the host stored itself are taken.
        calendar: working-day data; default the chinesecalendar package.
    """

    def __init__(
        self,
        session: Session,
        *,
        now: Callable[[], datetime] = utc_now,
        keys: Keys | None = None,
        files: FileStore | None = None,
        calendar: Calendar | None = None,
    ) -> None:
        self.context = Context(session, now=now, keys=keys, files=files, calendar=calendar)

    @property
    def lists(self) -> Lists:
        """Return the lists, notices and meetings that many cases refer to."""
        from .lists import Lists

        return Lists(self)

    @property
    def register(self) -> Register:
        """Return the register of persons, offices held and units."""
        from .register import Register

        return Register(self.context)

    @property
    def records(self) -> Records:
        """Return the reports and the verification of the record."""
        from .records import Records

        return Records(self.context)

    # ------------------------------------------------------------------ reading

    def get(self, case_id: str, *, actor: Actor) -> Case:
        """Return a case by its id.

        Raises:
            CaseNotFound: there is none, or it lies outside the actor's area.
        """
        return self._cases().get(case_id, actor.units)

    def find(self, text: str, *, actor: Actor) -> Case:
        """Return the case with this id, the only one whose id begins so, or the one with this archive number."""
        return self._cases().by_prefix(text, actor.units)

    def list(
        self, *, actor: Actor, states: Sequence[str] = (), unit: str | None = None, policy: str | None = None,
        limit: int = 50, after: str | None = None,
    ) -> Sequence[Case]:  # fmt: skip
        """Return cases of the actor's area, by id, from `after` on."""
        return self._cases().find(
            actor.units, states=tuple(states), unit=unit, policy_id=policy, limit=limit, after=after
        )

    def household(self, case_id: str, *, actor: Actor) -> Mapping[str, Any]:
        """Return the household of a case with its personal values in the clear."""
        case = self.get(case_id, actor=actor)
        return self._cases().revealed(case, "household")  # type: ignore[no-any-return]

    def history(self, case_id: str, *, actor: Actor | None = None) -> Sequence[Event]:
        """Return every event of a case, oldest first; with an actor, only inside that actor's area."""
        if actor is not None:
            self.get(case_id, actor=actor)
        return self._cases().history(case_id)

    def inbox(self, *, actor: Actor, limit: int = 50, after: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return what waits for the actor: cases in whose state the actor's office has the next move."""
        from .inbox import inbox

        return inbox(self.context, actor, limit=limit, after=after)

    # ------------------------------------------------------------------ asking

    def check(
        self, case_id: str, action: str, *, actor: Actor, on: date | None = None,
        data: Mapping[str, Any] | None = None, documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None,
    ) -> Decision:  # fmt: skip
        """Answer whether an act could be taken, with every finding; nothing is written.

        Raises:
            CaseNotFound: no such case in the actor's area.
            InputRefused: the data is not of its form, or the policy has no such act.
        """
        case = self.get(case_id, actor=recorder or actor)
        return decide(self._question(case, action, actor, on, data, named(documents), recorder))

    def available(self, case_id: str, *, actor: Actor, on: date | None = None) -> tuple[Decision, ...]:
        """Return every action of the case's state, each as a decision, the road's own first."""
        case = self.get(case_id, actor=actor)
        procedure = self.context.procedure(case.policy_hash)
        return tuple(
            decide(self._question(case, action, actor, on, None, (), None, procedure))
            for action in procedure.table[case.state]
        )

    # ------------------------------------------------------------------ acting

    def open_case(
        self, *, policy: str, unit: str, household: Mapping[str, Any], actor: Actor, on: date | None = None,
        recorder: Actor | None = None, documents: Sequence[Attachment | Document] = (),
        request_id: str | None = None,
    ) -> Case:  # fmt: skip
        """Open a household's case under a policy (a bundled id or a policy file) in a village.

        Raises:
            InputRefused: the household file is not of its form.
            GuardsNotMet: the actor may not open it.
        """
        from .opening import opened

        return opened(self, policy, unit, household, actor, on, recorder, documents, request_id)

    def advance(
        self, case_id: str, action: str, *, actor: Actor, on: date | None = None,
        data: Mapping[str, Any] | None = None, documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None, expect_version: int | None = None, request_id: str | None = None,
    ) -> Case:  # fmt: skip
        """Take an action and return the case as it then stands. See `take` for what it raises."""
        return self.take(
            case_id, action, actor=actor, on=on, data=data, documents=documents, recorder=recorder,
            expect_version=expect_version, request_id=request_id,
        ).case  # fmt: skip

    def record(
        self, case_id: str, fact: str, *, actor: Actor, on: date | None = None,
        data: Mapping[str, Any] | None = None, documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None, expect_version: int | None = None, request_id: str | None = None,
    ) -> Case:  # fmt: skip
        """Record a fact on a case without moving it; the same findings as an action's. See `take`."""
        return self.take(
            case_id, fact, actor=actor, on=on, data=data, documents=documents, recorder=recorder,
            expect_version=expect_version, request_id=request_id,
        ).case  # fmt: skip

    def attach(
        self, case_id: str, documents: Sequence[Attachment | Document], *, actor: Actor, on: date | None = None,
        recorder: Actor | None = None, request_id: str | None = None,
    ) -> Case:  # fmt: skip
        """Put papers on the file of a case."""
        if not documents:
            raise InputRefused("没有给出要附的文件。", "no paper was given to attach.")
        return self.record(
            case_id, "attach", actor=actor, on=on, documents=documents, recorder=recorder, request_id=request_id
        )

    def take(
        self, case_id: str, action: str, *, actor: Actor, on: date | None = None,
        data: Mapping[str, Any] | None = None, documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None, expect_version: int | None = None, request_id: str | None = None,
        list_id: str | None = None,
    ) -> Done:  # fmt: skip
        """Take an action or record a fact: ask every guard, then write one event and move the case with it.

        Args:
            on: the day on which it happened, default today in Asia/Shanghai.
            recorder: who enters it, where that is not who acted.
            expect_version: refuse unless the case is at this version.
            request_id: the same id again is done once and answers the same.

        Raises:
            CaseNotFound, InputRefused, GuardsNotMet, CaseMovedOn, RequestReused, StoreNotPrepared, StoreBusy.
        """
        connection = self.context.writing
        cases = self._cases(connection)
        case = cases.get(case_id, (recorder or actor).units)
        if request_id is not None and (event := cases.find_request(case.id, request_id)):
            return self._repeated(cases, case, event, (action, actor, on, data, named(documents)))
        if expect_version is not None and expect_version != case.version:
            raise CaseMovedOn(case_id, case.version)
        question = self._question(case, action, actor, on, data, named(documents), recorder)
        decision = decide(question)
        if not decision.allowed:
            raise GuardsNotMet(action, decision.findings)
        return self._write(cases, question, decision, self.context.stored(documents), request_id, list_id)

    # ------------------------------------------------------------------ inside

    def _cases(self, connection: Any = None) -> Cases:
        from ..db.cases import Cases

        return Cases(connection if connection is not None else self.context.connection, keys=self.context.keys)

    def _repeated(self, cases: Cases, case: Case, event: Event, asked: tuple[Any, ...]) -> Done:
        """Return what the same request did before.

        Raises:
            RequestReused: the request id was used for something else.
        """
        action, actor, on, data, documents = asked
        act = self.context.procedure(case.policy_hash).acts.get(action)
        path = f"acts/{action}" if act and act.moves else f"facts/{action}/{event.seq}"
        entry = cases.revealed_changes(case, event).get(path)
        same = (
            act is not None
            and entry is not None
            and (event.acted_by, event.office) == (actor.person, actor.office)
            and (on is None or event.occurred_on == on.isoformat())
            and entry["data"] == recorded(read(act.form, dict(data or {})))
            and sorted(d["kind"] for d in event.documents) == sorted(d.kind for d in documents)
        )
        if not same:
            raise RequestReused(event.request_id)
        warnings = tuple(_finding(w) for w in event.warnings)
        return Done(case, event, Decision(event.action, event.to_state, True, warnings))

    def _write(
        self, cases: Cases, q: Question, decision: Decision, documents: tuple[Document, ...],
        request_id: str | None, list_id: str | None,
    ) -> Done:  # fmt: skip
        from ..db.entries import Entry

        number = None
        if q.act.kind == "registration":
            number = self._archive_number(cases, q)
        entry = Entry(
            action=decision.action,
            to=decision.to,
            actor=q.actor,
            recorded_by=q.recorder.person,
            on=q.on,
            recorded_at=self.context.recorded_at(),
            request_id=request_id or fresh_request(),
            changes=changes_of(q, q.case.version + 1, list_id=list_id, archive_no=number),
            documents=documents,
            warnings=[_warning(f) for f in decision.warnings],
        )
        case, event = cases.record(q.case, entry)
        return Done(case, event, decision)

    @staticmethod
    def _archive_number(cases: Cases, q: Question) -> str:
        """Give the next archive number of the policy's pattern; its tally row is locked after the case row."""
        cases.lock(q.case)
        rule = q.procedure.policy.numbering
        parts = {
            "year": str(q.procedure.policy.year), "county": q.case.county, "township": q.case.unit[:9],
            "village": q.case.unit,
        }  # fmt: skip
        scope = parts[rule.per]
        text = rule.pattern
        number = cases.next_number(q.case.county, f"archive/{q.procedure.policy.id}/{scope}")
        for name, value in {**parts, "number": f"{number:0{rule.digits}d}"}.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _question(
        self, case: Case, action: str, actor: Actor, on: date | None, data: Mapping[str, Any] | None,
        documents: tuple[Document, ...], recorder: Actor | None, procedure: Procedure | None = None,
    ) -> Question:  # fmt: skip
        procedure = procedure or self.context.procedure(case.policy_hash)
        act = procedure.acts.get(action)
        if act is None:
            raise NoSuchAct(action, procedure.policy.id, tuple(procedure.acts))
        if not actor.covers(case.unit):
            raise CaseNotFound(case.id)
        today = self.context.today()
        form = read(act.form, dict(data or {}))
        traits = traits_of(case, procedure, act, form)
        around = self._around(case, procedure) if act.needs else None
        return Question(
            case=case, procedure=procedure, act=act, actor=actor, recorder=recorder or actor, on=on or today,
            today=today, data=form, documents=documents, calendar=self.context.calendar, traits=traits, around=around,
        )  # fmt: skip

    def _around(self, case: Case, procedure: Procedure) -> Any:
        from .around import around

        return around(self._cases(), case, procedure)


def _warning(finding: Finding) -> dict[str, Any]:
    """Return a warning as it enters the event: ids and values, no words."""
    values = {k: _plain(v) for k, v in finding.values.items() if k != "names"}
    return {"guard": finding.guard, "rule": finding.rule, "source": finding.source, "values": values}


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int, bool)) or value is None:
        return value
    if isinstance(value, (tuple, list, frozenset, set)):
        return [_plain(v) for v in (sorted(value) if isinstance(value, (frozenset, set)) else value)]
    return str(value)


def _finding(warning: Mapping[str, Any]) -> Finding:
    return Finding(warning["guard"], warning["rule"], False, "warn", warning["source"], warning.get("values", {}))
