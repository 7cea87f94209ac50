"""The lock of one stored file: its data key, and what its encrypted bytes are bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .cipher import decrypted, encrypted

if TYPE_CHECKING:
    from collections.abc import Callable


class Lock(NamedTuple):
    """What one stored file is encrypted and opened with, and its name in the folder."""

    cipher: str
    key: bytes
    bound: bytes
    random: Callable[[int], bytes]
    name: str

    def sealed(self, content: bytes) -> bytes:
        """Return a file's bytes encrypted."""
        return encrypted(self.cipher, self.key, content, self.bound, self.random)

    def opened(self, content: bytes) -> bytes:
        """Return the bytes of an encrypted file.

        Raises:
            IntegrityBroken: it was altered.
        """
        return decrypted(self.key, content, self.bound)
