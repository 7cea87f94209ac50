"""A budget line: the money planned, approved, paid and left, in fen, and as the plan prints it."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...states.procedure.graph import Procedure

_FEN_PER_WAN = 1_000_000


def of_line(procedure: Procedure, line: Any, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one line over the rows of its policy (`db.reports.lines`)."""
    own = [r for r in rows if r["line"] == line.id]
    approved = sum(int(r["approved_fen"] or 0) for r in own)
    paid = sum(int(r["paid_fen"] or 0) for r in own)
    planned = int(Decimal(line.planned_wan) * _FEN_PER_WAN) if line.planned_wan else None
    return {
        "policy": procedure.policy.id,
        "line": line.id,
        "name": line.name.model_dump(),
        "fund": line.fund,
        "source": line.source,
        "households": sum(int(r["count"]) for r in own),
        "planned_wan": line.planned_wan,
        "planned_fen": planned,
        "approved_fen": approved,
        "paid_fen": paid,
        "remaining_fen": None if planned is None else planned - approved,
        "approved_wan": wan(approved, line.planned_wan, line.rounding),
        "within_plan": planned is None or abs(approved - planned) < _unit(line.planned_wan) or approved <= planned,
        "by_mode": {
            str(mode): {
                "households": sum(int(r["count"]) for r in own if r["mode"] == mode),
                "approved_fen": sum(int(r["approved_fen"] or 0) for r in own if r["mode"] == mode),
            }
            for mode in sorted({str(r["mode"]) for r in own if r["count"]})
        },
    }


def wan(fen: int, like: str | None, rounding: str) -> str:
    """Print fen as 万元 with as many decimals as the plan prints (two where it prints none), rounded as it does."""
    places = len(like.partition(".")[2]) if like else 2
    how = ROUND_DOWN if rounding == "truncate" else ROUND_HALF_UP
    return str((Decimal(fen) / _FEN_PER_WAN).quantize(Decimal(1).scaleb(-places), rounding=how))


def _unit(like: str | None) -> int:
    """Return the worth in fen of the last place that the plan prints."""
    places = len(like.partition(".")[2]) if like else 2
    return int(Decimal(_FEN_PER_WAN).scaleb(-places))
