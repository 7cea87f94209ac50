"""Read heads from outside the database: head files, witness files, and lines copied from paper."""

from __future__ import annotations

import errno
import json
import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ...states import input_files as handed_in
from ...states.errors import InputRefused
from .head_lines import Line
from .heads import Head, Leaf, Published, begun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


MOST_LINES = 250_000  # of a file of heads: one every hour for 28 years


STRANGE = 1_000  # lines that are no head: a file with so many more of them than heads is another file


_SHORT = re.compile(r"([0-9]{6}) #([0-9]{1,9}) (sha256|sm3):([0-9a-f]{32,64})\b")


class Held:
    """Heads from outside the database: head files, witness files (one head a line), and lines copied from paper.

    Args:
        sources: paths, or short forms as `Head.short` prints them.
        every: whether a head of a county that is not in view is a fault; else, where others are, it is remarked.

    Raises:
        InputRefused: one can not be read, or holds no head.
    """

    def __init__(self, sources: Sequence[str | Path], *, every: bool = True) -> None:
        self.sources = tuple(sources)
        self.every = every
        self.strange: list[str] = []
        self.published: list[Published] = []
        for source in self.sources:
            found = self._read(source)
            if not found:
                raise InputRefused(f"{source} 中没有留存的链头。", f"{source} contains no published head.")
            self.published += found
        self.heads = [one.head for one in self.published]

    def __iter__(self) -> Iterator[Published]:
        """Yield them with their leaves, which are read again."""
        return iter(self.published)

    def _read(self, source: str | Path) -> list[Published]:
        paper = _SHORT.search(str(source))
        if paper:
            county, no, alg, root = paper.groups()
            return [Published(Head(county, int(no), alg, "", 0, 0, None, root))]
        found = []
        try:
            for number, one in read(Path(source)):
                if one is not None:
                    found.append(one)
                elif len(self.strange) < STRANGE:
                    self.strange.append(f"{source}:{number}")
        except OSError as error:
            why = error.strerror or ""
            raise InputRefused(f"{source} 无法读取：{why}", f"{source} cannot be read: {why}") from None
        return found


def read(path: Path) -> Iterator[tuple[int, Published | None]]:
    """Yield the heads of a file with the numbers of their lines; None for a line that is no head and not empty.

    A head is the canonical text of what it says, byte by byte, with the root of that.

    Raises:
        OSError: the file cannot be read, a line is longer than a head can be, or too many lines are no heads.
    """
    with handed_in.opened(path) as file:
        heads = 0
        for number in count(1):
            at = file.tell()
            line = Line(file)
            head = _head(file, line)
            line.skip()
            if not line.size:
                return
            heads += head is not None
            if number > min(STRANGE + 2 * heads, MOST_LINES):
                raise OSError(errno.EINVAL, f"most of its lines are no heads, or it has more than {MOST_LINES}")
            if head is not None:
                yield number, Published(head, _Leaves(path, at), line.facts["trial"] is not None)
            elif not line.blank:
                yield number, None


def _head(file: BinaryIO, line: Line) -> Head | None:
    """Read a head, twice: behind its leaves stands what is hashed before them."""
    at = file.tell()
    try:
        leaves = sum(len(some) for some in line.leaves())
        facts = {**line.facts, "leaves": leaves, "events": int(line.facts["events"]), "no": int(line.facts["no"])}
        head = Head(*(facts[name] for name in Head._fields))
        root = begun(head)
        file.seek(at)
        for some in Line(file).leaves():
            root.update("".join(f"{leaf}\n" for leaf in some).encode())
    except ValueError:
        return None
    return head if root.hexdigest() == head.root else None


class _Leaves:
    """The leaves of a head in a file, read from it each time: there may be millions."""

    __slots__ = ("_at", "_path")

    def __init__(self, path: Path, at: int) -> None:
        self._path, self._at = path, at

    def __iter__(self) -> Iterator[Leaf]:
        try:
            with handed_in.opened(self._path) as file:
                file.seek(self._at)
                for some in Line(file).leaves():
                    for leaf in some:
                        yield Leaf(*json.loads(leaf))
        except (OSError, ValueError):
            raise InputRefused(
                f"{self._path} 在读取期间被改动；请重新运行。",
                f"{self._path} changed while it was being read; run the command again.",
            ) from None
