"""`weigai case search`: find cases by a number or name."""

from __future__ import annotations

import click

from ... import InputRefused
from ...words import label
from ..commands import command, option
from ..desk import Desk
from ..inputs import read_line
from ..language import Both, lang, t
from ..output import out_json, table, told_lost


@command(
    "search",
    help=Both(
        "按身份证号、姓名、电话或卡号查找户档。要查找的内容从提示或标准输入读入，不写在命令中。"
        "\n\n例：weigai case search --by id_number < 号码.txt",
        "Find cases by identity number, name, telephone or card. The command asks for the value or reads it from "
        "standard input."
        "\n\nExample: weigai case search --by id_number < number.txt",
    ),
)
@option(
    "--by",
    type=click.Choice(["id_number", "name", "phone", "card"]),
    default="id_number",
    show_default=True,
    help=Both("按哪一项查找", "The kind of value to look for"),
)
@click.pass_context
def search(ctx: click.Context, by: str) -> None:
    """Find cases by a number or name."""
    desk = Desk(ctx)
    if not (value := read_line("查找", "Look for")):
        raise InputRefused(
            "没有给出要查找的内容；请输入，或从标准输入给出。",
            "there is nothing to look for: type a value, or give it on standard input.",
        )
    found = desk.read(lambda approvals: approvals.search(by, value[:200], actor=desk.reader(approvals)))
    if desk.json:
        out_json(
            [
                {"case": c.id, "state": c.state, "policy": c.policy_id, "unit": c.unit, "key_lost": c.key_lost}
                for c in found
            ]
        )
        return
    head = [t("户档", "case"), t("环节", "state"), t("方案", "policy"), t("村", "village")]
    table(head, [[c.id, label(c.state, lang()), c.policy_id, c.unit] for c in found])
    told_lost(case.id for case in found if case.key_lost)
