"""Small proofs of the record: what a verification has to find, in both strengths, inside and against what is kept outside."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from weigai.db import open_engine
from weigai.db.audit import chain as audit_chain
from weigai.db.audit import verify as audit
from weigai.db.log import heads
from weigai.db.log.held import Held
from weigai.workflow import Keys, Witness

from tests.prove.sitting import sitting
from tests.support import person

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.support import Desk

TAMPERED = {
    "a body is changed": "body",
    "a body is changed and hashed anew": "body, hash",
    "a copy is changed": "UPDATE weigai_event SET acted_by = 'p-x' WHERE seq = 2",
    "a personal value is changed": "UPDATE weigai_private SET salt = substr(salt, 2) || '0' WHERE seq = 1",
    "an event is taken out": "DELETE FROM weigai_event WHERE seq = 2",
    "the tail is cut off": "DELETE FROM weigai_event WHERE seq = (SELECT max(seq) FROM weigai_event)",
    "the case row is moved": "UPDATE weigai_case SET state = 'payment'",
    "money stands in the case row": "UPDATE weigai_case SET paid_fen = 1",
    "a head is changed": "UPDATE weigai_head SET root = substr(root, 2) || '0'",
    "a head's leaf is changed": "UPDATE weigai_leaf SET hash = substr(hash, 2) || '0'",
    "a head's leaf is changed and its root computed anew": "leaf, root",
    "a data key is destroyed": "UPDATE weigai_key SET wrapped = NULL WHERE person = 'head'",
    "a paper's data key is destroyed": "UPDATE weigai_key SET wrapped = NULL WHERE stream LIKE 'file/%'",
    "a search token is taken away": "DELETE FROM weigai_index WHERE kind = 'name'",
    "a paper is another": "UPDATE weigai_document SET sha256 = substr(sha256, 2) || '0' WHERE seq = 2 AND no = 1",
}
OF_EVENTS = (
    "a body is changed",
    "an event is taken out",
    "the tail is cut off",
    "a head is changed",
    "a head's leaf is changed",
)


def tampered() -> list[str]:
    """Return every kind of tampering that a verification does not find; and a false alarm over an honest record."""
    return _missed(TAMPERED)


def chained() -> list[str]:
    """Return what the chain strength does not find of the kinds of tampering with events and heads."""
    return _missed(OF_EVENTS, chain=True)


def _missed(kinds: Iterable[str], *, chain: bool = False) -> list[str]:
    with sitting() as desk:
        desk.walk(desk.open(), "village_publicity")
        desk.api.evidence.head(actor=person("county"))
        desk.session.commit()
        path = Path(str(desk.engine.url.database))
        desk.engine.dispose()
        missed = ["an honest record: false alarm"] if _problems(path, chain=chain) else []
        for name in kinds:
            copy = _copied(path)
            _change(copy, TAMPERED[name])
            if not _problems(copy, chain=chain):
                missed.append(f"{name}: not found")
        return missed


def rolled_back() -> list[str]:
    """Return what is not found where an older database is put back, or a head is, that was kept outside; in both strengths."""
    with sitting() as desk:
        case = desk.open()
        desk.walk(case, "village_publicity")
        held = [_headed(desk)]
        path = Path(str(desk.engine.url.database))
        old = _copied(path)
        desk.take(case, "attach", "village", "danger_photo")
        held.append(_headed(desk))
        missed = []
        for chain in (False, True):
            if _problems(path, held, chain=chain):
                missed.append(f"chain {chain}: false alarm over what the heads kept outside prove")
            if _problems(old, held[:1], chain=chain):
                missed.append(f"chain {chain}: false alarm over an old database and its own head")
            if not _problems(old, held, chain=chain):
                missed.append(f"chain {chain}: an old database is taken for today's")
        return missed


def _headed(desk: Desk) -> Path:
    """Make a head, keep it outside, and commit."""
    made = desk.api.evidence.head(actor=person("county"))
    kept = Path(str(desk.engine.url.database)).with_name(f"{made[0].head.no}.heads")
    Witness(kept).append(made)
    desk.session.commit()
    desk.engine.dispose()
    return kept


def _copied(path: Path) -> Path:
    """Copy a database that nobody writes, whole, beside itself."""
    copy = path.with_name("copied.db")
    for end in ("", "-wal", "-shm"):
        Path(f"{copy}{end}").unlink(missing_ok=True)
        if end != "-shm" and Path(f"{path}{end}").exists():
            shutil.copy(f"{path}{end}", f"{copy}{end}")
    return copy


def _change(path: Path, statement: str) -> None:
    """Change the file behind the program's back, with what guards its tables taken away and put back."""
    from weigai.db.log.event import canonical, event_hash

    raw = sqlite3.connect(path)
    guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        raw.execute(f"DROP TRIGGER {name}")
    if statement.startswith("body"):
        body = json.loads(raw.execute("SELECT body FROM weigai_event WHERE seq = 2").fetchone()[0])
        other = canonical({**body, "findings": [*body["findings"], {"x": 1}]})  # neither copied nor replayed
        raw.execute("UPDATE weigai_event SET body = ? WHERE seq = 2", (other,))
        if "hash" in statement:
            raw.execute("UPDATE weigai_event SET hash = ? WHERE seq = 2", (event_hash("sha256", other),))
    elif statement == "leaf, root":
        raw.execute(TAMPERED["a head's leaf is changed"])
        _root_anew(path, raw)
    else:
        raw.execute(statement)
    for _, sql in guards:
        raw.execute(sql)
    raw.commit()
    raw.close()


def _root_anew(path: Path, raw: sqlite3.Connection) -> None:
    """Compute the root of the only head anew, from the leaves as they are now."""
    raw.commit()
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        (head,) = heads.heads(connection)
        root = heads.root_of(head, [leaf for _, leaf in heads.leaves(connection, head.county)])
    engine.dispose()
    raw.execute("UPDATE weigai_head SET root = ?", (root,))


def _problems(path: Path, held: Sequence[Path] = (), *, chain: bool = False) -> list[str]:
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        if chain:
            found = audit_chain.verify(connection, held=Held(held))
        else:
            keys = Keys.from_file(path.with_name("weigai.key"))
            found = audit.verify(connection, keys=keys, held=Held(held))
    engine.dispose()
    return [problem.what for problem in found.problems]
