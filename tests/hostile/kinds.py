"""The kinds of hostile files: what makes each, which command is handed it, and what may come of that."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.hostile import backups, heads, jsons, pictures, policies, sheets
from tests.hostile.running import run
from tests.support import household

if TYPE_CHECKING:
    from collections.abc import Callable

MB, SECONDS, LINES = 300, 10, 40


class Kind(NamedTuple):
    """A kind: its files by name, what a file is called, the command for one, and its exit codes."""

    files: dict[str, Callable[[Path], object]]
    file: str
    words: Callable[[str], list[str]]
    codes: tuple[int, ...] = (3,)
    keeps: bool = False
    prepare: Callable[[Path], None] = lambda _: None


KINDS = {
    "sheet": Kind(sheets.SHEETS, "x.xlsx", lambda _: ["report", "reconcile", "x.xlsx"]),
    "policy": Kind(policies.POLICIES, "x.toml", lambda _: ["policy", "check", "x.toml"]),
    "picture": Kind(pictures.PICTURES, "x.jpg", pictures.words, (0,), keeps=True),
    "backup": Kind(backups.BACKUPS, "x.db", backups.words, (3, 6, 7), keeps=True, prepare=backups.prepare),
    "heads": Kind(heads.HEADS, heads.FILE, heads.words, (3, 7)),
    "json": Kind(jsons.JSONS, "x.json", jsons.words),
}


def complaints(kind: Kind, name: str, folder: Path, patience: float = 60) -> tuple[list[str], int, float]:
    """Hand a file to its command in a folder with a trial county; return what is wrong, megabytes and seconds."""
    path = folder / kind.file
    (folder / "h.json").write_text(json.dumps(household()))
    kind.prepare(folder)
    kind.files[name](path)
    before = _standing(folder)
    took = run(kind.words(name), folder, patience=patience)
    told = took.err.strip()
    wrong = [
        f"{name}: {what}"
        for what, holds in {
            f"exit code {took.code}: {told[-200:]}": took.code not in kind.codes,
            f"{took.mb} MB": took.mb >= MB,
            f"{took.seconds} s": took.seconds >= SECONDS,
            f"a traceback: {told[-200:]}": "Traceback" in told,
            f"a library's warning: {told[-200:]}": "Warning" in told,
            f"said {told[:200]!r}": took.code not in (0, 7)
            and not 0 < len(told.splitlines()) <= LINES
            and not (took.code == 3 and not told and took.out),  # a sheet that was read, and differs from the record
            f"left {sorted(_standing(folder) - before)}": not kind.keeps and _standing(folder) != before,
        }.items()
        if holds
    ]
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return wrong, took.mb, took.seconds


def _standing(folder: Path) -> set[str]:
    """Return what lies in a folder, but for the files that SQLite keeps beside a database."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {name for name in found if not name.endswith(("-wal", "-shm"))}
