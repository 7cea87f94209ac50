"""Sheets read strictly: CSV (UTF-8, GB18030 or UTF-16) and XLSX; what is wrong is said by row and column.

A sheet comes from outside: its size is looked at before it is unpacked, formulas are never believed, and a number in
a column of ids is refused, because a spreadsheet has by then lost leading zeros and every digit after the fifteenth.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ...states.calendar import parse_date
from ...states.errors import InputRefused
from ...states.given import FORBIDDEN
from ...states.texts import decoded, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

ROWS, COLUMNS, HEADING_WITHIN = 200_000, 60, 10
_LAST_LINE = 1_048_576  # of a spreadsheet; empty ones that were only formatted count for nothing
_WIDEST = 256  # cells of a row, empty ones too
_LARGEST_FILE, _LARGEST_UNPACKED, _MOST_PARTS = 32 * 1024**2, 128 * 1024**2, 2_000
_DAMAGED = re.compile(r"[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+|[0-9]+\.0+", re.ASCII)
_YUAN = re.compile(r"-?([0-9]{1,10}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{1,2})?", re.ASCII)


class Formula(NamedTuple):
    """A cell that holds a formula and no value."""

    text: str


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


def read_rows(path: Path, columns: Sequence[Column]) -> list[Row]:
    """Return the rows below the heading, each wanted cell read as its column's kind; empty rows are left out.

    Raises:
        InputRefused: not a sheet, too large, a heading is missing, or a cell is not of its form.
    """
    lines = _lines(path)
    places, width, first = _headings(lines, columns)
    titles = {name: lines[first - 1][at].strip() for name, at in places.items()}
    found: list[Row] = []
    for number, line in enumerate(lines[first:], first + 1):
        if all(_empty(cell) for cell in line):
            continue
        for at, cell in enumerate(line):
            if isinstance(cell, Formula):
                _refuse(number, _letters(at), "含有公式；请先“粘贴为值”", "holds a formula; paste it as a value first")
        if len(line) < width:
            _refuse(number, _letters(len(line)), "缺失，文件可能不完整", "is missing; the file may be cut off")
        if len(found) == ROWS:
            raise _unfit(path, f"超过 {ROWS} 行", f"has more than {ROWS} rows")
        given = [c for c in columns if not c.optional or (c.name in places and not _empty(line[places[c.name]]))]
        cells = {c.name: _cell(line[places[c.name]], c.kind, number, titles[c.name]) for c in given}
        found.append(Row(number, cells))
    return found


def _headings(lines: list[list[Any]], columns: Sequence[Column]) -> tuple[dict[str, int], int, int]:
    """Return where each wanted column stands, how wide a row must be, and the index of the first row below."""
    best: dict[str, int] = {}
    for at, line in enumerate(lines[:HEADING_WITHIN]):
        titles = [str(cell).strip().lower() if isinstance(cell, str) else "" for cell in line]
        places: dict[str, int] = {}
        for column in columns:
            here = [i for i, title in enumerate(titles) if title in column.headings]
            if len(here) > 1:
                _refuse(at + 1, _letters(here[1]), f"标题 {titles[here[1]]} 重复", "repeats a heading")
            places |= dict.fromkeys([column.name] if here else [], here[0] if here else 0)
        if all(column.optional or column.name in places for column in columns):
            return places, max(places.values()) + 1, at + 1
        best = max(best, places, key=len)
    missing = [c for c in columns if c.name not in best and not c.optional]
    listed = "; ".join("/".join(c.headings) for c in missing)
    raise InputRefused(f"表格缺少标题：{listed}", f"the sheet lacks headings: {listed}")


def _cell(value: Any, kind: str, number: int, title: str) -> Any:
    """Read one cell as an id, a name, an amount in fen, or a day."""
    if _empty(value):
        _refuse(number, title, "为空", "is empty")
    return {"id": _id, "name": _name, "yuan": _fen, "day": _day}[kind](value, number, title)


def _id(value: Any, number: int, title: str) -> str:
    if not isinstance(value, str) or _DAMAGED.fullmatch(value.strip()):
        _refuse(
            number, title, "存为数字，可能已丢失位数；请将该列设为文本后重填",
            "is stored as a number and may have lost digits; format the column as text and enter it again",
        )  # fmt: skip
    text = value.strip()
    if len(text) > 100 or not text.isprintable():
        _refuse(number, title, "不是编号", "is not a number of a file or voucher")
    return str(text)


def _name(value: Any, number: int, title: str) -> str:
    text = visible(value) if isinstance(value, str) else ""
    if not 0 < len(text) <= 100 or FORBIDDEN.search(text):
        _refuse(number, title, "不是姓名", "is not a name")
    return text


def _fen(value: Any, number: int, title: str) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = f"{Decimal(repr(value)):f}".removesuffix(".0")
    text = value.strip().removeprefix("¥").removeprefix("￥") if isinstance(value, str) else ""
    if not _YUAN.fullmatch(text):
        _refuse(number, title, "不是金额（元，至多两位小数）", "is not an amount (yuan, at most two decimals)")
    return int(Decimal(text.replace(",", "")) * 100)


def _day(value: Any, number: int, title: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return parse_date(value.strip() if isinstance(value, str) else "")
    except InputRefused:
        _refuse(number, title, "不是日期（YYYY-MM-DD）", "is not a date (YYYY-MM-DD)")


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _refuse(row: int, column: str, zh: str, en: str) -> NoReturn:
    raise InputRefused(f"第 {row} 行“{column}”{zh}。", f"row {row}, column {column} {en}.")


def _letters(at: int) -> str:
    """Return a column's letters as a spreadsheet shows them."""
    return (chr(64 + at // 26) if at >= 26 else "") + chr(65 + at % 26)


# ---------------------------------------------------------------------- files


def _lines(path: Path) -> list[list[Any]]:
    """Return the cells of a file's first sheet by row, within the limits."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise _unfit(path, "超过 32 MB", "is larger than 32 MB")
        raw = path.read_bytes()
    except OSError as error:
        raise _unfit(path, f"无法读取（{error.strerror}）", f"cannot be read ({error.strerror})") from None
    if raw.startswith(b"PK"):
        return _bounded(_xlsx(path, raw), path)
    return _bounded(_csv(path, raw), path)


def _bounded(lines: Iterable[list[Any]], path: Path) -> list[list[Any]]:
    """Take rows in up to the limits; cells to the right that are empty do not count."""
    found: list[list[Any]] = []
    filled = 0
    for number, line in enumerate(lines, 1):
        empty = all(_empty(cell) for cell in line)
        filled += not empty
        if filled > ROWS + HEADING_WITHIN or number > _LAST_LINE:
            raise _unfit(path, f"超过 {ROWS} 行", f"has more than {ROWS} rows")
        if len(line) > _WIDEST or any(not _empty(cell) for cell in line[COLUMNS:]):
            raise _unfit(path, f"第 {number} 行超过 {COLUMNS} 列", f"has more than {COLUMNS} columns in row {number}")
        found.append([] if empty else line[:COLUMNS])
    return found


def _unfit(path: Path, zh: str, en: str) -> InputRefused:
    return InputRefused(f"表格 {path.name} {zh}。", f"sheet {path.name} {en}.")


def _not_a_sheet(path: Path) -> InputRefused:
    return _unfit(
        path,
        "不是完整的表格：应为 CSV（UTF-8、GB18030 或 UTF-16）或 XLSX",
        "is not a whole sheet: CSV (UTF-8, GB18030 or UTF-16) or XLSX",
    )


def _csv(path: Path, raw: bytes) -> Iterator[list[Any]]:
    try:
        text = decoded(raw, path.name)
    except InputRefused:
        raise _not_a_sheet(path) from None
    if re.search("[\x00-\x08\x0e-\x1f]", text):
        raise _not_a_sheet(path)
    try:
        for line in csv.reader(io.StringIO(text, newline=""), strict=True):
            yield [Formula(cell) if cell.startswith("=") else cell for cell in line]
    except csv.Error:
        raise _not_a_sheet(path) from None


def _xlsx(path: Path, raw: bytes) -> Iterator[list[Any]]:
    """Yield the rows of a workbook's first worksheet; openpyxl is loaded here and nowhere else."""
    import warnings

    _fits_unpacked(path, raw)
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise _unfit(path, "是 XLSX，须先安装：pip install 'weigai[excel]'",
                     "is XLSX: run pip install 'weigai[excel]' first") from None  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size is not believed
            for line in sheet.iter_rows():
                yield [Formula(str(c.value)) if c.data_type == "f" else c.value for c in line]
            book.close()
    except Exception:  # noqa: BLE001 - a broken workbook breaks in every way there is
        raise _not_a_sheet(path) from None


def _fits_unpacked(path: Path, raw: bytes) -> None:
    """Refuse by the sizes that its directory gives, before anything is unpacked; no part is read beyond them."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise _not_a_sheet(path) from None
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
        raise _unfit(path, "解压后过大", "is too large when unpacked")
