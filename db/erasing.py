"""Erasing: data keys, values, salts, tokens and papers of a household are destroyed; its events and their hashes stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, or_, select, update

from .statements import CASE, DOCUMENT, INDEX, KEY, PRIVATE

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, Table

    from .files import FileStore

EVERYBODY = "all"


def destroy(connection: Connection, case_id: str, person: str, at: str) -> list[str]:
    """Destroy what is personal of a case, or of one person of it; return the SHA-256 of the files that nobody names any more.

    Args:
        person: "head", "member-0" ..., or "all" for the whole household with its papers.
        at: the moment (UTC text), kept where the data keys were.
    """
    county, stream = case_id[:6], f"case/{case_id}"
    everybody = person == EVERYBODY

    def of(table: Table) -> tuple[ColumnElement[bool], ...]:
        here = (table.c.county == county, table.c.stream == stream)
        if everybody:
            return here
        return (*here, or_(table.c.person == person, table.c.person.startswith(f"{person}~")))

    connection.execute(update(KEY).where(*of(KEY), KEY.c.wrapped.is_not(None)).values(wrapped=None, erased_at=at))
    connection.execute(delete(PRIVATE).where(*of(PRIVATE)))
    connection.execute(delete(INDEX).where(*of(INDEX)))
    if person == "head":  # the household's card is the head's
        connection.execute(
            delete(INDEX).where(INDEX.c.county == county, INDEX.c.stream == stream, INDEX.c.kind == "card")
        )
    if not everybody:
        return []
    connection.execute(update(CASE).where(CASE.c.county == county, CASE.c.id == case_id).values(classes=None))
    return _papers(connection, county, stream, at)


def _papers(connection: Connection, county: str, stream: str, at: str) -> list[str]:
    """Destroy a case's papers: their rows with salts, and the keys of the files that no other stream names."""
    mine = (DOCUMENT.c.county == county, DOCUMENT.c.stream == stream)
    named = list(connection.execute(select(DOCUMENT.c.sha256).where(*mine).distinct()).scalars())
    connection.execute(delete(DOCUMENT).where(*mine))
    _held(connection, county, named)  # whoever attaches one of them at this moment is waited for
    still = select(DOCUMENT.c.sha256).where(DOCUMENT.c.county == county, DOCUMENT.c.sha256.in_(named))
    left = sorted(set(named) - set(connection.execute(still).scalars()))
    for sha256 in left:
        own = (KEY.c.county == county, KEY.c.stream == f"file/{sha256}", KEY.c.wrapped.is_not(None))
        connection.execute(update(KEY).where(*own).values(wrapped=None, erased_at=at))
    return left


def _held(connection: Connection, county: str, names: Collection[str]) -> dict[str, bool]:
    """Hold the data keys of files to the end of the transaction; tell of each that has any whether one still opens it."""
    streams = [f"file/{sha256}" for sha256 in names]
    mine = select(KEY.c.stream, KEY.c.wrapped).where(KEY.c.county == county, KEY.c.stream.in_(streams))
    connection.execute(mine.order_by(KEY.c.stream, KEY.c.person).with_for_update()).all()
    found: dict[str, bool] = {}
    for stream, wrapped in connection.execute(mine):  # once more: what was added while this waited is seen only now
        name = stream.removeprefix("file/")
        found[name] = found.get(name, False) or wrapped is not None
    return found


def drop(connection: Connection, files: FileStore, county: str, names: Collection[str]) -> None:
    """Take away the files of an erasure that is committed, unless somebody attached the same bytes since.

    The transaction is one that writes, of its own: it holds the files' data keys, so that nobody attaches them meanwhile.
    """
    for sha256, opened in _held(connection, county, names).items():
        if not opened:
            files.drop(county, sha256)


def has_values(connection: Connection, case_id: str, person: str) -> bool:
    """Tell whether anything personal of a case's person is there to be erased."""
    here = exists().where(KEY.c.county == case_id[:6], KEY.c.stream == f"case/{case_id}", KEY.c.wrapped.is_not(None))
    if person != EVERYBODY:
        here = here.where(or_(KEY.c.person == person, KEY.c.person.startswith(f"{person}~")))
    return bool(connection.execute(select(here)).scalar())
