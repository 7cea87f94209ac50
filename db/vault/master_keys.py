"""Find the master keys that a database needs, and what the key file opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from ...states.errors import InputRefused, IntegrityBroken, KeysMissing
from ..statements import KEY
from .cipher import decrypted, from_text
from .held_keys import newest_of
from .values import owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection

    from .keys import Keys

_BATCH = 500


def has_keys(connection: Connection) -> bool:
    """Tell whether the database has any data key, also one whose row is held back from this role."""
    if connection.dialect.name == "postgresql":  # a table that never had a row has no page
        return bool(connection.execute(text("SELECT pg_relation_size(to_regclass('weigai_key'))")).scalar())
    return connection.execute(select(KEY.c.stream).limit(1)).first() is not None


def masters(connection: Connection) -> dict[str, int]:
    """Return how many data keys each master key wraps, by its id."""
    rows = connection.execute(
        select(KEY.c.master, func.count()).where(KEY.c.wrapped.is_not(None)).group_by(KEY.c.master)
    )
    return {str(master): int(count) for master, count in rows}


def needed(connection: Connection) -> dict[str, int]:
    """Return the master keys that the database needs, with how many data keys each wraps: the newest may wrap none yet."""
    newest = newest_of(connection)
    return {**({newest: 0} if newest else {}), **masters(connection)}


def opened(row: Any, keys: Keys, master: str) -> bytes | None:
    """Return a data key as a master key opens it, None where that does not."""
    try:
        place = owner_of(row.county, row.stream, row.person, master)
        return decrypted(keys.master_of(master), from_text(row.wrapped), place)
    except (KeysMissing, IntegrityBroken):
        return None


def lost(connection: Connection, keys: Keys | None) -> tuple[str, ...]:
    """Return the streams with a data key that does not open with these keys."""
    rows = wrapped_in(connection)
    return tuple(sorted({row.stream for row in rows if keys is None or opened(row, keys, row.master) is None}))


def wrapped_in(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Any]:
    """Yield the rows of the data keys that live."""
    query = select(KEY).where(KEY.c.wrapped.is_not(None), *which)
    with connection.execute(query.execution_options(yield_per=_BATCH)) as rows:
        yield from rows


def fits(connection: Connection, keys: Keys, newest: str | None, given_up: str | None) -> None:
    """Refuse a key file of another database, or an older copy of this one's; that some master keys are lost stops nothing.

    A newest master key that the file lacks is replaced where no data key stands under it, or where it is given up. A file
    that has no master key at all that wraps a data key takes the place of the lost one where that one is given up.

    Raises:
        InputRefused: the database has no such master key to be given up.
        KeysMissing: the master key to be found or given up by its id; or the file opens no data key that it should.
    """
    used = masters(connection)
    if (gone := all_lost(connection, keys)) is not None:
        if given_up != gone:
            raise KeysMissing(gone, _beside(given_up, without_all(gone, used)))
        return
    if given_up is not None and given_up not in {newest, *used}:
        raise InputRefused(
            f"本库没有主密钥 {given_up[:40]} 可放弃；未作改动。",
            f"the database has no master key {given_up[:40]} that you could give up; nothing was changed.",
        )
    if newest is None or keys.has(newest) or not used:
        return
    if newest in used and newest != given_up:
        raise KeysMissing(newest, _beside(given_up, without_newest(newest, used[newest])))
    ours = KEY.c.master.in_(keys.names)
    if not any(opened(row, keys, row.master) is not None for row in wrapped_in(connection, ours)):
        raise KeysMissing(
            newest, ("密钥文件打不开本库的任何数据密钥。", " The key file opens no data key of the database.")
        )


def _beside(given_up: str | None, words: tuple[str, str]) -> tuple[str, str]:
    """Say first that it was another master key that was given up, if one was."""
    if given_up is None:
        return words
    zh, en = words
    return (
        f"--give-up 写的 {given_up[:40]} 不是该主密钥。{zh}",
        f" --give-up names {given_up[:40]}, which is not that master key.{en}",
    )


def all_lost(connection: Connection, keys: Keys | None) -> str | None:
    """Return the id by which all master keys are given up, where these keys have none that the database uses; else None.

    It is that of the newest one, after a restore of the one that wraps most.
    """
    used, newest = masters(connection), newest_of(connection)
    if not used or (keys is not None and any(name in used or name == newest for name in keys.names)):
        return None
    return newest if newest in used else min(used, key=lambda name: (-used[name], name))


def without_all(master: str, used: dict[str, int]) -> tuple[str, str]:
    """Return what to do where every master key is lost, and what that costs, in Chinese and in English."""
    listed = ", ".join(f"{name} ({count})" for name, count in used.items())
    zh = (
        f"本库的主密钥（及各自加密的数据密钥数）为 {listed}，现用密钥中一个也没有。找回密钥文件或其副本，一切照旧。确已"
        f"全部丢失的，请运行：weigai db rotate-key --give-up {master}。此后可办理新的户档；此前的个人信息和材料不能再打"
        "开，也不能再按号码、姓名查到。此后找回的密钥文件，不能与新的合用。"
    )
    en = (
        f" The database's master keys, with the number of data keys that each encrypts, are {listed}; your keys "
        "contain none of them. A copy of the key file brings everything back. If there is no copy any more, run: "
        f"weigai db rotate-key --give-up {master}. Then you can open new cases; the earlier personal values and papers "
        "are lost, and no number or name finds them. A key file that you find later cannot be used together with the "
        "new one."
    )
    return zh, en


def without_newest(master: str, count: int) -> tuple[str, str]:
    """Return what to do about a newest master key that is lost, and what that costs, in Chinese and in English."""
    zh = (
        f"最新的主密钥 {master} 加密了 {count} 个数据密钥，找到它以前不能再加密。确已丢失的，请运行：weigai db "
        f"rotate-key --give-up {master}。这些数据密钥所加密的内容不能再打开，其余不受影响。"
    )
    en = (
        f" The newest master key {master} encrypts {count} data keys, and weigai can encrypt nothing more until you "
        f"find it. If it is lost for good, run: weigai db rotate-key --give-up {master}. What these data keys encrypt "
        "is then lost; everything else stays."
    )
    return zh, en
