"""Tell what a proof found in the plan's own words: its steps by their titles, not by the ids of states and actions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..words.ids import label

if TYPE_CHECKING:
    from ..procedure.graph import Procedure
    from ..values import Problem

_ID = re.compile(r"((?<![A-Za-z_.])[a-z]+(?:_[a-z]+)*(?![A-Za-z_.]))")


def in_words(procedure: Procedure, problem: Problem) -> Problem:
    """Return a problem whose Chinese sentence names states and actions as the plan calls them."""
    names = {name: label(procedure.names.get(name, name)) for name in (*procedure.states, *procedure.acts)}
    names |= {level: label(f"level_{level}") for level in ("village", "township", "county")}
    parts = (f"“{names[part]}”" if part in names else part for part in _ID.split(problem.zh))
    return problem._replace(zh="".join(parts).replace(" -> ", " → "))
