"""Find how large a house may be, by mode and size of the household (R30, R74). Areas in m2."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    from ..policy.house_tables import Area


class Limit(NamedTuple):
    """The floor, the cap, and the cap with papers; None where the plan says none."""

    floor: Decimal | None
    cap: Decimal | None
    relaxed_cap: Decimal | None


def limit_of(area: Area, persons: int) -> Limit:
    """Return the limits for a household of `persons`: of a fixed value and a band's the narrower."""
    band = next((b for b in area.bands if b.persons_to is None or persons <= b.persons_to), None)
    if band is None:
        return Limit(area.floor, area.cap, area.relaxed_cap)
    floors = [area.floor, band.floor, band.floor_per_head and band.floor_per_head * persons]
    caps = [area.cap, band.cap, band.cap_per_head and band.cap_per_head * persons]
    known_floors, known_caps = [f for f in floors if f is not None], [c for c in caps if c is not None]
    return Limit(max(known_floors, default=None), min(known_caps, default=None), area.relaxed_cap)
