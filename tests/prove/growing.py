"""A large honest record out of a small one: every case copied under other ids, chains and commitments made anew.

A copy's acts are taken by themselves: no list names it.

Personal values are opened and sealed again under data keys of their own, so that a verification with keys opens each.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection
from weigai.db import Keys, open_engine
from weigai.db.log import event as events
from weigai.db.vault.rows import StoredValue
from weigai.db.vault.values import Vault

Row = dict[str, Any]


class _Case(NamedTuple):
    """A case that is copied: its row, events, papers, and its personal values and classes opened."""

    row: Row
    events: list[Row]
    papers: list[Row]
    values: list[Row]
    tokens: list[Row]
    classes: frozenset[str]


def grow(source: Path, target: Path, copies: int, keys: Keys) -> int:
    """Copy an SQLite database with every case `copies` times more in it; return how many events it then holds.

    `keys` open what is in it. No published head is in the copy: there would be none over most of its events.
    """
    with sqlite3.connect(source) as old:
        old.execute("VACUUM INTO ?", (str(target),))
    old.close()
    engine = open_engine(f"sqlite:///{target}")
    with engine.connect() as connection:
        cases = list(_cases(connection, keys))
    for number in range(1, copies + 1):
        with engine.execution_options(weigai_write=True).begin() as connection:
            for case in cases:
                _Copy(connection, Vault(connection, keys), case, number).write()
    with engine.execution_options(weigai_write=True).begin() as connection:  # each copy has a number of its own
        raised = "UPDATE weigai_tally SET value = value * ? WHERE key LIKE 'archive/%'"
        connection.exec_driver_sql(raised, (copies + 1,))
    with engine.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM weigai_event").scalar_one()
    engine.dispose()
    return int(count)


def _cases(connection: Connection, keys: Keys) -> Iterable[_Case]:
    vault = Vault(connection, keys)
    private, papers = _by_stream(connection, "weigai_private"), _by_stream(connection, "weigai_document")
    locks, tokens = _by_stream(connection, "weigai_key"), _by_stream(connection, "weigai_index")
    for stream, rows in _by_stream(connection, "weigai_event").items():
        if not stream.startswith("case/"):
            continue
        county, case_id = rows[0]["county"], stream.removeprefix("case/")
        query = "SELECT * FROM weigai_case WHERE county = ? AND id = ?"
        row = dict(connection.exec_driver_sql(query, (county, case_id)).mappings().one())
        own = {lock["person"]: (lock["master"], lock["wrapped"]) for lock in locks.get(stream, ())}
        values = [
            {
                **v,
                "value": vault.open(
                    county, stream, StoredValue(v["seq"], v["field"], v["person"], v["value"], *own[v["person"]])
                ),
            }
            for v in private.get(stream, ())
        ]
        classes = vault.open_classes(case_id, row["classes"], *own.get("household", (None, None)))
        yield _Case(
            row,
            sorted(rows, key=lambda r: int(r["seq"])),
            papers.get(stream, []),
            values,
            tokens.get(stream, []),
            classes,
        )


def _by_stream(connection: Connection, table: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings():
        found.setdefault(row["stream"], []).append(dict(row))
    return found


def _unlisted(value: Any) -> Any:
    """Return what stands in a body or record without the list that it was taken for: no list names a copy."""
    if isinstance(value, dict):
        return {name: _unlisted(each) for name, each in value.items() if name not in ("list", "list_event")}
    return [_unlisted(each) for each in value] if isinstance(value, list) else value


class _Copy:
    """One more of a case."""

    def __init__(self, connection: Connection, vault: Vault, case: _Case, number: int) -> None:
        self._connection, self._vault, self._case = connection, vault, case
        self._old = case.row["id"]
        self._new = self._old + chr(65 + number // 26) + chr(65 + number % 26)
        self._county, self._stream = case.row["county"], f"case/{self._new}"
        archived = case.row["archive_no"]
        self._words = {self._old: self._new}
        if archived:  # a number of its own, as a county's book demands
            self._words[f'"archive_no":"{archived}"'] = f'"archive_no":"{archived}-{number}"'
            self._archive_no: str | None = f"{archived}-{number}"
        else:
            self._archive_no = None

    def write(self) -> None:
        """Write its events, and every row beside them."""
        self._words |= self._commitments()
        head = self._events()
        record = json.dumps(
            _unlisted(json.loads(self._case.row["record"])), separators=(",", ":"), sort_keys=True, ensure_ascii=False
        )
        sealing = self._vault.seal(self._county, self._stream, [self._moved(row) for row in self._case.values])
        self._vault.keep(sealing.keys)
        row = {
            **self._moved(self._case.row),
            "head": head,
            "archive_no": self._archive_no,
            "record": self._text(record),
        }
        if row["classes"] is not None:
            row["classes"] = self._vault.seal_classes(self._new, self._case.classes, sealing.keys)
        self._insert("weigai_case", [row])
        self._insert("weigai_private", sealing.rows)
        self._insert("weigai_index", [self._moved(row) for row in self._case.tokens])
        self._insert("weigai_document", [self._moved(row) for row in self._case.papers])

    def _text(self, text: str) -> str:
        for old, new in self._words.items():
            if old in text:
                text = text.replace(old, new)
        return text

    def _moved(self, row: Mapping[str, Any]) -> Row:
        return {name: self._text(value) if isinstance(value, str) else value for name, value in row.items()}

    def _commitments(self) -> dict[str, str]:
        """Return what each commitment becomes in the copy: it is bound to its place."""
        algs = {row["seq"]: json.loads(row["body"])["alg"] for row in self._case.events}
        values = [(v["seq"], v["field"], v["salt"], v["value"]) for v in self._case.values]
        values += [(p["seq"], f"documents/{p['no']}", p["salt"], f'"{p["sha256"]}"') for p in self._case.papers]
        commits = {}
        for seq, field, salt, value in values:
            old = events.commitment(algs[seq], salt, self._county, f"case/{self._old}", seq, field, value)
            new = events.commitment(algs[seq], salt, self._county, self._stream, seq, field, self._text(value))
            commits[old] = new
        return commits

    def _events(self) -> str:
        prev, made = None, []
        for row in self._case.events:
            body = {**_unlisted(json.loads(self._text(row["body"]))), "prev": prev}
            text = events.canonical(body)
            prev = events.event_hash(body["alg"], text)
            made.append({**self._moved(row), "hash": prev, "body": text})
        self._insert("weigai_event", made)
        return str(prev)

    def _insert(self, table: str, rows: list[Row]) -> None:
        if rows:
            columns = list(rows[0])
            sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
            self._connection.exec_driver_sql(sql, [tuple(row[name] for name in columns) for row in rows])
