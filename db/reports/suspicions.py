"""Query suspicions over the whole database: what occurs twice, what was late, what nobody worked on."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, exists, func, or_, select

from ..cases.rows import case_of, record_of
from ..log.event import parse_body
from ..statements import CASE, DOCUMENT, EVENT, INDEX, KEY, WITH_KEY, area
from ..vault.papers import same_of
from ..vault.values import Vault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from ...states.case import Case
    from ..vault.keys import Keys

_BATCH = 500


def cases(connection: Connection, within: Sequence[str], keys: Keys | None) -> Iterator[Case]:
    """Yield the cases of these units, in bounded memory."""
    vault = Vault(connection, keys)
    query = (
        select(CASE, KEY.c.master, KEY.c.wrapped)
        .select_from(WITH_KEY)
        .where(area(CASE.c.unit, within))
        .order_by(CASE.c.county, CASE.c.id)
    )
    for row in connection.execute(query.execution_options(yield_per=_BATCH)):
        classes, lost = vault.opens_classes(row.id, row.classes, row.master, row.wrapped)
        yield case_of(row, classes, lost)


def _of_case(stream: ColumnElement[str], county: ColumnElement[str], kind: str = "case") -> ColumnElement[bool]:
    """Say whose stream it is from both sides, so that either table is found by its key."""
    own = CASE.c.id == func.substr(stream, len(kind) + 2)
    return and_(county == CASE.c.county, own, stream == f"{kind}/" + CASE.c.id)


def under(connection: Connection, cases: Sequence[str], policy_id: str) -> set[str]:
    """Return those of the cases that are of a policy."""
    found: set[str] = set()
    for first in range(0, len(cases), _BATCH):
        some = cases[first : first + _BATCH]
        mine = (CASE.c.county.in_({case[:6] for case in some}), CASE.c.id.in_(some))
        found |= set(connection.execute(select(CASE.c.id).where(*mine, CASE.c.policy_id == policy_id)).scalars())
    return found


def days(connection: Connection, case_id: str, numbers: Iterable[int]) -> dict[int, str]:
    """Return on which day each of these events of a case happened, also of steps that were undone since."""
    query = select(EVENT.c.seq, EVENT.c.occurred_on).where(
        EVENT.c.county == case_id[:6], EVENT.c.stream == f"case/{case_id}", EVENT.c.seq.in_(tuple(numbers))
    )
    return {row.seq: row.occurred_on for row in connection.execute(query)}


def same_numbers(connection: Connection, within: Sequence[str], kind: str) -> Iterator[list[dict[str, Any]]]:
    """Yield, for each identity or card number that stands in several cases, the cases: id, state, follows, person."""
    twice = (
        select(INDEX.c.county, INDEX.c.token)
        .where(INDEX.c.kind == kind, INDEX.c.stream.startswith("case/"))
        .group_by(INDEX.c.county, INDEX.c.token)
        .having(func.count(INDEX.c.stream.distinct()) > 1)
        .subquery()
    )
    query = (
        select(INDEX.c.county, INDEX.c.token, INDEX.c.person, CASE.c.id, CASE.c.state, CASE.c.record)
        .join(twice, and_(twice.c.county == INDEX.c.county, twice.c.token == INDEX.c.token))
        .join(CASE, _of_case(INDEX.c.stream, INDEX.c.county))
        .where(INDEX.c.kind == kind, area(CASE.c.unit, within))
        .order_by(INDEX.c.county, INDEX.c.token, CASE.c.id)
    )
    yield from _grouped(
        connection,
        query,
        lambda row: (row.county, row.token),
        lambda row: {
            "case": row.id,
            "state": row.state,
            "person": row.person,
            "follows": (record_of(row.record) or {}).get("follows"),
        },
    )


class Picture(NamedTuple):
    """A household's picture: the case, its kind, the token of its bytes, and the look where it has one."""

    case: str
    kind: str
    same: str
    look: str | None


def pictures(connection: Connection, within: Sequence[str], keys: Keys | None) -> Iterator[Picture]:
    """Yield every picture of the households of these units, by case.

    Of one that stands there by its plain SHA-256 the token is made; without keys the SHA-256 stands for it.
    """
    vault = Vault(connection, keys)
    query = (
        select(CASE.c.id, DOCUMENT.c.kind, DOCUMENT.c.sha256, DOCUMENT.c.same, DOCUMENT.c.look)
        .join(CASE, _of_case(DOCUMENT.c.stream, DOCUMENT.c.county))
        .where(DOCUMENT.c.sha256 != "", _picture(), ~_by_list(), area(CASE.c.unit, within))
        .order_by(CASE.c.county, CASE.c.id, DOCUMENT.c.seq, DOCUMENT.c.no)
    )
    for row in connection.execute(query.execution_options(yield_per=_BATCH)):
        same = row.same or (same_of(vault, row.sha256) if vault.has_keys else row.sha256)
        yield Picture(row.id, row.kind, same, row.look)


