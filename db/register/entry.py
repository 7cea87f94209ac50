"""What every entry in the register has (who makes it, its day, its request id), and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...states.errors import RequestReused
from ...states.personal import PERSONAL
from ..log.entry import Entry
from ..log.streams import append, locked, request_done

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection

    from ...states.actor import Actor
    from ...states.values import Event
    from ..vault.keys import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """Somebody who enters something in the register, by one event of a person's or the county's stream."""

    connection: Connection
    actor: Actor
    on: date
    recorded_at: str
    request_id: str
    keys: Keys | None = None

    def next_no(self, county: str, stream: str) -> int:
        """Lock a stream and return the number of the event that comes next."""
        return locked(self.connection, county, stream)

    def done(self, county: str, stream: str, action: str) -> Event | None:
        """Return the event that the same request wrote to a stream before, if it did.

        Raises:
            RequestReused: it was something else, or by somebody else.
        """
        event = request_done(self.connection, county, stream, self.request_id)
        if event is not None and (event.action, event.acted_by) != (action, self.actor.person):
            raise RequestReused(self.request_id)
        return event

    def unchanged(self, event: Event, changes: Mapping[str, Any]) -> Event:
        """Return the event of the same request if it wrote just this; personal values are not compared.

        Raises:
            RequestReused: it wrote something else.
        """
        if openly(event.changes) != openly(changes):
            raise RequestReused(self.request_id)
        return event

    def write(self, county: str, stream: str, action: str, changes: Mapping[str, Any]) -> Event:
        """Write one event."""
        entry = Entry(
            action=action,
            to=None,
            actor=self.actor,
            recorded_by=self.actor.person,
            on=self.on,
            recorded_at=self.recorded_at,
            request_id=self.request_id,
            changes=changes,
        )
        return append(self.connection, county, stream, entry, keys=self.keys)


def openly(value: Any) -> Any:
    """Return changes without the personal values in them."""
    if isinstance(value, dict):
        return {k: openly(v) for k, v in value.items() if k.rsplit("/", 1)[-1] not in PERSONAL}
    return [openly(v) for v in value] if isinstance(value, (list, tuple)) else value
