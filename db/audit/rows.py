"""Compare the rows of lists and of the register with the events from which they were made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, exists, literal, select

from ...states.units import UNIT_LENGTHS
from ..cases.lists import LIST, LIST_CASE
from ..duties import UNIT_RECORD
from ..log.event import is_number_of
from ..log.streams import STREAM
from ..register.areas import SUCCESSION
from ..register.grants import GRANT
from ..register.register import PERSON
from ..statements import CASE, DOCUMENT, EVENT, INDEX, PRIVATE, UNIT, area, batched, whole
from ..vault.erasure import file_destroyed
from .columns import DERIVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection


def kept_rows(
    connection: Connection, stream: str, record: Mapping[str, Any], made: Mapping[str, tuple[int, int]]
) -> Iterator[tuple[str, bool]]:
    """Yield what differs between the rows of a unit's, a person's or the county's stream and its replayed record.

    True with it: no more than a number that the row has as text, as earlier programs wrote some ids and names. `made`
    says by list which event made it, and how many papers came with it.
    """
    county, name = stream.split(":", 1)
    kind, _, own = name.partition("/")
    try:
        if kind == "unit":
            yield from _differ("list", _lists(connection, county, own), _listed(own, record, made))
            yield from _differ("unit record", _done(connection, county, own), _recorded(record))
        elif kind == "person":
            yield from _differ("office", _offices(connection, county, own), _held(connection, county, own, record))
            yield from _differ("person", _person(connection, county, own), _registered(record))
        elif kind == "county":
            told = record.get("units", {})
            yield from _differ("unit", _units(connection, county), {code: _unit(code, told[code]) for code in told})
            into = {(code, s): day for code, unit in told.items() for s, day in unit.get("into", {}).items()}
            yield from _differ("succession", _successions(connection, county), into)
    except (ValueError, KeyError, TypeError, AttributeError):
        yield "the events or rows of this stream have not the form of theirs", False


def _differ(what: str, rows: Mapping[Any, Any], expected: Mapping[Any, Any]) -> Iterator[tuple[str, bool]]:
    for key in sorted({*rows, *expected}):
        own, told = rows.get(key), expected.get(key)
        if own == told:
            continue
        if isinstance(own, tuple) and isinstance(told, tuple) and all(map(_alike, told, own)):
            yield f"{what} row {key}: the events have a number, as an earlier program wrote it", True
        else:
            yield f"{what} row {key}: differs from the events", False


def _alike(told: Any, own: Any) -> bool:
    return own == told or is_number_of(told, own)


def _lists(connection: Connection, county: str, unit: str) -> dict[str, Any]:
    rows = connection.execute(select(LIST).where(LIST.c.county == county, LIST.c.unit == unit)).all()
    cases: dict[str, list[str]] = {row.id: [] for row in rows}
    query = select(LIST_CASE.c.list_id, LIST_CASE.c.case_id).where(LIST_CASE.c.county == county)
    for some in batched(cases, 500):
        for list_id, case_id in connection.execute(query.where(LIST_CASE.c.list_id.in_(some))).all():
            cases[list_id].append(case_id)
    own = [name for name in DERIVED["weigai_list"] if name not in ("county", "id", "record")]
    return {
        row.id: (*(row._mapping[name] for name in own), json.loads(row.record), sorted(cases[row.id])) for row in rows
    }


def _listed(unit: str, record: Mapping[str, Any], made: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    found = {}
    for list_id, told in record.get("lists", {}).items():
        marks = {mark: told[mark] for mark in ("sent", "received") if mark in told}
        seq, documents = made[list_id]
        kept = {"data": told["data"], "documents": documents, "seq": seq, "marks": marks}
        state = list(marks)[-1] if marks else "new"
        found[list_id] = (told["kind"], unit, told["on"], state, seq, kept, told["cases"])
    return found


def _done(connection: Connection, county: str, unit: str) -> dict[Any, str]:
    mine = (UNIT_RECORD.c.county == county, UNIT_RECORD.c.unit == unit)
    rows = connection.execute(select(UNIT_RECORD).where(*mine))
    return {(row.action, row.period, row.seq): row.done_on for row in rows}


def _recorded(record: Mapping[str, Any]) -> dict[Any, str]:
    return {
        (action, period, int(seq)): entry["on"]
        for action, by_period in record.get("duties", {}).items()
        for period, entries in by_period.items()
        for seq, entry in entries.items()
    }


def _offices(connection: Connection, county: str, person: str) -> dict[Any, Any]:
    rows = connection.execute(select(GRANT).where(GRANT.c.county == county, GRANT.c.person == person))
    return {
        (str(row.no), f"{row.office}@{row.unit}"): (row.since, row.until, row.proposed_by, row.confirmed_by)
        for row in rows
    }


def _held(connection: Connection, county: str, person: str, record: Mapping[str, Any]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for no, grants in record.get("grants", {}).items():
        for office, told in grants.items():
            dates = (told["since"], told["until"])
            found[no, office] = (*dates, told["proposed_by"], told["confirmed_by"])
    for held in record["persons"][person].get("offices", ()):  # as it was written before grants had numbers
        first = (EVENT.c.county == county, EVENT.c.stream == f"person/{person}", EVENT.c.seq == 1)
        by = connection.execute(select(EVENT.c.acted_by).where(*first)).scalar()
        found["1", f"{held['office']}@{held['unit']}"] = (held["since"], held.get("until"), by, by)
    return found


def _person(connection: Connection, county: str, person: str) -> dict[str, Any]:
    own = select(PERSON.c.id, PERSON.c.trial, PERSON.c.account).where(PERSON.c.county == county, PERSON.c.id == person)
    return {row.id: (row.trial, row.account) for row in connection.execute(own)}


def _registered(record: Mapping[str, Any]) -> dict[str, Any]:
    return {person: (int(told["trial"]), told["account"]) for person, told in record["persons"].items()}


def _units(connection: Connection, county: str) -> dict[str, Any]:
    rows = connection.execute(select(UNIT).where(UNIT.c.county == county))
    return {row.code: (row.name, row.level, row.since, row.until) for row in rows}


def _unit(code: str, told: Mapping[str, Any]) -> tuple[Any, ...]:
    return (told["title"], UNIT_LENGTHS[len(code)], told.get("since"), told.get("until"))


def _successions(connection: Connection, county: str) -> dict[Any, str]:
    rows = connection.execute(select(SUCCESSION).where(SUCCESSION.c.county == county))
    return {(row.code, row.successor): row.since for row in rows}


def without_keys(connection: Connection, only: str | None, within: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    """Yield (stream, what) for papers whose data key is destroyed: an erasure takes the row with the key."""
    query = select(DOCUMENT.c.county, DOCUMENT.c.stream, DOCUMENT.c.seq, DOCUMENT.c.no).where(
        DOCUMENT.c.sha256 != "", file_destroyed()
    )
    if only:
        query = query.where(DOCUMENT.c.county == only[:6], DOCUMENT.c.stream == f"case/{only}")
    if within is not None:
        query = query.where(DOCUMENT.c.county.in_(whole(within)))
    for row in connection.execute(query):
        yield f"{row.county}:{row.stream}", f"the data key of paper {row.no} of event {row.seq} is destroyed"


def without_events(
    connection: Connection, only: str | None, within: Sequence[str] | None = None, *, chain: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield (stream, what) for rows whose stream has no event at all; found by the database, not held in memory.

    With `chain` only for those rows that are the head of a stream.
    """
    streams: list[tuple[Any, ColumnElement[str], str]] = [(CASE, "case/" + CASE.c.id, "a case row")]
    if not only:
        streams += [
            (STREAM, STREAM.c.stream, "a head"),
            (PRIVATE, PRIVATE.c.stream, "personal values"),
            (DOCUMENT, DOCUMENT.c.stream, "papers"),
            (INDEX, INDEX.c.stream, "search tokens"),
            (LIST, "unit/" + LIST.c.unit, "a list"),
            (UNIT_RECORD, "unit/" + UNIT_RECORD.c.unit, "a unit record"),
            (PERSON, "person/" + PERSON.c.id, "a person"),
            (GRANT, "person/" + GRANT.c.person, "an office"),
            (UNIT, cast(literal("county"), Text), "a unit"),
            (SUCCESSION, cast(literal("county"), Text), "a unit that went over"),
        ]
    for side, stream, what in streams[:2] if chain else streams:
        written = exists().where(EVENT.c.county == side.c.county, EVENT.c.stream == stream)
        query = select(side.c.county, stream.label("stream")).where(~written).distinct()
        if only:
            query = query.where(CASE.c.county == only[:6], CASE.c.id == only)
        if within is not None:
            query = query.where(area(CASE.c.unit, within) if side is CASE else side.c.county.in_(whole(within)))
        for row in connection.execute(query):
            yield f"{row.county}:{row.stream}", f"{what} without events"
