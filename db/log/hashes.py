"""The two hash algorithms of events and heads: SHA-256 and SM3."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes

from ...states.errors import IntegrityBroken

if TYPE_CHECKING:
    from sqlalchemy import Connection


ALGORITHMS = ("sha256", "sm3")


class Sm3:
    """SM3 with the two methods of a hashlib hash that are used here."""

    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: bytes) -> None:
        """Take more bytes in."""
        self._hash.update(data)

    def hexdigest(self) -> str:
        """Return the hash in hex; once."""
        return self._hash.finalize().hex()


def hasher(alg: str) -> Any:
    """Return a fresh hash, by "sha256" or "sm3", with `update` and `hexdigest`."""
    if alg == "sha256":
        return hashlib.sha256()
    if alg == "sm3":
        return Sm3()
    raise IntegrityBroken([f"unknown hash algorithm {str(alg)[:20]}"])


def digest(alg: str, data: bytes) -> str:
    """Return the hash of `data` in hex, by "sha256" or "sm3"."""
    if alg == "sha256":
        return hashlib.sha256(data).hexdigest()
    made = hasher(alg)
    made.update(data)
    return str(made.hexdigest())


def algorithm(connection: Connection) -> str:
    """Return the hash of new events over a connection: its execution option `weigai_alg`, else "sha256"."""
    return str(connection.get_execution_options().get("weigai_alg", "sha256"))
