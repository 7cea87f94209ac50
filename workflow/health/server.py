"""The checks of a database server: encoding, durability, row-level security, and the server's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...db import schema
from ...db.engine import store_errors
from ...db.faults import other_encoding
from ...db.row_security.census import passes_by
from ..words import Text
from .check import Finding, applies_not, in_both, same

if TYPE_CHECKING:
    from .check import Setup

# settings by which statements are written to the log, each with the values by which they are not
_WRITES = {
    "log_statement": ("none", "ddl"),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
}
_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name LIKE 'log\\_%%'"
_NO_VALUES = "ALTER SYSTEM SET log_parameter_max_length = 0; ALTER SYSTEM SET log_parameter_max_length_on_error = 0"


def encoding(setup: Setup) -> Finding:
    """Tell whether a PostgreSQL database can hold every character; one without a schema is looked at too."""
    with setup.store.engine() as engine, store_errors(), engine.connect() as connection:
        if connection.dialect.name != "postgresql":
            return applies_not()
        found = schema.encoding(connection)
    return Finding(found == "UTF8", same(found), in_both(other_encoding(found)))


def durability(setup: Setup) -> Finding:
    """Tell whether a commit waits until it is on the disk."""
    with setup.store.session(tested=False) as session:
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
            return Finding(level == 2, same(f"synchronous={level}"), same("PRAGMA synchronous=FULL"))
        mode = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
        mend = same("ALTER SYSTEM SET synchronous_commit = on")
        return Finding(mode != "off", same(f"synchronous_commit={mode}"), mend)


def wall(setup: Setup) -> Finding:
    """Tell whether PostgreSQL holds rows back from the role that the store works in."""
    role = setup.store.role
    with setup.store.direct() as connection:
        if connection.dialect.name != "postgresql":
            return applies_not()
    with setup.store.session():  # its start tests the wall
        return Finding(True, Text(f"对角色 {role} 有效", f"protects against the role {role}"))


def connects_as(setup: Setup) -> Finding:
    """Tell whether rows are held back from whoever connects by this address, as a host application does."""
    role = setup.store.role
    with setup.store.direct() as connection:
        if connection.dialect.name != "postgresql":
            return applies_not()
        who, why = passes_by(connection)
    found = Text("行级安全对其有效", "row-level security applies to it") if not why else same(", ".join(why))
    mend = Text(
        f"weigai 以 {role} 办事，但直接用此地址连接的人不受限。日常请另用登录角色：CREATE ROLE … LOGIN IN ROLE {role}",
        f"weigai itself works as {role}, but row-level security does not limit anybody who connects directly with this "
        f"address. For daily work use a separate login role: CREATE ROLE ... LOGIN IN ROLE {role}",
    )
    return Finding(not why, Text(f"{who}: {found.zh}", f"{who}: {found.en}"), mend)


def log(setup: Setup) -> Finding:
    """Tell whether the server writes the values of statements, which are personal, into its log."""
    with setup.store.direct() as connection:
        if connection.dialect.name != "postgresql":
            return applies_not()
        is_ = {str(setting): str(value) for setting, value in connection.exec_driver_sql(_SETTINGS)}
    wrong = [f"{name}={is_[name]}" for name, harmless in _WRITES.items() if name in is_ and is_[name] not in harmless]
    if is_.get("log_parameter_max_length") == "0":
        wrong = []
    if is_.get("log_parameter_max_length_on_error", "0") != "0":
        wrong.append(f"log_parameter_max_length_on_error={is_['log_parameter_max_length_on_error']}")
    found = same(", ".join(wrong)) if wrong else Text("不记录参数值", "does not log parameter values")
    return Finding(not wrong, found, same(_NO_VALUES))
