"""What the command line writes down when a rule or an area refuses a change."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ...states.errors import GuardsNotMet, NotFound, WeigaiError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .. import Actor, Approvals
    from .desk import Desk


def note_down(desk: Desk, refused: Iterable[tuple[str | None, Exception]], action: str | None) -> None:
    """Record refused attempts, (case, error) each, in a transaction of their own.

    Whatever goes wrong here changes nothing of the refusal: not its words, not its exit code.
    """
    known = [(case, error) for case, error in refused if isinstance(error, (GuardsNotMet, NotFound))]
    if not known:
        return

    def work(approvals: Approvals) -> None:
        actor, county = (desk.acted, None) if desk.acted else _who(desk, approvals)
        for case, error in known:
            approvals.records.refused_attempt(
                actor=actor, county=county, action=_action(error, action), case_id=case or _named(error), rules=_rules(error),
                exit_code=error.exit_code, command=desk.command,
            )  # fmt: skip

    with suppress(Exception):  # a store that is gone or full, a user whom nobody registered
        desk.transacted(work)


def _who(desk: Desk, approvals: Approvals) -> tuple[Actor, str | None]:
    """Return the user in the first office held; whoever holds none, or over no unit any more, without one, and the county."""
    from .. import Actor

    who = desk.user
    try:
        found = desk.held(approvals, none=True)
    except GuardsNotMet:  # who tried is whoever sits here, and not whom they named
        who = desk.login
        found = list(approvals.register.actors(who, login=who))
    held = next((actor for actor in found if actor.units), None)
    if held is not None:
        return held, None
    county, person = approvals.register.known(who)
    return Actor(person, "none", ()), county


def _action(error: WeigaiError, typed: str | None) -> str | None:
    """Return the action that a rule refused; one that was only typed counts where it is the name of one."""
    from ...states.labels import LABELS

    return error.action if isinstance(error, GuardsNotMet) else typed if typed in LABELS else None


def _named(error: WeigaiError) -> str | None:
    return error.what if isinstance(error, NotFound) else None


def _rules(error: WeigaiError) -> tuple[str, ...]:
    return tuple(f.rule or f.guard for f in error.unmet) if isinstance(error, GuardsNotMet) else ()
