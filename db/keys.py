"""The keys of the blind index: tokens by which the same number is found again without being readable."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..states.errors import StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Keys:
    """A secret of 32 bytes, kept outside the database; each kind of number has a key of its own derived from it."""

    secret: bytes

    @classmethod
    def from_file(cls, path: Path) -> Keys:
        """Read the secret from a file, or make the file (mode 0600) where there is none.

        Raises:
            StoreUnavailable: the file cannot be read or made, or does not hold 64 hex digits.
        """
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                    file.write(secrets.token_hex(32))
            secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError):
            secret = b""
        if len(secret) != 32:
            raise StoreUnavailable(f"密钥文件 {path} 无法读取。", f"the key file {path} cannot be read.")
        return cls(secret)

    def token(self, kind: str, value: str) -> str:
        """Return the token of a number; equal numbers of one kind have equal tokens."""
        own = hmac.new(self.secret, f"weigai.index.{kind}".encode(), hashlib.sha256).digest()
        return hmac.new(own, value.encode(), hashlib.sha256).hexdigest()
