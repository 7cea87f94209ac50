"""`weigai db backup`: a copy of the whole record."""

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
        "把全部记录备份到一个新的 SQLite 文件；备份时可照常办理。密钥另存，请与备份分开保管。\n\n"
        "例：weigai db backup --to 2019-06-10.db --keys 2019-06-10.keys --files 2019-06-10.files",
        "Copy the whole record into a new SQLite file; work goes on meanwhile. The wrapped keys go into a file of their "
        "own: keep it apart.\n\n"
        "Example: weigai db backup --to 2019-06-10.db --keys 2019-06-10.keys --files 2019-06-10.files",
    ),
)
@option("--to", required=True, metavar="FILE", help=Both("备份文件（须不存在）", "The backup (a new file)"))
@option("--keys", metavar="FILE", help=Both("密钥备份文件（须不存在）", "Where the wrapped keys go (a new file)"))
@option("--files", metavar="DIR", help=Both("附件复制到此文件夹", "Copy the attached files into this folder"))
@click.pass_context
def backup(ctx: click.Context, to: str, keys: str | None, files: str | None) -> int:
    """Make a backup; exit 7 when an attached file is missing or damaged, or could not be opened."""
    desk = Desk(ctx)
    saved = desk.store.backup(Path(to), keys=Path(keys) if keys else None, files=Path(files) if files else None)
    if desk.json:
        out_json({"to": to, **saved_json(saved)})
    else:
        out(t(f"已备份 {saved.rows} 行到 {to}。", f"{saved.rows} rows are in {to}."))
        print_saved(saved)
    if keys is None:
        note(
            t(
                "未备份密钥（--keys）：没有密钥，个人信息无法恢复。",
                "the keys are not in it (--keys): without them no personal value comes back.",
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
                f"✗ {saved.unchecked} 个附件按原样复制，未能核对：缺少其主密钥（见 weigai doctor）",
                f"✗ {saved.unchecked} attached files were copied unchecked: their master key is missing (see weigai doctor)",
            )
        )
