"""Record an attempt that a rule or an area refused."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ... import workflow
from .. import ClockDiffers, GuardsNotMet, NotFound, WeigaiError
from ..words import has_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .. import Actor, Approvals


class Tried(NamedTuple):
    """Who tried: the user who was named, the system's user, the office chosen if one was, and the command."""

    user: str
    login: str
    acted: Actor | None
    command: str


def note_down(
    tried: Tried,
    refused: Iterable[tuple[str | None, Exception]],
    action: str | None,
    transacted: Callable[[Callable[[Approvals], None]], None],
) -> None:
    """Record refused attempts, (case, error) each, in a transaction of their own that `transacted` makes.

    Whatever goes wrong here changes nothing of the refusal: not its words, not its exit code. Only a clock that stands
    wrong does, since the refusal may come of it.

    Raises:
        ClockDiffers: the machine's clock stands wrong.
    """
    known = [(case, error) for case, error in refused if isinstance(error, (GuardsNotMet, NotFound))]
    if not known:
        return

    def work(approvals: Approvals) -> None:
        actor, county = (tried.acted, None) if tried.acted else _who(tried, approvals)
        for case, error in known:
            approvals.records.refused_attempt(
                actor=actor,
                county=county,
                action=_action(error, action),
                case_id=case or _named(error),
                rules=_rules(error),
                exit_code=error.exit_code,
                command=tried.command,
            )

    try:
        transacted(work)
    except ClockDiffers:
        raise
    except Exception:  # noqa: BLE001 - a store that is gone or full, a user whom nobody registered
        return


def _who(tried: Tried, approvals: Approvals) -> tuple[workflow.Actor, str | None]:
    """Return who tried, in the first office held; whoever holds none, or over no unit any more, without one, and the county.

    It is whom the user named where they may work as that person, else whose account the user of the system is.
    """
    known = []
    for name in (tried.user, tried.login):
        with suppress(GuardsNotMet, NotFound):
            held = approvals.register.actors(name, login=tried.login)
            if (first := next((actor for actor in held if actor.units), None)) is not None:
                return first, None
            known.append(name)
    if not known:
        raise NotFound(tried.user)
    county, person = approvals.register.known(known[-1])
    return workflow.Actor(person, "none", ()), county


def _action(error: WeigaiError, typed: str | None) -> str | None:
    """Return the action that a rule refused; one that was only typed counts where it is the name of one."""
    return error.action if isinstance(error, GuardsNotMet) else typed if has_label(typed) else None


def _named(error: WeigaiError) -> str | None:
    return error.what if isinstance(error, NotFound) else None


def _rules(error: WeigaiError) -> tuple[str, ...]:
    return tuple(f.rule or f.guard for f in error.unmet) if isinstance(error, GuardsNotMet) else ()
