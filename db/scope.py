"""Tell PostgreSQL whose rows the next statements may see.

Only for the transaction at hand (`SET LOCAL`), sent anew before each group, so that nothing of one user is left for the
next. Where the database has no such wall (SQLite, a PostgreSQL that was never protected) nothing is sent.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, event, or_, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from ..states.errors import StoreUnavailable
from ..states.units import UNIT_LENGTHS
from .drivers import sqlstate
from .engine import WAIT_MS, connected, store_errors
from .prepared import Prepared
from .statements import table
from .tables import PersonRow, placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Dialect, Engine

NOBODYS = "000000"  # the county of the canary: in nobody's scope, ever
_WALLED: WeakKeyDictionary[Dialect, dict[str, bool]] = WeakKeyDictionary()  # by the name of a table with its schema
_ROLES: WeakKeyDictionary[Dialect, str] = WeakKeyDictionary()
# The policies look costly to the planner, which would compile every larger query anew for half a second: no JIT.
_ENTER = Prepared(
    text(
        "SELECT set_config('weigai.units', :units, true), set_config('weigai.person', :person, true), "
        "set_config('weigai.login', :login, true), set_config('jit', 'off', true)"
    )
)
_HAS_WALL = text("SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass(:name)")
_UNITS = "current_setting('weigai.units', true)"
_WIDER = rf"regexp_replace({_UNITS}, '(^|,)([0-9]{{6}})([0-9]{{3}}|[0-9]{{6}})?(?=,|$)', '\1\2', 'g')"
_WIDEN = Prepared(text(f"SELECT {_UNITS}, set_config('weigai.units', {_WIDER}, true)"))
_PERSON = table(PersonRow)
_NAMED = or_(_PERSON.c.id == bindparam("name"), _PERSON.c.account == bindparam("name"))
_KNOWN_AS = Prepared(select(_PERSON.c.id).where(_NAMED))
_STEP_DOWN = Prepared(text("SELECT set_config('role', :role, true), set_config('lock_timeout', :wait, true)"))
_BACK = Prepared(text("SELECT set_config('weigai.units', :units, true)"))


def walled(connection: Connection) -> bool:
    """Tell whether the database behind a connection keeps rows apart by scope; asked once for each engine."""
    if connection.dialect.name != "postgresql":
        return False
    name = placed(connection, "weigai_case")
    known = _WALLED.setdefault(connection.dialect, {})
    if name not in known:
        found = connection.execute(_HAS_WALL, {"name": name}).first()
        if found is None:  # no schema yet: to be asked again
            return False
        known[name] = bool(found[0])
    return known[name]


def forget(connection: Connection) -> None:
    """Ask again whether the database is walled: it has just been protected."""
    _WALLED.pop(connection.dialect, None)


def hidden(connection: Connection) -> bool:
    """Tell whether rows are held back from this very connection: not from a superuser, nor from who passes the wall by."""
    if not walled(connection):
        return False
    return bool(connection.exec_driver_sql("SELECT row_security_active('weigai_canary')").scalar())


@contextmanager
def whole(engine: Engine) -> Iterator[Connection]:
    """Give a transaction in which no row is held back, or none at all.

    Raises:
        StoreUnavailable: on PostgreSQL, the role does not see every row.
    """
    with store_errors(), connected(engine) as connection, connection.begin(), seeing_all(connection):
        yield connection


@contextmanager
def seeing_all(connection: Connection) -> Iterator[None]:
    """Let nothing be held back for the rest of the transaction: what would be, is an error.

    Raises:
        StoreUnavailable: on PostgreSQL, the role does not see every row.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL row_security = off")
    try:
        yield
    except ProgrammingError as error:
        if sqlstate(error.orig) != "42501":
            raise
        raise StoreUnavailable(
            "该数据库角色看不到全部行，不能办理此事；请用能看到全部行的角色（BYPASSRLS）。",
            "this database role does not see every row, and this needs a role that does (BYPASSRLS).",
        ) from None


def enter_login(connection: Connection, *who: str) -> None:
    """Let the statements that follow see just the persons of these ids or accounts, before their units are known."""
    if not walled(connection):
        return
    names = [one.rpartition("/")[2] for one in who]  # without the county that may stand before it
    enter(connection, login=names)
    ids = [row[0] for name in names for row in _KNOWN_AS(connection, {"name": name}).fetchall()]
    enter(connection, login=(*names, *ids))


def enter(connection: Connection, units: Sequence[str] = (), person: str = "", *, login: Sequence[str] = ()) -> None:
    """Let the statements that follow see these units and this person's own streams; without any, nothing.

    `login` lets the persons of these ids and accounts be seen, and the offices by their ids.
    """
    if not walled(connection):
        return
    codes = [code for code in dict.fromkeys(units) if len(code) in UNIT_LENGTHS and code.isascii() and code.isdigit()]
    shown = ",".join(code for code in codes if not code.startswith(NOBODYS))
    _ENTER(connection, {"units": shown, "person": person, "login": ",".join(login)})


@contextmanager
def county_wide(connection: Connection) -> Iterator[None]:
    """Let the statements inside see the whole counties of the scope: for counts that a guard needs, never for a page."""
    if not walled(connection):
        yield
        return
    before, wide = _WIDEN(connection, {}).fetchone()
    try:
        yield
    finally:
        if wide != before:
            with suppress(DBAPIError):  # a transaction that failed is rolled back, and the setting with it
                _BACK(connection, {"units": before})


def behind(engine: Engine, role: str) -> None:
    """Let every transaction of a PostgreSQL engine begin in the application's role, whoever connected.

    It waits for a lock as long as SQLite does, and is then told that the database is busy.
    """
    if engine.dialect.name != "postgresql":
        return
    _ROLES[engine.dialect] = role
    event.listen(engine, "begin", lambda connection: step_down(connection, role))


def step_down(connection: Connection, role: str) -> None:
    """Let the rest of a transaction go on in a role."""
    _STEP_DOWN(connection, {"role": role, "wait": f"{WAIT_MS}ms"})


def role_of(connection: Connection) -> str | None:
    """Return the role that this engine's transactions begin in, None where they stay in that of the connection."""
    return _ROLES.get(connection.dialect)
