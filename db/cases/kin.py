"""Find who acted on a case, and which of the officials who decide belong to its household."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from ...states.record import ACTS
from ..statements import CASE, EVENT, INDEX, area

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection


def took(connection: Connection, case_id: str, actions: Collection[str]) -> dict[str, frozenset[str]]:
    """Return by action who ever took it on a case, case-folded; taken back or run anew, it was taken."""
    query = select(EVENT.c.action, EVENT.c.acted_by).where(*_of(case_id), EVENT.c.action.in_(sorted(actions)))
    found: dict[str, frozenset[str]] = {}
    for row in connection.execute(query.distinct()):
        found[row.action] = found.get(row.action, frozenset()) | {row.acted_by.casefold()}
    return found


def in_household(
    connection: Connection, case_id: str, persons: Collection[str], deliberations: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """Return (person, how) of those persons who are of a case's household, by equal tokens of the blind index.

    `how`: "own_number", "relative" or "own_card"; "stepped_aside" of who ever did at one of the deliberations.
    """
    by_stream = {f"person/{name}": person for person in persons for name in (person, person.casefold())}
    theirs, ours = INDEX.alias(), INDEX.alias()
    same = and_(theirs.c.county == ours.c.county, theirs.c.kind == ours.c.kind, theirs.c.token == ours.c.token)
    query = (
        select(theirs.c.stream, theirs.c.kind, theirs.c.person)
        .select_from(theirs.join(ours, same))
        .where(theirs.c.county == case_id[:6], theirs.c.stream.in_(sorted(by_stream)))
        .where(ours.c.stream == f"case/{case_id}")
    )
    found = {(by_stream[row.stream], _how(row.kind, row.person)) for row in connection.execute(query)}
    aside = _aside(connection, case_id, deliberations)
    return tuple(sorted(found | {(p, "stepped_aside") for p in persons if p.casefold() in aside}))


def officials(connection: Connection, within: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (case, person, how) of every official whose number, relative or card stands in a case of these units."""
    theirs, ours = INDEX.alias(), INDEX.alias()
    same = and_(theirs.c.county == ours.c.county, theirs.c.kind == ours.c.kind, theirs.c.token == ours.c.token)
    mine = and_(CASE.c.county == ours.c.county, ours.c.stream == "case/" + CASE.c.id)
    query = (
        select(CASE.c.id, theirs.c.stream, theirs.c.kind, theirs.c.person)
        .select_from(theirs.join(ours, same).join(CASE, mine))
        .where(theirs.c.stream.startswith("person/"), area(CASE.c.unit, within))
        .order_by(CASE.c.id, theirs.c.stream)
    )
    for row in connection.execute(query):
        yield row.id, row.stream.removeprefix("person/"), _how(row.kind, row.person)


def _how(kind: str, who: str) -> str:
    if kind == "card":
        return "own_card"
    return "relative" if who.startswith("relative") else "own_number"


def _aside(connection: Connection, case_id: str, deliberations: Collection[str]) -> set[str]:
    """Return who stepped aside at a deliberation of the case, as its history or a correction in it has them."""
    told = (*deliberations, "correct")
    query = select(EVENT.c.body).where(*_of(case_id), EVENT.c.action.in_(sorted(told)))
    found: set[str] = set()
    for row in connection.execute(query):
        changes = json.loads(row.body)["changes"]
        for action in deliberations:
            own = changes.get(ACTS.path(action), {}).get("data", {}).get("stepped_aside", ())
            right = changes.get(ACTS.path(action, "data", "stepped_aside")) or ()
            found |= {str(person).casefold() for person in (*own, *right)}
    return found


def _of(case_id: str) -> tuple[ColumnElement[bool], ...]:
    return (EVENT.c.county == case_id[:6], EVENT.c.stream == f"case/{case_id}")
