"""An official's own numbers and those of declared relatives: sealed in the person's stream, found by their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete

from .statements import INDEX, INSERT_INDEX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .entering import Entering
    from .keys import Keys


def declare(entering: Entering, keys: Keys, county: str, person: str, data: Mapping[str, Any]) -> None:
    """Write a declaration in place of the former one: the event with sealed values, and the tokens of the numbers."""
    stream, changes = f"person/{person}", {"declared": dict(data)}
    entering.next_no(county, stream)
    if done := entering.done(county, stream, "declare"):
        entering.unchanged(done, changes)
        return
    entering.write(county, stream, "declare", changes)
    mine = (INDEX.c.county == county, INDEX.c.stream == stream)
    entering.connection.execute(delete(INDEX).where(*mine))
    rows = [
        {"county": county, "kind": kind, "token": keys.token(kind, value), "stream": stream, "person": who}
        for kind, who, value in _numbers(data)
    ]
    if rows:
        INSERT_INDEX.many(entering.connection, rows)


def _numbers(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return each number as (kind, whose, number): the person's own, and one for each relative."""
    own = [(kind, "self", data[kind]) for kind in ("id_number", "card") if data.get(kind)]
    relatives = enumerate(data.get("relatives") or ())
    return own + [("id_number", f"relative-{i}", relative["id_number"]) for i, relative in relatives]
