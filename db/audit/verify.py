"""Verify the whole record: every chain, copy and commitment, every case against its replay, every head.

Events are read once, in the order of their key, and the rows beside them in the same ranges, so that memory stays the
same whatever the size. Over PostgreSQL the transaction should be REPEATABLE READ where others write at the same time.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ..statements import EVENT, on_trial
from ..statements import whole as whole_counties
from .chunks import ROW
from .heads import Proof, check_heads, proofs
from .notes import Gathered
from .opened import BARE, Means, Opener
from .problem import RecordProblem
from .ranges import WHOLE, Extent, Place, places, tolerant, wanted
from .reading import VerifiedPart, read
from .rows import without_events, without_keys
from .times import wrong_heads
from .whole import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from ..log.held import Held
    from ..vault.files import FileStore
    from ..vault.keys import Keys

__all__ = ["Extent", "Means", "Place", "Verified", "VerifiedPart", "joined", "part", "places", "verify"]


class Verified(NamedTuple):
    """What a verification read and every problem that it found, those of a stream by its numbers.

    `proofs` say, by county, up to where a head held outside proves the record; `remarks` are no problems, but worth a
    look, what is not proved before all others, and `more` is how many of them are not told; `strange` are lines of what
    was held outside that are no heads.
    """

    events: int
    streams: int
    problems: tuple[RecordProblem, ...]
    proofs: tuple[Proof, ...] = ()
    remarks: tuple[RecordProblem, ...] = ()
    strange: tuple[str, ...] = ()
    more: int = 0
    trial: tuple[str, ...] = ()  # the trial counties among those that were read


def verify(
    connection: Connection,
    *,
    keys: Keys | None = None,
    files: FileStore | None = None,
    only: str | None = None,
    most: int = 100,
    held: Held | None = None,
    within: Sequence[str] | None = None,
    reader: str | None = None,
    now: str | None = None,
    look: Callable[[bytes], str | None] | None = None,
) -> Verified:
    """Verify every stream in bounded memory, or one case's; at most `most` problems are told.

    `only`, `most`, `within` and `reader` are those of an `Extent`; `keys`, `files`, `now` and `look` those of `Means`.

    Args:
        held: heads that are held outside the database.
    """
    extent = Extent(only=only, within=within, reader=reader, most=most)
    read = part(connection, extent, Means(keys=keys, files=files, now=now, look=look))
    return joined(connection, [read], extent, held=held, keys=keys)


def joined(
    connection: Connection,
    parts: Sequence[VerifiedPart],
    extent: Extent = WHOLE,
    *,
    held: Held | None = None,
    chain: bool = False,
    keys: Keys | None = None,
) -> Verified:
    """Put the parts together, with what they can not see: rows without events, the heads, and those held outside.

    Of parts of the `chain` alone only the heads of streams are rows that need events.
    """
    only, within, most = extent.only, extent.within, extent.most
    count: Counter[str] = Counter()
    moved: Counter[tuple[str, int]] = Counter()
    for p in parts:
        count.update(p.events)
        moved.update(p.moved)
    problems = [problem for p in parts for problem in p.problems]
    whole = len(problems) < most  # else the reading stopped before the end
    if whole:
        bare = islice(without_events(connection, only, within, chain=chain), most)
        problems += [RecordProblem(stream, 0, what) for stream, what in bare]
    wrong, looks = ([], []) if chain else _beside(connection, parts, keys, extent, whole=whole)
    problems += wrong
    if within is not None and extent.reader is not None:
        problems += _of_reader(connection, within, extent.reader)
    upto = {county: min(p.upto.get(county, 0) for p in parts) for county in parts[0].upto}
    counties = None if within is None else whole_counties(within)
    sound, wrong = check_heads(connection, upto if whole and not only else {}, moved, only, counties)
    problems = problems[:most] + wrong[:most]
    counted = None if only else {c: n for c, n in count.items() if counties is None or c in counties}
    reached, wrong, not_proved = proofs(connection, sound, held, counted, bool(problems), extent)
    problems += wrong[:most]
    remarks = [*not_proved, *looks, *(r for p in parts for r in p.remarks), *(r for p in parts for r in p.numbers)]
    more = max(0, len(remarks) - most) + sum(p.more for p in parts)
    strange = tuple(held.strange) if held else ()
    streams = sum(p.streams for p in parts)
    problems.sort(key=_place)
    trial = tuple(county for county in sorted(count) if on_trial(connection, county))
    return Verified(count.total(), streams, tuple(problems), reached, tuple(remarks[:most]), strange, more, trial)


def _beside(
    connection: Connection, parts: Sequence[VerifiedPart], keys: Keys | None, extent: Extent, *, whole: bool
) -> tuple[list[RecordProblem], list[RecordProblem]]:
    """Verify what only the whole record shows of the rows beside it; return what is wrong, and what is worth a look."""
    only, within, most = extent.only, extent.within, extent.most
    gathered = Gathered()
    for p in parts:
        gathered.add(p.gathered)
    every = whole and not only
    wrong, looks = tolerant(connection, lambda: judged(connection, gathered, keys, within=within, every=every))
    if whole:
        wrong += [
            RecordProblem(stream, 0, what) for stream, what in islice(without_keys(connection, only, within), most)
        ]
        wrong += [] if only else _file(connection, most)
    return wrong, looks


def _of_reader(connection: Connection, within: Sequence[str], reader: str) -> list[RecordProblem]:
    """Verify the reader's own stream where the area is not the whole county: the offices that it comes from stand there."""
    found: list[RecordProblem] = []
    for county in sorted({code[:6] for code in within} - whole_counties(within)):
        query = wanted(ROW).where(EVENT.c.county == county, EVENT.c.stream == f"person/{reader}")
        found += read(connection, Opener(connection, None, None), query, 100, set()).problems
    return found


def _file(connection: Connection, most: int) -> list[RecordProblem]:
    """Compare an SQLite file's tables with its indexes: else a key that flipped in the one is read from the other."""
    if connection.dialect.name != "sqlite":
        return []
    told = connection.exec_driver_sql(f"PRAGMA integrity_check({most})").scalars()
    return [RecordProblem("database", 0, str(line)) for line in told if line != "ok"]


def _place(problem: RecordProblem) -> tuple[bool, str, int]:
    """Put the first bad event of each stream first, and what is said of heads behind the events."""
    return problem.stream.endswith(":head"), problem.stream, problem.seq


def part(
    connection: Connection,
    extent: Extent = WHOLE,
    means: Means = BARE,
    *,
    start: Place | None = None,
    end: Place | None = None,
) -> VerifiedPart:
    """Verify the streams from `start` on and before `end`, or one case's; with `within`, those of these units."""
    only, within = extent.only, extent.within
    opener = Opener(connection, means.keys, means.files, means.look)
    seen = set[str]() if only else None if within is None else whole_counties(within)
    query = wanted(ROW, only, start, end, within)
    found = tolerant(connection, lambda: read(connection, opener, query, extent.most, seen, means.now))
    if not only and start is None:  # once, of all the parts
        heads = wrong_heads(connection, seen, means.now)
        found.remarks.extend(RecordProblem(f"{county}:head", wrong.seq, wrong.what) for county, wrong in heads)
    return found
