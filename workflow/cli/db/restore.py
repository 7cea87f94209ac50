"""`weigai db restore`: restore a backup into an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..audit.verify import print_closed
from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..output import out, out_json
from ..trial_mark import mark
from .backup import print_saved, saved_json

if TYPE_CHECKING:
    from ... import Restored


@command(
    "restore",
    help=Both(
        "把备份恢复到一个空的数据库，再次删除备份以后已删除的个人信息，然后核验。请给出最新的密钥备份文件。"
        "\n\n例：weigai --db sqlite:///new.db db restore 2019-06-10.db --keys latest.keys",
        "Restore a backup into an empty database. The command erases again the personal values that were erased after "
        "the backup, then verifies the record. Give the latest file of keys."
        "\n\nExample: weigai --db sqlite:///new.db db restore 2019-06-10.db --keys latest.keys",
    ),
)
@click.argument("source", metavar="FILE")
@option("--keys", required=True, metavar="FILE", help=Both("最新的密钥备份文件", "The latest file of keys"))
@option("--files", metavar="DIR", help=Both("备份附件所在的文件夹", "The folder with the backup's attached files"))
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
        out_json({**saved_json(saved), **told, "problems": problems})
        return
    out(
        t(
            f"已恢复 {saved.rows} 行；再次删除了 {erased} 项个人信息。",
            f"{saved.rows} rows were restored; {erased} personal values were erased again.",
        )
    )
    print_saved(saved)
    for problem in problems:
        out(f"✗ {problem['stream']} #{problem['seq']}: {problem['problem']}")
    verdict = (
        t("一致", "all verify") if not problems else t(f"{len(problems)} 处不符", f"{len(problems)} do not verify")
    )
    out(t(f"{found.events} 条日志：{verdict}。", f"{found.events} events: {verdict}.") + mark(trial=bool(found.trial)))
    if desk.store.keys is None:
        print_closed(desk)
