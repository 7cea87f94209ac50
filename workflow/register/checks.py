"""Answer whether an entry in the register could be made; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...states.errors import InputRefused, NoSuchAct
from . import confirmation, mergers
from .authority import county_of, entry_of

if TYPE_CHECKING:
    from datetime import date

    from ...states.actor import Actor
    from ...states.values import Decision
    from ..context import Context

_PLAIN = ("add_person", "import_persons", "propose_grant", "change_account", "declare", "import_units", "merge_unit")
_CONFIRMING = ("confirm_grant", "confirm_account", "confirm_merge")
ENTRIES = (*_PLAIN, *_CONFIRMING, "rename_unit", "revoke_grant")


class Asked(NamedTuple):
    """What a question about an entry names: the county, the person, the number of a proposal, the office and the unit."""

    county: str | None = None
    person: str | None = None
    no: int | None = None
    office: str | None = None
    unit: str | None = None
    on: date | None = None


def checked(context: Context, action: str, actor: Actor, asked: Asked) -> Decision:
    """Answer whether an actor could make an entry. See `Register.check`."""
    if action not in ENTRIES:
        raise NoSuchAct(action, "weigai", ENTRIES)
    if action == "revoke_grant":
        person, office, unit = (_given(asked, name) for name in ("person", "office", "unit"))
        return confirmation.check_revocation(context, actor, person, office, unit, asked.on)
    county = asked.county or (asked.unit[:6] if asked.unit else county_of(actor, None))
    if action == "confirm_merge":
        return mergers.check_confirmation(context, actor, county, asked.no)
    if action in _CONFIRMING:
        return confirmation.check_confirmation(context, actor, county, _given(asked, "person"), asked.no)
    entry = entry_of(context, actor, county, f"person/{asked.person}" if asked.person else "county")
    decision = entry.decide(action, "renaming" if action == "rename_unit" else "entry", on=asked.on)
    if asked.unit and decision.allowed:
        entry.reach((asked.unit,))
    return decision


def _given(asked: Asked, name: str) -> str:
    """Return a value that the question must name.

    Raises:
        InputRefused: it does not.
    """
    value: str | None = getattr(asked, name)
    if value is None:
        raise InputRefused(f"请给出 {name}。", f"give {name}.")
    return value
