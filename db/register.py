"""The register of persons, offices held and units; every entry is an event of a person's or the county's stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, or_, select
from sqlalchemy.exc import IntegrityError

from ..states.case import UNIT_LENGTHS, Actor
from ..states.errors import InputRefused, NotFound, RequestReused
from .entries import Entry
from .prepared import savepoint
from .statements import KEPT_VALUES, PRIVATE, area, table
from .streams import append, request_done
from .tables import GrantRow, PersonRow, UnitRow
from .vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from .keys import Keys

PERSON, GRANT, UNIT = table(PersonRow), table(GrantRow), table(UnitRow)


def import_units(
    connection: Connection, rows: Iterable[tuple[str, str]], *, actor: Actor, on: date, recorded_at: str,
    request_id: str, keys: Keys | None,
) -> int:  # fmt: skip
    """Take units in by (code, name); a known code gets the new name. Return how many were taken.

    Raises:
        InputRefused: a code is not of 6, 9 or 12 digits, or its county or township is neither known nor given.
    """
    units = dict(rows)
    known = set(connection.execute(select(UNIT.c.code)).scalars())
    for number, code in enumerate(units, 1):
        _unit_sound(code, number, known | set(units))
    if not units:
        raise InputRefused("单位表是空的。", "the list of units is empty.")
    for county in sorted({code[:6] for code in units}):
        own = {f"units/{code}": {"title": title} for code, title in units.items() if code[:6] == county}
        if done := request_done(connection, county, "county", request_id):
            if (done.action, done.changes) != ("import_units", own):
                raise RequestReused(request_id)
            continue
        for code in (path.removeprefix("units/") for path in own):
            row = {"county": county, "code": code, "name": units[code], "level": UNIT_LENGTHS[len(code)]}
            connection.execute(UNIT.delete().where(UNIT.c.county == county, UNIT.c.code == code))
            connection.execute(insert(UNIT), row)
        append(connection, county, "county", _entry("import_units", actor, on, recorded_at, request_id, own), keys=keys)
    return len(units)


def _unit_sound(code: str, number: int, known: set[str]) -> None:
    sound = len(code) in UNIT_LENGTHS and code.isascii() and code.isdigit()
    above = {6: None, 9: code[:6], 12: code[:9]}.get(len(code))
    if not sound or (above is not None and above not in known):
        raise InputRefused(
            f"单位表第 {number} 行的代码无效：应为 6、9 或 12 位数字，上级单位须已在表中。",
            f"row {number} of the units: a code has 6, 9 or 12 digits, and the unit above it must be there.",
        )


def units(connection: Connection, within: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the units, by code; `within` narrows to these and what lies below them."""
    query = select(UNIT.c.code, UNIT.c.name, UNIT.c.level).order_by(UNIT.c.code)
    if within is not None:
        query = query.where(area(_twelve(), within))
    return [dict(row) for row in connection.execute(query).mappings()]


def _twelve() -> Any:
    """Return a unit's code filled up to twelve digits, so that a township lies in its own area."""
    from sqlalchemy import func

    return func.substr(UNIT.c.code + "000000", 1, 12)


def add_person(
    connection: Connection, county: str, person: str, name: str, account: str | None,
    offices: Sequence[tuple[str, str]], *, actor: Actor, on: date, recorded_at: str, request_id: str,
    keys: Keys | None, trial: bool = False,
) -> None:  # fmt: skip
    """Register a person with the offices held, each for a unit, from `on`.

    Raises:
        InputRefused: the id or the account is taken already.
    """
    if request_done(connection, county, f"person/{person}", request_id):
        return
    row = {"county": county, "id": person, "account": account, "trial": int(trial)}
    held = [{"office": office, "unit": unit, "since": on.isoformat()} for office, unit in offices]
    _not_confused(connection, county, person, account)
    try:
        with savepoint(connection):
            connection.execute(insert(PERSON), row)
            if held:
                by = {"no": 1, "proposed_by": actor.person, "confirmed_by": actor.person}
                connection.execute(
                    insert(GRANT), [{"county": county, "person": person, "until": None, **by, **h} for h in held]
                )
    except IntegrityError:
        raise InputRefused(
            f"人员编号 {person} 或其账号已登记，或同一职务重复。",
            f"person {person} or the account is registered already, or an office stands there twice.",
        ) from None
    changes = {f"persons/{person}": {"name": name, "account": account, "offices": held, "trial": trial}}
    entry = _entry("add_person", actor, on, recorded_at, request_id, changes)
    append(connection, county, f"person/{person}", entry, keys=keys)


