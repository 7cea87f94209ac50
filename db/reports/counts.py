"""Query the counts of the reports, the inbox and the quotas."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Numeric, and_, cast, func, or_, select
from sqlalchemy import case as sql_case

from ...states.forms.fields import CENT
from ...states.guards.base import Areas
from ..cases.rows import record_of
from ..log.attempts import visible
from ..log.entry import event_of
from ..readable import read_each
from ..statements import CASE, CLASSES, EVENT, FINDABLE, TALLY_OF, UNCOUNTED, UNIT, WITH_KEY, area
from ..vault.values import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ...states.values import Event
    from ..vault.keys import Keys

_AREA = r'"approve":\{[^{}]*"data":\{[^{}]*"area":"([0-9]{1,9}\.[0-9]{2})"'  # of a record, whose members stand in order


def lines(connection: Connection, within: Sequence[str]) -> list[dict[str, Any]]:
    """Return approved and paid fen per policy, budget line and mode; of an ended case, what is paid still counts."""
    counts = CASE.c.state.not_in(UNCOUNTED)
    query = (
        select(
            CASE.c.policy_id,
            CASE.c.line,
            CASE.c.mode,
            func.sum(sql_case((counts, 1), else_=0)).label("count"),
            func.sum(sql_case((counts, CASE.c.approved_fen), else_=0)).label("approved_fen"),
            func.sum(CASE.c.paid_fen).label("paid_fen"),
        )
        .where(CASE.c.approved_on.is_not(None), area(CASE.c.unit, within))
        .group_by(CASE.c.policy_id, CASE.c.line, CASE.c.mode)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


_BY = {"unit": CASE.c.township, "grade": CASE.c.grade, "mode": CASE.c.mode}


def spending(connection: Connection, within: Sequence[str], by: str) -> list[dict[str, Any]]:
    """Return households, approved and paid fen per policy and value of `by`: "unit" (township), "grade" or "mode"."""
    query = (
        select(
            CASE.c.policy_id,
            _BY[by].label("value"),
            func.count().label("households"),
            func.sum(CASE.c.approved_fen).label("approved_fen"),
            func.sum(CASE.c.paid_fen).label("paid_fen"),
        )
        .where(CASE.c.approved_on.is_not(None), CASE.c.state.not_in(UNCOUNTED), area(CASE.c.unit, within))
        .group_by(CASE.c.policy_id, _BY[by])
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def spending_by_class(connection: Connection, within: Sequence[str], keys: Keys | None) -> Iterator[dict[str, Any]]:
    """Yield every approved household's policy, classes, approved and paid fen: classes are encrypted, and opened one by one.

    Of one whose key is lost the class is None.
    """
    query = (
        select(CASE.c.policy_id, CASE.c.id, CASE.c.approved_fen, CASE.c.paid_fen, *CLASSES)
        .select_from(WITH_KEY)
        .where(CASE.c.approved_on.is_not(None), CASE.c.state.not_in(UNCOUNTED), area(CASE.c.unit, within))
    )
    vault = Vault(connection, keys)
    for row in connection.execute(query.execution_options(yield_per=500)):
        classes, lost = vault.opens_classes(row.id, row.classes, row.master, row.wrapped)
        yield {
            "policy_id": row.policy_id,
            "value": [None] if lost else sorted(classes),
            "households": 1,
            "approved_fen": row.approved_fen,
            "paid_fen": row.paid_fen,
        }


def marked(
    connection: Connection, within: Sequence[str], *, mark: str | None = None, states: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return id, unit, policy, state and record of the cases with a mark, or in one of these states, by id."""
    query = select(CASE.c.id, CASE.c.unit, CASE.c.policy_id, CASE.c.state, CASE.c.record)
    query = query.where(area(CASE.c.unit, within)).order_by(CASE.c.county, CASE.c.id)
    if mark:
        query = query.where(("," + CASE.c.held + ",").contains(f",{mark},", autoescape=True))
    if states:
        query = query.where(CASE.c.state.in_(tuple(states)))
    rows = connection.execute(query.execution_options(yield_per=500)).mappings()
    return [{**row, "record": record_of(row["record"]) or {}} for row in rows]


