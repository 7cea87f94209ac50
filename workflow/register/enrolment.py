"""Register the persons of a sheet, all or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...db.log.streams import request_done
from ...db.prepared import savepoint
from ...db.register.register import known_person
from ...states.errors import InputRefused, NotFound
from .authority import registrar, standing
from .grants import Newcomer, added, entering, granted, may_grant, offices_held, offices_known, person_sound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...db.register.entry import Entering
    from ...db.register.grants import Held
    from ...states.actor import Actor
    from ..context import Context
    from ..exchange.persons import Enrolled
    from .authority import Standing

_ACTION = "import_persons"


def enrol(context: Context, rows: Sequence[Enrolled], actor: Actor, request_id: str) -> Sequence[Mapping[str, Any]]:
    """Register the persons of a sheet. See `Register.import_persons`."""
    if not rows:
        raise InputRefused("人员表是空的。", "the sheet of persons is empty.")
    people: dict[tuple[str, str], list[Enrolled]] = {}
    for row in rows:
        people.setdefault((row.unit[:6], row.id), []).append(row)
    sheet = _Sheet(context, rows, actor, request_id)
    with savepoint(context.writing):
        done = [sheet.taken(county, theirs) for (county, _), theirs in people.items()]
        sheet.refuse()
    return [one for one in done if one]


class _Sheet:
    """What is asked once for all rows, and what was wrong in which row."""

    def __init__(self, context: Context, rows: Sequence[Enrolled], actor: Actor, request_id: str) -> None:
        self._context, self._actor, self._request = context, actor, request_id
        self._offices = offices_known(context, (row.office for row in rows))
        self._counties: dict[str, tuple[Entering, Standing]] = {}
        self._wrong: list[tuple[int, InputRefused]] = []
        self._absent: list[tuple[int, NotFound]] = []

    def taken(self, county: str, rows: Sequence[Enrolled]) -> Mapping[str, Any] | None:
        """Register one person with the offices of these rows; None where something is wrong, which is kept."""
        first, held = rows[0], []
        for row in rows:
            try:
                held += self._held(county, row, first)
            except InputRefused as error:
                self._wrong.append((row.row, error))
            except NotFound as error:
                self._absent.append((row.row, error))
        if len(held) < len(rows):
            return None
        try:
            return self._written(county, first, held)
        except InputRefused as error:
            self._wrong.append((first.row, error))
        return None

    def refuse(self) -> None:
        """Refuse the sheet if anything was wrong, with every row of it.

        Raises:
            InputRefused: a row is not of its form, or is of somebody else already; rows of units outside the area are told too.
            NotFound: a unit lies outside the actor's area, and nothing else is wrong.
        """
        if self._wrong:
            wrong = sorted((*self._wrong, *self._absent), key=lambda one: one[0])
            zh = "\n".join(f"第 {row} 行：{error.message('zh')}" for row, error in wrong)
            raise InputRefused(zh, "\n".join(f"row {row}: {error.message('en')}" for row, error in wrong))
        if self._absent:
            raise NotFound(
                ", ".join(f"[{row}] {error.what}" for row, error in sorted(self._absent, key=lambda one: one[0]))
            )

    def _held(self, county: str, row: Enrolled, first: Enrolled) -> list[Held]:
        if (row.name, row.account) != (first.name, first.account):
            raise InputRefused(
                "同一编号的姓名或账号前后不一；请改为一致。",
                "rows with the same id have different names or accounts; make them the same.",
            )
        own = offices_held(self._context, county, [(row.office, row.unit)], row.since, row.until, self._offices)
        may_grant(self._context, self._of(county, row.unit)[1], own)
        return own

    def _written(self, county: str, first: Enrolled, held: Sequence[Held]) -> Mapping[str, Any]:
        by, may = self._of(county, first.unit)
        if first.id == self._actor.person:  # in a trial county their offices are others from here on
            del self._counties[county]
        if known_person(by.connection, county, first.id) and not self._registers(by, county, first.id):
            return granted(by, county, first.id, held, pending=may.founded)
        person_sound(first.id, first.account)
        new = Newcomer(county, first.id, first.name[:100], first.account)
        return added(by, new, held, pending=may.founded)

    def _registers(self, by: Entering, county: str, person: str) -> bool:
        """Tell whether it was this request that registered a person before."""
        done = request_done(by.connection, county, f"person/{person}", self._request)
        return done is not None and done.action == "add_person"

    def _of(self, county: str, unit: str) -> tuple[Entering, Standing]:
        """Return what the actor may change in a county, whose register is held from here on."""
        if county not in self._counties:
            context, actor = self._context, self._actor
            registrar(context, actor, _ACTION, county, [unit])
            by = entering(context, actor, context.today(), self._request, county)
            self._counties[county] = by, standing(context, actor, _ACTION, county)
        return self._counties[county]
