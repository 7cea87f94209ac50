"""List the databases that a key file and a files folder serve, so that nothing is deleted that another one needs.

A database is known by its own random id and by the place where it lives: a copy has the id of what it was copied from,
and lives somewhere else.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, select, text

from ...states import input_files as handed_in
from ...states.errors import IntegrityBroken, NotAdopted, StoreUnavailable
from ..statements import DATABASE
from . import key_file
from .files import sync_folder
from .key_file import Served
from .keys import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection

LIST = "databases.json"
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SERVER = text(
    "SELECT system_identifier::text || ':' || d.oid::text FROM pg_control_system(), pg_database d"
    " WHERE d.datname = current_database()"
)


def own_id(connection: Connection) -> str | None:
    """Return the id of a database; None where it has no schema, or one of an earlier release.

    Raises:
        IntegrityBroken: it is not one that weigai made.
    """
    if not inspect(connection).has_table(DATABASE.name):
        return None
    found = connection.execute(select(DATABASE.c.id)).scalar()
    if found is not None and not _ID.fullmatch(found):  # paths are made of it
        raise IntegrityBroken(["the database's own id is not of its form"])
    return found


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
    others = tuple(sorted(one.place for one in listed if one[:2] != own[:2]))
    if own not in listed or others:
        raise NotAdopted(own in listed, others)


def adopted(own: Served, listed: Collection[Served], *, alone: bool = False) -> tuple[Served, ...]:
    """Return the list with a database on it as adopted; `alone` takes every other one off it."""
    return (own,) if alone else (*(one for one in listed if one[:2] != own[:2]), own)


def _used(listed: tuple[Served, ...], own: Served) -> tuple[Served, ...]:
    """Return the list with a database on it, as one that is not adopted unless it is listed already."""
    return listed if own[:2] in {one[:2] for one in listed} else (*listed, own._replace(adopted=False))


def use_key_file(connection: Connection, path: Path) -> None:
    """List the database in a key file that it is about to work with, so that no other one takes its master keys away.

    A user who may only read the file goes on all the same.

    Raises:
        StoreBusy: another process held the file's lock for some seconds.
    """
    own = here(connection)
    with suppress(StoreUnavailable):
        if _used(listed := key_file.databases(path), own) != listed:
            with key_file.locked(path) as file:
                file.write(databases=_used(file.databases, own))


# ------------------------------------------------------------------ a folder of files


def of_folder(root: Path) -> tuple[Served, ...]:
    """Return the databases that a files folder lists; a folder of an earlier release lists none.

    Raises:
        StoreUnavailable: the list cannot be read.
    """
    path = root / LIST
    try:
        return key_file.served(handed_in.json_of(handed_in.content(path, LARGEST))) if path.exists() else ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _unreadable(path) from None


def list_folder(root: Path, databases: Callable[[tuple[Served, ...]], tuple[Served, ...]]) -> tuple[Served, ...]:
    """Change the list of a files folder and return it: `databases` gives the new one out of the one that is there.

    Raises:
        StoreUnavailable, StoreBusy: the list cannot be read, written or locked.
    """
    with key_file.alone(root / LIST):
        listed = databases(of_folder(root))
        try:
            key_file.put(root / LIST, json.dumps({"databases": [one._asdict() for one in listed]}, indent=1) + "\n")
            key_file.share(root / LIST, root)
        except OSError:
            raise _unreadable(root / LIST) from None
    return listed


def begin(connection: Connection, root: Path) -> None:
    """Make a files folder that is not there yet, and list the database in it.

    In one that is there it is listed as one that is not adopted; a user who may not write the list goes on all the same.
    """
    own = here(connection)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        root.mkdir(mode=0o700, exist_ok=True)
        sync_folder(root.parent)
        new = not any(root.iterdir())
    except OSError:
        raise _unreadable(root) from None
    if new:
        list_folder(root, lambda listed: adopted(own, listed))
        return
    with suppress(StoreUnavailable):
        if _used(listed := of_folder(root), own) != listed:
            list_folder(root, lambda old: _used(old, own))


def _unreadable(path: Path) -> StoreUnavailable:
    return StoreUnavailable(f"{path} 无法读取或写入。", f"{path} cannot be read or written.")
