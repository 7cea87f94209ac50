"""Data keys wrapped anew under the newest master key, and values of older schemas encrypted for the first time."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, tuple_, update

from .cipher import as_text, decrypted, encrypted, from_text
from .revision import check
from .scope import whole
from .statements import CASE, KEY, PRIVATE
from .vault import Vault, owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

    from .keys import Keys

_BATCH = 500


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


def rotate(engine: Engine, keys: Keys, *, before: Callable[[], None]) -> tuple[int, dict[str, int]]:
    """Wrap every data key anew, some at a time; return how many, and what each master key then wraps.

    Args:
        engine: of a role that sees every row.
        keys: with the new master key.
        before: what keeps the keys; it is done once every row is seen, and before the first is wrapped anew.

    Raises:
        StoreUnavailable: rows are held back from this role: some keys would be left under the old master key.
        SchemaTooNew: a later release may keep keys where this one does not look.
        KeysMissing, StoreBusy.
    """
    count, writing = 0, engine.execution_options(weigai_write=True)
    with _whole_schema(writing) as connection:
        masters(connection)
    before()
    while True:
        with _whole_schema(writing) as connection:
            done = rewrap(connection, keys)
        count += done
        if not done:
            break
    with _whole_schema(engine) as connection:
        return count, masters(connection)


@contextmanager
def _whole_schema(engine: Engine) -> Iterator[Connection]:
    """Give a transaction in which no row is held back, on a schema of which this release knows every table."""
    with whole(engine) as connection:
        check(connection, whole=True)
        yield connection


def masters(connection: Connection) -> dict[str, int]:
    """Return how many data keys each master key wraps, by its id."""
    rows = connection.execute(
        select(KEY.c.master, func.count()).where(KEY.c.wrapped.is_not(None)).group_by(KEY.c.master)
    )
    return {str(master): int(count) for master, count in rows}


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
