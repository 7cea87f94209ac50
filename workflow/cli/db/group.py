"""`weigai db`: the schema of the database, its backup and restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import settings
from ..audit.verify import print_closed
from ..commands import group, option
from ..desk import Desk
from ..language import Both, t
from ..output import note, out, out_json, told_lost
from ..trial_mark import mark
from .adopt import adopt

if TYPE_CHECKING:
    from ... import Restored, Saved


@group(
    help=Both(
        "数据库：结构、备份、恢复。\n\n例：weigai db check",
        "The database: schema, backup, restore.\n\nExample: weigai db check",
    )
)
def db() -> None:
    """Hold the commands on the database."""


db.add_command(adopt)


@db.command(
    "upgrade",
    help=Both(
        "建立或升级数据库结构；PostgreSQL 上并建立行级安全。\n\n例：weigai --db sqlite:///weigai.db db upgrade",
        "Make or upgrade the schema, and on PostgreSQL its row-level security.\n\nExample: weigai --db sqlite:///weigai.db db upgrade",
    ),
)
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the schema to this release."""
    desk = Desk(ctx)
    before, after, later = desk.store.upgrade()
    if desk.json:
        out_json({"before": before, "after": after})
    else:
        out(t(f"数据库结构：{before or '无'} → {after}", f"schema: {before or 'none'} → {after}"))
    if later:
        note(
            t(
                "数据库结构由更新的版本建立，本版本可在其上办理；未作改动。",
                "a later release made the schema, and this one may work on it; nothing was changed.",
            )
        )


@db.command(
    "check",
    help=Both(
        "检查数据库结构是否与本版本相符，表、键、触发器、行级安全与权限有无缺失或改动。\n\n例：weigai db check",
        "Check that the schema fits this release, and that no table, key, trigger, policy or right is missing or altered."
        "\n\nExample: weigai db check",
    ),
)
@click.pass_context
def check(ctx: click.Context) -> int:
    """Check the schema; exit 6 when it does not fit, 7 when something of it is missing or altered."""
    desk = Desk(ctx)
    revision, found = desk.store.check()
    if desk.json:
        out_json({"schema": revision, "ok": not found, "problems": list(found)})
    elif found:
        for problem in found:
            out(f"✗ {problem}")
        out(
            t(
                "由表的所有者运行 weigai db protect 可恢复行级安全与权限。",
                "What belongs to row-level security and rights, the owner of the tables mends by: weigai db protect",
            )
        )
    else:
        out(t(f"数据库结构 {revision}，相符。", f"schema {revision}: fits this release."))
    return 7 if found else 0


@db.command(
    "protect",
    help=Both(
        "在 PostgreSQL 上建立应用角色、权限与行级安全（由表的所有者运行；可重复运行）。角色名可用 WEIGAI_ROLE 另定。"
        "\n\n例：weigai --db postgresql://owner@localhost/weigai db protect",
        "Put up the application's role, its rights and row-level security on PostgreSQL, as the owner of the tables; again "
        "does no harm. WEIGAI_ROLE names another role.\n\nExample: weigai --db postgresql://owner@localhost/weigai db protect",
    ),
)
@click.pass_context
def protect(ctx: click.Context) -> None:
    """Put the wall up."""
    desk = Desk(ctx)
    role, changed, tables = desk.store.protect()
    if desk.json:
        out_json({"role": role, "changed": changed, "tables": list(tables)})
    elif changed:
        out(
            t(
                f"已对 {len(tables)} 张表建立行级安全；应用角色为 {role}。",
                f"row-level security is up on {len(tables)} tables; the application's role is {role}.",
            )
        )
    else:
        out(
            t(
                f"行级安全完整（角色 {role}），未作改动。",
                f"row-level security is whole (role {role}); nothing was changed.",
            )
        )


