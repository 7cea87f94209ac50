"""`weigai db adopt`: the key file and the files folder list the databases that they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import settings
from .commands import command, option
from .desk import Desk
from .language import Both, t
from .say import out, out_json

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


@command(
    help=Both(
        "登记：密钥文件与附件文件夹为本数据库服务（升级、复制、移动或恢复数据库之后）。--alone 另去掉已不存在的其他数据库。"
        "\n\n例：weigai db adopt",
        "List this database with its key file and files folder, after it was upgraded, copied, moved or restored. --alone "
        "takes the others off the list: do so once they are no more.\n\nExample: weigai db adopt",
    ),
)
@option("--alone", is_flag=True, help=Both("其他数据库已不存在", "The other databases are no more"))
@click.pass_context
def adopt(ctx: click.Context, alone: bool) -> None:
    """List the database."""
    from ...db.vault import key_file, places

    desk, listed = Desk(ctx), {}
    with desk.direct() as connection:
        own = places.here(connection)
        if (path := key_file_of(desk)) is not None:
            with key_file.locked(path) as file:
                file.write(databases=places.adopted(own, file.databases, alone=alone))
                listed["key_file"] = file.databases
        if desk.files.exists():
            listed["files"] = places.list_folder(desk.files, lambda old: places.adopted(own, old, alone=alone))
    if desk.json:
        told = {name: [one._asdict() for one in those] for name, those in listed.items()}
        out_json({"database": own.id, "place": own.place, "listed": told})
        return
    for what, those in listed.items():
        name = {"key_file": t("密钥文件", "the key file"), "files": t("附件文件夹", "the files folder")}[what]
        count = "1 database" if len(those) == 1 else f"{len(those)} databases"
        out(t(f"{name}现登记 {len(those)} 个数据库。", f"{name} lists {count} now."))


def works_here(desk: Desk, connection: Connection) -> None:
    """List the database in this run's key file, as one that works with it; see `places.use_key_file`."""
    from ...db.vault import places

    if (path := key_file_of(desk)) is not None:
        places.use_key_file(connection, path)


def key_file_of(desk: Desk) -> Path | None:
    """Return the key file of this run, None where there is none or the keys come from the environment."""
    return None if settings.master_key() or not desk.key.exists() else desk.key
