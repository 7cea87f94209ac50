"""Data keys wrapped anew under the newest master key, and values of older schemas encrypted for the first time."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, select, text, tuple_, update

from ..states.errors import IntegrityBroken, KeysMissing, KeysNeeded, StoreBusy
from . import key_file
from .cipher import as_text, decrypted, encrypted, from_text
from .engine import WAIT_MS, connected, store_errors
from .keys import master_id
from .revision import check
from .scope import whole
from .statements import CASE, HOLD_MASTER, KEY, MASTER, PRIVATE
from .tables import placed
from .vault import Vault, newest_held, newest_of, owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection, Engine

    from .key_file import KeyFile
    from .keys import Keys

_BATCH = 500
_PLACE = (KEY.c.county, KEY.c.stream, KEY.c.person)
ONE_ROTATION = "SELECT pg_advisory_xact_lock(7739118053)"  # our own key: one rotation of a database at a time


class Batch(NamedTuple):
    """What became of some data keys: how many were wrapped anew, the streams of those that do not open, and the last."""

    wrapped: int
    lost: tuple[str, ...]
    last: tuple[str, str, str] | None


def rewrap(
    connection: Connection, keys: Keys, *, after: tuple[str, str, str] = ("", "", ""),
    random: Callable[[int], bytes] = secrets.token_bytes, most: int = _BATCH,
) -> Batch:  # fmt: skip
    """Wrap the next data keys that an older master key wrapped under the newest one; one that does not open is left.

    Values are not touched. Call it again `after` the last one, each time in a transaction of its own, until there is none.
    """
    newest, master = keys.master
    wanted = (KEY.c.wrapped.is_not(None), KEY.c.master != newest, tuple_(*_PLACE) > tuple_(*after))
    rows = connection.execute(select(KEY).where(*wanted).order_by(*_PLACE).limit(most).with_for_update()).all()
    lost = []
    for row in rows:
        own = _opened(row, keys, row.master)
        if own is None:
            lost.append(str(row.stream))
            continue
        place = (row.county, row.stream, row.person)
        wrapped = as_text(encrypted(keys.cipher, master, own, owner_of(*place, newest), random))
        connection.execute(update(KEY).where(tuple_(*_PLACE) == tuple_(*place)).values(master=newest, wrapped=wrapped))
    last = (rows[-1].county, rows[-1].stream, rows[-1].person) if rows else None
    return Batch(len(rows) - len(lost), tuple(lost), last)


def _opened(row: Any, keys: Keys, master: str) -> bytes | None:
    """Return a data key as a master key opens it, None where that does not."""
    try:
        place = owner_of(row.county, row.stream, row.person, master)
        return decrypted(keys.master_of(master), from_text(row.wrapped), place)
    except (KeysMissing, IntegrityBroken):
        return None


class Rotated(NamedTuple):
    """What a rotation came to.

    `wrapped` data keys are wrapped anew; `masters` says how many each master key then wraps; `keys` are the new keys;
    `lost` are the streams whose data keys no master key opens: those were left as they were.
    """

    wrapped: int
    masters: dict[str, int]
    keys: Keys
    lost: tuple[str, ...]


def rotate(
    engine: Engine, path: Path, *, cipher: str | None = None, given_up: str | None = None,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Rotated:  # fmt: skip
    """Take a new master key into the key file and the database, then wrap every data key anew, some at a time.

    One rotation at a time. The file is only ever added to, and read back before a data key depends on it. A master key
    that was made and never used, as an interrupted rotation leaves it, is taken, and no further one is made.

    Args:
        engine: of a role that sees every row.
        path: the key file.
        cipher: "aes" or "sm4" for what is encrypted from now on; default as the file has it.
        given_up: the newest master key of the database, by its id, where it is lost for good.

    Raises:
        StoreUnavailable: rows are held back from this role, or the key file cannot be read or written.
        SchemaTooNew: a later release may keep keys where this one does not look.
        KeysMissing: the file is not this database's, or an older copy of it, see `_fits`.
        StoreBusy: another rotation, or other work, held a lock for too long.
    """
    writing = engine.execution_options(weigai_write=True)
    with key_file.locked(path) as file, _alone(engine):
        with _whole_schema(engine) as connection:
            before = newest_of(connection)
            _fits(connection, file.keys, before, given_up)
            used = file.keys.master[0] in {before, *masters(connection)}
        left = len(file.keys.masters) > 1 and not used  # by a rotation that was interrupted
        keys = file.keys if left else file.keys.rotated(random)
        keys = replace(keys, cipher=cipher or keys.cipher)
        file.write(keys=keys)
        with _whole_schema(writing) as connection:
            _take(connection, keys, before, given_up)
        count, lost = _all_anew(writing, keys, random)
        with _whole_schema(engine) as connection:
            return Rotated(count, masters(connection), keys, lost)


def _fits(connection: Connection, keys: Keys, newest: str | None, given_up: str | None) -> None:
    """Refuse a key file of another database, or an older copy of this one's; that some master keys are lost stops nothing.

    A newest master key that the file lacks is replaced where no data key stands under it, or where it is given up.

    Raises:
        KeysMissing: it has none of the master keys that wrap data keys, lacks a newest one that is not given up, or
            opens no data key at all.
    """
    used = masters(connection)
    if used and not any(keys.has(name) for name in used):
        raise KeysMissing(min(used))
    if newest is None or keys.has(newest) or not used:
        return
    if newest in used and newest != given_up:
        raise KeysMissing(newest, _given_up(newest, used[newest]))
    ours = KEY.c.master.in_(keys.names)
    if not any(_opened(row, keys, row.master) is not None for row in _wrapped(connection, ours)):
        raise KeysMissing(newest)


def _given_up(master: str, count: int) -> tuple[str, str]:
    """Return what to do about a newest master key that is lost, and what that costs, in Chinese and in English."""
    return (
        f"它包裹着 {count} 个数据密钥；如确已丢失，请运行：weigai db rotate-key --give-up {master}",
        f" {count} data keys stand under it; where it is lost for good, run: weigai db rotate-key --give-up {master}",
    )


def _all_anew(engine: Engine, keys: Keys, random: Callable[[int], bytes]) -> tuple[int, tuple[str, ...]]:
    count, lost, after = 0, set[str](), ("", "", "")
    while True:
        with _whole_schema(engine) as connection:
            done = rewrap(connection, keys, after=after, random=random)
        if done.last is None:
            return count, tuple(sorted(lost))
        count, after = count + done.wrapped, done.last
        lost.update(done.lost)


def retire(
    engine: Engine, path: Path, *, allowed: Callable[[Connection, KeyFile], None], without_lost: bool = False
) -> tuple[str, ...]:
    """Take the master keys that nothing needs any more out of the key file; return their ids.

    Every data key is opened with the newest master key first, and nobody wraps one meanwhile.

    Args:
        engine: of a role that sees every row.
        path: the key file.
        allowed: what refuses a key file that serves another database.
        without_lost: data keys that no master key of the file opens keep none of them, whatever they name.

    Raises:
        KeysNeeded: some data key needs an old master key: rotate first.
        KeysMissing, StoreUnavailable, SchemaTooNew, StoreBusy: see `rotate`.
    """
    with key_file.locked(path) as file, _alone(engine):
        with _whole_schema(engine.execution_options(weigai_write=True)) as connection:
            allowed(connection, file)
            newest = newest_held(connection, lambda: file.keys.master[0])
        if not file.keys.has(newest):
            raise KeysMissing(newest)
        with _whole_schema(engine) as connection:  # whoever wraps goes by the newest one, and no rotation is at work
            count, gone = _left(connection, file.keys, newest)
            if count or (gone and not without_lost):
                told = sorted(set(gone))
                raise KeysNeeded(count + len(gone), told, _put_back(told) if told else None)
        kept = file.keys.retired({newest})
        dropped = tuple(master_id(key) for key in file.keys.masters if key not in kept.masters)
        file.write(keys=kept)
        return dropped


def _put_back(lost: Sequence[str]) -> tuple[str, str]:
    """Return what to do about data keys that no master key opens, in Chinese and in English."""
    listed = ", ".join(lost[:5]) + (" ..." if len(lost) > 5 else "")
    return (
        f"其中无一主密钥能打开的：{listed}；请从备份中恢复，或以 --without-lost 放弃它们。",
        f"no master key opens those of {listed}: put them back from a backup, or give them up by --without-lost",
    )


def _left(connection: Connection, keys: Keys, newest: str) -> tuple[int, list[str]]:
    """Return how many data keys an old master key opens, and the streams of those that name one and open with none."""
    count, gone = 0, list[str]()
    for row in filter(lambda row: _needs_old(row, keys, newest), _wrapped(connection)):
        if any(_opened(row, keys, name) is not None for name in keys.names):
            count += 1
        else:
            gone.append(row.stream)
    return count, gone


def _needs_old(row: Any, keys: Keys, newest: str) -> bool:
    """Tell whether a data key needs another master key of the file than the newest: by what opens it, or by its name."""
    if _opened(row, keys, newest) is not None:
        return False
    return any(row.master == name or _opened(row, keys, name) is not None for name in keys.names if name != newest)


def lost(connection: Connection, keys: Keys | None) -> tuple[str, ...]:
    """Return the streams with a data key that does not open with these keys."""
    rows = _wrapped(connection)
    return tuple(sorted({row.stream for row in rows if keys is None or _opened(row, keys, row.master) is None}))


def _wrapped(connection: Connection, *which: ColumnElement[bool]) -> Iterator[Any]:
    query = select(KEY).where(KEY.c.wrapped.is_not(None), *which)
    with connection.execute(query.execution_options(yield_per=_BATCH)) as rows:
        yield from rows


def _wait(connection: Connection) -> None:
    """Wait for everybody who wraps, and let nobody wrap until the transaction ends: on SQLite a writer is alone anyhow."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_MS // 2}ms'")  # those behind us wait longer
        connection.exec_driver_sql(f"LOCK TABLE {placed(connection, MASTER.name)} IN SHARE ROW EXCLUSIVE MODE")


