"""`weigai db check`: check that the schema fits this release and is complete."""

from __future__ import annotations

import click

from ..commands import command
from ..desk import Desk
from ..language import Both, t
from ..output import out, out_json


@command(
    "check",
    help=Both(
        "检查数据库结构：是否与本版本相符，表、键、触发器、行级安全与权限有无缺失或改动。\n\n例：weigai db check",
        "Check that the schema fits this release, and that no table, key, trigger, row-level policy or right is "
        "missing or changed."
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
                "行级安全与权限，由表的所有者运行 weigai db protect 恢复。",
                "The owner of the tables restores row-level security and rights with: weigai db protect",
            )
        )
    else:
        out(t(f"数据库结构 {revision}，与本版本相符。", f"the schema {revision} fits this release."))
    return 7 if found else 0
