"""The floor: acts that no policy governs, with guards that no policy, exemption, correction, intake or move can lift.

The guards are built in (`guards.base.built_in`): they are in `guards/register.py` and `guards/lists.py`. They cite
weigai itself, and nobody is exempted from them.
"""

from __future__ import annotations

from functools import cache

from .guards import load
from .guards.base import BUILT_IN
from .policy.sourced import Sourced
from .procedure.acts import Act, Bound

WEIGAI = Sourced(source="weigai")  # no plan says it: the program's own rule, see docs/decisions.md


@cache
def act(name: str, kind: str, offices: tuple[str, ...] = ()) -> Act:
    """Return an act that no policy governs, with the built-in guards of its kind; the guards themselves ask its office."""
    load()
    guards = tuple(Bound(guard, WEIGAI, offices) for guard in BUILT_IN if kind in guard.at)
    needs = frozenset(need for bound in guards for need in bound.guard.needs)
    return Act(
        name,
        kind,
        "noted",
        WEIGAI,
        None,
        offices,
        False,
        False,
        None,
        guards,
        (),
        needs,
        ordered=False,
        office_guard=None,
    )
