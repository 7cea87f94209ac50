"""Store the own numbers and the relatives that officials declare: sealed, and found by their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ...states.errors import InputRefused
from ..statements import INDEX, INSERT_INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Select

    from ..vault.keys import Keys
    from .entry import Entering


def declare(entering: Entering, keys: Keys, county: str, person: str, data: Mapping[str, Any]) -> None:
    """Write a declaration in place of the former one: the event with sealed values, and the tokens of the numbers.

    The tokens of former ones stay: what was declared once goes on barring, whatever is declared afterwards (R77).

    Raises:
        InputRefused: somebody else of the county declared the identity number as their own.
    """
    stream, changes = f"person/{person}", {"declared": dict(data)}
    entering.next_no(county, stream)
    if done := entering.done(county, stream, "declare"):
        entering.unchanged(done, changes)
        return
    _of_one(entering.connection, county, stream, keys.token("id_number", data["id_number"]))
    entering.write(county, stream, "declare", changes)
    rows = {(kind, keys.token(kind, value), who) for kind, who, value in _numbers(data)}
    rows -= {tuple(row) for row in entering.connection.execute(_kept(county, stream))}
    made = [
        {"county": county, "kind": kind, "token": t, "stream": stream, "person": who} for kind, t, who in sorted(rows)
    ]
    if made:
        INSERT_INDEX.many(entering.connection, made)


def _kept(county: str, stream: str) -> Select[Any]:
    return select(INDEX.c.kind, INDEX.c.token, INDEX.c.person).where(INDEX.c.county == county, INDEX.c.stream == stream)


def _of_one(connection: Connection, county: str, stream: str, token: str) -> None:
    """Refuse an identity number that somebody else declared as their own: one human is one person of the register (R77)."""
    own = (INDEX.c.county == county, INDEX.c.kind == "id_number", INDEX.c.token == token, INDEX.c.person == "self")
    others = select(INDEX.c.stream).where(*own, INDEX.c.stream.startswith("person/"), INDEX.c.stream != stream)
    if connection.execute(others).first() is not None:
        raise InputRefused(
            "本县另一名登记人员已申报该身份证号为本人的；请核对号码。",
            "another registered person of the county declared this identity number as their own; check the number.",
        )


def numbers_of(path: str, value: Any) -> Iterator[tuple[str, str, str]]:
    """Yield what a sealed value of a declaration adds to the index, as (kind, whose, number)."""
    parts = path.split("/")
    if parts in (["declared", "id_number"], ["declared", "card"]):
        yield parts[1], "self", value
    elif parts[:2] == ["declared", "relatives"] and parts[3:] == ["id_number"]:
        yield "id_number", f"relative-{parts[2]}", value


def _numbers(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return each number as (kind, whose, number): the person's own, and one for each relative."""
    own = [(kind, "self", data[kind]) for kind in ("id_number", "card") if data.get(kind)]
    relatives = enumerate(data.get("relatives") or ())
    return own + [("id_number", f"relative-{i}", relative["id_number"]) for i, relative in relatives]
