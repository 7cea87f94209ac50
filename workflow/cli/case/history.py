"""`weigai case history`: list every event of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..commands import command
from ..desk import Desk
from ..language import Both
from ..output import out_json
from ..view import event_json, print_events

if TYPE_CHECKING:
    from ... import Approvals


@command(
    "history",
    help=Both(
        "列出一户的办理过程。\n\n例：weigai case history 150783-2019-7K3",
        "List everything that was done on a case.\n\nExample: weigai case history 150783-2019-7K3",
    ),
)
@click.argument("case_id", metavar="CASE")
@click.pass_context
def history(ctx: click.Context, case_id: str) -> None:
    """Print every event of a case."""
    desk = Desk(ctx)

    def work(approvals: Approvals) -> Any:
        actor = desk.reader(approvals)
        return approvals.history(approvals.find(case_id, actor=actor).id, actor=actor)

    events = desk.read(work)
    if desk.json:
        out_json([event_json(e) for e in events])
    else:
        print_events(events)
