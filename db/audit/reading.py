"""Read one range of the record: replay each stream and compare it with its rows."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from .chunks import chunks, side_of
from .index import Token, fits
from .lists import Lists
from .notes import Gathered
from .policies import kept
from .problem import FORGED, Problem
from .replay import Replay, of_numbers
from .rows import kept_rows
from .times import Times, made_heads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from .chunks import Chunk, Side
    from .notes import Taken
    from .opened import Opener


class VerifiedPart(NamedTuple):
    """What was read of a range of streams: events by county, the streams, and events by the head that first holds them.

    `upto` are the last heads that there were, by county: of later ones not every leaf was read. `numbers` are the remarks
    on numbers that an earlier program wrote, one for a stream; `more` is how many remarks were not kept; `gathered` is
    what the events say of rows that belong to no stream.
    """

    events: Counter[str]
    streams: int
    problems: list[Problem]
    remarks: list[Problem]
    moved: Counter[tuple[str, int]]
    upto: dict[str, int]
    numbers: list[Problem]
    gathered: Gathered
    more: int = 0


def read(
    connection: Connection, opener: Opener, query: Any, most: int, seen: set[str] | None, now: str | None = None
) -> VerifiedPart:
    """Read the events of a query until so many problems are found; `seen` are the counties that are all in view."""
    reading, more = _Reading(connection, opener, seen, now), 0
    for chunk in chunks(connection, query):
        opener.forget()
        reading.take(chunk)
        for remarks in (reading.found.remarks, reading.found.numbers):
            more += len(remarks[most:])
            del remarks[most:]
        if len(reading.found.problems) >= most:
            break
    return reading.found._replace(streams=reading.streams, more=more)


class _Reading:
    """What was found so far; of the streams only the one that goes on in the next piece is held."""

    def __init__(self, connection: Connection, opener: Opener, seen: set[str] | None, now: str | None) -> None:
        self._made, self._now = made_heads(connection), now
        upto = {county: max(heads) for county, heads in self._made.items()}
        self.found = VerifiedPart(Counter(), 0, [], [], Counter(), upto, [], Gathered())
        self.streams = 0
        self._connection, self._opener = connection, opener
        self._policies, self._lists = kept(connection), Lists(connection, seen)
        self._open: dict[str, Replay] = {}

    def take(self, chunk: Chunk) -> None:
        """Replay a piece of the record, and compare those of its streams that end in it."""
        beside, ended = side_of(self._connection, chunk), dict[str, Replay]()
        self.found.events[chunk.county] += sum(len(rows) for rows in chunk.rows.values())
        for stream, rows in chunk.rows.items():
            replay = self._replay(f"{chunk.county}:{stream}", beside.leaves.get(stream, ()))
            private, papers = beside.private.get(stream, {}), beside.papers.get(stream, {})
            self.found.problems.extend(_taken(replay, rows, private, papers))
            if stream != chunk.unfinished:
                ended[stream] = self._open.pop(replay.stream)
                self._end(chunk.county, stream, replay, beside)
        taken: dict[str, Sequence[Taken]] = {stream: replay.noted.taken for stream, replay in ended.items()}
        for problem, remark in self._lists.compare(chunk.county, taken):
            (self.found.remarks if remark else self.found.problems).append(problem)

    def _replay(self, name: str, leaves: Sequence[tuple[int, int, str]]) -> Replay:
        if name not in self._open:
            county = name.partition(":")[0]
            times = Times(self._made.get(county, {}), [leaf[:2] for leaf in leaves], self._now)
            self._open[name] = Replay(name, self._opener, [leaf[:3] for leaf in leaves], times)
            self.streams += 1
            _count(self.found.moved, county, leaves)
        return self._open[name]

    def _end(self, county: str, stream: str, replay: Replay, beside: Side) -> None:
        """Compare a stream that was read to its end with its head, keys, tokens and rows."""
        found = self.found
        found.problems.extend(replay.close(beside.heads.get(stream), self._policies, beside.keys.get(stream, ())))
        number_rows = 0
        for what, number in kept_rows(self._connection, replay.stream, replay.record, replay.noted.made):
            number_rows += number
            if not number:
                found.problems.append(Problem(replay.stream, replay.seq, what))
        found.problems.extend(_indexed(self._opener, replay, beside.tokens.get(stream, set())))
        found.remarks.extend(replay.remarks)
        if replay.numbers or number_rows:
            found.numbers.append(of_numbers(replay.stream, replay.seq, replay.numbers, number_rows))
        found.gathered.stream(county, replay.noted, self._policies)
        with suppress(*FORGED):  # a record that has not the form of one was told
            found.gathered.register(replay.stream, replay.seq, replay.record, replay.noted)


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


def _indexed(opener: Opener, replay: Replay, tokens: set[Token]) -> list[Problem]:
    """Compare the search tokens of a stream with its personal values; where a key is missing nothing is said of them."""
    keys = opener.keys if opener.keyed else None
    if keys is None or replay.committed.unopened:
        return []
    try:
        wrong = not fits(keys, replay.stream, replay.record, replay.committed.opened, tokens)
    except FORGED:  # a household that has not the form of one
        wrong = True
    return [Problem(replay.stream, replay.seq, "search tokens differ from the personal values")] if wrong else []
