"""Ways to plant a defect: a name that is replaced for a while, a word that a check no longer says, a key that is dropped."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
import time
from contextlib import closing, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, true
from weigai.db import open_engine
from weigai.states.errors import KeysMissing

from tests.forks import Forks
from tests.prove.clients import prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.postgres import Server
    from tests.prove.defects import Ground


def can(needs: str, server: Server | None) -> bool:
    """Tell whether what a defect needs is here."""
    return {"postgresql": server is not None, "strace": shutil.which("strace") is not None}.get(needs, True)


@contextmanager
def replaced(where: str, by: Callable[[Any], Any]) -> Iterator[None]:
    """Replace "module:name" or "module:Class.name" by what `by` makes of it; a name that is gone is an error.

    A function is replaced in every module of weigai that has imported it, too; one that stands elsewhere, only in `module`.
    """
    module, _, path = where.partition(":")
    *inside, name = path.split(".")
    home = import_module(module)
    for part in inside:
        home = getattr(home, part)
    was = home.__dict__[name]
    now = by(was)
    homes = [(home, name)]
    if getattr(was, "__module__", None) == module and not inside:
        homes += [(other, alias) for other, alias in _importers(was) if other is not home]
    for at, alias in homes:
        setattr(at, alias, now)
    try:
        yield
    finally:
        for at, alias in homes:
            setattr(at, alias, was)


def _importers(value: Any) -> Iterator[tuple[Any, str]]:
    """Return the modules of weigai that have a value in their own names, with the name."""
    for name, module in list(sys.modules.items()):
        if name.startswith("weigai."):
            yield from [(module, alias) for alias, there in vars(module).items() if there is value]


def swap(where: str, by: Callable[[Any], Any]) -> Callable[[Ground], Any]:
    """Return the plant that replaces a name."""
    return lambda ground: replaced(where, by)


def gone(where: str, answer: Any = None) -> Callable[[Ground], Any]:
    """Return the plant under which a function does nothing and answers the same to all."""
    return swap(where, lambda was: lambda *a, **k: answer)


def everywhere(where: str) -> Callable[[Ground], Any]:
    """Return the plant under which a module's condition on the area lets all through."""
    return gone(f"{where}:area", true())


def unsaid(*words: str, where: str = "weigai.db.audit.verify:verify") -> Callable[[Ground], Any]:
    """Return the plant under which a verification no longer makes the check whose findings have these words."""

    def verify(was: Any) -> Any:
        def verified(*a: Any, **k: Any) -> Any:
            found = was(*a, **k)
            return found._replace(problems=tuple(p for p in found.problems if not any(w in p.what for w in words)))

        return verified

    return swap(where, verify)


def without_guard(*names: str) -> Callable[[Ground], Any]:
    """Return the plant under which guards are not asked."""
    return swap(
        "weigai.states.decide:ask", lambda was: lambda asked, q: None if asked.guard.name in names else was(asked, q)
    )


def lifts_all(was: Any) -> Any:
    """Return what an exemption from a rule lifts, without a look at the floor: whatever bars by the rule."""
    return lambda finding, asked, q: finding._replace(effect="warn") if finding.rule in q.exempt else finding


def nothing_instead(was: Any) -> Any:
    """Return what replaces a missing paper of an exempted rule: another paper that is not asked for."""
    return lambda q, paper, have: (paper.kind,) if paper.rule in q.exempt else ()


def at_ease(finding: Any) -> Any:
    """Return a finding, or a list of them, as if what it asks for held."""
    if isinstance(finding, list):
        return [at_ease(one) for one in finding]
    return finding._replace(ok=True)


def answers_well(where: str) -> Callable[[Ground], Any]:
    """Return the plant under which a question always finds that all is well."""
    return swap(where, lambda was: lambda *a, **k: at_ease(was(*a, **k)))


# ------------------------------------------------------------------ in the schema

REQUEST_KEY = "uq_weigai_event_county_stream_request_id"


def without_key(url: str, key: str) -> str:
    """Make a database whose events lack a key."""
    prepared(url)
    if url.startswith("sqlite"):
        raw = sqlite3.connect(url.removeprefix("sqlite:///"))
        sql = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'weigai_event'").fetchone()[0]
        triggers = raw.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        raw.execute("DROP TABLE weigai_event")
        raw.execute(re.sub(rf",\s*CONSTRAINT {key} [A-Z ]+ \([a-z_, ]+\)", "", sql))
        for (trigger,) in triggers:
            if "weigai_event" in trigger:
                raw.execute(trigger)
        raw.commit()
        raw.close()
    else:
        engine = open_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE weigai_event DROP CONSTRAINT {key}")
        engine.dispose()
    return url


