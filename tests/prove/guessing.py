"""After an erasure nothing is left to guess from: a form that is known but for its number is tried with every number.

The attacker has every row, the SQLite file with its log as bytes, the names and bytes of all stored files, and a backup
with its keys that was made afterwards; only the key file is missing.
"""

from __future__ import annotations

import hashlib
import random
import re
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import select
from weigai.db import open_engine, schema
from weigai.db.backup.backup import backup
from weigai.db.columns import METADATA
from weigai.db.statements import DOCUMENT, PRIVATE
from weigai.workflow import Attachment, Keys

from tests.before import as_before
from tests.prove.result import Result, proof
from tests.support import Desk, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_HASH = re.compile(rb"[0-9a-f]{64}")


def form(number: int) -> bytes:
    """Return the paper of a household, of which all but a number is known."""
    return f"申请表\nnumber {number} in the county\n".encode()


def run(seed: int, n: int, url: str) -> Iterator[Result]:
    """Erase a household whose paper was stored by this release, and one whose paper an earlier one stored."""
    engine = open_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    for before in (False, True):
        engine = open_engine(url)
        kind = "of before" if before else "of today"
        with (
            proof(f"guessing {kind} {engine.dialect.name}") as result,
            TemporaryDirectory(prefix="weigai-prove-") as folder,
            Desk(engine, Path(folder) / "files") as desk,
        ):
            desk.api.context.keys = _keys(url)
            result.n = n
            _attacked(result, desk, Path(folder), random.Random(seed).randrange(n), n, before=before)
        engine.dispose()
        yield result


def _keys(url: str) -> Keys:
    """Return the keys of a database: both households of it have the same ones."""
    return Keys(hashlib.sha256(url.encode()).digest())


def _attacked(result: Result, desk: Desk, folder: Path, secret: int, n: int, *, before: bool) -> None:
    case = desk.open()
    desk.api.attach(case, [Attachment("danger_photo", content=form(secret))], actor=person("village"), on=desk.today)
    if before:
        as_before(desk, f"case/{case}")
    desk.take(case, "withdraw", "village", reason="不改了")
    desk.session.commit()
    seen = _found(everything(desk.engine, folder, "a"), n)
    if before and secret not in seen:
        result.broke("the attack does not find what an earlier release left open")
    if not before and seen:
        result.broke(f"without the keys and before the erasure: the paper is number {seen[0]}")
    desk.today = date(2030, 1, 1)
    done = desk.api.erase(case, actor=person("county"), agreed_by="p-second", reason="期满")
    desk.session.commit()
    if left := desk.api.forget(done, actor=person("county")):
        result.broke(f"{len(left)} files are left")
    desk.session.commit()
    desk.session.close()
    if guessed := _found(everything(desk.engine, folder, "b"), n):
        result.broke(f"after the erasure: the paper is number {guessed[0]}")
    salts = select(PRIVATE.c.salt).where(PRIVATE.c.stream == f"case/{case}", PRIVATE.c.field == "documents/1")
    papers = select(DOCUMENT.c.salt).where(DOCUMENT.c.stream == f"case/{case}")
    with desk.engine.connect() as connection:  # with a salt the commitment in the event is guessed from
        if any(connection.execute(salts.union_all(papers)).scalars()):
            result.broke("the salt of a paper's commitment is left")


def _found(hay: set[bytes], n: int) -> list[int]:
    return [number for number in range(n) if hashlib.sha256(form(number)).hexdigest().encode() in hay]


def everything(engine: Engine, folder: Path, name: str) -> set[bytes]:
    """Return every text that may be a SHA-256 in all that the attacker has."""
    if engine.dialect.name == "sqlite":  # as the command line does it behind an erasure
        with engine.connect() as connection:
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    backup(engine, folder / f"{name}.db", keys=folder / f"{name}.keys")
    pieces = [(folder / f"{name}.{end}").read_bytes() for end in ("db", "keys")]
    with engine.connect() as connection:
        for made in METADATA.sorted_tables:
            pieces += (repr(tuple(row)).encode() for row in connection.execute(select(made)))
    if engine.dialect.name == "sqlite":
        path = str(engine.url.database)
        pieces += (Path(f"{path}{end}").read_bytes() for end in ("", "-wal") if Path(f"{path}{end}").exists())
    for path in (folder / "files").rglob("*"):
        pieces += [str(path).encode(), path.read_bytes() if path.is_file() else b""]
    return {text for piece in pieces for text in _HASH.findall(piece)}
