"""`weigai audit log`: list the latest events."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both
from ..output import out_json
from ..view import event_json, print_events


@command(
    "log",
    help=Both(
        "列出最近的日志。\n\n例：weigai audit log --limit 20",
        "List the latest events.\n\nExample: weigai audit log --limit 20",
    ),
)
@option(
    "--limit",
    type=click.IntRange(1, 100000),
    default=50,
    show_default=True,
    help=Both("最多列出几条", "List at most this many"),
)
@option(
    "--stream",
    metavar="STREAM",
    help=Both("只看一个流，例：case/150783-2019-7K3F9QD", "List one stream only, e.g. case/150783-2019-7K3F9QD"),
)
@click.pass_context
def log(ctx: click.Context, limit: int, stream: str | None) -> None:
    """Print the latest events."""
    desk = Desk(ctx)
    events = desk.read(lambda a: a.records.log(actor=desk.reader(a), limit=limit, stream=stream))
    if desk.json:
        out_json([{"stream": e.stream, **event_json(e)} for e in events])
    else:
        print_events(events, streams=True)
