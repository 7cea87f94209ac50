"""`weigai user account`: change a person's account."""

from __future__ import annotations

import click

from ..commands import command
from ..desk import Desk
from ..language import Both, t
from ..options import ONCE, Entry, with_entry
from ..output import out, out_json
from .grants import said


@command(
    "account",
    help=Both(
        "变更一个人的账号。在正式县变更他人的账号，须由另一名管理员确认（user confirm）。"
        "\n\n例：weigai user account p-0007 zhangsan",
        "Change a person's account. In a real county a second administrator confirms the change of somebody else's "
        "account (user confirm)."
        "\n\nExample: weigai user account p-0007 zhangsan",
    ),
)
@click.argument("person")
@click.argument("name")
@with_entry(*ONCE)
@click.pass_context
def account(ctx: click.Context, person: str, name: str, entry: Entry) -> None:
    """Change a person's account."""
    desk = Desk(ctx)
    done = desk.write(
        lambda a: a.register.change_account(person, name, actor=desk.admin(a), request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json(done)
    else:
        out(t(f"{person} 的账号现为 {name}。", f"the account of {person} is now {name}."))
        said(done)
