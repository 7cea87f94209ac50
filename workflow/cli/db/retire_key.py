"""`weigai db retire-key`: old master keys taken out of the key file."""

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
        "从密钥文件中删去不再需要的旧主密钥；先逐个核实全部数据密钥都能用最新的主密钥打开。此前备份的密钥仍需旧主密钥。"
        "\n\n例：weigai db retire-key",
        "Take old master keys out of the key file, once every data key was opened with the newest one. Backups of keys "
        "that were made before still need the old ones.\n\nExample: weigai db retire-key",
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
        out(t(f"已从密钥文件中删去 {len(gone)} 个旧主密钥。", f"{len(gone)} old master keys are out of the key file."))
