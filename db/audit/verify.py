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
from .opened import Opener
from .problem import Problem
from .ranges import Place, places, tolerant, wanted
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

__all__ = ["Place", "Verified", "VerifiedPart", "joined", "part", "places", "verify"]


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

    Args:
        keys: what personal values and papers are opened with; without it they are not compared with their commitments.
        files: where the papers are; without it only their rows are verified.
        only: a case's id.
        held: heads that are held outside the database.
        within: only what lies in these units: every stream of a county, else the streams of the cases.
        reader: who verifies, by whose offices the units are what they are: that person's own stream is verified too.
        now: the present moment as UTC text; an event that was recorded after it is remarked.
        look: what makes the look of a picture out of its bytes anew (None: it is no picture).
    """
    read = part(connection, keys=keys, files=files, only=only, most=most, within=within, now=now, look=look)
    return joined(connection, [read], only=only, most=most, held=held, within=within, reader=reader, keys=keys)


def joined(
    connection: Connection,
    parts: Sequence[VerifiedPart],
    *,
    only: str | None = None,
    most: int = 100,
    held: Held | None = None,
    within: Sequence[str] | None = None,
    chain: bool = False,
    reader: str | None = None,
    keys: Keys | None = None,
) -> Verified:
    """Put the parts together, with what they can not see: rows without events, the heads, and those held outside.

    Of parts of the `chain` alone only the heads of streams are rows that need events.
    """
    count: Counter[str] = Counter()
    moved: Counter[tuple[str, int]] = Counter()
    for p in parts:
        count.update(p.events)
        moved.update(p.moved)
    problems = [problem for p in parts for problem in p.problems]
    whole = len(problems) < most  # else the reading stopped before the end
    if whole:
        bare = islice(without_events(connection, only, within, chain=chain), most)
        problems += [Problem(stream, 0, what) for stream, what in bare]
    wrong, looks = ([], []) if chain else _beside(connection, parts, keys, only, most, within, whole=whole)
    problems += wrong
    if within is not None and reader is not None:
        problems += _of_reader(connection, within, reader)
    upto = {county: min(p.upto.get(county, 0) for p in parts) for county in parts[0].upto}
    counties = None if within is None else whole_counties(within)
    sound, wrong = check_heads(connection, upto if whole and not only else {}, moved, only, counties)
    problems = problems[:most] + wrong[:most]
    counted = {county: n for county, n in count.items() if counties is None or county in counties}
    reached, wrong, not_proved = proofs(
        connection, sound, held, None if only else counted, bool(problems), within, only, reader
    )
    problems += wrong[:most]
    remarks = [*not_proved, *looks, *(r for p in parts for r in p.remarks), *(r for p in parts for r in p.numbers)]
    more = max(0, len(remarks) - most) + sum(p.more for p in parts)
    strange = tuple(held.strange) if held else ()
    streams = sum(p.streams for p in parts)
    problems.sort(key=_place)
    trial = tuple(county for county in sorted(count) if on_trial(connection, county))
    return Verified(count.total(), streams, tuple(problems), reached, tuple(remarks[:most]), strange, more, trial)


def _beside(
    connection: Connection,
    parts: Sequence[VerifiedPart],
    keys: Keys | None,
    only: str | None,
    most: int,
    within: Sequence[str] | None,
    *,
    whole: bool,
) -> tuple[list[Problem], list[Problem]]:
    """Verify what only the whole record shows of the rows beside it; return what is wrong, and what is worth a look."""
    gathered = Gathered()
    for p in parts:
        gathered.add(p.gathered)
    every = whole and not only
    wrong, looks = tolerant(connection, lambda: judged(connection, gathered, keys, within=within, every=every))
    if whole:
        wrong += [Problem(stream, 0, what) for stream, what in islice(without_keys(connection, only, within), most)]
        wrong += [] if only else _file(connection, most)
    return wrong, looks


def _of_reader(connection: Connection, within: Sequence[str], reader: str) -> list[Problem]:
    """Verify the reader's own stream where the area is not the whole county: the offices that it comes from stand there."""
    found: list[Problem] = []
    for county in sorted({code[:6] for code in within} - whole_counties(within)):
        query = wanted(ROW).where(EVENT.c.county == county, EVENT.c.stream == f"person/{reader}")
        found += read(connection, Opener(connection, None, None), query, 100, set()).problems
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
    connection: Connection,
    *,
    keys: Keys | None = None,
    files: FileStore | None = None,
    only: str | None = None,
    most: int = 100,
    start: Place | None = None,
    end: Place | None = None,
    within: Sequence[str] | None = None,
    now: str | None = None,
    look: Callable[[bytes], str | None] | None = None,
) -> VerifiedPart:
    """Verify the streams from `start` on and before `end`, or one case's; with `within`, those of these units."""
    opener = Opener(connection, keys, files, look)
    seen = set[str]() if only else None if within is None else whole_counties(within)
    query = wanted(ROW, only, start, end, within)
    found = tolerant(connection, lambda: read(connection, opener, query, most, seen, now))
    if not only and start is None:  # once, of all the parts
        heads = wrong_heads(connection, seen, now)
        found.remarks.extend(Problem(f"{county}:head", wrong.seq, wrong.what) for county, wrong in heads)
    return found
