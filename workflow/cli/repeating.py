"""Repeat a transaction that met a busy database, a deadlock, or a server that went away."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from .. import CaseMovedOn, KeysOutdated, StoreBusy, StoreLost, StoreUnavailable
from .ends import Ended
from .language import t
from .output import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

R = TypeVar("R")
_TRIES = 6


def repeated(once: Callable[[], R]) -> R:
    """Do a whole transaction, again where it may go better: guards are asked anew, the request id tells what was done.

    A case that somebody else moved on is not such: that is for a person to look at. Nor are keys that are old: the
    command has no others.
    """
    lost = False
    for attempt in range(_TRIES):
        try:
            return once()
        except (StoreBusy, StoreUnavailable, CaseMovedOn) as error:
            lost = lost or isinstance(error, StoreLost)
            passing = lost or isinstance(error, StoreBusy) or getattr(error, "current_version", 0) is None
            if not passing or isinstance(error, KeysOutdated) or attempt == _TRIES - 1:
                raise
            time.sleep(0.05 * 2**attempt * (1 + random.random()))  # noqa: S311 - jitter
    raise StoreBusy


@contextmanager
def in_doubt(request: str | None) -> Iterator[None]:
    """Say under which request id to do it again where a piece of writing was cut off."""
    try:
        yield
    except (StoreLost, Ended, KeyboardInterrupt):
        if request:
            note(
                t(
                    f"不能确定是否已经办理。请加 --request-id {request} 再运行一次：已办的不会重复。",
                    f"it is not known whether this was done. Run it again with --request-id {request}: weigai does it "
                    "only once.",
                )
            )
        raise
