"""Check the times at which events were recorded against each other, against published heads, and against now.

The numbers of events decide on their order, never their times. A time that cannot be true shows that a clock was wrong. A
wrong clock may have ended a period too early, so the verification remarks it for a person to look at.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, case, null, select

from ..log.clock import before
from ..log.entry import ENTERED
from ..log.event import parse_body
from ..log.heads import HEAD, LEAF
from ..statements import EVENT, whole
from .ranges import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

SAID = {
    "after_now": "later than it is now",
    "before_last": "earlier than the event before",
    "before_newest": "earlier than the newest event of the county then",
    "after_head": "later than a head that holds it",
    "before_head": "earlier than a head that does not hold it",
    "before_last_head": "earlier than the head before",
}


class Wrong(NamedTuple):
    """An event whose time cannot be true: which time, what it disagrees with, and how many events of the stream do."""

    seq: int
    how: str
    at: str
    other: str
    events: int

    @property
    def what(self) -> str:
        """Return the words of a remark."""
        return f"recorded at {self.at}, {SAID[self.how]} ({self.other}; events: {self.events})"


class Times:
    """The times of one stream, event by event; of each disagreement the first event is kept, and how many there are."""

    def __init__(self, made: Mapping[int, str], leaves: Sequence[tuple[int, int]], now: str | None) -> None:
        """`made` says when each head of the county was made, `leaves` are (seq, no); without `now` nothing lies ahead."""
        self._made, self._leaves, self._now = made, sorted(leaves, reverse=True), now
        self._newest_head = max(made, default=0)
        self._last = ""
        self._found: dict[str, Wrong] = {}

    def take(self, seq: int, at: str, newest: str | None) -> None:
        """Take the next event; `newest` is what it says of the newest event of its county."""
        if at < self._last:
            self._tell(seq, "before_last", at, self._last)
        self._last = at
        if self._now is not None and before(self._now, at):
            self._tell(seq, "after_now", at, self._now)
        if newest is not None:
            self._tell(seq, "before_newest", at, newest)
        if self._made:
            self._against_heads(seq, at)

    def _against_heads(self, seq: int, at: str) -> None:
        while self._leaves and self._leaves[-1][0] < seq:
            self._leaves.pop()
        no = self._leaves[-1][1] if self._leaves else self._newest_head + 1  # the first head that holds it
        after, until = self._made.get(no - 1), self._made.get(no)
        if after is not None and before(at, after):
            self._tell(seq, "before_head", at, after)
        if until is not None and before(until, at):
            self._tell(seq, "after_head", at, until)

    def _tell(self, seq: int, how: str, at: str, other: str) -> None:
        first = self._found.get(how) or Wrong(seq, how, at, other, 0)
        self._found[how] = first._replace(events=first.events + 1)

    def found(self) -> list[Wrong]:
        """Return the disagreements, by event."""
        return sorted(self._found.values())


def made_heads(connection: Connection) -> dict[str, dict[int, str]]:
    """Return by county when each of its heads was made."""
    found: dict[str, dict[int, str]] = {}
    for county, no, at in connection.execute(select(HEAD.c.county, HEAD.c.no, HEAD.c.made_at)):
        found.setdefault(county, {})[no] = at
    return found


def wrong_heads(connection: Connection, counties: set[str] | None, now: str | None) -> Iterator[tuple[str, Wrong]]:
    """Yield (county, what is wrong) of the heads of counties, None for all: by their times a clock stood wrong too."""
    for county, made in sorted(made_heads(connection).items()):
        last = ""
        for no, at in sorted(made.items()) if counties is None or county in counties else ():
            if now is not None and before(now, at):
                yield county, Wrong(no, "after_now", at, now, 1)
            if before(at, last):
                yield county, Wrong(no, "before_last_head", at, last, 1)
            last = at


def newest_told(body: Mapping[str, Any]) -> str | None:
    """Return what an event says of the newest event of its county, where it was entered behind it."""
    how = body["changes"].get(f"{ENTERED}{body['seq']}")
    newest = how.get("newest") if type(how) is dict else None
    return newest if type(newest) is str else None


# Only a body with these words may say so; inside a text of the body the quotes are escaped.
_MARKED = case((EVENT.c.body.contains('"newest":"'), EVENT.c.body), else_=null())
_COLUMNS = (EVENT.c.county, EVENT.c.stream, EVENT.c.seq, EVENT.c.recorded_at, LEAF.c.no, _MARKED)


def of_area(connection: Connection, within: Sequence[str], now: str) -> Iterator[tuple[str, str, Wrong]]:
    """Yield (county, stream, what is wrong) of what lies in these units: a county's every stream, else the cases'."""
    made = made_heads(connection)
    yield from ((county, "head", wrong) for county, wrong in wrong_heads(connection, whole(within), now))
    held = and_(LEAF.c.county == EVENT.c.county, LEAF.c.stream == EVENT.c.stream, LEAF.c.seq == EVENT.c.seq)
    query = wanted(_COLUMNS, within=within).select_from(EVENT.outerjoin(LEAF, held))
    rows = connection.execute(query.execution_options(yield_per=1000))
    for (county, stream), own in groupby(rows, key=itemgetter(0, 1)):
        some = list(own)
        times = Times(made.get(county, {}), [(row[2], row[4]) for row in some if row[4] is not None], now)
        for _, _, seq, at, _, body in some:
            times.take(seq, at, None if body is None else _newest_in(body))
        for wrong in times.found():
            yield county, stream, wrong


def _newest_in(text: str) -> str | None:
    try:
        return newest_told(parse_body(text))
    except (ValueError, RecursionError):  # what the verification tells
        return None
