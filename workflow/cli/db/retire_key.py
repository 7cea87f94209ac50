"""`weigai db retire-key`: remove old master keys from the key file."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..output import out, out_json
from .rotate_key import refuse_keys_without_file


@command(
    "retire-key",
    help=Both(
        "从密钥文件中删去不再需要的旧主密钥。命令先核实最新的主密钥能打开每个数据密钥。以前备份的密钥仍需旧主密钥。"
        "\n\n例：weigai db retire-key",
        "Remove old master keys that no data key needs any more from the key file. The command first checks that the "
        "newest master key opens every data key. Keys that you backed up before still need the old master keys."
        "\n\nExample: weigai db retire-key",
    ),
)
@option(
    "--without-lost",
    is_flag=True,
    help=Both("放弃任何主密钥都打不开的数据密钥", "Give up the data keys that no master key opens"),
)
@click.pass_context
def retire_key(ctx: click.Context, without_lost: bool) -> None:
    """Retire the old master keys; refused while a data key needs one."""
    refuse_keys_without_file()
    desk = Desk(ctx)
    gone = desk.store.retire_key(without_lost=without_lost)
    if desk.json:
        out_json({"retired": list(gone)})
    else:
        out(
            t(
                f"已从密钥文件中删去 {len(gone)} 个旧主密钥。",
                f"{len(gone)} old master keys were removed from the key file.",
            )
        )
