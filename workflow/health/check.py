"""The input and the result of one check of `Store.doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ...states.errors import NotFound
from ..words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from ...states.actor import Actor
    from ...states.errors import WeigaiError
    from ..approvals import Approvals
    from ..database import Database

NOTHING = Text("", "")
DOES_NOT_APPLY = Text("不适用", "does not apply")


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, whether it passed, what was found, and how to mend it."""

    name: Text
    ok: bool
    found: Text
    mend: Text


class Finding(NamedTuple):
    """What one look found: whether it is well, in words, and what would mend it."""

    ok: bool
    found: Text
    mend: Text = NOTHING


class Setup(NamedTuple):
    """What is looked at: a store, how `Approvals` are made over it, and who works in it. See `Store.doctor`."""

    store: Database
    approvals: Callable[[Session], Approvals]
    user: str | None
    login: str | None
    witness: Path | None

    def held(self, approvals: Approvals) -> Sequence[Actor]:
        """Return the user once for each office held today.

        Raises:
            NotFound: the user is not registered, or holds no office today.
        """
        found = approvals.register.actors(self.user or "", login=self.login)
        if not found:
            raise NotFound(self.user or "")
        return found


def same(text: str) -> Text:
    """Return a text that is the same in both languages: a name, a number, a statement."""
    return Text(text, text)


def applies_not() -> Finding:
    """Return the finding of a look that this kind of database has nothing for."""
    return Finding(True, DOES_NOT_APPLY)


def in_both(error: WeigaiError) -> Text:
    """Return the sentence of an error in both languages."""
    return Text(error.message("zh"), error.message("en"))
