"""PostgreSQL's second wall, at the command line: every transaction stands behind it, or nothing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_TESTED: set[tuple[str, str]] = set()


def role() -> str:
    """Return the role that every transaction works in: WEIGAI_ROLE, else weigai_app."""
    from ...db.row_security.protect import ROLE

    return settings.role() or ROLE


def behind_the_wall(engine: Engine, connection: Connection, *, tested: bool) -> None:
    """Let a transaction go on, and every later one of its engine begin, in the application's role, whoever connected.

    That the role is held back is tested once in a process, unless `tested` is off for what reports on it.

    Raises:
        WallMissing: PostgreSQL does not hold rows back from that role as it should.
    """
    if engine.dialect.name != "postgresql":
        return
    from ...db.row_security.census import refuse_without_wall
    from ...db.scope import behind, step_down

    behind(engine, role())
    here = (str(engine.url), role())
    if tested and here not in _TESTED:
        refuse_without_wall(engine, role())
        _TESTED.add(here)
    step_down(connection)
