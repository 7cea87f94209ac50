"""Erase a household: destroy its data keys, values, salts, tokens and papers; its events and their hashes stay.

Rows are emptied and not deleted: the application's role may change just the columns that an erasure empties, and an
update of named columns locks no more than the row.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, or_, select, update

from ..revision import check
from ..scope import county_wide
from ..statements import CASE, DOCUMENT, INDEX, KEY, LIVING, PRIVATE, batched
from .held_keys import hold_keys
from .index import blank
from .papers import file_name, is_nobodys, is_plain, nobodys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from .files import FileStore

EVERYBODY = "all"
_SHA256 = re.compile("[0-9a-f]{64}")
EMPTY: dict[Table, dict[str, Any]] = {
    PRIVATE: {"salt": "", "value": ""},
    DOCUMENT: {"sha256": "", "salt": "", "same": None, "look": None, "size": 0},
}


def destroy(
    connection: Connection, case_id: str, person: str, at: str, *, random: Callable[[int], bytes] = secrets.token_bytes
) -> list[str]:
    """Destroy what is personal of a case, or of one person of it; return the files that nobody names any more, see `drop`.

    Args:
        person: "head", "member-0" ..., or "all" for the whole household with its papers and why it was unmasked.
        at: the moment (UTC text), kept where the data keys were.
        random: where the fillers of emptied tokens come from.

    Raises:
        SchemaTooNew: a later release may keep personal values where this one does not look.
    """
    check(connection, whole=True)
    county, stream = case_id[:6], f"case/{case_id}"
    everybody = person == EVERYBODY
    streams = (stream, f"unmasked/{case_id}") if everybody else (stream,)

    def of(table: Table) -> tuple[ColumnElement[bool], ...]:
        here = (table.c.county == county, table.c.stream.in_(streams))
        if everybody:
            return here
        return (*here, or_(table.c.person == person, table.c.person.startswith(f"{person}~")))

    connection.execute(update(KEY).where(*of(KEY), KEY.c.wrapped.is_not(None)).values(wrapped=None, erased_at=at))
    connection.execute(update(PRIVATE).where(*of(PRIVATE)).values(EMPTY[PRIVATE]))
    blank(connection, *of(INDEX), random=random)
    if person == "head":  # the household's card is the head's
        card = (INDEX.c.county == county, INDEX.c.stream == stream, INDEX.c.kind == "card")
        blank(connection, *card, random=random)
    if not everybody:
        return []
    connection.execute(update(CASE).where(CASE.c.county == county, CASE.c.id == case_id).values(classes=None))
    return _papers(connection, case_id, at, random)


def _papers(connection: Connection, case_id: str, at: str, random: Callable[[int], bytes]) -> list[str]:
    """Destroy a case's papers: the keys of the files that no other stream of the county names, and their rows with salts.

    The keys go first, while the rows still show whose they are.
    """
    county, stream = case_id[:6], f"case/{case_id}"
    mine = (DOCUMENT.c.county == county, DOCUMENT.c.stream == stream, LIVING)
    named = sorted(connection.execute(select(DOCUMENT.c.sha256).where(*mine).distinct()).scalars())
    unit = connection.execute(select(CASE.c.unit).where(CASE.c.county == county, CASE.c.id == case_id)).scalar_one()
    with county_wide(connection):
        for name in named:  # whoever attaches one of them at this moment is waited for
            hold_keys(connection, county, f"file/{name}")
        others = (DOCUMENT.c.county == county, DOCUMENT.c.stream != stream, DOCUMENT.c.sha256.in_(named))
        left = sorted(set(named) - set(connection.execute(select(DOCUMENT.c.sha256).where(*others)).scalars()))
        gone = [file for name in left for file in _keys_of_file(connection, county, name, str(unit), at, random)]
    connection.execute(update(DOCUMENT).where(*mine).values(EMPTY[DOCUMENT]))
    return gone


def _keys_of_file(
    connection: Connection, county: str, name: str, unit: str, at: str, random: Callable[[int], bytes]
) -> list[str]:
    """Destroy the data keys of a file; one that was named by the plain SHA-256 loses that name with them."""
    own = (KEY.c.county == county, KEY.c.stream == f"file/{name}", KEY.c.wrapped.is_not(None))
    slots = sorted(connection.execute(select(KEY.c.person).where(*own)).scalars())
    connection.execute(update(KEY).where(*own).values(wrapped=None, erased_at=at))
    if not is_plain(name):
        return [f"{name}/{slot}" for slot in slots]
    for slot in connection.execute(select(KEY.c.person).where(*own[:2])).scalars().all():
        connection.execute(update(KEY).where(*own[:2], KEY.c.person == slot).values(stream=nobodys(unit, random)))
    return [name] if slots else []


def dropped(connection: Connection, county: str, moments: Collection[str], files: FileStore | None) -> tuple[str, ...]:
    """Return the files whose keys erasures of these moments destroyed, see `drop`.

    The names of an earlier release's papers were destroyed with them. So all files with such a name that no data key
    opens come too: nothing stores a file under such a name any more.
    """
    here = (KEY.c.county == county, KEY.c.stream.startswith("file/"), KEY.c.erased_at.in_(moments))
    plain = sorted(filter(_SHA256.fullmatch, files.names(county))) if files is not None else []
    with county_wide(connection):
        found = connection.execute(select(KEY.c.stream, KEY.c.person).where(*here)).all()
        dead = _unopened(connection, county, plain)
    own = (f"{row.stream.removeprefix('file/')}/{row.person}" for row in found if not is_nobodys(row.stream))
    return (*sorted(own), *dead)


def _unopened(connection: Connection, county: str, names: Sequence[str]) -> list[str]:
    """Return those names of an earlier release's files that no living data key has."""
    living = set[str]()
    for some in batched(names, 500):
        here = (KEY.c.county == county, KEY.c.stream.in_([f"file/{name}" for name in some]), KEY.c.wrapped.is_not(None))
        living.update(connection.execute(select(KEY.c.stream).where(*here)).scalars())
    return [name for name in names if f"file/{name}" not in living]


