"""A guard as a policy's acts use it: its name, its check, and the kinds of act that ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# the parts of what lies beyond a case (`guards.base.Around`) that are counted over other cases
COUNTED = frozenset({"quotas", "lines", "subsidies", "areas", "in_village"})


class Guard(NamedTuple):
    """A registered guard: its name, its check, the kinds of act it is asked at, and how it is fed."""

    name: str
    check: Callable[[Any, Any], Any]  # a question and a policy table; see `guards.base`
    at: tuple[str, ...]
    of_step: bool
    mended_by: str | None
    needs: tuple[str, ...]
    of_moment: bool
    where: str | None
    paired: bool = False
    warns: bool = False
