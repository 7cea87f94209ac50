"""Check that no entry of a policy bears the name of an act that no policy makes, and no intake that of another."""

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


def hidden(policy: Policy) -> Iterator[Problem]:
    """No intake bears the name of another: the second would hide the first, and what is proved of it would not hold."""
    names = [intake.id for intake in policy.intakes]
    for at, name in enumerate(names):
        if name in names[:at]:
            yield Problem(
                f"intakes.{at}.id",
                f"intakes：两种受理途径都叫 {name}；请给其中一种另取 id",
                f"intakes: two ways in are called {name}; give one of them another id",
            )
