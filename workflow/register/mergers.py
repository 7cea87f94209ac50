"""Merge units; in a founded county a second administrator confirms it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from ...db.log.streams import request_done
from ...db.register.grants import holders
from ...db.register.units import merge_unit, propose_merge, proposed_merges
from ...states.errors import InputRefused, NotFound, RequestReused
from .authority import registrar, second

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...db.register.entry import Entering
    from ...states.actor import Actor
    from ..context import Context


def merged(context: Context, entering: Entering, code: str, into: str, title: str | None) -> Mapping[str, Any]:
    """Let a unit go over into another, or propose it. See `Register.merge_unit`."""
    real = registrar(context, entering.actor, "merge_unit", code[:6], (code, into))
    no = None
    if real:
        no = propose_merge(entering, code, into, title)
    else:
        merge_unit(entering, code, into, title)
    return _told(entering, code, into, no)


def confirmed(context: Context, entering: Entering, county: str, no: int | None) -> Mapping[str, Any]:
    """Confirm what another administrator proposed for a unit. See `Register.confirm_unit`."""
    actor = entering.actor
    registrar(context, actor, "confirm_merge", county)
    entering.next_no(county, "county")
    waiting = {one["no"]: one for one in proposed_merges(entering.connection, county) if _covers(actor, one)}
    if done := request_done(entering.connection, county, "county", entering.request_id):
        return _before(entering, no, done.changes if done.action == "merge_unit" else {})
    if no is None and len(waiting) > 1:
        listed = ", ".join(map(str, sorted(waiting)))
        raise InputRefused(
            f"有多项待确认（{listed}）；请写明编号。",
            f"several mergers wait for confirmation ({listed}); write the number of one.",
        )
    one = waiting.get(no or next(iter(waiting), 0))
    if one is None:
        raise NotFound(f"{county} {no or ''}".strip())
    registrar(context, actor, "confirm_merge", county, (one["code"], one["into"]))
    second(actor, "confirm_merge", one["proposed_by"])
    effective = replace(entering, on=date.fromisoformat(one["since"]))
    merge_unit(effective, one["code"], one["into"], one["title"], one["no"])
    return _told(effective, one["code"], one["into"], None)


def waiting(context: Context, within: Actor) -> Sequence[Mapping[str, Any]]:
    """Return what is proposed for the units of an actor's area and waits for a second person."""
    counties = sorted({unit[:6] for unit in within.units})
    found = [(county, one) for county in counties for one in proposed_merges(context.connection, county)]
    return [
        {"county": county, **{k: v for k, v in one.items() if k != "confirmed_by"}}
        for county, one in found
        if _covers(within, one)
    ]


def _covers(actor: Actor, one: Mapping[str, Any]) -> bool:
    return actor.covers(one["code"]) and actor.covers(one["into"])


def _before(entering: Entering, no: int | None, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the same request confirmed before."""
    by = next((path for path in changes if path.startswith("proposals/")), None)
    if by is None or no not in (None, int(by.split("/")[1])) or changes[by] != entering.actor.person:
        raise RequestReused(entering.request_id)
    path, since = next((p, v) for p, v in changes.items() if "/into/" in p)
    _, code, _, into = path.split("/")
    return _told(replace(entering, on=date.fromisoformat(since)), code, into, None)


def _told(entering: Entering, code: str, into: str, no: int | None) -> Mapping[str, Any]:
    day = entering.on.isoformat()
    held = holders(entering.connection, code, day)
    return {"code": code, "into": into, "since": day, "no": no, "pending": no is not None, "holders": held}
