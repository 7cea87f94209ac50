"""Find acts whose actor held no such office by the events of the register."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...db.reports import suspicions as found
from ...db.statements import whole
from ...states.case import FORGED
from ...states.replay.entries import days_of, moment_of
from ...states.replay.register import Register
from ...states.replay.suspicions import Suspicion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ...states.case import Case
    from ...states.replay.decisions import Agreed
    from ...states.replay.entries import Body
    from ...states.values import Event
    from ..context import Context


def without_office(context: Context, within: Iterable[str]) -> Iterator[Suspicion]:
    """Tell of acts that the register, as its events say it, does not bear out; of counties that lie in the area as a whole."""
    for county, register, bodies in _registers(context, within):
        yield from _of_county(context, county, register, bodies)


def seconds(context: Context, within: Iterable[str]) -> dict[str, Callable[[Case], Agreed]]:
    """Return by founded county what tells of each case which offices whoever agreed to an event held."""
    return {county: _agreed(register) for county, register, _ in _registers(context, within)}


def _agreed(register: Register) -> Callable[[Case], Agreed]:
    def of_case(case: Case) -> Agreed:
        def agreed(event: Event, who: str | None) -> dict[str, Any]:
            if who is None or register.before(event.recorded_at):
                return {}
            at = moment_of(event.recorded_at, event.entered)
            days = {"second": (event.occurred_on,), "second_now": days_of(event.recorded_at)}
            return {name: register.offices(who, case.unit, some, at) for name, some in days.items()}

        return agreed

    return of_case


def _registers(context: Context, within: Iterable[str]) -> Iterator[tuple[str, Register, list[Body]]]:
    for county in sorted(whole(tuple(within))):
        bodies = list(found.of_register(context.connection, county))
        register = Register(bodies)
        if register.real:
            yield county, register, bodies


def _of_county(context: Context, county: str, register: Register, bodies: Iterable[Body]) -> Iterator[Suspicion]:
    for body in bodies:
        yield from _told(body, register.unlicensed(body))
    for body, unit in found.entered(context.connection, county):
        yield from _told(body, register.unheld(body, unit))


def _told(body: Body, how: Iterator[str]) -> Iterator[Suspicion]:
    told: list[str] = []
    with suppress(*FORGED):  # the verification tells of it
        told += how
    if told:
        stream = str(body["stream"])
        values = {"stream": f"{body['county']}:{stream}", "seq": body["seq"], "action": body["action"]}
        kind, _, own = stream.partition("/")
        cases = (own,) if kind in ("case", "unmasked") else ()
        yield Suspicion("no_office", None, cases, {**values, "by": body["acted_by"], "how": told})
