"""Store attached files: each is written, synced and named before a row refers to it.

Each is encrypted under a data key of its own and has a name that tells nothing of its bytes (`papers.py`). Files that a
release before this one stored are named by the SHA-256 of their bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from errno import EFBIG
from pathlib import Path
from typing import TYPE_CHECKING

from ...states import arguments as given
from ...states import input_files as handed_in
from ...states.errors import InputRefused, IntegrityBroken, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .lock import Lock

LARGEST = 32 * handed_in.MB  # bytes of a paper
_ASIDE = ".gone-"
_COUNTY, _NAME = re.compile(r"[0-9]{6}", re.ASCII), re.compile(r"[0-9a-f][0-9a-z-]{3,150}", re.ASCII)


def sync_folder(folder: Path) -> None:
    """Sync a folder's entries, so that a file that was renamed or linked there is there after a loss of power."""
    if os.name == "nt":
        return  # Windows cannot open a folder to sync it
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class FileStore:
    """A folder of files.

    Args:
        root: the folder; made with mode 0700 when first needed.
        largest: the largest file taken, in bytes.
    """

    def __init__(self, root: Path, *, largest: int = LARGEST) -> None:
        self.root = given.path(root, "root")
        self.largest = given.counted(largest, "largest")

    def read(self, source: Path | bytes) -> bytes:
        """Return the bytes of a file to be stored.

        Raises:
            InputRefused: the file is missing, empty, too large or not a plain file.
        """
        paths = isinstance(source, (str, os.PathLike))
        content = self._read(given.path(source, "source")) if paths else given.data(source, "source")
        if content is None or not 0 < len(content) <= self.largest:
            raise InputRefused(
                f"所附文件为空，或超过 {self.largest // 1024 // 1024} MiB。",
                f"an attached file is empty or larger than {self.largest // 1024 // 1024} MiB.",
            )
        return content

    def put(self, county: str, content: bytes, lock: Lock) -> None:
        """Store a county's file encrypted, unless it is there already.

        Raises:
            StoreUnavailable: the store cannot be written.
        """
        known = hashlib.sha256(content).hexdigest()
        if not (self._touched(county, lock.name) and self.sound(county, lock, known)):  # these bytes mend a damaged one
            self._write(self._path(county, lock.name), lock.sealed(content))

    def _read(self, path: Path) -> bytes | None:
        """Return the bytes of a file, None of one that is too large."""
        try:
            return handed_in.content(path, self.largest)
        except OSError as error:
            if error.errno == EFBIG:
                return None
            raise InputRefused(f"文件 {path} 无法读取。", f"file {path} cannot be read.") from None

    def _write(self, target: Path, content: bytes) -> None:
        try:
            self._folders(target.parent)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).chmod(0o600 | self._group & 0o060)
                Path(temporary).replace(target)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            sync_folder(target.parent)
        except OSError as error:
            raise StoreUnavailable(
                f"文件库无法写入：{error.strerror}", f"the file store cannot be written: {error.strerror}"
            ) from None

    def _folders(self, folder: Path) -> None:
        """Make the store's folders, each for its owner and whom the store is open to; sync each entry in the one above."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        for own in (self.root, folder.parent, folder):
            if not own.exists():
                own.mkdir(mode=0o700, exist_ok=True)
                own.chmod(own.stat().st_mode | self._group)
                sync_folder(own.parent)

    @property
    def _group(self) -> int:
        """Return the rights of the group in what is stored: those that whoever runs the store gave it on its folder."""
        return self.root.stat().st_mode & 0o070

    def content(self, county: str, lock: Lock) -> bytes:
        """Return the bytes of a stored file.

        Raises:
            IntegrityBroken: it is missing, or was altered.
        """
        try:
            return lock.opened(self._path(county, lock.name).read_bytes())
        except OSError:
            raise IntegrityBroken([f"file {lock.name} is missing"]) from None

    def sound(self, county: str, lock: Lock, sha256: str | None = None) -> bool:
        """Tell whether a stored file is there, opens with its key, and has the bytes of a SHA-256 where one is given."""
        try:
            content = self.content(county, lock)
        except IntegrityBroken:
            return False
        return sha256 is None or hashlib.sha256(content).hexdigest() == sha256

    def copy_to(self, other: FileStore, county: str, name: str, lock: Lock | None) -> bool:
        """Copy a file as it is kept, encrypted, into another store and read it again; False where it is missing or damaged.

        A file that is there under this name and has other bytes is replaced only where the lock says that it is damaged.

        Args:
            lock: what opens the file; without it only the bytes are compared.

        Raises:
            StoreUnavailable: the other store cannot be written.
        """
        try:
            content = self._path(county, name).read_bytes()
        except OSError:
            return False
        target = other._path(county, name)
        if not target.exists() or (lock is not None and not other.sound(county, lock)):
            other._write(target, content)
        return target.read_bytes() == content if lock is None else other.sound(county, lock)

    def has(self, county: str, name: str) -> bool:
        """Tell whether a file of this name exists."""
        with suppress(IntegrityBroken):
            return self._path(county, name).exists()
        return False

    def drop(self, county: str, name: str) -> None:
        """Delete a stored file, if it exists."""
        with suppress(OSError, IntegrityBroken):
            self._path(county, name).unlink(missing_ok=True)

    def names(self, county: str) -> list[str]:
        """Return the names of a county's files."""
        return [path.name for path in (self.root / county).glob("*/*")]

    def lying(self, county: str, *, before: float) -> Iterator[Path]:
        """Yield a county's files, also unfinished ones, that nobody touched since a time (s since 1970)."""
        for path in (self.root / county).glob("*/*"):
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    yield path

    def sweep(self, path: Path, *, before: float) -> bool:
        """Delete a file, unless it was touched since: then somebody is attaching these bytes now.

        It leaves its name first, so that whoever attaches the same bytes later finds none, and writes it anew.
        """
        aside = path.with_name(f"{_ASIDE}{path.name.removeprefix(_ASIDE)}")
        try:
            path.rename(aside)
            if aside.stat().st_mtime >= before:
                with suppress(FileExistsError):
                    path.hardlink_to(aside)
                aside.unlink()
                return False
            aside.unlink()
        except OSError:
            return False
        return True

    def _touched(self, county: str, name: str) -> bool:
        """Mark a file as just needed, so that no sweep takes it before a row names it; False where there is none."""
        try:
            os.utime(self._path(county, name))
        except OSError:
            return False
        return True

    def _path(self, county: str, name: str) -> Path:
        """Return where a file lies; what a record says of both is held against their form before it is made a path.

        Raises:
            IntegrityBroken: they have another form.
        """
        if not (_COUNTY.fullmatch(county) and _NAME.fullmatch(name)):
            raise IntegrityBroken(["a county or the name of a file on the record is not of its form"])
        return self.root / county / name[:2] / name
