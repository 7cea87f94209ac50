"""The verification of the record: every chain, every copy, every commitment, every case against its replay, every head.

Events are read once, in the order of their key, and the rows beside them in the same ranges, so that memory stays the
same whatever the size. Over PostgreSQL the transaction should be REPEATABLE READ where others write at the same time.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from ..states.checks import load_policy
from ..states.errors import PolicyRefused
from ..states.policy import policy_hash
from .audit_heads import Proof, check_heads, proofs
from .audit_open import Opener
from .audit_ranges import Place, places, tolerant, wanted
from .audit_replay import COPIES, Policy, Problem, Replay
from .audit_rows import kept_rows, without_events
from .entries import dumps
from .heads import HEAD, LEAF
from .policies import POLICY
from .statements import CASE, DOCUMENT, EVENT, KEPT_VALUES, KEY, PRIVATE, WITH_KEY
from .statements import whole as whole_counties
from .streams import STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from .files import FileStore
    from .heads import Held
    from .keys import Keys

__all__ = ["Part", "Place", "Verified", "joined", "part", "places", "verify"]
_CHUNK = 1000
_ROW = [EVENT.c[name] for name in (*COPIES.values(), "hash", "body")]
_PAPERS = select(
    *(DOCUMENT.c[name] for name in ("stream", "seq", "no", "kind", "size", "media_type", "salt", "sha256"))
)
_VALUES = KEPT_VALUES.with_only_columns(
    PRIVATE.c.stream, PRIVATE.c.seq, PRIVATE.c.field, PRIVATE.c.person, PRIVATE.c.value, KEY.c.master, KEY.c.wrapped,
    PRIVATE.c.salt,
)  # fmt: skip


class Verified(NamedTuple):
    """What a verification read and every problem that it found, those of a stream by its numbers.

    `proofs` say, by county, up to where a head held outside proves the record; `remarks` are no problems, but worth a
    look; `strange` are lines of what was held outside that are no heads.
    """

    events: int
    streams: int
    problems: tuple[Problem, ...]
    proofs: tuple[Proof, ...] = ()
    remarks: tuple[Problem, ...] = ()
    strange: tuple[str, ...] = ()


class Part(NamedTuple):
    """What was read of a range of streams: events by county, the streams, and events by the head that first holds them.

    `upto` are the last heads that there were, by county: of later ones not every leaf was read.
    """

    events: Counter[str]
    streams: int
    problems: list[Problem]
    remarks: list[Problem]
    moved: Counter[tuple[str, int]]
    upto: dict[str, int]


def verify(
    connection: Connection, *, keys: Keys | None = None, files: FileStore | None = None, only: str | None = None,
    most: int = 100, held: Held | None = None, within: Sequence[str] | None = None,
) -> Verified:  # fmt: skip
    """Verify every stream in bounded memory, or one case's; at most `most` problems are told.

    Args:
        keys: what personal values and papers are opened with; without it they are not compared with their commitments.
        files: where the papers are; without it only their rows are verified.
        only: a case's id.
        held: heads that are held outside the database.
        within: only what lies in these units: every stream of a county, else the streams of the cases.
    """
    read = part(connection, keys=keys, files=files, only=only, most=most, within=within)
    return joined(connection, [read], only=only, most=most, held=held, within=within)


def joined(
    connection: Connection, parts: Sequence[Part], *, only: str | None = None, most: int = 100,
    held: Held | None = None, within: Sequence[str] | None = None, chain: bool = False,
) -> Verified:  # fmt: skip
    """Put the parts together, with what they can not see: rows without events, the heads, and those held outside.

    Of parts of the `chain` alone only the heads of streams are rows that need events.
    """
    count: Counter[str] = Counter()
    for p in parts:
        count.update(p.events)
    problems = [problem for p in parts for problem in p.problems]
    whole = len(problems) < most  # else the reading stopped before the end
    if whole:
        bare = islice(without_events(connection, only, within, chain=chain), most)
        problems += [Problem(stream, 0, what) for stream, what in bare]
        problems += [] if only or chain else _file(connection, most)
    moved: Counter[tuple[str, int]] = Counter()
    for p in parts:
        moved.update(p.moved)
    upto = {county: min(p.upto.get(county, 0) for p in parts) for county in parts[0].upto}
    counties = None if within is None else whole_counties(within)
    sound, wrong = check_heads(connection, upto if whole and not only else {}, moved, only, counties)
    problems = problems[:most] + wrong[:most]
    read = {county: n for county, n in count.items() if counties is None or county in counties}
    reached, wrong = proofs(connection, sound, held, None if only else read, bool(problems), counties)
    problems += wrong[:most]
    remarks = [remark for p in parts for remark in p.remarks]
    strange = tuple(held.strange) if held else ()
    streams = sum(p.streams for p in parts)
    problems.sort(key=_place)
    return Verified(count.total(), streams, tuple(problems), reached, tuple(remarks[:most]), strange)


def _file(connection: Connection, most: int) -> list[Problem]:
    """Compare an SQLite file's tables with its indexes: else a key that flipped in the one is read from the other."""
    if connection.dialect.name != "sqlite":
        return []
    told = connection.exec_driver_sql(f"PRAGMA integrity_check({most})").scalars()
    return [Problem("database", 0, str(line)) for line in told if line != "ok"]


