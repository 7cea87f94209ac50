"""The witness file: published heads, a line each, kept where whoever keeps the database cannot change them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...states.errors import InputRefused, IntegrityBroken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ...db.log.heads import Head, Held, Published

_MEND_ZH = (
    "请保管人找回该文件。找不回的，先用抄存的链头核验（weigai audit verify --head），"
    "再由能看到全县的人员运行 weigai audit head --to FILE --new 另立；首次使用的亦同。新文件不能证明此前未被替换。"
)
_MEND_EN = (
    "Whoever keeps that file brings it back. If it is lost, verify against a head that was noted elsewhere "
    "(weigai audit verify --head), then somebody who sees the whole county begins a new file: weigai audit head --to FILE "
    "--new; so does whoever uses it for the first time. A new file does not prove that nothing was replaced before it."
)
MEND = (_MEND_ZH, _MEND_EN)


def kept(path: Path) -> Held | None:
    """Return the heads that a witness file holds; None where it is gone, emptied, or holds anything but heads."""
    from ...db.log.heads import Held

    try:
        return Held([path], every=False)
    except InputRefused:
        return None


def newest(path: Path) -> dict[str, Head]:
    """Return the last head of each county that a witness file holds; none where it holds no head."""
    found: dict[str, Head] = {}
    held = kept(path)
    for head in held.heads if held else ():
        if head.county not in found or head.no > found[head.county].no:
            found[head.county] = head
    return found


def gone(held: Mapping[str, Head], last: Iterable[Head]) -> list[Head]:
    """Return the last heads of the counties of which a witness file that was named holds none: it is gone, or emptied.

    A file that is used for the first time holds none either, but then no head was made before it.
    """
    return [head for head in last if head.county not in held]


def refuse_gone(path: Path, held: Mapping[str, Head], last: Iterable[Head]) -> None:
    """Refuse to begin a witness file anew where heads were made before.

    Raises:
        IntegrityBroken: it is gone, empty or no file of heads, or holds no head of one of the counties.
    """
    if lost := gone(held, last):
        raise IntegrityBroken([f"{path} holds no head of {one.county}, and #{one.no} was made" for one in lost], MEND)


def refuse_other(path: Path, held: Mapping[str, Head]) -> None:
    """Refuse to append heads to a file that holds anything else.

    Raises:
        InputRefused: it holds something, and no head.
    """
    from ...db.log.heads import Held

    if not held and path.exists() and path.stat().st_size:
        Held([path])


def agreed(held: Mapping[str, Head], kept: Iterable[Published]) -> None:
    """Refuse to go on where the database does not hold a head that is held outside as it stands there.

    Raises:
        IntegrityBroken: the database was rolled back or rewritten.
    """
    own = {(one.head.county, one.head.no): one.head.root for one in kept}
    lost = [head for head in held.values() if own.get((head.county, head.no)) != head.root]
    if lost:
        raise IntegrityBroken([f"head held outside, and not in the database: {head.short}" for head in lost])


def append(path: Path, heads: Iterable[Published]) -> int:
    """Append heads to a file that only its owner may read, and wait until they are on the disk; return how many."""
    count = 0
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(file).st_size
        if size and (os.lseek(file, size - 1, os.SEEK_SET), os.read(file, 1))[1] != b"\n":
            os.write(file, b"\n")  # a line that was cut off stays as it is
        for one in heads:
            _whole(file, one.line().encode())
            count += 1
        os.fsync(file)
    finally:
        os.close(file)
    return count


def _whole(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
