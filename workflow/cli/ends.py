"""End a run early in order (Ctrl-C, SIGTERM, SIGHUP), but never in the middle of a commit.

Python hears a signal only between its own steps, and one statement of SQLite is one step, however long it takes. So a
thread is told of every signal at once, and ends the statement.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_AGAIN = 0.05  # seconds after which a statement that began meanwhile is ended too
_waiting: list[int] = []
_holding = False
_ended: list[int] = []


class Ended(BaseException):
    """A signal came that ends the run; `code` is what a shell expects of it."""

    def __init__(self, number: int) -> None:
        self.code = 128 + number
        super().__init__()


def listen() -> None:
    """Let the signals end the run in order from now on."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup it stays ignored
            signal.signal(number, _came)
    signal.set_wakeup_fd(_watched(), warn_on_full_buffer=False)


@cache
def _watched() -> int:
    """Start the thread; return where the numbers of signals are to be written."""
    reads, writes = os.pipe()
    with suppress(AttributeError):  # Windows, before Python 3.12
        os.set_blocking(writes, False)
    with suppress(RuntimeError):  # no thread is to be had: a signal is heard when the statement ends
        Thread(target=_watch, args=(reads,), daemon=True).start()
    return writes


def _watch(reads: int) -> None:
    """End what SQLite does, until the signal that was written here is heard; a commit is waited for."""
    while came := os.read(reads, 1):
        while came[0] in _SIGNALS and not (_holding or _waiting or _ended):
            if (opened := sys.modules.get("weigai.db.stoppable")) is not None:
                opened.stop()
            time.sleep(_AGAIN)


def let_go() -> None:
    """Let the signals end the process at once: the work is done, and what is left is to print it."""
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        if signal.getsignal(number) is _came:
            signal.signal(number, signal.SIG_DFL)


def _came(number: int, frame: Any) -> None:
    if _holding and not _waiting:  # a second one ends it even so
        _waiting.append(number)
        return
    _ended.append(number)
    raise Ended(number)


def code() -> int | None:
    """Return the exit code where a signal came, though a library that it met took the exception for its own failure."""
    return 128 + _ended[-1] if _ended else None


@contextmanager
def held() -> Iterator[None]:
    """Hold a signal back until what is inside is done."""
    global _holding  # noqa: PLW0603 - there is one process and one set of signals
    _holding = True
    try:
        yield
    finally:
        _holding = False
        if _waiting:
            raise Ended(_waiting.pop())
