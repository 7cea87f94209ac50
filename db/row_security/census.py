"""Check that every table, key, trigger, policy and right of a fresh database exists, and nothing gets round them.

Migrations, restores and hands that meant well lose such things without a word. It is compared with what the program
itself says, never with what a database keeps of itself. Where a later release added to the schema, its tables and columns
and the rights on them are left out; everything that this release knows is still to be as it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ...states.errors import WallMissing
from .. import scope
from ..drivers import sqlstate
from ..revision import newer
from ..tables import METADATA, VERSION_TABLE
from .census_tables import of_tables, plain
from .rules import RIGHTS, RULES, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine


def census(connection: Connection, role: str | None = None) -> list[str]:
    """Return everything that is missing, altered or in the way, in words; of a whole database nothing.

    Args:
        connection: to a database of this release's schema, or of a later one.
        role: the role that PostgreSQL's wall must hold for; without one, that of the engine (`scope.behind`). Where
            there is none either, the wall is only looked at where there is something of it: a host may do without.
    """
    found = of_tables(connection)
    if connection.dialect.name == "sqlite":
        return found
    role = role or scope.role_of(connection)
    found += [*_rewritten(connection), *_unlogged(connection)]
    found += wall(connection, role) if role or _begun(connection) else ()
    return list(dict.fromkeys(found))


# ---------------------------------------------------------------------- PostgreSQL


def _begun(connection: Connection) -> bool:
    """Tell whether there is anything of the wall."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE"
        " pg_table_is_visible(c.oid) AND c.relname LIKE 'weigai\\_%%' AND (c.relrowsecurity OR p.oid IS NOT NULL))"
    )
    return bool(connection.exec_driver_sql(query).scalar())


_OURS = "c.relname LIKE 'weigai\\_%%' AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)"
_DEFINER = "function {}: works with its owner's rights (SECURITY DEFINER)"


def _rewritten(connection: Connection) -> Iterator[str]:
    """Tell of what would change a statement on its way, or read the tables with its owner's rights."""
    rows = connection.exec_driver_sql(
        "SELECT 'trigger ' || t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
        " UNION ALL SELECT 'rule ' || r.rulename, c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class"
        " WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)"
        " UNION ALL SELECT DISTINCT 'view ' || v.relname, c.relname FROM pg_depend d"
        " JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass"
        " JOIN pg_class v ON v.oid = r.ev_class JOIN pg_class c ON c.oid = d.refobjid"
        " AND d.refclassid = 'pg_class'::regclass AND v.oid <> c.oid WHERE pg_table_is_visible(c.oid)"
        " AND v.relkind IN ('v', 'm') AND NOT coalesce(v.reloptions, '{}') && '{security_invoker=true,security_invoker=on}'"
    )
    yield from (f"{what} on {table}: not weigai's" for what, table in rows if table in TABLES)
    definers = "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND prosrc LIKE '%%weigai\\_%%' ORDER BY 1"
    yield from map(_DEFINER.format, connection.exec_driver_sql(definers).scalars())


def _unlogged(connection: Connection) -> Iterator[str]:
    """Tell of tables that a crash of the server empties."""
    query = f"SELECT c.relname FROM pg_class c WHERE c.relpersistence <> 'p' AND {_OURS}"  # noqa: S608 - our own words
    names = connection.exec_driver_sql(query).scalars()
    yield from (f"table {name}: is not kept for good (UNLOGGED)" for name in names if name in TABLES)


def wall(connection: Connection, role: str | None) -> list[str]:
    """Return what is missing of row-level security, of a role's rights, or in the role itself, and what leads round it."""
    found = [*_security(connection), *_policies(connection), *_inherited(connection), *_said(connection)]
    if role is None:
        return found
    found += [*_rights(connection, role), *_creates(connection, role), *_definers(connection, role)]
    return [*_role(connection, role), *found]


def _security(connection: Connection) -> Iterator[str]:
    rows = connection.exec_driver_sql(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid)"
    )
    flags = {name: (enabled, forced) for name, enabled, forced in rows}
    for table in TABLES:
        enabled, forced = flags.get(table, (False, False))
        if not (enabled and forced):
            yield f"table {table}: row security is not {'forced' if enabled else 'enabled'}"


_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}