def townships(connection: Connection, within: Sequence[str]) -> list[dict[str, Any]]:
    """Return counts and money per policy, township and state."""
    query = (
        select(
            CASE.c.policy_id,
            CASE.c.township,
            UNIT.c.name,
            CASE.c.state,
            func.count().label("count"),
            func.count(CASE.c.approved_on).label("approved"),
            func.sum(CASE.c.approved_fen).label("approved_fen"),
            func.sum(CASE.c.paid_fen).label("paid_fen"),
            func.sum(sql_case((CASE.c.held.contains("exempt"), 1), else_=0)).label("exempted"),
        )
        .select_from(CASE.outerjoin(UNIT, and_(UNIT.c.county == CASE.c.county, UNIT.c.code == CASE.c.township)))
        .where(area(CASE.c.unit, within))
        .group_by(CASE.c.policy_id, CASE.c.township, UNIT.c.name, CASE.c.state)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def latest(
    connection: Connection,
    within: Sequence[str],
    *,
    limit: int,
    stream: str | None,
    attempts_of: tuple[Sequence[str], str],
) -> list[Event]:
    """Return the latest events of these units' cases and of the county's other streams, newest first.

    Refused attempts only of (counties seen whole, the asker's own), see `db.log.attempts`.
    """
    counties = {code[:6] for code in within}
    whole = {code for code in within if len(code) == 6}
    mine = select(CASE.c.id).where(
        CASE.c.county == EVENT.c.county, EVENT.c.stream == "case/" + CASE.c.id, area(CASE.c.unit, within)
    )
    query = select(EVENT.c.hash, EVENT.c.body).where(
        EVENT.c.county.in_(counties),
        or_(EVENT.c.county.in_(whole), mine.exists()),
        visible(attempts_of[0], sorted(counties), attempts_of[1]),
    )
    if stream:
        query = query.where(EVENT.c.stream == stream)
    query = query.order_by(EVENT.c.recorded_at.desc(), EVENT.c.stream, EVENT.c.seq.desc()).limit(limit)
    return list(read_each(connection.execute(query), lambda row: event_of(row.hash, row.body)))


def worklist(
    connection: Connection,
    within: Sequence[str],
    policy_hash: str,
    states: Sequence[str],
    *,
    limit: int,
    after: str | None = None,
    waiving: bool = False,
) -> list[dict[str, Any]]:
    """Return plain rows of the cases in these states, oldest first: what an inbox shows.

    A no-house household's appraisal waits for the office that waives it (`waiving`), any other for the appraiser.
    """
    columns = (
        CASE.c.id,
        CASE.c.state,
        CASE.c.opened_at,
        CASE.c.opens_on,
        CASE.c.township,
        CASE.c.unit,
        CASE.c.no_house,
        CASE.c.archive_no,
        CASE.c.version,
        CASE.c.held,
        CASE.c.due_on,
    )
    query = (
        select(*columns)
        .where(CASE.c.county.in_({code[:6] for code in within}), CASE.c.state.in_(tuple(states)))
        .where(CASE.c.policy_hash == policy_hash, FINDABLE, area(CASE.c.unit, within))
        .where(or_(CASE.c.state != "appraisal", CASE.c.no_house == int(waiving)))
        .order_by(CASE.c.opened_at, CASE.c.id)
        .limit(limit)
    )
    townships = {code[:9] for code in within if len(code) >= 9}
    if len(townships) == len(set(within)):
        query = query.where(CASE.c.township.in_(townships))
    if after:  # in the order of the page: by opening, then by id; ids alone are drawn at random
        mine = (CASE.c.county == after[:6], CASE.c.id == after, area(CASE.c.unit, within))
        since = select(CASE.c.opened_at).where(*mine).scalar_subquery()
        query = query.where(or_(CASE.c.opened_at > since, and_(CASE.c.opened_at == since, CASE.c.id > after)))
    return [dict(row) for row in connection.execute(query).mappings()]


def areas(connection: Connection, county: str, policy_id: str) -> Areas:
    """Return how many cases approved under a policy have an area, and the sum of them in m2.

    A row that has not the form of one has none: it stops nobody else's approval.
    """
    text: Any = CASE.c.record
    if connection.dialect.name == "sqlite":
        found: Any = sql_case((func.json_valid(text), func.json_extract(text, "$.acts.approve.data.area")))
    else:
        found = func.substring(text, _AREA)
    m2 = cast(found, Numeric(12, 2))
    query = select(func.count(m2), func.sum(m2)).where(
        CASE.c.county == county,
        CASE.c.policy_id == policy_id,
        CASE.c.approved_on.is_not(None),
        CASE.c.state.not_in(UNCOUNTED),
    )
    row = connection.execute(query).one()
    return Areas(int(row[0]), Decimal(str(row[1] or 0)).quantize(CENT))


def tally(connection: Connection, county: str, policy_id: str) -> list[dict[str, Any]]:
    """Return what was approved under a policy: count and fen by village, grade, mode, no_house and line."""
    rows = connection.execute(TALLY_OF, {"county": county, "policy_id": policy_id}).mappings()
    return [{**row, "fen": int(row["fen"])} for row in rows]
