"""Rename the papers of an earlier release, which are named by their plain SHA-256.

It is done to the papers of a stream that this transaction holds: of a case that somebody acts on with papers, or whose
paper is shown, and of a list that is acted for. No migration does it, since it takes the keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, select, update

from ...states.errors import IntegrityBroken
from ..scope import county_wide
from ..statements import DOCUMENT, INSERT_PRIVATE, KEY
from .erasure import EMPTY
from .papers import SLOT, lock_by, lock_new, lock_of, name_of, nobodys, same_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from .files import FileStore
    from .values import Vault

PLAIN = (DOCUMENT.c.sha256 != "", ~DOCUMENT.c.sha256.contains("/"))


def plain(connection: Connection, unit: str, stream: str) -> Sequence[Any]:
    """Return the rows of the papers of a unit's stream that hold the plain SHA-256."""
    here = (DOCUMENT.c.county == unit[:6], DOCUMENT.c.stream == stream)
    return connection.execute(select(DOCUMENT).where(*here, *PLAIN).order_by(DOCUMENT.c.seq, DOCUMENT.c.no)).all()


def renew(connection: Connection, vault: Vault, files: FileStore, unit: str, stream: str) -> None:
    """Give the papers of a unit's stream that stand there by their plain SHA-256 the names of today.

    A paper whose file cannot be read stays as it is: the audit tells of it.
    """
    rows = plain(connection, unit, stream)
    for sha256 in sorted({row.sha256 for row in rows}):
        if not vault.keys_held(unit[:6], f"file/{sha256}"):  # the host keeps it
            named = True
        elif _alone(connection, unit[:6], sha256, DOCUMENT.c.stream != stream):
            named = _moved(connection, vault, files, unit, sha256)
        else:
            named = stored_again(vault, files, unit, sha256)
        if named:
            _name(connection, vault, unit, [row for row in rows if row.sha256 == sha256])


def stored_again(vault: Vault, files: FileStore, unit: str, sha256: str) -> bool:
    """Store a file of before once more, under a name and a key of today; False where there is none or it cannot be read.

    Its former key and file stay for the rows that name them.
    """
    old = lock_of(vault, unit[:6], sha256)
    if old is None or not files.sound(unit[:6], old, sha256):
        return False
    files.put(unit[:6], files.content(unit[:6], old), lock_new(vault, unit, sha256))
    return True


def _alone(connection: Connection, county: str, sha256: str, elsewhere: ColumnElement[bool]) -> bool:
    """Tell whether no other stream of the county names a paper by its plain SHA-256."""
    with county_wide(connection):
        others = select(DOCUMENT.c.no).where(DOCUMENT.c.county == county, DOCUMENT.c.sha256 == sha256, elsewhere)
        return connection.execute(others.limit(1)).first() is None


def _moved(connection: Connection, vault: Vault, files: FileStore, unit: str, sha256: str) -> bool:
    """Move the data key of a file of before under the name of today, and store the file anew; a sweep takes the old one.

    The key itself stays: by its own name, a token of the paper, it is found again for a backup that was made before.
    """
    county, name = unit[:6], name_of(vault, unit, sha256)
    old = lock_of(vault, county, sha256)
    if old is None or not files.sound(county, old, sha256):
        return False
    content, slot = files.content(county, old), f"{SLOT}{same_of(vault, sha256)}"
    for person, (_, wrapped) in vault.keys_of(county, f"file/{sha256}").items():
        own = (KEY.c.county == county, KEY.c.stream == f"file/{sha256}", KEY.c.person == person)
        if wrapped is None:
            connection.execute(update(KEY).where(*own).values(stream=nobodys(unit, vault.random)))
        else:
            master, again = vault.wrapped(county, f"file/{name}", slot, old.key)
            moved = {"stream": f"file/{name}", "person": slot, "master": master, "wrapped": again}
            connection.execute(update(KEY).where(*own).values(moved))
    lock = lock_by(vault, county, name, slot)
    if lock is None:
        raise IntegrityBroken([f"the data key of paper {name}"])
    files.put(county, content, lock)
    return True


def _name(connection: Connection, vault: Vault, unit: str, rows: Sequence[Any]) -> None:
    """Seal the SHA-256 of papers beside their rows, and put the name in its place."""
    county, stream = rows[0].county, rows[0].stream
    hashes = [
        {
            "county": county,
            "stream": stream,
            "seq": row.seq,
            "field": f"documents/{row.no}",
            "person": "other",
            "salt": row.salt,
            "value": f'"{row.sha256}"',
        }
        for row in rows
    ]
    sealed, keys = vault.seal(county, stream, hashes)
    vault.keep(keys)
    INSERT_PRIVATE.many(connection, sealed)
    sha256 = rows[0].sha256
    here = (DOCUMENT.c.county == county, DOCUMENT.c.stream == stream, DOCUMENT.c.sha256 == sha256)
    named = {"sha256": name_of(vault, unit, sha256), "same": same_of(vault, sha256)}
    connection.execute(update(DOCUMENT).where(*here).values(named))


def as_before(connection: Connection, vault: Vault) -> int:
    """Give data keys that were moved since a backup was made the names that its rows have; return how many.

    What was moved and then destroyed empties the rows of the backup that still name it.
    """
    own = and_(KEY.c.county == DOCUMENT.c.county, KEY.c.stream == "file/" + DOCUMENT.c.sha256)
    bare = select(DOCUMENT.c.county, DOCUMENT.c.sha256).where(*PLAIN, ~exists().where(own)).distinct()
    wanted = {(row.county, f"{SLOT}{same_of(vault, row.sha256)}"): row.sha256 for row in connection.execute(bare)}
    count = 0
    keys = select(KEY).where(KEY.c.stream.startswith("file/"), KEY.c.person.startswith(SLOT)) if wanted else None
    for row in connection.execute(keys).all() if keys is not None else ():
        sha256 = wanted.get((row.county, row.person))
        if sha256 is None:
            continue
        here = (KEY.c.county == row.county, KEY.c.stream == row.stream, KEY.c.person == row.person)
        if row.wrapped is None:
            papers = (DOCUMENT.c.county == row.county, DOCUMENT.c.sha256 == sha256)
            connection.execute(update(DOCUMENT).where(*papers).values(EMPTY[DOCUMENT]))
            continue
        key = vault.unwrap(row.county, row.stream, row.person, row.master, row.wrapped)
        master, wrapped = vault.wrapped(row.county, f"file/{sha256}", "file", key)
        before = {"stream": f"file/{sha256}", "person": "file", "master": master, "wrapped": wrapped}
        connection.execute(update(KEY).where(*here).values(before))
        count += 1
    return count
