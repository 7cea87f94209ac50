"""Make a keyed token for every number and name of a case's people, so that weigai finds the same one again."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from ..statements import CASE, FINDABLE, INDEX, INSERT_INDEX, area

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from ...states.case import Case
    from .keys import Keys

KINDS = ("id_number", "name", "phone", "card")
_FILLER = "-"  # no token begins so
STANDS = ~INDEX.c.token.startswith(_FILLER)  # a token that was not taken back
_SLOTS = {
    "head": INDEX.c.person == "head",
    "members": INDEX.c.person.startswith("member-"),
    "account": INDEX.c.person == "household",
}


def index(connection: Connection, keys: Keys | None, case: Case, changes: Mapping[str, Any]) -> None:
    """Keep a token for every number that the changes of an entry bring, in place of the former one; without keys, nothing."""
    opened = changes.get("household")
    household = opened or {name: changes[f"household/{name}"] for name in _SLOTS if f"household/{name}" in changes}
    if keys is None or not household:
        return
    if not opened:
        mine = (INDEX.c.county == case.county, INDEX.c.stream == f"case/{case.id}")
        blank(connection, *mine, or_(*(_SLOTS[name] for name in household)), random=secrets.token_bytes)
    rows = [
        {
            "county": case.county,
            "kind": kind,
            "token": keys.token(kind, value),
            "stream": f"case/{case.id}",
            "person": who,
        }
        for kind, who, value in dict.fromkeys(values_of(household))
    ]
    if rows:
        INSERT_INDEX.many(connection, rows)


def blank(connection: Connection, *where: ColumnElement[bool], random: Callable[[int], bytes]) -> int:
    """Put a filler in the place of tokens, and return how many: rows are never deleted, and nothing is found by a filler.

    Each filler is another one, since the token is a part of the key.
    """
    rows = connection.execute(select(INDEX).where(*where, STANDS)).all()
    for row in rows:
        own = (column == getattr(row, column.name) for column in INDEX.primary_key.columns)
        connection.execute(update(INDEX).where(*own).values(token=f"{_FILLER}{random(16).hex()}"))
    return len(rows)


def cases_with(connection: Connection, keys: Keys, kind: str, value: str, within: Sequence[str]) -> list[str]:
    """Return the ids of the cases of these units in which a number or name stands."""
    mine = (INDEX.c.kind == kind, INDEX.c.token.in_(keys.tokens(kind, value)))
    counties = {code[:6] for code in within}
    query = select(CASE.c.id).join(INDEX, (INDEX.c.county == CASE.c.county) & (INDEX.c.stream == "case/" + CASE.c.id))
    query = query.where(INDEX.c.county.in_(counties), *mine, FINDABLE, area(CASE.c.unit, within))
    return list(connection.execute(query.distinct().order_by(CASE.c.id)).scalars())


def values_of(household: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return every number and name of a household as (kind, whose, value)."""
    people = [("head", household.get("head") or {})]
    people += [(f"member-{i}", member) for i, member in enumerate(household.get("members") or ())]
    found = [(kind, who, person[kind]) for who, person in people for kind in KINDS[:3] if person.get(kind)]
    if (household.get("account") or {}).get("card"):
        found.append(("card", "household", household["account"]["card"]))
    return found
