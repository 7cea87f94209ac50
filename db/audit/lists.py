"""Compare what the events of cases took from a list with the event that made the list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, select

from ..cases.lists import LIST
from ..statements import EVENT, batched
from .notes import whole_numbers
from .problem import FORGED, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from .notes import Taken

_MOST = 512  # lists that are held: those of a village are named by all its households


class _Made(NamedTuple):
    hash: str
    cases: frozenset[str]
    numbers: Mapping[str, int]


class Lists:
    """The lists that events name, each read once for as long as it is held; `whole` are the counties that are all in view."""

    def __init__(self, connection: Connection, whole: set[str] | None) -> None:
        self._connection, self._whole = connection, whole
        self._held: dict[str, _Made | None] = {}

    def compare(self, county: str, taken: Mapping[str, Sequence[Taken]]) -> Iterator[tuple[Problem, bool]]:
        """Yield what does not fit of acts taken for lists, by stream; True with it for what is only worth a look."""
        self._read(county, {one.list_id for each in taken.values() for one in each})
        for stream, each in taken.items():
            for one in each:
                for what, remark in self._wrong(county, stream.removeprefix("case/"), one):
                    yield Problem(f"{county}:{stream}", one.seq, what), remark

    def _wrong(self, county: str, case_id: str, one: Taken) -> Iterator[tuple[str, bool]]:
        made, earlier = self._held.get(one.list_id), one.list_event is None
        if made is None:
            if self._whole is None or county in self._whole:
                yield f"the list {one.list_id} that it was taken for is not there", False
            return
        if not earlier and one.list_event != made.hash:
            yield f"it was taken for list {one.list_id} when that said something else", False
        if case_id not in made.cases:
            yield f"the list {one.list_id} that it was taken for does not name the case", earlier
        differ = sorted(name for name, n in one.numbers.items() if made.numbers.get(name, n) != n)
        if earlier and differ:  # whoever takes an act for a list may say otherwise in it
            yield f"it says other than list {one.list_id} ({', '.join(differ)})", True

    def _read(self, county: str, ids: Iterable[str]) -> None:
        missing = sorted(set(ids) - self._held.keys())
        if len(self._held) + len(missing) > _MOST:
            self._held = {}
            missing = sorted(ids)
        for some in batched(missing, 200):
            self._held.update(dict.fromkeys(some))
            here = and_(
                EVENT.c.county == LIST.c.county, EVENT.c.stream == "unit/" + LIST.c.unit, EVENT.c.seq == LIST.c.seq
            )
            query = select(LIST.c.id, EVENT.c.hash, EVENT.c.body).select_from(LIST.join(EVENT, here))
            for row in self._connection.execute(query.where(LIST.c.county == county, LIST.c.id.in_(some))):
                self._held[row.id] = _made(row)


def _made(row: Any) -> _Made | None:
    try:
        told = json.loads(row.body)["changes"][f"lists/{row.id}"]
        return _Made(row.hash, frozenset(told["cases"]), whole_numbers(told["data"]))
    except FORGED:
        return None
