"""Write lists: a new list, its sending and its receipt. The guards are asked first, and a repeated request is recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...db.cases.list_entries import NewList, NewMark, mark_list, new_list, require_next
from ...db.cases.lists import NEXT, get_list, policies_of
from ...db.log.streams import locked, request_done
from ...states.actor import NEVER_ACT
from ...states.decide import decide, joined
from ...states.errors import InputRefused, NoSuchAct, RequestReused
from ...states.floor import act
from ...states.guards.lists import Sender
from ..policies.plans import usable
from ..register.grants import OFFICES
from ..request import Place, Request, insist
from .permission import require_area

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...db.cases.lists import CaseList
    from ...states.procedure.graph import Procedure
    from ...states.values import Decision, Event
    from ..context import Context

_CHANGING = tuple(office for office in OFFICES if office not in NEVER_ACT)


def made(context: Context, kind: str, unit: str, cases: Sequence[str], request: Request) -> str:
    """Make a list, unless the same request made it before, and return its id. See `Lists.new`."""
    require_area(unit, request.actor, request.recorder)
    named = [context.cases().by_prefix(case, request.recorder.units) for case in cases]
    ids = sorted(case.id for case in named)
    if not ids or len(set(ids)) < len(ids):
        raise InputRefused("名单为空，或同一户出现两次。", "the list is empty, or names a case twice.")
    if (event := _event(context, unit, request)) is not None:
        return _made_before(context, event, kind, ids, request)
    day = request.on or context.today()
    hashes = {case.policy_hash for case in named}
    insist(request.action, _decided(context, unit, unit, request._replace(on=day), hashes))
    wanted = NewList(
        kind=kind,
        unit=unit,
        cases=ids,
        actor=request.actor,
        recorded_by=request.recorder.person,
        on=day,
        data=request.data,
        documents=context.stored(unit, request.documents),
    )
    return new_list(
        context.writing, wanted, recorded_at=context.recorded_at(), request_id=request.id, keys=context.keys
    ).id


def _event(context: Context, unit: str, request: Request) -> Event | None:
    """Return the event that the request wrote before to the stream of a unit."""
    if request.request_id is None:
        return None
    return request_done(context.writing, unit[:6], f"unit/{unit}", request.request_id)


def _made_before(context: Context, event: Event, kind: str, ids: Sequence[str], request: Request) -> str:
    """Return the id of the list that the request made before.

    Raises:
        RequestReused: the request id was used for something else.
    """
    if event.action != request.action:
        raise RequestReused(event.request_id)
    ((path, entry),) = event.changes.items()
    listed = get_list(context.connection, path.removeprefix("lists/"), (event.county,), context.keys)
    content = (entry["kind"], entry["cases"], listed.data) == (kind, ids, request.data) and [
        (d.kind, d.media_type, context.fingerprint(d)) for d in request.documents
    ] == [(d.kind, d.media_type, d.sha256) for d in listed.documents]
    request.same_as(event, content=content)
    return listed.id


def mark(context: Context, list_id: str, request: Request) -> None:
    """Record that a list was sent or received, unless the same request did. See `Lists.send`."""
    unit = list_id.partition("-")[0]
    locked(context.writing, list_id[:6], f"unit/{unit}")  # whoever else marks it waits
    listed = _in_area(context, list_id, request)
    if (event := _event(context, unit, request)) is not None:
        request.same_as(event, content=f"lists/{list_id}/{NEXT[request.action][1]}" in event.changes)
        return
    day = request.on or context.today()
    insist(request.action, _marking(context, listed, request._replace(on=day)))
    wanted = NewMark(
        list_id=list_id,
        action=request.action,
        actor=request.actor,
        recorded_by=request.recorder.person,
        on=day,
    )
    mark_list(context.writing, wanted, recorded_at=context.recorded_at(), request_id=request.id, keys=context.keys)


def checked(context: Context, list_id: str, request: Request) -> Decision:
    """Answer whether a list could be sent or received; nothing is written. See `Lists.check`."""
    if request.action not in NEXT:
        raise NoSuchAct(request.action, list_id, tuple(NEXT))
    listed = _in_area(context, list_id, request)
    require_next(listed, request.action, request.on or context.today())
    return _marking(context, listed, request)


def _in_area(context: Context, list_id: str, request: Request) -> CaseList:
    listed = get_list(context.connection, list_id, request.recorder.units, context.keys)
    require_area(listed.unit, request.actor, request.recorder)
    return listed


def _marking(context: Context, listed: CaseList, request: Request) -> Decision:
    """Return what is decided of sending or receiving a list."""
    sent = listed.marks.get("sent") if request.action == "receive_list" else None
    sender = None if sent is None else Sender(str(sent.by), sent.office)  # an earlier program took a number too
    hashes = policies_of(context.connection, listed.id, request.actor.units)
    return _decided(context, listed.unit, listed.id, request, hashes, sender)


def _decided(
    context: Context, unit: str, subject: str, request: Request, hashes: Iterable[str], sender: Sender | None = None
) -> Decision:
    """Ask of an act on a list once for each plan of its cases; a case whose plan cannot be used is refused by itself."""
    today = context.today()
    plans: list[Procedure | None] = [plan for one in sorted(hashes) if (plan := usable(context, one))]
    marked, place = act(request.action, "list", _CHANGING), Place(subject, unit)
    matters = (request.on_matter(marked, place, today, plan, around=sender) for plan in plans or [None])
    return joined([decide(matter) for matter in matters])
