"""Find in the changes of an event what its act was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .record import ACTS, FACTS, HOUSEHOLD, PENDING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .values import Data, Event

_EMPTY: Mapping[str, Any] = {}


def entry_in(changes: Mapping[str, Any], action: str, seq: int) -> Mapping[str, Any] | None:
    """Return the entry that an act or a fact wrote by event number `seq`, None where the changes have none."""
    return changes.get(ACTS.path(action)) or changes.get(FACTS.path(action, seq))


def pending_in(changes: Mapping[str, Any], seq: int) -> Mapping[str, Any] | None:
    """Return the act that event number `seq` lets wait for a second person, None where it lets none wait."""
    return changes.get(PENDING.path(seq))


def data_of(event: Event) -> Data:
    """Return what the act of an event was told, as the log keeps it; where it has none, the household that was opened."""
    seq, changes = event.seq, event.changes
    entry = entry_in(changes, event.action, seq) or pending_in(changes, seq) or _EMPTY
    data: Data = entry.get("data", changes.get(HOUSEHOLD.name, _EMPTY))
    return data
