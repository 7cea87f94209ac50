"""SQLite's connections whose statement another thread can end: nothing else is heard while SQLite works."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any
from weakref import WeakSet

_OPEN: WeakSet[Stoppable] = WeakSet()


class Stoppable(sqlite3.Connection):
    """A connection that `stop` knows; the factory of those that the command line opens."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        _OPEN.add(self)


def stop() -> None:
    """End the statements that run now, of every connection: each raises that it was interrupted; an idle one notices nothing."""
    with suppress(RuntimeError):  # one was opened meanwhile
        for connection in list(_OPEN):
            with suppress(sqlite3.ProgrammingError):  # it is closed
                connection.interrupt()
