"""Encrypt short values with AES-256-GCM or SM4-GCM; each value is bound to its place."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ...states.errors import IntegrityBroken

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKS = {"aes": b"A", "sm4": b"S"}
_NONCE, _TAG, _SM4 = 12, 16, 16


def encrypted(cipher: str, key: bytes, data: bytes, bound: bytes, random: Callable[[int], bytes]) -> bytes:
    """Return data encrypted under a key of 32 bytes (SM4 takes the first 16) and bound to `bound`."""
    nonce = random(_NONCE)
    if cipher == "aes":
        return _MARKS[cipher] + nonce + AESGCM(key).encrypt(nonce, data, bound)
    locked = Cipher(algorithms.SM4(key[:_SM4]), modes.GCM(nonce)).encryptor()
    locked.authenticate_additional_data(bound)
    return _MARKS[cipher] + nonce + locked.update(data) + locked.finalize() + locked.tag


def decrypted(key: bytes, data: bytes, bound: bytes) -> bytes:
    """Return what was encrypted.

    Raises:
        IntegrityBroken: it was altered, stood at another place, or was encrypted under another key.
    """
    mark, nonce, body = data[:1], data[1 : 1 + _NONCE], data[1 + _NONCE :]
    try:
        if mark == _MARKS["aes"]:
            return AESGCM(key).decrypt(nonce, body, bound)
        if mark == _MARKS["sm4"]:
            tag = body[-_TAG:]
            opened = Cipher(algorithms.SM4(key[:_SM4]), modes.GCM(nonce, tag)).decryptor()
            opened.authenticate_additional_data(bound)
            return opened.update(body[:-_TAG]) + opened.finalize()
    except (InvalidTag, ValueError):
        pass
    raise IntegrityBroken(["an encrypted value was altered, or its key is another one"])


def as_text(data: bytes) -> str:
    """Return encrypted bytes as text for a column."""
    return urlsafe_b64encode(data).decode("ascii")


def from_text(text: str) -> bytes:
    """Return the encrypted bytes of a column's text.

    Raises:
        IntegrityBroken: it is no such text, or not the one text of these bytes.
    """
    try:
        found = urlsafe_b64decode(text.encode("ascii"))
    except ValueError:
        found = b""
    if as_text(found) != text:  # a reader of base 64 passes over signs that are none, and over bits behind the end
        raise IntegrityBroken(["an encrypted value was altered, or its key is another one"])
    return found
