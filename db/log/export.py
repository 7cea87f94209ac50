"""Export the log for an auditor: every event and head as a line of JSON, without personal values.

The form stands in docs/events.md; `workflow/exchange/verify_export.py` verifies it without this package.
"""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import collate, select

from ...states.errors import InputRefused
from ..statements import EVENT, on_trial
from .heads import LEAF, heads, newest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection


def lines(connection: Connection, counties: Sequence[str], *, at: str) -> Iterator[str]:
    """Yield the lines: what this is, then by county its heads, and by stream its leaves and its events in order.

    A county of which nothing is on record is not named.

    Raises:
        InputRefused: nothing is on record of any of them.
    """
    kept = [county for county in sorted(counties) if _on_record(connection, county)]
    if not kept:
        raise InputRefused(
            "还没有日志可以导出；请在首次登记之后再导出。",
            "there is no event to export yet; export after the first entry.",
        )
    trial = [county for county in kept if on_trial(connection, county)]
    yield _line({"weigai": "export", "v": 1, "made_at": at, "counties": kept, "trial": trial})
    count = 0
    for county in kept:
        for head in heads(connection, county):
            yield _line({"head": {"v": 1, **head._asdict()}})
        for stream, leaves, events in _streams(connection, county):
            for _, no, seq, own in leaves:
                yield _line({"leaf": [county, stream, no, seq, own]})
            for _, seq, own, body in events:
                count += 1
                yield _line({"event": [county, stream, seq, own, body]})
    yield _line({"end": count})


def _on_record(connection: Connection, county: str) -> bool:
    """Tell whether a county has an event, or a head that says that it had some."""
    found = connection.execute(select(EVENT.c.seq).where(EVENT.c.county == county).limit(1)).first()
    return found is not None or newest(connection, county) is not None


def _line(value: Any) -> str:
    """Return a line in ASCII: it takes any text as it stands, whatever somebody made of it."""
    return json.dumps(value, separators=(",", ":")) + "\n"


def _streams(connection: Connection, county: str) -> Iterator[tuple[str, Iterator[Any], Iterator[Any]]]:
    """Yield every stream of a county in the order of code points, with its leaves and events; both are read once."""
    leaves = _grouped(connection, LEAF, ("stream", "no", "seq", "hash"), county)
    events = _grouped(connection, EVENT, ("stream", "seq", "hash", "body"), county)
    leaf, event = next(leaves, None), next(events, None)
    while leaf is not None or event is not None:
        name = min(group[0] for group in (leaf, event) if group is not None)
        of_leaf, of_event = leaf is not None and leaf[0] == name, event is not None and event[0] == name
        yield name, leaf[1] if leaf and of_leaf else iter(()), event[1] if event and of_event else iter(())
        leaf = next(leaves, None) if of_leaf else leaf
        event = next(events, None) if of_event else event


def _grouped(connection: Connection, table: Any, columns: Sequence[str], county: str) -> Iterator[tuple[str, Any]]:
    by_code = table.c.stream if connection.dialect.name == "sqlite" else collate(table.c.stream, "C")
    query = select(*(table.c[name] for name in columns)).where(table.c.county == county)
    query = query.order_by(by_code, table.c[columns[1]]).execution_options(yield_per=1000)
    return groupby(connection.execute(query), key=itemgetter(0))
