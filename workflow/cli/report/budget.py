"""`weigai report budget`: show the money planned, approved, paid and left."""

from __future__ import annotations

from typing import Any

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, lang, t
from ..output import out_json, table_of, told_unusable, yuan
from ..trial_mark import marked, title
from .shares import print_shares


@command(
    "budget",
    help=Both(
        "列出资金：计划、批准、发放、结余。\n\n例：weigai report budget",
        "Show the money: planned, approved, paid, left.\n\nExample: weigai report budget",
    ),
)
@option("--policy", metavar="POLICY", help=Both("只计该方案", "This policy only"))
@option(
    "--by",
    type=click.Choice(["unit", "class", "grade", "mode", "quota"]),
    help=Both("按哪一项分列", "Divide the figures by this"),
)
@click.pass_context
def budget(ctx: click.Context, policy: str | None, by: str | None) -> None:
    """Print the budget lines, or what was spent by unit, class, grade or mode, or the quotas."""
    desk = Desk(ctx)
    if by is not None:
        print_shares(desk, by, policy)
        return
    lines, unusable = desk.read(
        lambda a: (a.records.budget(actor=desk.reader(a), policy=policy), a.records.unusable(actor=desk.reader(a)))
    )
    told_unusable(unusable)
    if desk.json:
        out_json(marked(desk, lines))
    else:
        title(desk)
        print_budget(lines)


def print_budget(lines: Any) -> None:
    """Print budget lines for people."""
    table_of(
        [
            {
                **x,
                "name": x["name"][lang()],
                "approved_fen": yuan(x["approved_fen"]),
                "paid_fen": yuan(x["paid_fen"]),
                "over": "" if x["within_plan"] else t("是", "yes"),
            }
            for x in lines
        ],
        ("policy", t("方案", "policy")),
        ("name", t("资金", "line")),
        ("households", t("户", "households")),
        ("planned_wan", t("计划（万元）", "planned (wan)")),
        ("approved_fen", t("批准（元）", "approved (yuan)")),
        ("approved_wan", t("批准（万元）", "approved (wan)")),
        ("paid_fen", t("发放（元）", "paid (yuan)")),
        ("over", t("超出", "over plan")),
    )