def _policies(connection: Connection) -> Iterator[str]:
    rows = connection.exec_driver_sql(
        "SELECT c.relname, p.polname, CASE WHEN p.polpermissive AND p.polroles = '{0}' THEN p.polcmd::text END,"
        " pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)"
        " FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE pg_table_is_visible(c.oid)"
    )
    there = {
        (table, name, _COMMANDS.get(command), plain(using), plain(check)) for table, name, command, using, check in rows
    }
    wanted = {
        (table, rule.name, rule.command, plain(rule.using), plain(rule.check))
        for table, rules in RULES.items()
        for rule in rules
    }
    for table, name, *_ in sorted(wanted - there, key=str):
        yield f"policy {name} on {table}: missing or altered"
    more = {(table, name) for table, name, *_ in there if table in TABLES} - {(t, n) for t, n, *_ in wanted}
    yield from (f"policy {name} on {table}: not weigai's" for table, name in sorted(more))


def _inherited(connection: Connection) -> Iterator[str]:
    """Tell of tables above and below ours: through the one above, rows are reached past the policies of the one below."""
    query = "SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits ORDER BY 1, 2"
    for child, parent in connection.exec_driver_sql(query):
        if child in TABLES or parent in TABLES:
            yield f"table {child}: inherits from {parent}"


def _said(connection: Connection) -> Iterator[str]:
    """Tell of a scope that is kept as a setting: then something is seen where nothing was said."""
    rows = connection.exec_driver_sql(
        "SELECT split_part(said, '=', 1), coalesce('the role ' || pg_get_userbyid(nullif(d.setrole, 0)), 'everybody')"
        " FROM pg_db_role_setting d, unnest(d.setconfig) said WHERE lower(said) LIKE 'weigai.%%'"
        " AND d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) ORDER BY 1, 2"
    )
    yield from (f"setting {name}: is kept for {whom} (ALTER ... RESET {name})" for name, whom in rows)


_ROLE_IS = (
    "is a superuser",
    "is above row security (BYPASSRLS)",
    "may make and give roles (CREATEROLE)",
    "is the tables' owner",
)


def _role(connection: Connection, role: str) -> Iterator[str]:
    """Tell what the role is that it should not be, by itself or as a member of others."""
    query = (
        "SELECT bool_or(m.rolsuper), bool_or(m.rolbypassrls), bool_or(m.rolcreaterole), (SELECT"  # noqa: S608 - our own words
        f" bool_or(pg_has_role(r.oid, c.relowner, 'MEMBER')) FROM pg_class c WHERE {_OURS}) FROM pg_roles r"
        " JOIN pg_roles m ON pg_has_role(r.oid, m.oid, 'MEMBER') WHERE r.rolname = :role GROUP BY r.oid"
    )
    row = connection.execute(text(query), {"role": role}).first()
    if row is None:
        yield f"role {role}: missing"
        return
    yield from (f"role {role}: {what}" for wrong, what in zip(row, _ROLE_IS, strict=True) if wrong)


_COLUMNS = {
    VERSION_TABLE: {"version_num"},
    **{name: set(table.columns.keys()) for name, table in METADATA.tables.items()},
}
_BY_COLUMN, _BY_TABLE = ("SELECT", "INSERT", "UPDATE", "REFERENCES"), ("DELETE", "TRUNCATE", "TRIGGER")


def _rights(connection: Connection, role: str) -> Iterator[str]:
    """Compare what the role may do to each column of each table, by itself, through others or as anybody."""
    asked = [f"has_column_privilege(r.oid, c.oid, a.attnum, '{right}')" for right in _BY_COLUMN]
    asked += [f"has_table_privilege(r.oid, c.oid, '{right}')" for right in _BY_TABLE]
    query = (
        f"SELECT c.relname, a.attname, {', '.join(asked)} FROM pg_roles r, pg_class c JOIN pg_attribute a"  # noqa: S608 - our own words
        f" ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE r.rolname = :role AND {_OURS}"
    )
    later_schema = newer(connection)
    columns: dict[str, set[str]] = {}
    held: dict[tuple[str, str], set[str]] = {}
    for table, column, *has in connection.execute(text(query), {"role": role}):
        if later_schema and column not in _COLUMNS.get(table, ()):
            continue
        columns.setdefault(table, set()).add(column)
        for right, may in zip((*_BY_COLUMN, *_BY_TABLE), has, strict=True):
            held.setdefault((table, right), set()).update({column} if may else ())
    for (table, right), own in sorted(held.items()):
        every, given = columns[table], RIGHTS.get(table, {}).get(right)
        wanted = set() if given is None else every.intersection(given or every)
        for may, part in (("may not", wanted - own), ("may", own - wanted)):
            if part:
                listed = "" if part == every else f" ({', '.join(sorted(part))})"
                yield f"role {role}: {may} {right}{listed} on {table}"


