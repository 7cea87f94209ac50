"""The verification of the record: every chain, every copy, every commitment, every case against its replay, every head.

Events are read once, in the order of their key, and the rows beside them in the same ranges, so that memory stays the
same whatever the size. Over PostgreSQL the transaction should be REPEATABLE READ where others write at the same time.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from ..states.checks import load_policy
from ..states.errors import PolicyRefused
from ..states.policy import policy_hash
from .audit_chunks import ROW, chunks, side_of
from .audit_heads import Proof, check_heads, proofs
from .audit_index import Token, expected
from .audit_open import Opener
from .audit_ranges import Place, places, tolerant, wanted
from .audit_replay import FORGED, Policy, Problem, Replay, of_numbers
from .audit_rows import kept_rows, without_events, without_keys
from .audit_times import Times, made_heads
from .entries import dumps
from .policies import POLICY
from .register import on_trial
from .statements import EVENT
from .statements import whole as whole_counties

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from .files import FileStore
    from .heads import Held
    from .keys import Keys

__all__ = ["Part", "Place", "Verified", "joined", "part", "places", "verify"]


class Verified(NamedTuple):
    """What a verification read and every problem that it found, those of a stream by its numbers.

    `proofs` say, by county, up to where a head held outside proves the record; `remarks` are no problems, but worth a
    look, what is not proved before all others, and `more` is how many of them are not told; `strange` are lines of what
    was held outside that are no heads.
    """

    events: int
    streams: int
    problems: tuple[Problem, ...]
    proofs: tuple[Proof, ...] = ()
    remarks: tuple[Problem, ...] = ()
    strange: tuple[str, ...] = ()
    more: int = 0
    trial: tuple[str, ...] = ()  # the trial counties among those that were read


class Part(NamedTuple):
    """What was read of a range of streams: events by county, the streams, and events by the head that first holds them.

    `upto` are the last heads that there were, by county: of later ones not every leaf was read. `numbers` are the remarks
    on numbers that an earlier program wrote, one for a stream; `more` is how many remarks were not kept.
    """

    events: Counter[str]
    streams: int
    problems: list[Problem]
    remarks: list[Problem]
    moved: Counter[tuple[str, int]]
    upto: dict[str, int]
    numbers: list[Problem]
    more: int = 0


def verify(
    connection: Connection, *, keys: Keys | None = None, files: FileStore | None = None, only: str | None = None,
    most: int = 100, held: Held | None = None, within: Sequence[str] | None = None, reader: str | None = None,
    now: str | None = None,
) -> Verified:  # fmt: skip
    """Verify every stream in bounded memory, or one case's; at most `most` problems are told.

    Args:
        keys: what personal values and papers are opened with; without it they are not compared with their commitments.
        files: where the papers are; without it only their rows are verified.
        only: a case's id.
        held: heads that are held outside the database.
        within: only what lies in these units: every stream of a county, else the streams of the cases.
        reader: who verifies, by whose offices the units are what they are: that person's own stream is verified too.
        now: the present moment as UTC text; an event that was recorded after it is remarked.
    """
    read = part(connection, keys=keys, files=files, only=only, most=most, within=within, now=now)
    return joined(connection, [read], only=only, most=most, held=held, within=within, reader=reader)


def joined(
    connection: Connection, parts: Sequence[Part], *, only: str | None = None, most: int = 100,
    held: Held | None = None, within: Sequence[str] | None = None, chain: bool = False, reader: str | None = None,
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
        keyless = () if chain else islice(without_keys(connection, only, within), most)
        problems += [Problem(stream, 0, what) for stream, what in keyless]
        problems += [] if only or chain else _file(connection, most)
    if within is not None and reader is not None:
        problems += _of_reader(connection, within, reader)
    moved: Counter[tuple[str, int]] = Counter()
    for p in parts:
        moved.update(p.moved)
    upto = {county: min(p.upto.get(county, 0) for p in parts) for county in parts[0].upto}
    counties = None if within is None else whole_counties(within)
    sound, wrong = check_heads(connection, upto if whole and not only else {}, moved, only, counties)
    problems = problems[:most] + wrong[:most]
    read = {county: n for county, n in count.items() if counties is None or county in counties}
    reached, wrong, not_proved = proofs(
        connection, sound, held, None if only else read, bool(problems), within, only, reader
    )
    problems += wrong[:most]
    remarks = [*not_proved, *(r for p in parts for r in p.remarks), *(r for p in parts for r in p.numbers)]
    more = max(0, len(remarks) - most) + sum(p.more for p in parts)
    strange = tuple(held.strange) if held else ()
    streams = sum(p.streams for p in parts)
    problems.sort(key=_place)
    trial = tuple(county for county in sorted(count) if on_trial(connection, county))
    return Verified(count.total(), streams, tuple(problems), reached, tuple(remarks[:most]), strange, more, trial)


def _of_reader(connection: Connection, within: Sequence[str], reader: str) -> list[Problem]:
    """Verify the reader's own stream where the area is not the whole county: the offices that it comes from stand there."""
    found: list[Problem] = []
    for county in sorted({code[:6] for code in within} - whole_counties(within)):
        query = wanted(ROW).where(EVENT.c.county == county, EVENT.c.stream == f"person/{reader}")
        found += _read(connection, Opener(connection, None, None), query, 100).problems
    return found


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
    now: str | None = None,
) -> Part:  # fmt: skip
    """Verify the streams from `start` on and before `end`, or one case's; with `within`, those of these units."""
    opener = Opener(connection, keys, files)
    return tolerant(connection, lambda: _read(connection, opener, wanted(ROW, only, start, end, within), most, now))


