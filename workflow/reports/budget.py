"""A budget line: the money planned, approved, paid and left, in fen, and as the plan prints it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from ...states.values import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...db.reports.counts import LineSum
    from ...states.policy.money_tables import Line
    from ...states.procedure.graph import Procedure

_FEN_PER_WAN = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeShare(Row):
    """The part of a budget line that one mode has: approved households, and the fen approved for them."""

    households: int
    approved_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine(Row):
    """One budget line of a plan: what was planned, approved, paid and is left, in whole fen.

    `planned_wan` is 万元 as the plan prints it, and `approved_wan` is printed with as many decimals. A line for which the
    plan prints nothing has None as `planned_wan`, `planned_fen` and `remaining_fen`. `name` has the keys "zh" and "en".
    """

    policy: str
    line: str
    name: Mapping[str, str]
    fund: str
    source: str
    households: int
    planned_wan: str | None
    planned_fen: int | None
    approved_fen: int
    paid_fen: int
    remaining_fen: int | None
    approved_wan: str
    within_plan: bool
    by_mode: Mapping[str, ModeShare]


def of_line(procedure: Procedure, line: Line, sums: Sequence[LineSum]) -> BudgetLine:
    """Return one line of a policy; `sums` are those of the policy (`db.reports.counts.lines`)."""
    mine = [each for each in sums if each.line == line.id]
    approved = sum(each.approved_fen for each in mine)
    planned = int(Decimal(line.planned_wan) * _FEN_PER_WAN) if line.planned_wan else None
    return BudgetLine(
        policy=procedure.policy.id,
        line=line.id,
        name=line.name.model_dump(),
        fund=line.fund,
        source=line.source,
        households=sum(each.households for each in mine),
        planned_wan=line.planned_wan,
        planned_fen=planned,
        approved_fen=approved,
        paid_fen=sum(each.paid_fen for each in mine),
        remaining_fen=None if planned is None else planned - approved,
        approved_wan=wan(approved, line.planned_wan, line.rounding),
        within_plan=planned is None or abs(approved - planned) < _unit(line.planned_wan) or approved <= planned,
        by_mode={mode: _share(mode, mine) for mode in sorted({str(each.mode) for each in mine if each.households})},
    )


def _share(mode: str, sums: Sequence[LineSum]) -> ModeShare:
    mine = [each for each in sums if each.mode == mode]
    return ModeShare(
        households=sum(each.households for each in mine), approved_fen=sum(each.approved_fen for each in mine)
    )


def wan(fen: int, like: str | None, rounding: str) -> str:
    """Print fen as 万元 with as many decimals as the plan prints (two where it prints none), rounded as it does."""
    places = len(like.partition(".")[2]) if like else 2
    how = ROUND_DOWN if rounding == "truncate" else ROUND_HALF_UP
    return str((Decimal(fen) / _FEN_PER_WAN).quantize(Decimal(1).scaleb(-places), rounding=how))


def _unit(like: str | None) -> int:
    """Return the worth in fen of the last place that the plan prints."""
    places = len(like.partition(".")[2]) if like else 2
    return int(Decimal(_FEN_PER_WAN).scaleb(-places))
