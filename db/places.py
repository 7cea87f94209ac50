"""Which databases a key file and a files folder serve: nothing is taken out of them that another database may need.

A database is known by its own random id and by the place where it lives: a copy has the id of what it was copied from,
and lives somewhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from ..states.errors import NotAdopted
from .key_file import Served
from .statements import DATABASE

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

_SERVER = text(
    "SELECT system_identifier::text || ':' || d.oid::text FROM pg_control_system(), pg_database d"
    " WHERE d.datname = current_database()"
)


def here(connection: Connection) -> Served:
    """Return the id of a database and where it lives: the device and inode of its file, or the server's id and its own."""
    own = str(connection.execute(select(DATABASE.c.id)).scalar_one())
    if connection.dialect.name == "postgresql":
        return Served(own, f"postgresql:{connection.execute(_SERVER).scalar_one()}")
    path = next((row[2] for row in connection.exec_driver_sql("PRAGMA database_list") if row[1] == "main"), "")
    if not path:
        return Served(own, "memory")
    found = Path(path).stat()
    return Served(own, f"sqlite:{found.st_dev}:{found.st_ino}")


def require(connection: Connection, listed: Collection[Served]) -> None:
    """Refuse to take away keys or files from where another database may need them.

    Raises:
        NotAdopted: this database is not listed there, or another one is.
    """
    own = here(connection)
    others = tuple(sorted(one.place for one in listed if one != own))
    if own not in listed or others:
        raise NotAdopted(own in listed, others)


def adopted(connection: Connection, listed: Collection[Served], *, alone: bool) -> tuple[Served, ...]:
    """Return the list with this database on it; `alone` takes every other one off it."""
    own = here(connection)
    return (own,) if alone else tuple(dict.fromkeys((*listed, own)))
