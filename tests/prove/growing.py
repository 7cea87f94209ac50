"""A large honest record out of a small one: every county copied under other codes, chains and commitments made anew."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weigai.db import events

_ROWS = [
    "weigai_case", "weigai_stream", "weigai_private", "weigai_document", "weigai_unit_record", "weigai_list",
    "weigai_list_case", "weigai_unit", "weigai_person", "weigai_grant",
]  # fmt: skip


def grow(source: Path, target: Path, copies: int, county: str = "150783") -> int:
    """Copy an SQLite database with `copies` more counties in it; return how many events it then holds."""
    with sqlite3.connect(source) as old:
        old.execute("VACUUM INTO ?", (str(target),))
    base = sqlite3.connect(source)
    new = sqlite3.connect(target)
    for number in range(1, copies + 1):
        _copied(base, new, county, f"{int(county) + number:06d}")
        new.commit()
    count = new.execute("SELECT count(*) FROM weigai_event").fetchone()[0]
    base.close()
    new.close()
    return int(count)


def _copied(base: sqlite3.Connection, new: sqlite3.Connection, county: str, code: str) -> None:
    heads, commits = {}, {}
    for stream, rows in _streams(base, county):
        _commitments(base, county, code, stream, commits)
        heads[stream.replace(county, code)] = _events(new, county, code, stream, rows, commits)
        commits_of_stream = dict(commits)
        if stream.startswith("case/"):
            _row(base, new, county, code, stream, heads, commits_of_stream)
        commits.clear()
    for name in _ROWS[1:]:
        own = base.execute(f"SELECT * FROM {name} WHERE county = ?", (county,))
        marks = ",".join("?" * len(own.description))
        columns = [d[0] for d in own.description]
        rows = []
        for row in own:
            made = dict(zip(columns, (_moved(value, county, code) for value in row), strict=True))
            if name == "weigai_stream":
                made["head"] = heads[made["stream"]]
            rows.append(tuple(made.values()))
        new.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)


def _moved(value: Any, county: str, code: str) -> Any:
    return value.replace(county, code) if isinstance(value, str) else value


def _streams(base: sqlite3.Connection, county: str) -> Iterator[tuple[str, list[Any]]]:
    rows: list[Any] = []
    for row in base.execute("SELECT * FROM weigai_event WHERE county = ? ORDER BY stream, seq", (county,)):
        if rows and rows[-1][1] != row[1]:
            yield rows[0][1], rows
            rows = []
        rows.append(row)
    yield rows[0][1], rows


def _commitments(base: sqlite3.Connection, county: str, code: str, stream: str, commits: dict[str, str]) -> None:
    """Learn what each commitment of a stream becomes under the new code: it is bound to its place."""
    where = "WHERE county = ? AND stream = ?"
    values = base.execute(f"SELECT seq, field, salt, value FROM weigai_private {where}", (county, stream)).fetchall()
    papers = base.execute(f"SELECT seq, no, salt, sha256 FROM weigai_document {where}", (county, stream)).fetchall()
    values += [(seq, f"documents/{no}", salt, f'"{sha256}"') for seq, no, salt, sha256 in papers]
    alg = "sha256"
    for seq, field, salt, value in values:
        old = events.commitment(alg, salt, county, stream, seq, field, value)
        there = [_moved(x, county, code) for x in (county, stream, seq, field, value)]
        commits[old] = events.commitment(alg, _moved(salt, county, code), *there)


def _replaced(text: str, county: str, code: str, commits: dict[str, str]) -> str:
    for old, made in commits.items():
        if old in text:
            text = text.replace(old, made)
    return _outside(text, county, code, commits)


def _outside(text: str, county: str, code: str, commits: dict[str, str]) -> str:
    """Replace the code everywhere but inside the new commitments."""
    kept = {made: f"\0{n}\0" for n, made in enumerate(commits.values()) if county in made}
    for made, mark in kept.items():
        text = text.replace(made, mark)
    text = text.replace(county, code)
    for made, mark in kept.items():
        text = text.replace(mark, made)
    return text


def _events(
    new: sqlite3.Connection, county: str, code: str, stream: str, rows: list[Any], commits: dict[str, str]
) -> str:
    prev, made = None, []
    for row in rows:
        body = json.loads(_replaced(row[14], county, code, commits))
        text = events.canonical({**body, "prev": prev})
        prev = events.event_hash("sha256", text)
        made.append((*(_moved(value, county, code) for value in row[:13]), prev, text))
    new.executemany(f"INSERT INTO weigai_event VALUES ({','.join('?' * 15)})", made)
    return str(prev)


def _row(
    base: sqlite3.Connection, new: sqlite3.Connection, county: str, code: str, stream: str, heads: dict[str, str],
    commits: dict[str, str],
) -> None:  # fmt: skip
    own = base.execute("SELECT * FROM weigai_case WHERE county = ? AND id = ?", (county, stream[5:]))
    columns = [d[0] for d in own.description]
    row = own.fetchone()
    if row is None:
        return
    made = {name: _moved(value, county, code) for name, value in zip(columns, row, strict=True)}
    made["record"] = _replaced(row[columns.index("record")], county, code, commits)
    made["head"] = heads[stream.replace(county, code)]
    made["policy_hash"] = row[columns.index("policy_hash")]
    new.execute(f"INSERT INTO weigai_case VALUES ({','.join('?' * len(columns))})", tuple(made.values()))
