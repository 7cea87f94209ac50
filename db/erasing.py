"""Erasing: data keys, values, salts, tokens and papers of a household are destroyed; its events and their hashes stay.

Rows are emptied and not deleted: the application's role may change just the columns that an erasure empties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, or_, select, update

from .index import blank
from .revision import check
from .scope import county_wide
from .statements import CASE, DOCUMENT, INDEX, KEY, LIVING, PRIVATE
from .vault import hold_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import ColumnElement, Connection, Table

    from .files import FileStore

EVERYBODY = "all"


def destroy(connection: Connection, case_id: str, person: str, at: str) -> list[str]:
    """Destroy what is personal of a case, or of one person of it; return the SHA-256 of the files that nobody names any more.

    Args:
        person: "head", "member-0" ..., or "all" for the whole household with its papers and why it was unmasked.
        at: the moment (UTC text), kept where the data keys were.

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
    connection.execute(update(PRIVATE).where(*of(PRIVATE)).values(salt="", value=""))
    blank(connection, *of(INDEX))
    if person == "head":  # the household's card is the head's
        blank(connection, INDEX.c.county == county, INDEX.c.stream == stream, INDEX.c.kind == "card")
    if not everybody:
        return []
    connection.execute(update(CASE).where(CASE.c.county == county, CASE.c.id == case_id).values(classes=None))
    return _papers(connection, county, stream, at)


def _papers(connection: Connection, county: str, stream: str, at: str) -> list[str]:
    """Destroy a case's papers: their rows with salts, and the keys of the files that no other stream of the county names."""
    mine = (DOCUMENT.c.county == county, DOCUMENT.c.stream == stream, LIVING)
    named = sorted(connection.execute(select(DOCUMENT.c.sha256).where(*mine).distinct()).scalars())
    empty: dict[str, Any] = {"sha256": "", "salt": "", "same": None, "look": None, "size": 0}
    connection.execute(update(DOCUMENT).where(*mine).values(empty))
    with county_wide(connection):
        _hold(connection, county, named)  # whoever attaches one of them at this moment is waited for
        still = select(DOCUMENT.c.sha256).where(DOCUMENT.c.county == county, DOCUMENT.c.sha256.in_(named))
        left = sorted(set(named) - set(connection.execute(still).scalars()))
        for sha256 in left:  # no row of this scope names one any more
            own = (KEY.c.county == county, KEY.c.stream == f"file/{sha256}", KEY.c.wrapped.is_not(None))
            connection.execute(update(KEY).where(*own).values(wrapped=None, erased_at=at))
    return left


def _hold(connection: Connection, county: str, names: Iterable[str]) -> None:
    """Hold the data keys of files to the end of the transaction, in one order for all."""
    for sha256 in sorted(names):
        hold_keys(connection, county, f"file/{sha256}")


def dropped(connection: Connection, county: str, at: str) -> tuple[str, ...]:
    """Return the files (SHA-256) whose keys an erasure of that moment destroyed."""
    here = (KEY.c.county == county, KEY.c.stream.startswith("file/"), KEY.c.erased_at == at)
    with county_wide(connection):
        found = connection.execute(select(KEY.c.stream).where(*here).distinct()).scalars().all()
    return tuple(sorted(stream.removeprefix("file/") for stream in found))


def file_destroyed() -> ColumnElement[bool]:
    """Return the condition that the data keys of a paper's file are destroyed; one that a host keeps itself has none."""
    own = and_(KEY.c.county == DOCUMENT.c.county, KEY.c.stream == "file/" + DOCUMENT.c.sha256)
    return and_(exists().where(own), ~exists().where(own, KEY.c.wrapped.is_not(None)))


def drop(connection: Connection, files: FileStore, county: str, names: Collection[str]) -> None:
    """Take away the files of an erasure that is committed, unless somebody attached the same bytes since.

    The transaction is one that writes, of its own: it holds the files' data keys, so that nobody attaches them meanwhile.
    """
    with county_wide(connection):
        _hold(connection, county, names)
        for sha256 in names:
            own = select(KEY.c.wrapped).where(KEY.c.county == county, KEY.c.stream == f"file/{sha256}")
            keys = connection.execute(own).scalars().all()
            if keys and not any(keys):
                files.drop(county, sha256)


def has_values(connection: Connection, case_id: str, person: str) -> bool:
    """Tell whether anything personal of a case's person is there to be erased."""
    here = exists().where(KEY.c.county == case_id[:6], KEY.c.stream == f"case/{case_id}", KEY.c.wrapped.is_not(None))
    if person != EVERYBODY:
        here = here.where(or_(KEY.c.person == person, KEY.c.person.startswith(f"{person}~")))
    return bool(connection.execute(select(here)).scalar())
