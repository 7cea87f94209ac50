"""Verify the chain alone: that nobody changed, deleted, swapped, inserted, cut off or rolled back an event.

It reads only what links the events: it cuts an event's own place and the hash before it out of its text, which costs a
third of reading the event as JSON and writing it again. It does not verify the columns that copy a body, the canonical
form, personal values, papers, and the rows of cases and lists against their replay; `audit.verify` does.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from ..log import event as events
from ..log.heads import HEAD, LEAF
from ..log.streams import STREAM
from ..statements import CASE, EVENT, batched
from .notes import Gathered
from .problem import FORGED, Problem
from .ranges import tolerant, wanted
from .replay import between
from .verify import Verified, VerifiedPart, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ..log.held import Held
    from .ranges import Place

_CHUNK, _STREAMS = 1000, 2000
_ROW = [EVENT.c[name] for name in ("county", "stream", "seq", "hash", "body")]
_TEXT = r'"[^"\\]*"'
_OR_NONE = rf"(?:null|{_TEXT})"
# The end of a body from `policy` on, with its closing brace. No brace, bracket, escape or quote inside a text fits in
# between, so that read backwards from the end each of these is a member of the outermost object, and the last of its
# name: what any reader of JSON takes that keeps the last.
_tail = re.compile(
    rf',"policy":{_OR_NONE},"prev":(null|{_TEXT}),"recorded_at":{_TEXT},"recorded_by":{_TEXT},"request_id":{_TEXT},'
    rf'"seq":([1-9][0-9]{{0,18}}),"stream":({_TEXT}),"to":{_OR_NONE},"v":1\}}\Z'
).match
_front = re.compile(rf'\{{"acted_by":{_TEXT},"action":{_TEXT},"alg":"(sha256|sm3)","changes":\{{').match
_counties = re.compile(rf'"county"\s*:({_TEXT})?').findall  # the key stands in the middle: it must be there only once
_TAG = b"weigai.event.v1\0"


def verify(
    connection: Connection,
    *,
    only: str | None = None,
    most: int = 100,
    held: Held | None = None,
    within: Sequence[str] | None = None,
    reader: str | None = None,
) -> Verified:
    """Verify the chain of every stream, or one case's, with the heads; see `audit.verify` for the arguments."""
    read = part(connection, only=only, most=most, within=within)
    return joined(connection, [read], only=only, most=most, held=held, within=within, chain=True, reader=reader)


def part(
    connection: Connection,
    *,
    only: str | None = None,
    most: int = 100,
    start: Place | None = None,
    end: Place | None = None,
    within: Sequence[str] | None = None,
) -> VerifiedPart:
    """Verify the chains of the streams from `start` on and before `end`, or one case's; see `audit.part`."""
    query = wanted(_ROW, only, start, end, within).execution_options(yield_per=_CHUNK)
    return tolerant(connection, lambda: _Chains(connection).read(query, most))


def fits(text: str, own: str, place: tuple[str, str, int], prev: str) -> bool:
    """Tell whether a body is surely the event of its place, behind the hash `prev` (as JSON), with the hash `own`.

    False says nothing yet: a body in another form is then read whole.
    """
    county, stream, seq = place
    front, tail = _front(text), _tail(text, text.rfind(',"policy":'))
    if front is None or tail is None or tail.groups() != (prev, str(seq), f'"{stream}"'):
        return False
    if _counties(text) != [f'"{county}"'] or ("\\" in text and "\\u" in text):  # \u could write a key otherwise
        return False
    if front[1] != "sha256":
        return events.event_hash(front[1], text) == own
    data = text.encode()
    return sha256(b"%b%b%b" % (_TAG, len(data).to_bytes(8, "big"), data)).hexdigest() == own


