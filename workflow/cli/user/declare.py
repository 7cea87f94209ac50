"""`weigai user declare`: record the own numbers and relatives of an official."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..inputs import read_json
from ..language import Both, t
from ..options import ONCE, Entry, with_entry
from ..output import out, out_json


@command(
    "declare",
    help=Both(
        "申报本人的身份证号、卡号和亲属，使任何人都不能办理自家的申请。只保存密封值和检索标记。由本人申报，管理员可代"
        '为登记。JSON 文件的格式：{"id_number", "card", "relatives": [{"name", "id_number", "relation"}]}。'
        "\n\n例：weigai user declare p-0007 --data 申报.json",
        "Declare your own identity number, card number and relatives, so that nobody decides on their own household. "
        "weigai keeps them sealed. You declare for yourself; an administrator may enter it for you. The form of the "
        'JSON file: {"id_number", "card", "relatives": [{"name", "id_number", "relation"}]}.'
        "\n\nExample: weigai user declare p-0007 --data declaration.json",
    ),
)
@click.argument("person")
@option(
    "--data",
    required=True,
    metavar="FILE",
    help=Both("申报内容（JSON 文件；- 表示标准输入）", "The declaration (JSON file; - for standard input)"),
)
@with_entry(*ONCE)
@click.pass_context
def declare(ctx: click.Context, person: str, data: str, entry: Entry) -> None:
    """Declare a person's own numbers and relatives."""
    desk = Desk(ctx)
    told = read_json(data)
    desk.write(
        lambda a: a.register.declare(person, told, actor=desk.admin(a), request_id=entry.request_id),
        dry_run=entry.dry_run,
    )
    if desk.json:
        out_json({"person": person, "declared": True})
    else:
        out(
            t(
                f"已登记 {person} 的申报；以前的申报不再有效。",
                f"the declaration of {person} is recorded and replaces the one before.",
            )
        )
