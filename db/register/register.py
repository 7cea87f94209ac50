"""Store persons, offices and units; every entry is an event of a person's or the county's stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ...states.errors import InputRefused, RequestReused
from ...states.units import UNIT_LENGTHS
from ..drivers import clash
from ..log.streams import record_of
from ..prepared import savepoint
from ..readable import read_each
from ..statements import EVENT, KEPT_VALUES, PRIVATE, UNIT, area, changed, table
from ..tables import PersonRow
from ..vault.values import Vault
from .grants import GRANT, Held, granted, granted_in, insert_grants

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from ..vault.keys import Keys
    from .entry import Entering

PERSON = table(PersonRow)


def founded(connection: Connection, county: str) -> bool:
    """Tell whether a county was founded by two administrators; any other is a trial county, where one person grants.

    One person of no trial tells it: nobody makes a trial county of it again by registering somebody of a trial.
    """
    return connection.execute(select(func.min(PERSON.c.trial)).where(PERSON.c.county == county)).scalar() == 0


# ---------------------------------------------------------------------- units


def check_units(connection: Connection, units: Mapping[str, str]) -> None:
    """Refuse a list of units, {code: name}, that cannot be taken in.

    Raises:
        InputRefused: it is empty, a code is not of 6, 9 or 12 digits or went over into another unit, or its county or
            township is neither known nor given.
    """
    if not units:
        raise InputRefused("单位表是空的。", "the list of units is empty.")
    known = {row.code: row.until for row in connection.execute(select(UNIT.c.code, UNIT.c.until))}
    for number, code in enumerate(units, 1):
        _unit_sound(code, number, {*known, *units})
        if known.get(code) is not None:
            raise InputRefused(
                f"单位表第 {number} 行：{code} 已撤销，代码不再使用。",
                f"row {number} of the units: {code} was merged into another unit; its code cannot be used again.",
            )


def import_units(entering: Entering, units: Mapping[str, str]) -> int:
    """Take units in as {code: name}; a known code gets the new name. Return how many were taken. See `check_units`."""
    known = set(entering.connection.execute(select(UNIT.c.code)).scalars())
    for county in sorted({code[:6] for code in units}):
        _import(entering, county, {code: title for code, title in units.items() if code[:6] == county}, known)
    return len(units)


def _import(entering: Entering, county: str, units: dict[str, str], known: set[str]) -> None:
    entering.next_no(county, "county")
    if done := entering.done(county, "county", "import_units"):
        before = {
            path.split("/")[1]: told if isinstance(told, str) else told["title"] for path, told in done.changes.items()
        }
        if before != units:
            raise RequestReused(entering.request_id)
        return
    changes: dict[str, Any] = {}
    for code, title in units.items():
        if code in known:
            mine = (UNIT.c.county == county, UNIT.c.code == code)
            changed(entering.connection, update(UNIT).where(*mine).values(name=title))
            changes[f"units/{code}/title"] = title
        else:
            insert_unit(entering.connection, code, title)
            changes[f"units/{code}"] = {"title": title}
    entering.write(county, "county", "import_units", changes)


def insert_unit(connection: Connection, code: str, title: str, since: str | None = None) -> None:
    """Insert the row of a new unit."""
    row = {"county": code[:6], "code": code, "name": title, "level": UNIT_LENGTHS[len(code)], "since": since}
    connection.execute(insert(UNIT), row)


def _unit_sound(code: str, number: int, known: set[str]) -> None:
    sound = len(code) in UNIT_LENGTHS and code.isascii() and code.isdigit()
    above = {6: None, 9: code[:6], 12: code[:9]}.get(len(code))
    if not sound or (above is not None and above not in known):
        raise InputRefused(
            f"单位表第 {number} 行的代码无效：应为 6、9 或 12 位数字，上级单位须已在表中。",
            f"row {number} of the units: a code must have 6, 9 or 12 digits, and the unit above it must be in the "
            "sheet or registered.",
        )


def units(connection: Connection, within: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the units, by code; `within` narrows to these and what lies below them.

    A unit that did not stand from the beginning has `since`, one that went over into another has `until`, its last day.
    """
    query = select(UNIT.c.code, UNIT.c.name, UNIT.c.level, UNIT.c.since, UNIT.c.until).order_by(UNIT.c.code)
    if within is not None:
        query = query.where(area(_twelve(), within))
    rows = connection.execute(query).mappings()
    return [{k: v for k, v in row.items() if v is not None} for row in rows]


