"""`weigai db backup`: copy the whole record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..output import note, out, out_json

if TYPE_CHECKING:
    from ... import Saved


@command(
    "backup",
    help=Both(
        "把全部记录备份到一个新的 SQLite 文件；备份时可照常办理。加密后的密钥另存为一个文件（--keys），请与备份分开保"
        "管。"
        "\n\n例：weigai db backup --to 2019-06-10.db --keys 2019-06-10.keys --files 2019-06-10.files",
        "Copy the whole record into a new SQLite file; you can go on working meanwhile. The encrypted keys go into a "
        "second file (--keys): keep it apart from the backup."
        "\n\nExample: weigai db backup --to 2019-06-10.db --keys 2019-06-10.keys --files 2019-06-10.files",
    ),
)
@option(
    "--to", required=True, metavar="FILE", help=Both("备份文件，须尚不存在", "The backup file; it must not exist yet")
)
@option(
    "--keys",
    metavar="FILE",
    help=Both("密钥备份文件，须尚不存在", "The file for the encrypted keys; it must not exist yet"),
)
@option("--files", metavar="DIR", help=Both("把附件复制到此文件夹", "Copy the attached files into this folder"))
@click.pass_context
def backup(ctx: click.Context, to: str, keys: str | None, files: str | None) -> int:
    """Make a backup; exit 7 when an attached file is missing or damaged, or could not be opened."""
    desk = Desk(ctx)
    saved = desk.store.backup(Path(to), keys=Path(keys) if keys else None, files=Path(files) if files else None)
    if desk.json:
        out_json({"to": to, **saved_json(saved)})
    else:
        out(t(f"已把 {saved.rows} 行备份到 {to}。", f"{saved.rows} rows were copied to {to}."))
        print_saved(saved)
    if keys is None:
        note(
            t(
                "未备份密钥：没有密钥，备份中的个人信息无法恢复；请加 --keys 再备份一次。",
                "the keys were not backed up, and without them nobody can restore the personal values: back up again "
                "with --keys.",
            )
        )
    return 7 if saved.missing or saved.unchecked else 0


def saved_json(saved: Saved) -> dict[str, object]:
    """Return what a backup or restore copied, as JSON."""
    told = {"rows": saved.rows, "keys": saved.keys, "files": saved.files}
    return {**told, "missing": list(saved.missing), "unchecked": saved.unchecked}


def print_saved(saved: Saved) -> None:
    """Print what a backup or restore copied."""
    out(t(f"密钥 {saved.keys} 个，附件 {saved.files} 个。", f"{saved.keys} keys, {saved.files} attached files."))
    for sha256 in saved.missing:
        out(t(f"✗ 附件 {sha256} 缺失或已损坏", f"✗ attached file {sha256} is missing or damaged"))
    if saved.unchecked:
        out(
            t(
                f"✗ {saved.unchecked} 个附件已复制，但无法核对：缺少其主密钥（见 weigai doctor）",
                f"✗ {saved.unchecked} attached files were copied but could not be checked: their master key is missing "
                "(see weigai doctor)",
            )
        )
