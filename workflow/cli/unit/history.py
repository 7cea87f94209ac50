"""`weigai unit history`: list the names and mergers of a unit."""

from __future__ import annotations

import click

from ...words import label
from ..commands import command
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out_json, table


@command(
    "history",
    help=Both(
        "列出一个单位的曾用名称和并入情况。\n\n例：weigai unit history 150783101201",
        "List the names that a unit has had, and its mergers.\n\nExample: weigai unit history 150783101201",
    ),
)
@click.argument("code")
@click.pass_context
def history(ctx: click.Context, code: str) -> None:
    """Show what happened to a unit."""
    desk = Desk(ctx)
    found = desk.read(lambda a: a.register.unit_history(code, actor=desk.reader(a)))
    if desk.json:
        out_json(found)
        return
    table(
        [
            t("日期", "on"),
            t("事项", "what"),
            t("名称", "name"),
            t("并入", "into"),
            t("并入本单位", "took in"),
            t("登记", "entered by"),
        ],
        [
            [e["on"], label(e["action"], lang()), e.get("name", ""), e.get("into", ""), e.get("took_in", ""), e["by"]]
            for e in found
        ],
    )
