"""Query the counts of the reports, the inbox and the quotas."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Numeric, and_, cast, func, or_, select
from sqlalchemy import case as sql_case

from ...states.forms.fields import CENT
from ...states.guards.base import Areas
from ...states.record import CaseRecord
from ..cases.rows import record_of
from ..log.attempts import visible
from ..log.entry import event_of
from ..readable import read_each
from ..statements import CASE, CLASSES, EVENT, FINDABLE, TALLY_OF, UNCOUNTED, UNIT, WITH_KEY, area
from ..vault.values import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from ...states.values import Event
    from ..vault.keys import Keys

_AREA = r'"approve":\{[^{}]*"data":\{[^{}]*"area":"([0-9]{1,9}\.[0-9]{2})"'  # of a record, whose members stand in order


class LineSum(NamedTuple):
    """Households approved on one budget line of a policy in one mode, and what was approved and paid for them in fen."""

    policy_id: str
    line: str | None
    mode: str | None
    households: int
    approved_fen: int
    paid_fen: int


def lines(connection: Connection, within: Sequence[str]) -> list[LineSum]:
    """Return approved and paid fen per policy, budget line and mode; of an ended case, what is paid still counts."""
    counts = CASE.c.state.not_in(UNCOUNTED)
    query = (
        select(
            CASE.c.policy_id,
            CASE.c.line,
            CASE.c.mode,
            func.sum(sql_case((counts, 1), else_=0)),
            func.sum(sql_case((counts, CASE.c.approved_fen), else_=0)),
            func.sum(CASE.c.paid_fen),
        )
        .where(CASE.c.approved_on.is_not(None), area(CASE.c.unit, within))
        .group_by(CASE.c.policy_id, CASE.c.line, CASE.c.mode)
    )
    return [LineSum(*row[:3], *map(_whole, row[3:])) for row in connection.execute(query)]


def _whole(total: int | Decimal | None) -> int:
    """Return a sum as a whole number: PostgreSQL adds as decimals, and a sum of nothing is NULL."""
    return int(total or 0)


_BY = {"unit": CASE.c.township, "grade": CASE.c.grade, "mode": CASE.c.mode}


class Spent(NamedTuple):
    """Approved households of a policy that have the same values, and what was approved and paid for them in fen."""

    policy_id: str
    values: tuple[str | None, ...]  # of one household its classes, else one unit, grade or mode
    households: int
    approved_fen: int
    paid_fen: int


def spending(connection: Connection, within: Sequence[str], by: str) -> Iterator[Spent]:
    """Yield households, approved and paid fen per policy and value of `by`: "unit" (township), "grade" or "mode"."""
    query = (
        select(CASE.c.policy_id, _BY[by], func.count(), func.sum(CASE.c.approved_fen), func.sum(CASE.c.paid_fen))
        .where(CASE.c.approved_on.is_not(None), CASE.c.state.not_in(UNCOUNTED), area(CASE.c.unit, within))
        .group_by(CASE.c.policy_id, _BY[by])
    )
    for policy_id, value, *sums in connection.execute(query):
        yield Spent(policy_id, (value,), *map(_whole, sums))


def spending_by_class(connection: Connection, within: Sequence[str], keys: Keys | None) -> Iterator[Spent]:
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
        values = (None,) if lost else tuple(sorted(classes))
        yield Spent(row.policy_id, values, 1, _whole(row.approved_fen), _whole(row.paid_fen))


class Marked(NamedTuple):
    """A case that has a mark, or stands in a state that was asked for, with its record."""

    id: str
    unit: str
    policy_id: str
    record: CaseRecord


def marked(
    connection: Connection, within: Sequence[str], *, mark: str | None = None, states: Sequence[str] = ()
) -> list[Marked]:
    """Return the cases with a mark, or in one of these states, by id."""
    query = select(CASE.c.id, CASE.c.unit, CASE.c.policy_id, CASE.c.record)
    query = query.where(area(CASE.c.unit, within)).order_by(CASE.c.county, CASE.c.id)
    if mark:
        query = query.where(("," + CASE.c.held + ",").contains(f",{mark},", autoescape=True))
    if states:
        query = query.where(CASE.c.state.in_(tuple(states)))
    rows = connection.execute(query.execution_options(yield_per=500))
    return [Marked(row.id, row.unit, row.policy_id, CaseRecord(record_of(row.record) or {})) for row in rows]


class TownshipSum(NamedTuple):
    """The cases of a policy that stand in one state in a township; amounts in fen."""

    policy_id: str
    township: str
    name: str | None
    state: str
    cases: int
    approved: int
    approved_fen: int
    paid_fen: int
    exempted: int


def townships(connection: Connection, within: Sequence[str]) -> list[TownshipSum]:
    """Return counts and money per policy, township and state."""
    query = (
        select(
            CASE.c.policy_id,
            CASE.c.township,
            UNIT.c.name,
            CASE.c.state,
            func.count(),
            func.count(CASE.c.approved_on),
            func.sum(CASE.c.approved_fen),
            func.sum(CASE.c.paid_fen),
            func.sum(sql_case((CASE.c.held.contains("exempt"), 1), else_=0)),
        )
        .select_from(CASE.outerjoin(UNIT, and_(UNIT.c.county == CASE.c.county, UNIT.c.code == CASE.c.township)))
        .where(area(CASE.c.unit, within))
        .group_by(CASE.c.policy_id, CASE.c.township, UNIT.c.name, CASE.c.state)
    )
    return [TownshipSum(*row[:4], *map(_whole, row[4:])) for row in connection.execute(query)]


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


class Work(NamedTuple):
    """A case as its row has it: what an inbox shows. Days are ISO text, `opened_at` UTC text; `held` joins its marks by commas."""

    id: str
    state: str
    opened_at: str
    opens_on: str | None
    township: str
    unit: str
    no_house: int
    archive_no: str | None
    version: int
    held: str | None
    due_on: str | None


_WORK = tuple(CASE.c[name] for name in Work._fields)


def worklist(
    connection: Connection,
    within: Sequence[str],
    policy_hash: str,
    states: Sequence[str],
    *,
    limit: int,
    after: str | None = None,
    waiving: bool = False,
) -> list[Work]:
    """Return the cases in these states, oldest first: what an inbox shows.

    A no-house household's appraisal waits for the office that waives it (`waiving`), any other for the appraiser.
    """
    query = (
        _page(within, limit, after)
        .where(CASE.c.state.in_(tuple(states)), CASE.c.policy_hash == policy_hash)
        .where(or_(CASE.c.state != "appraisal", CASE.c.no_house == int(waiving)))
    )
    townships = {code[:9] for code in within if len(code) >= 9}
    if len(townships) == len(set(within)):
        query = query.where(CASE.c.township.in_(townships))
    return [Work(*row) for row in connection.execute(query)]


def pending(
    connection: Connection, within: Sequence[str], policies: Sequence[str], *, limit: int, after: str | None = None
) -> list[Work]:
    """Return the cases under the contents of these hashes on which an act waits for a second person, oldest first."""
    asked = (CASE.c.policy_hash.in_(tuple(policies)), CASE.c.held.contains("pending"))
    return [Work(*row) for row in connection.execute(_page(within, limit, after).where(*asked))]


def _page(within: Sequence[str], limit: int, after: str | None) -> Select[Any]:
    """Return the query of a page of cases: by opening, then by id, since ids alone are drawn at random."""
    query = select(*_WORK).where(CASE.c.county.in_({code[:6] for code in within}), FINDABLE, area(CASE.c.unit, within))
    if after:
        mine = (CASE.c.county == after[:6], CASE.c.id == after, area(CASE.c.unit, within))
        since = select(CASE.c.opened_at).where(*mine).scalar_subquery()
        query = query.where(or_(CASE.c.opened_at > since, and_(CASE.c.opened_at == since, CASE.c.id > after)))
    return query.order_by(CASE.c.opened_at, CASE.c.id).limit(limit)


def areas(connection: Connection, county: str, policy_id: str) -> Areas:
    """Return how many cases approved under a policy have an area, and the sum of them in m2.

    A row that has not the form of one has none: it stops nobody else's approval.
    """
    text = CASE.c.record
    if connection.dialect.name == "sqlite":
        found: ColumnElement[str] = sql_case(
            (func.json_valid(text), func.json_extract(text, "$.acts.approve.data.area"))
        )
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


class ApprovedGroup(NamedTuple):
    """Approved households of a village that are alike in what quotas and budget lines ask of, and the fen approved for them."""

    unit: str
    grade: str | None
    mode: str | None
    no_house: int
    line: str | None
    intake: str | None
    households: int
    fen: int


def tally(connection: Connection, county: str, policy_id: str) -> list[ApprovedGroup]:
    """Return what was approved under a policy: households and fen by village, grade, mode, no_house, line and intake."""
    rows = connection.execute(TALLY_OF, {"county": county, "policy_id": policy_id})
    return [ApprovedGroup(*row[:6], *map(int, row[6:])) for row in rows]
