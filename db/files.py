"""Attached files, kept by their content: written, synced and named by their SHA-256 before any row names them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from ..states.errors import InputRefused, IntegrityBroken, StoreUnavailable

LARGEST = 32 * 1024 * 1024


class FileStore:
    """A folder of files by content.

    Args:
        root: the folder; made with mode 0700 when first needed.
        largest: the largest file taken, in bytes.
    """

    def __init__(self, root: Path, *, largest: int = LARGEST) -> None:
        self.root = Path(root)
        self.largest = largest

    def put(self, source: Path | bytes) -> tuple[str, int]:
        """Store a file's bytes and return its SHA-256 (hex) and size; the same bytes are stored once.

        Raises:
            InputRefused: the file is missing, empty, too large or not a plain file.
            StoreUnavailable: the store cannot be written.
        """
        content = source if isinstance(source, bytes) else self._read(source)
        if not content or len(content) > self.largest:
            raise InputRefused(
                f"所附文件为空或超过 {self.largest // 1024 // 1024} MiB。",
                f"an attached file is empty or larger than {self.largest // 1024 // 1024} MiB.",
            )
        name = hashlib.sha256(content).hexdigest()
        target = self._path(name)
        if not self.sound(name):  # missing, or damaged: then these bytes mend it
            self._write(target, content)
        return name, len(content)

    def _read(self, path: Path) -> bytes:
        try:
            if not path.is_file():
                raise OSError
            with path.open("rb") as file:
                return file.read(self.largest + 1)
        except OSError:
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
                Path(temporary).replace(target)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            self._sync(target.parent)
        except OSError as error:
            raise StoreUnavailable(
                f"文件库无法写入：{error.strerror}", f"the file store cannot be written: {error.strerror}"
            ) from None

    def _folders(self, folder: Path) -> None:
        """Make the store's folders, each for its owner only, and sync the entry of each in the one above."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        for own in (self.root, folder):
            if not own.exists():
                own.mkdir(mode=0o700, exist_ok=True)
                self._sync(own.parent)

    @staticmethod
    def _sync(folder: Path) -> None:
        if os.name == "nt":
            return  # Windows cannot open a folder to sync it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def open(self, sha256: str) -> BinaryIO:
        """Return a stored file, open for reading.

        Raises:
            IntegrityBroken: it is missing.
        """
        try:
            return self._path(sha256).open("rb")
        except OSError:
            raise IntegrityBroken([f"file {sha256} is missing"]) from None

    def sound(self, sha256: str) -> bool:
        """Tell whether a stored file is there and still has the bytes that it is named after."""
        try:
            with self._path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def copy_to(self, other: FileStore, sha256: str) -> bool:
        """Copy a file's bytes as they are kept into another store; False where it is missing or not what it was.

        Raises:
            StoreUnavailable: the other store cannot be written.
        """
        try:
            content = self._path(sha256).read_bytes()
        except OSError:
            return False
        target = other._path(sha256)
        if not (target.is_file() and target.read_bytes() == content):
            other._write(target, content)
        return other.sound(sha256)

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256
