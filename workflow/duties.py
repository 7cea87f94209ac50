"""Record the duties of townships, villages and the county: reports, surveys, plans (R29d, R36d, R59, R64, R65)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from ..db.cases.policies import keep, stored_policies
from ..db.duties import DutyDone, event_of_request, record, record_of, records
from ..db.log.streams import share
from ..db.register.register import units
from ..states.counting.due_dates import due_dates, late
from ..states.errors import IntegrityBroken, NoSuchAct, RequestReused
from ..states.forms.acts import read
from ..states.forms.form import recorded
from ..states.personal import mask
from .cases.privacy import insist_on_unmasking, write_unmasking
from .duty_plans import Owed, decided, in_force, owed
from .library import sound
from .policies.plans import require_whole
from .request import Request, insist
from .scoped import scoped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..db.duties import DutyRecord
    from ..states.actor import Actor, Document
    from ..states.values import Decision, Json
    from .context import Context
    from .duty_plans import MissedDuty, UnitDuty
    from .papers import Attachment


class Units:
    """The duties of units, and which of them the units did."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @scoped
    def duties(self, unit: str, *, policy: str | None = None) -> Sequence[UnitDuty]:
        """Return the duties of units in a unit's county, or under one plan, each with its offices and due dates."""
        require_whole(self._context, (unit[:6],))
        return [duty.as_row() for duty in owed(self._context, (unit[:6],), policy)]

    @scoped
    def record(
        self,
        unit: str,
        action: str,
        *,
        actor: Actor,
        policy: str | None = None,
        on: date | None = None,
        data: Mapping[str, Any] | None = None,
        documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None,
        request_id: str | None = None,
        period: date | str | None = None,
    ) -> DutyRecord:
        """Record that a unit did a duty, for one due date.

        Args:
            unit: the code of the unit that owes it.
            action: e.g. "submit_progress"; `duties` lists them.
            actor: who did it, in which office.
            policy: the plan that it is done for; default every plan of the unit's county that wants it.
            on: the day on which it was done, default today.
            data: counts and remarks (`states.forms.UnitRecord`); the report itself is a paper.
            documents: papers to attach.
            recorder: who enters it, where that is not who acted.
            request_id: the same id again is done once and answers the same.
            period: the due date (or year) that it is for; default the first due date on or after `on`.

        Raises:
            NoSuchAct: no plan concerned has such a duty.
            GuardsNotMet: the office, the area, the unit, the period or the day does not fit.
            InputRefused: the data is not of its form.
            RequestReused: the request id was used for something else.
        """
        request = Request(action, actor, recorder or actor, on, _form(data), documents, request_id)
        meant, wanted = self._meant(unit, action, policy), _wanted(period)
        done = self._done_before(unit, request, wanted, meant if policy else None)
        return _masked(done or self._written(unit, request, meant, wanted))

    @scoped
    def check(
        self,
        unit: str,
        action: str,
        *,
        actor: Actor,
        policy: str | None = None,
        on: date | None = None,
        data: Mapping[str, Any] | None = None,
        documents: Sequence[Attachment | Document] = (),
        recorder: Actor | None = None,
        period: date | str | None = None,
    ) -> Decision:
        """Answer whether a unit's duty could be recorded, with every finding; nothing is written. See `record`.

        Raises:
            NoSuchAct: no plan concerned has such a duty.
            InputRefused: the data is not of its form.
        """
        request = Request(action, actor, recorder or actor, on, _form(data), documents)
        meant = self._meant(unit, action, policy)
        return decided(self._context, unit, request, meant, _wanted(period))[0]

    @scoped
    def records(self, *, actor: Actor, unit: str | None = None, action: str | None = None) -> Sequence[DutyRecord]:
        """Return what the units of the actor's area did, by unit and in order."""
        rows = records(self._context.connection, actor.units, self._context.keys, unit=unit, action=action)
        return [_masked(row) for row in rows]

    @scoped
    def unmask(self, unit: str, seq: int, *, actor: Actor, reason: str, request_id: str | None = None) -> DutyRecord:
        """Return record number `seq` of a unit with its remarks in the clear; that it was shown is an event of the unit.

        Raises:
            NotFound: there is none in the actor's area.
            GuardsNotMet: a policy that it was recorded for gives the office no right, or there is no reason.
        """
        row = record_of(self._context.connection, actor.units, self._context.keys, unit, seq)
        if row.key_lost:
            raise IntegrityBroken([f"{unit} #{seq}: the key of its personal values is lost or damaged"])
        request = Request("unmask", actor, actor, data={"reason": reason}, request_id=request_id)
        plans = [self._context.procedure(policy_hash) for policy_hash in row.policies.values()]
        insist_on_unmasking(self._context, plans, f"{unit}/{seq}", unit, request)
        write_unmasking(self._context, unit[:6], f"unit/{unit}", request, shown=str(seq))
        return row

    @scoped
    def late(self, *, actor: Actor, policy: str | None = None, today: date | None = None) -> Sequence[MissedDuty]:
        """Return every due date that a unit of the actor's area did not meet: how late, and when it came (R64, R65).

        Registered units of a duty's level owe it. `today` is the day as of which it is asked; `came` is None for
        what is still missing then.
        """
        connection, day = self._context.connection, today or self._context.today()
        registered = units(connection, actor.units)
        done = records(connection, actor.units, self._context.keys)
        counties = [code[:6] for code in actor.units]
        missed = []
        for duty in owed(self._context, counties, policy):
            level, county = duty.duty.level, duty.procedure.policy.county
            owing = {u.code: u for u in registered if u.level == level and u.code[:6] == county}
            every = late(duty.duty, list(owing), _submitted(duty, done), day)
            missed += [duty.missed(each) for each in every if in_force(owing[each.unit], each.due)]
        return missed

    def _meant(self, unit: str, action: str, policy: str | None) -> list[Owed]:
        require_whole(self._context, (unit[:6],))
        every = owed(self._context, (unit[:6],), policy)
        meant = [one for one in every if one.duty.action == action]
        if not meant:
            known = dict.fromkeys(str(one.duty.action) for one in every)
            names = dict.fromkeys(one.procedure.policy.id for one in every)
            raise NoSuchAct(action, ", ".join(names) or unit[:6], tuple(known))
        return meant

    def _written(self, unit: str, request: Request, meant: list[Owed], wanted: str | None) -> DutyRecord:
        context, connection = self._context, self._context.writing
        share(connection, unit[:6], ["county"])  # no unit goes over into another until this is committed
        day = request.on or context.today()
        decision, period, fitting = decided(context, unit, request._replace(on=day), meant, wanted)
        insist(request.action, decision)
        at, kept = context.recorded_at(), {each.hash for each in stored_policies(connection)}
        for _, procedure, text in fitting:
            if procedure.hash not in kept:
                sound(text, procedure.policy.id)  # what is kept from now on passes the checks of today
            keep(connection, procedure.policy.id, procedure.hash, text, procedure.moves(), at)
        deed = DutyDone(
            unit,
            request.action,
            str(period),
            request.actor,
            request.recorder.person,
            day,
            request.data,
            context.stored(unit, request.documents),
            {one.procedure.policy.id: one.procedure.hash for one in fitting},
        )
        return record(connection, deed, recorded_at=at, request_id=request.id, keys=context.keys)

    def _done_before(
        self, unit: str, request: Request, wanted: str | None, named: list[Owed] | None
    ) -> DutyRecord | None:
        """Return what the same request recorded before, None where it is a new one; `named`: the plan that it names.

        Raises:
            RequestReused: the request id was used for something else.
        """
        context = self._context
        if request.request_id is None or not request.recorder.covers(unit):
            return None
        event = event_of_request(context.writing, unit, request.request_id)
        if event is None:
            return None
        if event.action != request.action:
            raise RequestReused(event.request_id)
        done = record_of(context.connection, (unit,), context.keys, unit, event.seq)
        papers = sorted((d.kind, context.fingerprint(d)) for d in request.documents)
        content = (
            wanted in (None, done.period)
            and request.data == done.data
            and papers == sorted((paper.kind, paper.sha256) for paper in done.documents)
            and (named is None or [one.procedure.policy.id for one in named] == list(done.policies))
        )
        request.same_as(event, content=content)
        return done


def _form(data: Mapping[str, object] | None) -> Mapping[str, Json]:
    """Return the data of a record as it enters its event."""
    return recorded(read("unit_record", dict(data or {})))


def _wanted(period: date | str | None) -> str | None:
    return period.isoformat() if isinstance(period, date) else period


def _masked(row: DutyRecord) -> DutyRecord:
    return replace(row, data=mask(row.data))


def _submitted(owed: Owed, done: Sequence[DutyRecord]) -> list[tuple[str, date, date]]:
    """Return what was submitted for a plan's duty: (unit, due date, day)."""
    due = {day.isoformat() for day in due_dates(owed.duty)}
    return [
        (row.unit, date.fromisoformat(row.period), row.on)
        for row in done
        if row.action == owed.duty.action and row.period in due and owed.procedure.policy.id in row.policies
    ]
