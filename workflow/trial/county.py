"""The trial county: its units, and its people in their offices."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from ...states.actor import PROXY, Actor
from ...states.errors import NotFound
from ..register.grants import OFFICES

if TYPE_CHECKING:
    from ..approvals import Approvals

TRIAL_COUNTY = "150783"


def read(name: str) -> Any:
    """Return one of the trial's JSON files."""
    return json.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


def set_up(approvals: Approvals, person: str, name: str, account: str) -> None:
    """Take the trial's units in and give one person every office of the county, marked as a trial."""
    root = Actor(person, "admin", (TRIAL_COUNTY,))
    approvals.register.import_units([(u["code"], u["name"]) for u in read("units.json")], actor=root)
    approvals.register.add_person(
        TRIAL_COUNTY,
        person,
        name,
        offices=[(office, TRIAL_COUNTY) for office in OFFICES if office != PROXY],
        actor=root,
        account=account,
    )


class Trial(NamedTuple):
    """A trial county: its code, and whether this call set it up."""

    county: str
    new: bool


def set_up_trial(approvals: Approvals, user: str) -> Trial:
    """Set the trial county up and give a user every office of it, unless somebody is registered in the database already.

    Args:
        user: the account, and the name, of who holds the offices.
    """
    register, root = approvals.register, Actor("p-0001", "admin", (TRIAL_COUNTY,))
    new = not (register.persons() or register.persons(actor=root) or _known(approvals, user))
    if new:
        set_up(approvals, root.person, user, user)
    return Trial(TRIAL_COUNTY, new)


def _known(approvals: Approvals, user: str) -> bool:
    """Tell whether somebody of that id or account is registered in any county."""
    try:
        return bool(approvals.register.actors(user))
    except NotFound:
        return False


class People:
    """Made-up officials of the trial county, one or more to an office, found by unit and turn."""

    def __init__(self, persons: dict[str, int]) -> None:
        self._counts = persons

    def of(self, office: str, unit: str, turn: int = 0) -> Actor:
        """Return the official of an office who serves a village, the `turn`-th of the office's people."""
        if office == "village":
            return Actor(f"p-v{unit[6:]}", office, (unit,))
        if office == "township":
            return Actor(f"p-t{unit[6:9]}-{turn % 2 + 1}", office, (unit[:9],))
        return Actor(f"p-{office.replace('_', '-')}-{turn % self._counts[office] + 1}", office, (unit[:6],))

    def second(self, unit: str, turn: int) -> Actor:
        """Return the second person of an unusual act that the county's `turn`-th takes on a household."""
        return self.of("county", unit, turn + 2)

    def everybody(self) -> list[Actor]:
        """Return every official once."""
        villages = [u["code"] for u in read("units.json") if len(u["code"]) == 12]
        found = {
            a.person: a
            for v in villages
            for a in (self.of("village", v), self.of("township", v), self.of("township", v, 1))
        }
        for office, count in self._counts.items():
            for turn in range(count):
                actor = self.of(office, villages[0], turn)
                found[actor.person] = actor
        return list(found.values())
