"""Record and list refused attempts: the person, the time, the act and the rules, without any other data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.log.attempts import attempts
from ...db.log.entry import Entry
from ...db.log.streams import append
from ...states.errors import InputRefused
from ..actors import seen_by
from ..context import fresh_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...states.actor import Actor
    from ...states.values import Event
    from ..context import Context

_CASE = re.compile(r"[0-9]{6}-[0-9]{4}-[2-9A-Z]{7}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_RULE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_COMMAND = re.compile(r"[a-z-]{1,32}( [a-z-]{1,32}){0,2}", re.ASCII)


class Attempt(NamedTuple):
    """What was tried: the act and the case, if any; the rules that were not met; how the command ended."""

    action: str | None
    case: str | None
    rules: Sequence[str]
    exit_code: int
    command: str | None


def case_named(text: str | None) -> str | None:
    """Return a text that has the form of a case id; anything else may be somebody's number or name."""
    return text if text is not None and _CASE.fullmatch(text) else None


def write(context: Context, actor: Actor, tried: Attempt, county: str | None) -> Event:
    """Write one refused attempt to the stream of who tried. See `Records.refused_attempt`."""
    if not actor.units and county is None:
        raise InputRefused("办理人没有辖区。", "the person who tried has no units.")
    told: dict[str, Any] = {
        "action": _fitting(_NAME, tried.action),
        "case": case_named(tried.case),
        "command": _fitting(_COMMAND, tried.command),
        "rules": sorted({rule for rule in tried.rules if _RULE.fullmatch(rule)}),
        "exit": tried.exit_code,
    }
    entry = Entry(
        action="refused_attempt",
        to=None,
        actor=actor,
        recorded_by=actor.person,
        on=context.today(),
        recorded_at=context.recorded_at(),
        request_id=fresh_request(),
        changes={"attempt": {name: value for name, value in told.items() if value is not None}},
    )
    return append(context.writing, county or _county(actor, tried.case), f"refused/{actor.person}", entry)


def _county(actor: Actor, case_id: str | None) -> str:
    """Return the county of the case where it is one of the actor's, else the actor's first."""
    counties = [unit[:6] for unit in actor.units]
    named = (case_named(case_id) or "")[:6]
    return named if named in counties else counties[0]


def _fitting(form: re.Pattern[str], text: str | None) -> str | None:
    return text if text is not None and form.fullmatch(text) else None


def read(context: Context, actor: Actor, limit: int, person: str | None) -> Sequence[Mapping[str, Any]]:
    """Return refused attempts, the latest first. See `Records.attempts`."""
    counties = tuple(dict.fromkeys(unit[:6] for unit in actor.units))
    events = attempts(context.connection, seen_by(actor), counties, actor.person, person=person, limit=limit)
    return [
        {
            "person": event.acted_by,
            "office": event.office,
            "at": event.recorded_at,
            "county": event.county,
            **{name: event.changes["attempt"].get(name) for name in ("action", "command", "case", "rules", "exit")},
        }
        for event in events
    ]
