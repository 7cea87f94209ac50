"""What guards need beyond the case, fetched for just the acts whose guards declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..db.reports import tally
from ..states.conditions import Traits, fits
from ..states.guards.base import Around, Tally

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..states.case import Case
    from ..states.conditions import Fit
    from ..states.procedure import Procedure


def around(connection: Connection, case: Case, procedure: Procedure) -> Around:
    """Return what was approved so far under the case's policy, per quota and per budget line."""
    groups = tally(connection, case.county, case.policy_id)
    return Around(
        quotas={quota.id: _sum(groups, fit, procedure) for quota, fit in procedure.quotas},
        lines={line.id: _sum(groups, fit, procedure) for line, fit in procedure.lines},
        in_village=sum(g["count"] for g in groups if g["unit"] == case.unit),
    )


def _sum(groups: Any, fit: Fit, procedure: Procedure) -> Tally:
    count = fen = 0
    for group in groups:
        if fits(fit, _traits(group, procedure)):
            count += group["count"]
            fen += group["fen"]
    return Tally(count, fen)


def _traits(group: Any, procedure: Procedure) -> Traits:
    mode = procedure.mode(group["mode"])
    return Traits(
        classes=frozenset(), no_house=bool(group["no_house"]), grades=group["grade"], modes=group["mode"],
        builders=None, new_build=mode.new_build if mode else None, relaxed_area=False, demolished_first=False,
    )  # fmt: skip
