"""`weigai unit list`: list the units of the user's area."""

from __future__ import annotations

import click

from ...words import label
from ..commands import command
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out_json, table


@command(
    "list",
    help=Both(
        "列出辖区内的单位及其现名。\n\n例：weigai unit list",
        "List the units of your area with their present names.\n\nExample: weigai unit list",
    ),
)
@click.pass_context
def list_units(ctx: click.Context) -> None:
    """List the units of the user's area."""
    desk = Desk(ctx)
    found = desk.read(lambda a: a.register.units(actor=desk.reader(a)))
    if desk.json:
        out_json([dict(u) for u in found])
    else:
        table(
            [t("代码", "code"), t("名称", "name"), t("级别", "level"), t("撤销前最后一天", "until")],
            [[u["code"], u["name"], label(u["level"], lang()), u.get("until", "")] for u in found],
        )
