"""`weigai db check`: whether the schema fits this release and is whole."""

from __future__ import annotations

import click

from ..commands import command
from ..desk import Desk
from ..language import Both, t
from ..output import out, out_json


@command(
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
