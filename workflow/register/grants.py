"""Check and make a grant of an office: for one person, a sheet, or a county's founders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.cases.tallies import hold
from ...db.register.entry import Entering
from ...db.register.grants import Held, propose
from ...db.register.register import add_person, known_person
from ...db.register.units import stands
from ...states.actor import PROXY
from ...states.errors import InputRefused, NotFound
from ...states.units import UNIT_LENGTHS
from .authority import standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from ...states.actor import Actor
    from ..context import Context
    from .authority import Standing

OFFICES = (
    "village",
    "township",
    "county",
    "poverty_office",
    "civil_affairs",
    "disabled_federation",
    "appraiser",
    "finance",
    "auditor",
    "discipline",
    "admin",
    PROXY,
)
_ID = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


class Newcomer(NamedTuple):
    """A person who is to be registered: in which county, under which id and name, with which account."""

    county: str
    person: str
    name: str
    account: str | None


def entering(context: Context, actor: Actor, on: date, request_id: str, county: str | None = None) -> Entering:
    """Return who enters something in the register, over the host's connection.

    The register of the actor's counties, and of the one that is named, is held from here on: who enters something else
    waits, so that what is asked before an entry still holds when it is committed.
    """
    codes = [code for code in (county, *actor.units) if code and code.isascii() and code.isdigit()]
    for held in sorted({code[:6] for code in codes if len(code) in UNIT_LENGTHS}):
        hold(context.writing, held, "register")
    return Entering(
        connection=context.writing,
        actor=actor,
        on=on,
        recorded_at=context.recorded_at(),
        request_id=request_id,
        keys=context.keys,
    )


def offices_known(context: Context, offices: Iterable[str]) -> tuple[str, ...]:
    """Return the offices that there are; policies are read for more only where one of `offices` is not weigai's own."""
    return OFFICES if set(offices) <= set(OFFICES) else context.library.offices(OFFICES)


def offices_held(
    context: Context,
    county: str,
    offices: Sequence[tuple[str, str]],
    since: date | None,
    until: date | None,
    known: Sequence[str] | None = None,
) -> list[Held]:
    """Return offices, as (office, unit code), with their dates; each is known and of this county."""
    first = since or context.today()
    if until is not None and until < first:
        raise InputRefused(
            "任职止早于任职起；请核对日期。", "the last day of the office is earlier than the first; check the dates."
        )
    known = known or offices_known(context, (office for office, _ in offices))
    for office, unit in offices:
        if office not in known or len(unit) not in (6, 9, 12) or not unit.isdigit() or not unit.startswith(county):
            raise InputRefused(
                f"{office}@{unit} 无效：职务应为 {', '.join(known)} 之一，单位应为本县的单位代码。",
                f"{office}@{unit} is not valid: the office must be one of {', '.join(known)}, and the unit a code of "
                "this county.",
            )
    last = None if until is None else until.isoformat()
    return [Held(office, unit, first.isoformat(), last) for office, unit in offices]


def may_grant(context: Context, may: Standing, held: Sequence[Held]) -> bool:
    """Let somebody grant these offices; return whether a second person has to confirm them.

    Raises:
        NotFound: a unit lies outside the administrator's area, or does not stand in a founded county on that day.
    """
    may.reach(one.unit for one in held)
    if may.founded:
        for one in held:
            if not stands(context.connection, one.unit, one.since):
                raise NotFound(one.unit)
    return may.founded


def add(context: Context, new: Newcomer, held: Sequence[Held], actor: Actor, request_id: str) -> Mapping[str, Any]:
    """Register a person with offices. See `Register.add_person`."""
    person_sound(new.person, new.account)
    by = entering(context, actor, context.today(), request_id, new.county)
    real = may_grant(context, standing(context, actor, "add_person", new.county), held)
    return added(by, new, held, pending=real)


def person_sound(person: str, account: str | None) -> None:
    """Refuse an id or an account that is not of its form.

    Raises:
        InputRefused: it is not.
    """
    if not _ID.fullmatch(person):
        raise InputRefused(
            f"人员编号 {person!r} 无效：应以小写字母开头，只含小写字母、数字、连字符，如 p-0007。",
            f"the person id {person!r} is not valid: it must begin with a lower-case letter and have only lower-case "
            "letters, digits and hyphens, e.g. p-0007.",
        )
    if account is not None:
        account_sound(account)


def added(by: Entering, new: Newcomer, held: Sequence[Held], *, pending: bool) -> Mapping[str, Any]:
    """Register a person with offices that were asked for already; see `may_grant`."""
    confirmed_by = None if pending else by.actor.person
    add_person(by, new.county, new.person, new.name, new.account, held, confirmed_by=confirmed_by, trial=not pending)
    return _told(new.person, 1, held, pending=pending)


def grant(context: Context, person: str, held: Sequence[Held], actor: Actor, request_id: str) -> Mapping[str, Any]:
    """Propose offices for a registered person, in a trial county grant them. See `Register.grant`."""
    county = held[0].unit[:6]
    by = entering(context, actor, context.today(), request_id)
    real = may_grant(context, standing(context, actor, "propose_grant", county), held)
    if not known_person(by.connection, county, person):
        raise NotFound(person)
    return granted(by, county, person, held, pending=real)


def granted(by: Entering, county: str, person: str, held: Sequence[Held], *, pending: bool) -> Mapping[str, Any]:
    """Propose or grant offices that were asked for already to a registered person; see `may_grant`."""
    no = propose(by, county, person, held, None if pending else by.actor.person)
    return _told(person, no, held, pending=pending)


def title(name: str) -> str:
    """Return the name of a unit.

    Raises:
        InputRefused: it is none.
    """
    if not name or len(name) > 100:
        raise InputRefused("单位名称无效：应为 1 至 100 个字。", "a unit's name must have 1 to 100 characters.")
    return name


def account_sound(account: str) -> None:
    """Refuse an account that could not be told from a person of another county ("150783/p-0007").

    Raises:
        InputRefused: it is not 1 to 100 printable characters without a slash.
    """
    if not account.strip() or len(account) > 100 or not account.isprintable() or "/" in account:
        raise InputRefused(
            "账号无效：应为 1 至 100 个可见字符，不含斜线。",
            "an account must have 1 to 100 printable characters and no slash.",
        )


def _told(person: str, no: int, held: Sequence[Held], *, pending: bool) -> Mapping[str, Any]:
    offices = [one._asdict() for one in held]
    return {"person": person, "no": no, "offices": offices, "pending": pending}
