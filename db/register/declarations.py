"""Store the own numbers and the relatives that officials declare: sealed, and found by their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ...states.errors import InputRefused
from ..statements import INDEX, INSERT_INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from ...states.forms.declaration import Declaration
    from ...states.values import Json
    from ..vault.keys import Keys
    from .entry import Entering


def declare(entering: Entering, keys: Keys, county: str, person: str, declaration: Declaration) -> None:
    """Write a declaration in place of the former one: the event with sealed values, and the tokens of the numbers.

    The tokens of former ones stay: what was declared once goes on barring, whatever is declared afterwards (R77).

    Raises:
        InputRefused: somebody else of the county declared the identity number as their own.
    """
    stream = f"person/{person}"
    changes: dict[str, Json] = {"declared": declaration.model_dump(mode="json", exclude_none=True)}
    entering.next_no(county, stream)
    if done := entering.done(county, stream, "declare"):
        entering.unchanged(done, changes)
        return
    _not_anothers(entering.connection, county, stream, keys.token("id_number", declaration.id_number))
    entering.write(county, stream, "declare", changes)
    rows = {(kind, keys.token(kind, value), who) for kind, who, value in _numbers(declaration)}
    rows -= _indexed(entering.connection, county, stream)
    made = [
        {"county": county, "kind": kind, "token": t, "stream": stream, "person": who} for kind, t, who in sorted(rows)
    ]
    if made:
        INSERT_INDEX.many(entering.connection, made)


def _indexed(connection: Connection, county: str, stream: str) -> set[tuple[str, str, str]]:
    """Return what was declared before, each as (kind, token, whose)."""
    query = select(INDEX.c.kind, INDEX.c.token, INDEX.c.person)
    rows = connection.execute(query.where(INDEX.c.county == county, INDEX.c.stream == stream))
    return {(row.kind, row.token, row.person) for row in rows}


def _not_anothers(connection: Connection, county: str, stream: str, token: str) -> None:
    """Refuse an identity number that somebody else declared as their own: one human is one person of the register (R77)."""
    own = (INDEX.c.county == county, INDEX.c.kind == "id_number", INDEX.c.token == token, INDEX.c.person == "self")
    others = select(INDEX.c.stream).where(*own, INDEX.c.stream.startswith("person/"), INDEX.c.stream != stream)
    if connection.execute(others).first() is not None:
        raise InputRefused(
            "本县另一名登记人员已申报该身份证号为本人的；请核对号码。",
            "another registered person of the county declared this identity number as their own; check the number.",
        )


def numbers_of(path: str, value: str) -> Iterator[tuple[str, str, str]]:
    """Yield what a sealed value of a declaration adds to the index, as (kind, whose, number)."""
    parts = path.split("/")
    if parts in (["declared", "id_number"], ["declared", "card"]):
        yield parts[1], "self", value
    elif parts[:2] == ["declared", "relatives"] and parts[3:] == ["id_number"]:
        yield "id_number", f"relative-{parts[2]}", value


def _numbers(declaration: Declaration) -> Iterator[tuple[str, str, str]]:
    """Yield each number as (kind, whose, number): the person's own, and one for each relative."""
    yield "id_number", "self", declaration.id_number
    if declaration.card:
        yield "card", "self", declaration.card
    for i, relative in enumerate(declaration.relatives):
        yield "id_number", f"relative-{i}", relative.id_number
