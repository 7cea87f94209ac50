"""An entry of a county's register: when it was recorded, by which system user, for which units."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..calendar import shanghai_date
from ..case import FORGED

if TYPE_CHECKING:
    from collections.abc import Mapping

LEEWAY = timedelta(minutes=15)  # what transactions that take their time, and clocks that are set, may differ by
FIRST, SECOND = "p-0001", "p-0002"  # the ids of those who found a county
FOUNDERS = {FIRST: SECOND, SECOND: FIRST}  # each with who vouches for them

Body = dict[str, Any]  # what an event's text says


def founding(county: str, person: str, key: str, told: Mapping[str, Any]) -> bool:
    """Tell whether a grant is one of the two by which a county is founded."""
    by = (told["proposed_by"], told["confirmed_by"])
    return key == f"admin@{county}" and by == (person, FOUNDERS.get(person, ""))


def founds(body: Body) -> bool:
    """Tell whether an event is one of the two by which a county is founded: the first of a founder."""
    person, changes, admin = body["stream"].removeprefix("person/"), body["changes"], f"admin@{body['county']}"
    if body["seq"] != 1 or person not in FOUNDERS or body["acted_by"] != person or body["action"] != "add_person":
        return False
    with suppress(*FORGED):
        real = changes[f"persons/{person}"]["trial"] is False
        return real and founding(body["county"], person, admin, changes[f"grants/1/{admin}"])
    return False


def moment(body: Body) -> datetime | None:
    """Return when an event was recorded, None where a host's own clock wrote it."""
    return moment_of(body["recorded_at"], _entered(body))


def moment_of(recorded_at: str, entered: Mapping[str, Any] | None) -> datetime | None:
    """Return when an entry at a command line was recorded: not before the newest event that it tells of."""
    if entered is None:
        return None
    try:
        return max(datetime.fromisoformat(at) for at in (recorded_at, entered.get("newest")) if at is not None)
    except ValueError:
        return None


def days_of(recorded_at: str) -> tuple[str, ...]:
    """Return the days on which what was recorded at a moment may have been asked for."""
    try:
        at = datetime.fromisoformat(recorded_at)
    except ValueError:
        return ()
    return tuple({shanghai_date(moment).isoformat(): None for moment in (at - LEEWAY, at, at + LEEWAY)})


def _entered(body: Body) -> Mapping[str, Any] | None:
    how = body["changes"].get(f"entered/{body['seq']}")
    return how if isinstance(how, dict) else None


def login_of(body: Body) -> str | None:
    """Return the user of the system who entered an event, None where that is not said."""
    how = _entered(body)
    return how.get("user") if how else None


def units_of(body: Body) -> set[str]:
    """Return the units for which an entry in the register is."""
    found: set[str] = set()
    for path in body["changes"]:
        first, _, of = path.partition("/")
        parts = of.split("/")
        found |= {parts[1].partition("@")[2]} if first == "grants" else set()
        found |= {parts[0], *parts[2:3]} if first == "units" else set()
    return found