def _take(connection: Connection, keys: Keys, before: str | None, given_up: str | None) -> None:
    """Make the newest of these keys the one that wraps from now on; whoever wraps at this moment is waited for.

    Raises:
        StoreBusy: another rotation, with another key file, came first.
        KeysMissing: somebody wrapped the first data key meanwhile, by a master key that the file lacks.
    """
    newest = keys.master[0]
    if before == newest:
        return
    _wait(connection)
    _fits(connection, keys, before, given_up)
    if before is None:
        taken = HOLD_MASTER(connection, {"one": 1, "master": newest})
    else:
        mine = (MASTER.c.one == 1, MASTER.c.master == before)
        taken = connection.execute(update(MASTER).where(*mine).values(master=newest))
    if taken.rowcount != 1:  # somebody wrapped the first data key meanwhile, or rotated: rotate again
        raise StoreBusy


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Let no other rotation of this database be at work; on SQLite the lock of the key file and the writers' do that.

    Raises:
        StoreBusy: one is, for some seconds already.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with store_errors(), connected(engine) as connection, connection.begin():
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_MS}ms'")
        connection.exec_driver_sql(ONE_ROTATION)
        yield


@contextmanager
def _whole_schema(engine: Engine) -> Iterator[Connection]:
    """Give a transaction in which no row is held back, on a schema of which this release knows every table."""
    with whole(engine) as connection:
        check(connection, whole=True)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_MS}ms'")
        yield connection


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


