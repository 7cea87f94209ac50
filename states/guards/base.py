"""What a guard is asked, what it may answer, and how it is registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from ..calendar import Calendar
    from ..case import Actor, Case, Document
    from ..conditions import Traits
    from ..policy import Sourced
    from ..procedure import Act, Procedure

EMPTY: Mapping[str, Any] = {}


class Tally(NamedTuple):
    """How many cases were approved under the policy, and for how much (fen), among those that fit one table."""

    households: int = 0
    fen: int = 0


@dataclass(frozen=True, slots=True)
class Around:
    """What guards need beyond the case; `db` fetches it for just the acts whose guards declare it."""

    quotas: Mapping[str, Tally] = None  # type: ignore[assignment]
    lines: Mapping[str, Tally] = None  # type: ignore[assignment]
    in_village: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May this act be taken on this case, by this actor, as of this day, with this data and these papers?"""

    case: Case
    procedure: Procedure
    act: Act
    actor: Actor
    recorder: Actor
    on: date
    today: date
    data: Any
    documents: tuple[Document, ...]
    calendar: Calendar
    traits: Traits
    around: Around | None = None
    listed: bool = False


class Answer(NamedTuple):
    """A guard's answer where yes or no alone is not enough.

    `by` is the policy table that it rests on, where that is not the guard's own; `effect` overrides the table's.
    """

    ok: bool
    values: Mapping[str, Any] = EMPTY
    opens_on: date | None = None
    who: tuple[str, ...] = ()
    by: Sourced | None = None
    effect: str | None = None


class Guard(NamedTuple):
    """A registered guard: its name, its check, the kinds of act it is asked at, and how it is fed."""

    name: str
    check: Callable[[Question, Any], bool | Answer | None]
    at: tuple[str, ...]
    of_step: bool
    mended_by: str | None
    needs: tuple[str, ...]


REGISTRY: dict[str, Guard] = {}

Check = Any


def guard(
    *at: str, of_step: bool = False, mended_by: str | None = None, needs: tuple[str, ...] = ()
) -> Callable[[Check], Check]:
    """Register a check as a guard of these kinds of act.

    Args:
        at: kinds of act ("application", "posting" ...); "move" for every moving act, "record" for every fact.
        of_step: ask with the step's table, whether or not the policy has a table of the guard's name.
        mended_by: the fact whose offices can mend it; else those of the act itself.
        needs: the parts of `Around` that it reads.
    """

    def register(check: Check) -> Check:
        REGISTRY[check.__name__] = Guard(check.__name__, check, at, of_step, mended_by, needs)
        return check

    return register
