"""Damaged files: a write-ahead log that breaks off or was changed leaves a beginning of the history, never another one;
and a bit that flips in the database file is found, or changed nothing of the record.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from weigai.db import open_engine
from weigai.db.audit import verify as audit
from weigai.db.backup.backup import TABLES
from weigai.db.engine import store_errors
from weigai.states.errors import WeigaiError
from weigai.workflow import Keys

from tests.prove.clients import Client, Wish, case_of, lines_of, prepared
from tests.prove.result import Result, proof

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

    from tests.prove.checker import Line

EVENTS = 12


def run(seed: int, n: int) -> Result:
    """Damage `n` copies of a database: cut its log, change its log, flip a bit of the file, in turn."""
    with proof("torn files") as result, TemporaryDirectory(prefix="weigai-prove-") as folder:
        place = Path(folder)
        client = _written(place)
        path = place / "weigai.db"
        lines, rows = _lines(path), _rows(path)
        whole = place / "whole.db"
        _without_log(path, whole)
        found = 0
        for trial in range(n):
            rng = Random(f"{seed}/{trial}")
            copy = place / "copy.db"
            if trial % 3 < 2:
                result.broke(*_log(path, copy, lines, rng, cut=trial % 3 == 0))
            else:
                broken, seen = _flipped(whole, copy, rows, rng)
                result.broke(*broken)
                found += seen
            for end in ("", "-wal", "-shm"):
                Path(f"{copy}{end}").unlink(missing_ok=True)
            result.n += 1
        client.close()
        result.note(f"{found} of {n // 3} flipped bits were found; the others changed nothing of the record")
    return result


def _written(place: Path) -> Client:
    """Write a short history and keep the connection, so that most of it stands in the log."""
    url = f"sqlite:///{place / 'weigai.db'}"
    prepared(url)
    client = Client(url, place)
    client.open("torn", 1)
    for number in range(EVENTS):
        client.take(Wish(f"case/{case_of('torn')}", f"t-{number}", "record_complaint", "county", data={"note": "意见"}))
    return client


def _lines(path: Path) -> list[Line]:
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = sorted(lines_of(connection), key=lambda line: line.seq)
    engine.dispose()
    return found


# what is no part of the record, and rests on no event: search tokens (only their keys could tell), running numbers
_BESIDE = frozenset({"weigai_index", "weigai_tally", "weigai_canary"})


def _of_the_record(made: Table) -> list[Column[Any]]:
    return [column for column in made.columns if column.name != "stored_at"]


def _rows(path: Path) -> dict[str, list[str]]:
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = {
            made.name: sorted(repr(tuple(row)) for row in connection.execute(select(*_of_the_record(made))))
            for made in TABLES
            if made.name not in _BESIDE
        }
    engine.dispose()
    return found


def _without_log(path: Path, whole: Path) -> None:
    """Make a copy with everything in the file itself."""
    import sqlite3

    source, target = sqlite3.connect(path), sqlite3.connect(whole)
    source.backup(target)
    target.execute("PRAGMA journal_mode=WAL")
    target.close()
    source.close()


def _log(path: Path, copy: Path, lines: list[Line], rng: Random, *, cut: bool) -> list[str]:
    shutil.copy(path, copy)
    log = bytearray(Path(f"{path}-wal").read_bytes())
    if cut:
        at = rng.randrange(len(log) // 512 + 1) * 512
        log = log[:at]
    else:
        at = rng.randrange(32, len(log))
        log[at] ^= 1 << rng.randrange(8)
    Path(f"{copy}-wal").write_bytes(log)
    where = f"a log {'cut' if cut else 'changed'} at {at}"
    try:
        with store_errors():
            problems = _problems(copy)
            left = _lines(copy)
    except WeigaiError as error:
        return [] if cut and at == 0 else [f"{where}: {type(error).__name__}"]
    except Exception as error:  # noqa: BLE001 - whatever is not weigai's own is what a proof looks for
        return [f"{where}: {type(error).__name__} {error}"]
    broken = [] if left == lines[: len(left)] else [f"{where}: what is left is no beginning of the history"]
    return broken + [f"{where}: {what}" for what in problems]


def _problems(path: Path) -> list[str]:
    engine = open_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            keys = Keys.from_file(path.with_name("weigai.key"))
            return [p.what for p in audit.verify(connection, keys=keys).problems]
    finally:
        engine.dispose()


def _flipped(whole: Path, copy: Path, rows: dict[str, list[str]], rng: Random) -> tuple[list[str], bool]:
    """Flip a bit; return what is wrong, and whether the damage was found."""
    content = bytearray(whole.read_bytes())
    at = rng.randrange(len(content))
    content[at] ^= 1 << rng.randrange(8)
    copy.write_bytes(content)
    try:
        with store_errors():
            if _problems(copy):
                return [], True
            left = _rows(copy)
            changed = [name for name in rows if left[name] != rows[name]]
    except WeigaiError:
        return [], True
    except Exception as error:  # noqa: BLE001 - whatever is not weigai's own is what a proof looks for
        return [f"a bit flipped at {at}: {type(error).__name__} {str(error)[:200]}"], True
    return [f"a bit flipped at {at}: {name} is another, and it verifies" for name in changed], False
