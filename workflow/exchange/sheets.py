"""Read sheets strictly: CSV (UTF-8, GB18030 or UTF-16) and XLSX; an error names row and column.

A sheet comes from outside: a workbook is unpacked in a process of its own and within limits, a CSV is read a line at a
time, formulas are never believed, and a number in a column of ids is refused, because a spreadsheet has by then lost
leading zeros and every digit after the fifteenth.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date
from errno import EFBIG
from importlib.util import find_spec
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ...db.child import apart
from ...states import input_files as handed_in
from ...states.errors import InputRefused
from .cells import cell_of, is_empty, letters, refuse
from .csv_lines import Formula, csv_lines, not_a_sheet, unfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MB = handed_in.MB
ROWS, COLUMNS, HEADING_WITHIN = 40_000, 60, 10
_LAST_LINE = 1_048_576  # of a spreadsheet; empty ones that were only formatted count for nothing
_WIDEST = 256  # cells of a row, empty ones too
_LARGEST_FILE, _LARGEST_UNPACKED, _MOST_PARTS = 32 * MB, 128 * MB, 2_000
_LARGEST_BESIDE = 8 * MB  # of a part that is neither a sheet nor its texts: it is parsed as a whole
_RATIO, _SMALL = 400, MB  # how far a part may be packed; a smaller one may be so however far
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others want memory by what the file says
_MOST_CELLS = {"csv": 6_000_000, "xlsx": 180_000}  # empty ones too; so many are read within the limits of time
_MOST_TAGS = {"xl/workbook.xml": 20_000, "xl/worksheets/": 16_000_000, "xl/sharedstrings": 2_000_000}
_TAGS_BESIDE, _SECONDS = 200_000, 7
_LARGE = ("xl/worksheets/", "xl/sharedstrings")


class Column(NamedTuple):
    """A column that is wanted: its name, the headings that it goes by, what its cells are, and whether it may be empty."""

    name: str
    headings: tuple[str, ...]
    kind: str  # "id", "name", "yuan" or "day"
    optional: bool = False


class Row(NamedTuple):
    """A row of a sheet: its number as a spreadsheet shows it, and the wanted cells by the name of their column."""

    number: int
    cells: Mapping[str, Any]


def read_rows(path: Path, columns: Sequence[Column], most: int = ROWS) -> list[Row]:
    """Return the rows below the heading, each wanted cell read as its column's kind; empty rows are left out.

    One that has more than `most` rows is read no further.

    Raises:
        InputRefused: not a sheet, too large, a heading is missing, or a cell is not of its form.
    """
    try:
        raw = handed_in.content(path, _LARGEST_FILE)
    except OSError as error:
        if error.errno == EFBIG:
            raise unfit(path.name, "超过 32 MB", "is larger than 32 MB") from None
        raise unfit(path.name, f"无法读取（{error.strerror}）", f"cannot be read ({error.strerror})") from None
    if raw.startswith(b"PK"):
        return _of_workbook(path.name, raw, columns, most)
    return list(_rows(csv_lines(path.name, raw), columns, path.name, most, "csv"))


def _rows(lines: Iterable[list[Any]], columns: Sequence[Column], name: str, most: int, kind: str) -> Iterator[Row]:
    """Yield the wanted cells of each row that is not empty, up to the limits of this kind of file.

    A row of a workbook may end early, since a workbook keeps no cell that nobody touched.
    """
    bounded = _bounded(lines, name, _MOST_CELLS[kind])
    above = list(islice(bounded, HEADING_WITHIN))
    places, width, first = _headings(above, columns)
    titles = {wanted: above[first - 1][at].strip() for wanted, at in places.items()}
    found = 0
    for number, line in enumerate(chain(above[first:], bounded), first + 1):
        if not line:
            continue
        found += 1
        if found > most:
            raise unfit(
                name, f"超过 {most} 行；请分成几个文件", f"has more than {most} rows; split it into several files"
            )
        for at, cell in enumerate(line):
            if isinstance(cell, Formula):
                refuse(number, letters(at), "含有公式；请先“粘贴为值”", "contains a formula; paste it as a value first")
        if len(line) < width and kind == "csv":
            title = next((title for wanted, title in titles.items() if places[wanted] == len(line)), letters(len(line)))
            refuse(number, title, "缺失，文件可能不完整", "is missing; the file may be cut off")
        cells = [*line, *[None] * (width - len(line))]
        given = [c for c in columns if not c.optional or (c.name in places and not is_empty(cells[places[c.name]]))]
        yield Row(number, {c.name: cell_of(cells[places[c.name]], c.kind, number, titles[c.name]) for c in given})


def _headings(lines: list[list[Any]], columns: Sequence[Column]) -> tuple[dict[str, int], int, int]:
    """Return where each wanted column stands, how wide a row must be, and the index of the first row below."""
    best: dict[str, int] = {}
    for at, line in enumerate(lines[:HEADING_WITHIN]):
        titles = [str(cell).strip().lower() if isinstance(cell, str) else "" for cell in line]
        places: dict[str, int] = {}
        for column in columns:
            here = [i for i, title in enumerate(titles) if title in column.headings]
            if len(here) > 1:
                refuse(at + 1, letters(here[1]), f"标题 {titles[here[1]]} 重复", "has the same heading twice")
            places |= dict.fromkeys([column.name] if here else [], here[0] if here else 0)
        if all(column.optional or column.name in places for column in columns):
            return places, max(places.values()) + 1, at + 1
        best = max(best, places, key=len)
    missing = [c for c in columns if c.name not in best and not c.optional]
    listed = "; ".join("/".join(c.headings) for c in missing)
    raise InputRefused(f"表格缺少标题：{listed}", f"the sheet lacks these headings: {listed}")


# ---------------------------------------------------------------------- files


def _bounded(lines: Iterable[list[Any]], name: str, most_cells: int) -> Iterator[list[Any]]:
    """Yield rows up to the limits, an empty one as no cells; cells to the right that are empty do not count."""
    cells = 0
    for number, line in enumerate(lines, 1):
        cells += len(line)
        wide = len(line) > _WIDEST
        empty = not wide and all(is_empty(cell) for cell in line)
        if cells > most_cells:
            raise unfit(name, f"超过 {most_cells} 个单元格", f"has more than {most_cells} cells")
        if number > _LAST_LINE:
            raise unfit(name, f"超过 {ROWS} 行", f"has more than {ROWS} rows")
        if wide or any(not is_empty(cell) for cell in line[COLUMNS:]):
            raise unfit(name, f"第 {number} 行超过 {COLUMNS} 列", f"has more than {COLUMNS} columns in row {number}")
        yield [] if empty else line[:COLUMNS]


# ------------------------------------------------------------------ workbooks


def _of_workbook(name: str, raw: bytes, columns: Sequence[Column], most: int) -> list[Row]:
    """Return the rows of a workbook, which is unpacked and read in a process of its own."""
    if find_spec("openpyxl") is None:
        raise unfit(
            name,
            "是 XLSX，须先安装：pip install 'weigai[excel]'",
            "is XLSX; install the reader first: pip install 'weigai[excel]'",
        )
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        raise not_a_sheet(name)
    found = apart(rows_in_child, raw, name, columns, most, seconds=_SECONDS, libraries=("openpyxl",))
    if found is None:
        raise unfit(
            name,
            "无法在内存和时间限度内读取；请另存为 CSV（UTF-8）",
            "cannot be read within the limits of memory and time; save it as CSV (UTF-8)",
        )
    if "refused" in found:
        raise InputRefused(*found["refused"])
    days = {column.name for column in columns if column.kind == "day"}
    return [
        Row(number, {key: date.fromisoformat(cell) if key in days else cell for key, cell in cells.items()})
        for number, cells in found["rows"]
    ]


def rows_in_child(raw: bytes, name: str, columns: Sequence[Sequence[Any]], most: int) -> dict[str, Any]:
    """Return the rows of a workbook as JSON can say them, or in both languages why it is refused."""
    wanted = [Column(own, tuple(headings), kind, optional) for own, headings, kind, optional in columns]
    try:
        rows = list(_rows(_xlsx(name, raw), wanted, name, most, "xlsx"))
    except InputRefused as refused:
        return {"refused": [refused.message("zh"), refused.message("en")]}
    days = [column.name for column in wanted if column.kind == "day"]
    for row in rows:
        row.cells.update({key: row.cells[key].isoformat() for key in days if key in row.cells})  # type: ignore[attr-defined]
    return {"rows": rows}


def _xlsx(name: str, raw: bytes) -> Iterator[list[Any]]:
    """Yield the rows of a workbook's first worksheet; openpyxl is loaded here and nowhere else."""
    import warnings

    from openpyxl import load_workbook

    _fits_unpacked(name, raw)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size is not believed
            for line in sheet.iter_rows():
                yield [Formula(str(c.value)) if c.data_type == "f" else c.value for c in line]
            book.close()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a broken workbook breaks in every way there is
        raise not_a_sheet(name) from None


