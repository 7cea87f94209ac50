"""Hostile files of heads: lines that are none, lines without an end, and heads that somebody made up."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Make = Callable[[Path], object]

MB = 1024**2
FILE = "x.heads"
_COUNTY, _AT = "150783", "2019-06-10T04:00:00.000000Z"
_FIRST = f'{{"alg":"sha256","county":"{_COUNTY}","events":1,"leaves":['
_LAST = f'],"made_at":"{_AT}","no":1,"prev":null,"root":"{"0" * 64}","v":1}}\n'
_LEAF = f'["case/1",1,"{"a" * 64}"]'


def words(_: str) -> list[str]:
    return ["audit", "verify", "--head", FILE]


def _repeated(first: str, some: str, size: int, last: str = "") -> Make:
    """Return what writes so many bytes of the same text between two others, without having them at once."""

    def write(path: Path) -> None:
        block = (some * (MB // len(some.encode()) + 1)).encode()
        with path.open("wb") as file:
            file.write(first.encode())
            for _ in range(size // len(block)):
                file.write(block)
            file.write(last.encode())

    return write


def _said(text: str | bytes) -> Make:
    return lambda path: path.write_bytes(text.encode() if isinstance(text, str) else text)


def _nested(deep: int, size: int) -> Make:
    return _repeated('{"leaves":[', '{"":' * deep + "0" + "}" * deep + ",", size, "0]}\n")


def _made_up(leaf: str, count: int, *, fits: bool = True) -> Make:
    """Return what writes a head with so many leaves, each after its number, and the root that fits it, or not."""

    def leaves(no: int) -> Iterator[bytes]:
        for first in range(0, count, 10_000):
            some = [leaf % n for n in range(first, min(first + 10_000, count))]
            yield (",".join(some) + "," if no else "\n".join(some) + "\n").encode()

    def write(path: Path) -> None:
        facts = {"alg": "sha256", "county": _COUNTY, "events": count, "leaves": count, "made_at": _AT, "no": 7}
        told = json.dumps({**facts, "prev": None, "v": 1}, separators=(",", ":"))
        root = hashlib.sha256(b"weigai.head.v1\0" + told.encode() + b"\n")
        for some in leaves(0):
            root.update(some)
        last = _LAST.replace('"no":1', '"no":7').replace("0" * 64, root.hexdigest() if fits else "1" * 64)
        with path.open("wb") as file:
            file.write(_FIRST.replace('"events":1', f'"events":{count}').encode())
            file.writelines(leaves(1))
            file.seek(-1, 2)
            file.write(last.encode())

    return write


def _sparse(size: int, first: bytes = b"") -> Make:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write(first)
            file.truncate(size)

    return write


_STREAM = '["case/%07d",1,"' + "a" * 64 + '"]'
HEADS: dict[str, Make] = {
    **{f"60 MB of objects {deep} deep": _nested(deep, 60 * MB) for deep in (1, 20, 300, 900, 985)},
    "250 MB of objects 900 deep": _nested(900, 250 * MB),
    "60 MB of lists": _repeated('{"leaves":[', "[],", 60 * MB, "0]}\n"),
    "60 MB of numbers": _repeated('{"leaves":[', "0,", 60 * MB, "0]}\n"),
    "60 MB of names": _repeated("{", '"a":1,', 60 * MB, '"b":1}\n'),
    "250 MB of letters": _repeated('{"a":"', "x", 250 * MB, '"}\n'),
    "250 MB of blanks": _repeated("", " ", 250 * MB, "\n"),
    "250 MB of returns": _repeated("", "\r", 250 * MB, "\n"),
    "60 MB of letters, then one of four bytes": _repeated('{"a":"', "x", 60 * MB, '😀"}\n'),
    "an array that stays open": _repeated("", "[", 60 * MB),
    "a line of 300 MB": _repeated("", "x", 300 * MB, "\n"),
    "a line of 100 GB": _sparse(100_000 * MB),
    "a head, then 100 GB": _sparse(100_000 * MB, (_FIRST + _LAST).encode()),
    "10 million lines": _repeated("", "x\n", 20 * MB),
    "20 million empty lines": _repeated("", "\n", 20 * MB),
    "10 million lines of a blank": _repeated("", " \n", 20 * MB),
    "a million objects": _repeated("", "{}\n", 3 * MB),
    "a million beginnings": _repeated("", _FIRST + "\n", 60 * MB),
    "a beginning, then objects": _repeated(_FIRST, '{"":0},', 60 * MB, _LAST),
    "a beginning, then 250 MB of a stream's name": _repeated(_FIRST + '["', "x", 250 * MB, '"' + _LAST),
    "a beginning, then 250 MB of escapes": _repeated(_FIRST + '["', "\\n", 250 * MB, '"' + _LAST),
    "a beginning, then 250 MB of a number": _repeated(_FIRST + '["case/1",', "1", 250 * MB, _LAST),
    "a beginning, then 60 MB of open leaves": _repeated(_FIRST, '["', 60 * MB, _LAST),
    "a beginning, then 60 MB of open leaves with escapes": _repeated(_FIRST, '["\\"', 60 * MB, _LAST),
    "250 MB of leaves, and no end": _repeated(_FIRST + _LEAF, "," + _LEAF, 250 * MB),
    "120 MB of leaves, and another root": _repeated(_FIRST + _LEAF, "," + _LEAF, 120 * MB, _LAST),
    "60 MB of leaves with a comma too many": _repeated(_FIRST, _LEAF + ",", 60 * MB, _LAST),
    "60 MB of leaves with a blank": _repeated(_FIRST + _LEAF, ", " + _LEAF, 60 * MB, _LAST),
    "1 million leaves that nobody made": _made_up(_STREAM, 1_000_000),
    "1 million leaves, and another root": _made_up(_STREAM, 1_000_000, fits=False),
    "leaves of letters of four bytes": _made_up(_STREAM.replace("case", "𠀀" * 20), 300_000),
    "leaves of escapes": _made_up(_STREAM.replace("case", "\\n\\\\" * 20), 300_000),
    "letters that are not normalised": _made_up(_STREAM.replace("case", "e\u0301"), 1000),
    "letters that combine without an end": _made_up(_STREAM.replace("case", "a" + "\u0315" * 7_000), 1000),
    "half of a letter": _said(_FIRST.encode() + _LEAF.encode().replace(b"case", b"\xed\xa0\x80") + _LAST.encode()),
    "letters that are none": _said(b"\xff\xfe\xfd" * MB),
    "zeros": _said(b"\0" * 4 * MB),
    "UTF-16": _said((_FIRST + _LAST).encode("utf-16")),
    "nothing": _said(b""),
    "a number of events without an end": _repeated(_FIRST.partition("1,")[0], "9", 60 * MB, ',"leaves":[' + _LAST),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": lambda path: path.mkdir(),
}
