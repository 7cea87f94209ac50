"""Hostile backups: SQLite files with views, triggers and rows that a restore is not to run, follow or keep in memory."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.hostile.running import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[Path], object]

MB = 1024**2
_ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT {} FROM r"
_EVENT = "county, stream, seq"


def words(_: str) -> list[str]:
    return ["--db", "sqlite:///new.db", "db", "restore", "x.db", "--keys", "x.keys", "--files", "x.files"]


def prepare(folder: Path) -> None:
    """Make an honest backup of the trial county in a folder."""
    done = run(["db", "backup", "--to", "x.db", "--keys", "x.keys", "--files", "x.files"], folder)
    assert done.code == 0, done


def _changed(*statements: str, more: Callable[[sqlite3.Connection], object] | None = None) -> Make:
    """Return what changes the honest backup by statements, past every guard that it has."""

    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as file:
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                file.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                file.execute(statement)
            if more is not None:
                more(file)
            file.commit()

    return change


def _kept(*statements: str) -> Make:
    """Return what changes rows and leaves the schema as it is."""

    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as file:
            sql = [s for (s,) in file.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()]
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                file.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                file.execute(statement)
            for statement in sql:
                file.execute(statement)
            file.commit()

    return change


def _instead(table: str, rows: str) -> Make:
    """Return what puts a view in the place of a table, with its columns."""

    def change(file: sqlite3.Connection) -> None:
        columns = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
        file.execute(f"DROP TABLE {table}")
        listed = ", ".join(f"{rows} AS {name}" for name in columns)
        file.execute(f"CREATE VIEW {table} AS {_ENDLESS.format(listed)}")

    return _changed(more=change)


def _many(statement: str, count: int) -> Make:
    return _changed(more=lambda file: [file.execute(statement.format(i)) for i in range(count)])


def _rewritten(old: str, new: str) -> Make:
    """Return what rewrites the statements of the schema themselves."""

    def change(file: sqlite3.Connection) -> None:
        file.execute("PRAGMA writable_schema=ON")
        file.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?)", (old, new))

    return _changed(more=change)


def _bytes(change: Callable[[bytes], bytes]) -> Make:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def _other(write: Callable[[Path], object]) -> Make:
    def replace(path: Path) -> None:
        path.unlink()
        write(path)

    return replace


def _bodies(sql: str, count: int) -> Make:
    return _kept(f"UPDATE weigai_event SET body = {sql} WHERE rowid IN (SELECT rowid FROM weigai_event LIMIT {count})")


_NEST = '{"":' * 900 + "0" + "}" * 900 + ","
_OBJECTS = f"""'{{"a":[' || replace(hex(zeroblob({8 * MB // len(_NEST) // 2})), '0', '{_NEST}') || '0]}}'"""
_LISTS = f"""'{{"acted_by":[' || replace(hex(zeroblob({MB // 8})), '0', '[[]],') || '0]}}'"""
_GENERATED = "ALTER TABLE weigai_case ADD COLUMN x TEXT GENERATED ALWAYS AS (hex(zeroblob(100000000)))"
BACKUPS: dict[str, Make] = {
    "events without an end": _instead("weigai_event", "'a'"),
    "cases without an end": _instead("weigai_case", "'a'"),
    "policies without an end": _instead("weigai_policy", "hex(randomblob(1000000))"),
    "the version without an end": _instead("weigai_version", "'0005'"),
    "the database's own id without an end": _instead("weigai_database", "'a'"),
    "the lowest revision without an end": _instead("weigai_lowest", "'0005'"),
    "one more view": _changed(f"CREATE VIEW x AS {_ENDLESS.format('n')}"),
    "one more table": _changed("CREATE TABLE x (a)"),
    "one more trigger": _changed("CREATE TRIGGER x AFTER INSERT ON weigai_case BEGIN SELECT 1; END"),
    "a virtual table": _changed("CREATE VIRTUAL TABLE x USING fts5(a)"),
    "a virtual table of this machine's files": _changed("CREATE VIRTUAL TABLE x USING rtree(a, b, c)"),
    "a generated column": _changed(_GENERATED),
    "a column more": _changed("ALTER TABLE weigai_case ADD COLUMN x TEXT DEFAULT 'a'"),
    "a column less": _changed("ALTER TABLE weigai_event DROP COLUMN body"),
    "an index over what takes long": _changed("CREATE INDEX x ON weigai_event (length(hex(zeroblob(1000))))"),
    "an index of a part": _changed("CREATE INDEX x ON weigai_event (seq) WHERE length(zeroblob(1000)) > 1"),
    "a check that takes long": _rewritten("PRIMARY KEY", "CHECK (length(hex(zeroblob(100000000))) > 1), PRIMARY KEY"),
    "statements that are none": _rewritten("CREATE TABLE", "CREATE TABEL"),
    "a statement of 30 MB": _rewritten("CREATE TABLE weigai_case", f"CREATE TABLE /*{'a' * 30 * MB}*/ weigai_case"),
    "3,000 views": _many("CREATE VIEW v{} AS SELECT 1 AS a", 3_000),
    "3,000 tables": _many("CREATE TABLE t{} (a)", 3_000),
    "a view in a view, 300 deep": _changed(
        "CREATE VIEW v0 AS SELECT 1 AS a",
        *(f"CREATE VIEW v{i} AS SELECT a FROM v{i - 1} UNION ALL SELECT a FROM v{i - 1}" for i in range(1, 300)),
    ),
    "counties above the folder everywhere": _kept(
        *(f"UPDATE {name} SET county = '../..'" for name in ("weigai_event", "weigai_document", "weigai_key", "weigai_case"))
    ),
    "an id above the folder": _kept("UPDATE weigai_database SET id = '../../../../outside'"),
    "a revision of long ago": _kept("UPDATE weigai_version SET version_num = '0001'"),
    "a revision of a later release": _kept("UPDATE weigai_version SET version_num = '9999'"),
    "a revision of 7 MB": _kept(f"UPDATE weigai_version SET version_num = hex(zeroblob({3 * MB}))"),
    "no revision": _kept("DELETE FROM weigai_version"),
    "a row of 100 MB": _kept(f"UPDATE weigai_event SET body = hex(zeroblob({50 * MB})) WHERE rowid = (SELECT min(rowid) FROM weigai_event)"),
    "rows of 7 MB": _kept(f"UPDATE weigai_event SET body = hex(zeroblob({3 * MB + MB // 2}))"),
    "bodies 100,000 deep": _kept("UPDATE weigai_event SET body = replace(hex(zeroblob(50000)), '0', '[')"),
    "one body of 8 MB of small objects": _bodies(_OBJECTS, 1),
    "bodies of 8 MB of small objects": _bodies(_OBJECTS, 1_000),
    "bodies of 8 MB of letters": _bodies(f"printf('%.*c', {8 * MB - 4096}, 'x')", 1_000),
    "bodies of 8 MB of lists that begin like an event": _bodies(_LISTS, 1_000),
    "actions of 7 MB": _kept(f"UPDATE weigai_event SET action = printf('%.*c', {7 * MB}, 'x')"),
    "a body that is no UTF-8": _kept("UPDATE weigai_event SET body = CAST(x'fffefd' AS TEXT)"),
    "numbers beyond all": _kept("UPDATE weigai_event SET recorded_at = 'x' || hex(zeroblob(10000))"),
    "cut in the middle": _bytes(lambda raw: raw[: len(raw) // 2]),
    "cut in the schema": _bytes(lambda raw: raw[:3000]),
    "pages that are zeros": _bytes(lambda raw: raw[:4096] + b"\0" * (len(raw) - 4096)),
    "pages that are the first": _bytes(lambda raw: raw[:4096] * (len(raw) // 4096)),
    "a page size of 1": _bytes(lambda raw: raw[:16] + b"\xff\xff" + raw[18:]),
    "every tenth byte": _bytes(lambda raw: raw[:100] + bytes(b ^ (i % 10 == 0) for i, b in enumerate(raw[100:]))),
    "zeros": _other(lambda path: path.write_bytes(b"\0" * 20 * MB)),
    "letters": _other(lambda path: path.write_bytes(b"SQLite format 3\0" + b"a" * MB)),
    "nothing": _other(lambda path: path.write_bytes(b"")),
    "a pipe": _other(os.mkfifo),
    "a link to itself": _other(lambda path: path.symlink_to(path.name)),
    "a device": _other(lambda path: path.symlink_to("/dev/zero")),
    "a folder": _other(lambda path: path.mkdir()),
}  # fmt: skip
