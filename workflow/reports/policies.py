"""List the policy contents of an area: how many cases follow each, and whether its file is unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...db.cases.policies import versions
from ...states.procedure.graph import CLOSED
from ..policies.plans import usable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...states.actor import Actor
    from ..context import Context


def policies(context: Context, actor: Actor, names: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    """Return every content that is kept; `names` has the ids of those that are the actor's. See `Records.policies`."""
    every = versions(context.connection, actor.units, CLOSED)
    rows = [{**row, "id": names.get(row["hash"], row["id"])} for row in every if row["cases"] or row["hash"] in names]
    library = context.library
    hashes = {row["id"]: library.today(row["id"]) for row in rows}
    return [
        {
            "policy": row["id"],
            "hash": row["hash"],
            "kept_since": row["stored_at"],
            "open": row["cases"] - int(row["ended"]),
            "ended": int(row["ended"]),
            "file": _file(context, row["hash"], hashes[row["id"]]),
        }
        for row in rows
        if row["cases"] or usable(context, row["hash"])
    ]


def _file(context: Context, kept: str, today: str | None) -> str:
    """Say whether the file of a policy is the content that is kept, by their hashes."""
    if usable(context, kept) is None:
        return "broken"
    return "gone" if today is None else "same" if today == kept else "changed"