# ------------------------------------------------------------------ in the way of writing


class Unmoved:
    """A statement that should move the case row, and does not."""

    rowcount = 1

    def __call__(self, connection: Any, params: Any) -> Unmoved:
        return self


def in_two(was: Any) -> Any:
    """Return a way to record that moves the case first, and writes the event in a transaction of its own."""
    from weigai.db.cases.cases import MOVE

    def record(self: Any, case: Any, entry: Any) -> Any:
        moved, event, rows = self._folded(case, entry)
        params = {f"n_{name}": value for name, value in self._case_row(moved).items()}
        MOVE(self._connection, params | {"k_county": case.county, "k_id": case.id, "k_version": case.version})
        cursor = self._connection.connection.cursor()
        cursor.execute("COMMIT")
        time.sleep(0.03)
        cursor.execute("BEGIN IMMEDIATE")
        self._insert(rows)
        return moved, event

    return record


def miscopied(was: Any) -> Any:
    """Return a way to write events whose column for who acted is another than the body's."""

    def written(*a: Any, **k: Any) -> Any:
        event, rows, changes = was(*a, **k)
        rows["event"]["acted_by"] = "p-other"
        return event, rows, changes

    return written


def won_anyway(was: Any) -> Any:
    """Return a way to lose a race that tells the loser that it won."""

    def lost(self: Any, case: Any, entry: Any, error: Exception) -> Any:
        moved, event, _ = self._folded(case, entry)
        return moved, event

    return lost


def forgets_declared(was: Any) -> Any:
    """Return a way to declare that takes the tokens of the former declaration away."""

    def declared(entering: Any, keys: Any, county: str, person: str, data: Any) -> None:
        from weigai.db.statements import INDEX

        entering.connection.execute(delete(INDEX).where(INDEX.c.stream == f"person/{person}"))
        was(entering, keys, county, person, data)

    return declared


def forgetful(was: Any) -> Any:
    """Return a take that does not insist on the version."""

    return lambda context, case_id, request: was(context, case_id, request._replace(expect_version=None))


@contextmanager
def loose_commits(ground: Ground) -> Iterator[None]:
    """Let PostgreSQL answer before it has written."""
    with _altered(ground, "ALTER SYSTEM SET synchronous_commit = off"):
        yield


@contextmanager
def _altered(ground: Ground, statement: str) -> Iterator[None]:
    def alter(words: str) -> None:
        engine = open_engine(ground.postgres())
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(words)
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        engine.dispose()

    alter(statement)
    try:
        yield
    finally:
        alter("ALTER SYSTEM RESET ALL")


def copied(engine: Any, to: Path, *, keys: Path, **more: Any) -> None:
    """Copy the database file alone, as somebody would who does not know of the write-ahead log."""
    shutil.copy(str(engine.url.database), to)
    keys.write_text(json.dumps({"weigai": "keys", "v": 1}) + "\n", encoding="utf-8")


def unheld(was: Any) -> Any:
    """Return the wrapping that takes the newest master key of the keys at hand for the database's."""
    return lambda vault, county: vault.keys.master[0]


def not_locked(was: Any) -> Any:
    """Return what holds the newest master key only where there is none yet."""
    from weigai.db.statements import NEWEST_MASTER

    def looked(connection: Any, params: Any) -> None:
        if NEWEST_MASTER(connection, {}).fetchone() is None:
            was(connection, params)

    return looked


def in_commands(code: str) -> Callable[[Ground], Any]:
    """Return the plant that runs Python in the process that forks the commands, before the first of them."""
    return lambda ground: _forked(code)


@contextmanager
def _forked(code: str) -> Iterator[None]:
    made = Forks(code)
    with closing(made), replaced("tests.forks:forks", lambda was: cache(lambda: made)):
        yield


def wants_newest(was: Any) -> Any:
    """Return what refuses every key file that lacks the newest master key."""

    def fits(connection: Any, keys: Any, newest: Any, given_up: Any) -> None:
        if newest is not None and not keys.has(newest):
            raise KeysMissing(newest)
        was(connection, keys, newest, given_up)

    return fits
