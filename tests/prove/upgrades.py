"""Upgrades: two at once make one schema; one that is killed at any of its statements leaves the old schema or the new."""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, text
from weigai.db import open_engine, schema
from weigai.db.migrations import run
from weigai.db.tables import METADATA, SCHEMA, VERSION_TABLE

from tests.prove.result import Result, proof

if TYPE_CHECKING:
    from collections.abc import Callable

CONTEXT = multiprocessing.get_context("fork")
OLD = "0001"  # the schema that an upgrade begins from, with a row in it
MOST = 400


def twice(seed: int, n: int, fresh: Callable[[], str]) -> Result:
    """Upgrade fresh databases from two processes at once."""
    with proof("two upgrades at once") as result:
        for _ in range(n):
            url = fresh()
            both = [CONTEXT.Process(target=_alone, args=(url,)) for _ in range(2)]
            for one in both:
                one.start()
            for one in both:
                one.join(120)
            if [one.exitcode for one in both] != [0, 0]:
                result.broke(f"two upgrades at once ended with {[one.exitcode for one in both]}")
            result.broke(*wrong_schema(url))
            result.n += 1
    return result


def cut_off(seed: int, n: int, fresh: Callable[[], str]) -> Result:
    """Kill upgrades of an old schema at their 1st, 2nd ... statement, until one comes to its end (at most `n`)."""
    with proof("upgrades cut off") as result:
        step = 1 if n >= MOST else max(1, MOST // (4 * n))
        for k in range(1, MOST * step, step):
            url = fresh()
            _old(url)
            one = CONTEXT.Process(target=_alone, args=(url, k))
            one.start()
            one.join(120)
            result.n += 1
            result.broke(*_after(url, k))
            if one.exitcode == 0:
                result.note(f"an upgrade has fewer than {k} statements")
                break
            if result.n >= n:
                break
    return result


def _old(url: str) -> None:
    engine = open_engine(url)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        run(connection, OLD)
        connection.execute(text("INSERT INTO weigai_tally VALUES ('150783', 'k', 7)"))
    engine.dispose()


def _alone(url: str, killed_at: int = 0) -> None:
    """Upgrade in a process of its own, whose end says all."""
    try:
        _upgrade(url, killed_at)
    except Exception:  # noqa: BLE001 - told by the exit code
        os._exit(1)


def _upgrade(url: str, killed_at: int = 0) -> None:
    engine = open_engine(url)
    count = 0

    def count_and_end(*told: Any) -> None:
        nonlocal count
        count += 1
        if count == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count_and_end)
    schema.upgrade(engine)
    engine.dispose()


def _after(url: str, k: int) -> list[str]:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = schema.current(connection)
        kept = connection.execute(text("SELECT value FROM weigai_tally")).scalar()
    broken = [] if found in (OLD, SCHEMA) and kept == 7 else [f"killed at statement {k}: schema {found}, row {kept}"]
    if found == OLD:
        broken += [f"killed at statement {k}: {line}" for line in _no_old_schema(engine)]
    engine.dispose()
    try:
        _upgrade(url)
    except Exception as error:  # noqa: BLE001 - told as a violation
        return [*broken, f"killed at statement {k}, the next upgrade failed: {type(error).__name__}"]
    return broken + wrong_schema(url)


def _no_old_schema(engine: Any) -> list[str]:
    """Return the tables of the new schema that an upgrade left behind before it was whole."""
    with engine.connect() as connection:
        there = set(connection.dialect.get_table_names(connection))
    new = {"weigai_grant", "weigai_head", "weigai_canary"}
    return [f"{name} is there already" for name in sorted(there & new)]


def wrong_schema(url: str) -> list[str]:
    """Return how a database's schema differs from the one of this release: tables, columns, keys, indexes."""
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "include_name": _ours}
        )
        differs = [str(difference)[:200] for difference in compare_metadata(context, METADATA)]
        found = schema.current(connection)
    engine.dispose()
    return differs + ([] if found == SCHEMA else [f"the schema is {found}"])


def _ours(name: str | None, kind: str, parents: Any) -> bool:
    return kind != "table" or (name or "").startswith("weigai_")
