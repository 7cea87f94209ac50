"""Read the cells of a sheet: an id, a name, an amount in yuan, or a day."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn

from ...states.arguments import FORBIDDEN
from ...states.calendar import parse_date
from ...states.errors import InputRefused
from ...states.texts import visible

_DAMAGED = re.compile(r"[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+|[0-9]+\.0+", re.ASCII)
_YUAN = re.compile(r"-?([0-9]{1,10}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{1,2})?", re.ASCII)


def cell_of(value: Any, kind: str, number: int, title: str) -> Any:
    """Read one cell as an id, a name, an amount in fen, or a day."""
    if is_empty(value):
        refuse(number, title, "为空", "is empty")
    return {"id": _id, "name": _name, "yuan": _fen, "day": _day}[kind](value, number, title)


def _id(value: Any, number: int, title: str) -> str:
    if not isinstance(value, str) or _DAMAGED.fullmatch(value.strip()):
        refuse(
            number,
            title,
            "存为数字，可能已丢失位数；请将该列设为文本后重填",
            "is stored as a number and may have lost digits; format the column as text and enter it again",
        )
    text = value.strip()
    if len(text) > 100 or not text.isprintable():
        refuse(number, title, "不是编号", "is not a file number or voucher number")
    return str(text)


def _name(value: Any, number: int, title: str) -> str:
    text = visible(value) if isinstance(value, str) else ""
    if not 0 < len(text) <= 100 or FORBIDDEN.search(text):
        refuse(number, title, "不是姓名", "is not a name")
    return text


def _fen(value: Any, number: int, title: str) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = f"{Decimal(repr(value)):f}".removesuffix(".0")
    text = value.strip().removeprefix("¥").removeprefix("￥") if isinstance(value, str) else ""
    if not _YUAN.fullmatch(text):
        refuse(number, title, "不是金额（元，至多两位小数）", "is not an amount (yuan, at most two decimals)")
    return int(Decimal(text.replace(",", "")) * 100)


def _day(value: Any, number: int, title: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return parse_date(value.strip() if isinstance(value, str) else "")
    except InputRefused:
        refuse(number, title, "不是日期（YYYY-MM-DD）", "is not a date (YYYY-MM-DD)")


def is_empty(value: Any) -> bool:
    """Tell whether a cell holds nothing but spaces."""
    return value is None or (isinstance(value, str) and not value.strip())


def refuse(row: int, column: str, zh: str, en: str) -> NoReturn:
    """Refuse a cell by its row and column, as a spreadsheet shows them.

    Raises:
        InputRefused: always.
    """
    raise InputRefused(f"第 {row} 行“{column}”{zh}。", f"row {row}, column {column} {en}.")


def letters(at: int) -> str:
    """Return a column's letters as a spreadsheet shows them."""
    return (chr(64 + at // 26) if at >= 26 else "") + chr(65 + at % 26)
