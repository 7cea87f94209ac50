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
    from ..record import CaseRecord
    from ..values import Doubt, Finding

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

    record: CaseRecord
    undone: Mapping[str, object]
    office: str
    since: tuple[str, ...]  # the offices of every later event


class Corrected(NamedTuple):
    """What a correction comes to: changed paths, open values before and after, and the guards that answer anew."""

    changes: Mapping[str, Any]
    unknown: tuple[str, ...]
    doubts: Mapping[str, Doubt]
    healed: tuple[str, ...]
    findings: tuple[Finding, ...]
    actions: tuple[str, ...] = ()  # the steps whose data is corrected
    traits: Traits | None = None  # of the case as corrected


@dataclass(frozen=True, slots=True)
class Around:
    """What guards need beyond the case; `db` fetches it for just the acts whose guards declare it."""

    quotas: Mapping[str, Tally] = None  # type: ignore[assignment]
    lines: Mapping[str, Tally] = None  # type: ignore[assignment]
    subsidies: Mapping[int, Tally] | None = None  # by the number of the table, from 0
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
    contents: tuple[str, ...] = ()  # the hashes of the contents that cases were opened under, of the policy's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question: may this actor take this act, on this day, with this data and these papers? It has two kinds.

    `around` holds what the guards need beyond the subject. weigai fetches it only for the acts whose guards need it.
    """

    act: Act
    actor: Actor
    recorder: Actor
    on: date
    today: date
    data: Any = None
    documents: tuple[Document, ...] = ()
    around: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Inquiry):
    """A question about a case."""

    case: Case
    procedure: Procedure
    calendar: Calendar
    traits: Traits
    around: Around | None = None
    listed: bool = False

    @property
    def unit(self) -> str:
        """Return the code of the village in which the case lies."""
        return self.case.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter(Inquiry):
    """A question about a unit, a person or a county.

    `unit` is the code of the area that has to be the actor's: the unit itself, the county of a person. `procedure` is the
    policy's that the act falls under; None where no policy governs it, and built-in guards alone are asked.
    """

    subject: str
    unit: str
    procedure: Procedure | None = None


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

# Guards of what no policy governs: nothing exempts from them, and no file lifts them. See `floor`.
BUILT_IN: list[Guard] = []

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


def built_in(*at: str, name: str | None = None, needs: tuple[str, ...] = ()) -> Callable[[Check], Check]:
    """Register a check as a guard that is asked at these kinds of act under every policy and under none.

    Args:
        at: kinds of act that no policy's table makes ("grant", "confirmation", "list" ...).
        name: what its finding is called, where another guard has the same name; else the check's own.
        needs: the parts of what lies around the subject that it reads.
    """

    def register(check: Check) -> Check:
        BUILT_IN.append(Guard(name or check.__name__, check, at, True, None, needs, True, None))
        return check

    return register
