"""`weigai unit`: list and change the units of the county, and record their duties."""

from __future__ import annotations

from ..commands import group
from ..language import Both
from .confirm import confirm
from .duties import record, records, unmask
from .history import history
from .import_ import import_
from .list import list_units
from .merge import merge
from .rename import rename


@group(
    help=Both(
        "行政区划单位及其职责。\n\n例：weigai unit list",
        "Units (county, townships, villages) and their duties.\n\nExample: weigai unit list",
    )
)
def unit() -> None:
    """Hold the commands on units."""


for _command in (
    confirm,
    record,
    records,
    unmask,
    history,
    import_,
    list_units,
    merge,
    rename,
):
    unit.add_command(_command)
