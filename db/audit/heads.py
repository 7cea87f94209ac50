"""Verify the heads in the database, and find how far the heads from outside the database prove the record."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, func, select, tuple_

from ...states.errors import IntegrityBroken
from ..log.heads import HEAD, LEAF, Head, Leaf, heads, leaves, root_of
from ..statements import CASE, EVENT, area
from ..statements import whole as whole_counties
from .problem import Problem

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ..log.heads import Published
    from ..log.held import Held

Sound = dict[tuple[str, int], Head]
_MOST = 1_000  # streams of which it is told where they differ from heads held outside


class Proof(NamedTuple):
    """Up to where the record of a county is proved by a head held outside, and how many events came later.

    `head` is None where nothing is held outside: its events are only chained.
    """

    county: str
    head: Head | None
    later: int


def check_heads(
    connection: Connection,
    upto: Mapping[str, int],
    moved: Counter[tuple[str, int]],
    only: str | None,
    counties: set[str] | None = None,
) -> tuple[Sound, list[Problem]]:
    """Verify that the heads follow each other and fit their leaves; return those that are sound, with all before them.

    Up to the head `upto` of a county every leaf was read, so that the counts of events are verified too. `counties`:
    only of these.
    """
    sound: Sound = {}
    found = _headless(connection, only, counties)
    for county, own in groupby(heads(connection, only[:6] if only else None), key=lambda head: head.county):
        if counties is not None and county not in counties:
            continue
        led = _leaves_by_head(connection, county)
        number, prev, events, whole = 0, None, 0, True
        for head in own:
            number += 1
            events += moved[county, head.no]
            wrong = _wrong(head, number, prev, next(led, None))
            if head.no <= upto.get(county, 0) and head.events != events:
                wrong.append("its count of events is not what its leaves hold")
            found += [Problem(f"{county}:head", head.no, what) for what in wrong]
            whole = whole and not wrong
            if whole:
                sound[county, head.no] = head
            number, prev = head.no, head.root
        found += [Problem(f"{county}:head", no, "leaves without a head") for no, _ in led]
    return sound, found


def _headless(connection: Connection, only: str | None, counties: set[str] | None) -> list[Problem]:
    """Tell of leaves in counties that have no head at all."""
    query = select(LEAF.c.county).distinct().where(~exists().where(HEAD.c.county == LEAF.c.county))
    if only:
        query = query.where(LEAF.c.county == only[:6])
    found = connection.execute(query.order_by(LEAF.c.county)).scalars()
    return [Problem(f"{c}:head", 0, "leaves without a head") for c in found if counties is None or c in counties]


def _wrong(head: Head, number: int, prev: str | None, led: tuple[int, list[Leaf]] | None) -> list[str]:
    wrong = []
    if head.no != number or head.prev != prev:
        wrong.append("it does not follow the head before")
    own = led[1] if led and led[0] == head.no else []
    try:
        if not own or len(own) != head.leaves or root_of(head, own) != head.root:
            wrong.append("its root does not fit its leaves")
    except IntegrityBroken:
        wrong.append("its hash algorithm is not known")
    return wrong


def _leaves_by_head(connection: Connection, county: str) -> Iterator[tuple[int, list[Leaf]]]:
    for no, own in groupby(leaves(connection, county), key=lambda entry: entry[0]):
        yield no, [leaf for _, leaf in own]


def proofs(
    connection: Connection,
    sound: Sound,
    held: Held | None,
    count: Mapping[str, int] | None,
    broken: bool,
    within: Sequence[str] | None = None,
    only: str | None = None,
    reader: str | None = None,
) -> tuple[tuple[Proof, ...], list[Problem], list[Problem]]:
    """Compare the heads held outside with those of the database; say how far they prove it, what differs, and what is not proved.

    Whose area is a part of a county has of a head only the cases that there are in it. A head of a county out of view is
    told: who brings it wants it proved, and the area itself comes from the database.
    """
    counties = {only[:6]} if only else None if within is None else whole_counties(within)
    agreed: dict[str, Head] = {}
    same: set[tuple[str, int]] = set()
    differ: set[tuple[str, int]] = set()
    aside: dict[str, int] = {}
    for outside in held.heads if held else ():
        own = sound.get((outside.county, outside.no))
        if counties is not None and outside.county not in counties:
            aside[outside.county] = outside.no
        elif own is None or own.alg != outside.alg or not own.root.startswith(outside.root):
            differ.add((outside.county, outside.no))
        else:
            same.add((outside.county, outside.no))
            if outside.county not in agreed or own.no > agreed[outside.county].no:
                agreed[outside.county] = own
    problems = _differing(connection, held, differ, same) if held and differ else []
    part = {code[:6] for code in within or ()} & aside.keys()
    problems += _of_part(connection, held, part, within, f"person/{reader}") if held and within and part else []
    none = [_not_seen(county, no, partly=county in part) for county, no in sorted(aside.items())]
    if not (part or same or differ):
        problems += none
    elif held and held.every and not only:
        problems += [problem for problem in none if problem.stream.partition(":")[0] not in part]
    remarks = [] if only else [problem for problem in none if problem not in problems]
    if broken or count is None:
        return (), problems, remarks
    told = sorted(agreed if problems else {*count, *agreed})
    return tuple(_proof(county, agreed.get(county), count.get(county, 0)) for county in told), problems, remarks


def _not_seen(county: str, no: int, *, partly: bool) -> Problem:
    what = (
        "held outside; of it only the cases that there are in the area were compared: that none is gone is not proved"
        if partly
        else "held outside, and nothing of that county is in view: it proves nothing here"
    )
    return Problem(f"{county}:head", no, what)


def _of_part(connection: Connection, held: Held, counties: set[str], within: Sequence[str], own: str) -> list[Problem]:
    """Compare the leaves of those cases that lie in these units, and of the reader's own stream, with their events."""
    found: dict[str, Problem] = {}
    for outside in held:
        if outside.head.county not in counties:
            continue
        mine = {own, *_cases_of(connection, outside, within)}
        some = outside._replace(leaves=tuple(leaf for leaf in outside.leaves if leaf.stream in mine))
        for name, leaf, here in _against(connection, some):
            if here != leaf.hash:
                found.setdefault(name, Problem(name, leaf.seq, _what(outside.head, leaf, here, 0)))
    return [found[name] for name in sorted(found)]


