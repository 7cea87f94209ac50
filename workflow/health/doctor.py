"""The list of `Store.doctor`'s checks, and the checks of the database and its user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...db import revision
from ...db.row_security import census
from ...states.errors import WeigaiError
from ..words import Text
from . import machine, server
from . import places as kept
from .check import Check, Finding, in_both, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from .check import Setup


def checks(setup: Setup) -> tuple[Check, ...]:
    """Look at everything; nothing is changed."""
    looks: list[tuple[Text, Callable[[Setup], Finding]]] = [
        (Text("版本", "versions"), machine.versions),
        (Text("数据库", "database"), _database),
        (Text("数据库编码", "encoding"), server.encoding),
        (Text("登记人", "user"), _user),
        (Text("文件权限", "file modes"), machine.modes),
        (Text("文件系统", "file system"), machine.file_system),
        (Text("工作日历", "working-day calendar"), machine.calendar),
        (Text("本机时间", "clock"), machine.clock),
        (Text("落盘保证", "durability"), server.durability),
        (Text("密钥与附件的位置", "places of keys and files"), kept.places_used),
        (Text("附件", "attached files"), kept.files),
        (Text("主密钥", "master keys"), kept.masters),
        (Text("留存链头", "published heads"), kept.heads),
        (Text("防护清点", "census"), _census),
        (Text("行级安全", "row-level security"), server.wall),
        (Text("连接角色", "the address's own role"), server.connects_as),
        (Text("数据库日志", "the server's log"), server.log),
    ]
    of_user = (_user, kept.heads)
    return tuple(
        Check(name, *_guarded(look, setup)) for name, look in looks if setup.user is not None or look not in of_user
    )


def _guarded(look: Callable[[Setup], Finding], setup: Setup) -> Finding:
    try:
        return look(setup)
    except WeigaiError as error:
        mend = Text("按提示处理后，请再运行 weigai doctor。", "mend it, then run weigai doctor again.")
        return Finding(False, in_both(error), mend)


def _database(setup: Setup) -> Finding:
    with setup.store.direct() as connection:
        number = revision.current(connection)
    return Finding(True, Text(f"可用，结构 {number}", f"works, schema {number}"))


def _user(setup: Setup) -> Finding:
    with setup.store.session(tested=False) as session:
        held = setup.held(setup.approvals(session))
    return Finding(True, same(f"{setup.user}: {', '.join(actor.office for actor in held)}"))


def _census(setup: Setup) -> Finding:
    with setup.store.direct() as connection:
        problems = census.census(connection)
    found = (
        same("; ".join(problems[:5]))
        if problems
        else Text("表、键、触发器齐全", "every table, key and trigger is there")
    )
    return Finding(not problems, found, Text("见 weigai db check。", "see weigai db check."))
