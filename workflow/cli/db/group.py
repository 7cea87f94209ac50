"""`weigai db`: set up, check, back up and restore the database, and change its keys."""

from __future__ import annotations

from ..commands import group
from ..language import Both
from .adopt import adopt
from .backup import backup
from .check import check
from .protect import protect
from .restore import restore
from .retire_key import retire_key
from .rotate_key import rotate_key
from .upgrade import upgrade


@group(
    help=Both(
        "数据库：建立、检查、备份、恢复、换密钥。\n\n例：weigai db check",
        "Set up, check, back up and restore the database, and change its keys.\n\nExample: weigai db check",
    )
)
def db() -> None:
    """Hold the commands on the database."""


for _command in (
    adopt,
    backup,
    check,
    protect,
    restore,
    retire_key,
    rotate_key,
    upgrade,
):
    db.add_command(_command)
