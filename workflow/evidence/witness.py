"""The witness file: published heads, one a line, in a place that the database's keeper cannot change."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...db.audit.problem import Problem
from ...db.log.held import Held
from ...states import arguments as given
from ...states.errors import InputRefused, IntegrityBroken

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ...db.audit.verify import Verified
    from ...db.log.heads import Head, Published

_MEND_ZH = (
    "请保管人找回该文件。找不回的，先用抄存的链头核验（weigai audit verify --head），再由能看到全县的人员运行 weigai "
    "audit head --to FILE --new 另立；首次使用的亦同。新文件不能证明此前的记录未被替换。"
)
_MEND_EN = (
    "The person who keeps that file should bring it back. If it is lost, verify against a head that you noted "
    "elsewhere (weigai audit verify --head). Then somebody who sees the whole county begins a new file with weigai "
    "audit head --to FILE --new. Do the same if you use the file for the first time. A new file does not prove that "
    "nobody replaced the record before it."
)
_MEND = (_MEND_ZH, _MEND_EN)


class Witness:
    """A file of published heads, one a line.

    Args:
        path: the file; it need not be there yet.

    Raises:
        InputRefused: the path is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = given.file(path, "path")

    def held(self) -> Held | None:
        """Return the heads in the file; None if the file is missing, empty, or contains anything but heads."""
        try:
            return Held([self.path], every=False)
        except InputRefused:
            return None

    def newest(self) -> dict[str, Head]:
        """Return the last head of each county in the file."""
        found: dict[str, Head] = {}
        held = self.held()
        for head in held.heads if held else ():
            if head.county not in found or head.no > found[head.county].no:
                found[head.county] = head
        return found

    def missing(self, last: Iterable[Head]) -> list[Head]:
        """Return the last heads of the counties of which the file has no head: it is missing, or was emptied.

        A file that is used for the first time holds none either, but then no head was made before it.
        """
        kept = self.newest()
        return [head for head in last if head.county not in kept]

    def counted(self, found: Verified, last: Iterable[Head], lang: str = "zh") -> Verified:
        """Return a verification with one more problem, in `lang`, for each county whose head is missing in the file."""
        zh, en = _MEND
        what = {
            "zh": f"留存链头的文件缺失、为空或不是链头文件。{zh}",
            "en": f"the witness file is gone, empty or no file of heads. {en}",
        }[lang]
        told = [Problem(f"{one.county}:head", one.no, what) for one in self.missing(last)]
        return found._replace(problems=(*found.problems, *told), proofs=() if told else found.proofs)

    def refuse_missing(self, last: Iterable[Head]) -> None:
        """Refuse to begin the file again if heads were made before.

        Raises:
            IntegrityBroken: it is gone, empty or no file of heads, or holds no head of one of the counties.
        """
        if lost := self.missing(last):
            listed = [f"{self.path} holds no head of {one.county}, and #{one.no} was made" for one in lost]
            raise IntegrityBroken(listed, _MEND)

    def refuse_other(self) -> None:
        """Refuse to append heads to a file that holds anything else.

        Raises:
            InputRefused: it holds something, and no head.
        """
        if not self.newest() and self.path.exists() and self.path.stat().st_size:
            Held([self.path])

    def refuse_older(self, published: Iterable[Published]) -> None:
        """Refuse to go on if the database lacks a head that is in the file, or has another one in its place.

        Raises:
            IntegrityBroken: the database was rolled back or rewritten.
        """
        own = {(one.head.county, one.head.no): one.head.root for one in published}
        lost = [head for head in self.newest().values() if own.get((head.county, head.no)) != head.root]
        if lost:
            raise IntegrityBroken([f"head held outside, and not in the database: {head.short}" for head in lost])

    def append(self, heads: Iterable[Published]) -> int:
        """Append heads to the file, which only its owner may read, and wait until they are on the disk; return how many."""
        count = 0
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
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
