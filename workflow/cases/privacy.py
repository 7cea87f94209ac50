"""Show the personal values of a case, masked or with a right and a reason, and find cases by a number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.cases.histories import basis as rested_on
from ...db.log.entry import Entry
from ...db.log.streams import append, request_done, revealed
from ...db.vault.held_keys import hold_keys
from ...db.vault.index import KINDS, cases_with
from ...db.vault.papers import lock_of, name_at
from ...states.decide import decide
from ...states.errors import InputRefused
from ...states.forms.acts import read
from ...states.personal import mask
from ..request import Place, Request, insist
from ..scoped import scoped
from .acts import question
from .erasure import Erased, erase, forget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from ...db.cases.histories import Basis
    from ...states.actor import Actor
    from ...states.case import Case
    from ...states.procedure.graph import Procedure
    from ...states.values import Event
    from ..context import Context


class Unmasked(NamedTuple):
    """An unmasked household, the other personal values of the case by event and field, and the event that records it."""

    household: Mapping[str, Any]
    values: Mapping[tuple[int, str], Any]
    event: Event


class PersonalValues:
    """The methods of `Approvals` that show, find and erase personal values."""

    context: Context

    @scoped
    def household(self, case_id: str, *, actor: Actor) -> Mapping[str, Any]:
        """Return the household of a case, its personal values masked; `unmask` shows them."""
        cases = self.context.cases()
        return mask(cases.revealed_household(cases.get(case_id, actor.units)))  # type: ignore[no-any-return]

    @scoped
    def unmask(self, case_id: str, *, actor: Actor, reason: str, request_id: str | None = None) -> Unmasked:
        """Return the personal values of a case in the clear; that it was done, by whom and why is an event of its own.

        Show them only once the transaction is committed.

        Raises:
            GuardsNotMet: the policy gives the office no right to it, or no reason was given.
            CaseNotFound, KeysMissing, RequestReused, StoreBusy.
        """
        context, cases = self.context, self.context.cases(writing=True)
        case = cases.get(case_id, actor.units)
        request = Request("unmask", actor, actor, data={"reason": reason}, request_id=request_id)
        insist("unmask", decide(question(context, case, request, context.road(case).beside.unmasking)))
        hold_keys(context.writing, case.county, f"case/{case.id}")  # an erasure and this wait for each other
        values = cases.private(case)
        event = write_unmasking(context, case.county, f"unmasked/{case.id}", request)
        return Unmasked(cases.revealed_household(case), values, event)

    @scoped
    def paper(
        self, case_id: str, seq: int, no: int, *, actor: Actor, reason: str, request_id: str | None = None
    ) -> bytes:
        """Return the bytes of paper number `no` of event `seq`: an unmasking like `unmask`, for a photograph is personal."""
        self.unmask(case_id, actor=actor, reason=reason, request_id=request_id)
        context = self.context
        case = context.cases().get(case_id, actor.units)
        context.renew(case.unit, f"case/{case.id}", lambda: context.cases(writing=True).lock(case))
        name = name_at(context.connection, case.county, f"case/{case.id}", seq, no)
        lock = lock_of(context.vault, case.county, name)
        if context.files is None or lock is None:
            raise InputRefused("没有指定文件库，或该文件已删除。", "no file store was given, or the file was erased.")
        return context.files.content(case.county, lock)

    @scoped
    def search(self, kind: str, value: str, *, actor: Actor) -> Sequence[Case]:
        """Return the cases of the actor's area in which a number or name stands, whole and exact.

        `kind` is "id_number", "name", "phone" or "card"; the value is compared by its keyed token and never sent.
        """
        if kind not in KINDS:
            raise InputRefused(
                f"只能按 {', '.join(KINDS)} 查找。", f"cases can be searched only by {', '.join(KINDS)}."
            )
        context, cases = self.context, self.context.cases()
        for county in sorted({code[:6] for code in actor.units}):
            context.vault.find_in(county)
        found = cases_with(context.connection, context.vault.keys, kind, value, actor.units)
        return [cases.listed(case, actor.units) for case in found]

    @scoped
    def erase(
        self,
        case_id: str,
        *,
        actor: Actor,
        reason: str,
        agreed_by: str | None,
        person: str = "all",
        on: date | None = None,
        recorder: Actor | None = None,
        expect_version: int | None = None,
        request_id: str | None = None,
    ) -> Erased:
        """Destroy the data keys, values, salts and index rows of a household, or of one `person` of it ("head", "member-0").

        The chain still verifies. See `erasure.erase` for what it raises.
        """
        said = {"agreed_by": agreed_by, "reason": reason}
        request = Request("erase", actor, recorder or actor, on, said, (), request_id, expect_version)
        return erase(self.context, case_id, person, request)

    @scoped
    def forget(self, erased: Erased, *, actor: Actor) -> tuple[str, ...]:
        """Take the files of a committed erasure away; return those that are left. See `erasure.forget` for when they are."""
        return forget(self.context, erased, actor)

    @scoped
    def basis(self, case_id: str, action: str, *, actor: Actor) -> Basis:
        """Return what a decision rested on when it was taken: household (masked), policy hash, every finding.

        Raises:
            NotFound: no such decision was taken on the case.
        """
        cases = self.context.cases()
        found = rested_on(cases, cases.get(case_id, actor.units), action)
        return replace(found, household=mask(found.household))


def insist_on_unmasking(
    context: Context, plans: Iterable[Procedure], subject: str, unit: str, request: Request
) -> None:
    """Let somebody see what several plans concern: each plan has to give the office the right, and there is a reason.

    Raises:
        GuardsNotMet: a plan gives no right, or no reason was given.
    """
    today, data = context.today(), read("noted", request.filled)
    place = Place(subject, unit)
    matters = (request.on_matter(plan.beside.unmasking, place, today, plan, data=data) for plan in plans)
    insist("unmask", *map(decide, matters))


def write_unmasking(context: Context, county: str, stream: str, request: Request, shown: str | None = None) -> Event:
    """Write the event of an unmasking to a stream: by whom, in which office, for which reason.

    The reason is a personal value itself. The same request again, on the same day, is the same showing.

    Args:
        shown: what of the stream was shown, where that is not all of it: a list, the number of a record.
    """
    actor, day, request_id = request.actor, context.today(), request.id
    entry = {"on": day.isoformat(), "by": actor.person, "office": actor.office, **request.data}
    changes = {f"unmaskings/{request_id.replace('/', '%2F')}": {**entry, "of": shown} if shown else entry}
    if (done := request_done(context.writing, county, stream, request_id)) is not None:
        same = done.action == request.action and revealed(context.writing, done, context.keys) == changes
        request.same_as(done, content=same)
        return done
    written = Entry(
        action="unmask",
        to=None,
        actor=actor,
        recorded_by=actor.person,
        on=day,
        recorded_at=context.recorded_at(),
        request_id=request_id,
        changes=changes,
    )
    return append(context.writing, county, stream, written, keys=context.keys, alg=context.alg)
