"""The statements that every act runs, prepared once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Text, and_, bindparam, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as conflicting

from ..states.errors import OutsideArea
from ..states.units import UNIT_LENGTHS
from .columns import METADATA
from .prepared import Prepared
from .tables import (
    CaseRow,
    DatabaseRow,
    DocumentRow,
    EventRow,
    IndexRow,
    KeyRow,
    MasterRow,
    PersonRow,
    PrivateRow,
    TallyRow,
    UnitRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Executable, Row, Select, Table

    from .columns import Base
Query: TypeAlias = "Select[*tuple[Any, ...]]"  # of columns of tables, whose types SQLAlchemy does not know
DbRow: TypeAlias = "Row[*tuple[Any, ...]]"  # what it gives


def table(model: type[Base]) -> Table:
    """Return the Core table of a model."""
    return METADATA.tables[str(model.__tablename__)]


CASE, EVENT, PRIVATE, DOCUMENT = table(CaseRow), table(EventRow), table(PrivateRow), table(DocumentRow)
INDEX, TALLY, UNIT, KEY = table(IndexRow), table(TallyRow), table(UnitRow), table(KeyRow)
PERSON = table(PersonRow)
MASTER, DATABASE = table(MasterRow), table(DatabaseRow)
FINDABLE = func.substr(CASE.c.id, 1, 6) == CASE.c.county  # a row under another id is the findings' and the audit's
UNCOUNTED = ("withdrawn", "refused", "disqualified", "not_reported", "ineligible")

_THIS_CASE = and_(CASE.c.county == bindparam("county"), CASE.c.id == bindparam("id"))
_THIS_STREAM = and_(EVENT.c.county == bindparam("county"), EVENT.c.stream == bindparam("stream"))

# A household's classes are encrypted under its data key, which lies beside them: `Vault.open_classes` takes all three.
CLASSES = (CASE.c.classes, KEY.c.master, KEY.c.wrapped)
_OF_CASE, _HOUSEHOLD = (literal_column(word, Text) for word in ("'case/'", "'household'"))  # no parameters
WITH_KEY = CASE.outerjoin(
    KEY, and_(KEY.c.county == CASE.c.county, KEY.c.stream == _OF_CASE + CASE.c.id, KEY.c.person == _HOUSEHOLD)
)
GET = Prepared(
    select(
        CASE.c.unit,
        CASE.c.policy_id,
        CASE.c.policy_hash,
        CASE.c.state,
        CASE.c.version,
        CASE.c.head,
        CASE.c.record,
        *CLASSES,
    )
    .select_from(WITH_KEY)
    .where(_THIS_CASE)
)
LOCK = Prepared(select(CASE.c.version).where(_THIS_CASE).with_for_update())
NUMBERED = Prepared(
    select(CASE.c.id).where(CASE.c.county == bindparam("county"), CASE.c.archive_no == bindparam("archive_no"))
)
VERSION = Prepared(select(CASE.c.version).where(_THIS_CASE))
# What of the row of a case an act changes.
MOVED = (
    "policy_id",
    "policy_hash",
    "state",
    "version",
    "head",
    "opens_on",
    "archive_no",
    "no_house",
    "grade",
    "mode",
    "line",
    "approved_fen",
    "paid_fen",
    "approved_on",
    "final_on",
    "record",
    "due_on",
    "held",
    "intake",
)
MOVE = Prepared(
    update(CASE)
    .where(CASE.c.county == bindparam("k_county"), CASE.c.id == bindparam("k_id"))
    .where(CASE.c.version == bindparam("k_version"))
    .values({name: bindparam(f"n_{name}") for name in MOVED})
)
INSERT_CASE, INSERT_EVENT = Prepared(insert(CASE)), Prepared(insert(EVENT))
INSERT_PRIVATE, INSERT_DOCUMENT = Prepared(insert(PRIVATE)), Prepared(insert(DOCUMENT))
INSERT_INDEX, INSERT_KEY = Prepared(insert(INDEX)), Prepared(insert(KEY))
OWN_ID = Prepared(select(DATABASE.c.id))
RECLASS = Prepared(
    update(CASE)
    .where(CASE.c.county == bindparam("k_county"), CASE.c.id == bindparam("k_id"))
    .values(classes=bindparam("n_classes"))
)
REQUEST = Prepared(
    select(EVENT.c.hash, EVENT.c.body).where(_THIS_STREAM, EVENT.c.request_id == bindparam("request_id"))
)
HISTORY = Prepared(select(EVENT.c.hash, EVENT.c.body).where(_THIS_STREAM).order_by(EVENT.c.seq))
KEYS_OF = Prepared(
    select(KEY.c.person, KEY.c.master, KEY.c.wrapped).where(
        KEY.c.county == bindparam("county"), KEY.c.stream == bindparam("stream")
    )
)
# Whoever wraps a data key adds the id of the newest master key where there is none. The table's lock that adding takes
# lasts to the end of the transaction: a rotation waits for it, nobody else does, and whoever cannot see a rotation that
# came between is told so. A lock of the row could also be taken in a strength that stops everybody.
HOLD_MASTER = Prepared(conflicting(MASTER).on_conflict_do_nothing())
NEWEST_MASTER = Prepared(select(MASTER.c.master))
LIVING = DOCUMENT.c.sha256 != ""  # a paper that is not erased
# Hold them to the end of the transaction: whoever holds them next waits, and at a higher isolation than PostgreSQL's own
# is told that the race is lost. A mere lock would let it go on there with what it saw before.
HOLD_KEYS = Prepared(
    update(KEY)
    .where(KEY.c.county == bindparam("in_county"), KEY.c.stream == bindparam("of_stream"))
    .values(erased_at=KEY.c.erased_at)
)
# Kept values with what opens them: `Vault.open(county, stream, StoredValue(*row))`.
KEPT_VALUES = select(
    PRIVATE.c.seq, PRIVATE.c.field, PRIVATE.c.person, PRIVATE.c.value, KEY.c.master, KEY.c.wrapped
).select_from(
    PRIVATE.outerjoin(
        KEY,
        and_(KEY.c.county == PRIVATE.c.county, KEY.c.stream == PRIVATE.c.stream, KEY.c.person == PRIVATE.c.person),
    )
)
PRIVATE_OF = Prepared(
    KEPT_VALUES.where(PRIVATE.c.county == bindparam("county"), PRIVATE.c.stream == bindparam("stream")).order_by(
        PRIVATE.c.seq
    )
)
TALLY_OF = (
    select(
        CASE.c.unit,
        CASE.c.grade,
        CASE.c.mode,
        CASE.c.no_house,
        CASE.c.line,
        CASE.c.intake,
        func.count().label("count"),
        func.coalesce(func.sum(CASE.c.approved_fen), 0).label("fen"),
    )
    .where(
        CASE.c.county == bindparam("county"),
        CASE.c.policy_id == bindparam("policy_id"),
        CASE.c.approved_on.is_not(None),
        CASE.c.state.not_in(UNCOUNTED),
    )
    .group_by(CASE.c.unit, CASE.c.grade, CASE.c.mode, CASE.c.no_house, CASE.c.line, CASE.c.intake)
)


def changed(connection: Connection, statement: Executable, rows: int = 1) -> None:
    """Run an UPDATE that is to find so many rows.

    Raises:
        OutsideArea: the database holds one of them back: nothing may stand in an event that stands in no row.
    """
    if connection.execute(statement).rowcount != rows:
        raise OutsideArea


def batched(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield names, so many at a time."""
    todo = list(names)
    for i in range(0, len(todo), size):
        yield todo[i : i + size]


def whole(within: Sequence[str]) -> set[str]:
    """Return the counties that lie wholly in these units."""
    return {code for code in within if UNIT_LENGTHS.get(len(code)) == "county"}


def area(column: ColumnElement[str], within: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a unit code lies in one of these units; codes have 6, 9 or 12 digits.

    Filled up with zeros to twelve digits, the code of a county or township stands for that unit alone.
    """
    codes = [code for code in within if len(code) in UNIT_LENGTHS and code.isascii() and code.isdigit()]
    alone = [code[:n] for code in codes for n in (6, 9) if len(code) == 12 and not code[n:].strip("0")]
    inside = (column.between(code, code + "9" * (12 - len(code))) for code in codes)
    return or_(False, *inside, *([column.in_(alone)] if alone else []))


def on_trial(connection: Connection, county: str) -> bool:
    """Tell whether a county is a trial county; one in which nobody is registered is a host's own affair, and none."""
    return connection.execute(select(func.min(PERSON.c.trial)).where(PERSON.c.county == county)).scalar() == 1
