"""Read files that people hand in: up to a size, without waiting, and JSON only if it has one meaning."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MB = 1024 * 1024
VALUES = 500_000  # of a JSON document: lists, objects and what stands in them
_DEEPEST = 100  # lists and objects in each other, far more than any form has
_DIGITS = 40  # of a number, its exponent written out
_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)  # one that stays open too: each letter is read once
_SIGNS = re.compile(r"[\[\]{}]")
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


def opened(path: Path) -> BinaryIO:
    """Open a plain file for reading; a pipe or a device is refused at once, since it may never end.

    Raises:
        OSError: it cannot be opened, or is no plain file.
    """
    handle = os.open(path, os.O_RDONLY | _AT_ONCE)
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
            raise OSError(code, os.strerror(code) if stat.S_ISDIR(mode) else "not a plain file")
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def content(path: Path, most: int) -> bytes:
    """Return the bytes of a plain file.

    Raises:
        OSError: it cannot be opened, is no plain file, or has more than `most` bytes: then none of them is read, unless it
            does not say how many it has or grows meanwhile.
    """
    with opened(path) as file:
        large = os.fstat(file.fileno()).st_size > most
        found = b"" if large else file.read(most + 1)
    if large or len(found) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return found


def lines(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Yield the lines of a file.

    Raises:
        OSError: one is longer than `most` bytes.
    """
    while line := file.readline(most + 1):
        if len(line) > most:
            raise OSError(errno.EFBIG, "a line is too long")
        yield line


def text(path: Path, most: int, encoding: str = "utf-8-sig") -> str:
    """Return the text of a plain file; see `content`.

    Raises:
        OSError: see `content`.
        UnicodeDecodeError: it is not in this encoding.
    """
    return content(path, most).decode(encoding)


def json_of(raw: bytes | str) -> Any:
    """Return a JSON document in UTF-8: no key twice, no NaN, numbers exact and of few digits, not too many values.

    Raises:
        ValueError: it is none, or is not so.
    """
    said = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
    countable(said)
    try:
        return json.loads(said, parse_int=_whole, parse_float=_exact, parse_constant=_refuse, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def countable(text: str) -> None:
    """Refuse a text that would be too many values if it is JSON, before any of them is made.

    Raises:
        ValueError: it has too many.
    """
    if sum(map(text.count, ",[{")) > VALUES:
        raise ValueError("too many values")


def shallow(text: str) -> None:
    """Refuse a text that would be nested too deeply if it is JSON, and one with too many values.

    Raises:
        ValueError: it would be.
    """
    countable(text)
    depth = 0
    for sign in _SIGNS.finditer(_QUOTED.sub("", text)):
        depth += 1 if sign[0] in "[{" else -1
        if not 0 <= depth <= _DEEPEST:
            raise ValueError("nested too deeply, or no JSON")


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= _DIGITS else _refuse(digits)


def _exact(digits: str) -> Decimal:
    found = Decimal(digits) if len(digits) <= _DIGITS else _refuse(digits)
    return found if abs(found.adjusted()) <= _DIGITS else _refuse(digits)


def _refuse(word: str) -> Any:
    raise ValueError(word[:_DIGITS])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found
