"""The second wall: row-level security on every table of PostgreSQL, and a role that may only do what the program does.

The policies are written as PostgreSQL prints them, so that the census (`census.py`) can compare them with what is there.
They read two settings of the transaction (`scope.py`): `weigai.units`, codes of 6, 9 or 12 digits with commas, and
`weigai.person`; `weigai.login` lets one person's own rows through before its units are known. Empty settings let
nothing through. Codes are compared whole, at the lengths that codes have, never by a pattern.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ..states.errors import StoreError
from . import scope
from .drivers import sqlstate
from .engine import connected, patiently
from .prepared import savepoint
from .revision import check
from .tables import METADATA, VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

ROLE = "weigai_app"
TABLES = (*METADATA.tables, VERSION_TABLE)
ADDED_TO = ("weigai_event", "weigai_head", "weigai_leaf")  # never changed, never deleted from
ONE_BY_ONE = "SELECT pg_advisory_xact_lock(7739118052)"  # our own key: one upgrade or protection at a time
BRIEFLY = "SET LOCAL lock_timeout = '2s'"  # who waits longer for a lock tries again (`patiently`)

# What the program does with each table besides reading and adding; whatever is not here, the role may not.
_READ_ONLY = (VERSION_TABLE, "weigai_lowest", "weigai_database", "weigai_canary")
_DELETED_FROM = ("weigai_index",)
# What of a row is ever changed: never a key, nor whose the row is, so that none is carried into another scope.
_CHANGED = {
    "weigai_case": (
        "policy_id", "policy_hash", "state", "version", "head", "classes", "opens_on", "archive_no", "no_house", "grade",
        "mode", "line", "approved_fen", "paid_fen", "approved_on", "final_on", "record", "due_on", "held", "intake",
    ),
    "weigai_stream": ("seq", "head"), "weigai_key": ("stream", "person", "master", "wrapped", "erased_at"),
    "weigai_list": ("state", "record"), "weigai_unit": ("name", "until"), "weigai_person": ("account",),
    "weigai_grant": ("until", "confirmed_by"), "weigai_tally": ("value",),
    "weigai_master": ("held",), "weigai_private": ("salt", "value"), "weigai_index": ("token",),
    "weigai_document": ("sha256", "salt", "same", "look", "size"),
}  # fmt: skip


def _rights(table: str) -> dict[str, tuple[str, ...]]:
    adds = {} if table in _READ_ONLY else {"INSERT": ()}
    changes = {"UPDATE": _CHANGED[table]} if table in _CHANGED else {}
    return {"SELECT": (), **adds, **changes, **({"DELETE": ()} if table in _DELETED_FROM else {})}


# For each table the rights of the role, each with the columns that it is for; without any, for all of them.
RIGHTS = {table: _rights(table) for table in TABLES}

_SET = "NULLIF(current_setting('weigai.{}'::text, true), ''::text)"
_UNITS = f"( SELECT string_to_array({_SET.format('units')}, ','::text) AS string_to_array)"
_SIX, _KEPT = r"(^|,)([0-9]{6})([0-9]{3}|[0-9]{6})?(?=,|$)", r"\1\2"  # of a code of 6, 9 or 12 digits its county
_FIRST_SIX = f"regexp_replace({_SET.format('units')}, '{_SIX}'::text, '{_KEPT}'::text, 'g'::text)"
_COUNTIES = f"( SELECT string_to_array({_FIRST_SIX}, ','::text) AS string_to_array)"
_LOGIN = f"( SELECT string_to_array({_SET.format('login')}, ','::text) AS string_to_array)"
_PERSON = f'( SELECT {_SET.format("person")} AS "nullif")'

_WHOLE = f"(county = ANY ({_UNITS}::text[]))"  # the county itself is in scope
_PART = f"(county = ANY ({_COUNTIES}::text[]))"  # something of the county is
_KIND, _NAME = "split_part(stream, '/'::text, 1)", "split_part(stream, '/'::text, 2)"
_OF_CASE = "( SELECT 1 FROM weigai_case c WHERE ((c.county = {}.county) AND (c.id = {})))"


class Rule(NamedTuple):
    """One policy: its name, for which command, and the conditions on rows that are there and on rows that are written."""

    name: str
    command: str
    using: str | None
    check: str | None


def _lies(code: str) -> str:
    """Return the condition that a unit lies in scope; filled up with zeros a code stands for that unit alone."""
    above = (f"(substr({code}, 1, {n}) = ANY ({_UNITS}::text[]))" for n in (6, 9))
    return f"({' OR '.join(above)} OR (rpad({code}, 12, '0'::text) = ANY ({_UNITS}::text[])))"


def _own(code: str) -> str:
    """Return the condition that a code is one of the row's county, and no longer than codes are."""
    return f"({code} = (county || substr({code}, 7, 6)))"