def _cases_of(connection: Connection, outside: Published, within: Sequence[str]) -> Iterator[str]:
    ids = (leaf.stream.removeprefix("case/") for leaf in outside.leaves if leaf.stream.startswith("case/"))
    mine = select(CASE.c.id).where(CASE.c.county == outside.head.county, area(CASE.c.unit, within))
    while some := list(islice(ids, 500)):
        yield from (f"case/{one}" for one in connection.execute(mine.where(CASE.c.id.in_(some))).scalars())


def _proof(county: str, head: Head | None, count: int) -> Proof:
    return Proof(county, head, max(count - (head.events if head else 0), 0))


def _differing(
    connection: Connection, held: Held, differ: set[tuple[str, int]], same: set[tuple[str, int]]
) -> list[Problem]:
    """Say which heads held outside the database does not have, and the first event in each stream that is not theirs."""
    first: dict[str, Problem] = {}
    good: dict[str, int] = {}
    for outside in held:
        head = outside.head
        if (head.county, head.no) in same:
            good.update({f"{head.county}:{leaf.stream}": leaf.seq for leaf in outside.leaves})
        if (head.county, head.no) not in differ:
            continue
        for name, leaf, own in _against(connection, outside):
            if own == leaf.hash:
                good[name] = max(good.get(name, 0), leaf.seq)
            elif name not in first:
                if len(first) == _MOST:  # a head that somebody made up may name millions
                    break
                last = _last(connection, head.county, leaf) if own is None else 0
                seq = min(max(good.get(name, 0), last) + 1, leaf.seq)
                first[name] = Problem(name, seq, _what(head, leaf, own, good.get(name, 0)))
    told = [
        Problem(f"{county}:head", no, "held outside, and not what the database holds: it was rolled back or rewritten")
        for county, no in sorted(differ)
    ]
    return [*(first[name] for name in sorted(first)), *told]


def _what(head: Head, leaf: Leaf, own: str | None, good: int) -> str:
    what = "is missing" if own is None else "is another event"
    since = f"up to {good} it is the same" if good else "nothing before is known from these heads"
    return f"event {leaf.seq} of head #{head.no} held outside {what}; {since}"


def _last(connection: Connection, county: str, leaf: Leaf) -> int:
    """Return the number of the last event that there is of a leaf's stream before it."""
    query = select(func.max(EVENT.c.seq)).where(EVENT.c.county == county, EVENT.c.stream == leaf.stream)
    return int(connection.execute(query.where(EVENT.c.seq < leaf.seq)).scalar() or 0)


def _against(connection: Connection, outside: Published) -> Iterator[tuple[str, Leaf, str | None]]:
    """Yield each leaf of a head held outside with the hash of the event that the database has in its place."""
    county, todo = outside.head.county, iter(outside.leaves)
    while some := list(islice(todo, 500)):
        query = select(EVENT.c.stream, EVENT.c.seq, EVENT.c.hash).where(
            EVENT.c.county == county, tuple_(EVENT.c.stream, EVENT.c.seq).in_([(x.stream, x.seq) for x in some])
        )
        own = {(row.stream, row.seq): row.hash for row in connection.execute(query)}
        for leaf in some:
            yield f"{county}:{leaf.stream}", leaf, own.get((leaf.stream, leaf.seq))
