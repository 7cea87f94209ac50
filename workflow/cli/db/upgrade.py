"""`weigai db upgrade`: bring the schema to this release."""

from __future__ import annotations

import click

from ..commands import command
from ..desk import Desk
from ..language import Both, t
from ..output import note, out, out_json


@command(
    "upgrade",
    help=Both(
        "建立或升级数据库结构；在 PostgreSQL 上也建立行级安全。\n\n例：weigai --db sqlite:///weigai.db db upgrade",
        "Make or upgrade the schema, and on PostgreSQL also its row-level security."
        "\n\nExample: weigai --db sqlite:///weigai.db db upgrade",
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
                "数据库结构由更新的版本建立，本版本也可在其上办理；没有改动。",
                "a later release made the schema, and this release can work on it; nothing was changed.",
            )
        )
