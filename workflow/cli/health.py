"""What `weigai doctor` looks at."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...states.errors import SchemaTooNew, WeigaiError
from . import settings
from .language import lang, t
from .trial_mark import mark
from .wall import role

if TYPE_CHECKING:
    from collections.abc import Callable

    from .desk import Desk

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"})
_SHOWN = 10  # streams whose keys are lost that are listed by name


class Check(NamedTuple):
    """One thing looked at: whether it is well, what was found, and what would mend it."""

    name: str
    ok: bool
    found: str
    mend: str


def checks(desk: Desk) -> list[Check]:
    """Look at everything; nothing is changed."""
    found = [_versions()]
    for name, look in (
        (t("数据库", "database"), _database), (t("数据库编码", "encoding"), _encoding), (t("登记人", "user"), _user), (t("文件权限", "file modes"), _modes),
        (t("文件系统", "file system"), _file_system), (t("工作日历", "working-day calendar"), _calendar),
        (t("本机时间", "clock"), _clock),
        (t("落盘保证", "durability"), _durability), (t("密钥与附件的位置", "places of keys and files"), _places),
        (t("附件", "attached files"), _files),
        (t("主密钥", "master keys"), _masters),
        (t("留存链头", "published heads"), _heads),
        (t("防护清点", "census"), _census), (t("行级安全", "row-level security"), _wall),
        (t("连接角色", "the address's own role"), _connects_as), (t("数据库日志", "the server's log"), _server_log),
    ):  # fmt: skip
        found.append(_guarded(name, look, desk))
    return found


def _guarded(name: str, look: Callable[[str, Desk], Check], desk: Desk) -> Check:
    try:
        return look(name, desk)
    except WeigaiError as error:
        return Check(
            name,
            False,
            error.message(lang()),
            t("按提示处理后再运行 weigai doctor。", "mend it, then run weigai doctor again."),
        )


def _versions() -> Check:
    found = f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    new = sqlite3.sqlite_version_info >= (3, 37, 0)
    return Check(t("版本", "versions"), new, found, t("需要 SQLite 3.37 以上。", "SQLite 3.37 or later is needed."))


def _database(name: str, desk: Desk) -> Check:
    from ...db.schema import current

    with desk.direct() as connection:
        revision = current(connection)
    return Check(name, True, t(f"可用，结构 {revision}", f"works, schema {revision}"), "")


def _encoding(name: str, desk: Desk) -> Check:
    """Tell whether a PostgreSQL database can hold every character; one without a schema is looked at too."""
    from ...db.engine import store_errors
    from ...db.faults import other_encoding
    from ...db.schema import encoding

    with desk.engine() as engine, store_errors(), engine.connect() as connection:
        if connection.dialect.name != "postgresql":
            return _no_server(name)
        found = encoding(connection)
    return Check(name, found == "UTF8", found, other_encoding(found).message(lang()))


def _user(name: str, desk: Desk) -> Check:
    with desk.session(tested=False) as session:
        held = desk.held(desk.approvals(session))
    return Check(name, True, f"{desk.user}: {', '.join(a.office for a in held)}", "")


def _sqlite(desk: Desk) -> Path | None:
    path = desk.url.removeprefix("sqlite:///")
    return Path(path) if desk.url.startswith("sqlite:///") and ":memory:" not in path else None


def _clock(name: str, desk: Desk) -> Check:
    """Compare the machine's clock with the server's, or with the newest event of a file."""
    from ...db.log.clock import differs
    from ..context import utc_now

    with desk.direct() as connection:
        told = differs(connection, utc_now())
    if told is None:
        return Check(name, True, t("相符", "agrees"), "")
    found = t(f"本机 {told.own}，数据库 {told.other}", f"this machine {told.own}, the database {told.other}")
    return Check(name, False, found, t("校准本机时间。", "set this machine's clock."))


def _modes(name: str, desk: Desk) -> Check:
    """Tell whether others may open the files; a group may, so that several users of the system work in one database."""
    path = _sqlite(desk)
    files = [desk.key] if path is None else [desk.key, *(Path(f"{path}{end}") for end in ("", "-wal", "-shm"))]
    open_ = [str(f) for f in files if f.exists() and stat.S_IMODE(f.stat().st_mode) & 0o007]
    return Check(
        name,
        not open_ or os.name == "nt",
        ", ".join(open_) or "0600",
        t("运行 chmod o= 于所列文件。", "run chmod o= on these files."),
    )


def _file_system(name: str, desk: Desk) -> Check:
    """Tell whether an SQLite file lies on a network file system, where WAL does not work."""
    path = _sqlite(desk)
    mounts = Path("/proc/mounts")
    if path is None or not mounts.exists():
        return Check(name, True, t("不适用", "does not apply"), "")
    where = str(path.resolve())
    best = ("", "")
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, kind, *_ = line.split(" ")
        if where.startswith(point.rstrip("/") + "/") and len(point) > len(best[0]):
            best = (point, kind)
    return Check(
        name,
        best[1] not in _NETWORK,
        best[1] or "?",
        t("请把数据库放在本机磁盘上。", "put the database on a local disk."),
    )


def _calendar(name: str, desk: Desk) -> Check:
    from datetime import timedelta

    with desk.session(tested=False) as session:
        context = desk.approvals(session).context
        try:
            context.calendar.is_working(context.today() + timedelta(days=30))
        except WeigaiError as error:
            return Check(
                name,
                False,
                error.message(lang()),
                t("更新 chinesecalendar，或设 WEIGAI_CALENDAR。", "update chinesecalendar, or set WEIGAI_CALENDAR."),
            )
        return Check(name, True, context.calendar.version, "")


def _masters(name: str, desk: Desk) -> Check:
    """Compare the master keys that the database needs with those of the key file."""
    from ...db.scope import hidden
    from ...db.vault import master_keys
    from ...db.vault.values import newest_of

    keys = desk.keys
    with desk.direct() as connection:
        if hidden(connection):
            return _no_server(name)
        newest, wanted, streams = (
            newest_of(connection),
            master_keys.needed(connection),
            master_keys.lost(connection, keys),
        )
        gone, used = master_keys.all_lost(connection, keys), master_keys.masters(connection)
    absent = {master: count for master, count in wanted.items() if keys is None or not keys.has(master)}
    if not absent and not streams:
        return Check(name, True, ", ".join(wanted) or t("尚无", "none yet"), "")
    listed = ", ".join(f"{master} ({count})" for master, count in absent.items()) or "—"
    shown = ", ".join(streams[:_SHOWN]) + (f" ... ({len(streams)})" if len(streams) > _SHOWN else "")
    mend = t("找回含有它们的密钥文件（WEIGAI_KEYS）；其余户档照常。确已放弃的，其下的户档请另行立户。",
             "find the key file that holds them (WEIGAI_KEYS); the other cases are not affected. Where it is lost for good, "
             "open their households anew.")  # fmt: skip
    if keys is not None and keys.source is None and newest in absent:
        mend = t("密钥取自 WEIGAI_MASTER_KEY，其中没有最新的主密钥：请取新的密钥（WEIGAI_KEYS 或 WEIGAI_MASTER_KEY）。",
                 "these keys come from WEIGAI_MASTER_KEY and lack the newest one: take the new keys (WEIGAI_KEYS or WEIGAI_MASTER_KEY).")  # fmt: skip
    elif gone is not None:
        mend = t(*master_keys.without_all(gone, used)).strip()
    elif newest is not None and absent.get(newest):
        mend += t(*master_keys.without_newest(newest, absent[newest]))
    found = t(f"密钥文件中没有：{listed}；打不开：{shown}", f"not in the key file: {listed}; cannot be opened: {shown}")
    return Check(name, False, found, mend)


def _places(name: str, desk: Desk) -> Check:
    """Tell whether the key file and the files folder list this database, and no other one."""
    from ...db.vault import key_file, places
    from .adopting import key_file_of

    path, files = key_file_of(desk), desk.files
    with desk.direct() as connection:
        if path is not None:
            places.require(connection, key_file.databases(path))
        if files.exists():
            places.require(connection, places.of_folder(files))
    former = (desk.former(".key"), desk.former(".files"))
    shared = [str(place) for place in former if place is not None and place in (path, files)]
    found = t(
        f"在旧版的共用位置：{', '.join(shared)}",
        f"where an earlier release kept those of every database: {', '.join(shared)}",
    )
    return Check(name, True, found if shared else t("只为本数据库服务", "serve this database alone"), "")


def _durability(name: str, desk: Desk) -> Check:
    with desk.session(tested=False) as session:
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
            return Check(name, level == 2, f"synchronous={level}", "PRAGMA synchronous=FULL")
        mode = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
        return Check(name, mode != "off", f"synchronous_commit={mode}", "ALTER SYSTEM SET synchronous_commit = on")


def _files(name: str, desk: Desk) -> Check:
    """Look for stored files that no row names, of commands that ended in the middle."""
    from ...db import FileStore
    from ...db.scope import hidden
    from ...db.vault.sweep import orphans

    with desk.direct() as connection:
        if hidden(connection):
            return _no_server(name)
        try:
            left = orphans(connection.engine, FileStore(desk.files), now=time.time())
        except SchemaTooNew as error:  # no fault of the database: the later release's own doctor looks
            return Check(name, True, error.message(lang()), "")
    found = t(f"{len(left)} 个文件无记录指向", f"{len(left)} files that no row names")
    return Check(name, not left, found, "weigai doctor --sweep")


def swept(desk: Desk) -> int:
    """Take away the stored files that no row names; return how many."""
    from ...db import FileStore
    from ...db.vault.sweep import sweep

    with desk.direct() as connection:
        return sweep(connection.engine, FileStore(desk.files), now=time.time())


def _heads(name: str, desk: Desk) -> Check:
    """Look whether the witness file holds the last head of every county that the database has."""
    from ..evidence import witness

    last = desk.read(lambda a: a.evidence.last_heads(actor=desk.reader(a)))
    path = settings.witness()
    kept = witness.newest(path) if path is not None else {}
    own = {head.county: head for head in last}
    behind = path is not None and any(kept.get(code) != own.get(code) for code in {*kept, *own})
    shown = "; ".join(head.short + mark(trial=desk.trial) for head in last) or t("无", "none")
    mend = t("运行 weigai audit verify，再运行 weigai audit head。", "run weigai audit verify, then weigai audit head.")
    if path is not None and witness.gone(kept, last):
        shown = t(f"{path} 缺失、为空或不是链头文件；{shown}", f"{path} is gone, empty or no file of heads; {shown}")
        mend = t("请找回留存链头的文件；确属首次使用的：weigai audit head --new",
                 "bring the witness file back; where it is used for the first time: weigai audit head --new")  # fmt: skip
    return Check(name, not behind, shown, mend)


def _census(name: str, desk: Desk) -> Check:
    from ...db.row_security.census import census

    with desk.direct() as connection:
        found = census(connection)
    whole = t("表、键、触发器齐全", "every table, key and trigger is there")
    return Check(name, not found, "; ".join(found[:5]) or whole, t("见 weigai db check。", "see weigai db check."))


def _wall(name: str, desk: Desk) -> Check:
    """Tell whether PostgreSQL holds rows back from the role that the command line works in."""
    with desk.direct() as connection:
        if connection.dialect.name != "postgresql":
            return _no_server(name)
    with desk.session():  # its start tests the wall
        return Check(name, True, t(f"对角色 {role()} 有效", f"holds for the role {role()}"), "")


def _no_server(name: str) -> Check:
    return Check(name, True, t("不适用", "does not apply"), "")


def _connects_as(name: str, desk: Desk) -> Check:
    """Tell whether rows are held back from whoever connects by this address, as a host application does."""
    from ...db.row_security.census import passes_by

    with desk.direct() as connection:
        if connection.dialect.name != "postgresql":
            return _no_server(name)
        who, why = passes_by(connection)
    found = ", ".join(why) or t("行级安全对其有效", "row-level security holds for it")
    return Check(
        name,
        not why,
        f"{who}: {found}",
        t(
            f"本程序以 {role()} 办事，但凡以此地址直接连接者不受限。日常请另用登录角色：CREATE ROLE … LOGIN IN ROLE {role()}",
            f"weigai itself works as {role()}, but whoever connects by this address directly is not held back. For daily "
            f"work, use a login role of its own: CREATE ROLE ... LOGIN IN ROLE {role()}",
        ),
    )


# settings by which statements are written to the log, each with the value by which they are not
_WRITES = {
    "log_statement": ("none", "ddl"), "log_min_duration_statement": ("-1",), "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
}  # fmt: skip


def _server_log(name: str, desk: Desk) -> Check:
    """Tell whether the server writes the values of statements, which are personal, into its log."""
    with desk.direct() as connection:
        if connection.dialect.name != "postgresql":
            return _no_server(name)
        query = "SELECT name, setting FROM pg_settings WHERE name LIKE 'log\\_%%'"
        is_ = {str(setting): str(value) for setting, value in connection.exec_driver_sql(query)}
    wrong = [f"{s}={is_[s]}" for s, harmless in _WRITES.items() if s in is_ and is_[s] not in harmless]
    if is_.get("log_parameter_max_length") == "0":
        wrong = []
    if is_.get("log_parameter_max_length_on_error", "0") != "0":
        wrong.append(f"log_parameter_max_length_on_error={is_['log_parameter_max_length_on_error']}")
    mend = "ALTER SYSTEM SET log_parameter_max_length = 0; ALTER SYSTEM SET log_parameter_max_length_on_error = 0"
    return Check(name, not wrong, ", ".join(wrong) or t("不记录参数值", "writes no values"), mend)