def _place(problem: Problem) -> tuple[bool, str, int]:
    """Put the first bad event of each stream first, and what is said of heads behind the events."""
    return problem.stream.endswith(":head"), problem.stream, problem.seq


def part(
    connection: Connection, *, keys: Keys | None = None, files: FileStore | None = None, only: str | None = None,
    most: int = 100, start: Place | None = None, end: Place | None = None, within: Sequence[str] | None = None,
) -> Part:  # fmt: skip
    """Verify the streams from `start` on and before `end`, or one case's; with `within`, those of these units."""
    opener = Opener(connection, keys, files)
    return tolerant(connection, lambda: _read(connection, opener, wanted(_ROW, only, start, end, within), most))


def _read(connection: Connection, opener: Opener, query: Any, most: int) -> Part:
    last = select(HEAD.c.county, func.max(HEAD.c.no)).group_by(HEAD.c.county)
    upto = {row[0]: row[1] for row in connection.execute(last)}
    found = Part(Counter(), 0, [], [], Counter(), upto)
    streams, policies = 0, _policies(connection)
    open_: dict[str, Replay] = {}  # at most the one stream that goes on in the next chunk
    for chunk in _chunks(connection, query):
        side = _side(connection, chunk)
        found.events[chunk.county] += sum(len(rows) for rows in chunk.rows.values())
        for stream, rows in chunk.rows.items():
            name = f"{chunk.county}:{stream}"
            if name not in open_:
                open_[name] = Replay(name, opener, [leaf[:3] for leaf in side.leaves.get(stream, ())])
                streams += 1
                _count(found.moved, chunk.county, side.leaves.get(stream, ()))
            found.problems.extend(_taken(open_[name], rows, side.private.get(stream, {}), side.papers.get(stream, {})))
            if stream != chunk.unfinished:
                found.problems.extend(_closed(connection, open_.pop(name), side.heads.get(stream), policies, found))
        if len(found.problems) >= most:
            break
    return found._replace(streams=streams)


def _count(moved: Counter[tuple[str, int]], county: str, leaves: Sequence[tuple[int, int, str]]) -> None:
    """Add how many events each head holds of a stream that the one before did not."""
    before = 0
    for no, seq in sorted((no, seq) for seq, no, _ in leaves):
        moved[county, no] += seq - before if seq > before else -(10**18)  # a leaf that goes back fits no head
        before = seq


def _taken(replay: Replay, rows: Sequence[Any], private: Any, papers: Any) -> list[Problem]:
    found: list[Problem] = []
    if not private and not papers:
        for row in rows:
            found += replay.take(row, (), ())
        return found
    for row in rows:
        found += replay.take(row, private.pop(row[2], ()), papers.pop(row[2], ()))
    if private or papers:
        found.append(Problem(replay.stream, replay.seq, "personal values or papers that no event names"))
    return found


def _closed(
    connection: Connection, replay: Replay, head: Any, policies: Mapping[str, Policy], found: Part
) -> list[Problem]:
    problems = replay.close(head, policies)
    problems += [
        Problem(replay.stream, replay.seq, what) for what in kept_rows(connection, replay.stream, replay.record)
    ]
    found.remarks.extend(replay.remarks)
    return problems


# ---------------------------------------------------------------------- reading


class _Chunk(NamedTuple):
    """Events of one county in the order of their key; of the stream `unfinished` more are to come."""

    county: str
    rows: dict[str, list[Any]]
    unfinished: str | None
    above: int | None  # the first stream goes on from behind this number


