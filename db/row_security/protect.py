"""Set up row-level security on every table of PostgreSQL, with a role of few rights.

Which rights, and to which rows, stands in `rights.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ...states.errors import StoreError
from .. import scope
from ..drivers import sqlstate
from ..engine import connected, patiently
from ..prepared import savepoint
from ..revision import check
from .census import wall
from .rules import RIGHTS, RULES, TABLES

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

ROLE = "weigai_app"
ONE_BY_ONE = "SELECT pg_advisory_xact_lock(7739118052)"  # our own key: one upgrade or protection at a time
BRIEFLY = "SET LOCAL lock_timeout = '2s'"  # who waits longer for a lock tries again (`patiently`)


def protect(engine: Engine, role: str = ROLE) -> bool:
    """Set up row-level security as the owner of the tables, in one transaction; tell whether anything was missing.

    Raises:
        StoreError: not a PostgreSQL; or the role cannot be made or given rights by this user, and what to run; or the
            wall is up, but something that is not weigai's leads round it.
        SchemaTooOld, SchemaTooNew: the tables are not this release's.
        StoreBusy: other work held a lock for too long.
    """
    if engine.dialect.name != "postgresql":
        raise StoreError(
            "行级安全只适用于 PostgreSQL；SQLite 由触发器保护日志。",
            "row-level security exists only on PostgreSQL; on SQLite, triggers protect the events.",
        )

    def raised() -> tuple[bool, list[str]]:
        # committed rows are seen after the wait for the lock, whatever the engine's level
        options = {"isolation_level": "READ COMMITTED", "schema_translate_map": None}
        with connected(engine) as connection, connection.execution_options(**options).begin():
            connection.exec_driver_sql(BRIEFLY)
            connection.exec_driver_sql(ONE_BY_ONE)
            check(connection, whole=True)
            missing = raise_wall(connection, role)
            return missing, wall(connection, role) if missing else []

    missing, left = patiently(raised)
    if left:
        listed = "; ".join(left)
        raise StoreError(
            f"行级安全已建立，但仍有绕过它的途径（{listed}），须由管理员去除。",
            f"row-level security is set up, but there are still ways round it ({listed}); an administrator must remove "
            "them.",
        )
    return missing


def raise_wall(connection: Connection, role: str = ROLE) -> bool:
    """Do as `protect` does, in the caller's own transaction."""
    scope.forget(connection)
    if not wall(connection, role):
        return False
    try:
        _make_role(connection, role)
        _grant(connection, role)
        for table in TABLES:
            _put_up(connection, table)
    except DBAPIError as error:
        if sqlstate(error.orig) != "42501":
            raise
        sql = f"CREATE ROLE {_quoted(connection, role)} NOLOGIN; GRANT {_quoted(connection, role)} TO ..."
        raise StoreError(
            f"当前用户无权建立角色 {role} 或为其授权。请由管理员运行：{sql}（授予表的所有者），再由所有者运行 weigai db protect。",
            f"this user may not create the role {role} or give it rights. An administrator runs: {sql} (for the owner "
            "of the tables); then the owner runs: weigai db protect",
        ) from None
    return True


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _make_role(connection: Connection, role: str) -> None:
    """Make the group role where it is missing, and let the owner step down to it."""
    there = "SELECT 1 FROM pg_roles WHERE rolname = :role"
    if connection.execute(text(there), {"role": role}).first() is None:
        try:
            with savepoint(connection):
                connection.exec_driver_sql(f"CREATE ROLE {_quoted(connection, role)} NOLOGIN")
        except DBAPIError as error:  # made beside us for another database of the same server
            if sqlstate(error.orig) not in ("42710", "23505"):
                raise
    how = "CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END"
    member = f"SELECT pg_has_role(current_user, :role, {how})"
    if not connection.execute(text(member), {"role": role}).scalar():
        connection.exec_driver_sql(f"GRANT {_quoted(connection, role)} TO CURRENT_USER")


def _grant(connection: Connection, role: str) -> None:
    named = _quoted(connection, role)
    home = connection.exec_driver_sql(
        "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = to_regclass('weigai_event')"
    ).scalar_one()
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {_quoted(connection, home)} TO {named}")
    connection.exec_driver_sql(f"REVOKE CREATE ON SCHEMA {_quoted(connection, home)} FROM {named}")
    for table, rights in RIGHTS.items():
        given = (f"{right} ({', '.join(columns)})" if columns else right for right, columns in rights.items())
        connection.exec_driver_sql(f"REVOKE ALL ON {table} FROM PUBLIC, {named}")
        connection.exec_driver_sql(f"GRANT {', '.join(given)} ON {table} TO {named}")


def _put_up(connection: Connection, table: str) -> None:
    """Enable and force row security on a table, with exactly the policies of `RULES`."""
    names = "SELECT polname FROM pg_policy WHERE polrelid = to_regclass(:table)"
    found = connection.execute(text(names), {"table": table})
    for name in found.scalars().all():
        connection.exec_driver_sql(f"DROP POLICY {_quoted(connection, name)} ON {table}")
    for rule in RULES[table]:
        using = f" USING ({rule.using})" if rule.using else ""
        check = f" WITH CHECK ({rule.check})" if rule.check else ""
        made = f"CREATE POLICY {rule.name} ON {table} FOR {rule.command} TO PUBLIC{using}{check}"
        connection.execute(text(made.replace(":", "\\:")))
    connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def step_aside(connection: Connection, role: str | None = None) -> str | None:
    """Let the owner see every row until `raise_wall`, for a migration; return the role that the wall is up for.

    Both are steps of one transaction: nobody else ever finds the wall down.
    """
    if connection.dialect.name != "postgresql":
        return role
    forced = connection.exec_driver_sql(
        "SELECT relname FROM pg_class WHERE relforcerowsecurity AND relname LIKE 'weigai\\_%%' AND pg_table_is_visible(oid)"
    )
    tables = forced.scalars().all()
    for table in tables:
        connection.exec_driver_sql(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    if role is not None or not tables:
        return role
    held = connection.exec_driver_sql(
        "SELECT r.rolname FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE c.oid = to_regclass('weigai_event') AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner"
        " ORDER BY r.rolname = 'weigai_app' DESC, r.rolname"
    )
    return str(held.scalar() or ROLE)
