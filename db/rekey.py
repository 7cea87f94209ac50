"""Data keys wrapped anew under the newest master key, and values of older schemas encrypted for the first time."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, select, tuple_, update

from ..states.errors import IntegrityBroken, KeysMissing, KeysNeeded, StoreBusy
from . import key_file
from .cipher import as_text, decrypted, encrypted, from_text
from .engine import WAIT_MS, connected, store_errors
from .keys import master_id
from .revision import check
from .scope import whole
from .statements import CASE, HOLD_MASTER, KEY, MASTER, PRIVATE
from .tables import placed
from .vault import Vault, owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from .key_file import KeyFile
    from .keys import Keys

_BATCH = 500
ONE_ROTATION = "SELECT pg_advisory_xact_lock(7739118053)"  # our own key: one rotation of a database at a time


def rewrap(
    connection: Connection, keys: Keys, *, random: Callable[[int], bytes] = secrets.token_bytes, most: int = _BATCH
) -> int:
    """Wrap some data keys that an older master key wrapped under the newest one; return how many, 0 when all are.

    Values are not touched. Call it until it returns 0, each time in a transaction of its own.

    Raises:
        KeysMissing: a data key is wrapped by a master key that is not among these.
    """
    newest, master = keys.master
    old = select(KEY).where(KEY.c.wrapped.is_not(None), KEY.c.master != newest).limit(most).with_for_update()
    rows = connection.execute(old).all()
    for row in rows:
        place = (row.county, row.stream, row.person)
        own = decrypted(keys.master_of(row.master), from_text(row.wrapped), owner_of(*place, row.master))
        wrapped = as_text(encrypted(keys.cipher, master, own, owner_of(*place, newest), random))
        here = (KEY.c.county == row.county, KEY.c.stream == row.stream, KEY.c.person == row.person)
        connection.execute(update(KEY).where(*here).values(master=newest, wrapped=wrapped))
    return len(rows)


class Rotated(NamedTuple):
    """What a rotation came to: data keys wrapped anew, how many each master key then wraps, and the new keys."""

    wrapped: int
    masters: dict[str, int]
    keys: Keys


def rotate(
    engine: Engine, path: Path, *, cipher: str | None = None, random: Callable[[int], bytes] = secrets.token_bytes
) -> Rotated:
    """Take a new master key into the key file and the database, then wrap every data key anew, some at a time.

    One rotation at a time. The file is only ever added to, and read back before a data key depends on it. Where a
    rotation was interrupted, its master key is taken, and no further one is made.

    Args:
        engine: of a role that sees every row.
        path: the key file.
        cipher: "aes" or "sm4" for what is encrypted from now on; default as the file has it.

    Raises:
        StoreUnavailable: rows are held back from this role, or the key file cannot be read or written.
        SchemaTooNew: a later release may keep keys where this one does not look.
        KeysMissing: the file lacks a master key that the database needs.
        StoreBusy: another rotation, or other work, held a lock for too long.
    """
    writing = engine.execution_options(weigai_write=True)
    with key_file.locked(path) as file, _alone(engine):
        with _whole_schema(engine) as connection:
            before, wanted = _newest(connection), needed(connection)
        if missing := sorted(name for name in wanted if not file.keys.has(name)):
            raise KeysMissing(missing[0])
        waits = before is not None and file.keys.master[0] != before  # of a rotation that was interrupted
        keys = file.keys if waits else file.keys.rotated(random)
        keys = replace(keys, cipher=cipher or keys.cipher)
        file.write(keys=keys)
        with _whole_schema(writing) as connection:
            _take(connection, before, keys.master[0])
        count = 0
        while done := _some(writing, keys, random):
            count += done
        with _whole_schema(engine) as connection:
            return Rotated(count, masters(connection), keys)


def _some(engine: Engine, keys: Keys, random: Callable[[int], bytes]) -> int:
    with _whole_schema(engine) as connection:
        return rewrap(connection, keys, random=random)


def retire(engine: Engine, path: Path, *, allowed: Callable[[Connection, KeyFile], None]) -> tuple[str, ...]:
    """Take the master keys that nothing needs any more out of the key file; return their ids.

    Every data key is opened with the newest master key first, and nobody wraps one meanwhile.

    Args:
        engine: of a role that sees every row.
        path: the key file.
        allowed: what refuses a key file that serves another database.

    Raises:
        KeysNeeded: some data key needs an old master key: rotate first.
        KeysMissing, StoreUnavailable, SchemaTooNew, StoreBusy: see `rotate`.
    """
    with key_file.locked(path) as file, _alone(engine):
        with _whole_schema(engine.execution_options(weigai_write=True)) as connection:
            allowed(connection, file)
            newest = _held(connection)
            if newest is None or not file.keys.has(newest):
                raise KeysMissing(newest)
            if left := _not_opened(connection, replace(file.keys, source=None), newest):
                raise KeysNeeded(left)
            kept = file.keys.retired({newest})
            dropped = tuple(master_id(key) for key in file.keys.masters if key not in kept.masters)
            file.write(keys=kept)
        return dropped


def _not_opened(connection: Connection, keys: Keys, newest: str) -> int:
    """Return how many data keys the newest master key does not open."""
    left, master = 0, keys.master_of(newest)
    rows = connection.execution_options(yield_per=_BATCH).execute(select(KEY).where(KEY.c.wrapped.is_not(None)))
    for row in rows:
        place = owner_of(row.county, row.stream, row.person, newest)
        try:
            decrypted(master, from_text(row.wrapped), place)
        except (IntegrityBroken, ValueError):
            left += 1
    return left


def _newest(connection: Connection) -> str | None:
    found = connection.execute(select(MASTER.c.master).where(MASTER.c.one == 1)).scalar()
    return None if found is None else str(found)


def _held(connection: Connection) -> str | None:
    """Return the id of the newest master key; nobody wraps a data key until the transaction ends."""
    _wait(connection)
    return _newest(connection)


def _wait(connection: Connection) -> None:
    """Wait for everybody who wraps, and let nobody wrap until the transaction ends: on SQLite a writer is alone anyhow."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_MS // 2}ms'")  # those behind us wait longer
        connection.exec_driver_sql(f"LOCK TABLE {placed(connection, MASTER.name)} IN SHARE ROW EXCLUSIVE MODE")


def _take(connection: Connection, before: str | None, newest: str) -> None:
    """Make a master key the one that wraps from now on; whoever wraps at this moment is waited for.

    Raises:
        StoreBusy: another rotation, with another key file, came first.
    """
    if before == newest:
        return
    _wait(connection)
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


def masters(connection: Connection) -> dict[str, int]:
    """Return how many data keys each master key wraps, by its id."""
    rows = connection.execute(
        select(KEY.c.master, func.count()).where(KEY.c.wrapped.is_not(None)).group_by(KEY.c.master)
    )
    return {str(master): int(count) for master, count in rows}


def needed(connection: Connection) -> dict[str, int]:
    """Return the master keys that the database needs, with how many data keys each wraps: the newest may wrap none yet."""
    newest = _newest(connection)
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
