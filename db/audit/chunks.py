"""Read the record in pieces: whole streams, about a thousand events at a time, with the rows that belong to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sqlalchemy import or_, select

from ..log.event import LONGEST
from ..log.heads import LEAF
from ..log.streams import STREAM
from ..statements import CASE, DOCUMENT, EVENT, INDEX, KEPT_VALUES, KEY, PRIVATE, WITH_KEY
from ..vault.index import STANDS
from .keys import StreamKey
from .replay import COPIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, RowMapping, Table

    from ..statements import DbRow, Query
    from .index import Token

SIZE = 1000
_FEW, _MANY = 8, 200  # rows asked for at a time, each of which may be long; a file answers at once, a server does not
ROW = [EVENT.c[name] for name in (*COPIES.values(), "hash", "body")]
_BODY = len(ROW) - 1
_PAPERS = select(
    *(
        DOCUMENT.c[name]
        for name in ("stream", "seq", "no", "kind", "size", "media_type", "salt", "sha256", "same", "look")
    )
)
_VALUES = KEPT_VALUES.with_only_columns(
    PRIVATE.c.stream,
    PRIVATE.c.seq,
    PRIVATE.c.field,
    PRIVATE.c.person,
    PRIVATE.c.value,
    KEY.c.master,
    KEY.c.wrapped,
    PRIVATE.c.salt,
)
_KEYS = select(KEY.c.stream, KEY.c.person, KEY.c.master, KEY.c.wrapped, KEY.c.erased_at).where(
    or_(KEY.c.stream < "file/", KEY.c.stream >= "file0")  # those of files lie between the streams of a county
)
_TOKENS = select(INDEX.c.stream, INDEX.c.kind, INDEX.c.token, INDEX.c.person).where(STANDS)


class Chunk(NamedTuple):
    """Events of one county in the order of their key; of the stream `unfinished` more are to come."""

    county: str
    rows: dict[str, list[DbRow]]
    unfinished: str | None
    above: int | None  # the first stream goes on from behind this number


def chunks(connection: Connection, query: Query) -> Iterator[Chunk]:
    """Yield whole streams, about a thousand events at a time, fewer of long ones; a longer stream comes in pieces."""
    rows: dict[str, list[DbRow]] = {}
    county, count, size, above = "", 0, 0, None
    last: DbRow | None = None
    for row in _rows(connection, query):
        full = count >= SIZE or size >= LONGEST
        if last is not None and (row[1] != last[1] or row[0] != last[0]):
            if row[0] != county or full or above is not None:
                yield Chunk(county, rows, None, above)
                rows, count, size, above = {}, 0, 0, None
        elif full and last is not None and len(rows) == 1:
            yield Chunk(county, rows, last[1], above)
            rows, count, size, above = {}, 0, 0, last[2]
        elif full:
            going_on = rows.pop(row[1])
            yield Chunk(county, rows, None, above)
            rows, above = {row[1]: going_on}, None
            count, size = len(going_on), sum(len(one[_BODY]) for one in going_on)
        county, last = row[0], row
        rows.setdefault(row[1], []).append(row)
        count += 1
        size += len(row[_BODY])
    if rows:
        yield Chunk(county, rows, None, above)


def _rows(connection: Connection, query: Query) -> Iterator[DbRow]:
    some_at_once = _FEW if connection.dialect.name == "sqlite" else _MANY
    for some in connection.execute(query.execution_options(yield_per=some_at_once)).partitions():
        yield from some


_Beside: TypeAlias = "dict[str, dict[int, list[DbRow]]]"  # rows by stream and number of the event


class Side(NamedTuple):
    """What stands beside a chunk's events, by stream: values and papers by number, leaves, heads of streams, tokens, data keys."""

    private: _Beside
    papers: _Beside
    leaves: dict[str, list[tuple[int, int, str]]]
    heads: dict[str, RowMapping]
    tokens: dict[str, set[Token]]
    keys: dict[str, list[StreamKey]]


def side_of(connection: Connection, chunk: Chunk) -> Side:
    """Return what stands beside the events of a chunk."""
    names = list(chunk.rows)
    private = _numbered(connection, _VALUES, PRIVATE, chunk, names)
    papers = _numbered(connection, _PAPERS, DOCUMENT, chunk, names)
    leaves: dict[str, list[tuple[int, int, str]]] = {}
    if chunk.above is None:
        kept = select(LEAF.c.stream, LEAF.c.seq, LEAF.c.no, LEAF.c.hash).where(*_among(LEAF, chunk, names))
        for stream, *leaf in connection.execute(kept):
            leaves.setdefault(stream, []).append(tuple(leaf))
    ended = [name for name in names if name != chunk.unfinished]
    heads = _heads(connection, chunk.county, ended)
    return Side(private, papers, leaves, heads, _tokens(connection, chunk, names), _keys(connection, chunk, names))


def _tokens(connection: Connection, chunk: Chunk, names: Sequence[str]) -> dict[str, set[Token]]:
    tokens: dict[str, set[Token]] = {}
    for stream, *token in connection.execute(_TOKENS.where(*_among(INDEX, chunk, names))):
        tokens.setdefault(stream, set()).add(tuple(token))
    return tokens


def _keys(connection: Connection, chunk: Chunk, names: Sequence[str]) -> dict[str, list[StreamKey]]:
    keys: dict[str, list[StreamKey]] = {}
    for stream, *key in connection.execute(_KEYS.where(*_among(KEY, chunk, names))):
        keys.setdefault(stream, []).append(StreamKey(*key))
    return keys


def _among(table: Table, chunk: Chunk, names: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the conditions for the rows of a chunk's streams: they lie side by side in the key of every table."""
    return [table.c.county == chunk.county, table.c.stream >= names[0], table.c.stream <= names[-1]]


def _numbered(connection: Connection, query: Query, table: Table, chunk: Chunk, names: Sequence[str]) -> _Beside:
    """Return the rows beside a chunk's events by stream and number, which stand first in each."""
    where = _among(table, chunk, names)
    if chunk.above is not None:
        where.append(table.c.seq > chunk.above)
    if chunk.unfinished is not None:
        where.append(table.c.seq <= chunk.rows[chunk.unfinished][-1][2])
    found: _Beside = {}
    for row in connection.execute(query.where(*where)).all():
        of_stream = found.get(row[0])
        if of_stream is None:
            of_stream = found[row[0]] = {}
        of_event = of_stream.get(row[1])
        if of_event is None:
            of_stream[row[1]] = [row]
        else:
            of_event.append(row)
    return found


def _heads(connection: Connection, county: str, streams: Sequence[str]) -> dict[str, RowMapping]:
    """Return the heads of streams: a case's own row, or the stream's."""
    found: dict[str, RowMapping] = {}
    cases = [stream.removeprefix("case/") for stream in streams if stream.startswith("case/")]
    if cases:
        query = select(CASE, KEY.c.master, KEY.c.wrapped).select_from(WITH_KEY)
        query = query.where(CASE.c.county == county, CASE.c.id.in_(cases))
        found |= {f"case/{row['id']}": row for row in connection.execute(query).mappings()}
    others = [stream for stream in streams if not stream.startswith("case/")]
    if others:
        query = select(STREAM).where(STREAM.c.county == county, STREAM.c.stream.in_(others))
        found |= {row["stream"]: row for row in connection.execute(query).mappings()}
    return found
