"""`weigai db`: the schema of the database."""

from __future__ import annotations

import click

from .desk import Desk
from .say import out, out_json, t


@click.group(help=t("数据库结构。\n\n例：weigai db check", "The database schema.\n\nExample: weigai db check"))
def db() -> None:
    """Hold the commands on the database."""


@db.command(
    "upgrade",
    help=t(
        "建立或升级数据库结构。\n\n例：weigai --db sqlite:///weigai.db db upgrade",
        "Make or upgrade the schema.\n\nExample: weigai --db sqlite:///weigai.db db upgrade",
    ),
)
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the schema to this release."""
    from ...db import schema

    desk = Desk(ctx)
    engine = desk.engine(checked=False)
    try:
        before, after = schema.upgrade(engine)
    finally:
        engine.dispose()
    if desk.json:
        out_json({"before": before, "after": after})
    else:
        out(t(f"数据库结构：{before or '无'} → {after}", f"schema: {before or 'none'} → {after}"))


@db.command(
    "check",
    help=t(
        "检查数据库结构是否与本版本相符。\n\n例：weigai db check",
        "Check that the schema is this release's.\n\nExample: weigai db check",
    ),
)
@click.pass_context
def check(ctx: click.Context) -> None:
    """Check the schema; exit 6 when it does not fit."""
    from ...db.tables import SCHEMA

    desk = Desk(ctx)
    desk.engine().dispose()
    if desk.json:
        out_json({"schema": SCHEMA, "ok": True})
    else:
        out(t(f"数据库结构 {SCHEMA}，相符。", f"schema {SCHEMA}: fits this release."))
