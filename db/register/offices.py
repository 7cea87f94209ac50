"""Find who holds which office, where and on which day, and who may work as others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from ...states.actor import PROXY, Actor
from ...states.errors import InputRefused, NotFound
from ...states.units import UNIT_LENGTHS, inside
from .areas import area_on
from .grants import GRANT
from .register import PERSON

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection


def actors(connection: Connection, who: str, on: date, county: str | None = None) -> list[Actor]:
    """Return a person (by id or account, "150783/p-0007" where it is known in two counties) once for each office held.

    Somebody of a trial county holds an office on every day before it ended.

    Raises:
        NotFound: nobody is registered under that name.
        InputRefused: it is known in more than one county.
    """
    return actors_of(connection, person_of(connection, who, county), on)


def actors_of(connection: Connection, person: Any, on: date) -> list[Actor]:
    """Return a person once for each office held; a grant whose office or unit has no form counts for nothing."""
    day = on.isoformat()
    query = select(GRANT.c.office, GRANT.c.unit).where(
        GRANT.c.county == person.county, GRANT.c.person == person.id, GRANT.c.office != PROXY, _not_over(day)
    )
    if not person.trial:
        query = query.where(GRANT.c.since <= day)
    held: dict[str, list[str]] = {}
    for row in connection.execute(query.distinct().order_by(GRANT.c.office, GRANT.c.unit)):
        if row.office and len(row.unit) in UNIT_LENGTHS:
            held.setdefault(row.office, []).append(row.unit)
    areas = {codes: area_on(connection, codes, on) for codes in {tuple(codes) for codes in held.values()}}
    return [Actor(person.id, office, areas[tuple(codes)], trial=bool(person.trial)) for office, codes in held.items()]


def leave(connection: Connection, county: str, account: str, on: date) -> tuple[str, ...]:
    """Return the area in which whoever has an account may work as others at a command line on a day."""
    day = on.isoformat()
    query = select(GRANT.c.unit).join(PERSON, and_(PERSON.c.county == GRANT.c.county, PERSON.c.id == GRANT.c.person))
    mine = (PERSON.c.county == county, PERSON.c.account == account, GRANT.c.office == PROXY, GRANT.c.since <= day)
    return area_on(connection, connection.execute(query.where(*mine, _not_over(day))).scalars().all(), on)


def _not_over(day: str) -> ColumnElement[bool]:
    """Return the condition that a grant was confirmed and did not end before a day."""
    ends = or_(GRANT.c.until.is_(None), and_(GRANT.c.until >= day, GRANT.c.until >= GRANT.c.since))
    return and_(GRANT.c.confirmed_by.is_not(None), ends)


def person_of(connection: Connection, who: str, county: str | None) -> Any:
    """Return county, id, account and trial mark of a person (by id or account). See `actors` for what it raises.

    In one county an account is looked for before an id: nobody is shut out by another person's id.
    """
    given, slash, name = who.partition("/")
    if slash and county is None:
        county, who = given, name
    query = select(PERSON).where(or_(PERSON.c.id == who, PERSON.c.account == who))
    rows = connection.execute(query if county is None else query.where(PERSON.c.county == county)).all()
    if not rows:
        raise NotFound(who)
    if len({row.county for row in rows}) > 1:
        raise InputRefused(
            f"{who} 在多个县登记；请写明县代码：县代码/{who}。",
            f"{who} is registered in more than one county; write COUNTY/{who}.",
        )
    return next((row for row in rows if row.account == who), rows[0])


def known_as(connection: Connection, who: str) -> tuple[str, str]:
    """Return county and id of a person (by id or account), office or not. See `actors` for what it raises."""
    person = person_of(connection, who, None)
    return person.county, person.id


def offices_of(
    connection: Connection, county: str, person: str | None, on: date
) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """Return the offices that a person of a county holds on a day, with their units; None where nobody is registered."""
    if connection.execute(select(PERSON.c.id).where(PERSON.c.county == county).limit(1)).first() is None:
        return None
    row = connection.execute(select(PERSON).where(PERSON.c.county == county, PERSON.c.id == person)).first()
    return tuple((actor.office, actor.units) for actor in actors_of(connection, row, on)) if row else ()


def held_by(
    connection: Connection, unit: str, person: str | None, on: date
) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """Return the offices that a person holds over a unit on a day, with their units; None where nobody is registered.

    Who has no office over the unit is as unknown there as who is not registered at all.
    """
    found = offices_of(connection, unit[:6], person, on)
    return found and tuple((office, codes) for office, codes in found if inside(unit, codes))
