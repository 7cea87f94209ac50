"""The contents of policies, kept for ever by their hash, and believed by it alone: it is compared at every reading."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, case, func, insert, select
from sqlalchemy.exc import IntegrityError

from ..states.errors import IntegrityBroken, NotFound, StoreBusy
from ..states.policy import policy_hash as hash_of
from .drivers import clash
from .entries import dumps
from .prepared import savepoint
from .statements import CASE, area, table
from .tables import PolicyRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import Connection

POLICY = table(PolicyRow)
_MEND = (
    "这一政策的内容与其散列不符，不据以办理任何事项。请运行 weigai audit verify，并从备份中恢复该内容。",
    "The content of this policy is not that of its hash, so nothing is decided by it. Run weigai audit verify, and put it back from a backup.",
)
_CONTENT = select(POLICY.c.content).where(POLICY.c.hash == bindparam("hash"))


def keep(
    connection: Connection, policy_id: str, policy_hash: str, content: str, moves: dict[str, dict[str, str]],
    stored_at: str,
) -> None:  # fmt: skip
    """Keep a policy's content with the moves read off it; the same content is kept once.

    Raises:
        IntegrityBroken: the content that is given, or kept already, is not the one of the hash.
        StoreBusy: somebody else kept it at this moment, and this transaction cannot see it: repeat it.
    """
    _prove(policy_hash, content)
    there = connection.execute(_CONTENT, {"hash": policy_hash}).scalar()
    if there is not None:
        _prove(policy_hash, there)
        return
    row = {
        "hash": policy_hash, "id": policy_id, "content": content, "moves": dumps(moves), "stored_at": stored_at,
    }  # fmt: skip
    try:
        with savepoint(connection):
            connection.execute(insert(POLICY), row)
    except IntegrityError as error:  # kept by somebody else at this moment
        if not clash(error):
            raise
        if connection.execute(_CONTENT, {"hash": policy_hash}).first() is None:
            raise StoreBusy from None  # and this transaction cannot see it


def content(connection: Connection, policy_hash: str) -> str:
    """Return the content of a policy by its hash.

    Raises:
        NotFound: it is not kept here.
        IntegrityBroken: what is kept is not the content of that hash.
    """
    found = connection.execute(_CONTENT, {"hash": policy_hash}).scalar()
    if found is None:
        raise NotFound(f"policy {policy_hash}")
    _prove(policy_hash, found)
    return str(found)


def _prove(policy_hash: str, content: str) -> None:
    if not is_content(content, policy_hash):
        raise IntegrityBroken([f"policy {policy_hash[:23]}"], _MEND)


@lru_cache(maxsize=64)
def is_content(content: str, policy_hash: str) -> bool:
    """Tell whether a text is the content of a hash; asked once for each content that a process reads."""
    try:
        return hash_of(content) == policy_hash
    except UnicodeEncodeError:  # the bytes that are kept are no UTF-8 any more
        return False


def in_use(connection: Connection) -> list[tuple[str, str, dict[str, dict[str, str]]]]:
    """Return (hash, id, moves) of the policies that cases are pinned to; the moves are shown, and no act rests on them.

    Raises:
        IntegrityBroken: one of the contents is not the one of its hash, or the moves beside it are none.
    """
    used = select(CASE.c.policy_hash).where(CASE.c.policy_hash == POLICY.c.hash).exists()
    rows = connection.execute(select(POLICY).where(used).order_by(POLICY.c.id)).all()
    for row in rows:
        _prove(row.hash, row.content)
    return [(row.hash, row.id, _moves(row)) for row in rows]


def _moves(row: Any) -> dict[str, dict[str, str]]:
    try:
        return dict(json.loads(row.moves))
    except (ValueError, TypeError):
        raise IntegrityBroken([f"policy/{row.id}: the moves kept beside it cannot be read"]) from None


def kept(connection: Connection) -> list[tuple[str, str]]:
    """Return (id, hash) of every policy kept, oldest first."""
    rows = connection.execute(select(POLICY.c.id, POLICY.c.hash).order_by(POLICY.c.stored_at))
    return [(row.id, row.hash) for row in rows]


def versions(connection: Connection, within: Sequence[str], closed: Sequence[str]) -> list[dict[str, Any]]:
    """Return every content kept, oldest first: id, hash, when it was kept, and how many cases of these units go by it."""
    ended = case((CASE.c.state.in_(tuple(closed)), 1), else_=0)
    query = (
        select(
            POLICY.c.id, POLICY.c.hash, POLICY.c.stored_at, func.count(CASE.c.id).label("cases"),
            func.coalesce(func.sum(ended), 0).label("ended"),
        )
        .select_from(POLICY.outerjoin(CASE, and_(CASE.c.policy_hash == POLICY.c.hash, area(CASE.c.unit, within))))
        .group_by(POLICY.c.id, POLICY.c.hash, POLICY.c.stored_at)
        .order_by(POLICY.c.id, POLICY.c.stored_at)
    )  # fmt: skip
    return [dict(row) for row in connection.execute(query).mappings()]