def _not_confused(connection: Connection, county: str, person: str, account: str | None) -> None:
    """Refuse an account that is another's id, or an id that is another's account: `actors` goes by either.

    An id of another county is another's: who signs in under it would hold the offices of both.
    """
    another = or_(PERSON.c.id != person, PERSON.c.county != county)
    same = [PERSON.c.id == person, PERSON.c.account == person]
    same += [PERSON.c.id == account, PERSON.c.account == account] if account else []
    if connection.execute(select(PERSON.c.id).where(another, or_(*same))).first() is not None:
        raise InputRefused(
            f"人员编号 {person} 或其账号与他人的账号或编号相同。",
            f"person {person} or the account is another person's account or id.",
        )


def persons(connection: Connection, keys: Keys | None) -> list[dict[str, Any]]:
    """Return the registered persons with the offices they hold or held."""
    held: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in connection.execute(select(GRANT).order_by(GRANT.c.office, GRANT.c.unit)).mappings():
        entry = {key: row[key] for key in ("office", "unit", "since", "until")}
        held.setdefault((row["county"], row["person"]), []).append(entry)
    rows = connection.execute(select(PERSON).order_by(PERSON.c.county, PERSON.c.id)).mappings()
    names = _names(connection, keys)
    return [
        {
            **row, "name": names.get((row["county"], row["id"])), "trial": bool(row["trial"]),
            "offices": held.get((row["county"], row["id"]), []),
        }
        for row in rows
    ]  # fmt: skip


def _names(connection: Connection, keys: Keys | None) -> dict[tuple[str, str], str]:
    """Return the names of the registered persons by (county, id), as far as they were not erased."""
    here = (
        PRIVATE.c.county == PERSON.c.county, PRIVATE.c.stream == "person/" + PERSON.c.id,
        PRIVATE.c.field == "persons/" + PERSON.c.id + "/name",
    )  # fmt: skip
    query = KEPT_VALUES.add_columns(PERSON.c.county, PERSON.c.id).where(*here).order_by(PRIVATE.c.seq)
    vault, found = Vault(connection, keys), {}
    for *row, county, person in connection.execute(query):
        text = vault.open(county, f"person/{person}", *row)
        if text is not None:
            found[county, person] = json.loads(text)
    return found


def actors(connection: Connection, who: str, on: date) -> list[Actor]:
    """Return a person (by id or account) once for each office held on a day.

    Raises:
        NotFound: nobody is registered under that name, or it holds no office on that day.
    """
    person = connection.execute(
        select(PERSON.c.county, PERSON.c.id, PERSON.c.trial).where(or_(PERSON.c.id == who, PERSON.c.account == who))
    ).first()
    if person is None:
        raise NotFound(who)
    day = on.isoformat()
    query = select(GRANT.c.office, GRANT.c.unit).where(
        GRANT.c.county == person.county,
        GRANT.c.person == person.id,
        GRANT.c.since <= day,
        or_(GRANT.c.until.is_(None), GRANT.c.until >= day),
        GRANT.c.confirmed_by.is_not(None),
    )
    held: dict[str, list[str]] = {}
    for row in connection.execute(query.order_by(GRANT.c.office, GRANT.c.unit)):
        held.setdefault(row.office, []).append(row.unit)
    return [Actor(person.id, office, tuple(codes), trial=bool(person.trial)) for office, codes in held.items()]


def held_by(
    connection: Connection, unit: str, person: str | None, on: date
) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """Return the offices that a person holds over a unit on a day, with their units; None where nobody is registered.

    Who has no office over the unit is as unknown there as who is not registered at all.
    """
    county = unit[:6]
    if connection.execute(select(PERSON.c.id).where(PERSON.c.county == county).limit(1)).first() is None:
        return None
    if person is None:
        return ()
    known = select(PERSON.c.id).where(PERSON.c.county == county, PERSON.c.id == person)
    if connection.execute(known).first() is None:
        return ()
    return tuple((actor.office, actor.units) for actor in actors(connection, person, on) if actor.covers(unit))


def _entry(action: str, actor: Actor, on: date, recorded_at: str, request_id: str, changes: dict[str, Any]) -> Entry:
    return Entry(
        action=action, to=None, actor=actor, recorded_by=actor.person, on=on, recorded_at=recorded_at,
        request_id=request_id, changes=changes,
    )  # fmt: skip
