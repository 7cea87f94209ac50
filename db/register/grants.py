"""Store offices granted: one person proposes, another confirms; anybody who may grant can revoke.

Each is an event of the person's stream; a grant keeps its row with its dates for ever.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, insert, or_, select, update

from ...states.errors import StoreBusy
from ..statements import area, changed, table
from ..tables import GrantRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from .entry import Entering

GRANT = table(GrantRow)
OPEN = and_(GRANT.c.confirmed_by.is_(None), or_(GRANT.c.until.is_(None), GRANT.c.until >= GRANT.c.since))


class Held(NamedTuple):
    """An office for a unit, from a day on, until its last day if that is known."""

    office: str
    unit: str
    since: str
    until: str | None = None


def granted(no: int, held: Sequence[Held], by: str, confirmed_by: str | None) -> dict[str, Any]:
    """Return the changes that grants make to the record of a person's stream."""
    return {
        f"grants/{no}/{one.office}@{one.unit}": {
            "since": one.since,
            "until": one.until,
            "proposed_by": by,
            "confirmed_by": confirmed_by,
        }
        for one in held
    }


def insert_grants(
    connection: Connection, county: str, person: str, no: int, held: Sequence[Held], by: str, confirmed_by: str | None
) -> None:
    """Insert the rows of grants; an office that stands there twice fails on their key."""
    key = {"county": county, "person": person, "no": no, "proposed_by": by, "confirmed_by": confirmed_by}
    if held:
        connection.execute(insert(GRANT), [{**key, **one._asdict()} for one in held])


def propose(entering: Entering, county: str, person: str, held: Sequence[Held], confirmed_by: str | None) -> int:
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


def proposals(connection: Connection, county: str, person: str, no: int | None = None) -> list[dict[str, Any]]:
    """Return the grants of a person that nobody confirmed yet, or those of one proposal."""
    query = select(GRANT).where(GRANT.c.county == county, GRANT.c.person == person, OPEN)
    query = query if no is None else query.where(GRANT.c.no == no)
    rows = connection.execute(query.order_by(GRANT.c.no, GRANT.c.office, GRANT.c.unit))
    return [dict(row) for row in rows.mappings()]


def confirm(entering: Entering, county: str, person: str, rows: Sequence[dict[str, Any]]) -> None:
    """Confirm the grants of one proposal, as `proposals` returned them under the stream's lock."""
    by, no = entering.actor.person, rows[0]["no"]
    mine = (GRANT.c.county == county, GRANT.c.person == person, GRANT.c.no == no, OPEN)
    changed(entering.connection, update(GRANT).where(*mine).values(confirmed_by=by), len(rows))
    changes = {f"grants/{no}/{row['office']}@{row['unit']}/confirmed_by": by for row in rows}
    entering.write(county, f"person/{person}", "confirm_grant", changes)


def holding(connection: Connection, county: str, person: str, office: str, unit: str, until: str) -> list[Any]:
    """Return a person's grants of an office for a unit, proposed ones too, that reach beyond a last day."""
    query = select(GRANT).where(
        GRANT.c.county == county,
        GRANT.c.person == person,
        GRANT.c.office == office,
        GRANT.c.unit == unit,
        or_(GRANT.c.until.is_(None), and_(GRANT.c.until > until, GRANT.c.until >= GRANT.c.since)),
    )
    return list(connection.execute(query.order_by(GRANT.c.no)))


def revoke(entering: Entering, county: str, person: str, rows: Sequence[Any], until: str) -> None:
    """End grants with a last day; one that nobody confirmed is void from its beginning. A row stays with its dates."""
    changes = {}
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


def holders(connection: Connection, unit: str, day: str) -> list[dict[str, Any]]:
    """Return who holds an office for just this unit on a day or later."""
    query = select(GRANT.c.person, GRANT.c.office).where(
        GRANT.c.county == unit[:6],
        GRANT.c.unit == unit,
        GRANT.c.confirmed_by.is_not(None),
        or_(GRANT.c.until.is_(None), and_(GRANT.c.until >= day, GRANT.c.until >= GRANT.c.since)),
    )
    return [dict(row) for row in connection.execute(query.order_by(GRANT.c.person, GRANT.c.office)).mappings()]


def pending(connection: Connection, within: Sequence[str]) -> list[dict[str, Any]]:
    """Return the grants for units of an area that wait for a second person, by person and number."""
    query = select(GRANT).where(OPEN, granted_in(within))
    rows = connection.execute(query.order_by(GRANT.c.county, GRANT.c.person, GRANT.c.no, GRANT.c.office, GRANT.c.unit))
    return [{k: v for k, v in row.items() if k != "confirmed_by"} for row in rows.mappings()]


def granted_in(within: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a grant is for a unit of an area."""
    return area(func.substr(GRANT.c.unit + "000000", 1, 12), within)
