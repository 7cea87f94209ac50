"""What a guard is given, what it may answer, and how it is registered."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ..procedure.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from ..actor import Actor, Document
    from ..calendar import Calendar
    from ..case import Case
    from ..policy.sourced import Sourced
    from ..procedure.conditions import Traits
    from ..procedure.graph import Act, Procedure
    from ..values import Finding

EMPTY: Mapping[str, Any] = {}


class Tally(NamedTuple):
    """How many cases were approved under the policy, and for how much (fen), among those that fit one table."""

    households: int = 0
    fen: int = 0


class Areas(NamedTuple):
    """How many households have an approved area under the policy, and what it adds up to, in m2."""

    households: int = 0
    m2: Decimal = Decimal(0)


class Before(NamedTuple):
    """What a step back needs: the record before the last step, what that step changed, and who wrote since."""

    record: Mapping[str, Any]
    undone: Mapping[str, Any]
    office: str
    since: tuple[str, ...]  # the offices of every later event


class Corrected(NamedTuple):
    """What a correction comes to: changed paths, open values before and after, and the guards that answer anew."""

    changes: Mapping[str, Any]
    unknown: tuple[str, ...]
    doubts: Mapping[str, Mapping[str, Any]]
    healed: tuple[str, ...]
    findings: tuple[Finding, ...]
    actions: tuple[str, ...] = ()  # the steps whose data is corrected
    traits: Traits | None = None  # of the case as corrected


@dataclass(frozen=True, slots=True)
class Around:
    """What guards need beyond the case; `db` fetches it for just the acts whose guards declare it."""

    quotas: Mapping[str, Tally] = None  # type: ignore[assignment]
    lines: Mapping[str, Tally] = None  # type: ignore[assignment]
    areas: Areas = None  # type: ignore[assignment]
    in_village: int = 0
    village_plan: bool = False
    second: tuple[tuple[str, tuple[str, ...]], ...] | None = None  # offices held by who agreed; None: no register
    second_now: tuple[tuple[str, tuple[str, ...]], ...] | None = None  # the same, held today
    before: Before | None = None
    corrected: Corrected | None = None
    unsound: tuple[Finding, ...] = ()
    took: Mapping[str, frozenset[str]] | None = None  # who ever took the other steps of a pair, by action
    own: tuple[tuple[str, str], ...] = ()  # (person, how) of who acts or agrees and is of the household


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


REGISTRY: dict[str, Guard] = {}

Check = Any


def guard(
    *at: str,
    of_step: bool = False,
    mended_by: str | None = None,
    needs: tuple[str, ...] = (),
    of_moment: bool = False,
    where: str | None = None,
    paired: bool = False,
    warns: bool = False,
) -> Callable[[Check], Check]:
    """Register a check as a guard of these kinds of act.

    Args:
        at: kinds of act ("application", "posting" ...); "move" for every moving act, "upward" for those that lead on
            along the road, "way" for those off it, "record" for every fact.
        of_step: ask with the step's table, whether or not the policy has a table of the guard's name.
        mended_by: the fact whose offices can mend it; else those of the act itself.
        needs: the parts of `Around` that it reads.
        of_moment: it judges the moment of an act (its day, who enters it, what is open), not a fact that lasts: it is
            not asked again when recorded facts change, and nobody is exempted from it.
        where: a value of the table without which it is not asked.
        paired: ask only at acts that a pair of the policy's four eyes names.
        warns: it never bars, whatever its table says.
    """

    def register(check: Check) -> Check:
        REGISTRY[check.__name__] = Guard(
            check.__name__, check, at, of_step, mended_by, needs, of_moment, where, paired, warns
        )
        return check

    return register