def same_photos(pictures: Iterable[Picture]) -> Iterator[list[Picture]]:
    """Yield, for each picture whose bytes stand in several cases of a county, these pictures."""
    found: dict[tuple[str, str], list[Picture]] = defaultdict(list)
    for picture in pictures:
        found[picture.case[:6], picture.same].append(picture)
    yield from (group for _, group in sorted(found.items()) if len({one.case for one in group}) > 1)


def _picture() -> ColumnElement[bool]:
    """Pictures of a household's own; those of a notice or a meeting are shared by nature."""
    shared = or_(DOCUMENT.c.kind.endswith("notice_photo"), DOCUMENT.c.kind.endswith("minutes"))
    return and_(~shared, or_(DOCUMENT.c.kind.endswith("photo"), DOCUMENT.c.media_type.startswith("image/")))


# A household's entry that was made for a list names it in its event, `"list":"150783101201-M-2019-0001"`. Inside any
# text of the canonical body the quotes are escaped, and no form has a field of this name.
_LISTED = EVENT.c.body.contains('"list":"')


def _by_list() -> ColumnElement[bool]:
    """Papers of a list are shared by all its households."""
    return exists().where(
        EVENT.c.county == DOCUMENT.c.county, EVENT.c.stream == DOCUMENT.c.stream, EVENT.c.seq == DOCUMENT.c.seq, _LISTED
    )


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


def entered_later(connection: Connection, within: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (case, policy hash, occurred on, recorded at) of what was entered after its day in Shanghai, by case."""
    next_day = EVENT.c.occurred_on + "T16:00"  # when the day ends in Shanghai, as UTC text
    query = (
        select(CASE.c.id, CASE.c.policy_hash, EVENT.c.occurred_on, EVENT.c.recorded_at)
        .join(CASE, _of_case(EVENT.c.stream, EVENT.c.county))
        .where(area(CASE.c.unit, within), EVENT.c.recorded_at >= next_day)
        .order_by(CASE.c.id)
    )
    for row in connection.execute(query.execution_options(yield_per=_BATCH)):
        yield tuple(row)


def taken_singly(connection: Connection, within: Sequence[str], action: str) -> Iterator[tuple[str, str, str]]:
    """Yield (case, acted by, recorded at) of an action that was not taken for a list, by person and moment."""
    query = (
        select(CASE.c.id, EVENT.c.acted_by, EVENT.c.recorded_at)
        .join(CASE, _of_case(EVENT.c.stream, EVENT.c.county))
        .where(area(CASE.c.unit, within), EVENT.c.action == action, ~_LISTED)
        .order_by(EVENT.c.acted_by, EVENT.c.recorded_at, CASE.c.id)
    )
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


def of_register(connection: Connection, county: str) -> Iterator[dict[str, Any]]:
    """Yield what the events of a county's register say, stream by stream and in order.

    What is no event is the audit's, and so is one that says another place than where it stands.
    """
    theirs = or_(EVENT.c.stream == "county", EVENT.c.stream.startswith("person/"))
    query = select(EVENT.c.stream, EVENT.c.seq, EVENT.c.body).where(EVENT.c.county == county, theirs)
    for row in connection.execute(query.order_by(EVENT.c.stream, EVENT.c.seq)):
        if (body := _said(county, row)) is not None:
            yield body


def entered(connection: Connection, county: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield (what an event says, unit) of what was entered at a command line on a case or for a unit, and of what was shown."""
    own = (EVENT.c.stream, EVENT.c.seq, EVENT.c.body)
    mine = (EVENT.c.county == county, EVENT.c.body.contains('"entered/'))
    queries = [
        select(*own, CASE.c.unit).join(CASE, _of_case(EVENT.c.stream, EVENT.c.county, kind)).where(*mine)
        for kind in ("case", "unmasked")
    ]
    of_units = EVENT.c.stream.startswith("unit/")
    queries.append(select(*own, func.substr(EVENT.c.stream, 6).label("unit")).where(*mine, of_units))
    for query in queries:
        ordered = query.order_by(EVENT.c.stream, EVENT.c.seq).execution_options(yield_per=_BATCH)
        for row in connection.execute(ordered):
            if (body := _said(county, row)) is not None:
                yield body, row.unit


def _said(county: str, row: Any) -> dict[str, Any] | None:
    """Return what an event of a county says, None where it is no event or says another place than where it stands."""
    with suppress(ValueError, RecursionError):
        body = parse_body(row.body)
        if (body["county"], body["stream"], body["seq"]) == (county, row.stream, row.seq):
            return body
    return None
