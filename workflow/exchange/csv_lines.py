"""Read the rows of a CSV line by line and within limits."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ...states.errors import InputRefused
from ...states.input_files import MB
from ...states.texts import encodings

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = MB  # characters of a row
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")


class Formula(NamedTuple):
    """A cell that holds a formula and no value."""

    text: str


def unfit(name: str, zh: str, en: str) -> InputRefused:
    """Return the error for a sheet that is refused as a whole."""
    return InputRefused(f"表格 {name} {zh}。", f"sheet {name} {en}.")


def not_a_sheet(name: str) -> InputRefused:
    """Return the error for a file that is no whole sheet."""
    zh, en = (
        "不是完整的表格：应为 CSV（UTF-8、GB18030 或 UTF-16）或 XLSX",
        "is not a complete sheet: it must be CSV (UTF-8, GB18030 or UTF-16) or XLSX",
    )
    return unfit(name, zh, en)


def csv_lines(name: str, raw: bytes) -> Iterator[list[Any]]:
    """Yield the rows of a CSV in UTF-8, GB18030 or UTF-16, a line at a time.

    Raises:
        InputRefused: it is none.
    """
    try:
        encoding = next(known for known in encodings(raw) if _is_in(raw, known))
        with io.TextIOWrapper(io.BytesIO(raw), encoding, newline="") as file:
            lines = _Short(file)
            for line in csv.reader(lines, strict=True):
                lines.since = 0
                yield [Formula(cell) if cell.startswith("=") else cell for cell in line]
    except (StopIteration, csv.Error, ValueError):
        raise not_a_sheet(name) from None


def _is_in(raw: bytes, encoding: str) -> bool:
    """Tell whether bytes are text in an encoding, without keeping the text."""
    pieces = (raw[at : at + MB] for at in range(0, len(raw), MB))
    try:
        return all(True for _ in codecs.iterdecode(pieces, encoding))
    except UnicodeDecodeError:
        return False


class _Short:
    """The lines of a text, up to the longest row that they may make, and only such as are of a text at all."""

    def __init__(self, file: io.TextIOBase) -> None:
        self._file, self.since = file, 0  # characters since a row ended

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(_LONGEST):
            self.since += len(line)
            if self.since >= _LONGEST or _CONTROL.search(line):
                raise ValueError
            yield line
