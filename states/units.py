"""The area of an office: the units that it covers on a day, after mergers and new codes.

Codes nest by prefix, 6-9-12 digits, and never change their meaning: a case keeps the code that it was opened under for
ever. So an area is told in codes again. A township that lost a village to another is told as the registered villages
that are left and, for what is filed under the township itself, as its code filled up with zeros to twelve digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date


UNIT_LENGTHS = {6: "county", 9: "township", 12: "village"}


def inside(unit: str, within: Sequence[str]) -> bool:
    """Tell whether a unit lies in one of these units: codes of 6, 9 or 12 digits nest, no other length counts.

    Filled up with zeros to twelve digits, the code of a county or township stands for that unit alone.
    """
    full = unit.ljust(12, "0")
    return len(unit) in UNIT_LENGTHS and any(
        len(code) in UNIT_LENGTHS and code.isascii() and code.isdigit() and full.startswith(code) for code in within
    )


class Succession(NamedTuple):
    """A unit that went over into another from a day on."""

    code: str
    successor: str
    since: str


def area(held: Sequence[str], units: Iterable[str], successions: Iterable[Succession], on: date) -> tuple[str, ...]:
    """Return the codes that make up the area of these units on a day.

    A unit reaches as far as its code, and to every unit that went over into it or into something inside it. What went
    over to something outside it is not its own any more; then only registered units that remain are, and nothing that
    nobody registered. A unit that went over itself has no area: offices are granted anew for its successor.

    Args:
        held: codes of the units that the office is held for.
        units: codes of the registered units, those that went over too.
        successions: who went over into whom.
        on: the day as of which it is asked.
    """
    into: dict[str, set[str]] = {}
    for code, successor, since in successions:
        if since <= on.isoformat():
            into.setdefault(code, set()).add(successor)
    if not into:
        return tuple(held)
    known = {*units, *into, *(code for codes in into.values() for code in codes)}
    found: dict[str, None] = {}
    for unit in dict.fromkeys(held):
        for root in sorted({code[:6] for code in (*known, unit)}):
            found |= dict.fromkeys(_of(root, unit, known | {unit}, into))
    return tuple(found)


def lies_in(code: str, unit: str, into: Mapping[str, Iterable[str]], seen: frozenset[str] = frozenset()) -> bool:
    """Tell whether what is filed under a code lies in a unit: its successors do, else it is the unit or its parent does.

    Of a unit that was divided every part must lie there; units that went over in a circle lie nowhere.
    """
    if code in seen:
        return False
    seen |= {code}
    if gone := into.get(code):
        return all(lies_in(successor, unit, into, seen) for successor in gone)
    above = code[: len(code) - 3]
    return code == unit or (len(above) in UNIT_LENGTHS and lies_in(above, unit, into, seen))


def _of(code: str, unit: str, known: set[str], into: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the codes from this one downwards that lie in a unit, each whole where all that is known below it does."""
    below = sorted(k for k in known if k.startswith(code) and k != code)
    mine = lies_in(code, unit, into)
    if mine and all(lies_in(k, unit, into) for k in below):
        return [code]
    parts = [code.ljust(12, "0")] if mine and len(code) < 12 else []
    children = sorted({k[: len(code) + 3] for k in below})
    return parts + [part for child in children for part in _of(child, unit, known, into)]
