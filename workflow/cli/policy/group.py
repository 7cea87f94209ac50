"""`weigai policy`: list, draft, show, check, compare, try out and draw policies."""

from __future__ import annotations

from ..commands import group
from ..language import Both
from .check import check
from .diff import diff
from .graph import graph
from .list import list_
from .new import new
from .schema import schema
from .show import show
from .simulate import simulate


@group(
    help=Both(
        "实施方案：列出、起草、查看、检查、比较、试算、画图。\n\n例：weigai policy list",
        "Policies: list, draft, show, check, compare, try out, draw.\n\nExample: weigai policy list",
    )
)
def policy() -> None:
    """Hold the commands on policies."""


for _command in (
    check,
    diff,
    graph,
    list_,
    new,
    schema,
    show,
    simulate,
):
    policy.add_command(_command)