def _fits_unpacked(name: str, raw: bytes) -> None:
    """Refuse by what its directory says, before anything is unpacked; no part is read beyond the size given there."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
                raise unfit(name, "解压后过大", "is too large when unpacked")
            odd = any(part.flag_bits & 1 or part.compress_type not in _PACKED for part in parts)
            if odd or len({part.filename.lower() for part in parts}) < len(parts):
                raise not_a_sheet(name)
            for part in parts:
                _plain_part(name, archive, part)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise not_a_sheet(name) from None


def _plain_part(name: str, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a part that is packed as no program packs one, or whose XML declares entities or another encoding."""
    most = _LARGEST_UNPACKED if part.filename.lower().startswith(_LARGE) else _LARGEST_BESIDE
    packed = part.file_size > _SMALL and part.file_size > _RATIO * part.compress_size
    if packed or (part.file_size > most and part.filename.endswith((".xml", ".rels"))):
        raise unfit(name, "解压后过大", "is too large when unpacked")
    if part.filename.endswith((".xml", ".rels")):
        with archive.open(part) as file:
            begins = file.read(4096)
            if b"<!" in begins.replace(b"<!--", b"") or b"\0" in begins:
                raise not_a_sheet(name)
            most = next((n for own, n in _MOST_TAGS.items() if part.filename.lower().startswith(own)), _TAGS_BESIDE)
            _few_tags(name, chain([begins], iter(lambda: file.read(MB), b"")), most)


def _few_tags(name: str, pieces: Iterable[bytes], most: int) -> None:
    """Refuse XML with more tags than a part of its kind may have, or with one that is too long, before it is parsed."""
    tags = 0
    for piece in pieces:
        tags += (here := piece.count(b"<"))
        if tags > most:
            raise unfit(name, f"有一部分超过 {most} 个 XML 标记", f"has more than {most} XML tags in one part")
        if len(piece) == MB and not here:
            raise unfit(name, "有一处文字超过 1 MB", "has a text longer than 1 MB")