def _chunks(connection: Connection, query: Any) -> Iterator[_Chunk]:
    """Yield whole streams, about a thousand events at a time; one that is longer comes in pieces."""
    rows: dict[str, list[Any]] = {}
    county, count, above = "", 0, None
    last: Any = None
    for row in _rows(connection, query):
        if last is not None and (row[1] != last[1] or row[0] != last[0]):
            if row[0] != county or count >= _CHUNK or above is not None:
                yield _Chunk(county, rows, None, above)
                rows, count, above = {}, 0, None
        elif count >= _CHUNK and len(rows) == 1:
            yield _Chunk(county, rows, last[1], above)
            rows, count, above = {}, 0, last[2]
        county, last = row[0], row
        rows.setdefault(row[1], []).append(row)
        count += 1
    if rows:
        yield _Chunk(county, rows, None, above)


def _rows(connection: Connection, query: Any) -> Iterator[Any]:
    for some in connection.execute(query.execution_options(yield_per=_CHUNK)).partitions():
        yield from some


class _Side(NamedTuple):
    """What stands beside a chunk's events, by stream: values and papers by number, leaves, and the heads of streams."""

    private: dict[str, dict[int, list[Any]]]
    papers: dict[str, dict[int, list[Any]]]
    leaves: dict[str, list[tuple[int, int, str]]]
    heads: dict[str, Mapping[str, Any]]


def _side(connection: Connection, chunk: _Chunk) -> _Side:
    names = list(chunk.rows)
    private = _numbered(connection, _VALUES, PRIVATE, chunk, names)
    papers = _numbered(connection, _PAPERS, DOCUMENT, chunk, names)
    leaves: dict[str, list[tuple[int, int, str]]] = {}
    if chunk.above is None:
        kept = select(LEAF.c.stream, LEAF.c.seq, LEAF.c.no, LEAF.c.hash).where(*_among(LEAF, chunk, names))
        for stream, *leaf in connection.execute(kept):
            leaves.setdefault(stream, []).append(tuple(leaf))
    ended = [name for name in names if name != chunk.unfinished]
    return _Side(private, papers, leaves, _heads(connection, chunk.county, ended))


def _among(table: Any, chunk: _Chunk, names: Sequence[str]) -> list[Any]:
    """Return the conditions for the rows of a chunk's streams: they lie side by side in the key of every table."""
    return [table.c.county == chunk.county, table.c.stream >= names[0], table.c.stream <= names[-1]]


def _numbered(connection: Connection, query: Any, table: Any, chunk: _Chunk, names: Sequence[str]) -> Any:
    """Return the rows beside a chunk's events by stream and number, which stand first in each."""
    where = _among(table, chunk, names)
    if chunk.above is not None:
        where.append(table.c.seq > chunk.above)
    if chunk.unfinished is not None:
        where.append(table.c.seq <= chunk.rows[chunk.unfinished][-1][2])
    found: dict[str, dict[int, list[Any]]] = {}
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


def _heads(connection: Connection, county: str, streams: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the heads of streams: a case's own row, or the stream's."""
    found: dict[str, Mapping[str, Any]] = {}
    cases = [stream.removeprefix("case/") for stream in streams if stream.startswith("case/")]
    if cases:
        query = select(CASE, KEY.c.master, KEY.c.wrapped).select_from(WITH_KEY)
        query = query.where(CASE.c.county == county, CASE.c.id.in_(cases))
        found |= {f"case/{row['id']}": dict(row) for row in connection.execute(query).mappings()}
    others = [stream for stream in streams if not stream.startswith("case/")]
    if others:
        query = select(STREAM).where(STREAM.c.county == county, STREAM.c.stream.in_(others))
        found |= {row["stream"]: dict(row) for row in connection.execute(query).mappings()}
    return found


def _policies(connection: Connection) -> dict[str, Policy]:
    """Return what is kept of every policy that cases are pinned to, by hash, each content read once."""
    return {row.hash: _kept(row) for row in connection.execute(select(POLICY))}


def _kept(row: Any) -> Policy:
    try:
        return Policy(row.id, policy_hash(row.content) == row.hash, row.moves == _moves(row.content))
    except UnicodeEncodeError:  # the bytes that are kept are no UTF-8 any more
        return Policy(row.id, False, False)


@lru_cache(maxsize=64)
def _moves(content: str) -> str | None:
    """Return the moves of a policy's content as they are kept; None for a content that is no policy."""
    try:
        return dumps(load_policy(content).moves())
    except PolicyRefused:
        return None
