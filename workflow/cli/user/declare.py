"""`weigai user declare`: an official's own numbers and relatives."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..inputs import read_json
from ..language import Both, t
from ..options import ONCE, EntryOptions, with_entry
from ..output import out, out_json


@command(
    "declare",
    help=Both(
        "申报本人的身份证号、卡号和亲属（JSON 文件，- 为标准输入），供回避核对；只存密封值和检索标记。本人申报，管理员可代为登记。\n\n例：weigai user declare p-0007 --data 申报.json",
        'Declare the own identity and card number and relatives (JSON file, - for stdin: {"id_number", "card", "relatives": [{"name", "id_number", "relation"}]}), so that nobody decides on their own household; kept sealed. For oneself, or by an administrator.\n\nExample: weigai user declare p-0007 --data declaration.json',
    ),
)
@click.argument("person")
@option(
    "--data",
    required=True,
    metavar="FILE",
    help=Both("申报内容（JSON 文件，- 为标准输入）", "The declaration (JSON, - for stdin)"),
)
@with_entry(*ONCE)
@click.pass_context
def declare(ctx: click.Context, person: str, data: str, entry: EntryOptions) -> None:
    """Declare a person's own numbers and relatives."""
    desk = Desk(ctx)
    declaration = read_json(data)
    desk.write(
        lambda a: a.register.declare(person, declaration, actor=desk.admin(a), request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json({"person": person, "declared": True})
    else:
        out(
            t(
                f"已登记 {person} 的申报，以前的申报由此替换。",
                f"declared for {person}, in place of what was declared before.",
            )
        )
