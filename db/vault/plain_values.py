"""Encrypt values that an older schema stored in plain text."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, tuple_, update

from ..statements import CASE, KEY, PRIVATE
from .values import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from .keys import Keys


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
        select(PRIVATE.c.county, PRIVATE.c.stream)
        .select_from(PRIVATE.outerjoin(KEY, ours))
        .where(KEY.c.master.is_(None))
        .distinct()
    ).all()
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
