"""Start and stop the deadlines of a case."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from ..guards.base import Question
    from ..policy.sourced import Sourced

Changes = dict[str, Any]


def clock(name: str, due: date, table: Sourced, who: tuple[str, ...]) -> Changes:
    """Return a deadline that starts to run."""
    return {f"clocks/{name}": {"due": due.isoformat(), "rule": table.rule, "who": list(who)}}


def stopped(q: Question, name: str) -> Changes:
    """Return the change that stops a clock, if it runs."""
    return {f"clocks/{name}": None} if name in q.case.record.get("clocks", {}) else {}


def after(q: Question, name: str, who: tuple[str, ...]) -> Changes:
    """Return the clock that the act's own table starts, by its days."""
    days = getattr(q.act.table, "days", None)
    return clock(name, q.on + timedelta(days=days), q.act.table, who) if days else {}
