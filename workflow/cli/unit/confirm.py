"""`weigai unit confirm`: confirm a merger as the second administrator."""

from __future__ import annotations

import click

from ..commands import command
from ..desk import Desk
from ..language import Both
from ..options import ONCE, Entry, with_entry
from ..output import out_json
from .merge import print_merged


@command(
    "confirm",
    help=Both(
        "确认另一名管理员提出的单位并入。确认后，并入自其日期起生效。\n\n例：weigai unit confirm 12",
        "Confirm a merger of units that another administrator proposed. It then holds from its date on."
        "\n\nExample: weigai unit confirm 12",
    ),
)
@click.argument("no", type=click.IntRange(min=1), required=False)
@with_entry(*ONCE)
@click.pass_context
def confirm(ctx: click.Context, no: int | None, entry: Entry) -> None:
    """Confirm what waits for a unit."""
    desk = Desk(ctx)
    done = desk.write(
        lambda a: a.register.confirm_unit(no, actor=desk.admin(a), request_id=entry.request_id), dry_run=entry.dry_run
    )
    if desk.json:
        out_json(done)
    else:
        print_merged(done)
