"""Change the key file under a lock, one process at a time, and read back what was written.

The file is JSON: `index` and `masters` in hex, `cipher`, and `databases`, those that it serves (`places.py`).
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...states import input_files as handed_in
from ...states.errors import StoreBusy, StoreUnavailable
from ..engine import WAIT_MS
from .files import sync_folder
from .keys import LARGEST, Keys, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PAUSE = 0.02  # seconds between two tries for the lock


class Served(NamedTuple):
    """A database that a key file or a files folder serves: its own id, and the place where it lives.

    One that is not `adopted` has only worked with it: it needs what is there, and takes nothing away.
    """

    id: str
    place: str
    adopted: bool = True


class KeyFile:
    """A key file that this process has locked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.keys, self.databases = _read(path)

    def write(self, *, keys: Keys | None = None, databases: Iterable[Served] | None = None) -> None:
        """Write the file whole or not at all, wait until it is on the disk, and read it back.

        Raises:
            StoreUnavailable: it cannot be written, or another text is read back.
        """
        keys = self.keys if keys is None else replace(keys, source=self.keys.source)
        databases = self.databases if databases is None else tuple(databases)
        try:
            put(self._path, _text(keys, databases))
        except OSError as error:
            raise StoreUnavailable(
                f"密钥文件 {self._path} 无法写入：{error.strerror}",
                f"the key file {self._path} cannot be written: {error.strerror}",
            ) from None
        if _read(self._path) != (keys, databases):
            raise unreadable(self._path)
        self.keys, self.databases = keys, databases


@contextmanager
def locked(path: Path) -> Iterator[KeyFile]:
    """Lock a key file against every other process that would change it, until the end.

    The lock is a file of its own beside it (`.lock`), since the key file is replaced when it is written.

    Raises:
        StoreBusy: another process held the lock for some seconds.
        StoreUnavailable: there is no such file, it holds no keys, or it cannot be locked.
    """
    if not path.exists():  # no lock beside a file that is not there
        raise unreadable(path)
    path = path.resolve()  # a link stays one: the file that it leads to is changed
    with alone(path):
        yield KeyFile(path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let no other process change a file, until the end. See `locked` for the lock and for what it raises."""
    try:
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        share(Path(f"{path}.lock"), path if path.exists() else path.parent)
    except OSError as error:
        raise StoreUnavailable(
            f"{path} 旁的锁文件（.lock）无法建立：{error.strerror}",
            f"the lock file (.lock) beside {path} cannot be made: {error.strerror}",
        ) from None
    try:
        _wait_for(handle)
        yield
    finally:
        os.close(handle)  # which gives the lock back


def databases(path: Path) -> tuple[Served, ...]:
    """Return the databases that a key file lists, without its lock.

    Raises:
        StoreUnavailable: it cannot be read, or holds no keys.
    """
    return _read(path)[1]


def share(path: Path, like: Path) -> None:
    """Let the group of another file read and write a file as far as that one; others never."""
    found = like.stat()
    with suppress(OSError, AttributeError):  # not our file, not our group, or no groups on this system
        os.chown(path, -1, found.st_gid)
        path.chmod(0o600 | stat.S_IMODE(found.st_mode) & 0o060)


def _wait_for(handle: int) -> None:
    until = time.monotonic() + WAIT_MS / 1000
    while not _taken(handle):
        if time.monotonic() > until:
            raise StoreBusy
        time.sleep(_PAUSE)


def _taken(handle: int) -> bool:
    """Try to take the lock of a file; it is given back when the file is closed or the process ends."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read(path: Path) -> tuple[Keys, tuple[Served, ...]]:
    keys = Keys.read(path)
    try:
        text = handed_in.text(path, LARGEST, "ascii")
        return keys, served(handed_in.json_of(text) if text.lstrip().startswith("{") else {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise unreadable(path) from None


def served(told: Any) -> tuple[Served, ...]:
    """Return the databases that the JSON of a key file or a files folder lists.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it has not that form.
    """
    listed = told.get("databases", [])
    if type(listed) is not list:
        raise ValueError("databases")
    for one in listed:
        if (type(one["id"]), type(one["place"]), type(one.get("adopted", True))) != (str, str, bool):
            raise ValueError(sorted(one))
    return tuple(Served(one["id"], one["place"], one.get("adopted", True)) for one in listed)


def _text(keys: Keys, databases: Sequence[Served]) -> str:
    told = json.loads(keys.text())
    return json.dumps({**told, "databases": [one._asdict() for one in databases]}, indent=1) + "\n"


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all, and wait until it is on the disk.

    It keeps the group, and the group's rights, of the file that it replaces; a new one is its owner's only.

    Raises:
        OSError: it cannot be written.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # made with mode 0600
    try:
        if path.exists():
            share(Path(temporary), path)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
