"""The tables, all named weigai_*, in their own registry; rows never leave this folder.

Every key of what belongs to a case begins with the county, so that the same schema can be distributed by it.
Dates and times are ISO text (times UTC), money whole fen: both databases keep the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint

from .columns import METADATA, SMALL, STRICT, Base, text, whole

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["LOWEST", "METADATA", "SCHEMA", "VERSION_TABLE", "placed"]
SCHEMA = "0005"
LOWEST = "0005"  # the lowest revision that a program must know to work on this schema
VERSION_TABLE = "weigai_version"


def placed(connection: Connection, name: str) -> str:
    """Return the name of a table as SQL says it, in the schema that a host maps (`schema_translate_map`)."""
    home = (connection.get_execution_options().get("schema_translate_map") or {}).get(None)
    return name if home is None else f"{connection.dialect.identifier_preparer.quote(home)}.{name}"


class PolicyRow(Base, table=True):
    """A policy's content, for ever: cases are pinned to it by its hash.

    `moves` is read off the content once, so that an inbox need not compile it: {office: {state: next action}}.
    """

    __tablename__ = "weigai_policy"
    __table_args__ = (STRICT,)
    hash: str = text(key=True)
    id: str = text()
    content: str = text()
    moves: str = text()
    stored_at: str = text()


class CaseRow(Base, table=True):
    """A case as its events leave it; `classes` is an open copy of a personal value, cleared on erasure.

    `due_on` is the first of its running clocks, `held` its marks ("suspended,objection"), `intake` how it came in.
    """

    __tablename__ = "weigai_case"
    __table_args__ = (
        UniqueConstraint("county", "archive_no"),
        Index("ix_weigai_case_worklist", "county", "township", "state", "opened_at", "id", "opens_on"),
        Index(None, "county", "due_on"),
        STRICT,
    )
    county: str = text(key=True)
    id: str = text(key=True)
    unit: str = text()
    township: str = text()
    policy_id: str = text()
    policy_hash: str = text()
    state: str = text()
    version: int = whole()
    head: str = text()
    classes: str | None = text(null=True)
    opened_on: str = text()
    opened_at: str = text()
    opens_on: str | None = text(null=True)
    archive_no: str | None = text(null=True)
    no_house: int = whole()
    grade: str | None = text(null=True)
    mode: str | None = text(null=True)
    line: str | None = text(null=True)
    approved_fen: int | None = whole(null=True)
    paid_fen: int | None = whole(null=True)
    approved_on: str | None = text(null=True)
    final_on: str | None = text(null=True)
    record: str = text()
    due_on: str | None = text(null=True)
    held: str | None = text(null=True)
    intake: str | None = text(null=True)


class EventRow(Base, table=True):
    """One event: `body` is the text that is hashed, the other columns are copies of it for queries."""

    __tablename__ = "weigai_event"
    __table_args__ = (
        UniqueConstraint("county", "stream", "request_id"),
        Index(None, "county", "recorded_at"),
        STRICT,
    )
    county: str = text(key=True)
    stream: str = text(key=True)
    seq: int = whole(key=True)
    request_id: str = text()
    action: str = text()
    from_state: str | None = text(null=True)
    to_state: str | None = text(null=True)
    acted_by: str = text()
    office: str = text()
    recorded_by: str = text()
    occurred_on: str = text()
    recorded_at: str = text()
    policy_hash: str | None = text(null=True)
    hash: str = text()
    body: str = text()


class StreamRow(Base, table=True):
    """The head of a stream that is not a case's: a unit's, a person's or the county's."""

    __tablename__ = "weigai_stream"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    stream: str = text(key=True)
    seq: int = whole()
    head: str = text()


class PrivateRow(Base, table=True):
    """A personal value with its salt; the event holds only the commitment, so erasing the row leaves the chain.

    `value` is the canonical text encrypted under the data key of the stream and person (`vault.py`).
    """

    __tablename__ = "weigai_private"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    stream: str = text(key=True)
    seq: int = whole(key=True)
    field: str = text(key=True)
    person: str = text()
    salt: str = text()
    value: str = text()


class DocumentRow(Base, table=True):
    """A paper that came with an event; its file is found by its SHA-256, a picture's like by its `look`.

    `same` is a keyed token of the bytes, equal in the whole county: one paper is found in two cases by it.
    """

    __tablename__ = "weigai_document"
    __table_args__ = (Index(None, "county", "sha256"), SMALL)
    county: str = text(key=True)
    stream: str = text(key=True)
    seq: int = whole(key=True)
    no: int = whole(key=True)
    kind: str = text()
    sha256: str = text()
    size: int = whole()
    media_type: str = text()
    salt: str = text()
    look: str | None = text(null=True)
    same: str | None = text(null=True)


class KeyRow(Base, table=True):
    """The data key of one person of one stream, wrapped by the master key `master`; erased, only the row's name stays.

    A stream is a case's, a unit's, a person's, or "file/<SHA-256>" for the key of one stored file.
    """

    __tablename__ = "weigai_key"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    stream: str = text(key=True)
    person: str = text(key=True)
    master: str = text()
    wrapped: str | None = text(null=True)
    erased_at: str | None = text(null=True)


class UnitRecordRow(Base, table=True):
    """A unit's duty done: a report, survey or plan, for a period ("2019-05-01", "2019")."""

    __tablename__ = "weigai_unit_record"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    unit: str = text(key=True)
    action: str = text(key=True)
    period: str = text(key=True)
    seq: int = whole(key=True)
    done_on: str = text()


