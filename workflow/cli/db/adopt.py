"""`weigai db adopt`: list this database as one that the key file and the files folder serve."""

from __future__ import annotations

import click

from ..commands import command, option
from ..desk import Desk
from ..language import Both, t
from ..output import out, out_json


@command(
    help=Both(
        "登记：密钥文件和附件文件夹为本数据库服务。数据库升级、复制、移动或恢复之后运行。--alone 另把其他数据库从登记"
        "中去掉。"
        "\n\n例：weigai db adopt",
        "List this database as one that the key file and the files folder serve. Run it after you upgraded, copied, "
        "moved or restored the database. --alone also takes the other databases off the list."
        "\n\nExample: weigai db adopt",
    ),
)
@option(
    "--alone",
    is_flag=True,
    help=Both("其他数据库已不存在：把它们从登记中去掉", "The other databases no longer exist: take them off the list"),
)
@click.pass_context
def adopt(ctx: click.Context, alone: bool) -> None:
    """List the database."""
    desk = Desk(ctx)
    done = desk.store.adopt(alone=alone)
    listed = {"key_file": done.key_file, "files": done.files}
    if desk.json:
        told = {name: [one._asdict() for one in those] for name, those in listed.items() if those is not None}
        out_json({"database": done.id, "place": done.place, "listed": told})
        return
    for what, those in listed.items():
        if those is None:
            continue
        name = {"key_file": t("密钥文件", "the key file"), "files": t("附件文件夹", "the files folder")}[what]
        count = "1 database" if len(those) == 1 else f"{len(those)} databases"
        out(t(f"{name}现登记为 {len(those)} 个数据库服务。", f"{name} now serves {count}."))
