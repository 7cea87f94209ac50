"""List the policy contents of an area: how many cases follow each, and whether its file is unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...db.cases.policies import versions
from ...states.procedure.graph import CLOSED
from ...states.values import Row
from ..policies.plans import usable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...states.actor import Actor
    from ..context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion(Row):
    """A content of a policy that the database keeps, and how many cases of the actor's area go by it.

    `kept_since` is UTC text. `file` compares it with the file of that id today: "same", "changed", "gone" (no file), or
    "broken" where the content that is kept cannot be used.
    """

    policy: str
    hash: str
    kept_since: str
    open: int
    ended: int
    file: str


def policies(context: Context, actor: Actor, names: Mapping[str, str]) -> Sequence[PolicyVersion]:
    """Return every content that is kept; `names` has the ids of those that are the actor's. See `Records.policies`."""
    every = versions(context.connection, actor.units, CLOSED)
    mine = {each: names.get(each.hash, each.id) for each in every if each.cases or each.hash in names}
    today = {name: context.library.today(name) for name in mine.values()}
    return [
        PolicyVersion(
            policy=name,
            hash=each.hash,
            kept_since=each.stored_at,
            open=each.cases - each.ended,
            ended=each.ended,
            file=_file(context, each.hash, today[name]),
        )
        for each, name in mine.items()
        if each.cases or usable(context, each.hash)
    ]


def _file(context: Context, kept: str, today: str | None) -> str:
    """Say whether the file of a policy is the content that is kept, by their hashes."""
    if usable(context, kept) is None:
        return "broken"
    return "gone" if today is None else "same" if today == kept else "changed"
