"""Small proofs of what lies beside the database: keys, files, witnesses, backups, papers of a trial county, policies."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from weigai.db.log.heads import Head, Published, root_of
from weigai.states.errors import IntegrityBroken
from weigai.workflow import context as contexts

from tests.forks import Terminal
from tests.machines import (
    MARKS,
    REPORTS,
    SHEET,
    aged,
    at_once,
    county,
    left_over,
    opened,
    terminal,
    whole,
    with_paper,
)
from tests.postgres import Server
from tests.prove.plants import replaced
from tests.prove.sitting import sitting
from tests.put_back import FEWER_CONTACTS, READERS, changed, open_own, own_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support import Desk

OTHER = "150783101202"
TAKING = (["db", "retire-key"], ["doctor", "--sweep"])


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="weigai-prove-") as folder:
        yield Path(folder)


# ------------------------------------------------------------------ two databases at one place


def shared() -> list[str]:
    """Return what one of two databases took that share a key file and a files folder, on either kind."""
    with _folder() as folder, Server() as server:
        two = [f"sqlite:///{folder / name}" for name in ("a.db", "b.db")]
        return [*_shared(folder / "sqlite", two), *_shared(folder / "server", [server.fresh() for _ in range(2)])]


def _shared(folder: Path, urls: list[str]) -> Iterator[str]:
    """Let the second database retire, sweep, adopt and erase where the first one keeps its keys and papers too."""
    folder.mkdir()
    first, second = (terminal(folder, url.replace("+psycopg", "")) for url in urls)
    for term in (first, second):
        term.env |= {"WEIGAI_KEYS": str(folder / "weigai.key"), "WEIGAI_FILES": str(folder / "weigai.files")}
        term("init")
        case = with_paper(term, "the same bytes")
    second("db", "rotate-key")
    files = aged(folder / "weigai.files")
    for words in ([], ["db", "adopt"]):  # adopted beside the first one it may take nothing either
        if words:
            second(*words)
        yield from (f"{folder.name}: {' '.join(act)} was not refused" for act in TAKING if _code(second, *act) != 6)
    second("user", "add", "p-0002", "--office", "county@150783", stdin="李四\n")
    second("case", "advance", case, "withdraw", "--reason", "不改了", "--on", "2019-06-11")
    second("case", "erase", case, "--agreed-by", "p-0002", "--reason", "期满", code=None)
    if second.json("case", "show", case)["household"]["head"]["name"] is not None:
        yield f"{folder.name}: nothing was erased"
    yield from (f"{folder.name}: a record lost a key or a paper" for term in (first, second) if not whole(term))
    if len(files) != 2 or not all(path.exists() for path in files):
        yield f"{folder.name}: of two databases' files one is gone"


def _code(term: Terminal, *words: str) -> int:
    return term.run(list(words), env=term.env, stdin=b"").code


# ------------------------------------------------------------------ a witness that is lost


def witnesses() -> list[str]:
    """Return the ways of losing a witness file after which a head was made as if there had been none, or nothing was told."""
    with _folder() as folder:
        path = folder / "witness.heads"
        machine = county(folder, WEIGAI_WITNESS=str(path))
        machine("audit", "head")
        machine("unit", "rename", OTHER, "新名")
        machine("audit", "head")
        held = path.read_bytes()
        head = Head("450981", 1, "sha256", "2019-06-10T00:00:00.000000Z", 0, 0, None, "")
        another = Published(head._replace(root=root_of(head, []))).line().encode()
        missed = []
        for how, left in {
            "gone": None,
            "empty": b"",
            "garbage": bytes(range(256)),
            "another county's": another,
        }.items():
            path.unlink()
            if left is not None:
                path.write_bytes(left)
            codes = {words: _code(machine, "audit", *words.split()) for words in ("head", "verify", "verify --chain")}
            missed += [f"{how}: audit {words} exits with {code}" for words, code in codes.items() if code != 7]
            if (path.read_bytes() if path.exists() else None) != left:
                missed.append(f"{how}: it was begun anew")
            path.write_bytes(held)
        if not whole(machine):
            missed.append("what was put back does not verify")
        return missed


# ------------------------------------------------------------------ backups at once


def one_name() -> list[str]:
    """Return what is wrong where eight backups begin at once under one name."""
    with _folder() as folder:
        term = Terminal(folder)
        term("init")
        opened(term)
        runs = at_once(term, [["db", "backup", "--to", "b.db", "--keys", "b.keys"]] * 8)
        wrong = []
        if sorted(code for code, _ in runs) != [0, *[3] * 7]:
            wrong.append(f"exit codes {sorted(code for code, _ in runs)}")
        if left := left_over(folder):
            wrong.append(f"left over: {left}")
        with closing(sqlite3.connect(folder / "b.db")) as backup:
            if backup.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                wrong.append("the backup is broken")
        restored = _code(term, "--db", f"sqlite:///{folder / 'new.db'}", "db", "restore", "b.db", "--keys", "b.keys")
        return [*wrong, *(["the backup is not restored"] if restored else [])]


# ------------------------------------------------------------------ marks of a trial county


def marks() -> list[str]:
    """Return what is printed of a trial county without its mark, and of a founded one with it."""
    with _folder() as folder:
        trial = Terminal(folder / "trial")
        trial.folder.mkdir()
        trial("init")
        opened(trial)
        (folder / "founded").mkdir()
        return [*_unmarked(trial, on_trial=True), *_unmarked(county(folder / "founded"), on_trial=False)]


def _unmarked(term: Terminal, *, on_trial: bool) -> Iterator[str]:
    term.file("sheet.csv", SHEET)
    printed = [*REPORTS.values(), "audit head", "audit head --short", "audit verify", "audit verify --chain", "doctor"]
    for lang, mark in MARKS.items():
        for words in [*printed, f"audit export {lang}.jsonl"]:
            said = term("--lang", lang, *words.split(), code=None)
            if (mark in said) is not on_trial:
                yield f"{words} ({lang}): {'not marked' if on_trial else 'marked'}"
    term("audit", "export", "log.jsonl")
    outside = [sys.executable, term.file("verify.py", term("audit", "verifier")), str(term.folder / "log.jsonl")]
    done = subprocess.run(outside, check=False, capture_output=True, text=True)
    if (MARKS["en"] in done.stdout) is not on_trial:
        yield "the printed verifier does not say what kind of county it is"


# ------------------------------------------------------------------ a policy that is put back


def put_back() -> list[str]:
    """Return who believed a changed content of a policy; and whether it is told while it is changed, and not afterwards."""
    with _folder() as folder, replaced("weigai.workflow.context:_PROCEDURES", lambda was: {}), sitting() as desk:
        case = open_own(desk, own_plan(folder))
        desk.session.commit()
        believed = [name for name, read in READERS.items() if _believes(desk, case, read)]
        with changed(desk, *FEWER_CONTACTS):
            told = desk.api.records.verify().problems
        wrong = [f"{name} believes a changed content" for name in believed]
        if not told:
            wrong.append("a verification does not tell of a changed content")
        if desk.api.records.verify().problems:
            wrong.append("false alarm over a content that was put back")
        return wrong


def _believes(desk: Desk, case: str, read: Callable[[Desk, str], object]) -> bool:
    """Tell whether a reader takes a changed content for the policy's; nothing is left of either."""
    contexts._PROCEDURES.clear()
    try:
        with changed(desk, *FEWER_CONTACTS):
            read(desk, case)
    except IntegrityBroken:
        return False
    finally:
        desk.session.rollback()
    return True


PLACES = {probe.__name__: probe for probe in (shared, witnesses, one_name, marks, put_back)}
