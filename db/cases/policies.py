"""Store the contents of policies by their hash, for good; every reading compares content and hash."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, bindparam, case, exists, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from ...states.errors import IntegrityBroken, NotFound, StoreBusy
from ...states.policy.tables import policy_hash as hash_of
from ..drivers import clash
from ..log.entry import dumps
from ..prepared import savepoint
from ..statements import CASE, area, table
from ..tables import PolicyRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import Connection

POLICY = table(PolicyRow)
_MEND = (
    "该方案的内容与其散列不符，因此不据以办理任何事项。请运行 weigai audit verify，并从备份中恢复该内容。",
    (
        "The content of this policy does not have its hash, so nothing is decided by it. Run weigai audit verify, then "
        "restore the content from a backup."
    ),
)
_SAID: dict[str, tuple[str, str] | None] = {}  # by hash, the id and county that a content says; None: it says none
_CONTENT = select(POLICY.c.content).where(POLICY.c.hash == bindparam("hash"))


def keep(
    connection: Connection,
    policy_id: str,
    policy_hash: str,
    content: str,
    moves: dict[str, dict[str, str]],
    stored_at: str,
) -> None:
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
        "hash": policy_hash,
        "id": policy_id,
        "content": content,
        "moves": dumps(moves),
        "stored_at": stored_at,
    }
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
def is_content(content: object, policy_hash: str) -> bool:
    """Tell whether a text is the content of a hash; asked once for each content that a process reads."""
    try:
        return isinstance(content, str) and hash_of(content) == policy_hash  # a damaged file may hold no text
    except UnicodeEncodeError:  # the bytes that are kept are no UTF-8 any more
        return False


def in_use(connection: Connection, within: Sequence[str]) -> list[str]:
    """Return the hashes of the contents kept that cases of these units are pinned to."""
    counties = {code[:6] for code in within}
    used = exists().where(CASE.c.policy_hash == POLICY.c.hash, CASE.c.county.in_(counties), area(CASE.c.unit, within))
    return list(connection.execute(select(POLICY.c.hash).where(used).order_by(POLICY.c.hash)).scalars())


def pinned(connection: Connection, within: Sequence[str], hashes: Sequence[str]) -> dict[str, list[str]]:
    """Return the cases of these units that are pinned to some contents, or to one that is not kept, by hash."""
    there = exists().where(POLICY.c.hash == CASE.c.policy_hash)
    mine = (or_(CASE.c.policy_hash.in_(hashes), ~there), area(CASE.c.unit, within))
    found: dict[str, list[str]] = {}
    for row in connection.execute(select(CASE.c.policy_hash, CASE.c.id).where(*mine).order_by(CASE.c.id)):
        found.setdefault(row.policy_hash, []).append(row.id)
    return found


class Kept(NamedTuple):
    """A content that is kept, and the id and county that it says; of a damaged one the id that its row has, and no county."""

    hash: str
    id: str
    county: str | None


def kept(connection: Connection) -> list[Kept]:
    """Return every content kept, oldest first; a text that says no id and no county is left out.

    What a content says is read once for each process. The row's own id is compared by the audit, and nothing goes by it.
    """
    rows = connection.execute(select(POLICY.c.hash, POLICY.c.id).order_by(POLICY.c.stored_at, POLICY.c.hash)).all()
    found = []
    for row in rows:
        if row.hash not in _SAID:
            text = connection.execute(_CONTENT, {"hash": row.hash}).scalar()
            if text is None or not is_content(text, row.hash):  # not remembered: it may be put back
                found.append(Kept(row.hash, row.id, None))
                continue
            _SAID[row.hash] = _says(text)
        said = _SAID[row.hash]
        found += [Kept(row.hash, *said)] if said else []
    return found


def _says(text: str) -> tuple[str, str] | None:
    try:
        told = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    policy_id, county = told.get("id"), told.get("county")
    return (policy_id, county) if isinstance(policy_id, str) and isinstance(county, str) else None


def versions(connection: Connection, within: Sequence[str], closed: Sequence[str]) -> list[dict[str, Any]]:
    """Return every content kept, oldest first: id, hash, when it was kept, and how many cases of these units go by it."""
    ended = case((CASE.c.state.in_(tuple(closed)), 1), else_=0)
    query = (
        select(
            POLICY.c.id,
            POLICY.c.hash,
            POLICY.c.stored_at,
            func.count(CASE.c.id).label("cases"),
            func.coalesce(func.sum(ended), 0).label("ended"),
        )
        .select_from(POLICY.outerjoin(CASE, and_(CASE.c.policy_hash == POLICY.c.hash, area(CASE.c.unit, within))))
        .group_by(POLICY.c.id, POLICY.c.hash, POLICY.c.stored_at)
        .order_by(POLICY.c.id, POLICY.c.stored_at)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
