"""Read the revision of the schema, and decide whether this release may work on it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, MetaData, Table, Text, func, select, text
from sqlalchemy.exc import DBAPIError

from ..states.errors import RightMissing, SchemaTooNew, SchemaTooOld
from .faults import known
from .prepared import savepoint
from .tables import SCHEMA, VERSION_TABLE, LowestRow, placed

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OTHERS = MetaData()  # tables that Alembic and SQLite make
_VERSION = Table(VERSION_TABLE, _OTHERS, Column("version_num", Text))
_MASTER = Table("sqlite_master", _OTHERS, Column("name", Text))
_LOWEST: Table = LowestRow.__table__  # type: ignore[attr-defined]
_BOTH = (_VERSION.name, _LOWEST.name)
_IN_FILE = select(_MASTER.c.name).where(_MASTER.c.name.in_(_BOTH))
_IN_SCHEMA = text("SELECT to_regclass(:version) IS NOT NULL, to_regclass(:lowest) IS NOT NULL")
_ALONE = select(_VERSION.c.version_num, _VERSION.c.version_num)
_KEPT = select(func.max(_LOWEST.c.revision)).scalar_subquery()
_WITH_LOWEST = select(_VERSION.c.version_num, func.coalesce(_KEPT, _VERSION.c.version_num))


class Found(NamedTuple):
    """The revision of a schema, and the lowest that a program must know to work on it."""

    revision: str
    lowest: str


def found(connection: Connection) -> Found | None:
    """Return what schema is there, None where there is none; it is looked for in the schema that a host maps.

    Raises:
        RightMissing: this user of a PostgreSQL may not read it.
    """
    version, lowest = _there(connection)
    if not version:
        return None
    try:
        row = connection.execute(_WITH_LOWEST if lowest else _ALONE).first()
    except DBAPIError as error:
        if isinstance(told := known(error), RightMissing):
            raise told from None
        raise
    return None if row is None else Found(str(row[0]), str(row[1]))


def _there(connection: Connection) -> tuple[bool, bool]:
    """Tell whether the table of the revision is there, and that of the lowest revision."""
    if connection.dialect.name == "sqlite":
        names = set(connection.execute(_IN_FILE).scalars())
        return _BOTH[0] in names, _BOTH[1] in names
    version, lowest = (placed(connection, name) for name in _BOTH)
    row = connection.execute(_IN_SCHEMA, {"version": version, "lowest": lowest}).one()
    return bool(row[0]), bool(row[1])


def current(connection: Connection) -> str | None:
    """Return the revision of the schema that is there, None where there is none."""
    there = found(connection)
    return there and there.revision


def newer(connection: Connection) -> bool:
    """Tell whether a later release added to the schema; where its number cannot be read, nothing is taken for added."""
    with suppress(DBAPIError, RightMissing), savepoint(connection):
        return (current(connection) or "") > SCHEMA
    return False


def check(connection: Connection, *, whole: bool = False) -> None:
    """Refuse a schema that this release cannot work with.

    Args:
        connection: to the database; the answer is that of its transaction.
        whole: refuse every later schema, for work that would leave out what this release does not know.

    Raises:
        SchemaTooOld: it is missing or older; `weigai db upgrade` mends it.
        SchemaTooNew: a later release made it, and this release may not do that there.
    """
    there = found(connection)
    if there is None or there.revision < SCHEMA:
        raise SchemaTooOld(there and there.revision)
    if (there.revision if whole else there.lowest) > SCHEMA:
        raise SchemaTooNew(there.revision)
