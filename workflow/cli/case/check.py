"""`weigai case check`: check whether an action could be taken."""

from __future__ import annotations

import click

from ..commands import command
from ..desk import Desk
from ..language import Both
from ..options import Entry, Form, with_entry, with_form
from .act import checked, print_check


@command(
    "check",
    help=Both(
        "查询某动作现在可否办理；不写入。\n\n例：weigai case check 150783-2019-7K3 approve --data 审批.json",
        "Check whether you could take an action now. The command writes nothing."
        "\n\nExample: weigai case check 150783-2019-7K3 approve --data approval.json",
    ),
)
@click.argument("case_id", metavar="CASE")
@click.argument("action")
@with_form
@with_entry("on", "for", "reason", "agreed-by")
@click.pass_context
def check(ctx: click.Context, case_id: str, action: str, form: Form, entry: Entry) -> int:
    """Check one action; exit 0 when it could be taken, 3 when not."""
    desk = Desk(ctx)
    found, decision = checked(desk, case_id, action, form.read(entry), form.papers, entry)
    return print_check(desk, found, decision)
