"""Queries behind the findings over the whole database: what comes twice, what came late, what sleeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from ..states.case import Case
from .statements import CASE, DOCUMENT, EVENT, INDEX, area

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

_BATCH = 500


def cases(connection: Connection, within: Sequence[str], policy_id: str | None) -> Iterator[Case]:
    """Yield the cases of these units, in bounded memory."""
    query = select(CASE).where(area(CASE.c.unit, within)).order_by(CASE.c.county, CASE.c.id)
    if policy_id is not None:
        query = query.where(CASE.c.policy_id == policy_id)
    for row in connection.execute(query.execution_options(yield_per=_BATCH)):
        yield Case(
            id=row.id, county=row.county, unit=row.unit, policy_id=row.policy_id, policy_hash=row.policy_hash,
            state=row.state, version=row.version, head=row.head,
            classes=frozenset(json.loads(row.classes or "[]")), record=json.loads(row.record),
        )  # fmt: skip


def _of_case(stream: ColumnElement[str], county: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(county == CASE.c.county, stream == "case/" + CASE.c.id)


def same_numbers(connection: Connection, within: Sequence[str], kind: str) -> Iterator[list[dict[str, Any]]]:
    """Yield, for each identity or card number that stands in several cases, the cases: id, state, follows, person."""
    twice = (
        select(INDEX.c.county, INDEX.c.token).where(INDEX.c.kind == kind).group_by(INDEX.c.county, INDEX.c.token)
        .having(func.count(INDEX.c.stream.distinct()) > 1).subquery()
    )  # fmt: skip
    query = (
        select(INDEX.c.county, INDEX.c.token, INDEX.c.person, CASE.c.id, CASE.c.state, CASE.c.record)
        .join(twice, and_(twice.c.county == INDEX.c.county, twice.c.token == INDEX.c.token))
        .join(CASE, _of_case(INDEX.c.stream, INDEX.c.county))
        .where(INDEX.c.kind == kind, area(CASE.c.unit, within))
        .order_by(INDEX.c.county, INDEX.c.token, CASE.c.id)
    )
    yield from _grouped(connection, query, lambda row: (row.county, row.token), lambda row: {
        "case": row.id, "state": row.state, "person": row.person, "follows": json.loads(row.record).get("follows"),
    })  # fmt: skip


def same_photos(connection: Connection, within: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    """Yield, for each household's picture whose bytes stand in several cases, the cases with the picture's kind."""
    twice = (
        select(DOCUMENT.c.county, DOCUMENT.c.sha256).where(_picture()).group_by(DOCUMENT.c.county, DOCUMENT.c.sha256)
        .having(func.count(DOCUMENT.c.stream.distinct()) > 1).subquery()
    )  # fmt: skip
    query = (
        select(DOCUMENT.c.county, DOCUMENT.c.sha256, DOCUMENT.c.kind, CASE.c.id)
        .join(twice, and_(twice.c.county == DOCUMENT.c.county, twice.c.sha256 == DOCUMENT.c.sha256))
        .join(CASE, _of_case(DOCUMENT.c.stream, DOCUMENT.c.county))
        .where(_picture(), area(CASE.c.unit, within))
        .order_by(DOCUMENT.c.county, DOCUMENT.c.sha256, CASE.c.id)
    )
    yield from _grouped(
        connection, query, lambda row: (row.county, row.sha256), lambda row: {"case": row.id, "kind": row.kind}
    )


def looks(connection: Connection, within: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (case, kind, SHA-256, look) of every household's picture that has a look."""
    query = (
        select(CASE.c.id, DOCUMENT.c.kind, DOCUMENT.c.sha256, DOCUMENT.c.look)
        .join(CASE, _of_case(DOCUMENT.c.stream, DOCUMENT.c.county))
        .where(DOCUMENT.c.look.is_not(None), _picture(), area(CASE.c.unit, within))
        .order_by(CASE.c.id, DOCUMENT.c.seq, DOCUMENT.c.no)
    )
    for row in connection.execute(query.execution_options(yield_per=_BATCH)):
        yield row.id, row.kind, row.sha256, row.look


def _picture() -> ColumnElement[bool]:
    """Pictures of a household's own; those of a notice or a meeting are shared by nature."""
    shared = or_(DOCUMENT.c.kind.endswith("notice_photo"), DOCUMENT.c.kind.endswith("minutes"))
    return and_(~shared, or_(DOCUMENT.c.kind.endswith("photo"), DOCUMENT.c.media_type.startswith("image/")))


def _grouped(connection: Connection, query: Any, key: Any, value: Any) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    last = None
    for row in connection.execute(query.execution_options(yield_per=_BATCH)):
        if key(row) != last and group:
            yield group
            group = []
        last = key(row)
        group.append(value(row))
    if group:
        yield group


def entries(
    connection: Connection, within: Sequence[str], action: str | None = None
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield (case, policy hash, acted by, occurred on, recorded at) of entries later than their day, or of one action."""
    query = (
        select(CASE.c.id, CASE.c.policy_hash, EVENT.c.acted_by, EVENT.c.occurred_on, EVENT.c.recorded_at)
        .join(CASE, _of_case(EVENT.c.stream, EVENT.c.county))
        .where(area(CASE.c.unit, within))
    )
    if action is None:
        query = query.where(func.substr(EVENT.c.recorded_at, 1, 10) > EVENT.c.occurred_on).order_by(CASE.c.id)
    else:
        query = query.where(EVENT.c.action == action).order_by(EVENT.c.acted_by, EVENT.c.recorded_at)
    for row in connection.execute(query.execution_options(yield_per=_BATCH)):
        yield tuple(row)


def asleep(
    connection: Connection, within: Sequence[str], ended: Sequence[str], before: str
) -> Iterator[tuple[str, str]]:
    """Yield (case, moment of its last entry) of the open cases without any since `before` (UTC text)."""
    query = (
        select(CASE.c.id, func.max(EVENT.c.recorded_at).label("last"))
        .join(EVENT, _of_case(EVENT.c.stream, EVENT.c.county))
        .where(CASE.c.state.not_in(tuple(ended)), area(CASE.c.unit, within))
        .group_by(CASE.c.id)
        .having(func.max(EVENT.c.recorded_at) < before)
        .order_by(CASE.c.id)
    )
    for row in connection.execute(query):
        yield row.id, row.last