def _creates(connection: Connection, role: str) -> Iterator[str]:
    """Tell where the role may put objects beside our tables, by itself, through others or as anybody."""
    query = (
        "SELECT n.oid::regnamespace::text FROM pg_roles r, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE r.rolname = :role AND c.oid = to_regclass('weigai_event') AND has_schema_privilege(r.oid, n.oid, 'CREATE')"
    )
    for name in connection.execute(text(query), {"role": role}).scalars():
        yield f"role {role}: may CREATE in the schema {name} (REVOKE CREATE ON SCHEMA {name} FROM {role}, PUBLIC)"


def _definers(connection: Connection, role: str) -> Iterator[str]:
    """Tell of functions that the role may run with the rights of somebody whom the policies do not hold back.

    What they do is not read: a statement may be put together as they run. The server's own are left out, and those that
    an extension brings in its library; what only calls itself an extension's is not.
    """
    query = (
        "SELECT p.oid::regprocedure::text FROM pg_roles r, pg_proc p JOIN pg_roles o ON o.oid = p.proowner"  # noqa: S608 - our own words
        " JOIN pg_language l ON l.oid = p.prolang WHERE r.rolname = :role AND p.prosecdef AND p.oid >= 16384"
        " AND has_function_privilege(r.oid, p.oid, 'EXECUTE') AND has_schema_privilege(r.oid, p.pronamespace, 'USAGE')"
        " AND (o.rolsuper OR o.rolbypassrls OR EXISTS (SELECT FROM pg_class c"
        f" WHERE {_OURS} AND pg_has_role(o.oid, c.relowner, 'MEMBER')))"
        " AND NOT (l.lanname = 'c' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass"
        " AND d.objid = p.oid AND d.deptype = 'e')) ORDER BY 1"
    )
    yield from map(_DEFINER.format, connection.execute(text(query), {"role": role}).scalars())


def passes_by(connection: Connection) -> tuple[str, list[str]]:
    """Return the role of a connection, and why rows would not be held back from it: a host's can only be told of."""
    role = str(connection.exec_driver_sql("SELECT current_user").scalar())
    why = [problem.split(": ", 1)[1] for problem in _role(connection, role)]
    active = "SELECT row_security_active('weigai_case')"
    if not why and not connection.exec_driver_sql(active).scalar():
        why = ["row security is not active"]
    return role, why


def self_test(connection: Connection, role: str) -> list[str]:
    """Return what is wrong with the wall as this transaction meets it: the census, and a row that nobody may see.

    The row must be hidden from a scope that is empty, and be there for the one scope that nobody is given.
    """
    if found := wall(connection, role):
        return found
    names = ", ".join(f"current_setting('weigai.{name}', true)" for name in ("units", "person", "login"))
    if connection.exec_driver_sql(f"SELECT concat({names})").scalar():  # kept in the server's file, or by the address
        return ["a scope is set before anything was said"]
    query = "SELECT current_user = :role AND row_security_active('weigai_case')"
    if not connection.execute(text(query), {"role": role}).scalar():
        return ["the role that statements run in is not held back by row security"]
    seen = []
    for units in ("", scope.NOBODYS, ""):
        connection.execute(text("SELECT set_config('weigai.units', :units, true)"), {"units": units})
        seen.append(connection.exec_driver_sql("SELECT count(*) FROM weigai_canary").scalar())
    return [] if seen == [0, 1, 0] else ["the row that nobody may see can be read, or is gone"]


def refuse_without_wall(engine: Engine, role: str) -> None:
    """Test the wall of a PostgreSQL as the transactions of this engine meet it.

    Raises:
        WallMissing: with everything that is wrong.
    """
    try:
        with engine.connect() as connection, connection.begin():
            found = self_test(connection, role)
    except DBAPIError as error:  # the role cannot be taken, or may not read what it should
        if sqlstate(error.orig) not in ("42501", "22023", "42704"):
            raise
        found = [f"role {role}: cannot be taken by this user"]
    if found:
        raise WallMissing(found)
