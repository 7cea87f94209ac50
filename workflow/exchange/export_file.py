"""Write the file of an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...db.backup.new_files import new_files
from ...states import arguments as given

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def write_export(file: Path, lines: Iterable[str]) -> int:
    """Write the lines of `Evidence.export` to a new file that only its owner may read, whole or not at all.

    Return how many lines there were.

    Raises:
        InputRefused: the path is none, a file of that name is there, or there is no event yet.
        StoreUnavailable: the file cannot be written.
    """
    count = 0
    with new_files(given.file(file, "file")) as (made,), made.open("w", encoding="utf-8") as target:
        for line in lines:
            target.write(line)
            count += 1
    return count
