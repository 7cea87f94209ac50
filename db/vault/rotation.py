"""Encrypt data keys again under the newest master key, and remove old master keys from the key file."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select, tuple_, update

from ...states.errors import KeysMissing, KeysNeeded, StoreBusy
from ..engine import WAIT_MS, connected, store_errors
from ..revision import check
from ..scope import whole
from ..statements import HOLD_MASTER, KEY, MASTER
from ..tables import placed
from . import key_file, places
from .cipher import as_text, encrypted
from .held_keys import newest_held, newest_of
from .keys import Keys, master_id
from .master_keys import fits, masters, opened, wrapped_in
from .values import owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from .key_file import KeyFile

_BATCH = 500
_PLACE = (KEY.c.county, KEY.c.stream, KEY.c.person)
ONE_ROTATION = "SELECT pg_advisory_xact_lock(7739118053)"  # our own key: one rotation of a database at a time


class Batch(NamedTuple):
    """What became of some data keys: how many were wrapped anew, the streams of those that do not open, and the last."""

    wrapped: int
    lost: tuple[str, ...]
    last: tuple[str, str, str] | None


def rewrap(
    connection: Connection,
    keys: Keys,
    *,
    after: tuple[str, str, str] = ("", "", ""),
    random: Callable[[int], bytes] = secrets.token_bytes,
    most: int = _BATCH,
) -> Batch:
    """Wrap the next data keys that an older master key wrapped under the newest one; one that does not open is left.

    Values are not touched. Call it again `after` the last one, each time in a transaction of its own, until there is none.
    """
    newest, master = keys.master
    wanted = (KEY.c.wrapped.is_not(None), KEY.c.master != newest, tuple_(*_PLACE) > tuple_(*after))
    rows = connection.execute(select(KEY).where(*wanted).order_by(*_PLACE).limit(most).with_for_update()).all()
    lost = []
    for row in rows:
        own = opened(row, keys, row.master)
        if own is None:
            lost.append(str(row.stream))
            continue
        place = (row.county, row.stream, row.person)
        wrapped = as_text(encrypted(keys.cipher, master, own, owner_of(*place, newest), random))
        connection.execute(update(KEY).where(tuple_(*_PLACE) == tuple_(*place)).values(master=newest, wrapped=wrapped))
    last = (rows[-1].county, rows[-1].stream, rows[-1].person) if rows else None
    return Batch(len(rows) - len(lost), tuple(lost), last)


class Rotated(NamedTuple):
    """The result of a change of the master key.

    `wrapped` data keys are wrapped anew; `masters` says how many each master key then wraps; `keys` are the new keys;
    `lost` are the streams whose data keys no master key opens: those were left as they were.
    """

    wrapped: int
    masters: dict[str, int]
    keys: Keys
    lost: tuple[str, ...]


def rotate(
    engine: Engine,
    path: Path,
    *,
    cipher: str | None = None,
    given_up: str | None = None,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Rotated:
    """Take a new master key into the key file and the database, then wrap every data key anew, some at a time.

    One rotation at a time. The file is only ever added to, and read back before a data key depends on it. A master key
    that was made and never used, as an interrupted rotation leaves it, is taken, and no further one is made.

    Args:
        engine: of a role that sees every row.
        path: the key file.
        cipher: "aes" or "sm4" for what is encrypted from now on; default as the file has it.
        given_up: the newest master key of the database, by its id, where it is lost for good. With it all that the file
            lacks is given up; where there is no file any more, one is made.

    Raises:
        StoreUnavailable: rows are held back from this role, or the key file cannot be read or written.
        SchemaTooNew: a later release may keep keys where this one does not look.
        KeysMissing: the file is not this database's, or an older copy of it, see `master_keys.fits`.
        StoreBusy: another rotation, or other work, held a lock for too long.
    """
    writing, made = engine.execution_options(weigai_write=True), _made(engine, path, given_up)
    with key_file.locked(path) as file, _alone(engine):
        with _whole_schema(engine) as connection:
            before, here = newest_of(connection), places.here(connection)
            fits(connection, file.keys, before, given_up)
            used = file.keys.master[0] in {before, *masters(connection)}
        left = len(file.keys.masters) > 1 and not used  # by a rotation that was interrupted
        keys = file.keys if left else file.keys.rotated(random)
        keys = replace(keys, cipher=cipher or keys.cipher)
        file.write(keys=keys, databases=places.adopted(here, file.databases) if made else None)
        with _whole_schema(writing) as connection:
            _take(connection, keys, before, given_up)
        count, lost = _all_anew(writing, keys, random)
        with _whole_schema(engine) as connection:
            return Rotated(count, masters(connection), keys, lost)


def _made(engine: Engine, path: Path, given_up: str | None) -> bool:
    """Make a key file in the place of one that is lost for good; False where there is one, or nothing is given up.

    Raises:
        KeysMissing: there is none, and data keys stand under a master key that is not given up.
    """
    if path.exists():
        return False
    with _whole_schema(engine) as connection:
        fits(connection, Keys.fresh(), newest_of(connection), given_up)  # new keys open nothing
    if given_up is not None:
        Keys.from_file(path)
    return given_up is not None


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
    _made(engine, path, None)
    with key_file.locked(path) as file, _alone(engine):
        with _whole_schema(engine.execution_options(weigai_write=True)) as connection:
            allowed(connection, file)
            fits(connection, file.keys, newest_of(connection), None)
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
        f"其中这些没有主密钥能打开：{listed}；请从备份中恢复它们，或用 --without-lost 放弃",
        (
            f"no master key opens the data keys of {listed}: restore them from a backup, or give them up with "
            "--without-lost"
        ),
    )


def _left(connection: Connection, keys: Keys, newest: str) -> tuple[int, list[str]]:
    """Return how many data keys an old master key opens, and the streams of those that name one and open with none."""
    count, gone = 0, list[str]()
    for row in filter(lambda row: _needs_old(row, keys, newest), wrapped_in(connection)):
        if any(opened(row, keys, name) is not None for name in keys.names):
            count += 1
        else:
            gone.append(row.stream)
    return count, gone


def _needs_old(row: Any, keys: Keys, newest: str) -> bool:
    """Tell whether a data key needs another master key of the file than the newest: by what opens it, or by its name."""
    if opened(row, keys, newest) is not None:
        return False
    return any(row.master == name or opened(row, keys, name) is not None for name in keys.names if name != newest)


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
    fits(connection, keys, before, given_up)
    if not keys.has(str(before)) or not any(keys.has(name) for name in masters(connection)):
        _index_anew(connection, keys)
    if before is None:
        taken = HOLD_MASTER(connection, {"one": 1, "master": newest})
    else:
        mine = (MASTER.c.one == 1, MASTER.c.master == before)
        taken = connection.execute(update(MASTER).where(*mine).values(master=newest))
    if taken.rowcount != 1:  # somebody wrapped the first data key meanwhile, or rotated: rotate again
        raise StoreBusy


def _index_anew(connection: Connection, keys: Keys) -> None:
    """Let every county's numbers be found by these keys from now on: they take the place of keys that are lost."""
    same = (KEY.c.stream == "check", KEY.c.person == "index")
    connection.execute(update(KEY).where(*same).values(master=keys.token("check", "weigai")))


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
