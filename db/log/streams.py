"""The streams that are not cases: a unit's (lists and duties), a person's (offices), the county's."""

from __future__ import annotations

import json
import secrets
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ...states.case import folded
from ...states.errors import IntegrityBroken, StoreBusy
from ..drivers import clash
from ..engine import store_errors
from ..prepared import Prepared, savepoint
from ..scope import county_wide
from ..statements import DOCUMENT, EVENT, PRIVATE, PRIVATE_OF, table
from ..tables import StreamRow
from ..vault.papers import namer
from ..vault.values import Vault
from .entry import MEND, Entry, event_of, written
from .event import reveal
from .hashes import algorithm

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection

    from ...states.values import Event
    from ..vault.keys import Keys

STREAM = table(StreamRow)
_LAST = 2**63 - 1  # what a column of numbers holds
_SEQ = select(func.max(EVENT.c.seq)).where(EVENT.c.county == bindparam("county"), EVENT.c.stream == bindparam("stream"))
_END = Prepared(
    select(EVENT.c.seq, EVENT.c.hash).where(
        EVENT.c.county == bindparam("county"),
        EVENT.c.stream == bindparam("stream"),
        EVENT.c.seq == _SEQ.correlate(None).scalar_subquery(),
    )
)
_SHARE = Prepared(
    select(STREAM.c.seq)
    .where(STREAM.c.county == bindparam("county"), STREAM.c.stream == bindparam("stream"))
    .with_for_update(read=True)
)


def append(
    connection: Connection,
    county: str,
    stream: str,
    entry: Entry,
    *,
    keys: Keys | None = None,
    salts: Callable[[int], bytes] = secrets.token_bytes,
    alg: str | None = None,
) -> Event:
    """Write one event to a stream, behind its lock; its head moves with it. `alg`: default the connection's.

    Raises:
        StoreBusy: somebody else began the same stream at this moment; roll back and repeat.
        KeysMissing: it holds personal values, and there are no keys to encrypt them with.
    """
    where = (STREAM.c.county == county, STREAM.c.stream == stream)
    last = connection.execute(select(STREAM.c.seq, STREAM.c.head).where(*where).with_for_update()).first()
    seq, prev = _next(connection, county, stream, last)
    head = {"county": county, "stream": stream, "seq": seq, "from": None, "prev": prev}
    vault = Vault(connection, keys, random=salts)
    name = namer(vault, stream.partition("/")[2]) if entry.documents else None
    event, rows, _ = written(entry, head, salts, alg or algorithm(connection), connection, name)
    private, new_keys = vault.seal(county, stream, rows["private"])
    try:
        with savepoint(connection):
            if last:
                connection.execute(update(STREAM).where(*where).values(seq=seq, head=event.hash))
            else:
                connection.execute(insert(STREAM), {"county": county, "stream": stream, "seq": seq, "head": event.hash})
            connection.execute(insert(EVENT), rows["event"])
            vault.keep(new_keys)
            if private:
                connection.execute(insert(PRIVATE), private)
            if rows["documents"]:
                connection.execute(insert(DOCUMENT), rows["documents"])
    except IntegrityError as error:
        if not clash(error):
            raise
        raise StoreBusy from None
    return event


def _next(connection: Connection, county: str, stream: str, head: Any) -> tuple[int, str | None]:
    """Return the number of the next event and the hash before it, from the last event where one can be seen.

    A head that says otherwise stops nobody: what is written goes on from the events, and the verification tells.

    Raises:
        IntegrityBroken: the last event has the last number that there is.
    """
    last = _END(connection, {"county": county, "stream": stream}).fetchone() or head
    if last is None:
        return 1, None
    if last[0] >= _LAST:
        raise IntegrityBroken([f"{county}:{stream}: event {last[0]}"], MEND)
    return last[0] + 1, last[1]


def request_done(connection: Connection, county: str, stream: str, request_id: str) -> Event | None:
    """Return the event that a request id wrote to a stream, if it did."""
    row = connection.execute(
        select(EVENT.c.hash, EVENT.c.body).where(
            EVENT.c.county == county, EVENT.c.stream == stream, EVENT.c.request_id == request_id
        )
    ).first()
    return event_of(row.hash, row.body) if row else None


def revealed(connection: Connection, event: Event, keys: Keys | None) -> dict[str, Any]:
    """Return the changes of an event with its personal values put back, erased ones None."""
    rows = PRIVATE_OF(connection, {"county": event.county, "stream": event.stream}).fetchall()
    kept = Vault(connection, keys).values(event.county, event.stream, (row for row in rows if row[0] == event.seq))
    values = {field: value for (_, field), value in kept.items()}
    return {path: reveal(value, values, path) for path, value in event.changes.items()}


def share(connection: Connection, county: str, streams: Collection[str]) -> None:
    """Let nobody add to these streams until the transaction ends, and go on beside others who share them.

    Whoever has a part of a county in scope may share the county's own stream too, and for this statement alone.

    Raises:
        StoreBusy: somebody added to one since this transaction began, or holds it for too long.
    """
    scope = county_wide(connection) if "county" in streams else nullcontext()
    with store_errors(), scope:
        for stream in sorted(set(streams)):
            _SHARE(connection, {"county": county, "stream": stream}).fetchall()


def locked(connection: Connection, county: str, stream: str) -> int:
    """Lock a stream to the end of the transaction and return the number that its next event gets.

    The stream of a person whose office reaches nothing in scope is only read: `grants.propose` sees whether something
    came between.
    """
    head = select(STREAM.c.seq, STREAM.c.head).where(STREAM.c.county == county, STREAM.c.stream == stream)
    last = connection.execute(head.with_for_update()).first() or connection.execute(head).first()
    return _next(connection, county, stream, last)[0]


def record_of(connection: Connection, county: str, stream: str) -> dict[str, Any]:
    """Return the record of a stream: its events' changes folded, personal values as commitments."""
    query = select(EVENT.c.body).where(EVENT.c.county == county, EVENT.c.stream == stream).order_by(EVENT.c.seq)
    record: dict[str, Any] = {}
    for (body,) in connection.execute(query):
        record = folded(record, json.loads(body)["changes"])
    return record
