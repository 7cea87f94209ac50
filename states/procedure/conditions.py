"""Tell whether a policy's table applies to a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..policy.sourced import When


class Traits(NamedTuple):
    """What a case is, as far as it is known, for `when` tables to look at."""

    classes: frozenset[str]
    no_house: bool
    grades: str | None
    modes: str | None
    builders: str | None
    new_build: bool | None
    relaxed_area: bool
    demolished_first: bool
    intakes: str = "application"
    units: frozenset[str] = frozenset()  # the county, township and village


def units_of(unit: str) -> frozenset[str]:
    """Return a village code with those of its township and county."""
    return frozenset((unit[:6], unit[:9], unit))


Fit = tuple[tuple[int, Any], ...]


def compiled(when: When) -> Fit:
    """Turn a `when` table into (position in Traits, wanted) pairs."""
    fit: list[tuple[int, Any]] = []
    for position, name in enumerate(Traits._fields):
        wanted = getattr(when, name)
        if wanted is not None:
            fit.append((position, frozenset(wanted) if isinstance(wanted, tuple) else wanted))
    return tuple(fit)


def fits(fit: Fit, traits: Traits) -> bool:
    """Tell whether every condition of a compiled `when` holds; an unknown trait fits no condition on it."""
    for position, wanted in fit:
        have = traits[position]
        if isinstance(wanted, frozenset):
            if not (wanted & have if isinstance(have, frozenset) else have in wanted):
                return False
        elif have is not wanted:
            return False
    return True
