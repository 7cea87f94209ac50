"""Read a sheet of persons with their offices: CSV, XLSX or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...states import input_files as handed_in
from ...states.calendar import parse_date
from ...states.errors import InputRefused
from ...states.texts import decoded
from .sheets import Column, read_rows

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

_LARGEST, _MOST = 4 * handed_in.MB, 1_000  # bytes of a JSON file; rows, which are written in one transaction
COLUMNS = (
    Column("id", ("编号", "人员编号", "id"), "id"),
    Column("name", ("姓名", "name"), "name"),
    Column("account", ("账号", "account"), "id", optional=True),
    Column("office", ("职务", "office"), "id"),
    Column("unit", ("单位", "单位代码", "unit"), "id"),
    Column("since", ("任职起", "since"), "day", optional=True),
    Column("until", ("任职止", "until"), "day", optional=True),
)


class Enrolled(NamedTuple):
    """A row of the sheet: its number, the person, the account, and one office with its dates."""

    row: int
    id: str
    name: str
    office: str
    unit: str
    account: str | None = None
    since: date | None = None
    until: date | None = None


def read_persons(path: Path) -> list[Enrolled]:
    """Return the rows of a sheet with the columns 编号, 姓名, 账号, 职务, 单位, 任职起, 任职止, or their English names.

    A JSON file is a list of objects with the English names. Account and dates may be empty.

    Raises:
        InputRefused: it is no such sheet; the sentence names the row and the column, never a value.
    """
    if path.suffix.lower() == ".json":
        return [_enrolled(row, number) for number, row in enumerate(_objects(path), 1)]
    return [Enrolled(row.number, **row.cells) for row in read_rows(path, COLUMNS, _MOST)]


def _objects(path: Path) -> list[Any]:
    try:
        found = handed_in.json_of(decoded(handed_in.content(path, _LARGEST), path.name))
    except OSError as error:
        raise InputRefused(
            f"{path.name} 无法读取：{error.strerror}", f"{path.name} cannot be read: {error.strerror}"
        ) from None
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise InputRefused(f"{path.name} 应为人员的 JSON 列表。", f"{path.name} must be a JSON list of persons.")
    if len(found) > _MOST:
        raise InputRefused(
            f"{path.name} 超过 {_MOST} 行；请分成几个文件。",
            f"{path.name} has more than {_MOST} rows; split it into several files.",
        )
    return found


def _enrolled(row: Any, number: int) -> Enrolled:
    told = {name: value for name, value in row.items() if value not in (None, "")} if isinstance(row, dict) else {}
    for column in COLUMNS:
        value = told.get(column.name, "")
        if not isinstance(value, str) or len(value) > 100 or not (value.strip() or column.optional):
            raise _wrong(number, column.name)
    if unknown := sorted(set(told) - {column.name for column in COLUMNS}):
        raise _wrong(number, unknown[0][:40])
    days = {name: _day(told.pop(name), number, name) for name in ("since", "until") if name in told}
    return Enrolled(number, **{name: value.strip() for name, value in told.items()}, **days)  # type: ignore[arg-type]


def _day(value: str, number: int, name: str) -> date:
    try:
        return parse_date(value)
    except InputRefused:
        raise _wrong(number, name) from None


def _wrong(number: int, name: str) -> InputRefused:
    return InputRefused(
        f"第 {number} 行“{name}”无效或缺失。", f"row {number}, {name}: the value is missing or has the wrong form."
    )
