"""Verify what belongs to no single stream: policies, running numbers, keys of files, the master key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, or_, select

from ..cases.lists import LIST, LIST_CASE
from ..scope import NOBODYS, hidden
from ..statements import EVENT, KEY, TALLY, table, whole
from ..tables import CanaryRow, DatabaseRow, MasterRow
from .columns import ROWS
from .keys import GONE
from .opened import Opener
from .policies import kept, remarks, wrong
from .problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ..vault.keys import Keys
    from .notes import Gathered

_CANARY, _DATABASE, _MASTER = table(CanaryRow), table(DatabaseRow), table(MasterRow)
_OF_FILE = and_(KEY.c.stream >= "file/", KEY.c.stream < "file0")
_ALONE = or_(_OF_FILE, KEY.c.stream == "check")


def judged(
    connection: Connection, gathered: Gathered, keys: Keys | None, *, within: Sequence[str] | None, every: bool
) -> tuple[list[Problem], list[Problem]]:
    """Return what does not verify of the rows that belong to no stream, and what is worth a look.

    Args:
        gathered: what all events say of them.
        within: only what lies in these units.
        every: whether every event of the counties that lie in them was read: else only what needs no event is compared.
    """
    policies = kept(connection)
    problems, looks = wrong(policies, gathered.policies, within), list[Problem]()
    problems += [Problem("database", 0, what) for what in (*_single(connection), *_masters(connection, keys))]
    if not every:
        return problems, looks
    counties = None if within is None else whole(within)
    looks += remarks(policies, gathered.policies, counties)
    for found, remark in (*_tallies(connection, gathered, counties), *_keys(connection, gathered, keys, counties)):
        (looks if remark else problems).append(found)
    problems += _strays(connection, counties)
    for county, own in sorted(gathered.registers.items()):
        if counties is None or county in counties:
            problems += [Problem(*told) for told in own.problems(county)]
    return problems, looks


def _tallies(connection: Connection, gathered: Gathered, counties: set[str] | None) -> Iterator[tuple[Problem, bool]]:
    """Compare running numbers with the last that an event gave; a higher one gave a number to nobody, and is remarked."""
    last = dict(gathered.numbers)
    locks = or_(*(TALLY.c.key.startswith(str(lock["key"])) for lock in ROWS["weigai_tally"]))
    query = select(TALLY.c.county, TALLY.c.key, TALLY.c.value).where(~locks)
    query = query if counties is None else query.where(TALLY.c.county.in_(counties))
    for county, key, value in connection.execute(query.order_by(TALLY.c.county, TALLY.c.key)):
        given = last.pop((county, key), None)
        if given is None:
            yield Problem(f"{county}:number", 0, f"{key} stands at {value}, and no event gave a number"), True
        elif value != given:
            yield Problem(f"{county}:number", 0, f"{key} stands at {value}, the events gave {given}"), value > given
    for county, key in sorted(last):
        if counties is None or county in counties:
            yield Problem(f"{county}:number", 0, f"{key} is gone, the events gave {last[county, key]}"), False


def _keys(
    connection: Connection, gathered: Gathered, keys: Keys | None, counties: set[str] | None
) -> Iterator[tuple[Problem, bool]]:
    """Verify the keys of files and of the index; and tell of keys of streams that have no event, as a later file of keys has."""
    opener, unnamed = Opener(connection, keys, None), dict[str, int]()
    mine = select(KEY).where(_ALONE)
    mine = mine if counties is None else mine.where(KEY.c.county.in_(counties))
    for row in connection.execute(mine.execution_options(yield_per=1000)):
        what = _alone(opener, row, keys)
        if what:
            yield Problem(f"{row.county}:{row.stream}", 0, what), False
        if row.erased_at is not None and (row.county, row.erased_at) not in gathered.erasures:
            unnamed[row.county] = unnamed.get(row.county, 0) + 1
    for county, count in sorted(unnamed.items()):
        yield Problem(f"{county}:file", 0, f"{GONE} (keys: {count})"), True
    written = exists().where(EVENT.c.county == KEY.c.county, EVENT.c.stream == KEY.c.stream)
    bare = select(KEY.c.county, func.count(KEY.c.stream.distinct())).where(~_ALONE, ~written).group_by(KEY.c.county)
    for county, count in connection.execute(bare if counties is None else bare.where(KEY.c.county.in_(counties))):
        yield Problem(f"{county}:keys", 0, f"data keys of streams without events (streams: {count})"), True


def _alone(opener: Opener, row: Any, keys: Keys | None) -> str | None:
    """Say what is wrong with the key of a file, or with the row that says whose index it is."""
    if row.stream == "check":
        same = keys is None or row.person != "index" or row.master == keys.token("check", "weigai")
        same = same and row.wrapped is None and row.erased_at is None
        return None if same else "the search tokens are of other keys"
    if row.wrapped is None:
        return None if row.erased_at else "the key of a file is gone, and no moment is told"
    opener.forget()
    told = opener.locked(f"{row.county}:{row.stream}", row.person, row.master, row.wrapped)
    return f"the key of a file {told}" if told else None


def _strays(connection: Connection, counties: set[str] | None) -> Iterator[Problem]:
    """Yield households on lists that there are not."""
    there = exists().where(LIST.c.county == LIST_CASE.c.county, LIST.c.id == LIST_CASE.c.list_id)
    query = select(LIST_CASE.c.county, LIST_CASE.c.list_id).where(~there).distinct()
    query = query if counties is None else query.where(LIST_CASE.c.county.in_(counties))
    for county, list_id in connection.execute(query):
        yield Problem(f"{county}:list", 0, f"households of a list that is not there ({list_id})")


def _single(connection: Connection) -> Iterator[str]:
    """Yield what is wrong with the rows that each database has just one of."""
    if len(connection.execute(select(_DATABASE.c.id)).all()) != 1:
        yield "it has no id, or more than one"
    if not hidden(connection) and connection.execute(select(_CANARY)).all() != [(NOBODYS, NOBODYS.ljust(12, "0"))]:
        yield "the row that nobody may see is gone, or is not the only one"


def _masters(connection: Connection, keys: Keys | None) -> Iterator[str]:
    """Yield what is wrong with the row that names the newest master key; before the first wrap there is none."""
    for row in connection.execute(select(_MASTER)):
        if row.one != 1:
            yield "it names more than one newest master key"
        if keys is not None and not (keys.has(row.master) or keys.again().has(row.master)):
            yield f"its newest master key {row.master} is not among the keys"
