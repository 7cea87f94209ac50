"""`weigai user account`: another account for a person."""

from __future__ import annotations

import click

from ..commands import command
from ..desk import Desk
from ..language import Both, t
from ..options import ONCE, EntryOptions, with_entry
from ..output import out, out_json
from .grants import note_pending


@command(
    "account",
    help=Both(
        "变更账号。正式县中变更他人的账号须由另一名管理员确认。\n\n例：weigai user account p-0007 zhangsan",
        "Change the account of a person; in a founded county another's account waits for a second administrator.\n\nExample: weigai user account p-0007 zhangsan",
    ),
)
@click.argument("person")
@click.argument("name")
@with_entry(*ONCE)
@click.pass_context
def account(ctx: click.Context, person: str, name: str, entry: EntryOptions) -> None:
    """Change a person's account."""
    desk = Desk(ctx)
    done = desk.write(
        lambda a: a.register.change_account(person, name, actor=desk.admin(a), request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json(done.as_json())
    else:
        out(t(f"{person} 的账号：{name}。", f"account of {person}: {name}."))
        note_pending(pending=done.pending)
