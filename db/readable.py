"""Read rows one by one: a row that cannot be read is left out, so that reports of the others go on.

A person who may add rows for one village could add such a row. `audit verify` reports it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ..states.case import FORGED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_Read = TypeVar("_Read")


def read_each(rows: Iterable[Any], read: Callable[[Any], _Read]) -> Iterator[_Read]:
    """Yield what rows are read as."""
    for row in rows:
        with suppress(*FORGED):
            yield read(row)
