"""`weigai unit rename`: rename a unit."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both
from ..options import ONCE, Day, Entry, with_entry
from ..output import out, out_json


@command(
    "rename",
    help=Both(
        "更改单位的名称。\n\n例：weigai unit rename 150783101201 新村名 --on 2020-05-01",
        "Give a unit another name.\n\nExample: weigai unit rename 150783101201 NEWNAME --on 2020-05-01",
    ),
)
@click.argument("code")
@click.argument("name")
@option("--on", type=Day(), metavar="DATE", help=Both("自哪天起生效，默认今天", "From this day on; default today"))
@with_entry(*ONCE)
@click.pass_context
def rename(ctx: click.Context, code: str, name: str, entry: Entry) -> None:
    """Rename a unit."""
    desk = Desk(ctx)
    desk.write(
        lambda a: a.register.rename_unit(code, name, actor=desk.admin(a), on=entry.on, request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json({"code": code, "name": name, "on": entry.on})
    else:
        out(f"{code} {name}")
