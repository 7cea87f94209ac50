"""The register of persons, the offices they hold, and the units: for the command line and for trials.

A host application supplies its actors itself and needs none of this.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..states.errors import InputRefused
from .context import fresh_request, scoped
from .keeping import may_keep_register, seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from ..states.case import Actor
    from .context import Context

OFFICES = (
    "village", "township", "county", "poverty_office", "civil_affairs", "disabled_federation", "appraiser", "finance",
    "auditor", "discipline", "admin",
)  # fmt: skip
_ID = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


class Register:
    """Persons, offices held and units of a county."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @scoped
    def import_units(self, rows: Iterable[tuple[str, str]], *, actor: Actor, request_id: str | None = None) -> int:
        """Take units in by (code, name) and return how many. See `db.register.import_units`."""
        from ..db.register import import_units

        given = list(rows)
        for county in dict.fromkeys(code[:6] for code, _ in given if len(code) >= 6):
            may_keep_register("import_units", county, actor)
        return import_units(
            self._context.writing, given, actor=actor, on=self._context.today(),
            recorded_at=self._context.recorded_at(), request_id=request_id or fresh_request(),
            keys=self._context.keys,
        )  # fmt: skip

    @scoped
    def units(self, *, actor: Actor | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the units, by code; with an actor, those of the actor's area."""
        from ..db.register import units

        return units(self._context.connection, actor.units if actor else None)

    @scoped
    def add_person(
        self, county: str, person: str, name: str, *, offices: Sequence[tuple[str, str]], actor: Actor,
        account: str | None = None, since: date | None = None, trial: bool = False, request_id: str | None = None,
    ) -> None:  # fmt: skip
        """Register a person with offices held, as (office, unit code).

        Raises:
            InputRefused: the id is not of its form or taken, an office is unknown, or a unit is not of the county.
        """
        from ..db.register import add_person

        if not _ID.fullmatch(person):
            raise InputRefused(
                f"人员编号 {person!r} 应为小写字母开头的字母、数字、连字符。",
                f"a person id is lower-case letters, digits and hyphens, e.g. p-0007; not {person!r}.",
            )
        unknown = {office for office, _ in offices} - set(OFFICES)
        known = OFFICES if not unknown else self._context.library.offices(OFFICES)
        for office, unit in offices:
            if office not in known or len(unit) not in (6, 9, 12) or not unit.startswith(county):
                raise InputRefused(
                    f"职务 {office}@{unit} 无效；职务为：{', '.join(known)}。",
                    f"{office}@{unit} is not an office of this county; offices: {', '.join(known)}.",
                )
        for unit in [unit for _, unit in offices] or [county]:
            may_keep_register("add_person", unit, actor)
        add_person(
            self._context.writing, county, person, name, account, offices, actor=actor,
            on=since or self._context.today(), recorded_at=self._context.recorded_at(),
            request_id=request_id or fresh_request(), keys=self._context.keys, trial=trial,
        )  # fmt: skip

    @scoped
    def persons(self, *, actor: Actor | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the registered persons with the offices they hold or held; with an actor, those of the actor's area.

        Where PostgreSQL keeps rows apart, nobody is there without an actor.
        """
        from ..db.register import persons

        found = persons(self._context.connection, self._context.keys)
        return found if actor is None else [shown for one in found if (shown := seen(one, actor)) is not None]

    def actors(self, who: str, *, on: date | None = None) -> Sequence[Actor]:
        """Return a registered person (by id or account) once for each office held on a day, default today.

        Raises:
            NotFound: nobody is registered under that name.
        """
        from ..db.register import actors
        from ..db.scope import enter_login

        if not self._context.inside:
            enter_login(self._context.connection, who)
        return actors(self._context.connection, who, on or self._context.today())
