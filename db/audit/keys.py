"""Verify the data keys of a stream: a master key opens each, or an erasure records when it was destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from .opened import Opener

GONE = "data keys were destroyed at a moment of which no erasure is recorded"


def wrong_keys(
    opener: Opener, stream: str, rows: Sequence[Any], persons: AbstractSet[str], erasures: Collection[tuple[str, str]]
) -> Iterator[tuple[str, bool]]:
    """Yield what does not fit of a stream's data keys (person, master, wrapped, erased_at); True with it for a remark.

    A restore destroys what was erased after the backup, and brings the keys of what was written after it: such a moment
    and such a person stand in no event that there is.
    """
    unnamed, kept = 0, {row[0].partition("~")[0] for row in rows}
    for person, master, wrapped, erased_at in rows:
        if wrapped is not None:
            told = opener.locked(stream, person, master, wrapped)
            if erased_at is not None:
                yield f"the data key of {person} is there, and said to be destroyed", False
            elif told is not None:
                yield f"the data key of {person} {told}", False
        elif erased_at is None:
            yield f"the data key of {person} is gone, and no moment is told", False
        else:
            unnamed += not _named(person, erased_at, erasures)
    if unnamed:
        yield f"{GONE} (keys: {unnamed})", True
    if opener.keyed and persons - kept:
        yield f"the rows of data keys are gone ({', '.join(sorted(persons - kept))})", True
    if kept - persons - {"other"}:  # "other" has papers too
        yield f"data keys of persons that no event names ({', '.join(sorted(kept - persons))})", True


def _named(person: str, moment: str, erasures: Collection[tuple[str, str]]) -> bool:
    own = person.partition("~")[0]
    return any(at == moment and whose in ("all", own) for at, whose in erasures)
