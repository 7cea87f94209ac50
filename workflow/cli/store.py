"""`weigai db`: the schema of the database."""

from __future__ import annotations

import click

from .desk import Desk
from .say import out, out_json, t
from .wall import role


@click.group(help=t("数据库结构。\n\n例：weigai db check", "The database schema.\n\nExample: weigai db check"))
def db() -> None:
    """Hold the commands on the database."""


@db.command(
    "upgrade",
    help=t(
        "建立或升级数据库结构；PostgreSQL 上并建立行级安全。\n\n例：weigai --db sqlite:///weigai.db db upgrade",
        "Make or upgrade the schema, and on PostgreSQL its row-level security.\n\nExample: weigai --db sqlite:///weigai.db db upgrade",
    ),
)
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the schema to this release."""
    from ...db import schema

    desk = Desk(ctx)
    engine = desk.engine(checked=False)
    try:
        before, after = schema.upgrade(engine, keys=desk.keys, role=role())
    finally:
        engine.dispose()
    if desk.json:
        out_json({"before": before, "after": after})
    else:
        out(t(f"数据库结构：{before or '无'} → {after}", f"schema: {before or 'none'} → {after}"))


@db.command(
    "check",
    help=t(
        "检查数据库结构是否与本版本相符，表、键、触发器、行级安全与权限有无缺失或改动。\n\n例：weigai db check",
        "Check that the schema is this release's, and that no table, key, trigger, policy or right is missing or altered."
        "\n\nExample: weigai db check",
    ),
)
@click.pass_context
def check(ctx: click.Context) -> int:
    """Check the schema; exit 6 when it does not fit, 7 when something of it is missing or altered."""
    from ...db.census import census
    from ...db.tables import SCHEMA

    desk = Desk(ctx)
    engine = desk.engine()
    try:
        with engine.connect() as connection:
            found = census(connection, role())
    finally:
        engine.dispose()
    if desk.json:
        out_json({"schema": SCHEMA, "ok": not found, "problems": found})
    elif found:
        for problem in found:
            out(f"✗ {problem}")
        out(t("由表的所有者运行 weigai db protect 可恢复行级安全与权限。",
              "What belongs to row-level security and rights, the owner of the tables mends by: weigai db protect"))  # fmt: skip
    else:
        out(t(f"数据库结构 {SCHEMA}，相符。", f"schema {SCHEMA}: fits this release."))
    return 7 if found else 0


@db.command(
    "protect",
    help=t(
        "在 PostgreSQL 上建立应用角色、权限与行级安全（由表的所有者运行；可重复运行）。角色名可用 WEIGAI_ROLE 另定。"
        "\n\n例：weigai --db postgresql://owner@localhost/weigai db protect",
        "Put up the application's role, its rights and row-level security on PostgreSQL, as the owner of the tables; again "
        "does no harm. WEIGAI_ROLE names another role.\n\nExample: weigai --db postgresql://owner@localhost/weigai db protect",
    ),
)
@click.pass_context
def protect(ctx: click.Context) -> None:
    """Put the wall up."""
    from ...db import protection

    desk = Desk(ctx)
    engine = desk.engine()
    try:
        changed = protection.protect(engine, role())
    finally:
        engine.dispose()
    if desk.json:
        out_json({"role": role(), "changed": changed, "tables": list(protection.TABLES)})
    elif changed:
        out(t(f"已对 {len(protection.TABLES)} 张表建立行级安全；应用角色为 {role()}。",
              f"row-level security is up on {len(protection.TABLES)} tables; the application's role is {role()}."))  # fmt: skip
    else:
        out(
            t(
                f"行级安全完整（角色 {role()}），未作改动。",
                f"row-level security is whole (role {role()}); nothing was changed.",
            )
        )


@db.command(
    "rotate-key",
    help=t(
        "换用新的主密钥：重新包裹全部数据密钥；数据本身不动。--retire 去掉旧主密钥。\n\n例：weigai db rotate-key --retire",
        "Take a new master key: every data key is wrapped anew, no value is touched. --retire drops the old ones.\n\nExample: weigai db rotate-key --retire",
    ),
)
@click.option("--retire", is_flag=True, help=t("完成后删去旧主密钥", "Drop the old master keys when done"))
@click.option("--cipher", type=click.Choice(["aes", "sm4"]), help=t("今后所用密码算法", "The cipher from now on"))
@click.pass_context
def rotate_key(ctx: click.Context, retire: bool, cipher: str | None) -> None:
    """Rotate the master key; interrupted, run it again: the key file holds the old ones until all is wrapped anew."""
    from dataclasses import replace

    from ...db.rekey import masters, rewrap
    from ...states.errors import KeysMissing

    desk = Desk(ctx)
    if desk.keys is None or not desk.key.exists():
        raise KeysMissing(None)
    keys = replace(desk.keys, cipher=cipher or desk.keys.cipher).rotated()
    keys.to_file(desk.key)
    count = 0
    while done := desk.write(lambda approvals: rewrap(approvals.context.connection, keys)):
        count += done
    if retire:
        keys = keys.retired()
        keys.to_file(desk.key)
    left = desk.read(lambda approvals: masters(approvals.context.connection))
    if desk.json:
        out_json({"wrapped": count, "masters": left, "retired": retire})
    else:
        out(t(f"已用新主密钥重新包裹 {count} 个数据密钥。", f"{count} data keys are wrapped by the new master key."))
