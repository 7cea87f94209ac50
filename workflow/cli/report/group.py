"""`weigai report`: the reports over the user's area."""

from __future__ import annotations

from typing import Any

import click

from ..audit.heads import print_last_heads
from ..commands import group
from ..desk import Desk
from ..language import Both
from .budget import budget
from .findings import findings
from .overdue import overdue
from .progress import progress
from .reconcile import reconcile
from .shares import exemptions, refusals


@group(
    help=Both(
        "报表：资金、进度、逾期、对账、疑点。\n\n例：weigai report budget",
        "Print reports: budget, progress, overdue, reconciliation, suspicions.\n\nExample: weigai report budget",
    )
)
def report() -> None:
    """Hold the reports."""


@report.result_callback()
@click.pass_context
def _signed(ctx: click.Context, code: Any) -> Any:
    """Let every report that people print end with the last head of its county."""
    desk = Desk(ctx)
    if not desk.json:
        print_last_heads(desk)
    return code


for _command in (
    budget,
    findings,
    overdue,
    progress,
    reconcile,
    exemptions,
    refusals,
):
    report.add_command(_command)