def _read(connection: Connection, opener: Opener, query: Any, most: int, now: str | None = None) -> Part:
    made = made_heads(connection)
    upto = {county: max(heads) for county, heads in made.items()}
    found = Part(Counter(), 0, [], [], Counter(), upto, [])
    streams, more, policies = 0, 0, _policies(connection)
    open_: dict[str, Replay] = {}  # at most the one stream that goes on in the next chunk
    for chunk in chunks(connection, query):
        beside = side_of(connection, chunk)
        found.events[chunk.county] += sum(len(rows) for rows in chunk.rows.values())
        for stream, rows in chunk.rows.items():
            name = f"{chunk.county}:{stream}"
            if name not in open_:
                leaves = beside.leaves.get(stream, ())
                times = Times(made.get(chunk.county, {}), [leaf[:2] for leaf in leaves], now)
                open_[name] = Replay(name, opener, [leaf[:3] for leaf in leaves], times)
                streams += 1
                _count(found.moved, chunk.county, leaves)
            found.problems.extend(
                _taken(open_[name], rows, beside.private.get(stream, {}), beside.papers.get(stream, {}))
            )
            if stream != chunk.unfinished:
                replay = open_.pop(name)
                found.problems.extend(_closed(connection, replay, beside.heads.get(stream), policies, found))
                found.problems.extend(_indexed(opener, replay, beside.tokens.get(stream, set())))
        for remarks in (found.remarks, found.numbers):
            more += len(remarks[most:])
            del remarks[most:]
        if len(found.problems) >= most:
            break
    return found._replace(streams=streams, more=more)


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
    problems, rows = replay.close(head, policies), 0
    for what, number in kept_rows(connection, replay.stream, replay.record):
        if number:
            rows += 1
        else:
            problems.append(Problem(replay.stream, replay.seq, what))
    found.remarks.extend(replay.remarks)
    if replay.numbers or rows:
        found.numbers.append(of_numbers(replay.stream, replay.seq, replay.numbers, rows))
    return problems


def _indexed(opener: Opener, replay: Replay, kept: set[Token]) -> list[Problem]:
    """Compare the search tokens of a stream with its personal values; without keys nothing is said of them."""
    keys = opener.keys if opener.keyed else None
    if keys is None:
        return []
    try:
        wrong = kept != expected(keys, replay.stream, replay.record, replay.opened)
    except FORGED:  # a household that has not the form of one
        wrong = True
    return [Problem(replay.stream, replay.seq, "search tokens differ from the personal values")] if wrong else []


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
