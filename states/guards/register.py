"""Guards on what is entered in the register: by which office, by how many persons, at which login. They are built in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..actor import ADMIN, PROXY, READERS
from .base import Answer, built_in
from .general import not_in_future

if TYPE_CHECKING:
    from ..policy.sourced import Sourced
    from .base import Matter

Offices = tuple[tuple[str, tuple[str, ...]], ...]  # each with its units


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatedPerson:
    """A registered person at a command line: the own account, and the user of the system (`login`) who works there.

    `held` are the person's offices, `reached` those that lie within the user's leave to work as others (`leave`).
    """

    person: str
    account: str | None
    login: str
    leave: tuple[str, ...] = ()
    held: Offices = ()
    reached: Offices = ()

    @property
    def at_own_login(self) -> bool:
        """Tell whether the user of the system is this person."""
        return self.account == self.login

    @property
    def values(self) -> dict[str, str]:
        """Return what the words of a finding name."""
        return {"person": self.person, "login": self.login, "office": PROXY}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAround:
    """What the guards of the register need beyond the subject; `db` fetched it.

    `founded` tells whether two administrators founded the county, `held` the offices that the actor holds there today.
    `others` are the persons who may not confirm: who proposed it, and whom it is for. `left` are the administrators of
    the county once an office is revoked, None where that changes nothing. `seat` is None where nobody sits at a command
    line, or the person is of a trial county.
    """

    founded: bool = False
    held: Offices = ()
    others: tuple[str, ...] = ()
    left: tuple[str, ...] | None = None
    seat: SeatedPerson | None = None


@built_in("entry", "renaming", "confirmation", "revocation")
def office_may_act(q: Matter, p: Sourced) -> Answer:
    """A founded county's register is changed by its registered administrators alone.

    A trial county's is changed by any administrator, and by somebody whom it does not know yet.
    """
    around: RegisterAround = q.around
    registered = any(office == ADMIN for office, _ in around.held)
    anybody = not around.founded and not around.held
    office = q.actor.office
    may = office not in READERS if anybody else registered and office == ADMIN
    return Answer(may, {"office": office, "offices": (ADMIN,)})


built_in("renaming")(not_in_future)


@built_in("confirmation")
def confirmed_by_another(q: Matter, p: Sourced) -> Answer | None:
    """Somebody else confirms: neither who proposed it nor whom it is for."""
    others = {str(other).casefold() for other in q.around.others}
    return Answer(q.actor.person.casefold() not in others, {"person": q.actor.person}) if others else None


@built_in("revocation")
def two_admins_left(q: Matter, p: Sourced) -> Answer | None:
    """Two administrators of a founded county are left, without whom nothing could be granted any more."""
    left: tuple[str, ...] | None = q.around.left
    return None if left is None else Answer(len(left) >= 2, {"left": left})


@built_in("own entry")
def own_account(q: Matter, p: Sourced) -> Answer | None:
    """A person enters what is their own at their own login: a leave to work as others reaches no entry of theirs.

    Else whoever holds a leave for one village would take the account of its clerk, and with it every office of theirs.
    """
    seat: SeatedPerson | None = q.around.seat
    return None if seat is None else Answer(seat.at_own_login, seat.values)


@built_in("login")
def own_login(q: Matter, p: Sourced) -> Answer | None:
    """The user of the system is the person, or has a leave that reaches an office of theirs."""
    seat: SeatedPerson | None = q.around.seat
    if seat is None:
        return None
    return Answer(seat.at_own_login or bool(seat.reached) or bool(seat.leave and not seat.held), seat.values)