def _twelve() -> Any:
    """Return a unit's code filled up to twelve digits, so that a township lies in its own area."""
    return func.substr(UNIT.c.code + "000000", 1, 12)


# ---------------------------------------------------------------------- persons


def add_person(
    entering: Entering,
    county: str,
    person: str,
    name: str,
    account: str | None,
    held: Sequence[Held],
    *,
    confirmed_by: str | None,
    trial: bool,
) -> None:
    """Register a person with offices, which count at once where somebody confirms them already.

    Raises:
        InputRefused: the id or the account is taken already, or an office stands there twice.
    """
    stream, by = f"person/{person}", entering.actor.person
    changes = {f"persons/{person}": {"name": name, "account": account, "trial": trial}}
    changes |= granted(1, held, by, confirmed_by)
    if done := entering.done(county, stream, "add_person"):
        entering.unchanged(done, changes)
        return
    connection = entering.connection
    _not_confused(connection, county, person, account)
    try:
        with savepoint(connection):
            insert_grants(connection, county, person, 1, held, by, confirmed_by)  # it says in whose area the person is
            connection.execute(
                insert(PERSON), {"county": county, "id": person, "account": account, "trial": int(trial)}
            )
    except IntegrityError as error:
        if not clash(error):
            raise
        raise InputRefused(
            f"人员编号 {person} 或其账号已登记，或同一职务重复。",
            f"person {person} or the account is registered already, or the same office is given twice.",
        ) from None
    entering.write(county, stream, "add_person", changes)


def _not_confused(connection: Connection, county: str, person: str, account: str | None) -> None:
    """Refuse an account that is another's id or account, or an id that is another's account: `actors` goes by either."""
    others = (
        or_(PERSON.c.account.in_((person, account)), PERSON.c.id == account) if account else PERSON.c.account == person
    )
    mine = (PERSON.c.county == county, PERSON.c.id != person)
    if connection.execute(select(PERSON.c.id).where(*mine, others)).first() is not None:
        raise InputRefused(
            f"人员编号 {person} 或其账号与他人的账号或编号相同。",
            f"person {person} or the account is already the account or id of another person.",
        )


def known_person(connection: Connection, county: str, person: str, within: Sequence[str] | None = None) -> bool:
    """Tell whether a person of a county is registered; `within`, only where all that it ever held lies in that area."""
    here = select(PERSON.c.id).where(PERSON.c.county == county, PERSON.c.id == person)
    if within is not None:
        beyond = exists().where(GRANT.c.county == county, GRANT.c.person == person, ~granted_in(within))
        some = exists().where(GRANT.c.county == county, GRANT.c.person == person)
        here = here.where(~beyond, or_(some, PERSON.c.county.in_(within)))
    return connection.execute(here).first() is not None