@db.command(
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
        out_json({"to": to, **_moved(saved)})
    else:
        out(t(f"已备份 {saved.rows} 行到 {to}。", f"{saved.rows} rows are in {to}."))
        _told(saved)
    if keys is None:
        note(
            t(
                "未备份密钥（--keys）：没有密钥，个人信息无法恢复。",
                "the keys are not in it (--keys): without them no personal value comes back.",
            )
        )
    return 7 if saved.missing or saved.unchecked else 0


@db.command(
    "restore",
    help=Both(
        "把备份恢复到一个空的数据库，已删除的个人信息再次删除，然后核验。密钥文件用最新的一份。\n\n"
        "例：weigai --db sqlite:///new.db db restore 2019-06-10.db --keys latest.keys",
        "Restore a backup into an empty database, erase again what was erased since, and verify. Give the latest file of "
        "keys.\n\nExample: weigai --db sqlite:///new.db db restore 2019-06-10.db --keys latest.keys",
    ),
)
@click.argument("source", metavar="FILE")
@option("--keys", required=True, metavar="FILE", help=Both("密钥备份文件", "The file of keys"))
@option("--files", metavar="DIR", help=Both("附件的备份文件夹", "The folder of the backup's attached files"))
@click.pass_context
def restore(ctx: click.Context, source: str, keys: str, files: str | None) -> int:
    """Restore a backup; exit 7 when what was restored does not verify."""
    desk = Desk(ctx)
    done = desk.store.restore(Path(source), keys=Path(keys), files=Path(files) if files else None)
    _restored(desk, done)
    return 7 if done.saved.missing or done.saved.unchecked or done.verified.problems else 0


def _restored(desk: Desk, done: Restored) -> None:
    saved, erased, found = done
    problems = [{"stream": p.stream, "seq": p.seq, "problem": p.what} for p in found.problems]
    if desk.json:
        told = {"trial": bool(found.trial), "erased": erased, "events": found.events, "ok": not problems}
        out_json({**_moved(saved), **told, "problems": problems})
        return
    out(
        t(
            f"已恢复 {saved.rows} 行；再次删除个人信息 {erased} 项。",
            f"{saved.rows} rows are back; {erased} personal values were erased again.",
        )
    )
    _told(saved)
    for problem in problems:
        out(f"✗ {problem['stream']} #{problem['seq']}: {problem['problem']}")
    verdict = (
        t("一致", "all verify") if not problems else t(f"{len(problems)} 处不符", f"{len(problems)} do not verify")
    )
    out(t(f"{found.events} 条日志：{verdict}。", f"{found.events} events: {verdict}.") + mark(trial=bool(found.trial)))
    if desk.store.keys is None:
        print_closed(desk)


def _moved(saved: Saved) -> dict[str, object]:
    told = {"rows": saved.rows, "keys": saved.keys, "files": saved.files}
    return {**told, "missing": list(saved.missing), "unchecked": saved.unchecked}


def _told(saved: Saved) -> None:
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


@db.command(
    "rotate-key",
    help=Both(
        "换用新的主密钥：重新包裹全部数据密钥；数据本身不动。旧主密钥留在密钥文件中，见 db retire-key。\n\n例：weigai db rotate-key",
        "Take a new master key: every data key is wrapped anew, no value is touched. The old ones stay in the key file, see "
        "db retire-key.\n\nExample: weigai db rotate-key",
    ),
)
@option("--cipher", type=click.Choice(["aes", "sm4"]), help=Both("今后所用密码算法", "The cipher from now on"))
@option(
    "--give-up",
    metavar="ID",
    help=Both(
        "主密钥确已丢失：放弃它及密钥文件中没有的其他主密钥，连同所包裹的数据密钥",
        "The master key is lost for good: give it up with what it wraps, and any other that the key file lacks",
    ),
)
@click.pass_context
def rotate_key(ctx: click.Context, cipher: str | None, give_up: str | None) -> int:
    """Rotate the master key; exit 7 where data keys do not open. Interrupted, run it again: the key file holds the old ones."""
    _refuse_keys_without_file()
    desk = Desk(ctx)
    done = desk.store.rotate_key(cipher=cipher, given_up=give_up)
    if desk.json:
        out_json({"wrapped": done.wrapped, "masters": done.masters, "lost": list(done.lost)})
    else:
        out(
            t(
                f"已用新主密钥重新包裹 {done.wrapped} 个数据密钥。",
                f"{done.wrapped} data keys are wrapped by the new master key.",
            )
        )
        if give_up is not None and done.lost:
            out(
                t(
                    "此后照常立户、登记；以下各项的密钥已丢失，请另行立户。",
                    "From now on new cases and papers can be entered. What follows is lost: open such households anew.",
                )
            )
        told_lost(done.lost)
    return 7 if done.lost else 0


@db.command(
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
    _refuse_keys_without_file()
    desk = Desk(ctx)
    gone = desk.store.retire_key(without_lost=without_lost)
    if desk.json:
        out_json({"retired": list(gone)})
    else:
        out(t(f"已从密钥文件中删去 {len(gone)} 个旧主密钥。", f"{len(gone)} old master keys are out of the key file."))


def _refuse_keys_without_file() -> None:
    """Refuse to change master keys that come from the environment.

    Raises:
        StoreUnavailable: they do.
    """
    from ... import StoreUnavailable

    if settings.master_key():
        raise StoreUnavailable(
            "密钥取自 WEIGAI_MASTER_KEY；主密钥只能在密钥文件中更换：请把密钥存入文件（WEIGAI_KEYS），并取消 WEIGAI_MASTER_KEY。",
            "the keys come from WEIGAI_MASTER_KEY, and master keys are changed in a key file only: put them into one "
            "(WEIGAI_KEYS), and unset WEIGAI_MASTER_KEY.",
        )
