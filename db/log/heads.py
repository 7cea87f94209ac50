"""Published heads: a root over everything that moved in a county since the head before, to be kept outside.

The form of v1 stands in docs/events.md and can never change for heads that were published.
"""

from __future__ import annotations

import errno
import json
import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from sqlalchemy import and_, collate, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from ...states import input_files as handed_in
from ...states.errors import InputRefused, StoreBusy
from ..drivers import clash
from ..prepared import savepoint
from ..statements import EVENT, on_trial, table
from ..tables import HeadRow, LeafRow
from .event import canonical, hasher
from .head_lines import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

HEAD, LEAF = table(HeadRow), table(LeafRow)
_HEAD, _DATABASE = b"weigai.head.v1\0", b"weigai.database.v1\0"
MOST_LINES = 250_000  # of a file of heads: one every hour for 28 years
STRANGE = 1_000  # lines that are no head: a file with so many more of them than heads is another file
_SHORT = re.compile(r"([0-9]{6}) #([0-9]{1,9}) (sha256|sm3):([0-9a-f]{32,64})\b")


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
        """Return what fits on paper: county, number, half of the root, and when."""
        return f"{self.county} #{self.no} {self.alg}:{self.root[:32]} {self.made_at[:16]}Z"


class Published(NamedTuple):
    """A head with its leaves, as it is kept outside; one copied from paper has no leaves and half a root."""

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
    root = _begun(head)
    for leaf in leaves:
        root.update(canonical(list(leaf)).encode() + b"\n")
    return str(root.hexdigest())


def _begun(head: Head) -> Any:
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


# ---------------------------------------------------------------------- held outside


class Held:
    """Heads that are held outside the database: head files, witness files (a head a line), and lines copied from paper.

    Args:
        sources: paths, or short forms as `Head.short` prints them.
        every: whether a head of a county that is not in view is a fault; else, where others are, it is remarked.

    Raises:
        InputRefused: one can not be read, or holds no head.
    """

    def __init__(self, sources: Sequence[str | Path], *, every: bool = True) -> None:
        self.sources = tuple(sources)
        self.every = every
        self.strange: list[str] = []
        self.published: list[Published] = []
        for source in self.sources:
            found = self._read(source)
            if not found:
                raise InputRefused(f"{source} 中没有留存的链头。", f"{source} holds no published head.")
            self.published += found
        self.heads = [one.head for one in self.published]

    def __iter__(self) -> Iterator[Published]:
        """Yield them with their leaves, which are read again."""
        return iter(self.published)

    def _read(self, source: str | Path) -> list[Published]:
        paper = _SHORT.search(str(source))
        if paper:
            county, no, alg, root = paper.groups()
            return [Published(Head(county, int(no), alg, "", 0, 0, None, root))]
        found = []
        try:
            for number, one in read(Path(source)):
                if one is not None:
                    found.append(one)
                elif len(self.strange) < STRANGE:
                    self.strange.append(f"{source}:{number}")
        except OSError as error:
            why = error.strerror or ""
            raise InputRefused(f"{source} 无法读取：{why}", f"{source} cannot be read: {why}") from None
        return found


def read(path: Path) -> Iterator[tuple[int, Published | None]]:
    """Yield the heads of a file with the numbers of their lines; None for a line that is no head and not empty.

    A head is the canonical text of what it says, byte by byte, with the root of that.

    Raises:
        OSError: the file cannot be read, a line is longer than a head can be, or too many lines are no heads.
    """
    with handed_in.opened(path) as file:
        heads = 0
        for number in count(1):
            at = file.tell()
            line = Line(file)
            head = _head(file, line)
            line.skip()
            if not line.size:
                return
            heads += head is not None
            if number > min(STRANGE + 2 * heads, MOST_LINES):
                raise OSError(errno.EINVAL, f"most of its lines are no heads, or it has more than {MOST_LINES}")
            if head is not None:
                yield number, Published(head, _Leaves(path, at), line.facts["trial"] is not None)
            elif not line.blank:
                yield number, None


def _head(file: BinaryIO, line: Line) -> Head | None:
    """Read a head, twice: behind its leaves stands what is hashed before them."""
    at = file.tell()
    try:
        leaves = sum(len(some) for some in line.leaves())
        facts = {**line.facts, "leaves": leaves, "events": int(line.facts["events"]), "no": int(line.facts["no"])}
        head = Head(*(facts[name] for name in Head._fields))
        root = _begun(head)
        file.seek(at)
        for some in Line(file).leaves():
            root.update("".join(f"{leaf}\n" for leaf in some).encode())
    except ValueError:
        return None
    return head if root.hexdigest() == head.root else None


class _Leaves:
    """The leaves of a head in a file, read from it each time: there may be millions."""

    __slots__ = ("_at", "_path")

    def __init__(self, path: Path, at: int) -> None:
        self._path, self._at = path, at

    def __iter__(self) -> Iterator[Leaf]:
        try:
            with handed_in.opened(self._path) as file:
                file.seek(self._at)
                for some in Line(file).leaves():
                    for leaf in some:
                        yield Leaf(*json.loads(leaf))
        except (OSError, ValueError):
            raise InputRefused(
                f"{self._path} 在读取期间被改动。请重新运行。",
                f"{self._path} was changed while it was read. Run the command again.",
            ) from None