def persons(connection: Connection, keys: Keys | None, within: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the registered persons with the offices they hold, held, or may hold once a second person confirmed.

    `within` narrows to who has an office in an area and to the offices there; a whole county's has everybody.
    """
    held: dict[tuple[str, str], list[dict[str, Any]]] = {}
    grants, people = select(GRANT).order_by(GRANT.c.office, GRANT.c.unit, GRANT.c.no), select(PERSON)
    if within is not None:
        grants, people = grants.where(granted_in(within)), people.where(_seen(within))
    for row in connection.execute(grants).mappings():
        entry = {key: row[key] for key in ("office", "unit", "since", "until")}
        if row["confirmed_by"] is None and (row["until"] is None or row["until"] >= row["since"]):
            entry["pending"] = row["no"]
        if row["until"] is None or row["until"] >= row["since"]:
            held.setdefault((row["county"], row["person"]), []).append(entry)
    names, lost = _names(connection, keys)
    return [
        {
            **row,
            "name": names.get((row["county"], row["id"])),
            "key_lost": (row["county"], row["id"]) in lost,
            "trial": bool(row["trial"]),
            "offices": held.get((row["county"], row["id"]), []),
        }
        for row in connection.execute(people.order_by(PERSON.c.county, PERSON.c.id)).mappings()
    ]


def _seen(within: Sequence[str]) -> ColumnElement[bool]:
    mine = (GRANT.c.county == PERSON.c.county, GRANT.c.person == PERSON.c.id)
    return or_(exists().where(*mine, granted_in(within)), PERSON.c.county.in_(list(within)))


def _names(connection: Connection, keys: Keys | None) -> tuple[dict[tuple[str, str], str], set[tuple[str, str]]]:
    """Return the names of the registered persons by (county, id), as far as they were not erased; and whose keys are lost."""
    here = (
        PRIVATE.c.county == PERSON.c.county,
        PRIVATE.c.stream == "person/" + PERSON.c.id,
        PRIVATE.c.field == "persons/" + PERSON.c.id + "/name",
    )
    query = KEPT_VALUES.add_columns(PERSON.c.county, PERSON.c.id).where(*here).order_by(PRIVATE.c.seq)
    vault, found, lost = Vault(connection, keys), {}, set()
    for *row, county, person in connection.execute(query):
        text, gone = vault.opens(county, f"person/{person}", *row)
        if gone:
            lost.add((county, person))
        elif text is not None:
            found[county, person] = json.loads(text)
    return found, lost


def change_account(entering: Entering, county: str, person: str, account: str, *, confirmed: bool) -> int:
    """Give a person another account, or only propose it; return the number of the event.

    Raises:
        InputRefused: it is another person's account or id.
    """
    stream, connection = f"person/{person}", entering.connection
    no, action = entering.next_no(county, stream), "change_account" if confirmed else "propose_account"
    told: dict[str, Any] = {"account": account, "proposed_by": entering.actor.person}
    done = entering.done(county, stream, action)
    no = done.seq if done else no
    changes = (
        {f"persons/{person}/account": account} if confirmed else {f"accounts/{no}": {**told, "confirmed_by": None}}
    )
    if done:
        return entering.unchanged(done, changes).seq
    _not_confused(connection, county, person, account)
    if confirmed:
        _set_account(connection, county, person, account)
    return entering.write(county, stream, action, changes).seq


def confirm_account(entering: Entering, county: str, person: str, proposed: dict[str, Any]) -> None:
    """Give a person the account that somebody else proposed."""
    account, by = proposed["account"], entering.actor.person
    _not_confused(entering.connection, county, person, account)
    _set_account(entering.connection, county, person, account)
    changes = {f"persons/{person}/account": account, f"accounts/{proposed['no']}/confirmed_by": by}
    entering.write(county, f"person/{person}", "confirm_account", changes)


def _set_account(connection: Connection, county: str, person: str, account: str) -> None:
    changed(connection, update(PERSON).where(PERSON.c.county == county, PERSON.c.id == person).values(account=account))


def proposed_account(connection: Connection, county: str, person: str) -> dict[str, Any] | None:
    """Return the account last proposed for a person, if nobody confirmed it yet."""
    told = record_of(connection, county, f"person/{person}").get("accounts", {})
    last = max(told, key=int, default=None)
    return None if last is None or told[last]["confirmed_by"] else {**told[last], "no": int(last)}


def proposed_accounts(connection: Connection, within: Sequence[str]) -> list[dict[str, Any]]:
    """Return the accounts proposed for the persons of an area that wait for a second person."""
    theirs = (EVENT.c.county.in_({code[:6] for code in within}), EVENT.c.stream.startswith("person/"))
    query = select(EVENT.c.county, EVENT.c.stream).where(*theirs, EVENT.c.action == "propose_account").distinct()
    found = []
    asked = [(county, stream.removeprefix("person/")) for county, stream in connection.execute(query)]
    for county, person, last in read_each(asked, lambda one: (*one, proposed_account(connection, *one))):
        if last and known_person(connection, county, person, within):
            found.append({"county": county, "person": person, **{k: v for k, v in last.items() if k != "confirmed_by"}})
    return sorted(found, key=lambda one: (one["county"], one["person"]))