def _granted(table: str, person: str) -> str:
    """Return the condition that a person holds an office for a unit in scope, or held or may hold one."""
    mine = f"(g.county = {table}.county) AND (g.person = {person}) AND {_lies('g.unit')}"
    return f"(EXISTS ( SELECT 1 FROM weigai_grant g WHERE ({mine})))"  # noqa: S608 - our own names


def _stream(table: str, more: str = "") -> str:
    """Return the condition that a row's stream is in scope.

    A case that can be seen, a unit, somebody with an office there, oneself, and the county's own, which names units.
    """
    name = f"split_part({table}.stream, '/'::text, 2)"
    return (
        f"({_WHOLE} OR (({_KIND} = ANY (ARRAY['case'::text, 'unmasked'::text])) AND"
        f" (EXISTS {_OF_CASE.format(table, name)}))"
        f" OR (({_KIND} = 'unit'::text) AND {_own(_NAME)} AND {_lies(_NAME)})"
        f" OR (({_KIND} = 'person'::text) AND {_granted(table, name)})"
        f" OR ({_PART} AND ((stream = 'county'::text) OR (stream = ('person/'::text || {_PERSON}))))"
        f" OR (stream = ('refused/'::text || {_PERSON})){more})"
    )


def _rows(reading: str, writing: str, *, added: str | None = None, locked: str | None = None) -> list[Rule]:
    """Return the rules of a table where more can be read than written; `locked`, where more can be locked than changed."""
    return [
        Rule("weigai_read", "SELECT", reading, None),
        Rule("weigai_write", "INSERT", None, added or writing),
        Rule("weigai_change", "UPDATE", locked or writing, writing),
        Rule("weigai_remove", "DELETE", writing, None),
    ]


def _all(condition: str, writing: str | None = None) -> list[Rule]:
    return [Rule("weigai_scope", "ALL", condition, writing or condition)]


def _of_streams() -> dict[str, list[Rule]]:
    plain = ("weigai_event", "weigai_private", "weigai_document")
    somebodys = f" OR ({_PART} AND ({_KIND} = 'person'::text))"  # a guard compares tokens; an entry locks the head
    head = _stream("weigai_stream", somebodys)
    file = f" OR ({_PART} AND ({_KIND} = ANY (ARRAY['check'::text, 'file'::text])))"
    return {
        **{name: _rows(_stream(name), _stream(name)) for name in plain},
        "weigai_stream": _rows(head, _stream("weigai_stream"), locked=head),
        "weigai_index": _rows(_stream("weigai_index", somebodys), _stream("weigai_index")),
        "weigai_key": _rows(_stream("weigai_key", file), _stream("weigai_key", file)),
        "weigai_leaf": _rows(_stream("weigai_leaf"), _WHOLE),
    }


