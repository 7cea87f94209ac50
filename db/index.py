"""The blind index: a keyed token for every identity and card number of a case, so that the same one is found again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_

from .statements import INDEX, INSERT_INDEX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from ..states.case import Case
    from .entries import Entry
    from .keys import Keys

_SLOTS = {
    "head": INDEX.c.person == "head",
    "members": INDEX.c.person.startswith("member-"),
    "account": INDEX.c.person == "household",
}


def index(connection: Connection, keys: Keys | None, case: Case, entry: Entry) -> None:
    """Keep a token for every number that an entry brings, in place of the former one; without keys, nothing."""
    opened = entry.changes.get("household")
    household = opened or {
        name: entry.changes[f"household/{name}"] for name in _SLOTS if f"household/{name}" in entry.changes
    }
    if keys is None or not household:
        return
    if not opened:
        mine = (INDEX.c.county == case.county, INDEX.c.stream == f"case/{case.id}")
        connection.execute(delete(INDEX).where(*mine, or_(*(_SLOTS[name] for name in household))))
    rows = [
        {"county": case.county, "kind": kind, "token": keys.token(kind, value), "stream": f"case/{case.id}",
         "person": who}
        for kind, who, value in _numbers(household)
    ]  # fmt: skip
    if rows:
        INSERT_INDEX.many(connection, rows)


def _numbers(household: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    people = [("head", household.get("head") or {})]
    people += [(f"member-{i}", member) for i, member in enumerate(household.get("members") or ())]
    found = [("id_number", who, person["id_number"]) for who, person in people if person.get("id_number")]
    if household.get("account"):
        found.append(("card", "household", household["account"]["card"]))
    return found
