"""SQLite connections whose running statement another thread can stop."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any
from weakref import WeakSet

_OPEN: WeakSet[Stoppable] = WeakSet()


class Stoppable(sqlite3.Connection):
    """A connection that `stop` knows; the factory of those that `open_engine` makes."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        _OPEN.add(self)

    def rollback(self) -> None:
        """Roll back; a rollback that is ended too, since another cursor is still open, is left to the end of the connection."""
        try:
            super().rollback()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            self.close()


def stop() -> None:
    """End the statements that run now, of every connection: each raises that it was interrupted; one without an open cursor notices nothing."""
    with suppress(RuntimeError):  # one was opened meanwhile
        for connection in list(_OPEN):
            with suppress(sqlite3.ProgrammingError):  # it is closed
                connection.interrupt()
