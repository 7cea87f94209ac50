"""Event format v1: the canonical bytes that are hashed, the chain, and the commitments to personal values.

What stands here can never change for events that were written: their hashes rest on it.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from ..states.errors import InputRefused, IntegrityBroken
from ..states.personal import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

VERSION = 1
_EVENT, _PRIVATE = b"weigai.event.v1\0", b"weigai.private.v1\0"
FIELDS = frozenset(
    [
        "v",
        "alg",
        "county",
        "stream",
        "seq",
        "request_id",
        "action",
        "from",
        "to",
        "acted_by",
        "office",
        "recorded_by",
        "occurred_on",
        "recorded_at",
        "policy",
        "changes",
        "documents",
        "findings",
        "prev",
    ]
)


class Sealed(NamedTuple):
    """A personal value taken out of the changes: where it stood, whose it is, its salt and canonical text."""

    field: str
    person: str
    salt: str
    value: str


def canonical(value: Any) -> str:
    """Return a JSON value as its one canonical text: sorted keys, no blanks, NFC, no floats.

    Raises:
        InputRefused: a float, a text with NUL or a lone surrogate, or a value that is not JSON.
    """
    try:
        text = _ENCODER.encode(value)
        text.encode()
    except (TypeError, ValueError):
        raise _unfit() from None
    if "\\u0000" in text or not unicodedata.is_normalized("NFC", text) or _has_float(value):
        raise _unfit()
    return text


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _unfit() -> InputRefused:
    return InputRefused(
        "内容不能入档：含有浮点数、空字符或不规范的文字。",
        "the content cannot be recorded: a float, a NUL, or text that is not normalised Unicode.",
    )


def _has_float(value: Any) -> bool:
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, (list, tuple)):
            todo.extend(item)
        elif isinstance(item, float):
            return True
    return False


def digest(alg: str, data: bytes) -> str:
    """Return the hash of `data` in hex, by "sha256" or "sm3"."""
    if alg == "sha256":
        return hashlib.sha256(data).hexdigest()
    if alg == "sm3":
        from cryptography.hazmat.primitives import hashes

        sm3 = hashes.Hash(hashes.SM3())
        sm3.update(data)
        return sm3.finalize().hex()
    raise IntegrityBroken([f"unknown hash algorithm {alg[:20]}"])


def event_hash(alg: str, body: str) -> str:
    """Return the hash of an event: tag, length of the body as 8 bytes, body."""
    data = body.encode()
    return digest(alg, _EVENT + len(data).to_bytes(8, "big") + data)


def commitment(alg: str, salt: str, county: str, stream: str, seq: int, field: str, value: str) -> str:
    """Return the commitment to a personal value (its canonical text), bound to its place."""
    data = _ENCODER.encode([county, stream, seq, field]).encode()
    return digest(alg, _PRIVATE + bytes.fromhex(salt) + len(data).to_bytes(8, "big") + data + value.encode())


def seal(
    changes: Mapping[str, Any], county: str, stream: str, seq: int, salts: Callable[[int], bytes], alg: str
) -> tuple[dict[str, Any], list[Sealed]]:
    """Replace every personal value in the changes by its commitment; return them with the values taken out."""
    taken: list[Sealed] = []

    def take(path: str, value: Any) -> dict[str, str]:
        salt, text = salts(16).hex(), canonical(value)
        taken.append(Sealed(path, _person(path), salt, text))
        return {"$commit": commitment(alg, salt, county, stream, seq, path, text)}

    def inner(value: Any, path: str) -> Any:
        if isinstance(value, dict):
            return {
                k: entry(k, v, f"{path}/{k}") if k in PERSONAL or isinstance(v, _NESTED) else v
                for k, v in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [inner(v, f"{path}/{i}") if isinstance(v, _NESTED) else v for i, v in enumerate(value)]
        return value

    def entry(key: str, value: Any, path: str) -> Any:
        if isinstance(value, dict) and set(value) == {"$commit"}:  # it was sealed before, and moves with its entry
            return value
        return take(path, value) if key in PERSONAL and value is not None else inner(value, path)

    return {path: entry(path.rsplit("/", 1)[-1], value, path) for path, value in changes.items()}, taken


_NESTED = (dict, list, tuple)


def _person(path: str) -> str:
    """Say whose value it is: the head's, a member's by number, or the household's as a whole."""
    parts = path.split("/")
    if parts[0] == "household" and len(parts) > 2:
        return f"member-{parts[2]}" if parts[1] == "members" else "head"
    return "household" if parts[0] == "household" else "other"


def commitments(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every commitment in a body's changes with the path that it stands at."""
    if isinstance(value, dict):
        if set(value) == {"$commit"}:
            yield path, value["$commit"]
            return
        for key, item in value.items():
            yield from commitments(item, f"{path}/{key}" if path else key)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from commitments(item, f"{path}/{i}")


def reveal(value: Any, values: Mapping[str, Any], path: str = "") -> Any:
    """Put personal values back where their commitments stand; an erased one becomes None."""
    if isinstance(value, dict):
        if set(value) == {"$commit"}:
            return values.get(path)
        return {k: reveal(v, values, f"{path}/{k}" if path else k) for k, v in value.items()}
    if isinstance(value, list):
        return [reveal(v, values, f"{path}/{i}") for i, v in enumerate(value)]
    return value


def parse_body(text: str) -> dict[str, Any]:
    """Read a body strictly: no duplicate keys, no floats, the fields of v1 and no other, canonical as it stands.

    Raises:
        ValueError: it is none.
    """

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            raise ValueError("duplicate key")
        return found

    def no_float(word: str) -> Any:
        raise ValueError(f"float {word}")

    body = json.loads(text, object_pairs_hook=pairs, parse_float=no_float, parse_constant=no_float)
    if not isinstance(body, dict) or set(body) != FIELDS or body["v"] != VERSION:
        raise ValueError("not an event of v1")
    if _ENCODER.encode(body) != text:
        raise ValueError("not canonical")
    return body


def commitments_of(changes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every commitment in an event's changes with its full path."""
    for path, value in changes.items():
        yield from commitments(value, path)
