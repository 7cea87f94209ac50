"""The checks of the machine: versions, file modes, file system, calendar and clock."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ...db.log.clock import differs
from ...states.errors import WeigaiError
from ..context import utc_now
from ..places import sqlite_file
from ..words import Text
from .check import NOTHING, Finding, applies_not, in_both, same

if TYPE_CHECKING:
    from .check import Setup

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"})
_MOUNTS = Path("/proc/mounts")


def versions(_setup: Setup) -> Finding:
    """Tell whether SQLite is new enough."""
    found = same(f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    new = sqlite3.sqlite_version_info >= (3, 37, 0)
    return Finding(new, found, Text("请安装 SQLite 3.37 以上。", "install SQLite 3.37 or later."))


def modes(setup: Setup) -> Finding:
    """Tell whether others may open the files; a group may, so that several users of the system work in one database."""
    path = sqlite_file(setup.store.url)
    files = [setup.store.key_file]
    files += [] if path is None else [Path(f"{path}{end}") for end in ("", "-wal", "-shm")]
    open_ = [str(file) for file in files if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o007]
    mend = Text("请对所列文件运行 chmod o=。", "run chmod o= on these files.")
    return Finding(not open_ or os.name == "nt", same(", ".join(open_) or "0600"), mend)


def file_system(setup: Setup) -> Finding:
    """Tell whether an SQLite file lies on a network file system, where WAL does not work."""
    path = sqlite_file(setup.store.url)
    if path is None or not _MOUNTS.exists():
        return applies_not()
    where = str(path.resolve())
    best = ("", "")
    for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, kind, *_ = line.split(" ")
        if where.startswith(point.rstrip("/") + "/") and len(point) > len(best[0]):
            best = (point, kind)
    mend = Text("请把数据库放在本机磁盘上。", "put the database on a local disk.")
    return Finding(best[1] not in _NETWORK, same(best[1] or "?"), mend)


def calendar(setup: Setup) -> Finding:
    """Tell whether working days can be counted for the next month."""
    with setup.store.session(tested=False) as session:
        context = setup.approvals(session).context
        try:
            context.calendar.is_working(context.today() + timedelta(days=30))
        except WeigaiError as error:
            mend = Text(
                "更新 chinesecalendar，或设 WEIGAI_CALENDAR。", "update chinesecalendar, or set WEIGAI_CALENDAR."
            )
            return Finding(False, in_both(error), mend)
        return Finding(True, same(context.calendar.version))


def clock(setup: Setup) -> Finding:
    """Compare the machine's clock with the server's, or with the newest event of a file."""
    with setup.store.direct() as connection:
        told = differs(connection, utc_now())
    if told is None:
        return Finding(True, Text("相符", "agrees"), NOTHING)
    found = Text(f"本机 {told.own}，数据库 {told.other}", f"this machine {told.own}, the database {told.other}")
    return Finding(False, found, Text("校准本机时间。", "set this machine's clock."))
