"""Record the duties of townships, villages and the county: reports, surveys, plans (R29d, R36d, R59, R64, R65)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ..db.cases.policies import keep
from ..db.duties import Deed, before, record, records
from ..db.log.streams import share
from ..db.register.register import units
from ..states.counting.due_dates import due_dates, late
from ..states.errors import GuardsNotMet, IntegrityBroken, NoSuchAct, NotFound, RequestReused
from ..states.forms.acts import read
from ..states.forms.form import recorded
from ..states.guards.privacy import may_unmask_under
from ..states.personal import mask
from .cases.privacy import noted
from .context import fresh_request
from .duty_plans import Asked, Owed, findings, owed, period_meant
from .policies.plans import require_whole
from .scoped import scoped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from ..states.actor import Actor, Document
    from .context import Context
    from .papers import Attachment


class Units:
    """The duties of units, and which of them the units did."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @scoped
    def duties(self, unit: str, *, policy: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the duties of units in a unit's county, or under one plan, each with its offices and due dates."""
        require_whole(self._context, (unit[:6],))
        return [_duty(one) for one in owed(self._context, (unit[:6],), policy)]

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
    ) -> Mapping[str, Any]:
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
        wanted = period.isoformat() if isinstance(period, date) else period
        told = recorded(read("unit_record", dict(data or {})))
        asked = Asked(unit, action, wanted, actor, recorder or actor, on, told, documents)
        every = self._meant(asked, policy)
        connection = self._context.writing
        if (
            request_id is not None
            and asked.recorder.covers(unit)
            and (done := before(connection, unit, request_id, self._context.keys))
        ):
            return _masked(self._repeated(done, asked, every if policy else None))
        return _masked(self._written(connection, asked, every, request_id or fresh_request()))

    @scoped
    def records(
        self, *, actor: Actor, unit: str | None = None, action: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return what the units of the actor's area did, by unit and in order."""
        found = records(self._context.connection, actor.units, self._context.keys, unit=unit, action=action)
        return [_masked(row) for row in found]

    @scoped
    def unmask(
        self, unit: str, seq: int, *, actor: Actor, reason: str, request_id: str | None = None
    ) -> Mapping[str, Any]:
        """Return record number `seq` of a unit with its remarks in the clear; that it was shown is an event of the unit.

        Raises:
            NotFound: there is none in the actor's area.
            GuardsNotMet: a policy that it was recorded for gives the office no right, or there is no reason.
        """
        rows = records(self._context.connection, actor.units, self._context.keys, unit=unit)
        found = next((row for row in rows if row["seq"] == seq), None)
        if found is None:
            raise NotFound(unit)
        if found["key_lost"]:
            raise IntegrityBroken([f"{unit} #{seq}: the key of its personal values is lost or damaged"])
        roads = [self._context.procedure(hash_) for hash_ in found["policies"].values()]
        findings = may_unmask_under(roads, actor, reason)
        if any(not finding.ok for finding in findings):
            raise GuardsNotMet("unmask", findings)
        noted(self._context, unit[:6], f"unit/{unit}", actor, reason, request_id, shown=str(seq))
        return found

    @scoped
    def late(
        self, *, actor: Actor, policy: str | None = None, today: date | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return every due date that a unit of the actor's area did not meet: how late, and when it came (R64, R65).

        Registered units of a duty's level owe it. `today` is the day as of which it is asked; `came` is None for
        what is still missing then.
        """
        connection, day = self._context.connection, today or self._context.today()
        registered = units(connection, actor.units)
        done = records(connection, actor.units, self._context.keys)
        counties = [code[:6] for code in actor.units]
        found = []
        for one in owed(self._context, counties, policy):
            county = one.procedure.policy.county
            own = {u["code"]: u for u in registered if u["level"] == one.duty.level and u["code"][:6] == county}
            missed = late(one.duty, list(own), _for(one, done), day)
            found += [{**_duty(one), **entry._asdict()} for entry in missed if _stood(own[entry.unit], entry.due)]
        return found

    def _meant(self, asked: Asked, policy: str | None) -> list[Owed]:
        require_whole(self._context, (asked.unit[:6],))
        every = owed(self._context, (asked.unit[:6],), policy)
        found = [one for one in every if one.duty.action == asked.action]
        if not found:
            known = dict.fromkeys(str(one.duty.action) for one in every)
            names = dict.fromkeys(one.procedure.policy.id for one in every)
            raise NoSuchAct(asked.action, ", ".join(names) or asked.unit[:6], tuple(known))
        return found

    def _written(self, connection: Connection, asked: Asked, every: list[Owed], request_id: str) -> Mapping[str, Any]:
        context, day = self._context, asked.on or self._context.today()
        period, fitting = period_meant(every, asked.period, day)
        share(connection, asked.unit[:6], ["county"])  # no unit goes over into another until this is committed
        registered = any(u["code"] == asked.unit and _stood(u, day) for u in units(connection, (asked.unit,)))
        said = findings(asked, fitting, period, day, context.today(), registered=registered)
        if any(not finding.ok for finding in said):
            raise GuardsNotMet(asked.action, said)
        at = context.recorded_at()
        for _, procedure, text in fitting:
            keep(connection, procedure.policy.id, procedure.hash, text, procedure.moves(), at)
        deed = Deed(
            asked.unit,
            asked.action,
            str(period),
            asked.actor,
            asked.recorder.person,
            day,
            asked.data,
            context.stored(asked.unit, asked.documents),
            {one.procedure.policy.id: one.procedure.hash for one in fitting},
        )
        return record(connection, deed, recorded_at=at, request_id=request_id, keys=context.keys)

    def _repeated(self, done: Mapping[str, Any], asked: Asked, named: list[Owed] | None) -> Mapping[str, Any]:
        """Return what the same request recorded before; other content under its id is refused."""
        papers = sorted((d.kind, self._context.fingerprint(d)) for d in asked.documents)
        same = (
            (done["action"], done["by"], done["office"]) == (asked.action, asked.actor.person, asked.actor.office)
            and asked.period in (None, done["period"])
            and (asked.on is None or asked.on.isoformat() == done["on"])
            and asked.data == done["data"]
            and papers == sorted((d["kind"], d["sha256"]) for d in done["documents"])
            and (named is None or [one.procedure.policy.id for one in named] == list(done["policies"]))
        )
        if not same:
            raise RequestReused(str(done["request_id"]))
        return done


def _masked(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**row, "data": mask(row["data"])}


def _stood(unit: Mapping[str, Any], due: date) -> bool:
    """Tell whether a unit stood on a day: what went over into another owes nothing any more."""
    return str(unit.get("since", "")) <= due.isoformat() <= str(unit.get("until", "9999-12-31"))


def _duty(one: Owed) -> dict[str, Any]:
    duty, policy = one.duty, one.procedure.policy
    return {
        "policy": policy.id,
        "duty": duty.id,
        "action": duty.action,
        "name": duty.name.model_dump(),
        "level": duty.level,
        "who": list(duty.offices),
        "rule": duty.rule,
        "source": duty.source,
        "due_dates": [day.isoformat() for day in due_dates(duty)],
    }


def _for(one: Owed, done: Sequence[Mapping[str, Any]]) -> list[tuple[str, date, date]]:
    """Return what was submitted for a plan's duty: (unit, due date, day)."""
    due = {day.isoformat() for day in due_dates(one.duty)}
    return [
        (r["unit"], date.fromisoformat(r["period"]), date.fromisoformat(r["on"]))
        for r in done
        if r["action"] == one.duty.action and r["period"] in due and one.procedure.policy.id in r["policies"]
    ]