def without_names(connection: Connection, *, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
    """Take the SHA-256 out of the names of destroyed files' keys that no paper names, as an earlier release left them.

    The migration to 0005 does it once with statements of its own, since a migration is never changed.
    """
    named = exists().where(DOCUMENT.c.county == KEY.c.county, "file/" + DOCUMENT.c.sha256 == KEY.c.stream)
    plain = (KEY.c.stream.startswith("file/"), ~KEY.c.stream.like("file/%/%"), KEY.c.wrapped.is_(None))
    for row in connection.execute(select(KEY).where(*plain, ~named)).all():
        own = (KEY.c.county == row.county, KEY.c.stream == row.stream, KEY.c.person == row.person)
        connection.execute(update(KEY).where(*own).values(stream=nobodys(row.county, random)))


def file_destroyed() -> ColumnElement[bool]:
    """Return the condition that the data keys of a paper's file are destroyed; one that a host keeps itself has none."""
    own = and_(KEY.c.county == DOCUMENT.c.county, KEY.c.stream == "file/" + DOCUMENT.c.sha256)
    return and_(exists().where(own), ~exists().where(own, KEY.c.wrapped.is_not(None)))


def drop(connection: Connection, files: FileStore, county: str, gone: Collection[str]) -> None:
    """Take away the files of an erasure that is committed, unless a data key opens them all the same.

    Args:
        gone: as `destroy` returned them: the name of a row with the name of a data key behind it, or a SHA-256 alone. A
            key that is destroyed comes never again; whoever attaches the same bytes makes another, and another file.
    """
    for one in gone:
        name, slot = _key_of(one)
        own = (KEY.c.county == county, KEY.c.stream == f"file/{name}", KEY.c.wrapped.is_not(None))
        with county_wide(connection):  # a paper of before may be another village's too
            living = connection.execute(select(KEY.c.person).where(*own)).scalars().all()
        if not living or (slot and slot not in living):
            files.drop(county, file_name(name, slot))


def lying(files: FileStore | None, county: str, gone: Collection[str]) -> tuple[str, ...]:
    """Return those of the files of erasures that still lie in their folder; all of them where it is not known."""
    return tuple(one for one in gone if files is None or files.has(county, file_name(*_key_of(one))))


def _key_of(one: str) -> tuple[str, str]:
    """Return the name of a row and that of a data key behind it, out of what `destroy` returned; a SHA-256 has none."""
    name, _, slot = (one, "", "") if is_plain(one) else one.rpartition("/")
    return name, slot


def has_values(connection: Connection, case_id: str, person: str) -> bool:
    """Tell whether anything personal of a case's person is there to be erased."""
    here = exists().where(KEY.c.county == case_id[:6], KEY.c.stream == f"case/{case_id}", KEY.c.wrapped.is_not(None))
    if person != EVERYBODY:
        here = here.where(or_(KEY.c.person == person, KEY.c.person.startswith(f"{person}~")))
    return bool(connection.execute(select(here)).scalar())
