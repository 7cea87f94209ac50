"""`weigai case`: open cases, show them, ask about them, act on them."""

from __future__ import annotations

from ..commands import group
from ..language import Both
from .advance import advance
from .attach import attach
from .check import check
from .confirm import confirm, deny
from .correct import correct
from .erase import erase
from .explain import explain
from .history import history
from .list import list_
from .move_policy import move_policy
from .open import open_
from .record import record
from .schema import schema
from .search import search
from .show import show
from .unmask import unmask


@group(
    help=Both(
        "户档：立户、查看、查询、办理。\n\n例：weigai case list",
        "Open cases, show them, ask about them, act on them.\n\nExample: weigai case list",
    )
)
def case() -> None:
    """Hold the commands on cases."""


for _command in (
    advance,
    attach,
    check,
    confirm,
    correct,
    deny,
    erase,
    explain,
    history,
    list_,
    move_policy,
    open_,
    record,
    schema,
    search,
    show,
    unmask,
):
    case.add_command(_command)
