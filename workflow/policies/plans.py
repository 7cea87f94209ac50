"""Read the plans of the cases of an area, and find the cases whose plan cannot be used.

A content that is kept for somebody else's cases is never read here: whoever may add rows for one village may add a text
that is no plan, and that village's cases may name it. Reports tell of such cases and go on; no act is taken on them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ...db.cases.policies import content, in_use, kept, pinned
from ...states.errors import IntegrityBroken, NotFound, PolicyRefused
from ..library import compiled

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ...states.procedure.graph import Procedure
    from ..context import Context

UNUSABLE = (IntegrityBroken, NotFound, PolicyRefused)  # damaged, not kept, or no plan


def usable(context: Context, policy_hash: str) -> Procedure | None:
    """Return the procedure of a content, None where it is damaged, not kept, or no plan."""
    with suppress(*UNUSABLE):
        return context.procedure(policy_hash)
    return None


def plans_of(context: Context, within: Sequence[str]) -> dict[str, Procedure | None]:
    """Return what the cases of these units go by, by hash; None for a content that cannot be used."""
    return {policy_hash: usable(context, policy_hash) for policy_hash in in_use(context.connection, within)}


def unusable(context: Context, within: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Return the cases of these units whose plan cannot be used, by the hash of its content."""
    hashes = [policy_hash for policy_hash, plan in plans_of(context, within).items() if plan is None]
    return pinned(context.connection, within, hashes)


def of_counties(context: Context, counties: Collection[str]) -> dict[str, tuple[Procedure, str]]:
    """Return the newest plan of each id that is kept for these counties, with its text; what cannot be used is left out."""
    found: dict[str, tuple[Procedure, str]] = {}
    for one in kept(context.connection):
        if one.county in counties:
            with suppress(*UNUSABLE):
                text = content(context.connection, one.hash)
                found[one.id] = compiled(text, one.hash), text
    return found


def require_whole(context: Context, within: Sequence[str]) -> None:
    """Refuse what rests on the plans of an area while the content of one of them is damaged.

    Raises:
        IntegrityBroken: it is not the content of its hash.
    """
    for policy_hash in in_use(context.connection, within):
        content(context.connection, policy_hash)
