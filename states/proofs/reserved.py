"""Check that no entry of a policy bears the name of an act that no policy makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..procedure.beside import BESIDE
from ..values import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..policy.tables import Policy

_NAMES = (("steps", "name"), ("ways", "action"), ("facts", "id"), ("duties", "action"), ("instalments", "id"))


def reserved(policy: Policy) -> Iterator[Problem]:
    """The acts beside the road are the program's own: a file cannot make them anew under their names."""
    for table, name in _NAMES:
        for at, entry in enumerate(getattr(policy, table)):
            given = getattr(entry, name)
            if given in BESIDE:
                yield Problem(
                    f"{table}.{at}.{name}",
                    f"{table}：{given} 是系统自有的动作名，请另取名",
                    f"{table}: {given} is the name of an act of weigai itself; take another name",
                )
