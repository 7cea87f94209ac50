"""Event format v1: the canonical bytes that are hashed, the chain, and the commitments to personal values.

This form can never change for written events, because their hashes depend on it.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from ...states.errors import InputRefused
from ...states.personal import PERSONAL
from .hashes import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

VERSION = 1
LONGEST = 8 * 1024 * 1024  # bytes of a line of an export, and of a row of a backup, that are read again
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


# Ids that earlier programs took as numbers too: the body then has the number, and its column the same as text.
NUMBERED = frozenset({"request_id", "acted_by", "office", "recorded_by"})


def is_number_of(told: Any, kept: Any) -> bool:
    """Tell whether an event has a whole number where a text column has that number, as earlier programs wrote some ids."""
    return type(told) is int and kept == str(told)


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
        "内容不能入档：含有浮点数、空字符或不规范的 Unicode 文字；请改正。",
        "the content cannot be recorded: it has a float, a NUL, or text that is not normalised Unicode; correct it.",
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


_quoted = json.encoder.encode_basestring


def event_hash(alg: str, body: str) -> str:
    """Return the hash of an event: tag, length of the body as 8 bytes, body."""
    data = body.encode()
    data = b"%b%b%b" % (_EVENT, len(data).to_bytes(8, "big"), data)
    return hashlib.sha256(data).hexdigest() if alg == "sha256" else digest(alg, data)


def commitment(alg: str, salt: str, county: str, stream: str, seq: int, field: str, value: str) -> str:
    """Return the commitment to a personal value (its canonical text), bound to its place.

    Raises:
        ValueError: the salt is not the one text of its bytes.
    """
    raw = bytes.fromhex(salt)
    if raw.hex() != salt:
        raise ValueError(salt)
    place = f"[{_quoted(county)},{_quoted(stream)},{seq},{_quoted(field)}]".encode()
    data = b"%b%b%b%b%b" % (_PRIVATE, raw, len(place).to_bytes(8, "big"), place, value.encode())
    return hashlib.sha256(data).hexdigest() if alg == "sha256" else digest(alg, data)


def fits(commit: str, alg: str, salt: str, place: tuple[str, str, int], field: str, value: str) -> bool:
    """Tell whether a kept value is the one committed to; a salt that is none fits nothing."""
    try:
        return commitment(alg, salt, *place, field, value) == commit
    except ValueError:
        return False


def seal(
    changes: Mapping[str, Any], county: str, stream: str, seq: int, salts: Callable[[int], bytes], alg: str
) -> tuple[dict[str, Any], list[Sealed]]:
    """Replace every personal value in the changes by its commitment; return them with the values taken out."""
    taken: list[Sealed] = []

    def take(path: str, value: Any) -> dict[str, str]:
        salt, text = salts(16).hex(), canonical(value)
        taken.append(Sealed(path, person_of(path), salt, text))
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


def person_of(path: str) -> str:
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
    """Read a body strictly: the fields of v1 and no other, no floats, and the one canonical text of what it says.

    Text with a duplicate key, a blank, another order or another escape is not what its own value is written as.

    Raises:
        ValueError: it is none.
    """
    try:
        body, _ = _scan(text, 0)
    except StopIteration:
        raise ValueError("no JSON") from None
    if type(body) is not dict or body.keys() != FIELDS or "\\u0000" in text:
        raise ValueError("not an event of v1")
    if type(body["v"]) is not int or body["v"] != VERSION or type(body["seq"]) is not int:
        raise ValueError("not an event of v1")
    if "" in (body["from"], body["to"], body["policy"], body["prev"]):  # null says that there is none
        raise ValueError("not an event of v1")
    if (type(body["changes"]), type(body["documents"]), type(body["findings"])) != _KINDS:
        raise ValueError("not an event of v1")
    if not all(type(paper) is dict and paper.keys() == _PAPER for paper in body["documents"]):
        raise ValueError("not an event of v1")
    if text.count('{"$commit":') != text.count('{"$commit":"'):  # a commitment is text
        raise ValueError("not an event of v1")
    if _again(body) != text:
        raise ValueError("not canonical")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise ValueError("not in NFC")
    return body


def _no_float(word: str) -> Any:
    raise ValueError(f"float {word}")


_KINDS = (dict, list, list)
_PAPER = {"kind", "size", "media_type", "commit"}  # what an event says of each of its papers
_scan = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).scan_once  # type: ignore[attr-defined]


def _made_once() -> Callable[[Any], str]:
    """Return `canonical` without its checks, for a value that was read from JSON; the C encoder is made only once."""
    slow = json.JSONEncoder(
        sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
    )
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return slow.encode
    fast = make(None, slow.default, json.encoder.encode_basestring, None, ":", ",", True, False, False)
    return lambda value: "".join(fast(value, 0))


_again = _made_once()


def commitments_of(changes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every commitment in an event's changes with its full path."""
    for path, value in changes.items():
        yield from commitments(value, path)
