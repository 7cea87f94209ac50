"""`weigai db protect`: set up row-level security on PostgreSQL."""

from __future__ import annotations

import click

from ..commands import command
from ..desk import Desk
from ..language import Both, t
from ..output import out, out_json


@command(
    "protect",
    help=Both(
        "在 PostgreSQL 上建立应用角色、其权限和行级安全。由表的所有者运行，可重复运行。WEIGAI_ROLE 可另定角色名。"
        "\n\n例：weigai --db postgresql://owner@localhost/weigai db protect",
        "Set up the application's role, its rights and row-level security on PostgreSQL. Run it as the owner of the "
        "tables; you may run it again at any time. WEIGAI_ROLE names another role."
        "\n\nExample: weigai --db postgresql://owner@localhost/weigai db protect",
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
                f"row-level security now covers {len(tables)} tables; the application's role is {role}.",
            )
        )
    else:
        out(
            t(
                f"行级安全完整（角色 {role}），没有改动。",
                f"row-level security is complete (role {role}); nothing was changed.",
            )
        )