def encrypt_plain(
    connection: Connection, keys: Keys | None, *, random: Callable[[int], bytes] = secrets.token_bytes
) -> int:
    """Encrypt the values that a schema before 0003 kept in the clear; return how many.

    Raises:
        KeysMissing: there are such values, and no keys to encrypt them with.
    """
    vault, count = Vault(connection, keys, random=random), 0
    ours = and_(KEY.c.county == PRIVATE.c.county, KEY.c.stream == PRIVATE.c.stream, KEY.c.person == PRIVATE.c.person)
    plain = select(PRIVATE).select_from(PRIVATE.outerjoin(KEY, ours)).where(KEY.c.master.is_(None))
    streams = connection.execute(
        select(PRIVATE.c.county, PRIVATE.c.stream).select_from(PRIVATE.outerjoin(KEY, ours))
        .where(KEY.c.master.is_(None)).distinct()
    ).all()  # fmt: skip
    for county, stream in streams:
        own = plain.where(PRIVATE.c.county == county, PRIVATE.c.stream == stream)
        rows = [dict(row) for row in connection.execute(own).mappings()]
        sealed, made = vault.seal(county, stream, rows)
        vault.keep(made)
        for row in sealed:
            here = tuple_(PRIVATE.c.county, PRIVATE.c.stream, PRIVATE.c.seq, PRIVATE.c.field) == tuple_(
                county, stream, row["seq"], row["field"]
            )
            connection.execute(update(PRIVATE).where(here).values(person=row["person"], value=row["value"]))
        count += len(sealed)
        if stream.startswith("case/"):
            _classes(connection, vault, county, stream.removeprefix("case/"))
    return count


def _classes(connection: Connection, vault: Vault, county: str, case: str) -> None:
    here = (CASE.c.county == county, CASE.c.id == case)
    kept: Any = connection.execute(select(CASE.c.classes).where(*here)).scalar()
    if kept is not None and kept.startswith("["):
        classes = vault.seal_classes(case, json.loads(kept))
        connection.execute(update(CASE).where(*here).values(classes=classes))