def _of_register() -> dict[str, list[Rule]]:
    """Return the rules of who holds what where: the whole county may know it, and change it only for its own units."""
    login = f"((p.county = {{}}.county) AND ((p.id = ANY ({_LOGIN}::text[])) OR (p.account = ANY ({_LOGIN}::text[]))))"
    known = {
        name: f"({_PART} OR (EXISTS ( SELECT 1 FROM weigai_person p WHERE {login.format(name)})))"  # noqa: S608 - our own names
        for name in ("weigai_unit", "weigai_succession")
    }
    person = f"({_PART} OR (id = ANY ({_LOGIN}::text[])) OR (account = ANY ({_LOGIN}::text[])))"
    account = f"({_WHOLE} OR ({_PART} AND (id = {_PERSON})) OR {_granted('weigai_person', 'weigai_person.id')})"
    others = f"({_lies('unit')} AND (person IS DISTINCT FROM {_PERSON}))"  # none for oneself
    went = f"({_own('code')} AND {_lies('code')} AND {_own('successor')} AND {_lies('successor')})"
    return {
        "weigai_person": _rows(person, account, added=_PART),
        "weigai_grant": _rows(
            f"({_PART} OR (person = ANY ({_LOGIN}::text[])))",
            f"({_own('unit')} AND ({_WHOLE} OR {others}))",
        ),
        "weigai_unit": _rows(known["weigai_unit"], f"({_own('code')} AND {_lies('code')})"),
        "weigai_succession": _rows(known["weigai_succession"], went),
    }


def _by_table() -> dict[str, list[Rule]]:
    on_list = (
        "( SELECT 1 FROM weigai_list l WHERE ((l.county = weigai_list_case.county) AND"
        " (l.id = weigai_list_case.list_id)))"
    )
    of_case = _OF_CASE.format("weigai_list_case", "weigai_list_case.case_id")
    by_unit = ("weigai_case", "weigai_list", "weigai_unit_record", "weigai_canary")
    return {
        **{
            name: [Rule("weigai_read", "SELECT", "true", None)]
            for name in (VERSION_TABLE, "weigai_lowest", "weigai_database")
        },
        "weigai_master": [
            Rule("weigai_read", "SELECT", "true", None),
            Rule("weigai_write", "INSERT", None, f"((one = 1) AND ({_UNITS} IS NOT NULL))"),
            Rule("weigai_change", "UPDATE", "true", "true"),
        ],
        "weigai_policy": [
            Rule("weigai_read", "SELECT", "true", None),  # a plan is a published document
            Rule("weigai_write", "INSERT", None, f"({_UNITS} IS NOT NULL)"),
        ],
        **{name: _all(_lies("unit"), f"({_own('unit')} AND {_lies('unit')})") for name in by_unit},
        "weigai_list_case": _all(f"({_WHOLE} OR ((EXISTS {on_list}) AND (EXISTS {of_case})))"),
        **_of_streams(),
        **_of_register(),
        "weigai_tally": _all(_PART),
        "weigai_head": _rows(_PART, _WHOLE),
    }


# None for what the role may not do at all: should it be given the right, no row is there for it.
RULES = {
    table: [rule for rule in rules if rule.command == "ALL" or rule.command in RIGHTS[table]]
    for table, rules in _by_table().items()
}


def protect(engine: Engine, role: str = ROLE) -> bool:
    """Put the wall up, as the owner of the tables: role, rights and policies in one transaction; tell whether any was missing.

    Raises:
        StoreError: not a PostgreSQL; or the role cannot be made or given rights by this user, and what to run; or the
            wall is up, but something that is not weigai's leads round it.
        SchemaTooOld, SchemaTooNew: the tables are not this release's.
        StoreBusy: other work held a lock for too long.
    """
    from .census import wall

    if engine.dialect.name != "postgresql":
        raise StoreError(
            "行级安全只适用于 PostgreSQL；SQLite 由触发器保护日志。",
            "row-level security is PostgreSQL's; on SQLite triggers keep the events.",
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
            f"row-level security is up, but there are ways round it left ({listed}); an administrator takes them away.",
        )
    return missing


def raise_wall(connection: Connection, role: str = ROLE) -> bool:
    """Do as `protect` does, in the caller's own transaction."""
    from .census import wall

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
            f"this user may not make the role {role} or give it rights. An administrator runs: {sql} (the owner of the "
            "tables); then the owner runs: weigai db protect",
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
