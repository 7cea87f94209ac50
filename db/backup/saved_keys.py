"""The file of keys beside a backup: encrypted data keys and the names of erased ones, one JSON object a line."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, literal, select
from sqlalchemy.exc import IntegrityError

from ...states import input_files as handed_in
from ...states.errors import InputRefused
from ..statements import KEY, PRIVATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

KEYS_HEAD = {"weigai": "keys", "v": 1}
_MANY = 1000
_LONGEST = 64 * 1024  # bytes of a line


def write_keys(source: Connection, path: Path) -> int:
    """Write the wrapped keys and the names of erased ones, one JSON object a line."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(KEYS_HEAD) + "\n")
        for row in source.execution_options(yield_per=_MANY).execute(select(KEY)).mappings():
            file.write(json.dumps(dict(row)) + "\n")
            count += 1
    return count


def keys_from(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file of keys.

    Raises:
        InputRefused: it cannot be read, or is no such file.
    """
    try:
        with handed_in.opened(path) as file:
            lines = handed_in.lines(file, _LONGEST)
            head = handed_in.json_of(next(lines, b""))
            if head != KEYS_HEAD or type(head["v"]) is not int:  # True == 1
                raise ValueError
            for line in lines:
                yield _key(handed_in.json_of(line))
    except (OSError, ValueError):
        raise _no_keys(path) from None


def _key(row: Any) -> dict[str, Any]:
    if type(row) is not dict or set(row) != {column.name for column in KEY.columns}:
        raise ValueError
    for name, value in row.items():
        if value is None and KEY.c[name].nullable:
            continue
        if type(value) is not str or b"\0" in value.encode():  # of half a letter it raises the same
            raise ValueError
    return row


def _no_keys(path: Path) -> InputRefused:
    return InputRefused(f"{path} 不是密钥备份文件。", f"{path} is not a file of keys.")


def insert_keys(target: Connection, path: Path) -> int:
    """Put the rows of a file of keys into the database; return how many.

    Raises:
        InputRefused: it is no such file, names a key twice, or holds no keys though the record has values under some.
    """
    count = 0
    try:
        rows = keys_from(path)
        while some := list(islice(rows, _MANY)):
            target.execute(insert(KEY), some)
            count += len(some)
    except IntegrityError:
        raise _no_keys(path) from None
    sealed = target.execute(select(literal(1)).select_from(PRIVATE).where(PRIVATE.c.value != "").limit(1)).first()
    if sealed and not count:
        raise InputRefused(
            f"{path} 中没有密钥，而备份中有加密的个人信息；请用与备份同时或以后保存的密钥备份文件。",
            f"{path} contains no keys, but the backup contains encrypted personal values; give the file of keys that "
            "was saved with the backup, or a later one.",
        )
    return count
