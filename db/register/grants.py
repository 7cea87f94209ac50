"""Store offices granted: one person proposes, another confirms; anybody who may grant can revoke.

Each is an event of the person's stream; a grant keeps its row with its dates for ever.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, insert, or_, select, update

from ...states.errors import StoreBusy
from ..statements import area, changed, table
from ..tables import GrantRow
from .rows import Grant, OfficeHeld, OfficeHolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from ...states.values import Json
    from .entry import Entering

GRANT = table(GrantRow)
OPEN = and_(GRANT.c.confirmed_by.is_(None), or_(GRANT.c.until.is_(None), GRANT.c.until >= GRANT.c.since))


def granted(no: int, held: Sequence[OfficeHeld], by: str, confirmed_by: str | None) -> dict[str, Json]:
    """Return the changes that grants make to the record of a person's stream."""
    return {
        f"grants/{no}/{office.office}@{office.unit}": {
            "since": office.since,
            "until": office.until,
            "proposed_by": by,
            "confirmed_by": confirmed_by,
        }
        for office in held
    }


def insert_grants(
    connection: Connection,
    county: str,
    person: str,
    no: int,
    held: Sequence[OfficeHeld],
    by: str,
    confirmed_by: str | None,
) -> None:
    """Insert the rows of grants; an office that stands there twice fails on their key."""
    key = {"county": county, "person": person, "no": no, "proposed_by": by, "confirmed_by": confirmed_by}
    rows = [{**key, "office": o.office, "unit": o.unit, "since": o.since, "until": o.until} for o in held]
    if rows:
        connection.execute(insert(GRANT), rows)


def propose(entering: Entering, county: str, person: str, held: Sequence[OfficeHeld], confirmed_by: str | None) -> int:
    """Propose offices for a person, or grant them at once by `confirmed_by`; return the number of the proposal.

    Raises:
        StoreBusy: somebody else entered something for the person at this moment; roll back and repeat.
    """
    stream, by = f"person/{person}", entering.actor.person
    no = entering.next_no(county, stream)
    if done := entering.done(county, stream, "propose_grant"):
        return entering.unchanged(done, granted(done.seq, held, by, confirmed_by)).seq
    insert_grants(entering.connection, county, person, no, held, by, confirmed_by)
    event = entering.write(county, stream, "propose_grant", granted(no, held, by, confirmed_by))
    if event.seq != no:  # something else was entered in the stream, which could only be read before the grant was there
        raise StoreBusy
    return no


def _grants(connection: Connection, query: Select[tuple[object, ...]]) -> list[Grant]:
    """Return the rows of a query over the table of grants."""
    return [Grant(**row) for row in connection.execute(query).mappings()]


def proposals(connection: Connection, county: str, person: str) -> list[Grant]:
    """Return the grants of a person that nobody confirmed yet."""
    query = select(GRANT).where(GRANT.c.county == county, GRANT.c.person == person, OPEN)
    return _grants(connection, query.order_by(GRANT.c.no, GRANT.c.office, GRANT.c.unit))


def confirm(entering: Entering, county: str, person: str, rows: Sequence[Grant]) -> None:
    """Confirm the grants of one proposal, as `proposals` returned them under the stream's lock."""
    by, no = entering.actor.person, rows[0].no
    mine = (GRANT.c.county == county, GRANT.c.person == person, GRANT.c.no == no, OPEN)
    changed(entering.connection, update(GRANT).where(*mine).values(confirmed_by=by), len(rows))
    changes: dict[str, Json] = {f"grants/{no}/{row.office}@{row.unit}/confirmed_by": by for row in rows}
    entering.write(county, f"person/{person}", "confirm_grant", changes)


def holding(connection: Connection, county: str, person: str, office: str, unit: str, until: str) -> list[Grant]:
    """Return a person's grants of an office for a unit, proposed ones too, that reach beyond a last day."""
    query = select(GRANT).where(
        GRANT.c.county == county,
        GRANT.c.person == person,
        GRANT.c.office == office,
        GRANT.c.unit == unit,
        or_(GRANT.c.until.is_(None), and_(GRANT.c.until > until, GRANT.c.until >= GRANT.c.since)),
    )
    return _grants(connection, query.order_by(GRANT.c.no))


def revoke(entering: Entering, county: str, person: str, rows: Sequence[Grant], until: str) -> None:
    """End grants with a last day; one that nobody confirmed is void from its beginning. A row stays with its dates."""
    changes: dict[str, Json] = {}
    for row in rows:
        last = until if row.confirmed_by else min(until, _before(row.since))
        key = {name: getattr(row, name) for name in ("county", "person", "no", "office", "unit")}
        this = and_(*(GRANT.c[name] == value for name, value in key.items()))
        changed(entering.connection, update(GRANT).where(this).values(until=last))
        changes[f"grants/{row.no}/{row.office}@{row.unit}/until"] = last
    entering.write(county, f"person/{person}", "revoke_grant", changes)


def _before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def admins(connection: Connection, county: str, day: str) -> set[str]:
    """Return who holds the office of an administrator for the whole county on a day and without a known end."""
    query = select(GRANT.c.person).where(
        GRANT.c.county == county,
        GRANT.c.unit == county,
        GRANT.c.office == "admin",
        GRANT.c.since <= day,
        GRANT.c.until.is_(None),
        GRANT.c.confirmed_by.is_not(None),
    )
    return set(connection.execute(query).scalars())


def holders(connection: Connection, unit: str, day: str) -> list[OfficeHolder]:
    """Return who holds an office for just this unit on a day or later."""
    query = select(GRANT.c.person, GRANT.c.office).where(
        GRANT.c.county == unit[:6],
        GRANT.c.unit == unit,
        GRANT.c.confirmed_by.is_not(None),
        or_(GRANT.c.until.is_(None), and_(GRANT.c.until >= day, GRANT.c.until >= GRANT.c.since)),
    )
    rows = connection.execute(query.order_by(GRANT.c.person, GRANT.c.office))
    return [OfficeHolder(person=row.person, office=row.office) for row in rows]


def pending(connection: Connection, within: Sequence[str]) -> list[Grant]:
    """Return the grants for units of an area that wait for a second person, by person and number."""
    query = select(GRANT).where(OPEN, granted_in(within))
    order = (GRANT.c.county, GRANT.c.person, GRANT.c.no, GRANT.c.office, GRANT.c.unit)
    return _grants(connection, query.order_by(*order))


def granted_in(within: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a grant is for a unit of an area."""
    return area(func.substr(GRANT.c.unit + "000000", 1, 12), within)