class IndexRow(Base, table=True):
    """A keyed token of an identity or card number; never in an event."""

    __tablename__ = "weigai_index"
    __table_args__ = (Index(None, "county", "stream"), SMALL)
    county: str = text(key=True)
    kind: str = text(key=True)
    token: str = text(key=True)
    stream: str = text(key=True)
    person: str = text(key=True)


class ListRow(Base, table=True):
    """A list of households: a meeting's, a notice's, or one that a level hands on."""

    __tablename__ = "weigai_list"
    __table_args__ = (Index(None, "county", "unit"), STRICT)
    county: str = text(key=True)
    id: str = text(key=True)
    kind: str = text()
    unit: str = text()
    held_on: str = text()
    state: str = text()
    seq: int = whole()
    record: str = text()


class ListCaseRow(Base, table=True):
    """A household on a list."""

    __tablename__ = "weigai_list_case"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    list_id: str = text(key=True)
    case_id: str = text(key=True)


class UnitRow(Base, table=True):
    """A county, township or village by its code; `until` is its last day where it was merged or recoded."""

    __tablename__ = "weigai_unit"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    code: str = text(key=True)
    name: str = text()
    level: str = text()
    since: str | None = text(null=True)
    until: str | None = text(null=True)


class SuccessionRow(Base, table=True):
    """A unit that went over into another from a day on: merged, recoded, or put under another township."""

    __tablename__ = "weigai_succession"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    code: str = text(key=True)
    successor: str = text(key=True)
    since: str = text()


class PersonRow(Base, table=True):
    """A registered person; `account` is the name that the command line knows. The name is a personal value."""

    __tablename__ = "weigai_person"
    __table_args__ = (UniqueConstraint("county", "account"), STRICT)
    county: str = text(key=True)
    id: str = text(key=True)
    account: str | None = text(null=True)
    trial: int = whole()


class GrantRow(Base, table=True):
    """An office granted to a person for a unit; it counts from `since` on once `confirmed_by` is another person.

    `no` is the number of the event that proposed it, in the person's stream. In a trial county one person grants.
    """

    __tablename__ = "weigai_grant"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    person: str = text(key=True)
    no: int = whole(key=True)
    office: str = text(key=True)
    unit: str = text(key=True)
    since: str = text()
    until: str | None = text(null=True)
    proposed_by: str = text()
    confirmed_by: str | None = text(null=True)


class HeadRow(Base, table=True):
    """A published head of a county: the root over everything that moved since the one before. Only ever added to."""

    __tablename__ = "weigai_head"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    no: int = whole(key=True)
    alg: str = text()
    made_at: str = text()
    events: int = whole()
    leaves: int = whole()
    prev: str | None = text(null=True)
    root: str = text()


class LeafRow(Base, table=True):
    """The last event of a stream at the time of a head. Only ever added to."""

    __tablename__ = "weigai_leaf"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    no: int = whole(key=True)
    stream: str = text(key=True)
    seq: int = whole()
    hash: str = text()


class CanaryRow(Base, table=True):
    """A row of a unit that is nobody's: who can read it is not held back by the database."""

    __tablename__ = "weigai_canary"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    unit: str = text(key=True)


class TallyRow(Base, table=True):
    """A running number or count, locked after the case row."""

    __tablename__ = "weigai_tally"
    __table_args__ = (SMALL,)
    county: str = text(key=True)
    key: str = text(key=True)
    value: int = whole()


class LowestRow(Base, table=True):
    """One row beside Alembic's: the lowest revision that a program must know, whatever was added since."""

    __tablename__ = "weigai_lowest"
    __table_args__ = (SMALL,)
    revision: str = text(key=True)


class DatabaseRow(Base, table=True):
    """The one row with the database's own random id; a copy of the database copies it."""

    __tablename__ = "weigai_database"
    __table_args__ = (SMALL,)
    id: str = text(key=True)


class MasterRow(Base, table=True):
    """The one row (`one` is 1) with the id of the newest master key, written at the first wrap and by each rotation."""

    __tablename__ = "weigai_master"
    __table_args__ = (SMALL,)
    one: int = whole(key=True)
    master: str = text()
