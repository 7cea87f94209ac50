"""Make new files: each gets its name only when it is complete and synced, and never replaces another file."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing, contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ...states.errors import InputRefused
from ..vault.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def taken(path: Path) -> InputRefused:
    """Return the refusal of a name that is taken already."""
    return InputRefused(
        f"{path} 已存在，不会覆盖；请另选文件。", f"{path} exists already and is not overwritten; choose another file."
    )


@contextmanager
def new_files(*paths: Path) -> Iterator[Sequence[Path]]:
    """Give a temporary file (mode 0600) beside each path; when all are whole they get their names, else none does.

    Raises:
        InputRefused: a file of one of the names is there, perhaps of somebody who made it at the same moment.
    """
    for path in paths:
        if os.path.lexists(path):
            raise taken(path)
    made: list[Path] = []
    handles: list[int] = []  # open to the end: their locks tell that somebody is at work
    try:
        for path in paths:
            _drop_left(path)
            handle, name = _temporary(path)
            handles.append(handle)
            made.append(Path(name))
        yield made
        _named(made, paths)
    finally:
        for temporary in made:
            _drop(temporary)
        for handle in handles:
            os.close(handle)


def _temporary(path: Path) -> tuple[int, str]:
    """Make a temporary file and take its lock; whoever clears up may have found it in between, then make another."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        _locked(handle, wait=True)
        if os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)


def _drop(temporary: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        Path(f"{temporary}{end}").unlink(missing_ok=True)


def _drop_left(path: Path) -> None:
    """Take away what one that was killed left under this name: nobody has its lock."""
    for left in path.parent.glob(f".{escape(path.name)}-????????"):
        with suppress(OSError):
            handle = os.open(left, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                if _locked(handle):
                    _drop(left)
            finally:
                os.close(handle)


def _locked(handle: int, *, wait: bool = False) -> bool:
    """Take the lock of a file, or only try to; where there is none (Windows) nothing is taken for left over."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _named(made: Sequence[Path], paths: Sequence[Path]) -> None:
    """Give the files their names, in the order of the paths; where one name is taken, take the others back."""
    for temporary in made:
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
    done: list[Path] = []
    try:
        for temporary, path in zip(made, paths, strict=True):
            _name(temporary, path)
            done.append(path)
    except BaseException:
        for path in done:
            path.unlink(missing_ok=True)
        raise
    for folder in {path.parent for path in paths}:
        sync_folder(folder)


def _name(temporary: Path, path: Path) -> None:
    """Give a file its name, as long as nobody else has it; a file system without links is asked to make the name first."""
    try:
        os.link(temporary, path)
        return
    except FileExistsError:
        raise taken(path) from None
    except OSError:  # there are no links here
        pass
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise taken(path) from None
    temporary.replace(path)


def take_away_empty(path: Path) -> None:
    """Take away an SQLite file in which nothing was made, and its log; one that another process has open stays."""
    try:
        address = f"{path.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)) as file:
            file.execute("PRAGMA locking_mode=EXCLUSIVE")
            file.execute("BEGIN EXCLUSIVE")
            if file.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                path.unlink()
    except (sqlite3.Error, OSError):
        return
    if not path.exists():
        for ending in ("-wal", "-shm", "-journal"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