class _Chains:
    """The chains of streams in the order of their key, one event after another."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        last = select(HEAD.c.county, func.max(HEAD.c.no)).group_by(HEAD.c.county)
        upto = {row[0]: row[1] for row in connection.execute(last)}
        self._found = VerifiedPart(Counter(), 0, [], [], Counter(), upto, [], Gathered())
        self._streams = 0
        self._county, self._stream, self._seq = "", "", 0
        self._prev: str | None = None
        self._ended: dict[str, tuple[int, str | None]] = {}  # streams of the county that were read to their end

    def read(self, query: Any, most: int) -> VerifiedPart:
        """Read all events of a query; where `most` problems are found, no further."""
        for rows in self._connection.execute(query).partitions():
            self._take(rows)
            if len(self._ended) >= _STREAMS:
                self._close()
            if len(self._found.problems) >= most:
                break
        else:
            self._begin("", "")
        return self._found._replace(streams=self._streams)

    def _begin(self, county: str, stream: str) -> None:
        if self._stream:
            self._ended[self._stream] = self._seq, self._prev
            self._streams += 1
        if county != self._county and self._ended:
            self._close()
        self._county, self._stream, self._seq, self._prev = county, stream, 0, None

    def _take(self, rows: Sequence[Any]) -> None:
        county, stream, seq, prev = self._county, self._stream, self._seq, self._prev
        last, count = "null" if prev is None else f'"{prev}"', 0
        for row in rows:
            own_county, own_stream, number, own, text = row
            if own_stream != stream or own_county != county:
                self._keep(county, count, seq, prev)
                self._begin(own_county, own_stream)
                county, stream, seq, prev, last, count = own_county, own_stream, 0, None, "null", 0
            try:
                sure = number == seq + 1 and fits(text, own, (county, stream, number), last)
            except FORGED:
                sure = False
            if not sure:
                self._found.problems.extend(
                    Problem(f"{county}:{stream}", number, what) for what in _doubted(row, seq, prev)
                )
            seq, prev, last, count = number, own, f'"{own}"', count + 1
        self._keep(county, count, seq, prev)

    def _keep(self, county: str, count: int, seq: int, prev: str | None) -> None:
        self._seq, self._prev = seq, prev
        if count:
            self._found.events[county] += count

    def _close(self) -> None:
        """Compare the streams that ended with their heads, and with the leaves of published heads."""
        heads = dict(_heads(self._connection, self._county, [*self._ended]))
        for stream, last in self._ended.items():
            what = (
                "the head of the stream is not its last event"
                if stream in heads
                else "events without a head or case row"
            )
            if heads.get(stream) != last:
                self._found.problems.append(Problem(f"{self._county}:{stream}", last[0], what))
        self._led()
        self._ended.clear()

    def _led(self) -> None:
        stream, led, before = "", 0, 0
        for name, no, seq, leaf, own in _leaves(self._connection, self._county, [*self._ended]):
            if name not in self._ended:
                continue
            if name != stream:
                stream, led, before = name, 0, 0
            self._found.moved[self._county, no] += (
                seq - before if seq > before else -(10**18)
            )  # it goes back: no head fits
            before = seq
            if own == leaf:
                led = seq
                continue
            what = "holds another event" if own is not None else f"holds event {seq}: it is missing"
            what = f"head #{no} {what}" if own is None else f"{between(led + 1, seq)} head #{no} {what}"
            at = seq if own is not None else min(self._ended[name][0] + 1, seq)
            self._found.problems.append(Problem(f"{self._county}:{name}", at, what))


def _doubted(row: Any, seq: int, prev: str | None) -> list[str]:
    """Read a body whole that was not surely the event of its place; return what is wrong with it."""
    county, stream, number, own, text = row
    try:
        body = events.parse_body(text)
        true_hash = events.event_hash(body["alg"], text)
    except FORGED:
        return ["the body is not an event of v1"]
    wrong = [] if own == true_hash else ["the hash does not fit the body"]
    if number != seq + 1:
        wrong.append(f"a gap: {seq} is followed by {number}")
    if body["prev"] != prev:
        wrong.append("the chain is broken: prev is not the hash before")
    places = {"county": county, "stream": stream, "seq": number}
    return wrong + [f"column {name} differs from the body" for name, kept in places.items() if body[name] != kept]


def _heads(connection: Connection, county: str, streams: Sequence[str]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Yield number and hash of the last event of streams as their heads have it: a case's own row, or the stream's."""
    cases = [stream.removeprefix("case/") for stream in streams if stream.startswith("case/")]
    query = select(CASE.c.id, CASE.c.version, CASE.c.head).where(CASE.c.county == county)
    for some in batched(cases, 500):
        for case_id, version, head in connection.execute(query.where(CASE.c.id.in_(some))):
            yield f"case/{case_id}", (version, head)
    others = [stream for stream in streams if not stream.startswith("case/")]
    query = select(STREAM.c.stream, STREAM.c.seq, STREAM.c.head).where(STREAM.c.county == county)
    for some in batched(others, 500):
        for stream, seq, head in connection.execute(query.where(STREAM.c.stream.in_(some))):
            yield stream, (seq, head)


def _leaves(connection: Connection, county: str, streams: Sequence[str]) -> Iterator[Any]:
    """Yield the leaves of streams that lie side by side, by number, each with the hash of the event in its place."""
    same = and_(EVENT.c.county == LEAF.c.county, EVENT.c.stream == LEAF.c.stream, EVENT.c.seq == LEAF.c.seq)
    query = (
        select(LEAF.c.stream, LEAF.c.no, LEAF.c.seq, LEAF.c.hash, EVENT.c.hash.label("own"))
        .select_from(LEAF.outerjoin(EVENT, same))
        .where(LEAF.c.county == county, LEAF.c.stream >= streams[0], LEAF.c.stream <= streams[-1])
        .order_by(LEAF.c.stream, LEAF.c.no)
    )
    for some in connection.execute(query.execution_options(yield_per=_CHUNK)).partitions():
        yield from some
