"""Delete stored files to which no row refers: a command may leave one if it ends between file and row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from ..revision import check
from ..scope import whole
from ..statements import DOCUMENT, KEY, UNIT
from . import places
from .papers import file_name

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from .files import FileStore

DAY = 24 * 60 * 60  # seconds that a file may lie before its row is there: no transaction takes as long


def orphans(engine: Engine, files: FileStore, *, now: float) -> list[Path]:
    """Return the files of this record's counties that no row names and that nobody touched for a day.

    Args:
        engine: of a role that sees every row.
        files: the store.
        now: in seconds since 1970.

    Raises:
        StoreUnavailable: rows are held back from this role; nothing can be said of files.
        SchemaTooNew: a later release may name files where this one does not look.
    """
    found: list[Path] = []
    with whole(engine) as connection:
        check(connection, whole=True)
        counties = connection.execute(select(UNIT.c.county).distinct()).scalars().all()
        for county in counties:
            lying = list(files.lying(county, before=now - DAY))
            named = _named(connection, county)
            found += (path for path in lying if path.name not in named)
    return sorted(found)


def _named(connection: Connection, county: str) -> set[str]:
    """Return the names of the files that a county's papers have: by each data key of a file, living or not."""
    own = and_(KEY.c.county == DOCUMENT.c.county, KEY.c.stream == "file/" + DOCUMENT.c.sha256)
    query = select(DOCUMENT.c.sha256, KEY.c.person).join(KEY, own).where(DOCUMENT.c.county == county).distinct()
    return {file_name(name, slot) for name, slot in connection.execute(query)}


def sweep(engine: Engine, files: FileStore, *, now: float) -> int:
    """Take these files away; return how many.

    Raises:
        NotAdopted: the folder does not list this database, or lists another one, whose files these may be.
        StoreUnavailable, SchemaTooNew: see `orphans`.
    """
    with whole(engine) as connection:
        check(connection, whole=True)
        places.require(connection, places.of_folder(files.root))
    return sum(files.sweep(path, before=now - DAY) for path in orphans(engine, files, now=now))
