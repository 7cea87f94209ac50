"""`weigai audit`: the log, its verification, its published heads and its export."""

from __future__ import annotations

import click

from .desk import Desk
from .heads import export, head, verifier
from .say import out_json, t
from .verifying import verify


@click.group(
    help=t("日志与核验。\n\n例：weigai audit verify", "The log and its verification.\n\nExample: weigai audit verify")
)
def audit() -> None:
    """Hold the commands on the record."""


@audit.command(
    "log",
    help=t(
        "最近的日志。\n\n例：weigai audit log --limit 20", "The latest events.\n\nExample: weigai audit log --limit 20"
    ),
)
@click.option("--limit", type=click.IntRange(1, 100000), default=50, show_default=True, help=t("最多条数", "At most"))
@click.option(
    "--stream",
    metavar="STREAM",
    help=t("只看一个流，例：case/150783-2019-7K3F9QD", "One stream, e.g. case/150783-2019-7K3F9QD"),
)
@click.pass_context
def log(ctx: click.Context, limit: int, stream: str | None) -> None:
    """Print the latest events."""
    desk = Desk(ctx)
    events = desk.read(lambda a: a.records.log(actor=desk.reader(a), limit=limit, stream=stream))
    from .view import event_json, print_events

    if desk.json:
        out_json([{"stream": e.stream, **event_json(e)} for e in events])
    else:
        print_events(events, streams=True)


for _command in (verify, head, export, verifier):
    audit.add_command(_command)
