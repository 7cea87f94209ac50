"""The parts of `Approvals` for one subject each, over one session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arguments import checked
from .context import Context, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from ..db.vault.files import FileStore
    from ..db.vault.keys import Keys
    from ..states.actor import Seat
    from ..states.calendar import Calendar
    from ..states.errors import ClockDiffers
    from .duties import Units
    from .evidence.evidence import Evidence
    from .library import Library
    from .offices import Offices
    from .register.register import Register
    from .reports.records import Records


class Services:
    """A host's session with what weigai needs beside it, and the services over it. See `Approvals` for the arguments."""

    def __init__(
        self,
        session: Session,
        *,
        now: Callable[[], datetime] = utc_now,
        keys: Keys | None = None,
        files: FileStore | None = None,
        calendar: Calendar | None = None,
        policies: Path | None = None,
        alg: str = "sha256",
        seat: Seat | None = None,
    ) -> None:
        self.context = Context(
            session, now=now, keys=keys, files=files, calendar=calendar, policies=policies, alg=alg, seat=seat
        )

    @checked
    def today(self) -> date:
        """Return today's date in Asia/Shanghai, by the clock of these approvals."""
        return self.context.today()

    @property
    def clock_differs(self) -> ClockDiffers | None:
        """Return how the machine's clock differs from the database's, once something was written.

        Only in a trial county is anything written then: elsewhere the difference is raised before the first write.
        """
        return self.context.apart

    @property
    def library(self) -> Library:
        """Return where policies are looked up: the package, the host's folder, this database."""
        return self.context.library

    @property
    def register(self) -> Register:
        """Return the register of persons, offices held and units."""
        from .register.register import Register

        return Register(self.context)

    @property
    def units(self) -> Units:
        """Return the duties of units: reports, surveys and plans."""
        from .duties import Units

        return Units(self.context)

    @property
    def offices(self) -> Offices:
        """Return which offices may take an act, for a program that chooses one for people."""
        from .offices import Offices

        return Offices(self.context)

    @property
    def evidence(self) -> Evidence:
        """Return what proves the record: verification, heads kept outside, exports."""
        from .evidence.evidence import Evidence

        return Evidence(self.context)

    @property
    def records(self) -> Records:
        """Return the reports and the verification of the record."""
        from .reports.records import Records

        return Records(self.context)
