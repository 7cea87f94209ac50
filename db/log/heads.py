"""Published heads: one hash over everything that changed in a county since the head before.

The form of v1 stands in docs/events.md and can never change for heads that were published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, collate, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from ...states.errors import StoreBusy
from ..drivers import clash
from ..prepared import savepoint
from ..statements import EVENT, on_trial, table
from ..tables import HeadRow, LeafRow
from .event import canonical
from .hashes import hasher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

HEAD, LEAF = table(HeadRow), table(LeafRow)
_HEAD, _DATABASE = b"weigai.head.v1\0", b"weigai.database.v1\0"


class Leaf(NamedTuple):
    """The last event of a stream at the time of a head."""

    stream: str
    seq: int
    hash: str


class Head(NamedTuple):
    """A head: of which county, its number, when it was made, how many events it covers, and its root.

    `leaves` counts the streams that moved since the head before, whose root is `prev`.
    """

    county: str
    no: int
    alg: str
    made_at: str
    events: int
    leaves: int
    prev: str | None
    root: str

    @property
    def short(self) -> str:
        """Return a short form for paper: county, number, half of the root, and the time."""
        return f"{self.county} #{self.no} {self.alg}:{self.root[:32]} {self.made_at[:16]}Z"


class Published(NamedTuple):
    """A published head with its leaves; one copied from paper has no leaves and half a root."""

    head: Head
    leaves: Iterable[Leaf] = ()  # of a head that was read from a file they are read again each time
    trial: bool = False  # of a trial county; no part of what is hashed

    def as_json(self) -> dict[str, Any]:
        """Return what a head file holds."""
        told = {"v": 1, **self.head._asdict(), "leaves": [list(leaf) for leaf in self.leaves]}
        return {**told, "trial": True} if self.trial else told

    def line(self) -> str:
        """Return the line of a head file or witness file."""
        return canonical(self.as_json()) + "\n"


def root_of(head: Head, leaves: Iterable[Leaf]) -> str:
    """Return the root of a head: its facts and its leaves, a canonical line each, leaves by stream in code points."""
    root = begun(head)
    for leaf in leaves:
        root.update(canonical(list(leaf)).encode() + b"\n")
    return str(root.hexdigest())


def begun(head: Head) -> Any:
    """Return the hash of a head into which its leaves are still to go."""
    facts = {"v": 1, **head._asdict()}
    del facts["root"]
    root = hasher(head.alg)
    root.update(_HEAD + canonical(facts).encode() + b"\n")
    return root


def database_root(heads: Sequence[Head], alg: str) -> str:
    """Return the one root over the newest heads of the counties, in their order."""
    root = hasher(alg)
    root.update(_DATABASE + canonical([[h.county, h.no, h.root] for h in sorted(heads)]).encode())
    return str(root.hexdigest())


def make_head(connection: Connection, county: str, *, at: str, alg: str) -> Published | None:
    """Make the head of a county, or return the last one where nothing moved since; None without any event.

    What moved is read by one statement, so in one snapshot whatever the transaction's isolation is, from the events
    and not from the rows that copy their last hash. No writer is locked out.

    Raises:
        StoreBusy: somebody else made a head at this moment; roll back and repeat.
    """
    last = newest(connection, county)
    rows = connection.execute(_moved(county)).all()
    if not rows:
        return published(connection, last) if last else None
    leaves = sorted(Leaf(row.stream, row.seq, row.hash) for row in rows)
    events = (last.events if last else 0) + sum(row.seq - (row.known or 0) for row in rows)
    head = Head(county, last.no + 1 if last else 1, alg, at, events, len(leaves), last.root if last else None, "")
    head = head._replace(root=root_of(head, leaves))
    key = {"county": county, "no": head.no}
    try:
        with savepoint(connection):
            connection.execute(insert(HEAD), head._asdict())
            connection.execute(insert(LEAF), [{**key, **leaf._asdict()} for leaf in leaves])
    except IntegrityError as error:
        if not clash(error):
            raise
        raise StoreBusy from None
    return Published(head, tuple(leaves), on_trial(connection, county))


def _moved(county: str) -> Any:
    """Return the query for the last event of every stream that moved since its last leaf."""
    ends = select(EVENT.c.stream, func.max(EVENT.c.seq).label("seq")).where(EVENT.c.county == county)
    end = ends.group_by(EVENT.c.stream).subquery()
    knowns = select(LEAF.c.stream, func.max(LEAF.c.seq).label("seq")).where(LEAF.c.county == county)
    known = knowns.group_by(LEAF.c.stream).subquery()
    joined = EVENT.join(end, and_(EVENT.c.stream == end.c.stream, EVENT.c.seq == end.c.seq))
    return (
        select(EVENT.c.stream, EVENT.c.seq, EVENT.c.hash, known.c.seq.label("known"))
        .select_from(joined.outerjoin(known, known.c.stream == EVENT.c.stream))
        .where(EVENT.c.county == county, or_(known.c.seq.is_(None), EVENT.c.seq > known.c.seq))
    )


def heads(connection: Connection, county: str | None = None, after: int | None = None) -> Iterator[Head]:
    """Yield the heads that the database keeps, by county and number; `after` leaves out those up to a number."""
    query = select(HEAD).order_by(HEAD.c.county, HEAD.c.no)
    if after is not None:
        query = query.where(HEAD.c.no > after)
    if county is not None:
        query = query.where(HEAD.c.county == county)
    for row in connection.execute(query).mappings():
        yield Head(*(row[name] for name in Head._fields))


def newest(connection: Connection, county: str) -> Head | None:
    """Return the last head of a county."""
    query = select(HEAD).where(HEAD.c.county == county).order_by(HEAD.c.no.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return Head(*(row[name] for name in Head._fields)) if row else None


def counties(connection: Connection) -> list[str]:
    """Return the counties that have events or heads."""
    found = {*connection.execute(select(EVENT.c.county).distinct()).scalars()}
    return sorted(found | {*connection.execute(select(HEAD.c.county).distinct()).scalars()})


def leaves(connection: Connection, county: str, no: int | None = None) -> Iterator[tuple[int, Leaf]]:
    """Yield the leaves of a county's heads with their head's number, by number and stream in code points."""
    by_code = LEAF.c.stream if connection.dialect.name == "sqlite" else collate(LEAF.c.stream, "C")
    query = select(LEAF.c.no, LEAF.c.stream, LEAF.c.seq, LEAF.c.hash).where(LEAF.c.county == county)
    if no is not None:
        query = query.where(LEAF.c.no == no)
    query = query.order_by(LEAF.c.no, by_code).execution_options(yield_per=1000)
    for own, *leaf in connection.execute(query):
        yield own, Leaf(*leaf)


def published(connection: Connection, head: Head) -> Published:
    """Return a head that the database keeps with its leaves."""
    own = tuple(leaf for _, leaf in leaves(connection, head.county, head.no))
    return Published(head, own, on_trial(connection, head.county))
